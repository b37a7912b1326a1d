"""States of checks, components, links and services over time (docs/semantics.md, sections 3 and 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from availability.estate import AllOf, AnyOf, AtLeast, Check, Estate, Expression, Part, Ref
from availability.spans import Span, intersect, subtract, union
from availability.states import DOWN, UNKNOWN, Rule, at_least, vantages_agree
from availability.timeline import NOTHING_KNOWN, Timeline, combine, overlay
from availability.walk import Seen

SeenBy = Mapping[str, Mapping[str, Seen]]
"""Check id to vantage id to what that vantage knows of it."""


def references(expression: Expression) -> Iterable[str]:
    """The ids in an expression, in order, repeated where they are repeated."""
    if isinstance(expression, Ref):
        yield expression.id
    else:
        for part in expression.parts:
            yield from references(part)


def rule_of(expression: AllOf | AnyOf | AtLeast) -> Rule:
    """All is n of n and any is one of n (section 4)."""
    if isinstance(expression, AllOf):
        return at_least(len(expression.parts))
    return at_least(1 if isinstance(expression, AnyOf) else expression.count)


def evaluate(expression: Expression, states: Mapping[str, Timeline]) -> Timeline:
    """The state of an expression over the states of what it refers to."""
    if isinstance(expression, Ref):
        return states[expression.id]
    timelines = [evaluate(part, states) for part in expression.parts]
    return timelines[0] if len(timelines) == 1 else combine(timelines, rule_of(expression))


def everything_behind(estate: Estate) -> dict[str, tuple[str, ...]]:
    """Per part all that it is behind: directly, or because what it is behind is behind it (section 3)."""
    result: dict[str, tuple[str, ...]] = {}
    for id_, part in estate.parts.items():
        reached: dict[str, None] = {}
        waiting = list(part.behind)
        while waiting:
            other = waiting.pop()
            if other not in reached:
                reached[other] = None
                waiting.extend(estate.parts[other].behind if other in estate.parts else ())
        result[id_] = tuple(sorted(reached))
    return result


def dependencies(estate: Estate, behind: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Per part and service the ids that its state depends on: what its expression names, and what it is behind."""
    needs: dict[str, tuple[str, ...]] = {}
    for id_, part in estate.parts.items():
        needs[id_] = (*behind[id_], *(() if part.checks else references(part.up_when)))
    for id_, service in estate.services.items():
        needs[id_] = tuple(references(service.up_when))
    return needs


def needed_first(needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The ids of all parts and services, each after those its state depends on; ValueError on a circle."""
    order: list[str] = []
    done: dict[str, bool] = {}
    for root in needs:
        waiting = [root]
        while waiting:
            id_ = waiting[-1]
            if id_ not in done:
                done[id_] = False
                for other in needs[id_]:
                    if done.get(other) is False:
                        raise ValueError(f"{other!r} depends on itself through {id_!r}")
                    if other not in done:
                        waiting.append(other)
                if waiting[-1] != id_:
                    continue
            waiting.pop()
            if not done[id_]:
                done[id_] = True
                order.append(id_)
    return order


def stands_beside(estate: Estate, vantage: str, part: Part) -> bool:
    """Whether a vantage stands at the site of `part`; without a site either counts as elsewhere (section 3)."""
    place = estate.vantages.get(vantage)
    return place is not None and place.site is not None and place.site == part.site


@dataclass(frozen=True)
class Layout:
    """How the parts and services of an estate depend on each other.

    `order` is each after those it depends on, `position` the place in it.
    """

    behind: Mapping[str, tuple[str, ...]]
    needs: Mapping[str, tuple[str, ...]]
    order: Sequence[str]
    position: Mapping[str, int]

    @staticmethod
    def of(estate: Estate) -> Layout:
        """The layout of `estate`; ValueError where something depends on itself."""
        behind = everything_behind(estate)
        needs = dependencies(estate, behind)
        order = needed_first(needs)
        return Layout(behind, needs, order, {id_: index for index, id_ in enumerate(order)})


def resting_on(estate: Estate, layout: Layout, ids: Iterable[str]) -> Estate:
    """`estate` without what the state of none of `ids`, parts and services of it, depends on."""
    wanted: set[str] = set()
    waiting = list(ids)
    while waiting:
        id_ = waiting.pop()
        if id_ not in wanted:
            wanted.add(id_)
            waiting.extend(layout.needs[id_])
    return replace(
        estate,
        parts={id_: part for id_, part in estate.parts.items() if id_ in wanted},
        services={id_: service for id_, service in estate.services.items() if id_ in wanted},
    )


class Evaluation:
    """The actual state of everything, from what each vantage knows of each check.

    `states` holds components, links and services; `checks` the checks, merged over their vantages; `unreachable`
    the time in which some vantage's DOWN of a check was turned into UNKNOWN because of what it is behind.
    """

    def __init__(self, estate: Estate, seen_by: SeenBy, before: Evaluation | None = None) -> None:
        """Evaluate, or take over from `before` (of the very same estate) what rests on the very same knowledge."""
        self.estate = estate
        self.seen_by = seen_by
        self.states: dict[str, Timeline] = {}
        self.checks: dict[str, Timeline] = {}
        self.unreachable: dict[str, list[Span]] = {}
        if before is not None and before.estate is not estate:
            before = None
        self.layout: Layout = before.layout if before is not None else Layout.of(estate)
        if before is not None:
            self._evaluate_anew(before)
        else:
            for id_ in self.layout.order:
                self._evaluate(id_)

    def _evaluate_anew(self, before: Evaluation) -> None:
        """Only what depends on a check of which another thing is known than before."""
        self.states.update(before.states)
        self.checks.update(before.checks)
        self.unreachable.update(before.unreachable)
        known = before.seen_by
        checks = {check for check, seen in self.seen_by.items() if seen is not known.get(check)}
        checks.update(known.keys() - self.seen_by.keys())
        touched: set[str] = set()
        for id_ in self.layout.order:
            part = self.estate.parts.get(id_)
            seen_anew = part is not None and any(check.id in checks for check in part.checks)
            if seen_anew or not touched.isdisjoint(self.layout.needs[id_]):
                touched.add(id_)
                self._evaluate(id_)

    def _evaluate(self, id_: str) -> None:
        part = self.estate.parts.get(id_)
        if part is None:
            self.states[id_] = evaluate(self.estate.services[id_].up_when, self.states)
        elif part.checks:
            self._judge_leaf(part)
        else:
            self.states[id_] = evaluate(part.up_when, self.states)

    def _judge_leaf(self, part: Part) -> None:
        behind = self.layout.behind[part.id]
        blocked = union(span for other in behind for span in self.states[other].spans(DOWN)) if behind else []
        for check in part.checks:
            self.checks[check.id] = self._merged(part, check, blocked)
        self.states[part.id] = evaluate(part.up_when, self.checks)

    def _merged(self, part: Part, check: Check, blocked: list[Span]) -> Timeline:
        """One check over its vantages, after those that cannot reach it were silenced (section 3)."""
        seen = self.seen_by.get(check.id)
        self.unreachable.pop(check.id, None)
        if not seen:
            return NOTHING_KNOWN
        timelines = {vantage: knowledge.state for vantage, knowledge in seen.items()}
        if blocked:
            self._silence(part, check, seen, timelines, blocked)
        if len(timelines) == 1:
            return next(iter(timelines.values()))
        return combine(list(timelines.values()), vantages_agree(check.vantages_agree, len(timelines)))

    def _silence(
        self,
        part: Part,
        check: Check,
        seen: Mapping[str, Seen],
        timelines: dict[str, Timeline],
        blocked: list[Span],
    ) -> None:
        beside = [vantage for vantage in seen if stands_beside(self.estate, vantage, part)]
        dark = union(
            span
            for vantage in beside
            for span in intersect(union(seen[vantage].answered), seen[vantage].state.spans(UNKNOWN))
        )
        silenced: list[Span] = []
        for vantage, timeline in list(timelines.items()):
            if vantage not in beside:
                unreachable = subtract(intersect(timeline.spans(DOWN), blocked), dark)
                timelines[vantage] = overlay(timeline, unreachable, UNKNOWN)
                silenced += unreachable
        self.unreachable[check.id] = union(silenced)
