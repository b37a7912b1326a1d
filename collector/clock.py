"""Holds the two clocks against each other, and says which instants are the slots of a check."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import blake2b

_JUMP_NS = 1_000_000_000
"""A difference that no slewing makes between two looks: adjtime(3) moves a clock by at most 0.5 ms a second."""


class Clock:
    """The wall clock, watched by the monotonic one. `wall` gives nanoseconds since 1970 in UTC, `monotonic` seconds.

    The monotonic clock must be read afresh at every call; the time of an event loop is that of its last turn.
    """

    def __init__(self, wall: Callable[[], int] = time.time_ns, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.wall = wall
        self.monotonic = monotonic
        self._ahead = self._measure()[1]

    def now_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return self.wall() // 1_000_000

    def look(self) -> tuple[int, int]:
        """Now (epoch milliseconds), and how far the wall clock jumped since the last look (milliseconds; 0: not)."""
        now, ahead = self._measure()
        if abs(ahead - self._ahead) > _JUMP_NS:
            # Between the two readings the machine may have done something else for a while: believe it twice only.
            now, ahead = self._measure()
        jumped, self._ahead = ahead - self._ahead, ahead
        return now // 1_000_000, jumped // 1_000_000 if abs(jumped) > _JUMP_NS else 0

    def _measure(self) -> tuple[int, int]:
        monotonic = int(self.monotonic() * 1e9)
        now = self.wall()
        return now, now - monotonic


def phase_ms(check: str, interval_ms: int) -> int:
    """Where in its interval a check has its slots: spread evenly over all checks, and the same after a restart."""
    return int.from_bytes(blake2b(check.encode(), digest_size=8).digest(), "big") % interval_ms


def slot_after(instant_ms: int, interval_ms: int, phase: int) -> int:
    """The first slot after `instant_ms`. Slots are those instants (epoch milliseconds) that leave the remainder
    `phase` modulo the interval."""
    return instant_ms + interval_ms - (instant_ms - phase) % interval_ms
