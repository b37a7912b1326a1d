"""Reports that jobs make of themselves, and where a job stands between one good report and the next
(docs/semantics.md, section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Stage = Literal["awaited", "on time", "late", "missing"]
"""No report ever, and none overdue; a good one within its time; within its grace; not even then."""


@dataclass(frozen=True, slots=True)
class HeartbeatReport:
    """What a job said of itself. Instants are epoch milliseconds.

    A report is named by `check`, `at` and `good`: the same again is the same report, and the first one counts.
    """

    check: str
    at: int
    """When it happened, which is when it came in unless the job says otherwise."""
    good: bool
    received_at: int
    vantage: str
    """Where it came in."""
    started: int | None = None
    duration_ms: int | None = None
    size_bytes: int | None = None
    oldest_copy: int | None = None
    """From when the oldest copy is that is still kept."""
    copies: int | None = None
    """How many copies are kept."""
    detail: str = ""

    @property
    def took_ms(self) -> int | None:
        """How long the job took: as it says, or from its start to the report."""
        if self.duration_ms is not None:
            return self.duration_ms
        return None if self.started is None else max(0, self.at - self.started)


def stage(last_good: int | None, waiting_since: int, within_ms: int, grace_ms: int, now: int) -> Stage:
    """Where a job stands at `now`, by the instant of its last good report and since when it has been waited for.

    A good report is on time while it is younger than `within_ms`, and late while it is younger than that and
    `grace_ms` together. Without one, a job is missing only once it has been waited for as long.
    """
    if last_good is None:
        return "awaited" if now - waiting_since < within_ms + grace_ms else "missing"
    age = now - last_good
    if age < within_ms:
        return "on time"
    return "late" if age < within_ms + grace_ms else "missing"
