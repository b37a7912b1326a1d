"""What is known now: one walk per check and vantage, fed with every outcome, and the states that follow from them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

from availability.estate import Check, Estate
from availability.outcome import Outcome, Reason, Status
from availability.ports import Row
from availability.standing import LastLook
from availability.walk import Seen, Walk, advance, seen, start

_SLICE = 500
"""Walks copied between two turns of the event loop: well under a millisecond."""

Key = tuple[str, str]
"""(check, vantage)"""


class Board:
    """Live knowledge, kept by the same walk that judges a month afterwards.

    `changed` is set when a state may have changed since the last judgement. Walks whose facts came out of order (a
    clock set back, a check that is judged otherwise now) are listed in `disordered`, to be loaded again.
    """

    def __init__(self, estate: Estate, facts: Mapping[Key, Sequence[Row]], now: int) -> None:
        self.looks: dict[Key, LastLook] = {}
        self.outcomes: dict[Key, Counter[tuple[Status, Reason | None]]] = {}
        self.changed = asyncio.Event()
        self.disordered: set[Key] = set()
        self._walks: dict[Key, Walk] = {}
        self._newest: dict[Key, int] = {}
        self._mending: dict[Key, list[tuple[int, Status]]] = {}
        self._checks: dict[str, Check] = {}
        self._estate = estate
        self.replace(estate)
        self.load(facts, now)

    @property
    def estate(self) -> Estate:
        """What is configured now."""
        return self._estate

    def replace(self, estate: Estate) -> None:
        """Take over a new estate; checks that are judged as before keep their walks, others are `disordered`."""
        before = self._checks
        self._estate = estate
        self._checks = {check.id: check for part in estate.parts.values() for check in part.checks}
        self.disordered.update(
            key for key in self._walks if key[0] in self._checks and before[key[0]] != self._checks[key[0]]
        )
        for of_key in (self._walks, self._newest, self.looks, self.outcomes):
            for key in [key for key in of_key if key[0] not in self._checks]:
                del of_key[key]
        self.changed.set()

    def begin_mending(self) -> set[Key]:
        """Those that are disordered; what is fed to them from now on is kept until `load`."""
        keys, self.disordered = self.disordered, set()
        self._mending = {key: [] for key in keys}
        return keys

    def load(self, facts: Mapping[Key, Sequence[Row]], now: int) -> None:
        """Walk anew through all `facts` of the series given, up to `now` (epoch milliseconds)."""
        for key, rows in facts.items():
            check = self._checks.get(key[0])
            if check is None or not rows:
                continue
            walk = self._walks[key] = start(check)
            advance(walk, rows, now)
            self._newest[key] = min(now, rows[-1][0] + rows[-1][1] * (rows[-1][2] - 1))
            for at, status in self._mending.get(key, ()):
                self._step(key, walk, at, status)
        self._mending = {}
        self.changed.set()

    def feed(self, check: str, vantage: str, at: int, outcome: Outcome) -> None:
        """One outcome, at its slot (epoch milliseconds)."""
        key = (check, vantage)
        walk = self._walks.get(key)
        if walk is None:
            if check not in self._checks:
                return
            walk = self._walks[key] = start(self._checks[check])
            self.outcomes.setdefault(key, Counter())
        elif key not in self.outcomes:
            self.outcomes[key] = Counter()
        self.outcomes[key][outcome.status, outcome.reason] += 1
        before = self.looks.get(key)
        self.looks[key] = LastLook(at, outcome)
        if key in self._mending:
            self._mending[key].append((at, outcome.status))
        self._step(key, walk, at, outcome.status)
        if before is None or before.outcome.status != outcome.status or walk.run_length <= max(walk.fall, walk.rise):
            self.changed.set()

    def _step(self, key: Key, walk: Walk, at: int, status: Status) -> None:
        if at <= self._newest.get(key, at - 1):
            self.disordered.add(key)
        else:
            self._newest[key] = at
            advance(walk, ((at, 0, 1, status),))

    async def knowledge(self) -> dict[str, dict[str, Seen]]:
        """What each vantage knows of each check, copied in slices so that the event loop is never held up."""
        seen_by: dict[str, dict[str, Seen]] = {}
        for index, (key, walk) in enumerate(list(self._walks.items())):
            if index % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
            seen_by.setdefault(key[0], {})[key[1]] = seen(walk)
        return seen_by
