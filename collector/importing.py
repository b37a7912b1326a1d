"""Observations from a CSV file into the store: all of the file or nothing of it."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import TextIO

from availability.edges import to_ms
from availability.outcome import DETAIL_LIMIT, Reason, Status
from availability.ports import FactStore
from collector.csv_lines import BadValue, ImportRefused, Problems, nearest, shown, undecodable_line
from collector.store.gathering import Content, Gathering

COLUMNS = ("at", "check", "vantage", "ok", "latency_ms", "detail")
_REQUIRED = ("at", "check", "ok")
_CACHED = 50_000
_DAY_MS = 86_400_000

_EPOCH = re.compile(r"(\d{1,14})(?:\.(\d*))?", re.ASCII)
_DATE_IN_DIGITS = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", re.ASCII)
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)

_AT = "write it like 2026-10-01T08:00:00+02:00, 2026-10-01T06:00:00Z or 1790834400.250 (seconds since 1970)"
_REASONS = frozenset(Reason)
_NOT_LOOKED = frozenset(
    {
        Reason.NO_PERMISSION,
        Reason.NO_DESCRIPTOR,
        Reason.NO_ADDRESS_FAMILY,
        Reason.NO_SECRET,
        Reason.UNSUPPORTED,
        Reason.CLOCK_JUMP,
        Reason.PROBE_BUG,
        Reason.COULD_NOT_LOOK,
    }
)
"""The reasons of an observation that learnt nothing about its target; all others are failures."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did: `lines` with an observation, of which `added` were new, `known` were already there (or twice
    in the file) and `conflicts` met another outcome for the same instant."""

    lines: int
    added: int
    known: int
    conflicts: int


def import_observations(
    path: Path, store: FactStore, checks: Collection[str], vantages: Collection[str], now_ms: int
) -> ImportResult:
    """Add the observations in the CSV file at `path` to `store` (docs/commands.md, import observations).

    `checks` and `vantages` are the ids that may occur; `now_ms` (epoch milliseconds) is what the future is measured
    from. An instant is the millisecond it falls in. The same file again changes nothing. ImportRefused where the file
    or any line of it is wrong.
    """
    problems = Problems(path)
    series = _AllSeries(checks, vantages)
    lines = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = _read(file, series, now_ms + _DAY_MS, problems)
    except OSError as error:
        raise ImportRefused([f"{path}: cannot be read ({error.strerror})"]) from error
    except UnicodeDecodeError:
        problems.add(undecodable_line(path), "this is not UTF-8 text; save the file as UTF-8")
    problems.raise_if_any()
    merged = store.add([gathering.batch() for gathering in series.gatherings])
    return ImportResult(
        lines,
        merged.added,
        merged.known + sum(gathering.known for gathering in series.gatherings),
        merged.conflicts + sum(gathering.conflicts for gathering in series.gatherings),
    )


def _read(file: TextIO, series: _AllSeries, latest: int, problems: Problems) -> int:
    """Gather every line of `file`; how many observations there were."""
    reader = csv.reader(file, strict=True)
    instants, contents, latencies = _Instants(latest), _Contents(), _Latencies()
    count = line = end = 0
    try:
        pick, width = _header(reader)
        end = reader.line_num
        for row in reader:
            line, end = end + 1, reader.line_num
            if len(row) != width:
                if row:
                    problems.add(line, f"there are {len(row)} fields where the first line names {width}")
                continue
            row.append("")
            at, check, vantage, ok, latency, detail = pick(row)
            try:
                content = contents[ok, detail]
                series[check, vantage].add(instants[at], content, latencies[latency, content[0]] if latency else None)
            except BadValue as bad:
                problems.add(line, str(bad))
            count += 1
    except csv.Error as error:
        problems.add(end + 1, f"{error}; is a quote not closed?")
    except _BadHeader as bad:
        problems.add(max(1, reader.line_num), str(bad))
    return count


class _BadHeader(Exception):
    """A first line that does not name the columns."""


def _header(reader: Iterator[list[str]]) -> tuple[Callable[[list[str]], tuple[str, ...]], int]:
    """What picks the fields of a row in the order of COLUMNS, and how many a row must have.

    A column that is absent is picked from behind the last field, where the caller puts an empty one.
    """
    names = [name.strip() for name in next((row for row in reader if row), [])]
    wanted = f"the first line names the columns, such as {','.join(COLUMNS)}"
    if not names:
        raise _BadHeader(f"the file is empty; {wanted}")
    if len(names) == 1 and len(re.split("[;\t|]", names[0])) > 1:
        raise _BadHeader(f"columns are separated by commas, and by nothing else; {wanted}")
    for name in names:
        if name not in COLUMNS:
            raise _BadHeader(f"unknown column {shown(name)}{nearest(name, COLUMNS)}; {wanted}")
        if names.count(name) > 1:
            raise _BadHeader(f"the column {name} is there twice; {wanted}")
    for name in _REQUIRED:
        if name not in names:
            raise _BadHeader(f"the column {name} is missing; {wanted}")
    width = len(names)
    return itemgetter(*(names.index(name) if name in names else width for name in COLUMNS)), width


class _Instants(dict[str, int]):
    """Text of `at` to epoch milliseconds; what is looked up again and again is read once.

    Of an ISO 8601 time only its hour and its offset (with a fraction of a second) are read by the library, and kept.
    """

    def __init__(self, latest: int) -> None:
        super().__init__()
        self._latest = latest
        self._hours: dict[str, int] = {}
        self._minutes = {f"{minute:02}:": minute * 60_000 for minute in range(60)}
        self._seconds = {f"{second:02}": second * 1000 for second in range(60)}

    def __missing__(self, text: str) -> int:
        try:
            within = self._minutes[text[14:17]] + self._seconds[text[17:19]]
            instant = self._hours[text[:14] + text[19:]] + within
        except KeyError:
            instant = self._read(text)
        if instant < 0:
            raise BadValue(f"at {shown(text)} is before 1970; nothing that old can be stored")
        if instant > self._latest:
            hint = "; epoch times are in seconds, not milliseconds" if text.strip().isdigit() else ""
            raise BadValue(f"at {shown(text)} is in the future{hint}")
        if len(self) >= _CACHED:
            self.clear()
        self[text] = instant
        return instant

    def _read(self, text: str) -> int:
        """Any form that is allowed; exact, and cut (not rounded) to the millisecond."""
        text = text.strip()
        number = _EPOCH.fullmatch(text)
        if number is not None:
            if _DATE_IN_DIGITS.fullmatch(text):
                raise BadValue(f"at {shown(text)} is a date without a time; {_AT}")
            seconds, fraction = number.groups()
            return int(seconds) * 1000 + int(((fraction or "") + "000")[:3])
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise BadValue(f"at {shown(text)} is not a time; {_AT}") from None
        if moment.tzinfo is None:
            raise BadValue(f"at {shown(text)} has no offset from UTC; {_AT}")
        instant = to_ms(moment)
        if text[14:17] in self._minutes and text[17:19] in self._seconds:
            if len(self._hours) >= _CACHED:
                self._hours.clear()
            self._hours[text[:14] + text[19:]] = instant - self._minutes[text[14:17]] - self._seconds[text[17:19]]
        return instant


class _Contents(dict[tuple[str, str], Content]):
    """Texts of `ok` and `detail` to what the observation says."""

    def __missing__(self, key: tuple[str, str]) -> Content:
        ok, detail = key
        if "\0" in detail:
            raise BadValue("detail holds a NUL character; remove it")
        content = self._read(ok.strip().lower(), detail)
        if len(self) >= _CACHED:
            self.clear()
        self[key] = content
        return content

    def _read(self, ok: str, detail: str) -> Content:
        if ok == "true":
            return Status.OK, None, detail[:DETAIL_LIMIT]
        if ok == "false":
            status, fallback = Status.FAILED, Reason.FAILED
        elif not ok:
            status, fallback = Status.NONE, Reason.COULD_NOT_LOOK
        else:
            raise BadValue(f"ok {shown(ok)}: write true, false, or nothing where one could not look")
        if detail in _REASONS and (detail in _NOT_LOOKED) == (status is Status.NONE):
            return status, Reason(detail), ""
        return status, fallback, detail[:DETAIL_LIMIT]


class _Latencies(dict[tuple[str, Status], float]):
    """Text of `latency_ms`, beside what was observed, to milliseconds."""

    def __missing__(self, key: tuple[str, Status]) -> float:
        text, status = key
        if not _NUMBER.fullmatch(text.strip()):
            raise BadValue(f"latency_ms {shown(text)} is not a number of milliseconds such as 12.5")
        latency = float(text)
        if latency > _DAY_MS:
            raise BadValue(f"latency_ms {shown(text)} is more than a day; it is in milliseconds")
        if status is Status.NONE:
            raise BadValue(f"latency_ms {shown(text)} where nothing was looked at; leave it empty, or fill in ok")
        if len(self) >= _CACHED:
            self.clear()
        self[key] = latency
        return latency


class _AllSeries(dict[tuple[str, str], Gathering]):
    """Texts of `check` and `vantage` to where their observations are gathered."""

    def __init__(self, checks: Collection[str], vantages: Collection[str]) -> None:
        super().__init__()
        self._checks = checks
        self._vantages = vantages
        self.gatherings: list[Gathering] = []

    def __missing__(self, key: tuple[str, str]) -> Gathering:
        check, vantage = key
        if check not in self._checks:
            raise BadValue(f"check {shown(check)} is not in the configuration{nearest(check, self._checks)}")
        if not vantage:
            if len(self._vantages) != 1:
                raise BadValue(f"vantage is empty; name one of {', '.join(sorted(self._vantages))}")
            self[key] = gathering = self[check, next(iter(self._vantages))]
            return gathering
        if vantage not in self._vantages:
            raise BadValue(f"vantage {shown(vantage)} is not in the configuration{nearest(vantage, self._vantages)}")
        self[key] = gathering = Gathering(check, vantage)
        self.gatherings.append(gathering)
        return gathering
