"""What came of sending one message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reason` is empty where it was taken; `arrived` where it was not, and may have come through all the same."""

    reason: str = ""
    arrived: bool = False

    @property
    def is_sent(self) -> bool:
        return not self.reason


SENT = Outcome()
