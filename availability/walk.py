"""The observations of one check from one vantage become a state (docs/semantics.md, section 2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from availability.estate import Check
from availability.outcome import Status
from availability.ports import Row
from availability.spans import Span
from availability.states import DOWN, UNKNOWN, UP
from availability.timeline import FOREVER, Timeline

WEEK_MS = 7 * 86_400_000
"""How long an answer proves that a vantage stands beside its target (section 3, the dark site)."""

_NONE, _OK, _FAILED = int(Status.NONE), int(Status.OK), int(Status.FAILED)


@dataclass(slots=True)
class Walk:
    """The walk so far; `advance` takes it further. Live and after the fact it is the same walk.

    `edges` and `values` are the state's changes within complete knowledge: the end of the stretch that is still
    open is added by `seen`, since the next observation may move it.
    """

    fall: int
    rise: int
    stale_after_ms: int
    last: int | None = None
    """Instant of the last answered observation of the open stretch."""
    state: int = UNKNOWN
    run_status: int = _NONE
    run_first: int = 0
    run_length: int = 0
    edges: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    unconfirmed: list[Span] = field(default_factory=list)
    answered: list[list[int]] = field(default_factory=list)
    """[first, last] answered instants, with nowhere more than a week between neighbours."""
    told: Seen | None = None
    """What `seen` said last of the stretch that is open, while nothing but its end has moved."""
    closed: tuple[int | None, Seen] | None = None
    """What `seen` said last of a stretch that had ended, and the `last` it ended after."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one vantage knows of one check: its state, its unconfirmed failing runs, and when it could answer for the
    week before."""

    state: Timeline
    unconfirmed: Sequence[Span]
    answered: Sequence[Span]


def start(check: Check) -> Walk:
    """A walk that has seen nothing yet."""
    return Walk(check.fall, check.rise, check.stale_after_ms)


def advance(walk: Walk, rows: Iterable[Row], as_of: int = FOREVER) -> None:
    """Walk through `rows`, in order of time and later than all before; observations after `as_of` are not read."""
    walk.told = walk.closed = None
    fall, rise, stale = walk.fall, walk.rise, walk.stale_after_ms
    edges, values, answered = walk.edges, walk.values, walk.answered
    last, state = walk.last, walk.state
    run_status, run_first, run_length = walk.run_status, walk.run_first, walk.run_length
    for first, step, length, status in _walkable(rows, min(stale, WEEK_MS)):
        if first > as_of:
            break
        if length > 1:
            if first + step * (length - 1) > as_of:
                length = (as_of - first) // step + 1
            final = first + step * (length - 1)
        else:
            final = first
        if last is not None and (status == _NONE or first - last > stale):
            end = last + stale
            if status == _NONE and first < end:
                end = first
            if run_status == _FAILED and state == UP:
                walk.unconfirmed.append((run_first, end))
            if state != UNKNOWN:
                edges.append(end)
                values.append(UNKNOWN)
                state = UNKNOWN
            last = None
            run_status = _NONE
        if status == _NONE:
            continue
        if answered and first - answered[-1][1] <= WEEK_MS:
            answered[-1][1] = final
        else:
            answered.append([first, final])
        last = final
        if status == run_status:
            run_length += length
        else:
            if run_status == _FAILED and state == UP:
                walk.unconfirmed.append((run_first, first))
            run_status, run_first, run_length = status, first, length
        if status == _OK:
            if state != UP and run_length >= rise:
                state = UP
                edges.append(run_first)
                values.append(UP)
        elif state != DOWN and run_length >= fall:
            state = DOWN
            edges.append(run_first)
            values.append(DOWN)
    walk.last, walk.state = last, state
    walk.run_status, walk.run_first, walk.run_length = run_status, run_first, run_length


def observe_one(walk: Walk, at: int, status: int) -> bool:
    """Walk through one observation more, later than all before; whether a state may be another than before.

    Nearly always it is one more of the same, and the walk has nothing to decide.
    """
    last = walk.last
    if status == walk.run_status and last is not None and at - last <= walk.stale_after_ms and status != _NONE:
        settled = walk.run_length >= (walk.rise if status == _OK else walk.fall)
        if settled and at - last <= WEEK_MS:
            walk.last = walk.answered[-1][1] = at
            walk.run_length += 1
            return False
    if status == _NONE and last is None:
        return False
    advance(walk, ((at, 0, 1, status),))
    return True


def seen(walk: Walk, as_of: int = FOREVER) -> Seen:
    """What is known at `as_of` after the walk so far.

    The open stretch ends `stale_after` past its last observation. An end later than `as_of` is not told: what is
    judged at `as_of` cannot depend on it, and so the same is told until something happens.
    """
    last = walk.last
    if last is not None and last + min(walk.stale_after_ms, WEEK_MS) > as_of:
        if walk.told is None:
            walk.told = _told(walk, FOREVER, FOREVER)
        return walk.told
    if walk.closed is None or walk.closed[0] != last:
        walk.closed = (last, _told(walk, None if last is None else last + walk.stale_after_ms, None))
    return walk.closed[1]


def _told(walk: Walk, stretch_end: int | None, answered_until: int | None) -> Seen:
    edges, values, unconfirmed = [*walk.edges], [*walk.values], [*walk.unconfirmed]
    if stretch_end is not None:
        if walk.state != UNKNOWN and stretch_end < FOREVER:
            edges.append(stretch_end)
            values.append(UNKNOWN)
        if walk.run_status == _FAILED and walk.state == UP:
            unconfirmed.append((walk.run_first, stretch_end))
    answered = [(first, last + WEEK_MS) for first, last in walk.answered]
    if answered and answered_until is not None:
        answered[-1] = (answered[-1][0], answered_until)
    return Seen(Timeline.made(edges, values), unconfirmed, answered)


def _walkable(rows: Iterable[Row], longest: int) -> Iterable[Row]:
    """`rows`, with those whose own step is a gap taken apart into single observations."""
    rows = rows if isinstance(rows, list | tuple) else list(rows)
    if all(row[1] <= longest for row in rows):
        return rows
    return [
        single
        for first, step, length, status in rows
        for single in (
            [(first + step * index, 0, 1, status) for index in range(length)]
            if step > longest
            else [(first, step, length, status)]
        )
    ]
