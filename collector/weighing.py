"""Walks beside the real ones in which looks that were degraded count as failed, kept only where there are such."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from availability.degradation import Worse
from availability.outcome import Degraded, Outcome, Reason, Status
from availability.states import UP
from availability.walk import Walk, observe_one, seen

Key = tuple[str, str]
"""(check, vantage)"""

_EDGES_KEPT = 4
_EDGES_AT_MOST = 64
"""Of a line that is degraded now and then for a year only the last changes are asked about."""


@dataclass(slots=True)
class _Weighed:
    walk: Walk
    why: Degraded


class Weighing:
    """What the last looks would say if those that were degraded had failed. It begins anew with the process."""

    def __init__(self) -> None:
        self._weighed: dict[Key, _Weighed] = {}

    def concerns(self, key: Key, outcome: Outcome) -> bool:
        """Whether an outcome of the series `key` is to be weighed."""
        return outcome.degraded is not None or key in self._weighed

    def weigh(self, key: Key, walk: Walk, at: int, outcome: Outcome) -> bool:
        """Take in one outcome, before it is fed to the real `walk`; whether a state may be another than before."""
        one = self._weighed.get(key)
        if one is None or (one.walk.last is not None and one.walk.last >= at):
            one = self._weighed[key] = _Weighed(_copy(walk), outcome.degraded or Degraded(Reason.FAILED, ""))
        status = outcome.status
        if outcome.degraded is not None:
            one.why, status = outcome.degraded, Status.FAILED
        elif status is Status.FAILED and outcome.reason is not None:
            one.why = Degraded(outcome.reason, outcome.detail)
        changed = observe_one(one.walk, at, status)
        walked = one.walk
        if walked.state == UP and walked.run_status == Status.OK and walked.run_length >= walked.rise:
            del self._weighed[key]  # from here on it would say what the real walk says
        elif len(walked.edges) > _EDGES_AT_MOST:
            del walked.edges[:-_EDGES_KEPT], walked.values[:-_EDGES_KEPT]
            walked.unconfirmed.clear()
        return changed

    def worse(self, now: int) -> dict[Key, Worse]:
        """What is weighed, as known at `now` (epoch milliseconds)."""
        return {key: Worse(seen(one.walk, now), one.why) for key, one in self._weighed.items()}

    def forget(self, checks: Set[str]) -> None:
        """Let go of checks that are gone or judged otherwise than before."""
        self._weighed = {key: one for key, one in self._weighed.items() if key[0] not in checks}


def _copy(walk: Walk) -> Walk:
    """A walk that goes on where `walk` is, without what lies long before."""
    return replace(
        walk,
        edges=walk.edges[-_EDGES_KEPT:],
        values=walk.values[-_EDGES_KEPT:],
        unconfirmed=[],
        answered=[list(walk.answered[-1])] if walk.answered else [],
        told=None,
        closed=None,
    )
