"""Sets of time as sorted, disjoint, half-open spans of milliseconds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

Span = tuple[int, int]
Spans = Sequence[Span]

_LATEST = 1 << 63
_MANY = 8
"""Times as many: from there on a search costs less than a walk."""


def union(spans: Iterable[Span]) -> list[Span]:
    """Sorted and disjoint, whatever the order and overlap of `spans`; touching ones joined, empty ones dropped."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if result and start <= result[-1][1]:
            if end > result[-1][1]:
                result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result


def joined(spans: Spans) -> list[Span]:
    """`spans`, which are in order and do not overlap, with those that touch made one."""
    result: list[Span] = []
    for start, end in spans:
        if result and start == result[-1][1]:
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result


def intersect(left: Spans, right: Spans) -> list[Span]:
    """The time in both."""
    if len(left) > len(right):
        left, right = right, left
    if _MANY * len(left) < len(right):
        # A few among many: look each of them up, instead of walking through all.
        return [
            (start if start > low else low, end if end < high else high)
            for low, high in left
            for start, end in touching(right, (low, high))
            if start < high and end > low
        ]
    result: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = left[i]
        low, high = right[j]
        # Comparing costs a third of calling min and max.
        first, last = start if start > low else low, end if end < high else high
        if first < last:
            result.append((first, last))
        if end < high:
            i += 1
        else:
            j += 1
    return result


def subtract(left: Spans, right: Spans) -> list[Span]:
    """The time in `left` and not in `right`."""
    result: list[Span] = []
    j = 0
    for start, end in left:
        while j < len(right) and right[j][1] <= start:
            j += 1
        k = j
        while k < len(right) and right[k][0] < end:
            if start < right[k][0]:
                result.append((start, right[k][0]))
            start = right[k][1]
            k += 1
        if start < end:
            result.append((start, end))
    return result


def clip(spans: Spans, start: int, end: int) -> list[Span]:
    """The time of `spans` within `start` (included) to `end` (not included)."""
    return intersect(spans, [(start, end)]) if start < end else []


def touching(spans: Spans, other: Span) -> Spans:
    """Those of `spans`, whole, that overlap `other` or touch it."""
    start, end = other
    # A tuple of one sorts before all that begin with it, and one with a large second before none of them.
    first = bisect_left(spans, (start,))
    if first and spans[first - 1][1] >= start:
        first -= 1
    return spans[first : bisect_right(spans, (end, _LATEST), first)]


def total(spans: Spans) -> int:
    """Milliseconds in all."""
    return sum(end - start for start, end in spans)


class Ruler:
    """Measures how much of a set of time lies between two instants, in logarithmic time."""

    __slots__ = ("_ends", "_starts", "_sums", "spans")

    def __init__(self, spans: Spans) -> None:
        self.spans = spans
        self._starts = [start for start, _ in spans]
        self._ends = [end for _, end in spans]
        self._sums = [0, *accumulate(end - start for start, end in spans)]

    def before(self, instant: int) -> int:
        """Milliseconds of the set before `instant`."""
        index = bisect_right(self._starts, instant)
        if not index:
            return 0
        over = self._ends[index - 1] - instant
        return self._sums[index] - over if over > 0 else self._sums[index]

    def marks(self, instants: Sequence[int]) -> list[int]:
        """`before` of each of `instants`, which ascend."""
        if len(instants) < len(self.spans):
            return list(map(self.before, instants))
        result: list[int] = []
        done = 0
        for start, end, measured in zip(self._starts, self._ends, self._sums, strict=False):
            outside = bisect_right(instants, start, done)
            result += [measured] * (outside - done)
            done = bisect_right(instants, end, outside)
            shift = start - measured
            result += [instant - shift for instant in instants[outside:done]]
        return result + self._sums[-1:] * (len(instants) - done)

    def within(self, spans: Spans) -> int:
        """Milliseconds of the set within `spans`."""
        if len(spans) > len(self.spans):
            # The same time, looked at from the other side: fewer spans to search for.
            return Ruler(spans).within(self.spans)
        before = self.before
        return sum(before(end) - before(start) for start, end in spans)
