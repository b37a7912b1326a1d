"""What is up but worse than it should be: a state that people are shown and alerted to, and no class of time.

It is judged by the same rules as states are (docs/semantics.md, sections 2 to 4), in a world in which a look that was
degraded counts as failed: what is up, and would not be in that world, is degraded. So a lossy line of two is not a
degraded whole, and `fall` and `rise` keep a single bad look from being shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from availability.estate import Check, Part
from availability.evaluation import Evaluation, references
from availability.outcome import Degraded
from availability.ports import Degradation
from availability.states import DOWN, UP
from availability.timeline import NEVER, Timeline
from availability.walk import Seen

PART_DEGRADED = "part_degraded"


@dataclass(frozen=True, slots=True)
class Worse:
    """What one vantage would know of a check if looks that were degraded had failed, and why the last of them was."""

    seen: Seen
    why: Degraded


Worsened = Mapping[tuple[str, str], Worse]
"""(check, vantage) to that, for the few of which the last looks were degraded."""


class Softened:
    """An evaluation held against the same one with degraded looks as failed, at one instant (epoch milliseconds).

    `worse` is what is degraded by check and vantage.
    """

    def __init__(self, evaluation: Evaluation, worse: Worsened, now: int) -> None:
        self._evaluation = evaluation
        self._now = now
        self.worse: Worsened = {key: one for key, one in worse.items() if _is_degraded(evaluation, key, one, now)}
        self._soft = evaluation
        if self.worse:
            seen_by = dict(evaluation.seen_by)
            for (check, vantage), one in self.worse.items():
                seen_by[check] = {**seen_by[check], vantage: one.seen}
            self._soft = Evaluation(evaluation.estate, seen_by, evaluation)

    def looks(self) -> dict[tuple[str, str], Degradation]:
        """Why and since when each check is degraded, from each vantage that finds it so."""
        seen_by, now = self._evaluation.seen_by, self._now
        return {
            (check, vantage): Degradation(
                _since(seen_by[check][vantage].state, one.seen.state, now), str(one.why.reason), one.why.detail
            )
            for (check, vantage), one in self.worse.items()
        }

    def parts(self) -> dict[str, Degradation]:
        """Components, links and services that are degraded, each after those that it names."""
        found: dict[str, Degradation] = {}
        if not self.worse:
            return found
        estate = self._evaluation.estate
        for id_ in self._evaluation.layout.order:
            actual, soft = self._evaluation.states[id_], self._soft.states[id_]
            if soft is actual or actual.at(self._now) != UP or soft.at(self._now) == UP:
                continue
            part = estate.parts.get(id_)
            if part is not None and part.checks:
                reason, detail = self._why(part)
            else:
                expression = part.up_when if part is not None else estate.services[id_].up_when
                named = sorted(set(references(expression)) & found.keys())
                reason, detail = PART_DEGRADED, ", ".join(named)
            found[id_] = Degradation(_since(actual, soft, self._now), reason, detail)
        return found

    def _why(self, part: Part) -> tuple[str, str]:
        counting = set(references(part.up_when))
        for check in part.checks:
            if check.id in counting and self._soft.checks[check.id].at(self._now) != UP:
                for vantage in self._evaluation.seen_by.get(check.id, {}):
                    one = self.worse.get((check.id, vantage))
                    if one is not None:
                        return str(one.why.reason), f"{check.id}: {one.why.detail}".rstrip(": ")
        return "", ""

    def timeline(self, check: Check, vantage: str) -> Timeline:
        """What a vantage would know of a check in the world in which degraded looks fail."""
        one = self.worse.get((check.id, vantage))
        return one.seen.state if one is not None else self._evaluation.seen_by[check.id][vantage].state


def _is_degraded(evaluation: Evaluation, key: tuple[str, str], one: Worse, now: int) -> bool:
    known = evaluation.seen_by.get(key[0], {}).get(key[1])
    return known is not None and known.state.at(now) == UP and one.seen.state.at(now) == DOWN


def _since(actual: Timeline, soft: Timeline, now: int) -> int | None:
    """Since when it has been up and, in the other world, not."""
    begun = max(actual.since(now), soft.since(now))
    return None if begun == NEVER else begun
