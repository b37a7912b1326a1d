"""Which facts a running collector keeps in memory: those that the running and the last period and the last failover
tests rest on, and no more."""

from __future__ import annotations

from collections.abc import Mapping, Set

from availability.estate import Check, Estate, Per
from availability.evaluation import Layout
from availability.failovers import is_test
from availability.periods import period_at
from availability.ports import FactStore, Row
from availability.walk import advance, start

_SETTLING_MS = 15 * 86_400_000
"""Before the first period that is told: long enough for the state of a check to be confirmed, and for the seven days
in which an answer proves that a vantage stood beside its target."""

_FEW = 50
"""Series that are read one by one; for more, one pass over the store is faster."""

Key = tuple[str, str]


def first_told(estate: Estate, now: int) -> int:
    """Where the earliest period begins that is told now: the last whole one of the longest that is agreed."""
    pers: set[Per] = {agreement.per for agreement in estate.agreements.values()} | {"month"}
    running = [period_at(now, per, estate.timezone) for per in pers]
    return min(period_at(one.start - 1, one.per, estate.timezone).start for one in running)


def recent_facts(store: FactStore, estate: Estate, now: int) -> Mapping[Key, list[Row]]:
    """The facts that decide every state from `first_told` on as it is at `now`, and those that are later.

    Of a series that is not settled by then (it has been neither up nor down for certain, nor unwatched) all facts
    are read, since its state may come from long before; and so of what a failover test before it rests on.
    """
    told = first_told(estate, now)
    checks: dict[str, Check] = {check.id: check for part in estate.parts.values() for check in part.checks}
    facts = dict(store.rows(since=told - _SETTLING_MS))
    unsettled = {key for key, rows in facts.items() if key[0] in checks and not _settled(checks[key[0]], rows, told)}
    tested = _tested(estate, told)
    whole = unsettled | {key for key in facts if key[0] in tested}
    whole |= {(check, vantage) for check in tested for vantage in estate.vantages}
    if whole:
        facts.update((key, rows) for key, rows in whole_series(store, whole).items() if rows)
    return facts


def _tested(estate: Estate, told: int) -> set[str]:
    """The checks that the pairs rest on of which a failover test may have been before `told`."""
    waiting = [
        id_
        for pair in estate.pairs
        if any(is_test(record, pair) and (record.start_ms or 0) < told for record in estate.maintenance)
        for id_ in (pair.primary, pair.standby, pair.function or pair.primary)
    ]
    needs = Layout.of(estate).needs if waiting else {}
    reached: set[str] = set()
    while waiting:
        id_ = waiting.pop()
        if id_ not in reached:
            reached.add(id_)
            waiting.extend(needs[id_])
    return {check.id for id_ in reached if id_ in estate.parts for check in estate.parts[id_].checks}


def whole_series(store: FactStore, keys: Set[Key]) -> dict[Key, list[Row]]:
    """All facts of some series."""
    if len(keys) > _FEW:
        return {key: rows for key, rows in store.rows().items() if key in keys}
    return {key: [(run.first, run.step, run.length, int(run.status)) for run in store.runs(*key)] for key in keys}


def _settled(check: Check, rows: list[Row], told: int) -> bool:
    """Whether `rows` alone decide the state at `told`: before it, they made it known, or known to be unknown."""
    walk = start(check)
    advance(walk, rows, told)
    return bool(walk.edges)
