"""How far the clock of an agent is from that of the centre, measured by the answers to its status."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from collector.transport.messages import Time

_LONGEST_TRIP_S = 5.0
"""An answer that took longer says too little."""


class AgentClock:
    """`offset_ms` is how far this clock is ahead of the centre's; None: not known since it was set."""

    def __init__(self, now_ms: Callable[[], int], within_ms: int) -> None:
        self.offset_ms: int | None = None
        self._now_ms = now_ms
        self._within_ms = within_ms
        self._nonce = 0
        self._asked = 0.0
        self._sent = 0

    @property
    def is_wrong(self) -> bool:
        """Whether it is known to be further from the centre's clock than it may be."""
        return self.offset_ms is not None and abs(self.offset_ms) > self._within_ms

    @property
    def is_right(self) -> bool:
        """Whether it is known not to be."""
        return self.offset_ms is not None and not self.is_wrong

    def ask(self) -> tuple[int, int]:
        """A nonce for a status that is sent now, and what the clock says."""
        self._nonce, self._asked, self._sent = secrets.randbits(62), time.monotonic(), self._now_ms()
        return self._nonce, self._sent

    def take(self, answer: Time) -> bool:
        """What the centre answered; whether it was to the last question and soon enough to tell."""
        trip = time.monotonic() - self._asked
        if answer.nonce != self._nonce or trip > _LONGEST_TRIP_S:
            return False
        self.offset_ms = self._sent + round(trip * 500) - answer.at
        return True

    def forget(self) -> None:
        """The clock was set: what was measured holds no more."""
        self.offset_ms = None
        self._nonce = 0
