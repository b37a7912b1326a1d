"""Incidents from the help desk's export, a CSV file: all of the file or nothing of it."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TextIO, TypeVar
from zoneinfo import ZoneInfo

from availability.edges import start_instant, to_ms
from availability.recovery import Registered
from collector.csv_lines import BadValue, ImportRefused, Problems, nearest, shown, undecodable_line
from config.settings import HelpDesk

INCIDENTS_LIMIT = 200_000
SUMMARY_LIMIT = 200
"""Characters of a summary that are kept."""
ID_LIMIT = 100
_WAITS_LIMIT = 1000
_HINTS = 20
"""Words for which the one that was meant is searched; no more of what is wrong is told."""
_DAY_MS = 86_400_000
_YEARS = range(1970, 9999)
_SECTION = "recovery.incidents"
_SAMPLE = datetime(2026, 10, 5, 9, 5, tzinfo=UTC)

T = TypeVar("T")


def read_incidents(path: Path, help_desk: HelpDesk, services: Collection[str], now_ms: int) -> list[Registered]:
    """The incidents in the CSV file at `path`, in its order (docs/commands.md, import incidents).

    `services` are the ids that may occur; `now_ms` (epoch milliseconds) is what the future is measured from.
    ImportRefused where the file or any line of it is wrong.
    """
    problems = Problems(path)
    encoding = "utf-8-sig" if help_desk.encoding == "utf-8" else help_desk.encoding
    incidents: dict[str, Registered] = {}
    try:
        with path.open(encoding=encoding, newline="") as file:
            _read(file, _Lines(help_desk, services, now_ms + _DAY_MS), incidents, problems)
    except OSError as error:
        raise ImportRefused([f"{path}: cannot be read ({error.strerror})"]) from error
    except UnicodeDecodeError:
        line = undecodable_line(path, help_desk.encoding)
        problems.add(line, f"this is not {help_desk.encoding}; save the file so, or correct `{_SECTION}.encoding`")
    problems.raise_if_any()
    return list(incidents.values())


def _read(file: TextIO, lines: _Lines, incidents: dict[str, Registered], problems: Problems) -> None:
    """Gather the incidents of every line of `file`."""
    reader = csv.reader(file, delimiter=lines.help_desk.delimiter, strict=True)
    first: dict[str, int] = {}
    end = 0
    try:
        lines.take_header(next((row for row in reader if row), []))
        end = reader.line_num
        for row in reader:
            line, end = end + 1, reader.line_num
            if not any(field.strip() for field in row):
                continue
            try:
                incident = lines.incident(row)
                known = incidents.setdefault(incident.id, incident)
                if known != incident:
                    raise BadValue(f"incident {shown(incident.id)} stands on line {first[incident.id]} otherwise")
                first.setdefault(incident.id, line)
                if len(incidents) > INCIDENTS_LIMIT:
                    problems.add(line, f"there are more than {INCIDENTS_LIMIT} incidents; import the file in parts")
                    return
            except BadValue as bad:
                problems.add(line, str(bad))
    except csv.Error as error:
        problems.add(end + 1, f"{error}; is a quote not closed?")
    except _BadHeader as bad:
        problems.add(max(1, reader.line_num), str(bad))


class _BadHeader(Exception):
    """A first line without the columns that the configuration names."""


class _Lines:
    """What the lines of one file say."""

    def __init__(self, help_desk: HelpDesk, services: Collection[str], latest: int) -> None:
        self.help_desk = help_desk
        columns = help_desk.columns
        self._times = _Times(help_desk, latest)
        self._services: _Words[str | None] = _Words(
            "service",
            {**{id_: id_ for id_ in services}, **help_desk.services},
            f"is no service and no word under `{_SECTION}.services`; add it there, with `none` if it is about none",
        )
        self._priorities = _Words(
            "priority",
            {**{str(number): number for number in range(1, 10)}, **help_desk.priorities},
            f"is no number from 1 to 9 and no word under `{_SECTION}.priorities`",
        )
        self._environments = _Words(
            "environment",
            {**{name: name for name in ("production", "acceptance", "test")}, **help_desk.environments},
            f"is no environment and no word under `{_SECTION}.environments`",
        )
        self._reactions_kept = "reacted" in columns
        self._width = 0
        self._places: dict[str, int] = {}

    def take_header(self, row: list[str]) -> None:
        """Find the columns that are named in the configuration; others don't matter."""
        names = [name.strip() for name in row]
        if not any(names):
            raise _BadHeader("the file is empty; the first line names the columns")
        named = [(f"columns.{key}", name) for key, name in self.help_desk.columns.items()]
        for pair in self.help_desk.waiting_between:
            named += [("columns.waiting_between", name) for name in pair]
        for key, name in named:
            if name not in names:
                told = f"the column {shown(name)} is missing, which `{_SECTION}.{key}` names{nearest(name, names)}"
                if len(names) == 1:
                    told += f"; there is one column only: is `{_SECTION}.delimiter` right?"
                raise _BadHeader(told)
            if names.count(name) > 1:
                raise _BadHeader(f"the column {shown(name)} is there twice; give one of them another name")
            self._places[name] = names.index(name)
        self._width = len(names)

    def incident(self, row: list[str]) -> Registered:
        """What one line says; BadValue where it is wrong."""
        if len(row) != self._width:
            raise BadValue(f"there are {len(row)} fields where the first line names {self._width}")
        reported = self._times.start(self._field(row, "reported"), self.help_desk.columns["reported"])
        if reported is None:
            raise BadValue(f"{self.help_desk.columns['reported']} is empty; an incident was reported at some time")
        return Registered(
            id=self._id(row),
            reported_at=reported,
            service=self._services.of(self._field(row, "service")),
            environment=self._environments.of(self._field(row, "environment")),
            priority=self._priorities.of(self._field(row, "priority")),
            summary=_one_line(self._field(row, "summary")),
            reacted_at=self._after(row, "reacted", reported),
            closed_at=self._after(row, "closed", reported),
            waiting=self._waiting(row),
            reactions_kept=self._reactions_kept,
        )

    def _field(self, row: list[str], key: str) -> str:
        name = self.help_desk.columns.get(key)
        return "" if name is None else row[self._places[name]].strip()

    def _id(self, row: list[str]) -> str:
        text = self._field(row, "id")
        name = self.help_desk.columns["id"]
        if not text:
            raise BadValue(f"{name} is empty; every incident has a number")
        if len(text) > ID_LIMIT or not text.isprintable():
            raise BadValue(
                f"{name} {shown(text)} is no number of an incident: at most {ID_LIMIT} characters that print"
            )
        return text

    def _after(self, row: list[str], key: str, reported: int) -> int | None:
        text = self._field(row, key)
        instant = self._times.end(text, self.help_desk.columns.get(key, key))
        if instant is not None and instant < reported:
            raise BadValue(f"{self.help_desk.columns[key]} {shown(text)} is before it was reported")
        return instant

    def _waiting(self, row: list[str]) -> tuple[tuple[int, int | None], ...]:
        spans = []
        for start, end in self._waits(row):
            began, ended = self._times.start(start, "waiting from"), self._times.end(end, "waiting until")
            if began is None:
                raise BadValue(f"waiting until {shown(end)} has no beginning")
            if ended is not None and ended < began:
                raise BadValue(f"waiting from {shown(start)} ends before that, at {shown(end)}")
            if ended != began:
                spans.append((began, ended))
        return tuple(spans)

    def _waits(self, row: list[str]) -> Iterator[tuple[str, str]]:
        """The texts of beginning and end of each time it waited; a pair of which neither is filled in is none."""
        name = self.help_desk.columns.get("waiting", "")
        periods = [period for period in self._field(row, "waiting").split(";") if period.strip()]
        if len(periods) > _WAITS_LIMIT:
            raise BadValue(f"{name} holds more than {_WAITS_LIMIT} periods")
        for period in periods:
            yield _parted(name, period.strip())
        for start, end in self.help_desk.waiting_between:
            pair = row[self._places[start]].strip(), row[self._places[end]].strip()
            if any(pair):
                yield pair


def _parted(name: str, period: str) -> tuple[str, str]:
    """The beginning and the end of a period; no end where it lasts."""
    if period.endswith("/"):
        return period[:-1].strip(), ""
    # A date may itself be written with slashes: the one in the middle stands between the two.
    pieces = period.split("/")
    half = len(pieces) // 2
    if len(pieces) % 2:
        raise BadValue(f"{name} {shown(period)} is no period; write start/end, several with ; between them")
    return "/".join(pieces[:half]).strip(), "/".join(pieces[half:]).strip()


class _Words(Generic[T]):
    """Words of the help desk to what they stand for; an empty one to nothing."""

    def __init__(self, what: str, known: Mapping[str, T], wrong: str) -> None:
        self._what = what
        self._known = known
        self._wrong = wrong
        self._hints = _HINTS

    def of(self, word: str) -> T | None:
        """What `word` stands for; BadValue where that is unknown."""
        if not word:
            return None
        if word in self._known:
            return self._known[word]
        hint = ""
        if self._hints:
            self._hints -= 1
            hint = nearest(word, self._known)
        raise BadValue(f"{self._what} {shown(word)} {self._wrong}{hint}")


class _Times:
    """Texts to epoch milliseconds; local time in the time zone of the help desk.

    An hour that the clocks skip is the instant of the jump; of an hour that occurs twice a beginning is the first and
    an end the last, as with windows (docs/semantics.md, section 5).
    """

    def __init__(self, help_desk: HelpDesk, latest: int) -> None:
        self._format = help_desk.date_format
        self._zone = ZoneInfo(help_desk.timezone)
        self._latest = latest
        self._right = f"write it as {_SAMPLE.strftime(self._format) if self._format else _SAMPLE.isoformat()}"

    def start(self, text: str, what: str) -> int | None:
        """The instant at which something begins; None where `text` is empty. `what` is told where it is wrong."""
        return self._instant(text, what, fold=0) if text else None

    def end(self, text: str, what: str) -> int | None:
        """The same of something that ends."""
        return self._instant(text, what, fold=1) if text else None

    def _instant(self, text: str, what: str, fold: int) -> int:
        moment = self._read(text, what)
        if moment.year not in _YEARS:
            raise BadValue(f"{what} {shown(text)} lies outside the years {_YEARS[0]} to {_YEARS[-1]}")
        instant = self._local(moment, fold) if moment.tzinfo is None else to_ms(moment)
        if instant > self._latest:
            raise BadValue(f"{what} {shown(text)} is in the future")
        return instant

    def _read(self, text: str, what: str) -> datetime:
        try:
            if self._format:
                return datetime.strptime(text, self._format)
            if ":" in text or "T" in text:
                return datetime.fromisoformat(text)
        except ValueError:
            pass
        raise BadValue(f"{what} {shown(text)} is not a time; {self._right}, or correct `{_SECTION}.date_format`")

    def _local(self, wall: datetime, fold: int) -> int:
        first = to_ms(wall.replace(tzinfo=self._zone, fold=0))
        last = to_ms(wall.replace(tzinfo=self._zone, fold=1))
        if first > last:
            return start_instant(wall.date(), wall.hour * 60 + wall.minute, self._zone)
        return last if fold else first


def _one_line(text: str) -> str:
    """A summary without what steers a terminal or breaks a line, not longer than it helps."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())[:SUMMARY_LIMIT]
