"""Instants for people, in local time and to the millisecond."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from availability.edges import from_ms


def local(instant: int, timezone: str) -> str:
    """An instant (epoch milliseconds) with the name of its time; milliseconds only where there are any."""
    moment = from_ms(instant, ZoneInfo(timezone))
    fraction = f".{instant % 1000:03d}" if instant % 1000 else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} {moment:%Z}"


def local_end(start: int, end: int, timezone: str) -> str:
    """The end of what began at `start`: on the same day and in the same local time, the time alone."""
    zone = ZoneInfo(timezone)
    began, ended = from_ms(start, zone), from_ms(end, zone)
    text = local(end, timezone)
    if (began.date(), began.utcoffset()) == (ended.date(), ended.utcoffset()):
        return text.split(" ")[1]
    return text
