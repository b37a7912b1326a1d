"""How everything stands at one instant, since when, and why: what people and exporters are shown of now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from availability.degradation import Softened, Worsened
from availability.directions import directions
from availability.estate import Check, Expression, Part, Ref
from availability.evaluation import Evaluation, evaluate, references
from availability.outcome import Outcome, Status
from availability.ports import CheckState, Degradation, PartState
from availability.redundancy import redundancy
from availability.spans import touching
from availability.states import DOWN, UNKNOWN, UP
from availability.timeline import NEVER, Timeline

NO_DATA = "no_data"
"""Nobody looked: no observation speaks for this instant (docs/semantics.md, section 2)."""
UNREACHABLE = "unreachable"
"""What it is behind is down, so that its failure is no news (section 3)."""
PART_DOWN = "part_down"
PART_UNKNOWN = "part_unknown"


@dataclass(frozen=True, slots=True)
class LastLook:
    """The newest observation of a check from a vantage: its slot (epoch milliseconds) and what came out."""

    at: int
    outcome: Outcome


LastLooks = Callable[[str, str], LastLook | None]
"""(check, vantage) to its newest observation."""


NOTHING_WORSE: Worsened = MappingProxyType({})


def check_states(evaluation: Evaluation, looks: LastLooks, now: int) -> list[CheckState]:
    """Every check from every vantage that knows of it, in the estate's order."""
    states = []
    for part in evaluation.estate.parts.values():
        for check in part.checks:
            for vantage, knowledge in evaluation.seen_by.get(check.id, {}).items():
                look = looks(check.id, vantage)
                states.append(
                    CheckState(
                        check=check.id,
                        part=part.id,
                        vantage=vantage,
                        state=knowledge.state.at(now),
                        since=since(knowledge.state, now),
                        at=look.at if look else None,
                        outcome=look.outcome if look else None,
                    )
                )
    return states


@dataclass(frozen=True, slots=True)
class Standing:
    """How every component, link and service stands at `at`, by id in the estate's order, after `evaluation`.

    `degraded` are the checks that are, by check and vantage.
    """

    at: int
    evaluation: Evaluation
    parts: Mapping[str, PartState]
    degraded: Mapping[tuple[str, str], Degradation]


def part_states(
    evaluation: Evaluation,
    looks: LastLooks,
    now: int,
    before: Standing | None = None,
    worse: Worsened = NOTHING_WORSE,
) -> Standing:
    """Every component and link, then every service; `worse` is what is known of looks that were degraded.

    What stood well `before` and rests on the very same knowledge still stands so.
    """
    estate = evaluation.estate
    softened = Softened(evaluation, worse, now)
    degraded = softened.parts()
    known = before.evaluation.states if before is not None else {}
    states: dict[str, PartState] = {}
    for id_ in [*estate.parts, *estate.services]:
        timeline = evaluation.states[id_]
        part = estate.parts.get(id_)
        if before is not None and known.get(id_) is timeline and _is_well(before.parts[id_]):
            earlier = before.parts[id_]
            found = degraded.get(id_)
            states[id_] = earlier if earlier.degraded == found else replace(earlier, degraded=found)
        else:
            state = timeline.at(now)
            reason, detail = _why(evaluation, looks, id_, state, now)
            states[id_] = PartState(id_, state, since(timeline, now), reason, detail, degraded.get(id_))
            if part is None or not part.checks:
                expression = part.up_when if part is not None else estate.services[id_].up_when
                left = redundancy(expression, lambda other: evaluation.states[other].at(now) == UP)
                states[id_] = replace(states[id_], redundancy=left)
        if part is not None and part.between and part.checks:
            states[id_] = replace(states[id_], directions=directions(evaluation, part, softened, now))
    return Standing(now, evaluation, states, softened.looks())


def _is_well(part: PartState) -> bool:
    return part.state == UP and not part.reason


def since(timeline: Timeline, now: int) -> int | None:
    """Since when the state at `now` has been the same (epoch milliseconds); None where it was never otherwise."""
    begun = timeline.since(now)
    return None if begun == NEVER else begun


def _why(evaluation: Evaluation, looks: LastLooks, id_: str, state: int, now: int) -> tuple[str, str]:
    part = evaluation.estate.parts.get(id_)
    if part is not None and part.checks:
        return _why_leaf(evaluation, looks, part, state, now)
    if state == UP:
        return "", ""
    expression = part.up_when if part is not None else evaluation.estate.services[id_].up_when
    guilty = sorted(set(_guilty(evaluation, expression, state, now)))
    return (PART_DOWN if state == DOWN else PART_UNKNOWN), ", ".join(guilty)


def _guilty(evaluation: Evaluation, expression: Expression, state: int, now: int) -> Iterable[str]:
    """The parts named directly in an expression that is `state`, found through sub-expressions that are so too."""
    if isinstance(expression, Ref):
        if evaluation.states[expression.id].at(now) == state:
            yield expression.id
        return
    for part in expression.parts:
        if evaluate(part, evaluation.states).at(now) == state:
            yield from _guilty(evaluation, part, state, now)


def _why_leaf(evaluation: Evaluation, looks: LastLooks, part: Part, state: int, now: int) -> tuple[str, str]:
    """The check that makes the state; where the part is up, one that fails without being confirmed, if any."""
    counting = set(references(part.up_when))
    for check in part.checks:
        if check.id in counting and evaluation.checks[check.id].at(now) == state:
            reason, detail = _why_check(evaluation, looks, part, check, state, now)
            if reason:
                return reason, detail
    return "", ""


def _why_check(
    evaluation: Evaluation, looks: LastLooks, part: Part, check: Check, state: int, now: int
) -> tuple[str, str]:
    if state == UNKNOWN and touching(evaluation.unreachable.get(check.id, ()), (now, now)):
        blocking = [other for other in evaluation.layout.behind[part.id] if evaluation.states[other].at(now) == DOWN]
        if blocking:
            return UNREACHABLE, "behind " + ", ".join(blocking)
    wanted = Status.NONE if state == UNKNOWN else Status.FAILED
    for vantage in evaluation.seen_by.get(check.id, {}):
        look = looks(check.id, vantage)
        fresh = look is not None and now - look.at <= check.stale_after_ms
        if look is not None and fresh and look.outcome.status == wanted:
            return str(look.outcome.reason or ""), f"{check.id}: {look.outcome.detail}".rstrip(": ")
    return (NO_DATA, check.id) if state == UNKNOWN else ("", "")
