"""Agreed hours and holidays read from docs/semantics.md section 5 by trial of every offset: slow, plain, no tricks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from availability.estate import Calendar, Maintenance, Slot, Window

Span = tuple[int, int]
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUARTERS = [timedelta(minutes=15 * step) for step in range(-60, 61)]


def milliseconds(moment: datetime) -> int:
    """Milliseconds since the epoch of an aware datetime."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def wall(utc: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows."""
    return utc.astimezone(zone).replace(tzinfo=None)


@lru_cache(maxsize=50_000)
def occurrences(day: date, minute: int, timezone: str) -> tuple[int, ...]:
    """Every instant at which the wall clock shows this time: none, one or two; tried with every offset on earth."""
    zone = ZoneInfo(timezone)
    shown = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    tried = (shown.replace(tzinfo=UTC) - offset for offset in QUARTERS)
    return tuple(sorted(milliseconds(utc) for utc in tried if wall(utc, zone) == shown))


@lru_cache(maxsize=1_000)
def instant_of_the_jump(day: date, minute: int, timezone: str) -> int:
    """The first minute at which the wall clock shows more than a time that it skipped."""
    zone = ZoneInfo(timezone)
    shown = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    utc = shown.replace(tzinfo=UTC) - timedelta(hours=15)
    while wall(utc, zone) < shown:
        utc += timedelta(minutes=1)
    return milliseconds(utc)


def start_edge(day: date, minute: int, timezone: str) -> int:
    """A skipped edge moves to the jump; of two occurrences the first is a start."""
    return min(occurrences(day, minute, timezone), default=0) or instant_of_the_jump(day, minute, timezone)


def end_edge(day: date, minute: int, timezone: str) -> int:
    """A skipped edge moves to the jump; of two occurrences the last is an end."""
    return max(occurrences(day, minute, timezone), default=0) or instant_of_the_jump(day, minute, timezone)


def slot_span(day: date, slot: Slot, timezone: str) -> Span:
    """One day's hours as instants; an end at or before its start is on the next day."""
    end_day = day if slot.end > slot.start else day + timedelta(days=1)
    return start_edge(day, slot.start, timezone), end_edge(end_day, slot.end, timezone)


@lru_cache(maxsize=200)
def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876)."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def is_holiday(day: date, calendar: Calendar) -> bool:
    """The days named in section 5, King's Day and Liberation Day by their own rules."""
    sunday = easter(day.year)
    kings_day = date(day.year, 4, 27)
    if kings_day.weekday() == 6:
        kings_day = date(day.year, 4, 26)
    named = {date(day.year, 1, 1), kings_day, date(day.year, 12, 25), date(day.year, 12, 26)}
    named |= {sunday + timedelta(days=days) for days in (0, 1, 39, 49, 50)}
    if calendar.liberation_day == "yearly" or day.year % 5 == 0:
        named.add(date(day.year, 5, 5))
    if calendar.good_friday == "holiday":
        named.add(sunday - timedelta(days=2))
    return day in named


def dates_around(start: int, end: int) -> Iterator[date]:
    """Every date whose hours could touch the time from `start` to `end`, with three days to spare."""
    day = (EPOCH + timedelta(milliseconds=start)).date() - timedelta(days=3)
    last = (EPOCH + timedelta(milliseconds=end)).date() + timedelta(days=3)
    while day <= last:
        yield day
        day += timedelta(days=1)


def window_spans(window: Window, timezone: str, calendar: Calendar, start: int, end: int) -> list[Span]:
    """Every day's hours, neither united nor cut."""
    spans = []
    for day in dates_around(start, end):
        slot: Slot | None = None
        if day in window.special_days:
            slot = window.special_days[day]
        elif day.weekday() in window.days and not (window.holidays_excluded and is_holiday(day, calendar)):
            slot = window.slot
        if slot is not None:
            spans.append(slot_span(day, slot, timezone))
    return spans


def maintenance_spans(record: Maintenance, timezone: str, start: int, end: int) -> list[Span]:
    """When a record holds: once, or every week in the configuration's time zone."""
    if record.every is not None:
        days = [day for day in dates_around(start, end) if day.weekday() in record.every.days]
        return [slot_span(day, record.every.slot, timezone) for day in days]
    assert record.start_ms is not None
    assert record.end_ms is not None
    return [(record.start_ms, record.end_ms)]


def inside(spans: list[Span], instant: int) -> bool:
    """Whether one of the half-open spans holds the instant."""
    return any(start <= instant < end for start, end in spans)
