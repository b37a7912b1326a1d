"""Observations of one check from one vantage on their way into the store, in the room that their changes need."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import overload

from availability import facts
from availability.outcome import Reason, Status
from availability.ports import Batch, Run

Content = tuple[Status, Reason | None, str]
"""What an outcome says, without its instant and latency."""

_LATE_AT_ONCE = 50_000
_BEFORE_ALL = -(1 << 63)


class Gathering:
    """Takes observations one by one, cheapest in order of time, and gives them as one batch.

    It obeys the rule of docs/semantics.md, section 1: of two outcomes for one instant the stronger stays, with its
    latency (of equal outcomes the greatest). `known` and `conflicts` count what met an equal or another outcome.
    """

    __slots__ = (
        "_content",
        "_first",
        "_instants",
        "_last",
        "_late",
        "_length",
        "_milliseconds",
        "_runs",
        "_step",
        "check",
        "conflicts",
        "known",
        "vantage",
    )

    def __init__(self, check: str, vantage: str) -> None:
        self.check = check
        self.vantage = vantage
        self.known = 0
        self.conflicts = 0
        self._runs: list[Run] = []
        self._content: Content | None = None
        self._first = self._step = self._length = 0
        self._last = _BEFORE_ALL
        self._late: list[tuple[int, Content, float | None]] = []
        self._instants = array("q")
        self._milliseconds = array("d")

    def add(self, at: int, content: Content, milliseconds: float | None) -> None:
        """Take the observation `content` at `at`, with its latency where it was timed."""
        gap = at - self._last
        if gap <= 0:
            self._late.append((at, content, milliseconds))
            if len(self._late) >= _LATE_AT_ONCE:
                self._settle()
            return
        if content == self._content and (gap == self._step or self._length == 1):
            self._step = gap
            self._length += 1
        else:
            if self._content is not None:
                self._runs.append(Run(self._first, self._step, self._length, *self._content))
            self._first, self._step, self._length, self._content = at, 0, 1, content
        self._last = at
        if milliseconds is not None:
            self._instants.append(at)
            self._milliseconds.append(milliseconds)

    @property
    def timed(self) -> int:
        """How many latencies it holds."""
        return len(self._instants)

    def absorb(self, later: Gathering) -> None:
        """Take all that `later` took, as if it came here after what is here."""
        batch = later.batch()
        self.known += later.known
        self.conflicts += later.conflicts
        if batch.runs and batch.runs[0].first > self._last:
            runs = self._all_runs()
            for run in batch.runs:
                facts.append(runs, run)
            self._resume(runs)
            self._instants.extend(later._instants)
            self._milliseconds.extend(later._milliseconds)
            return
        timed = dict(batch.latencies)
        for at, status, reason, detail in facts.expand(batch.runs):
            self.add(at, (status, reason, detail), timed.get(at))

    def forget_latencies(self) -> int:
        """Let go of the latencies and keep the outcomes; how many those were."""
        if self._late:
            self._settle()
        count = len(self._instants)
        self._instants = array("q")
        self._milliseconds = array("d")
        return count

    def batch(self) -> Batch:
        """All that was taken, which stays here as well; valid until more is taken."""
        if self._late:
            self._settle()
        return Batch(self.check, self.vantage, self._all_runs(), _Timed(self._instants, self._milliseconds))

    def _all_runs(self) -> list[Run]:
        if self._content is None:
            return []
        return [*self._runs, Run(self._first, self._step, self._length, *self._content)]

    def _resume(self, runs: list[Run]) -> None:
        """Go on behind `runs`."""
        *self._runs, end = runs
        self._first, self._step, self._length, *_ = end
        self._content = (end.status, end.reason, end.detail)
        self._last = end.last

    def _settle(self) -> None:
        """Merge what came late, or twice, among the rest."""
        late, self._late = self._late, []
        runs = self._all_runs()
        timed = dict(zip(self._instants, self._milliseconds, strict=True))
        best: dict[int, tuple[Run, float | None]] = {}
        for at, content, milliseconds in late:
            new = Run(at, 0, 1, *content)
            if at in best:
                best[at] = self._better(*best[at], new, milliseconds)
            else:
                present = facts.at(runs, at)
                if present is None:
                    best[at] = (new, milliseconds)
                else:
                    best[at] = self._better(present, timed.get(at), new, milliseconds)
        for at, (_, milliseconds) in best.items():
            if milliseconds is None:
                timed.pop(at, None)
            else:
                timed[at] = milliseconds
        winners = facts.encode(facts.Observation(at, *run[3:]) for at, (run, _) in best.items())
        self._resume(facts.merge(runs, winners).runs)
        self._instants = array("q", sorted(timed))
        self._milliseconds = array("d", map(timed.__getitem__, self._instants))

    def _better(
        self, one: Run, one_timed: float | None, other: Run, other_timed: float | None
    ) -> tuple[Run, float | None]:
        """The outcome that stays of two for one instant, with its latency."""
        if one[3:] == other[3:]:
            self.known += 1
            times = [time for time in (one_timed, other_timed) if time is not None]
            return one, max(times, default=None)
        self.conflicts += 1
        return (one, one_timed) if facts.stronger(one, other) is one else (other, other_timed)


class _Timed(Sequence[tuple[int, float]]):
    """(instant, milliseconds) pairs out of two arrays, made only while they are looked at."""

    __slots__ = ("_instants", "_milliseconds")

    def __init__(self, instants: array[int], milliseconds: array[float]) -> None:
        self._instants = instants
        self._milliseconds = milliseconds

    def __len__(self) -> int:
        return len(self._instants)

    @overload
    def __getitem__(self, index: int) -> tuple[int, float]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[int, float]]: ...
    def __getitem__(self, index: int | slice) -> tuple[int, float] | Sequence[tuple[int, float]]:
        if isinstance(index, slice):
            return _Timed(self._instants[index], self._milliseconds[index])
        return self._instants[index], self._milliseconds[index]

    def __iter__(self) -> Iterator[tuple[int, float]]:
        return zip(self._instants, self._milliseconds, strict=True)
