"""The store keeps a set of observations: it gives them back one by one, whoever wrote them, where and how."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from availability import facts
from availability.facts import Observation
from availability.outcome import Reason, Status
from availability.ports import Batch, LatencySummary, Merged, Run
from collector.store import SqlStore, StoreError
from tests.collector.stores import Place, Places, opened

OK = (Status.OK, None, "")
TIMEOUT = (Status.FAILED, Reason.TIMEOUT, "")
REFUSED = (Status.FAILED, Reason.REFUSED, "connection refused")
NOT_LOOKED = (Status.NONE, Reason.NO_PERMISSION, "")
CONTENTS = (OK, TIMEOUT, REFUSED, NOT_LOOKED)
SERIES = (("web", "roermond"), ("web", "venlo"), ("dns", "roermond"))
QUARTER = 900_000
HOUR = 3_600_000


@pytest.fixture
def store(place: Place) -> Iterator[SqlStore]:
    store = opened(place)
    yield store
    store.close()


def batch(*runs: Run, series: tuple[str, str] = SERIES[0], latencies: list[tuple[int, float]] | None = None) -> Batch:
    return Batch(*series, runs, latencies or [])


def every(first: int, step: int, length: int, content: tuple[Status, Reason | None, str] = OK) -> Run:
    return Run(first, step if length > 1 else 0, length, *content)


instants = st.one_of(st.integers(0, 40).map(lambda n: n * 30_000), st.integers(0, 40), st.integers(0, 10**13))
observations = st.builds(lambda at, content: Observation(at, *content), instants, st.sampled_from(CONTENTS))
parts = st.lists(st.tuples(st.sampled_from(SERIES), st.lists(observations, max_size=25)), max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parts=parts, shuffled=st.randoms(use_true_random=False), writers=st.lists(st.integers(0, 1), min_size=8))
def test_any_order_repetition_or_split_gives_the_same_facts(places: Places, parts, shuffled, writers) -> None:
    """Also with two processes that write by turns, each with its own memory of what is stored."""
    # Chance first: where it ends an example, no store may be left open on the file that the next one uses.
    arriving = [*parts, *(part for part in parts if shuffled.random() < 0.3)]
    shuffled.shuffle(arriving)
    with places.fresh() as place, closing(opened(place)) as one, closing(opened(place)) as other:
        stores = [one, other]
        total = 0
        for number, (series, some) in enumerate(arriving):
            merged = stores[writers[number % len(writers)]].add([Batch(*series, facts.encode(some))])
            assert merged.added + merged.known + merged.conflicts == len({one.at for one in some})
            total += merged.added
        rows = stores[0].rows()
        for series in SERIES:
            expected = facts.encode([one for of, some in parts if of == series for one in some])
            assert stores[0].runs(*series) == expected
            assert rows.get(series, []) == [(run.first, run.step, run.length, int(run.status)) for run in expected]
            total -= sum(run.length for run in expected)
        assert total == 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some=st.lists(observations, min_size=1, max_size=25), since=instants, until=instants)
def test_rows_of_a_time_are_those_that_share_an_instant_with_it(places: Places, some, since: int, until: int) -> None:
    runs = facts.encode(some)
    with places.fresh() as place, closing(opened(place)) as store:
        store.add([Batch(*SERIES[0], runs)])
        assert store.runs(*SERIES[0], since) == [run for run in runs if run.last >= since]
        expected = [(*run[:3], int(run.status)) for run in runs if run.last >= since and run.first <= until]
        assert store.rows(until, since) == ({SERIES[0]: expected} if expected else {})


def test_a_new_store_holds_nothing(store: SqlStore) -> None:
    assert store.rows() == {}
    assert store.runs("web", "roermond") == []
    assert store.latencies("web", [(0, HOUR)]) == LatencySummary(0, None, None)
    assert store.add([]) == Merged(0, 0, 0)
    assert store.add([batch()]) == Merged(0, 0, 0)


def test_outcomes_on_schedule_stay_one_row_however_they_come(store: SqlStore) -> None:
    for start in range(0, 100, 10):
        store.add([batch(every(start * 30_000, 30_000, 10))])
    assert store.rows() == {SERIES[0]: [(0, 30_000, 100, 1)]}


def test_batches_of_one_series_in_one_call_may_overlap(store: SqlStore) -> None:
    late = every(15, 0, 1, TIMEOUT)
    merged = store.add(
        [batch(every(0, 10, 3)), batch(late), batch(every(5, 10, 4)), batch(late), batch(every(50, 0, 1))]
    )
    assert merged == Merged(added=3 + 1 + 3 + 1, known=1, conflicts=1)
    assert store.runs(*SERIES[0]) == [
        every(0, 5, 3),
        late,
        every(20, 5, 2),
        every(35, 15, 2),
    ]


def test_a_change_of_the_first_of_a_row_may_extend_the_row_before(store: SqlStore) -> None:
    store.add([batch(every(0, 10, 3, TIMEOUT), every(30, 10, 3), every(60, 0, 1, TIMEOUT))])
    assert store.add([batch(every(30, 0, 1, TIMEOUT))]) == Merged(added=0, known=0, conflicts=1)
    assert store.runs(*SERIES[0]) == [every(0, 10, 4, TIMEOUT), every(40, 10, 2), every(60, 0, 1, TIMEOUT)]


def test_disorder_is_refused_and_nothing_of_it_is_taken(store: SqlStore) -> None:
    store.add([batch(every(0, 10, 3))])
    with pytest.raises(ValueError, match="the runs of dns from roermond are not in order of time"):
        store.add([batch(every(30, 10, 3)), batch(every(30, 0, 1), every(0, 0, 1), series=SERIES[2])])
    assert store.rows() == {SERIES[0]: [(0, 10, 3, 1)]}
    assert store.add([batch(every(30, 10, 3))]).added == 3
    assert store.rows() == {SERIES[0]: [(0, 10, 6, 1)]}


def test_text_comes_back_as_it_was(store: SqlStore) -> None:
    odd = (Status.FAILED, Reason.BAD_RESPONSE, "Ünïcödé 'quoted' \"twice\"; -- 😀")
    store.add([batch(every(7, 0, 1, odd), series=("de-check/é", "vantage"))])
    assert store.runs("de-check/é", "vantage") == [every(7, 0, 1, odd)]


def test_what_another_process_wrote_is_seen(place: Place, store: SqlStore) -> None:
    store.add([batch(every(0, 10, 3))])
    other = opened(place)
    other.add([batch(every(30, 10, 3)), batch(every(0, 10, 2, NOT_LOOKED), series=SERIES[1])])
    other.close()
    assert store.add([batch(every(60, 10, 3)), batch(every(20, 10, 2, NOT_LOOKED), series=SERIES[1])]).added == 5
    assert store.rows() == {SERIES[0]: [(0, 10, 9, 1)], SERIES[1]: [(0, 10, 4, 0)]}


def test_it_notices_what_others_write_and_not_what_it_wrote_itself(place: Place, store: SqlStore) -> None:
    store.add([batch(every(0, 10, 3))])
    before = store.writes_elsewhere
    store.add([batch(every(30, 10, 3))])
    store.see_certificates([])
    assert store.writes_elsewhere == before
    other = opened(place)
    other.add([batch(every(5, 0, 1))])
    other.close()
    store.add([batch(every(60, 10, 3))])
    assert store.writes_elsewhere == before + 1


def test_what_text_cannot_hold_is_replaced(store: SqlStore) -> None:
    nul = (Status.FAILED, Reason.BAD_RESPONSE, "one\0two")
    store.add([batch(every(0, 10, 2, nul))])
    assert store.add([batch(every(10, 10, 2, nul))]) == Merged(1, 1, 0)
    assert store.runs(*SERIES[0]) == [every(0, 10, 3, (Status.FAILED, Reason.BAD_RESPONSE, "one\ufffdtwo"))]


def test_a_closed_store_opens_itself_again(store: SqlStore) -> None:
    store.add([batch(every(0, 10, 3))])
    store.close()
    store.add([batch(every(30, 10, 3))])
    assert store.rows() == {SERIES[0]: [(0, 10, 6, 1)]}


def test_latencies_are_summed_within_spans_by_quarters(store: SqlStore) -> None:
    timed = [(quarter * QUARTER + 60_000 * n, 10.0 * (quarter + 1)) for quarter in range(8) for n in range(10)]
    store.add([batch(every(0, 60_000, 120), latencies=timed)])
    store.add([batch(every(0, 60_000, 1), series=SERIES[1], latencies=[(0, 1000.0)])])
    store.add([batch(every(0, 60_000, 1), series=SERIES[2], latencies=[(0, 5000.0)])])
    two = store.latencies("web", [(QUARTER, 2 * QUARTER), (6 * QUARTER, 7 * QUARTER)])
    assert (two.count, two.mean_ms) == (20, (20.0 + 70.0) / 2)
    assert two.p95_ms == pytest.approx(70.0, rel=0.05)
    assert store.latencies("web", [(0, QUARTER)]) == LatencySummary(11, 1100 / 11, pytest.approx(1000.0, rel=0.05))
    assert store.latencies("web", [(QUARTER, QUARTER + 60_000)]).count == 0
    assert store.latencies("web", [(QUARTER - 60_000, 2 * QUARTER + 60_000)]).count == 10
    assert store.latencies("web", []).count == 0


def test_a_latency_counts_once_for_its_instant(place: Place, store: SqlStore) -> None:
    first = batch(every(0, 30_000, 10), latencies=[(30_000 * n, 5.0) for n in range(10)])
    wider = batch(every(0, 15_000, 30), latencies=[(15_000 * n, 7.0) for n in range(30)])
    stronger = batch(every(30_000, 0, 1, TIMEOUT), latencies=[(30_000, 5000.0)])
    for each in (first, first, wider, wider, stronger):
        store.add([each])
    expected = store.latencies("web", [(0, HOUR)])
    assert (expected.count, expected.mean_ms) == (30, (10 * 5.0 + 20 * 7.0) / 30)
    other = opened(place)
    other.add([batch(every(-HOUR, 0, 1), latencies=[(-HOUR, 1.0)]), batch(every(HOUR, 0, 1), latencies=[(HOUR, 1.0)])])
    other.close()
    store.add([batch(every(HOUR + 1, 0, 1), latencies=[(HOUR + 1, 3.0)])])
    assert store.latencies("web", [(0, HOUR)]) == expected
    assert store.latencies("web", [(HOUR, 2 * HOUR)]).mean_ms == 2.0
    assert store.latencies("web", [(-HOUR, 0)]).mean_ms == 1.0


def test_a_latency_without_an_observation_is_not_counted(store: SqlStore) -> None:
    store.add([batch(every(0, 0, 1), latencies=[(0, 1.0), (2 * HOUR, 9.0)])])
    store.add([batch(every(2 * HOUR, 0, 1), latencies=[(HOUR, 9.0), (2 * HOUR, 3.0)])])
    assert store.latencies("web", [(0, 3 * HOUR)]) == LatencySummary(2, 2.0, pytest.approx(3.0, rel=0.05))


def test_batches_of_one_call_count_latencies_as_those_of_several(store: SqlStore) -> None:
    first = batch(every(0, 0, 1), latencies=[(0, 1.0), (2 * HOUR, 9.0)])
    store.add([first, batch(every(2 * HOUR, 0, 1), latencies=[(2 * HOUR, 3.0)]), first])
    store.add([batch(every(HOUR, 0, 1)), batch(every(0, HOUR, 3), latencies=[(HOUR, 7.0)])])
    assert store.latencies("web", [(0, 3 * HOUR)]) == LatencySummary(2, 2.0, pytest.approx(3.0, rel=0.05))


def test_an_outcome_of_a_newer_version_is_not_guessed_at(place: Place, store: SqlStore) -> None:
    store.add([batch(every(0, 0, 1, TIMEOUT))])
    store.close()
    place.execute("UPDATE outcome SET reason = 'eaten_by_a_shark'")
    with pytest.raises(StoreError, match=r"a newer version of waakvlam \('eaten_by_a_shark' is not a valid Reason\)"):
        store.runs(*SERIES[0])
    with pytest.raises(StoreError, match="a newer version"):
        store.add([batch(every(1, 0, 1))])
    assert store.rows() == {SERIES[0]: [(0, 0, 1, 2)]}


def test_expired_latencies_go_and_outcomes_stay(store: SqlStore) -> None:
    timed = [(HOUR * n, 5.0) for n in range(10)]
    store.add([batch(every(0, HOUR, 10), latencies=timed)])
    assert store.expire_latencies(4 * HOUR + 1) == 4
    assert store.latencies("web", [(0, 10 * HOUR)]).count == 6
    assert store.rows() == {SERIES[0]: [(0, HOUR, 10, 1)]}
    assert store.expire_latencies(20 * HOUR) == 6
    store.add([batch(every(9 * HOUR + 1, 0, 1), latencies=[(9 * HOUR + 1, 8.0)])])
    assert store.latencies("web", [(0, 10 * HOUR)]).mean_ms == 8.0


def test_history_may_arrive_after_the_present(store: SqlStore) -> None:
    """An import of years that lie before what the collector has recorded."""
    store.add([batch(every(10**9, 30_000, 100), latencies=[(10**9 + 30_000 * n, 1.0) for n in range(100)])])
    past = [(30_000 * n, 3.0) for n in range(1000)]
    assert store.add([batch(every(0, 30_000, 1000), latencies=past)]).added == 1000
    assert store.latencies("web", [(0, 10**9 - HOUR)]) == LatencySummary(1000, 3.0, pytest.approx(3.0, rel=0.05))
    assert len(store.rows()[SERIES[0]]) == 2


def test_many_changes_come_back_in_order(store: SqlStore) -> None:
    """More rows than go to the driver at once."""
    runs = [every(1000 * n, 0, 1, CONTENTS[n % 2]) for n in range(25_000)]
    assert store.add([batch(*runs)]).added == 25_000
    assert store.runs(*SERIES[0]) == runs
    assert store.add([batch(*runs)]).known == 25_000


def test_what_comes_late_of_many_series_at_once(store: SqlStore) -> None:
    """Among more runs of each than are read together: some that change everything behind them, some that change one."""
    series = [(f"check-{number}", "roermond") for number in range(12)]
    content = [CONTENTS[n % 2] for n in range(130)]
    store.add([batch(*(every(20 * n, 0, 1, one) for n, one in enumerate(content)), series=each) for each in series])
    held = {each: [Observation(20 * n, *one) for n, one in enumerate(content)] for each in series}
    for round_ in range(3):
        late = {
            each: [Observation(20 * n + round_, *CONTENTS[(n + number) % 4]) for n in range(number, 60 + 7 * number)]
            for number, each in enumerate(series)
        }
        merged = store.add([batch(*facts.encode(some), series=each) for each, some in late.items()])
        assert merged.added + merged.known + merged.conflicts == sum(map(len, late.values()))
        for each in series:
            held[each] += late[each]
            assert store.runs(*each) == facts.encode(held[each])
