"""Reads the shifts of a rota from an iCalendar (RFC 5545): each event is one person's duty.

Whatever the file holds, reading it ends soon: its size, its events and what they repeat to are bounded, and its rules
are looked at before anything follows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from availability.duty import FURTHEST_MS, Shift, resolved
from availability.edges import from_ms, start_instant, to_ms
from availability.recurrence import Rule, first_day
from availability.spans import Span
from config.oncall_settings import PersonOnCall
from config.problems import shown
from config.rules import parse_rule, starting_on

if TYPE_CHECKING:
    from icalendar import Calendar

SIZE_LIMIT = 1024 * 1024
"""Bytes of a calendar at most: shifts of many years are far less."""
EVENTS_LIMIT = 2000
SHIFTS_LIMIT = 20_000
"""What all events repeat to at most, in the time that is looked at."""

_LINES_LIMIT = 100_000
_NAMED = 5
"""Events that a remark names at most."""
_OLDEST_YEAR = 2000
"""Nobody's duty has gone on by the same rule for longer."""
_UNTIL = re.compile(r"(UNTIL=\d{8})T\d{6}Z?", re.IGNORECASE | re.ASCII)
_YEAR_MS = 365 * 86_400_000
_A_YEAR = {"DAILY": 366, "WEEKLY": 53, "MONTHLY": 12, "YEARLY": 1}
"""How often a rule comes that names no days."""


class CalendarError(ValueError):
    """A calendar that cannot be used, and why."""


@dataclass(frozen=True, slots=True)
class Shifts:
    """What a calendar says: the shifts in order, without overlaps, and what is to be remarked."""

    shifts: tuple[Shift, ...]
    doubled: tuple[Span, ...] = ()
    """When two people would have had duty at once: whose shift began last has it."""
    nobodys: tuple[str, ...] = ()
    """The summaries of events that name nobody of the configuration: they count for nothing."""


def read_shifts(data: bytes, people: Mapping[str, PersonOnCall], timezone: str, at: int) -> Shifts:
    """The shifts around `at` (epoch milliseconds), as far as turns are followed; CalendarError where it is no use.

    An event is the duty of its attendee, or else of whom its summary names, by address, name or id. Times without a
    time zone, and whole days, are those of `timezone`. What is cancelled does not count.
    """
    _refuse_endless(_unfolded(data))
    try:
        found, nobodys = _found(_parsed(data), people, ZoneInfo(timezone), at)
    except CalendarError:
        raise
    except Exception as error:  # whatever strangers' bytes make the libraries raise, the calendar does not load
        raise CalendarError(f"cannot be followed: {shown(str(error))}") from None
    if not found:
        raise CalendarError(_useless(nobodys))
    shifts, doubled = resolved(found)
    return Shifts(shifts, tuple(doubled), tuple(nobodys))


def _found(
    calendar: Calendar, people: Mapping[str, PersonOnCall], zone: ZoneInfo, at: int
) -> tuple[list[Shift], list[str]]:
    """The shifts, and what other events are called."""
    found: list[Shift] = []
    nobodys: dict[str, None] = {}
    for event in _occurrences(calendar, zone, at - FURTHEST_MS, at + FURTHEST_MS):
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            continue
        person = _person(event, people.values())
        if person is None:
            nobodys[str(event.get("SUMMARY", ""))] = None
        else:
            found.append(Shift(_instant(event.start, zone), _instant(event.end, zone), person))
    return found, list(nobodys)


def _useless(nobodys: list[str]) -> str:
    if not nobodys:
        return "has no shift within a year of now"
    return f"names nobody of `oncall.people`: its events are about {', '.join(map(shown, nobodys[:_NAMED]))}"


def _unfolded(data: bytes) -> list[tuple[int, str]]:
    """The lines with their number, what is folded put together (RFC 5545, 3.1)."""
    if len(data) > SIZE_LIMIT:
        raise CalendarError(f"is larger than {SIZE_LIMIT // 1024} KiB: no rota needs that")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CalendarError("is not UTF-8: is it an iCalendar?") from None
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if line[:1] in (" ", "\t") and lines:
            lines[-1] = lines[-1][0], lines[-1][1] + line[1:]
        else:
            lines.append((number, line))
    if not lines or lines[0][1].strip().upper() != "BEGIN:VCALENDAR":
        raise CalendarError("is no iCalendar: it does not begin with BEGIN:VCALENDAR")
    return lines


def _refuse_endless(lines: list[tuple[int, str]]) -> None:
    """Refuse what would take long to follow, before anything does."""
    if len(lines) > _LINES_LIMIT:
        raise CalendarError(f"has more than {_LINES_LIMIT} lines: no rota needs that")
    events, shifts = 0, 0
    for number, line in lines:
        name, _, value = line.partition(":")
        events += line.strip().upper() == "BEGIN:VEVENT"
        if name.partition(";")[0].strip().upper() in ("RRULE", "EXRULE"):
            shifts += _at_most(_rule(number, value))
    if events > EVENTS_LIMIT:
        raise CalendarError(f"has {events} events: at most {EVENTS_LIMIT} are read")
    if shifts > SHIFTS_LIMIT:
        raise CalendarError(f"repeats to more than {SHIFTS_LIMIT} shifts: no rota needs that")


def _rule(number: int, value: str) -> Rule:
    try:
        return parse_rule(_UNTIL.sub(r"\1", value))
    except ValueError as error:
        raise CalendarError(f"line {number}: the rule {shown(value.strip())} {error}") from None


def _at_most(rule: Rule) -> int:
    """How often the rule comes, or is looked for, within the time that is looked at."""
    years = 2 * FURTHEST_MS // _YEAR_MS + 1
    if rule.months or rule.month_days or rule.year_days or (rule.weekdays and rule.frequency != "WEEKLY"):
        return years * 366
    return years * _A_YEAR[rule.frequency] * max(1, len(rule.weekdays)) // rule.interval + 1


def _parsed(data: bytes) -> Calendar:
    from icalendar import Calendar

    calendar = Calendar.from_ical(data)
    for event in calendar.walk("VEVENT"):
        _refuse_unusable(event)
    return calendar


def _refuse_unusable(event: Any) -> None:
    """Refuse an event whose hours nobody can know."""
    what = f"the event {shown(str(event.get('SUMMARY', '')))}"
    if event.errors:
        name, why = event.errors[0]
        raise CalendarError(f"{what} has a {name} that cannot be read: {shown(str(why))}")
    for key in ("DTSTART", "DTEND", "RECURRENCE-ID", "RRULE"):
        if isinstance(event.get(key), list):
            raise CalendarError(f"{what} has several lines {key}: make an event of each")
    begins = _moment(event, "DTSTART")
    if begins is None:
        raise CalendarError(f"{what} has no beginning (DTSTART)")
    for key in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        named = event[key].params.get("TZID") if key in event else None
        moment = _moment(event, key)
        if named and isinstance(moment, datetime) and moment.tzinfo is None:
            raise CalendarError(
                f"{what} has a {key} in the time zone {shown(str(named))}, which nobody knows: name one such as "
                "Europe/Amsterdam, or give its VTIMEZONE"
            )
    if "RRULE" in event:
        first = begins.date() if isinstance(begins, datetime) else begins
        if first.year < _OLDEST_YEAR:
            raise CalendarError(f"{what} repeats since {first}: let it begin in {_OLDEST_YEAR} or later")
        rule = parse_rule(_UNTIL.sub(r"\1", event["RRULE"].to_ical().decode()))
        if first_day(starting_on(replace(rule, count=None), first)) is None:
            raise CalendarError(f"{what} has a rule that never comes: no day within 400 years fits it")


def _moment(event: Any, key: str) -> date | datetime | None:
    moment = getattr(event.get(key), "dt", None)
    return moment if isinstance(moment, date) else None


def _occurrences(calendar: Calendar, zone: ZoneInfo, start: int, end: int) -> list[Any]:
    import recurring_ical_events

    events = recurring_ical_events.of(calendar, components=["VEVENT"])
    found = events.between(from_ms(start, zone), from_ms(end, zone))
    if len(found) > SHIFTS_LIMIT:
        raise CalendarError(f"repeats to more than {SHIFTS_LIMIT} shifts: no rota needs that")
    return list(found)


def _instant(moment: date | datetime, zone: ZoneInfo) -> int:
    """A whole day begins at its midnight; a time without a time zone is one of `zone`."""
    if not isinstance(moment, datetime):
        return start_instant(moment, 0, zone)
    return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def _person(event: Any, people: Iterable[PersonOnCall]) -> str | None:
    """The id of whose duty the event is; None where it names nobody, or several."""
    people = list(people)
    given = event.get("ATTENDEE", [])
    for attendee in given if isinstance(given, list) else [given]:
        words = (str(attendee).lower().removeprefix("mailto:"), str(attendee.params.get("CN", "")))
        for word in words:
            if (found := _exactly(word, people)) is not None:
                return found
    summary = str(event.get("SUMMARY", ""))
    return _exactly(summary, people) or _within(summary, people)


def _exactly(word: str, people: Iterable[PersonOnCall]) -> str | None:
    word = word.strip().casefold()
    for person in people:
        if word and word in (person.id, person.name.casefold(), (person.email or "").casefold()):
            return person.id
    return None


def _within(summary: str, people: Iterable[PersonOnCall]) -> str | None:
    """The one person whose name or id stands as words in the summary, such as "On duty: Noor de Wit"."""
    found = {
        person.id
        for person in people
        for word in (person.id, person.name)
        if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", summary, re.IGNORECASE)
    }
    return found.pop() if len(found) == 1 else None
