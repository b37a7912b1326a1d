"""What the schedule knows of itself: how late it was, what it skipped, and what came out."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from availability.outcome import Reason, Status

LATENESS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds, inclusive; what is later than the last is in one more bucket."""


@dataclass(slots=True)
class Lateness:
    """A histogram of how many seconds after its slot a look began."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(LATENESS_BUCKETS) + 1))
    """Per bucket of `LATENESS_BUCKETS`, not cumulative; the last is for all beyond."""
    total: int = 0
    sum: float = 0.0
    max: float = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(LATENESS_BUCKETS, seconds)] += 1
        self.total += 1
        self.sum += seconds
        if seconds > self.max:
            self.max = seconds

    def quantile(self, share: float) -> float:
        """The upper bound (seconds) of the bucket that `share` of all looks did not exceed; 0 before the first."""
        rank, seen = share * self.total, 0
        for bound, count in zip(LATENESS_BUCKETS, self.counts, strict=False):
            seen += count
            if seen >= rank:
                return min(bound, self.max)
        return self.max


@dataclass(slots=True)
class EngineStats:
    """Counters since the start; read them, do not write."""

    lateness: Lateness = field(default_factory=Lateness)
    ok: int = 0
    """Outcomes that were ok."""
    not_ok: Counter[tuple[Status, Reason | None]] = field(default_factory=Counter)
    """The others, by status and reason."""
    in_flight: Counter[str] = field(default_factory=Counter)
    """Looks under way now, by probe."""
    overlapping: int = 0
    """Slots skipped because the look before was still under way."""
    missed: int = 0
    """Slots skipped because the program was held up until after the next."""
    clock_jumps: int = 0
    sink_failures: int = 0
    """Outcomes that the sink refused with an exception: a mistake of ours, as facts are lost by it."""
    turned_at: float | None = None
    """When the schedule was looked through last (monotonic seconds); None before the first time."""
    behind_ms: int = 0
    """How long the next look was due by then, where there was no time left for it."""

    @property
    def outcomes(self) -> Mapping[tuple[Status, Reason | None], int]:
        """How often each pair of status and reason came out."""
        return {(Status.OK, None): self.ok, **self.not_ok}
