"""A value that changes at instants and stays between them: states, and classes of time."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, pairwise
from operator import sub

from availability.spans import Ruler, Span, Spans, intersect, joined
from availability.states import EXCLUDED, UNKNOWN, UP, Rule

FOREVER = 1 << 62
"""Later than every instant."""
NEVER = -FOREVER
"""Earlier than every instant."""
_FEW = 8
"""Times as many edges as spans: from there on each span is looked up."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """`values[i]` from `edges[i]` up to the next edge; unknown before the first.

    Edges ascend and neighbouring values differ. `made` keeps both in a tenth of the room of lists: a year of ten
    thousand checks has tens of millions.
    """

    edges: Sequence[int]
    values: bytes

    @staticmethod
    def made(edges: Sequence[int], values: Sequence[int]) -> Timeline:
        """The timeline of these edges and values."""
        return Timeline(array("q", edges), bytes(values))

    def at(self, instant: int) -> int:
        """The value at `instant`."""
        index = bisect_right(self.edges, instant)
        return self.values[index - 1] if index else UNKNOWN

    def since(self, instant: int) -> int:
        """Since when the value at `instant` has been the same; NEVER where it was never otherwise."""
        index = bisect_right(self.edges, instant) - 1
        value = self.values[index] if index >= 0 else UNKNOWN
        while index >= 0 and (self.values[index - 1] if index else UNKNOWN) == value:
            index -= 1
        return self.edges[index] if index >= 0 else NEVER

    def spans(self, *wanted: int, until: int = FOREVER) -> list[Span]:
        """The maximal stretches before `until` in which the value is one of `wanted`."""
        return self.spans_within(NEVER, until, *wanted)

    def spans_within(self, start: int, end: int, *wanted: int) -> list[Span]:
        """The stretches within `start` to `end` in which the value is one of `wanted`."""
        if start >= end:
            return []
        edges, values = self._between(start, end)
        chosen = values.translate(_CHOSEN[wanted[0]] if len(wanted) == 1 else _choice(wanted))
        spans = list(compress(pairwise([start, *edges, end]), chosen))
        return spans if len(wanted) == 1 else joined(spans)

    def clipped(self, spans: Spans, wanted: int) -> list[Span]:
        """The time of `spans` in which the value is `wanted`."""
        if _FEW * len(spans) > len(self.edges):
            return intersect(self.spans_within(spans[0][0], spans[-1][1], wanted), spans) if spans else []
        result: list[Span] = []
        for start, end in spans:
            index = bisect_right(self.edges, start)
            if index < len(self.edges) and self.edges[index] < end:
                result += self.spans_within(start, end, wanted)
            elif (self.values[index - 1] if index else UNKNOWN) == wanted:
                result.append((start, end))
        return result

    def measured(self, ruler: Ruler) -> list[int]:
        """Milliseconds of what `ruler` measures by value: DOWN, UNKNOWN, UP and EXCLUDED."""
        if not ruler.spans:
            return [0] * len(_CHOSEN)
        start, end = ruler.spans[0][0], ruler.spans[-1][1]
        edges, values = self._between(start, end)
        marks = [0, *ruler.marks(edges), ruler.before(end)]
        lengths = list(map(sub, marks[1:], marks))
        return [sum(compress(lengths, values.translate(chosen))) for chosen in _CHOSEN]

    def _between(self, start: int, end: int) -> tuple[Sequence[int], bytes]:
        """The edges after `start` and before `end`, and the values before, between and after them."""
        first, last = bisect_right(self.edges, start), bisect_left(self.edges, end)
        return self.edges[first:last], (self.values[first - 1 : first] or _UNKNOWN) + self.values[first:last]


_UNKNOWN = bytes((UNKNOWN,))


def _choice(wanted: Sequence[int]) -> bytes:
    """A table that turns each of `wanted` into 1, and all others into 0."""
    return bytes(value in wanted for value in range(256))


_CHOSEN = tuple(_choice((value,)) for value in range(EXCLUDED + 1))

NOTHING_KNOWN = Timeline.made((), ())

_OLD = bytes(value << 2 & 255 for value in range(256))


def combine(timelines: Sequence[Timeline], rule: Rule) -> Timeline:
    """The timeline of `rule` over the values that `timelines` have together at each instant."""
    # An event is one number, which sorts faster than a tuple: its instant, and below that what it turns into what.
    events = [
        edge << 4 | old | new
        for timeline in timelines
        for edge, old, new in zip(
            timeline.edges, (_UNKNOWN + timeline.values).translate(_OLD), timeline.values, strict=False
        )
    ]
    events.sort()
    total = len(timelines)
    # How many are up and how many unknown is one number as well.
    up = total + 1
    weights = {UP: up, UNKNOWN: 1}
    turned = [weights.get(code & 3, 0) - weights.get(code >> 2, 0) for code in range(16)]
    count, last, at = total, UNKNOWN, NEVER
    ruled: dict[int, int] = {}
    edges: list[int] = []
    values = bytearray()
    events.append(FOREVER << 4)
    for event in events:
        instant = event >> 4
        if instant != at:
            merged = ruled.get(count)
            if merged is None:
                merged = ruled[count] = rule(*divmod(count, up))
            if merged != last:
                edges.append(at)
                values.append(merged)
                last = merged
            at = instant
        count += turned[event & 15]
    return Timeline.made(edges, values)


def overlay(timeline: Timeline, spans: Spans, value: int) -> Timeline:
    """`timeline` with `value` throughout `spans`."""
    if not spans:
        return timeline
    edges: list[int] = []
    values: list[int] = []

    def put(edge: int, new: int) -> None:
        if (values[-1] if values else UNKNOWN) != new:
            edges.append(edge)
            values.append(new)

    position = 0
    for start, end in spans:
        while position < len(timeline.edges) and timeline.edges[position] < start:
            put(timeline.edges[position], timeline.values[position])
            position += 1
        put(start, value)
        while position < len(timeline.edges) and timeline.edges[position] <= end:
            position += 1
        put(end, timeline.values[position - 1] if position else UNKNOWN)
    for index in range(position, len(timeline.edges)):
        put(timeline.edges[index], timeline.values[index])
    return Timeline.made(edges, values)
