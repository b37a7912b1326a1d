"""Reads what is asked of the past: a range of time that is bounded, and ids that there are."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from availability.edges import start_instant, to_ms
from availability.estate import Per
from availability.periods import Period, parse_period, period_at

_PERIOD = re.compile(r"\d{4}(-(Q\d|\d\d))?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MILLISECONDS = re.compile(r"\d{9,15}", re.ASCII)
_EARLIEST_MS, _LATEST_MS = 0, 253_370_764_800_000
"""The years 1970 to 9998 in UTC."""
DAY_MS = 86_400_000
_SHOWN = 60
"""Characters of what was asked that an error repeats."""


@dataclass(frozen=True, slots=True)
class Range:
    """`start` (included) to `end` (not included), epoch milliseconds."""

    start: int
    end: int

    def periods(self, per: Per, timezone: str, until: int) -> list[Period]:
        """Every `per` period that shares an instant with it and has begun before `until`, in order."""
        found = []
        period = period_at(self.start, per, timezone)
        while period.start < min(self.end, until):
            found.append(period)
            period = period_at(period.end, per, timezone)
        return found


def read_range(query: Mapping[str, str], timezone: str, now: int, days: int) -> Range:
    """The range that `from` and `to` name, of at most `days`; ValueError with the remedy where they do not.

    Without `to` it is up to now, without `from` from the begin of the month in which it ends.
    """
    given = query.get("to")
    end = now if given is None else _edge(given, "to", timezone)[1]
    given = query.get("from")
    start = period_at(end - 1, "month", timezone).start if given is None else _edge(given, "from", timezone)[0]
    if start >= end:
        raise ValueError("from is not before to: nothing lies between them")
    if end - start > days * DAY_MS:
        raise ValueError(f"from and to are more than {days} days apart: ask for less at a time")
    return Range(start, end)


def read_id(query: Mapping[str, str], key: str, known: Collection[str], what: str) -> str | None:
    """The id under `key`; None where it was not asked for, ValueError where there is no such thing."""
    given = query.get(key)
    if given is not None and given not in known:
        raise ValueError(f"{key}: there is no {what} {_shown(given)} in the configuration")
    return given


def refuse_others(query: Collection[str], known: Collection[str]) -> None:
    """ValueError where something is asked for that is not known, or twice."""
    seen: set[str] = set()
    for key in query:
        if key not in known:
            takes = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
            raise ValueError(f"there is no parameter {_shown(key)} here: {takes}")
        if key in seen:
            raise ValueError(f"{key} is given twice")
        seen.add(key)


def _edge(text: str, key: str, timezone: str) -> tuple[int, int]:
    """The begin and the end of what `text` names: the same for an instant."""
    try:
        edges = _edges(text, timezone)
    except (ValueError, OverflowError):
        edges = None
    if edges is None:
        raise ValueError(
            f"{key}: {_shown(text)} is no time: write a month (2026-10), a quarter (2026-Q4), a year (2026), "
            "a day (2026-10-07), an instant with an offset (2026-10-07T12:00:00Z) or milliseconds since 1970"
        )
    if not _EARLIEST_MS <= edges[0] <= edges[1] <= _LATEST_MS:
        raise ValueError(f"{key}: {_shown(text)} lies outside the years 1970 to 9998")
    return edges


def _edges(text: str, timezone: str) -> tuple[int, int] | None:
    if _PERIOD.fullmatch(text):
        period = parse_period(text, timezone)
        return period.start, period.end
    if _DAY.fullmatch(text):
        day, zone = date.fromisoformat(text), ZoneInfo(timezone)
        return start_instant(day, 0, zone), start_instant(date.fromordinal(day.toordinal() + 1), 0, zone)
    if _MILLISECONDS.fullmatch(text):
        return int(text), int(text)
    instant = datetime.fromisoformat(text)
    return None if instant.tzinfo is None else (to_ms(instant), to_ms(instant))


def _shown(text: str) -> str:
    return ascii(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
