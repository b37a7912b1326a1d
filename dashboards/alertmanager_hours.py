"""Office hours as the time intervals of Alertmanager: written day by day, since these know no holidays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from availability.estate import Calendar, Slot, Window
from availability.windows import slot_of

YEARS = 3
"""The year that is asked for and the two behind it."""
_DAY = timedelta(days=1)
_MINUTES = 24 * 60


def office_hours(window: Window, timezone: str, calendar: Calendar, year: int) -> list[dict[str, Any]]:
    """The hours of `window` from `year` on, for YEARS years; beyond them there are none.

    Each entry has the days of one month with the same hours. Ranges of Alertmanager cannot cross midnight, so what runs
    into the next day is cut there; it reads the clock of `timezone`, so it knows no hour that the clocks repeat.
    """
    found: dict[tuple[int, int, int, int], list[int]] = {}
    day = date(year, 1, 1) - _DAY
    while day.year < year + YEARS:
        slot = slot_of(day, window, calendar)
        for on, start, end in _cut(day, slot) if slot else ():
            if year <= on.year < year + YEARS:
                found.setdefault((on.year, on.month, start, end), []).append(on.day)
        day += _DAY
    return [
        {
            "times": [{"start_time": _clock(start), "end_time": _clock(end)}],
            "days_of_month": list(_ranges(sorted(set(days)))),
            "months": [str(month)],
            "years": [str(on)],
            "location": timezone,
        }
        for (on, month, start, end), days in sorted(found.items())
    ]


def last_day(year: int) -> date:
    """The last day that the hours from `year` on are written for."""
    return date(year + YEARS - 1, 12, 31)


def _cut(day: date, slot: Slot) -> Iterable[tuple[date, int, int]]:
    """The hours that begin on `day`, by the days that they lie on."""
    if slot.end > slot.start:
        return ((day, slot.start, slot.end),)
    rest = ((day + _DAY, 0, slot.end),) if slot.end else ()
    return ((day, slot.start, _MINUTES), *rest)


def _ranges(days: list[int]) -> Iterable[str]:
    """Days as Alertmanager reads them: `5` alone, `5:9` for several in a row."""
    first = previous = days[0]
    for day in [*days[1:], 99]:
        if day != previous + 1:
            yield str(first) if first == previous else f"{first}:{previous}"
            first = day
        previous = day


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
