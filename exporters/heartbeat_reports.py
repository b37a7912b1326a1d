"""Reads the reports that jobs send over HTTP, and bounds how often they may come."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

from availability.edges import to_ms
from availability.heartbeats import HeartbeatReport
from availability.outcome import DETAIL_LIMIT
from exporters.cells import one_line

BODY_LIMIT = 16 * 1024
"""Bytes of a report at most."""
_AHEAD_MS = 5 * 60_000
_BEHIND_MS = 31 * 86_400_000
_LARGEST = 10**18 - 1
_EARLIEST_MS = -62_135_596_800_000
"""The year 1."""
_LONGEST_S = 366 * 86_400
_CHECKS_KEPT = 10_000

KEYS = ("outcome", "at", "started", "duration_seconds", "size_bytes", "oldest_copy", "copies", "detail")


def read_report(check: str, vantage: str, body: bytes, now: int) -> HeartbeatReport:
    """The report that `body` is: a JSON object with some of `KEYS`, or nothing at all for "done, now".

    ValueError with a sentence that says what is wrong and what would be right. `now` is epoch milliseconds.
    """
    said = _object(body)
    outcome = said.get("outcome", "ok")
    if outcome not in ("ok", "failed"):
        raise ValueError('outcome must be "ok" or "failed"')
    at = _instant(said, "at")
    if at is None:
        at = now
    elif at > now + _AHEAD_MS:
        raise ValueError("at is more than 5 minutes in the future: is the clock of the job right?")
    elif at < now - _BEHIND_MS:
        raise ValueError("at is more than 31 days ago: so old a report is no news")
    started = _instant(said, "started")
    if started is not None and started > at:
        raise ValueError("started is after the report: is the clock of the job right?")
    if started is not None and started < at - _LONGEST_S * 1000:
        raise ValueError("started is more than a year before the report: is the clock of the job right?")
    oldest = _instant(said, "oldest_copy")
    if oldest is not None and oldest > now + _AHEAD_MS:
        raise ValueError("oldest_copy is in the future")
    return HeartbeatReport(
        check=check,
        at=at,
        good=outcome == "ok",
        received_at=now,
        vantage=vantage,
        started=started,
        duration_ms=_duration(said),
        size_bytes=_whole(said, "size_bytes"),
        oldest_copy=oldest,
        copies=_whole(said, "copies"),
        detail=_detail(said),
    )


def _object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        said = json.loads(body, object_pairs_hook=_without_repetition, parse_constant=_no_number)
    except _Twice as twice:
        raise ValueError(f"the key {twice} is given twice") from None
    except (ValueError, RecursionError):
        raise ValueError('the body is no JSON: send an object such as {"outcome": "ok"}, or nothing') from None
    if not isinstance(said, dict):
        raise ValueError('the body must be a JSON object such as {"outcome": "ok"}, or nothing')
    for key in said:
        if key not in KEYS:
            raise ValueError(f"there is no key {one_line(key)[:40]!r}: the keys are {', '.join(KEYS)}")
    return {key: value for key, value in said.items() if value is not None}


class _Twice(Exception):
    """A key that is given twice."""


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for key, value in pairs:
        if key in said:
            raise _Twice(repr(one_line(key)[:40]))
        said[key] = value
    return said


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _instant(said: dict[str, Any], key: str) -> int | None:
    """ISO 8601 with an offset as epoch milliseconds."""
    if key not in said:
        return None
    text = said[key]
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"{key} must be an instant with an offset, such as 2026-11-01T02:00:00+01:00")
    return max(to_ms(moment), _EARLIEST_MS)


def _duration(said: dict[str, Any]) -> int | None:
    """Seconds as whole milliseconds."""
    if "duration_seconds" not in said:
        return None
    seconds = said["duration_seconds"]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _LONGEST_S:
        raise ValueError("duration_seconds must be a number of seconds from 0 to those of a year")
    return math.floor(seconds * 1000)


def _whole(said: dict[str, Any], key: str) -> int | None:
    if key not in said:
        return None
    number = said[key]
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= _LARGEST:
        raise ValueError(f"{key} must be a whole number from 0 to 10^18")
    return number


def _detail(said: dict[str, Any]) -> str:
    text = said.get("detail", "")
    if not isinstance(text, str):
        raise ValueError("detail must be a text")
    return one_line(text)[:DETAIL_LIMIT]


class Turnstile:
    """Lets `burst` pass at once, and after that one every `pause` seconds; each key has a burst of its own."""

    def __init__(self, burst: int, pause: float, clock: Callable[[], float]) -> None:
        self._burst = burst
        self._pause = pause
        self._clock = clock
        self._free_at: dict[str, float] = {}
        """Key to when it has its whole burst again."""

    def passes(self, key: str = "") -> bool:
        """Whether one more may pass now."""
        now = self._clock()
        free_at = max(self._free_at.get(key, now), now)
        if free_at - now > (self._burst - 1) * self._pause:
            return False
        if key not in self._free_at and len(self._free_at) >= _CHECKS_KEPT:
            self._free_at = {other: at for other, at in self._free_at.items() if at > now}
        self._free_at[key] = free_at + self._pause
        return True
