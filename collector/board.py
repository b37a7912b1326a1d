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

    `changed` is set when a state may have changed since the last `evaluation`. Walks whose facts came out of order
    (a clock set back, an import) are listed in `disordered`, to be loaded from the store again.
    """

    def __init__(self, estate: Estate, facts: Mapping[Key, Sequence[Row]]) -> None:
        self.looks: dict[Key, LastLook] = {}
        self.outcomes: dict[Key, Counter[tuple[Status, Reason | None]]] = {}
        self.changed = asyncio.Event()
        self.disordered: set[Key] = set()
        self._walks: dict[Key, Walk] = {}
        self._newest: dict[Key, int] = {}
        self._checks: dict[str, Check] = {}
        self._estate = estate
        self.replace(estate, facts)

    @property
    def estate(self) -> Estate:
        """What is configured now."""
        return self._estate

    def replace(self, estate: Estate, facts: Mapping[Key, Sequence[Row]]) -> None:
        """Take over a new estate; checks that are judged as before keep their walks, others walk through `facts`."""
        before = self._checks
        self._estate = estate
        self._checks = {check.id: check for part in estate.parts.values() for check in part.checks}
        kept = {id_ for id_, check in self._checks.items() if before.get(id_) == check}
        self._walks = {key: walk for key, walk in self._walks.items() if key[0] in kept}
        self.looks = {key: look for key, look in self.looks.items() if key[0] in self._checks}
        self.outcomes = {key: counts for key, counts in self.outcomes.items() if key[0] in self._checks}
        self.load({key: rows for key, rows in facts.items() if key not in self._walks})

    def load(self, facts: Mapping[Key, Sequence[Row]]) -> None:
        """Walk anew through all `facts` of the series given."""
        for key, rows in facts.items():
            check = self._checks.get(key[0])
            if check is not None and rows:
                walk = self._walks[key] = start(check)
                advance(walk, rows)
                first, step, length, _ = rows[-1]
                self._newest[key] = first + step * (length - 1)
        self.disordered.difference_update(facts)
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
        if at <= self._newest.get(key, at - 1):
            self.disordered.add(key)
        else:
            self._newest[key] = at
            advance(walk, ((at, 0, 1, outcome.status),))
        if before is None or before.outcome.status != outcome.status or walk.run_length <= max(walk.fall, walk.rise):
            self.changed.set()

    async def knowledge(self) -> dict[str, dict[str, Seen]]:
        """What each vantage knows of each check, copied in slices so that the event loop is never held up."""
        seen_by: dict[str, dict[str, Seen]] = {}
        for index, (key, walk) in enumerate(list(self._walks.items())):
            if index % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
            seen_by.setdefault(key[0], {})[key[1]] = seen(walk)
        return seen_by
