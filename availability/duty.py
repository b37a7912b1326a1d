"""Who is on duty by a rota: turns of weeks or shifts of a calendar, with overrides over them.

Instants are epoch milliseconds. Weeks are those of the local calendar, so a hand-over at 08:00 stays at 08:00 over a
change of the clocks (docs/oncall.md).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from availability.edges import from_ms, start_instant
from availability.spans import Span, subtract, union

FURTHEST_MS = 400 * 86_400_000
"""How far before and after an instant a turn is followed: one that lasts longer has no known beginning or end."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's duty from `start` to `end` (epoch milliseconds, half-open)."""

    start: int
    end: int
    person: str


@dataclass(frozen=True, slots=True)
class Turns:
    """People in turn, each for `weeks` weeks, again and again.

    The first one's turn begins on `first` (a local day), `at` minutes after midnight; turns before that are counted
    back, so that somebody is always on duty.
    """

    people: tuple[str, ...]
    first: date
    at: int
    timezone: str
    weeks: int = 1


@dataclass(frozen=True, slots=True)
class Rota:
    """Who has duty when. `plan` is either turns of weeks or the shifts of a calendar; `overrides` win over it.

    Shifts and overrides are in order, and none overlaps another of its kind (`resolved`).
    """

    id: str
    name: str
    plan: Turns | tuple[Shift, ...]
    overrides: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of the same person; `person` is None where nobody is on duty.

    `since` and `until` are None where it goes on for longer than was looked, which is more than a year.
    """

    person: str | None
    since: int | None
    until: int | None


def person_at(rota: Rota, at: int) -> str | None:
    """The id of who is on duty at `at`; None where nobody is."""
    if (instead := _at(rota.overrides, at)) is not None:
        return instead
    if isinstance(rota.plan, Turns):
        return _person(rota.plan, _number(rota.plan, at))
    return _at(rota.plan, at)


def on_duty(rota: Rota, at: int) -> Turn:
    """Who is on duty at `at`, since when and until when."""
    start, end = at - FURTHEST_MS, at + FURTHEST_MS
    shift = next(s for s in stretches(rota, start, end) if s.start <= at < s.end)
    since = shift.start if shift.start > start else None
    return Turn(shift.person or None, since, shift.end if shift.end < end else None)


def next_turn(rota: Rota, at: int) -> Turn | None:
    """What comes after `on_duty(rota, at)`, also where that is nobody; None where no end of it is known."""
    until = on_duty(rota, at).until
    return on_duty(rota, until) if until is not None else None


def holes(rota: Rota, start: int, end: int) -> list[Span]:
    """When nobody is on duty within `start` to `end`."""
    return [(shift.start, shift.end) for shift in stretches(rota, start, end) if not shift.person]


def resolved(shifts: Iterable[Shift]) -> tuple[tuple[Shift, ...], list[Span]]:
    """`shifts` in order without overlaps, and when two people would have had duty at once.

    Of shifts that overlap, the one that began last has it, as if it were an override; of two that begin together the
    shorter one.
    """
    kept: list[Shift] = []
    doubled: list[Span] = []
    running: list[Shift] = []
    waiting = sorted((s for s in shifts if s.start < s.end), key=lambda s: (s.start, -s.end, s.person))
    edges = sorted({edge for shift in waiting for edge in (shift.start, shift.end)})
    waiting.reverse()
    for start, end in pairwise(edges):
        while waiting and waiting[-1].start == start:
            running.append(waiting.pop())
        running = [shift for shift in running if shift.end > start]
        if running:
            kept.append(Shift(start, end, running[-1].person))
        if len({shift.person for shift in running}) > 1:
            doubled.append((start, end))
    return tuple(_united(kept)), union(doubled)


def stretches(rota: Rota, start: int, end: int) -> list[Shift]:
    """All of `start` to `end` without a gap, in order, neighbours of one person united; nobody's have no person."""
    planned = _turns(rota.plan, start, end) if isinstance(rota.plan, Turns) else rota.plan
    overriding = _within(rota.overrides, start, end)
    left = _without(_within(planned, start, end), [(shift.start, shift.end) for shift in overriding])
    manned = sorted([*left, *overriding], key=_began)
    empty = [Shift(a, b, "") for a, b in subtract([(start, end)], [(s.start, s.end) for s in manned])]
    return _united(sorted([*manned, *empty], key=_began))


def _began(shift: Shift) -> tuple[int, int, str]:
    return shift.start, shift.end, shift.person


def _turns(turns: Turns, start: int, end: int) -> list[Shift]:
    return [
        Shift(handover(turns, number), handover(turns, number + 1), _person(turns, number))
        for number in range(_number(turns, start), _number(turns, end) + 1)
    ]


def _within(shifts: Sequence[Shift], start: int, end: int) -> list[Shift]:
    near = [shift for shift in shifts if shift.start < end and shift.end > start]
    return [Shift(max(shift.start, start), min(shift.end, end), shift.person) for shift in near]


def _at(shifts: Sequence[Shift], at: int) -> str | None:
    """Whose shift `at` lies in."""
    index = bisect_right(shifts, at, key=lambda shift: shift.start) - 1
    return shifts[index].person if index >= 0 and at < shifts[index].end else None


def _without(shifts: Sequence[Shift], spans: Sequence[Span]) -> list[Shift]:
    return [Shift(a, b, shift.person) for shift in shifts for a, b in subtract([(shift.start, shift.end)], spans)]


def _united(shifts: Sequence[Shift]) -> list[Shift]:
    united: list[Shift] = []
    for shift in shifts:
        if united and united[-1].person == shift.person and united[-1].end == shift.start:
            united[-1] = Shift(united[-1].start, shift.end, shift.person)
        else:
            united.append(shift)
    return united


def handover(turns: Turns, number: int) -> int:
    """The instant at which turn `number` begins; 0 is the first one's, those before it are below zero.

    The jump itself where the clocks skip that time, the first of two occurrences (docs/semantics.md, section 5).
    """
    day = turns.first + timedelta(days=7 * turns.weeks * number)
    return start_instant(day, turns.at, ZoneInfo(turns.timezone))


def _number(turns: Turns, at: int) -> int:
    """The turn that `at` lies in."""
    days = (from_ms(at, ZoneInfo(turns.timezone)).date() - turns.first).days
    number = days // (7 * turns.weeks)
    while at < handover(turns, number):
        number -= 1
    while at >= handover(turns, number + 1):
        number += 1
    return number


def _person(turns: Turns, number: int) -> str:
    return turns.people[number % len(turns.people)]
