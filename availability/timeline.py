"""A value that changes at instants and stays between them: states, and classes of time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from availability.spans import Span, Spans
from availability.states import UNKNOWN, UP, Rule

FOREVER = 1 << 62
"""Later than every instant."""
NEVER = -FOREVER
"""Earlier than every instant."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """`values[i]` from `edges[i]` up to the next edge; unknown before the first. Neighbouring values may be equal."""

    edges: Sequence[int]
    values: Sequence[int]

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
        result: list[Span] = []
        start = NEVER if UNKNOWN in wanted else None
        for edge, value in zip(self.edges, self.values, strict=True):
            if edge >= until:
                break
            if value in wanted:
                if start is None:
                    start = edge
            elif start is not None:
                if edge > start:
                    result.append((start, edge))
                start = None
        if start is not None and start < until:
            result.append((start, until))
        return result


NOTHING_KNOWN = Timeline((), ())


def combine(timelines: Sequence[Timeline], rule: Rule) -> Timeline:
    """The timeline of `rule` over the values that `timelines` have together at each instant."""
    events: list[tuple[int, int, int]] = []
    for index, timeline in enumerate(timelines):
        events.extend((edge, index, value) for edge, value in zip(timeline.edges, timeline.values, strict=True))
    events.sort()
    current = [UNKNOWN] * len(timelines)
    up, unknown = 0, len(timelines)
    edges: list[int] = []
    values: list[int] = []
    last = rule(up, unknown)
    if last != UNKNOWN:
        edges.append(NEVER)
        values.append(last)
    final = len(events) - 1
    for position, (instant, index, value) in enumerate(events):
        old = current[index]
        current[index] = value
        up += (value == UP) - (old == UP)
        unknown += (value == UNKNOWN) - (old == UNKNOWN)
        if position < final and events[position + 1][0] == instant:
            continue
        merged = rule(up, unknown)
        if merged != last:
            edges.append(instant)
            values.append(merged)
            last = merged
    return Timeline(edges, values)


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
    return Timeline(edges, values)
