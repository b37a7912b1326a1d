"""Agreed hours and recurring slots as spans of UTC milliseconds (docs/semantics.md, section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from availability.calendar import holidays_of
from availability.edges import end_instant, from_ms, start_instant
from availability.estate import Agreement, Calendar, Maintenance, Recurring, Slot, Weekly, Window
from availability.recurrence import falls_on
from availability.spans import Span, clip, union


def agreed_spans(agreement: Agreement, calendar: Calendar, start: int, end: int) -> list[Span]:
    """The agreed service time of `agreement` within `start` to `end` (epoch milliseconds), overlaps united."""
    return window_spans(agreement.window, agreement.timezone, calendar, start, end)


def window_spans(window: Window, timezone: str, calendar: Calendar, start: int, end: int) -> list[Span]:
    """The hours of `window` in `timezone` within `start` to `end` (epoch milliseconds), overlaps united."""
    zone = ZoneInfo(timezone)
    slots = ((day, slot_of(day, window, calendar)) for day in _days(start, end, zone))
    return _placed(slots, zone, start, end)


def maintenance_spans(record: Maintenance, timezone: str, start: int, end: int) -> list[Span]:
    """When `record` applies within `start` to `end`; a recurring one runs in the configuration's `timezone`."""
    if record.every is None:
        if record.start_ms is None or record.end_ms is None:
            raise ValueError(f"maintenance {record.id!r} has neither a recurring slot nor a beginning and an end")
        return clip(union([(record.start_ms, record.end_ms)]), start, end)
    zone = ZoneInfo(timezone)
    every = record.every
    slots = ((day, every.slot if comes_on(every, day) else None) for day in _days(start, end, zone))
    return _placed(slots, zone, start, end)


def comes_on(every: Weekly | Recurring, day: date) -> bool:
    """Whether the recurring slot starts on `day`."""
    comes = day.weekday() in every.days if isinstance(every, Weekly) else falls_on(every.rule, day)
    if not comes or day in every.exceptions:
        return False
    return every.without_holidays is None or day not in holidays_of(day.year, every.without_holidays)


def _days(start: int, end: int, zone: ZoneInfo) -> Iterable[date]:
    """Every local day of which a slot may lie within `start` to `end`: one that began the day before included."""
    day = from_ms(start, zone).date() - timedelta(days=2)
    last = from_ms(end, zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def slot_of(day: date, window: Window, calendar: Calendar) -> Slot | None:
    """The hours that begin on `day`; None where there are none."""
    if day in window.special_days:
        return window.special_days[day]
    if day.weekday() not in window.days:
        return None
    if window.holidays_excluded and day in holidays_of(day.year, calendar):
        return None
    return window.slot


def _placed(slots: Iterable[tuple[date, Slot | None]], zone: ZoneInfo, start: int, end: int) -> list[Span]:
    spans = []
    for day, slot in slots:
        if slot is not None:
            spans.append(slot_span(day, slot, zone))
    return clip(union(spans), start, end)


def slot_span(day: date, slot: Slot, zone: ZoneInfo) -> Span:
    """The hours of one day as instants; empty where the clocks skip all of them."""
    closes = slot.end if slot.end > slot.start else slot.end + 1440
    return start_instant(day, slot.start, zone), end_instant(day, closes, zone)
