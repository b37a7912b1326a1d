"""Outages, their causes and whose they are (docs/semantics.md, section 7)."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from heapq import heappop, heappush
from operator import sub

from availability.estate import AnyOf, Expression, Ref
from availability.evaluation import Evaluation, evaluate, references
from availability.report import Outage
from availability.sequences import MadeOnDemand
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
    if not down:
        return {}
    estate = evaluation.estate
    reached: dict[str, list[Spans]] = {}
    caused: dict[str, list[Span]] = {}
    waiting: list[tuple[int, str]] = []

    def reach(part: Expression, within: Spans) -> None:
        if isinstance(part, Ref):
            if part.id not in reached:
                reached[part.id] = []
                heappush(waiting, (-evaluation.layout.position[part.id], part.id))
            reached[part.id].append(within)
            return
        every = len(part.parts) == 1 or isinstance(part, AnyOf)
        for each in part.parts:
            # Any of several is DOWN only while every one of them is.
            both = within if every else _down_within(evaluate(each, evaluation.states), within)
            if both:
                reach(each, both)

    reach(expression, down)
    while waiting:
        _, id_ = heappop(waiting)
        ways = reached.pop(id_)
        within = list(ways[0]) if len(ways) == 1 else union(span for way in ways for span in way)
        inner = estate.parts.get(id_)
        if inner is None:
            reach(estate.services[id_].up_when, within)
        elif inner.checks:
            caused[id_] = within
        else:
            reach(inner.up_when, within)
    return dict(sorted(caused.items()))


def _down_within(state: Timeline, within: Spans) -> list[Span]:
    return intersect(state.spans_within(within[0][0], within[-1][1], DOWN), within)


class Outages(MadeOnDemand[Outage]):
    """Outages of one service in order of time; `down_ms` of all is there without making them."""

    __slots__ = ("_causes", "_ends", "_excluded", "_lasts", "_starts", "_unknown", "down_ms")

    def __init__(
        self,
        spans: Spans,
        by_class: Sequence[Sequence[int]],
        causes: Callable[[Spans], Causes],
        *,
        lasts: bool,
    ) -> None:
        """`by_class` has milliseconds down, excluded and unknown of each of `spans`; the last one may still last."""
        self._starts = array("q", [start for start, _ in spans])
        self._ends = array("q", [end for _, end in spans])
        self.down_ms, self._excluded, self._unknown = (array("q", of_class) for of_class in by_class)
        self._causes = causes
        self._lasts = lasts

    def __len__(self) -> int:
        return len(self._starts)

    def _made(self, first: int, last: int) -> Iterator[Outage]:
        part = slice(first, last)
        spans = list(zip(self._starts[part], self._ends[part], strict=True))
        ends: list[int | None] = [*self._ends[part]]
        if self._lasts and last == len(self):
            ends[-1] = None
        nothing = [0] * len(spans)
        yield from map(
            Outage,
            self._starts[part],
            ends,
            self.down_ms[part],
            self._excluded[part] or nothing,
            self._unknown[part] or nothing,
            _named(spans, self._causes(spans)),
        )


def outages(
    evaluation: Evaluation,
    expression: Expression,
    actual: Timeline,
    down: Spans,
    classes: Timeline,
    agreed: Ruler,
    period: Span,
    as_of: int,
) -> Outages:
    """The outages of `down`, those of the expression that share an instant with `period`, whole, up to `as_of`.

    `agreed` measures the agreed time within the period; of each outage the time in it is told by class.
    """
    lasts = bool(down) and down[-1][1] == as_of and actual.at(as_of) == DOWN
    if classes is actual:
        by_class: list[list[int]] = [_lengths(agreed, down), [], []]
    else:
        of_class = (classes.spans_within(*period, kind) for kind in (DOWN, EXCLUDED, UNKNOWN))
        by_class = [_lengths(Ruler(intersect(agreed.spans, spans)), down) for spans in of_class]
    return Outages(down, by_class, partial(causes, evaluation, expression), lasts=lasts)


def _lengths(ruler: Ruler, spans: Spans) -> list[int]:
    """Milliseconds of what `ruler` measures in each of `spans`."""
    marks = ruler.marks([instant for span in spans for instant in span])
    return list(map(sub, marks[1::2], marks[::2]))


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
    down = classes.spans_within(period[0], min(period[1], as_of), DOWN)
    ruler = Ruler(agreed)
    if len(causes) == 1:
        # The only leaf there is was the cause of all of it.
        share = ruler.within(down)
        return dict.fromkeys(by_owner, share) if share else {}
    shares = {owner: ruler.within(intersect(down, union(spans))) for owner, spans in sorted(by_owner.items())}
    return {owner: share for owner, share in shares.items() if share}
