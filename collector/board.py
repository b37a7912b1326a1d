"""What is known now: one walk per check and vantage, fed with every outcome, and the states that follow from them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from availability.degradation import Worse
from availability.estate import Check, Estate
from availability.outcome import Outcome, Reason, Status
from availability.ports import Row
from availability.standing import LastLook
from availability.timeline import FOREVER
from availability.walk import Seen, Walk, advance, observe_one, seen, start
from collector.weighing import Weighing

_SLICE = 500
"""Walks copied between two turns of the event loop: well under a millisecond."""

_NOTHING: dict[str, Seen] = {}

Key = tuple[str, str]
"""(check, vantage)"""


@dataclass(frozen=True, slots=True)
class Walked:
    """What the facts of one series say of `check` at some instant: the walk through those that were not later.

    `newest` is the last instant that was walked through, `ahead` the first one that lies later.
    """

    check: Check
    walk: Walk
    newest: int
    ahead: int


def walk_through(estate: Estate, facts: Mapping[Key, Sequence[Row]], now: int) -> dict[Key, Walked]:
    """Walk through all `facts` of the estate's checks up to `now` (epoch milliseconds). It can run in a thread."""
    checks = {check.id: check for part in estate.parts.values() for check in part.checks}
    walked: dict[Key, Walked] = {}
    for key, rows in facts.items():
        check = checks.get(key[0])
        if check is not None and rows:
            walk = start(check)
            advance(walk, rows, now)
            newest, ahead = _around(rows, now)
            walked[key] = Walked(check, walk, newest, ahead)
    return walked


def _around(rows: Sequence[Row], now: int) -> tuple[int, int]:
    """The last instant of `rows` up to `now`, and the first one after it."""
    newest, ahead = -1, FOREVER
    for first, step, length, _ in reversed(rows):
        if first <= now:
            index = min((now - first) // step, length - 1) if step else 0
            newest = first + step * index
            return newest, newest + step if index < length - 1 else ahead
        ahead = first
    return newest, ahead


@dataclass(slots=True)
class Series:
    """What is known of one check from one vantage; instants in epoch milliseconds.

    `at` and `outcome` are the last look of this process, `counts` all of them by what came out.
    """

    walk: Walk
    newest: int = -1
    ahead: int = FOREVER
    """The first fact that was later than the clock when the facts were loaded (the clock was set back since)."""
    at: int = -1
    outcome: Outcome | None = None
    counts: dict[tuple[Status, Reason | None], int] = field(default_factory=dict)
    kept: list[tuple[int, Status]] | None = None
    """What was fed while the facts are being loaded again."""


class Board:
    """Live knowledge, kept by the same walk that judges a month afterwards.

    `changed` is set when a state may have changed since the last judgement. Checks of which the facts may say another
    thing than the walks (they came out of order, as after a clock set back, or were never read) are listed in
    `disordered`, to be loaded again.
    """

    def __init__(self, estate: Estate, facts: Mapping[Key, Sequence[Row]], now: int) -> None:
        self.changed = asyncio.Event()
        self.disordered: set[str] = set()
        self._mending: Set[str] = frozenset()
        self._series: dict[Key, Series] = {}
        self._weighing = Weighing()
        self._told: dict[str, dict[str, Seen]] = {}
        self._checks: dict[str, Check] = {}
        self._estate = estate
        self.replace(estate)
        self.disordered.clear()
        for key, walked in walk_through(estate, facts, now).items():
            self._series[key] = Series(walked.walk, walked.newest, walked.ahead)

    @property
    def estate(self) -> Estate:
        """What is configured now."""
        return self._estate

    def series(self, check: str, vantage: str) -> Series | None:
        """What is known of a check from a vantage; None where that is nothing."""
        return self._series.get((check, vantage))

    def look(self, check: str, vantage: str) -> LastLook | None:
        """The last look of this process at a check."""
        series = self._series.get((check, vantage))
        outcome = series.outcome if series is not None else None
        return LastLook(series.at, outcome) if series is not None and outcome is not None else None

    def replace(self, estate: Estate) -> None:
        """Take over a new estate; checks that are judged as before keep their walks, new and other ones are
        `disordered`: there may be facts of them."""
        before = self._checks
        self._estate = estate
        self._checks = {check.id: check for part in estate.parts.values() for check in part.checks}
        self._series = {key: series for key, series in self._series.items() if key[0] in self._checks}
        self._told = {}
        self.disordered &= self._checks.keys()
        other = {id_ for id_, check in self._checks.items() if before.get(id_) != check}
        self._weighing.forget(other | (before.keys() - self._checks.keys()))
        self.disordered.update(other)
        self.changed.set()

    def disorder(self, check: str) -> None:
        """Have a check loaded again."""
        if check in self._checks:
            self.disordered.add(check)

    def disorder_all(self) -> None:
        """Have everything loaded again."""
        self.disordered.update(self._checks)

    def begin_mending(self) -> Set[str]:
        """The checks that are disordered; what is fed to them from now on is kept until `mend` or `give_up`."""
        self._mending, self.disordered = self.disordered, set()
        for key, series in self._series.items():
            if key[0] in self._mending:
                series.kept = []
        return self._mending

    def mend(self, walked: Mapping[Key, Walked]) -> None:
        """Go on from all facts there are of the checks that `begin_mending` gave, and from what was fed since."""
        for key, found in walked.items():
            if key not in self._series and key[0] in self._mending and key[0] in self._checks:
                self._series[key] = Series(found.walk)
        for key, series in list(self._series.items()):
            if key[0] in self._mending:
                self._take_over(key, series, walked.get(key))
        self._mending = frozenset()
        self.changed.set()

    def give_up(self) -> None:
        """The facts cannot be read now: everything stays as it is, and disordered."""
        self.disordered |= self._mending & self._checks.keys()
        self._mending = frozenset()
        for series in self._series.values():
            series.kept = None

    def _take_over(self, key: Key, series: Series, found: Walked | None) -> None:
        kept, series.kept = series.kept or (), None
        check = self._checks[key[0]]
        if found is None:
            found = Walked(check, start(check), -1, FOREVER)
        if found.check != check:
            self.disordered.add(check.id)  # the configuration was replaced while the facts were read
            return
        series.walk, series.newest, series.ahead = found.walk, found.newest, found.ahead
        for at, status in kept:
            self._step(key, series, at, status)

    def feed(self, check: str, vantage: str, at: int, outcome: Outcome) -> None:
        """One outcome, at its slot (epoch milliseconds)."""
        key = (check, vantage)
        series = self._series.get(key)
        if series is None:
            if check not in self._checks:
                return
            series = self._series[key] = Series(start(self._checks[check]))
            series.kept = [] if check in self._mending else None
            self.changed.set()
        status = outcome.status
        what = (status, outcome.reason)
        series.counts[what] = series.counts.get(what, 0) + 1
        series.at = at
        series.outcome = outcome
        if series.kept is not None:
            series.kept.append((at, status))
        if (
            self._weighing.concerns(key, outcome)
            and at > series.newest
            and self._weighing.weigh(key, series.walk, at, outcome)
        ):
            self.changed.set()
        self._step(key, series, at, status)

    def _step(self, key: Key, series: Series, at: int, status: Status) -> None:
        if at <= series.newest:
            self.disordered.add(key[0])
            return
        series.newest = at
        if observe_one(series.walk, at, status):
            self.changed.set()

    def worse(self, now: int) -> Mapping[Key, Worse]:
        """What would be known at `now` of the few checks with degraded looks, if those had failed."""
        return self._weighing.worse(now)

    async def knowledge(self, now: int) -> Mapping[str, Mapping[str, Seen]]:
        """What each vantage knows of each check at `now`, gathered in slices so that the event loop is never held up.

        Of a check about which nothing happened the inner mapping is the very same as the last time.
        """
        estate = self._estate
        told = dict(self._told)
        # The clock was set back to before what was walked through, or has come to what was observed before that.
        self.disordered.update(key[0] for key, one in self._series.items() if one.newest > now or one.ahead <= now)
        for index, ((check, vantage), series) in enumerate(list(self._series.items())):
            if index % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
            knowledge = seen(series.walk, now)
            known = told.get(check, _NOTHING)
            if known.get(vantage) is not knowledge:
                told[check] = {**known, vantage: knowledge}
        if self._estate is estate:
            self._told = told
        return told
