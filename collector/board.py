"""What is known now: one walk per check and vantage, fed with every outcome, and the states that follow from them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from availability.estate import Check, Estate
from availability.outcome import Outcome, Reason, Status
from availability.ports import Row
from availability.standing import LastLook
from availability.walk import Seen, Walk, advance, observe_one, seen, start

_SLICE = 500
"""Walks copied between two turns of the event loop: well under a millisecond."""

Key = tuple[str, str]
"""(check, vantage)"""


@dataclass(slots=True)
class Series:
    """What is known of one check from one vantage; instants in epoch milliseconds.

    `at` and `outcome` are the last look of this process, `counts` all of them by what came out.
    """

    walk: Walk
    newest: int = -1
    at: int = -1
    outcome: Outcome | None = None
    counts: dict[tuple[Status, Reason | None], int] = field(default_factory=dict)
    told: Seen | None = None
    """What was told last; the very same as long as nothing happened."""
    kept: list[tuple[int, Status]] | None = None
    """What was fed while the facts are being loaded again."""


class Board:
    """Live knowledge, kept by the same walk that judges a month afterwards.

    `changed` is set when a state may have changed since the last judgement. Series whose facts came out of order (a
    clock set back, a check that is judged otherwise now) are listed in `disordered`, to be loaded again.
    """

    def __init__(self, estate: Estate, facts: Mapping[Key, Sequence[Row]], now: int) -> None:
        self.changed = asyncio.Event()
        self.disordered: set[Key] = set()
        self._series: dict[Key, Series] = {}
        self._told: dict[str, dict[str, Seen]] = {}
        self._checks: dict[str, Check] = {}
        self._estate = estate
        self.replace(estate)
        self.load(facts, now)

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
        """Take over a new estate; checks that are judged as before keep their walks, others are `disordered`."""
        before = self._checks
        self._estate = estate
        self._checks = {check.id: check for part in estate.parts.values() for check in part.checks}
        self._series = {key: series for key, series in self._series.items() if key[0] in self._checks}
        self._told = {}
        self.disordered.update(key for key in self._series if before[key[0]] != self._checks[key[0]])
        self.changed.set()

    def disorder_all(self) -> None:
        """Have everything loaded again."""
        self.disordered.update(self._series)

    def begin_mending(self) -> set[Key]:
        """Those that are disordered; what is fed to them from now on is kept until `load`."""
        keys, self.disordered = self.disordered & self._series.keys(), set()
        for key in keys:
            self._series[key].kept = []
        return keys

    def load(self, facts: Mapping[Key, Sequence[Row]], now: int) -> None:
        """Walk anew through all `facts` of the series given, up to `now` (epoch milliseconds); end the mending."""
        for key, rows in facts.items():
            check = self._checks.get(key[0])
            if check is None or not rows:
                continue
            walk = start(check)
            advance(walk, rows, now)
            series = self._series.get(key)
            if series is None:
                series = self._series[key] = Series(walk)
            series.walk = walk
            series.newest = min(now, rows[-1][0] + rows[-1][1] * (rows[-1][2] - 1))
            for at, status in series.kept or ():
                self._step(key, series, at, status)
        for series in self._series.values():
            series.kept = None
        self.changed.set()

    def feed(self, check: str, vantage: str, at: int, outcome: Outcome) -> None:
        """One outcome, at its slot (epoch milliseconds)."""
        key = (check, vantage)
        series = self._series.get(key)
        if series is None:
            if check not in self._checks:
                return
            series = self._series[key] = Series(start(self._checks[check]))
        status = outcome.status
        what = (status, outcome.reason)
        series.counts[what] = series.counts.get(what, 0) + 1
        series.at = at
        series.outcome = outcome
        if series.kept is not None:
            series.kept.append((at, status))
        self._step(key, series, at, status)

    def _step(self, key: Key, series: Series, at: int, status: Status) -> None:
        if at <= series.newest:
            self.disordered.add(key)
            return
        series.newest = at
        if observe_one(series.walk, at, status):
            self.changed.set()

    async def knowledge(self, now: int) -> Mapping[str, Mapping[str, Seen]]:
        """What each vantage knows of each check at `now`, gathered in slices so that the event loop is never held up.

        Of a check about which nothing happened the inner mapping is the very same as the last time.
        """
        told = dict(self._told)
        for index, ((check, vantage), series) in enumerate(list(self._series.items())):
            if index % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
            knowledge = seen(series.walk, now)
            if knowledge is not series.told or check not in told:
                series.told = knowledge
                told[check] = {**told.get(check, {}), vantage: knowledge}
        self._told = told
        return told
