"""Digests over observations as a set: the same however they were split into rows and batches (docs/closing.md)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from availability.facts import append, between
from availability.ports import Run

SHORT = 16
"""Characters of the digest of one series that are kept to name it by; the digest of all covers them whole."""

_RUNS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class FactsDigest:
    """What was observed from `start` to `end` (epoch milliseconds, both included)."""

    start: int
    end: int
    digest: str
    """SHA-256 over the series with any observation in it, in order, each with its digest."""
    series: tuple[tuple[str, str, str], ...]
    """(check, vantage, the first characters of its digest), sorted."""
    observations: int


class FactsDigester:
    """Takes one series after the other and gives the digest of all of them."""

    def __init__(self, start: int, end: int) -> None:
        self._start = start
        self._end = end
        self._series: list[tuple[str, str, str]] = []
        self._observations = 0

    def take(self, check: str, vantage: str, runs: Iterable[Run]) -> None:
        """The runs of one series, in order of time; what lies outside the range is left out."""
        digest = hashlib.sha256(canonical([check, vantage]) + b"\n")
        texts: dict[tuple[object, ...], str] = {}
        lines: list[str] = []
        observations = 0
        for run in recut(runs, self._start, self._end):
            content = run[3:]
            text = texts.get(content)
            if text is None:
                text = texts[content] = canonical([run.status.name.lower(), run.reason, run.detail]).decode()
            lines.append(f"{run[0]} {run[1]} {run[2]} {text}\n")
            observations += run[2]
            if len(lines) == _RUNS_AT_ONCE:
                digest.update("".join(lines).encode())
                lines.clear()
        digest.update("".join(lines).encode())
        if observations:
            self._series.append((check, vantage, digest.hexdigest()))
            self._observations += observations

    def digest(self) -> FactsDigest:
        """The digest of everything that was taken."""
        series = sorted(self._series)
        whole = hashlib.sha256(canonical(series)).hexdigest()
        short = tuple((check, vantage, digest[:SHORT]) for check, vantage, digest in series)
        return FactsDigest(self._start, self._end, whole, short, self._observations)


def recut(runs: Iterable[Run], start: int, end: int) -> Iterator[Run]:
    """The observations of `runs` from `start` to `end` (both included), as runs that depend on those alone.

    From the earliest on, a run takes what follows while outcome and step stay equal (availability/facts.py).
    """
    held: list[Run] = []
    for run in runs:
        if run[0] < start or run[0] + run[1] * (run[2] - 1) > end:
            cut = between(run, start, end + 1)
            if cut is None:
                continue
            run = cut
        append(held, run)
        if len(held) > 1:
            yield held[0]
            del held[0]
    yield from held


def canonical(value: object) -> bytes:
    """A JSON value in the one form that digests are taken over: keys sorted, no spaces, UTF-8 without escapes that
    are not needed, numbers as Python writes them. ValueError for a number that JSON does not have."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()
