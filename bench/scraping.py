"""Reads /metrics: how long that takes, and what the collector says of its own lateness."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.children import Failed

_BUCKET = re.compile(r'^waakvlam_schedule_lateness_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)
_OUTCOMES = re.compile(r"^waakvlam_check_outcomes_total\{([^}]*)\} (\S+)$", re.MULTILINE)
_SKIPPED = re.compile(r"^waakvlam_probes_skipped_total (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of /metrics, with the monotonic instants of its request and its last byte."""

    text: str
    begun: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.begun

    @property
    def skipped(self) -> int:
        """Slots left out so far."""
        found = _SKIPPED.search(self.text)
        return int(float(found[1])) if found else 0

    def lateness(self) -> list[tuple[float, float]]:
        """(upper bound in seconds, how many looks were no later), cumulative."""
        return [(float(bound), float(count)) for bound, count in _BUCKET.findall(self.text)]

    def outcomes(self) -> tuple[int, int]:
        """How many looks came out so far, and how many of those were not ok."""
        both = [0, 0]
        for labels, count in _OUTCOMES.findall(self.text):
            both[0] += int(float(count))
            if 'outcome="ok"' not in labels:
                both[1] += int(float(count))
        return both[0], both[1]


def scrape(listen: tuple[str, int], timeout: float = 30.0) -> Page:
    """/metrics, as Prometheus asks for it except that it may come uncompressed."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection(*listen, timeout=timeout)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    ended = time.monotonic()
    if answer.status != 200:
        raise Failed(f"/metrics answered {answer.status}")
    return Page(body.decode(), begun, ended)


def scrape_for(listen: tuple[str, int], seconds: float) -> list[Page]:
    """A page every 15 seconds, as Prometheus would ask for it, until the time is up."""
    ends = time.monotonic() + seconds
    pages = []
    while (left := ends - time.monotonic()) > 0:
        time.sleep(min(15.0, left))
        pages.append(scrape(listen))
    return pages


def wait_for(listen: tuple[str, int], seconds: float = 60.0) -> None:
    """Until the collector is ready."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            connection = http.client.HTTPConnection(*listen, timeout=5.0)
            connection.request("GET", "/-/ready")
            status = connection.getresponse().status
            connection.close()
            if status == 200:
                return
            why = f"it answers {status}"
        except OSError as error:
            why = str(error)
        if time.monotonic() > deadline:
            raise Failed(f"the collector is not ready after {seconds:.0f} s: {why}")
        time.sleep(0.2)


def between(before: Page, after: Page) -> list[tuple[float, float]]:
    """The lateness of the looks that began between two pages: (upper bound in seconds, how many in that class)."""
    counts = [
        (bound, late - early) for (bound, late), (_, early) in zip(after.lateness(), before.lateness(), strict=True)
    ]
    return [(bound, count - (counts[index - 1][1] if index else 0)) for index, (bound, count) in enumerate(counts)]


def classes(bounds: Sequence[float], counts: Sequence[int]) -> list[tuple[float, float]]:
    """The same out of counters per bucket, of which the last has no bound."""
    return list(zip((*bounds, float("inf")), map(float, counts), strict=True))


def share(histogram: Sequence[tuple[float, float]], wanted: float) -> float:
    """The lateness (seconds) that `wanted` of all looks did not exceed, interpolated within its class."""
    rank, seen, lower = wanted * sum(count for _, count in histogram), 0.0, 0.0
    for bound, count in histogram:
        if seen + count >= rank and count:
            return lower if bound == float("inf") else lower + (bound - lower) * (rank - seen) / count
        seen += count
        lower = bound
    return lower


def worst(histogram: Sequence[tuple[float, float]]) -> float:
    """The upper bound (seconds) of the latest class that anything is in."""
    return max((bound for bound, count in histogram if count), default=0.0)
