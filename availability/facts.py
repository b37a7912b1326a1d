"""Observations as a set: runs of equal outcomes on schedule, and the union of two lists of them
(docs/semantics.md, section 1)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from availability.outcome import Reason, Status
from availability.ports import Run


class Observation(NamedTuple):
    """One check from one vantage was `status` at `at` (epoch milliseconds)."""

    at: int
    status: Status
    reason: Reason | None = None
    detail: str = ""


@dataclass(slots=True)
class Union:
    """Two sets of observations made one. The counts are of observations of the second set.

    `fresh` holds those whose instant the first set did not have.
    """

    runs: list[Run] = field(default_factory=list)
    fresh: list[Run] = field(default_factory=list)
    known: int = 0
    conflicts: int = 0

    @property
    def added(self) -> int:
        return sum(run.length for run in self.fresh)


def encode(observations: Iterable[Observation]) -> list[Run]:
    """The runs of `observations`, in any order and with repetitions; they depend on the set alone.

    From the earliest on, a run takes what follows while outcome and step stay equal; of two outcomes for one
    instant the stronger counts.
    """
    runs: list[Run] = []
    held: Run | None = None
    for at, status, reason, detail in sorted(observations, key=_instant):
        new = Run(at, 0, 1, status, reason, detail)
        if held is None:
            held = new
        elif held.first == at:
            held = stronger(held, new)
        else:
            append(runs, held)
            held = new
    if held is not None:
        append(runs, held)
    return runs


def expand(runs: Iterable[Run]) -> Iterator[Observation]:
    """The observations of `runs`, one by one, in order of time."""
    for first, step, length, status, reason, detail in runs:
        for index in range(length):
            yield Observation(first + step * index, status, reason, detail)


def append(runs: list[Run], run: Run) -> None:
    """Put `run` behind `runs`, all of which are before it, as if its observations came one by one.

    The last run is extended as far as step and outcome allow; what is left becomes a run of its own. The cost does
    not depend on how many observations a run holds.
    """
    if runs and runs[-1][3:] == run[3:]:
        _, step, length, *_ = runs[-1]
        gap = run.first - runs[-1].last
        if length == 1 or step == gap:
            taken = run.length if run.length == 1 or run.step == gap else 1
            runs[-1] = runs[-1]._replace(step=gap, length=length + taken)
            if taken == run.length:
                return
            run = after(run, taken)
    runs.append(run if run.length > 1 or not run.step else run._replace(step=0))


def merge(left: Sequence[Run], right: Sequence[Run]) -> Union:
    """The union of two lists of runs, each in order of time and without interleaving rows.

    It works run by run: only where both sides interleave does its cost grow with the observations there.
    """
    union = Union()
    mine, yours = _Pieces(left), _Pieces(right)
    while mine.head is not None and yours.head is not None:
        a, b = mine.head, yours.head
        if a.first < b.first:
            append(union.runs, mine.take_before(b.first))
        elif b.first < a.first:
            piece = yours.take_before(a.first)
            append(union.runs, piece)
            append(union.fresh, piece)
        else:
            shared = min(a.length, b.length) if a.step == b.step else 1
            winner = stronger(a, b)
            append(union.runs, mine.take(shared) if winner is a else yours.take(shared))
            (yours if winner is a else mine).take(shared)
            if a[3:] == b[3:]:
                union.known += shared
            else:
                union.conflicts += shared
    for run in mine.rest():
        append(union.runs, run)
    for run in yours.rest():
        append(union.runs, run)
        append(union.fresh, run)
    return union


def stronger(one: Run, other: Run) -> Run:
    """The outcome that counts where both speak for one instant; of equal ones, `one`.

    `failed` wins over `ok`, `ok` over `none`; with equal status the reason and the detail that sort last, so that
    the order of arrival never matters.
    """
    return one if _strength(one) >= _strength(other) else other


def at(runs: Sequence[Run], instant: int) -> Run | None:
    """The run that holds an observation at `instant`, if any."""
    index = bisect_right(runs, instant, key=_first) - 1
    if index < 0:
        return None
    run = runs[index]
    if instant > run.last or (run.step and (instant - run.first) % run.step):
        return None
    return run


def ordered(runs: Sequence[Run]) -> bool:
    """Whether `runs` are in order of time, do not interleave and are runs at all."""
    return all(run.length == 1 or (run.length > 1 and run.step > 0) for run in runs) and all(
        one.last < other.first for one, other in pairwise(runs)
    )


def after(run: Run, count: int) -> Run:
    """`run` without its first `count` observations, fewer than all."""
    length = run.length - count
    return run._replace(first=run.first + run.step * count, step=run.step if length > 1 else 0, length=length)


def between(run: Run, start: int, end: int) -> Run | None:
    """The observations of `run` from `start` on and before `end`; None where there is none."""
    first, step, length = run[:3]
    if start <= first and run.last < end:
        return run
    if not step:
        return None
    low = max(0, -((first - start) // step))
    high = min(length, -((first - end) // step))
    if low >= high:
        return None
    left = high - low
    return run._replace(first=first + step * low, step=step if left > 1 else 0, length=left)


def within(timed: Iterable[tuple[int, float]], runs: Iterable[Run]) -> Iterator[tuple[int, float]]:
    """Those (instant, value) pairs of `timed` that have an observation in `runs`; both in order of time."""
    remaining = iter(runs)
    run = next(remaining, None)
    for instant, value in timed:
        while run is not None and run.last < instant:
            run = next(remaining, None)
        if run is None:
            return
        if instant >= run.first and (instant == run.first or (instant - run.first) % run.step == 0):
            yield instant, value


class _Pieces:
    """Runs in order of time, taken piece by piece from the front."""

    __slots__ = ("_runs", "head")

    def __init__(self, runs: Iterable[Run]) -> None:
        self._runs = iter(runs)
        self.head = next(self._runs, None)

    def take(self, count: int) -> Run:
        """The first `count` observations of the head."""
        head = self.head
        if head is None:
            raise IndexError("no run is left")
        if count == head.length:
            self.head = next(self._runs, None)
            return head
        self.head = after(head, count)
        return head._replace(step=head.step if count > 1 else 0, length=count)

    def take_before(self, instant: int) -> Run:
        """The observations of the head before `instant`; the first is."""
        head = self.head
        if head is None:
            raise IndexError("no run is left")
        fitting = (instant - head.first - 1) // head.step + 1 if head.step else 1
        return self.take(min(head.length, fitting))

    def rest(self) -> Iterator[Run]:
        """All that was not taken yet."""
        if self.head is not None:
            yield self.head
            yield from self._runs
            self.head = None


def _instant(observation: Observation) -> int:
    return observation[0]


def _first(run: Run) -> int:
    return run[0]


def _strength(run: Run) -> tuple[int, str, str]:
    return run.status, run.reason or "", run.detail
