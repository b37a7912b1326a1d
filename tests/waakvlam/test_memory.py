"""What a collector keeps in memory tells the running and the last period as all facts would."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from availability.edges import to_ms
from availability.estate import (
    Agreement,
    AllOf,
    Check,
    Estate,
    FailoverPair,
    Maintenance,
    Part,
    Per,
    Ref,
    Service,
    Slot,
    Window,
)
from availability.evaluation import Evaluation
from availability.failovers import TEST_CATEGORY, pair_now
from availability.judge import judge, observe
from availability.outcome import Reason, Status
from availability.periods import parse_period
from availability.ports import Batch, Run
from collector.store import SqlStore, open_store
from waakvlam.memory import first_told, recent_facts

HOUR = 3_600_000
CHECK = Check("ping", HOUR, 3 * HOUR, fall=3, rise=2)
ALWAYS = Window(frozenset(range(7)), Slot(0, 1440))


def instant(text: str) -> int:
    from datetime import datetime

    return to_ms(datetime.fromisoformat(text))


NOW = instant("2026-11-20T12:00:00+01:00")


def estate(per: Per = "month") -> Estate:
    part = Part("app", AllOf((Ref("ping"),)), (CHECK,))
    agreement = Agreement("norm", Fraction(98, 100), ALWAYS, "Europe/Amsterdam", per)
    return Estate(
        "Europe/Amsterdam", {"app": part}, {"brp": Service("brp", "norm", AllOf((Ref("app"),)))}, {"norm": agreement}
    )


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return open_store(f"sqlite:///{tmp_path / 'facts.db'}", create=True)


def fill(store: SqlStore, *runs: tuple[str, int, Status]) -> None:
    """(first instant, observations an hour apart, outcome) each."""
    reasons = {Status.OK: None, Status.FAILED: Reason.TIMEOUT, Status.NONE: Reason.NO_PERMISSION}
    store.add(
        [
            Batch("ping", "local", [Run(instant(first), HOUR if n > 1 else 0, n, what, reasons[what], "")])
            for first, n, what in runs
        ]
    )


def assert_same_story(store: SqlStore, per: Per = "month") -> None:
    recent, whole = recent_facts(store, estate(per), NOW), store.rows(until=NOW)
    labels = {"month": ["2026-10", "2026-11"], "quarter": ["2026-Q3", "2026-Q4"], "year": ["2025", "2026"]}
    for label in labels[per]:
        period = parse_period(label, "Europe/Amsterdam")
        assert judge(estate(per), recent, period, NOW) == judge(estate(per), whole, period, NOW)


def test_old_facts_are_left_in_the_store(store: SqlStore) -> None:
    fill(
        store,
        ("2026-01-01T00:00:00Z", 1000, Status.OK),
        ("2026-09-01T00:00:00Z", 1900, Status.OK),
    )
    assert len(recent_facts(store, estate(), NOW)["ping", "local"]) == 1
    assert_same_story(store)


def test_a_state_that_comes_from_long_before_is_remembered(store: SqlStore) -> None:
    """Since August it fails two times out of three, never three in a row: it is up, by what was seen in July."""
    pattern = [Status.FAILED, Status.FAILED, Status.OK]
    fill(store, ("2026-07-01T00:00:00Z", 24 * 31, Status.OK))
    first = instant("2026-08-01T00:00:00Z")
    runs = [
        Run(first + index * HOUR, 0, 1, pattern[index % 3], None if index % 3 == 2 else Reason.TIMEOUT, "")
        for index in range(24 * 111)
    ]
    store.add([Batch("ping", "local", runs)])
    assert_same_story(store)


def test_an_outage_of_the_last_period_is_whole(store: SqlStore) -> None:
    fill(
        store,
        ("2026-09-20T00:00:00Z", 100, Status.OK),
        ("2026-09-24T04:00:00Z", 500, Status.FAILED),
        ("2026-10-15T00:00:00Z", 800, Status.OK),
    )
    assert_same_story(store)


def test_new_series_are_whole(store: SqlStore) -> None:
    fill(store, ("2026-11-19T00:00:00Z", 30, Status.FAILED))
    assert_same_story(store)


@pytest.mark.parametrize("per", ["month", "quarter", "year"])
def test_the_last_whole_period_of_the_longest_agreement_is_told(store: SqlStore, per: Per) -> None:
    expected = {"month": "2026-10-01", "quarter": "2026-07-01", "year": "2025-01-01"}
    assert first_told(estate(per), NOW) == to_local_midnight(expected[per])
    fill(store, ("2025-03-01T00:00:00Z", 24 * 600, Status.OK))
    assert_same_story(store, per)


def to_local_midnight(day: str) -> int:
    summer = "2026-03-29" <= day < "2026-10-25"
    return instant(f"{day}T00:00:00{'+02:00' if summer else '+01:00'}")


def test_the_last_failover_test_is_remembered_until_the_next(store: SqlStore) -> None:
    """Contracts ask for one a year: it was in February."""
    fill(
        store,
        ("2026-01-01T00:00:00Z", 24 * 50, Status.OK),
        ("2026-02-20T00:00:00Z", 10, Status.FAILED),
        ("2026-02-20T10:00:00Z", 24 * 260, Status.OK),
    )
    begun, ended = instant("2026-02-19T22:00:00Z"), instant("2026-02-20T02:00:00Z")
    record = Maintenance("test", TEST_CATEGORY, ("pair",), start_ms=begun, end_ms=ended)
    pair = FailoverPair("pair", "app", "app", HOUR)
    tested = replace(estate(), pairs=(pair,), maintenance=(record,))
    evaluation = Evaluation(tested, observe(tested, recent_facts(store, tested, NOW), NOW))
    assert pair_now(evaluation, pair, NOW, NOW - 300 * 24 * HOUR).last_test == instant("2026-02-20T00:00:00Z")
    assert_same_story(store)
