"""Local wall-clock edges to UTC instants through the time zone database (docs/semantics.md, section 5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def to_ms(instant: datetime) -> int:
    """Milliseconds since the epoch of an aware datetime, exactly (rounded down below a millisecond)."""
    return (instant - _EPOCH) // _MS


def from_ms(instant: int, zone: ZoneInfo | None = None) -> datetime:
    """The aware datetime of `instant` in `zone` (default UTC), exactly."""
    moment = _EPOCH + instant * _MS
    return moment.astimezone(zone) if zone else moment


def start_instant(day: date, minute: int, zone: ZoneInfo) -> int:
    """The instant a window opens: the first of two occurrences; the jump itself where the clocks skip it."""
    return _instant(day, minute, zone, fold=0)


def end_instant(day: date, minute: int, zone: ZoneInfo) -> int:
    """The instant a window closes: the last of two occurrences; the jump itself where the clocks skip it."""
    return _instant(day, minute, zone, fold=1)


def _instant(day: date, minute: int, zone: ZoneInfo, fold: int) -> int:
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    early = to_ms(wall.replace(tzinfo=zone, fold=0))
    late = to_ms(wall.replace(tzinfo=zone, fold=1))
    if early <= late:
        return late if fold else early
    return _jump(late, early, zone)


def _jump(before: int, after: int, zone: ZoneInfo) -> int:
    """The instant in (before, after] at which the offset changes: both clocks would skip the wall time asked for."""
    old = from_ms(before, zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if from_ms(middle, zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after
