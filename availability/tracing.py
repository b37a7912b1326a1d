"""Which components and links are behind a state that a service has (docs/semantics.md, sections 7 and 10)."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush

from availability.estate import Estate, Expression, Ref
from availability.evaluation import Evaluation, evaluate, references
from availability.spans import Span, Spans, union
from availability.timeline import Timeline


def closure(evaluation: Evaluation, id_: str) -> list[str]:
    """All that the state of a part or service rests on, itself included: what its expression names, what a component
    or link with checks is behind, and so on; each after those it depends on."""
    reached = {id_}
    waiting = [id_]
    while waiting:
        for other in _rests_on(evaluation, waiting.pop()):
            if other not in reached:
                reached.add(other)
                waiting.append(other)
    return sorted(reached, key=evaluation.layout.position.__getitem__)


def _rests_on(evaluation: Evaluation, id_: str) -> tuple[str, ...]:
    part = evaluation.estate.parts.get(id_)
    if part is not None and part.checks:
        return evaluation.layout.behind[id_]
    return tuple(references(_expression(evaluation.estate, id_)))


def _expression(estate: Estate, id_: str) -> Expression:
    part = estate.parts.get(id_)
    return estate.services[id_].up_when if part is None else part.up_when


def trace(
    evaluation: Evaluation, states: Mapping[str, Timeline], expression: Expression, within: Spans, value: int
) -> dict[str, list[Span]]:
    """When each leaf is reached within `within`, the time in which `expression` has `value` in `states`, by walking
    through parts that have it too.

    Parts are taken up in the order in which they depend on each other, so that each is looked at once, however many
    ways lead to it.
    """
    reached: dict[str, list[Span]] = {}
    leaves: dict[str, list[Span]] = {}
    waiting: list[tuple[int, str]] = []

    def reach(part: Expression, spans: Spans) -> None:
        if isinstance(part, Ref):
            if part.id not in reached:
                reached[part.id] = []
                heappush(waiting, (-evaluation.layout.position[part.id], part.id))
            reached[part.id].extend(spans)
            return
        for each in part.parts:
            both = evaluate(each, states).clipped(spans, value)
            if both:
                reach(each, both)

    reach(expression, within)
    while waiting:
        _, id_ = heappop(waiting)
        spans = union(reached[id_])
        part = evaluation.estate.parts.get(id_)
        if part is not None and part.checks:
            leaves[id_] = spans
        else:
            reach(_expression(evaluation.estate, id_), spans)
    return dict(sorted(leaves.items()))
