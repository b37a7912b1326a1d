"""Explanations of small worlds, for tests of what is said and of how it is shown."""

from __future__ import annotations

from collections.abc import Mapping

from availability.evaluation import Evaluation, Layout, resting_on
from availability.explaining import Explanation, agreements_on, explain, rests_on
from availability.looked import Evidence
from availability.outcome import Outcome, Reason, Status
from availability.ports import LatencySummary
from availability.standing import LastLook
from tests.availability.worlds import World, slot


def explained(
    world: World,
    id_: str,
    number: float,
    why: Mapping[str, Outcome] | None = None,
    expected: Mapping[str, tuple[str, ...]] | None = None,
    latency: LatencySummary | None = None,
) -> Explanation:
    """What is said of `id_` in the middle of a slot; `why` has the outcome of the failures of a check."""
    whole = world.estate()
    at = slot(number)
    layout = Layout.of(whole)
    estate = resting_on(whole, layout, rests_on(whole, id_))

    def look(check: str, vantage: str) -> LastLook | None:
        seen = [
            (first + step * index, Status(status))
            for first, step, length, status in world.facts.get((check, vantage), ())
            for index in range(length)
            if first + step * index <= at
        ]
        if not seen:
            return None
        instant, status = seen[-1]
        reason = {Status.OK: None, Status.FAILED: Reason.TIMEOUT, Status.NONE: Reason.NO_PERMISSION}[status]
        given = (why or {}).get(check)
        return LastLook(instant, given if given and given.status is status else Outcome(status, reason))

    evidence = Evidence.of(estate, world.facts, at, look, expected or {}, lambda _: latency)
    evaluation = Evaluation(estate, evidence.seen_by)
    return explain(evaluation, id_, evidence, agreements_on(whole, layout, id_))
