"""Says of a look that was ok whether it was worse than it should be, where that is asked of every probe alike."""

from __future__ import annotations

from dataclasses import replace

from availability.outcome import Degraded, Outcome, Reason, Status
from config.settings import CheckSpec
from config.types import span


def weighed(spec: CheckSpec, outcome: Outcome) -> Outcome:
    """`outcome` of a look of `spec`, degraded where it was ok and took longer than it should.

    What the probe itself found goes first: it says more.
    """
    limit = spec.degraded_latency_ms
    if limit is None or outcome.status is not Status.OK or outcome.degraded is not None:
        return outcome
    if outcome.latency_ms is None or outcome.latency_ms <= limit:
        return outcome
    return replace(outcome, degraded=Degraded(Reason.SLOW, f"took more than {span(limit)}"))
