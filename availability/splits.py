"""When centres on one store could not see each other, and what each of them saw then (docs/centres.md).

A centre notes every few seconds whether it reached the store, as facts like any other; a centre that is cut off keeps
them on its own disk until it is back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from availability.outcome import Status
from availability.ports import Row
from availability.spans import Span, Spans, intersect, union
from availability.states import DOWN, UNKNOWN, UP
from availability.timeline import Timeline

CONTACT = "@store"
"""Under this name stands whether a centre, as a vantage, reached the store; no check of a configuration can have it."""
CONTACT_EVERY_MS = 1_000
"""How often that is noted."""
_AT_LEAST = 5
"""So many failed contacts in a row are a split, and so many that succeeded are contact: what is shorter is a store that
is slow for a moment, or one that two centres lost one after the other."""
_SILENT_MS = 10_000
"""A centre that notes nothing for longer is not running: it says nothing about the store."""

Views = Mapping[str, Timeline]
"""What was known of one check, by vantage."""


class View(NamedTuple):
    """What one vantage said of a check during a split, in milliseconds of each."""

    vantage: str
    up_ms: int
    down_ms: int
    unknown_ms: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A check that was up as seen from one vantage and down as seen from another, at the same time, for `ms`."""

    check: str
    ms: int
    views: tuple[View, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """A centre that ran and did not reach the store from `start` to `end`, while others ran.

    `reached` are those of the others that reached it meanwhile; instants in epoch milliseconds.
    """

    centre: str
    start: int
    end: int
    reached: tuple[str, ...]
    differing: tuple[Difference, ...]


def splits(
    contacts: Mapping[str, Sequence[Row]], views: Iterable[tuple[str, Views]], start: int, end: int
) -> tuple[Split, ...]:
    """The splits that reach into `start` to `end`, whole, in order of time.

    `contacts` are the rows under CONTACT by centre, in order of time; `views` says of every check what each vantage
    knew of it.
    """
    cut = {centre: _cut_off(rows) for centre, rows in contacts.items()}
    found: list[tuple[int, int, str, tuple[str, ...]]] = []
    for centre, spans in cut.items():
        others = [other for other in contacts if other != centre]
        for begin, stop in spans:
            if stop > start and begin < end and any(_noted(contacts[other], begin, stop, *Status) for other in others):
                reaches = [other for other in others if _noted(contacts[other], begin, stop, Status.OK) >= _AT_LEAST]
                reached = tuple(sorted(reaches))
                found.append((begin, stop, centre, reached))
    found.sort()
    differing = _differences(views, [(begin, stop) for begin, stop, *_ in found]) if found else []
    return tuple(
        Split(centre, begin, stop, reached, tuple(each))
        for (begin, stop, centre, reached), each in zip(found, differing, strict=True)
    )


def _cut_off(rows: Sequence[Row]) -> list[Span]:
    """The spans of failed contacts, each up to the contact that succeeded."""
    spans: list[Span] = []
    first = last = count = 0
    for begin, step, length, status in rows:
        final = begin + step * (length - 1)
        if count and begin - last > _SILENT_MS:
            spans += _long_enough(first, last + CONTACT_EVERY_MS, count)
            count = 0
        if status == Status.FAILED:
            first = first if count else begin
            count += length
        elif count:
            spans += _long_enough(first, begin, count)
            count = 0
        last = final
    spans += _long_enough(first, last + CONTACT_EVERY_MS, count)
    return spans


def _long_enough(first: int, end: int, count: int) -> list[Span]:
    return [(first, end)] if count >= _AT_LEAST else []


def _noted(rows: Iterable[Row], start: int, end: int, *wanted: Status) -> int:
    """How often one of `wanted` was noted from `start` up to `end`."""
    return sum(_within(row, start, end) for row in rows if row[3] in wanted)


def _within(row: Row, start: int, end: int) -> int:
    """How many of the instants of `row` lie from `start` up to `end`."""
    first, step, length, _ = row
    if not step:
        return int(start <= first < end)
    earliest = max(0, -(-(start - first) // step))
    latest = min(length - 1, (end - 1 - first) // step)
    return max(0, latest - earliest + 1)


def _differences(views: Iterable[tuple[str, Views]], spans: Sequence[Span]) -> list[list[Difference]]:
    """For each of `spans` the checks on which vantages differed."""
    found: list[list[Difference]] = [[] for _ in spans]
    for check, seen in sorted(views, key=lambda one: one[0]):
        if len(seen) > 1:
            for index, (start, end) in enumerate(spans):
                found[index] += _difference(check, seen, start, end)
    return found


def _difference(check: str, seen: Views, start: int, end: int) -> Iterator[Difference]:
    up, down = (
        union(span for one in seen.values() for span in one.spans_within(start, end, state)) for state in (UP, DOWN)
    )
    both = _length(intersect(up, down))
    if both:
        lengths = [
            View(name, *(_length(one.spans_within(start, end, state)) for state in (UP, DOWN, UNKNOWN)))
            for name, one in sorted(seen.items())
        ]
        yield Difference(check, both, tuple(lengths))


def _length(spans: Spans) -> int:
    return sum(end - start for start, end in spans)
