"""A period out of a store of years is told as from all facts of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from availability.account import Account
from availability.accounting import account_from
from availability.edges import to_ms
from availability.estate import Estate, FailoverPair
from availability.evaluation import Evaluation
from availability.judge import observe
from availability.outcome import Reason, Status
from availability.periods import Period, parse_period
from availability.ports import Batch, Row, Run
from collector.store import SqlStore, open_store
from tests.availability.random_worlds import DAY, TIMEZONE, RandomWorld, observations, worlds
from tests.waakvlam.test_memory import CHECK, HOUR, estate, fill
from waakvlam.horizon import evaluation_for

OCTOBER = parse_period("2026-10", TIMEZONE)
LATE = to_ms(datetime.fromisoformat("2027-06-01T00:00:00+02:00"))
REASONS = {Status.OK: None, Status.FAILED: Reason.TIMEOUT, Status.NONE: Reason.NO_PERMISSION}
AROUND = (-70 * DAY, -30 * DAY, -16 * DAY, -14 * DAY, -8 * DAY, -3 * DAY)


def told(evaluation: Evaluation, period: Period, as_of: int) -> Account:
    return account_from(evaluation, period, as_of, chain=True)


def assert_same_story(store: SqlStore, estate: Estate, period: Period, as_of: int) -> None:
    near = told(evaluation_for(store, estate, period, as_of), period, as_of)
    everything = told(Evaluation(estate, observe(estate, store.rows(until=as_of), as_of)), period, as_of)
    assert near.report == everything.report
    assert near == everything


@st.composite
def long_rows(draw: st.DrawFn, world: RandomWorld, unit: int) -> list[Row]:
    """What happened around several instants from long before the period to long after it; between them often one run
    that goes on and on."""
    start, end = world.period.start, world.period.end
    instants = [start + shift for shift in AROUND] + [start, end, end + HOUR, end + DAY, end + 2 * DAY, end + 50 * DAY]
    rows: list[Row] = []
    for instant in sorted(draw(st.lists(st.sampled_from(instants), unique=True, min_size=1, max_size=5))):
        last = rows[-1][0] + rows[-1][1] * (rows[-1][2] - 1) if rows else None
        later = [row for row in draw(observations(instant, unit)) if last is None or row[0] > last]
        if last is not None and later and draw(st.booleans()):
            count = (later[0][0] - last - 1) // unit
            if count > 1:
                status = draw(st.sampled_from((Status.OK, Status.FAILED, Status.FAILED, Status.NONE)))
                rows.append((last + unit, unit, count, status))
        rows += [row for row in later if not rows or row[0] > rows[-1][0] + rows[-1][1] * (rows[-1][2] - 1)]
    return rows


@st.composite
def long_worlds(draw: st.DrawFn) -> RandomWorld:
    """A random world with a past and a future; as a rule without failover pairs, whose parts are read whole."""
    world = draw(worlds())
    if draw(st.integers(0, 3)):
        world = replace(world, estate=replace(world.estate, pairs=()))
    unit = next(check.interval_ms for part in world.estate.parts.values() for check in part.checks)
    facts = {key: draw(long_rows(world, unit)) for key in world.facts}
    late = draw(st.sampled_from((world.as_of, world.period.end + 60 * DAY, world.period.end + HOUR)))
    return replace(world, facts=facts, as_of=late)


def batches(world: RandomWorld) -> Iterator[Batch]:
    for (check, vantage), rows in world.facts.items():
        runs = [
            Run(first, step, count, Status(status), REASONS[Status(status)], "") for first, step, count, status in rows
        ]
        if runs:
            yield Batch(check, vantage, runs)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
)
@given(long_worlds())
def test_in_any_world_the_account_is_that_of_all_facts(world: RandomWorld) -> None:
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/facts.db", create=True)
        store.add(list(batches(world)))
        assert_same_story(store, world.estate, world.period, world.as_of)
        store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(f"sqlite:///{tmp_path / 'facts.db'}", create=True)
    yield opened
    opened.close()


HISTORIES: dict[str, list[tuple[str, int, Status]]] = {
    "nothing happened for years": [("2025-01-01T00:00:00Z", 20_000, Status.OK)],
    "down from long before until long after": [
        ("2026-02-01T00:00:00Z", 100, Status.OK),
        ("2026-02-05T04:00:00Z", 10_000, Status.FAILED),
        ("2027-03-28T20:00:00Z", 100, Status.OK),
    ],
    "down since long before the period, and again up in it": [
        ("2026-02-01T00:00:00Z", 100, Status.OK),
        ("2026-02-05T04:00:00Z", 6_000, Status.FAILED),
        ("2026-10-13T04:00:00Z", 1_000, Status.OK),
    ],
    "a run that is too short at the end of the period and grows after it": [
        ("2026-09-01T00:00:00Z", 1_460, Status.OK),
        ("2026-10-31T20:00:00Z", 200, Status.FAILED),
        ("2026-11-09T04:00:00Z", 200, Status.OK),
    ],
    "nobody looked in the period": [
        ("2026-02-01T00:00:00Z", 100, Status.OK),
        ("2027-02-01T00:00:00Z", 100, Status.FAILED),
    ],
    "it began in the period": [("2026-10-20T00:00:00Z", 2_000, Status.FAILED)],
    "it ended long before the period": [("2026-01-01T00:00:00Z", 50, Status.FAILED)],
    "it began long after the period": [("2027-01-01T00:00:00Z", 50, Status.FAILED)],
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=list(HISTORIES))
def test_a_check_with_a_past_and_a_future(store: SqlStore, history: list[tuple[str, int, Status]]) -> None:
    fill(store, *history)
    for as_of in (LATE, OCTOBER.end, OCTOBER.end - DAY, OCTOBER.end + HOUR):
        assert_same_story(store, estate(), OCTOBER, as_of)


def test_a_check_that_goes_stale_after_weeks_is_read_whole(store: SqlStore) -> None:
    slow = replace(CHECK, stale_after_ms=60 * DAY, fall=1, rise=1)
    world = estate()
    world = replace(world, parts={"app": replace(world.parts["app"], checks=(slow,))})
    fill(store, ("2026-08-15T00:00:00Z", 1, Status.FAILED), ("2026-12-15T00:00:00Z", 1, Status.OK))
    assert_same_story(store, world, OCTOBER, LATE)


def test_the_last_test_of_a_pair_is_known_from_any_time(store: SqlStore) -> None:
    fill(
        store,
        ("2024-12-01T00:00:00Z", 100, Status.OK),
        ("2024-12-05T04:00:00Z", 10, Status.FAILED),
        ("2024-12-05T14:00:00Z", 20_000, Status.OK),
    )
    pair = FailoverPair("brp-uitwijk", "app", "app", HOUR, test_every_ms=365 * DAY)
    world = replace(estate(), pairs=(pair,))
    assert_same_story(store, world, OCTOBER, LATE)
    (known,) = told(evaluation_for(store, world, OCTOBER, LATE), OCTOBER, LATE).pairs
    assert known.test_due_at is not None
    assert known.test_due_at < OCTOBER.start


def test_what_lies_far_from_the_period_is_left_in_the_store(store: SqlStore) -> None:
    """The state is unknown there: nobody read it."""
    fill(store, ("2026-01-01T00:00:00Z", 1_000, Status.OK), ("2026-08-01T00:00:00Z", 6_000, Status.OK))
    far = to_ms(datetime.fromisoformat("2026-01-10T00:00:00+00:00"))
    evaluation = evaluation_for(store, estate(), OCTOBER, LATE)
    assert evaluation.states["brp"].at(far) == evaluation.states["brp"].at(LATE)
    whole = Evaluation(estate(), observe(estate(), store.rows(), LATE))
    assert whole.states["brp"].at(far) != evaluation.states["brp"].at(far)


def test_an_earlier_beginning_can_be_asked_for(store: SqlStore) -> None:
    fill(store, ("2026-01-01T00:00:00Z", 100, Status.OK), ("2026-01-05T04:00:00Z", 8_000, Status.FAILED))
    january = parse_period("2026-01", TIMEZONE)
    evaluation = evaluation_for(store, estate(), OCTOBER, LATE, january.start)
    whole = Evaluation(estate(), observe(estate(), store.rows(), LATE))
    assert told(evaluation, january, LATE) == told(whole, january, LATE)


def test_a_run_that_is_confirmed_days_after_the_period_began_in_it(store: SqlStore) -> None:
    check = replace(CHECK, interval_ms=12 * HOUR, stale_after_ms=36 * HOUR, fall=6)
    world = replace(estate(), parts={"app": replace(estate().parts["app"], checks=(check,))})
    failing = OCTOBER.end - 6 * HOUR
    up = Run(failing - 400 * 12 * HOUR, 12 * HOUR, 400, Status.OK, None, "")
    instants = [failing + index * 12 * HOUR + index % 2 for index in range(10)]  # not on schedule: a row for each
    down = [Run(at, 0, 1, Status.FAILED, Reason.TIMEOUT, "") for at in instants]
    again = Run(instants[-1] + 12 * HOUR, 12 * HOUR, 10, Status.OK, None, "")
    store.add([Batch("ping", "local", [up, *down, again])])
    assert_same_story(store, world, OCTOBER, LATE)
    service = told(evaluation_for(store, world, OCTOBER, LATE), OCTOBER, LATE).report.services[0]
    assert service.outages[-1].start == failing


def test_a_state_that_was_confirmed_long_before_is_known(store: SqlStore) -> None:
    """Since August it fails two times out of three, never three in a row: it is up, by what was seen in July."""
    fill(store, ("2026-07-01T00:00:00Z", 24 * 31, Status.OK))
    begin = OCTOBER.start - 61 * DAY
    statuses = (Status.FAILED, Status.FAILED, Status.OK)
    runs = [
        Run(begin + index * HOUR, 0, 1, statuses[index % 3], REASONS[statuses[index % 3]], "") for index in range(3_000)
    ]
    store.add([Batch("ping", "local", runs)])
    assert_same_story(store, estate(), OCTOBER, LATE)
    service = told(evaluation_for(store, estate(), OCTOBER, LATE), OCTOBER, LATE).report.services[0]
    assert service.judged.figures.up_ms == service.judged.figures.agreed_ms
