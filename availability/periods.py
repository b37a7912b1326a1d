"""Calendar periods: months, quarters and years as half-open spans of UTC milliseconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from availability.edges import from_ms, start_instant
from availability.estate import Per

_MONTHS: dict[Per, int] = {"month": 1, "quarter": 3, "year": 12}
_LABEL = re.compile(r"(?P<year>[1-9]\d{3})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?")


@dataclass(frozen=True, slots=True)
class Period:
    """`start` (included) to `end` (not included), in milliseconds since the epoch; `label` as users type it."""

    label: str
    per: Per
    start: int
    end: int


def parse_period(label: str, timezone: str) -> Period:
    """Read `2026-10`, `2026-Q4` or `2026` as a period in `timezone`; ValueError with the remedy for anything else."""
    match = _LABEL.fullmatch(label)
    if not match or not 1970 <= int(match["year"]) <= 9998:
        raise ValueError(f"{label!r} is no period: write a month (2026-10), a quarter (2026-Q4) or a year (2026)")
    year = int(match["year"])
    if match["month"]:
        return _period("month", year, int(match["month"]), timezone)
    if match["quarter"]:
        return _period("quarter", year, 3 * int(match["quarter"]) - 2, timezone)
    return _period("year", year, 1, timezone)


def period_at(instant: int, per: Per, timezone: str) -> Period:
    """The period of length `per` that holds `instant` (epoch milliseconds)."""
    local = from_ms(instant, ZoneInfo(timezone))
    length = _MONTHS[per]
    return _period(per, local.year, (local.month - 1) // length * length + 1, timezone)


def split(period: Period, per: Per, timezone: str) -> tuple[Period, ...]:
    """The whole `per` periods that `period` is made of; empty where it is shorter than one."""
    length = _MONTHS[per]
    if length > _MONTHS[period.per]:
        return ()
    local = from_ms(period.start, ZoneInfo(timezone))
    steps = range(0, _MONTHS[period.per], length)
    return tuple(_period(per, local.year, local.month + step, timezone) for step in steps)


def _period(per: Per, year: int, month: int, timezone: str) -> Period:
    after = month + _MONTHS[per]
    end = date(year + (after - 1) // 12, (after - 1) % 12 + 1, 1)
    label = {"month": f"{year}-{month:02d}", "quarter": f"{year}-Q{(month + 2) // 3}", "year": f"{year}"}[per]
    zone = ZoneInfo(timezone)
    return Period(label, per, start_instant(date(year, month, 1), 0, zone), start_instant(end, 0, zone))
