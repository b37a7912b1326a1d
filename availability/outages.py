"""Outages, their causes and whose they are (docs/semantics.md, section 7)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from heapq import heappop, heappush

from availability.estate import Expression, Ref
from availability.evaluation import Evaluation, evaluate, references
from availability.figures import class_spans
from availability.report import Outage
from availability.spans import Ruler, Span, Spans, intersect, union
from availability.states import DOWN, EXCLUDED, UNKNOWN
from availability.timeline import Timeline

Causes = Mapping[str, Spans]
"""Leaf id to the time in which it was a cause: reached from the service by walking through DOWN parts only."""


def leaves(evaluation: Evaluation, expression: Expression) -> list[str]:
    """The components and links with checks that an expression rests on, sorted."""
    estate = evaluation.estate
    found: set[str] = set()
    done: set[str] = set()
    waiting = list(references(expression))
    while waiting:
        id_ = waiting.pop()
        if id_ in done:
            continue
        done.add(id_)
        part = estate.parts.get(id_)
        if part is None:
            waiting.extend(references(estate.services[id_].up_when))
        elif part.checks:
            found.add(id_)
        else:
            waiting.extend(references(part.up_when))
    return sorted(found)


def causes(evaluation: Evaluation, expression: Expression, down: Spans) -> dict[str, list[Span]]:
    """When each leaf was a cause within `down`, the time in which the expression itself was DOWN.

    Parts are taken up in the order in which they depend on each other, so that each is looked at once, however many
    ways lead to it.
    """
    estate = evaluation.estate
    reached: dict[str, list[Span]] = {}
    caused: dict[str, list[Span]] = {}
    waiting: list[tuple[int, str]] = []

    def reach(part: Expression, within: list[Span]) -> None:
        if isinstance(part, Ref):
            if part.id not in reached:
                reached[part.id] = []
                heappush(waiting, (-evaluation.layout.position[part.id], part.id))
            reached[part.id].extend(within)
            return
        if len(part.parts) == 1:
            reach(part.parts[0], within)
            return
        for each in part.parts:
            both = intersect(evaluate(each, evaluation.states).spans(DOWN), within)
            if both:
                reach(each, both)

    reach(expression, list(down))
    while waiting:
        _, id_ = heappop(waiting)
        within = union(reached[id_])
        inner = estate.parts.get(id_)
        if inner is None:
            reach(estate.services[id_].up_when, within)
        elif inner.checks:
            caused[id_] = within
        else:
            reach(inner.up_when, within)
    return dict(sorted(caused.items()))


def outages(
    actual: Timeline, down: Spans, classes: Timeline, causes: Causes, agreed: Spans, period: Span, as_of: int
) -> tuple[Outage, ...]:
    """The outages of `down`, those that share an instant with `period`, whole, looked at up to `as_of`.

    `agreed` is the agreed time within the period; of each outage the time in it is told by class.
    """
    listed = list(down)
    if not listed:
        return ()
    ends: list[int | None] = [end for _, end in listed]
    if ends[-1] == as_of and actual.at(as_of) == DOWN:
        ends[-1] = None
    named = _named(listed, causes)
    if classes is actual:
        before = Ruler(agreed).before
        return tuple(
            Outage(start, end, before(last) - before(start), 0, 0, ids)
            for (start, last), end, ids in zip(listed, ends, named, strict=True)
        )
    by_class = class_spans(classes, *period)
    lost, excluded, unknown = (Ruler(intersect(agreed, by_class[kind])).before for kind in (DOWN, EXCLUDED, UNKNOWN))
    return tuple(
        Outage(
            start,
            end,
            lost(last) - lost(start),
            excluded(last) - excluded(start),
            unknown(last) - unknown(start),
            ids,
        )
        for (start, last), end, ids in zip(listed, ends, named, strict=True)
    )


def _named(listed: list[Span], causes: Causes) -> list[tuple[str, ...]]:
    """Per outage the leaves that were a cause at some instant of it, sorted by id."""
    if len(causes) == 1:
        only = tuple(causes)
        return [only] * len(listed)
    starts = [start for start, _ in listed]
    named: list[list[str]] = [[] for _ in listed]
    for id_, spans in sorted(causes.items()):
        for start, end in spans:
            # A cause lies within one outage of all there are; of those that are not listed, none is meant.
            index = bisect_right(starts, start) - 1
            if index >= 0 and end <= listed[index][1] and named[index][-1:] != [id_]:
                named[index].append(id_)
    return [tuple(ids) for ids in named]


def downtime_by_owner(
    evaluation: Evaluation, classes: Timeline, causes: Causes, agreed: Spans, period: Span, as_of: int
) -> dict[str, int]:
    """Milliseconds of class down during which a leaf of each owner was a cause; shares may overlap."""
    by_owner: dict[str, list[Span]] = {}
    for id_, spans in causes.items():
        owner = evaluation.estate.parts[id_].owner
        if owner is not None:
            by_owner.setdefault(owner, []).extend(spans)
    if not by_owner:
        return {}
    down = class_spans(classes, period[0], min(period[1], as_of))[DOWN]
    ruler = Ruler(agreed)
    if len(causes) == 1:
        # The only leaf there is was the cause of all of it.
        share = ruler.within(down)
        return dict.fromkeys(by_owner, share) if share else {}
    shares = {owner: ruler.within(intersect(down, union(spans))) for owner, spans in sorted(by_owner.items())}
    return {owner: share for owner, share in shares.items() if share}
