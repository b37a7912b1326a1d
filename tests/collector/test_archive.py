"""An archive is taken whole and as a set: twice changes nothing, and it joins what a store has already."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from availability.archive import LAST_BUCKET, LatencyQuarter
from availability.outcome import Reason, Status
from availability.paging import Ended, Opened
from availability.paging import Entry as PageEntry
from availability.ports import Batch, Run
from availability.trail import Entry
from collector.store import SqlStore, StoreError
from collector.store.archive import Continued
from collector.store.sketch import Sketch
from tests.collector.archives import (
    ADDED,
    APPROVED,
    HOUR,
    NOTHING,
    QUARTER,
    REPORTS,
    SIGHTING,
    T0,
    describe,
    everything,
    make,
    take,
)
from tests.collector.stores import Place, Places, opened


@pytest.fixture
def store(place: Place) -> Iterator[SqlStore]:
    store = opened(place)
    yield store
    store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "archive")


def test_all_of_it_is_taken(folder: Path, store: SqlStore) -> None:
    done = take(folder, store)
    facts, latencies, (trail, incidents, closings, reports, certificates, pages) = everything(store)
    assert reports == REPORTS
    assert certificates == [SIGHTING]
    assert [(noted.page, noted.at, noted.kind) for noted in pages] == [
        ("page-1", T0, "opened"),
        ("page-1", T0 + HOUR, "ended"),
    ]
    assert facts == {
        ("dns", "venlo"): [Run(T0, 0, 1, Status.NONE, Reason.NO_PERMISSION, "")],
        ("web", "venlo"): [
            Run(T0, 30_000, 3, Status.OK, None, ""),
            Run(T0 + 90_001, 0, 1, Status.FAILED, Reason.BAD_STATUS, 'status 503, "busy"'),
        ],
    }
    assert latencies == [LatencyQuarter("web", "venlo", T0, 3, 31_000, ((90, 2), (97, 1)))]
    assert trail == [ADDED, APPROVED]
    assert incidents == [(1, "I-1", '{"priority": "1"}', T0, "anna")]
    assert closings == [(1, "2026-09", "ab12", b'{"norm": 0.98}')]
    assert (done.observations.added, done.quarters_added, done.trail) == (5, 1, Continued(2, 0))
    assert done.series == {("web", "venlo"), ("dns", "venlo")}


def test_twice_changes_nothing(folder: Path, store: SqlStore) -> None:
    take(folder, store)
    before = everything(store)
    done = take(folder, store)
    assert everything(store) == before
    assert (done.observations.added, done.observations.known, done.quarters_added, done.quarters_known) == (0, 5, 0, 1)
    assert (done.trail, done.incidents, done.closings) == (Continued(0, 2), Continued(0, 1), Continued(0, 1))
    assert (done.heartbeats, done.certificates, done.pages) == (Continued(0, 2), Continued(0, 1), Continued(0, 2))


def test_reports_join_those_that_are_there(folder: Path, store: SqlStore) -> None:
    other = replace(REPORTS[0], detail="the first account of it stays")
    later = replace(REPORTS[0], at=T0 + 2 * HOUR)
    assert store.report([later, other]) == 2
    assert take(folder, store).heartbeats == Continued(1, 1)
    assert everything(store)[2][3] == [other, REPORTS[1], later]
    assert store.reports_after(2) == ([REPORTS[1]], 3)


def test_an_older_archive_has_no_reports_and_misses_nothing(folder: Path, store: SqlStore) -> None:
    (folder / "heartbeats.csv").unlink()
    describe(folder)
    assert take(folder, store).heartbeats == NOTHING


def test_the_log_of_pages_goes_on_behind_what_the_archive_brought(folder: Path, store: SqlStore) -> None:
    take(folder, store)
    assert store.pages_known(0)[0] == [
        PageEntry("page-1", T0, Opened("g", ())),
        PageEntry("page-1", T0 + HOUR, Ended("resolved")),
    ]
    assert store.advance_pages(2, lambda _: [PageEntry("page-3", T0 + HOUR, Opened("g", ()))])[1] == 3
    assert take(folder, store).pages == Continued(0, 2)


def test_another_log_of_pages_is_refused(folder: Path, store: SqlStore) -> None:
    store.advance_pages(0, lambda _: [PageEntry("page-1", T0, Opened("other", ()))])
    with pytest.raises(StoreError, match="log of pages of the archive is not that of the store"):
        take(folder, store)


def test_an_older_archive_has_no_pages_and_misses_nothing(folder: Path, store: SqlStore) -> None:
    (folder / "pages.csv").unlink()
    describe(folder)
    assert take(folder, store).pages == NOTHING


def test_sightings_last_as_long_as_both_together(folder: Path, store: SqlStore) -> None:
    earlier = SIGHTING._replace(first=T0 - HOUR, last=T0 - 1)
    refused = SIGHTING._replace(shown=SIGHTING.shown._replace(trust="expired"))
    store.see_certificates([earlier, refused])
    assert take(folder, store).certificates == Continued(1, 0)
    assert everything(store)[2][4] == [refused, SIGHTING._replace(first=T0 - HOUR)]
    store.see_certificates([SIGHTING._replace(first=T0 - 1, last=T0 + HOUR)])
    assert take(folder, store).certificates == Continued(0, 1)


def test_an_older_archive_has_no_certificates_and_misses_nothing(folder: Path, store: SqlStore) -> None:
    (folder / "certificates.csv").unlink()
    describe(folder)
    assert take(folder, store).certificates == NOTHING


def test_observations_join_those_that_are_there(folder: Path, store: SqlStore) -> None:
    store.add([Batch("web", "venlo", [Run(T0 + 60_000, 30_000, 3, Status.OK, None, "")])])
    done = take(folder, store)
    assert (done.observations.added, done.observations.known, done.observations.conflicts) == (4, 1, 0)
    assert store.rows()["web", "venlo"][0] == (T0, 30_000, 4, 1)


def test_rows_may_stand_in_any_order(tmp_path: Path, store: SqlStore, places: Places) -> None:
    chance = random.Random(1)
    observations = [
        f"{check},venlo,2026-10-{day:02d}T{hour:02d}:00:00Z,60000,{count},ok,,"
        for check in ("web", "dns")
        for day in range(1, 10)
        for hour, count in ((1, 5), (2, 60), (3, 61))
    ]
    latencies = [f"web,venlo,2026-10-{day:02d}T00:{m}:00Z,1,5,16:1" for day in range(1, 9) for m in ("00", "15")]
    take(make(tmp_path / "sorted", observations=tuple(observations), latencies=tuple(latencies)), store)
    chance.shuffle(observations)
    chance.shuffle(latencies)
    mixed = make(tmp_path / "mixed", observations=tuple(observations), latencies=tuple(latencies))
    with places.fresh() as elsewhere, closing(opened(elsewhere)) as other:
        take(mixed, other)
        assert everything(other) == everything(store)


def test_after_an_archive_was_taken_the_same_store_goes_on(folder: Path, store: SqlStore) -> None:
    store.add([Batch("old", "venlo", [Run(T0, 0, 1, Status.OK, None, "")], [(T0, 3.0)])])
    take(folder, store)
    assert store.add([Batch("new", "venlo", [Run(T0, 0, 1, Status.OK, None, "")], [(T0, 4.0)])]).added == 1
    assert store.add([Batch("web", "venlo", [Run(T0 + HOUR, 0, 1, Status.OK, None, "")])]).added == 1
    assert store.latencies("new", [(T0, T0 + QUARTER)]).count == 1
    assert store.latencies("web", [(T0, T0 + QUARTER)]).count == 3
    assert store.latencies("old", [(T0, T0 + QUARTER)]).count == 1


def test_parquet_is_read_where_it_is_there(folder: Path, store: SqlStore) -> None:
    lines = {"check": ["web"], "vantage": ["venlo"], "first": [T0], "step_ms": [0], "count": [1]}
    more = {"outcome": ["failed"], "reason": ["timeout"], "detail": pyarrow.array([None], pyarrow.string())}
    table = pyarrow.table({**lines, **more})
    # As another program might have rewritten it: columns in another order, instants to the microsecond.
    instants = table["first"].cast(pyarrow.timestamp("ms", tz="UTC")).cast(pyarrow.timestamp("us", tz="UTC"))
    table = table.set_column(2, "first", instants).select(sorted(table.column_names))
    parquet.write_table(table, folder / "observations.parquet")
    describe(folder)
    take(folder, store)
    assert store.rows() == {("web", "venlo"): [(T0, 0, 1, 2)]}


def test_a_trail_goes_on_where_the_store_has_its_beginning(folder: Path, store: SqlStore) -> None:
    store.enter(lambda _: ADDED)
    assert take(folder, store).trail == Continued(1, 1)
    assert store.trail() == [ADDED, APPROVED]


def test_a_store_that_went_on_keeps_what_came_later(folder: Path, store: SqlStore) -> None:
    take(folder, store)
    later = Entry("w1", "withdraw", "anna", T0 + 2000, "a mistake")
    store.enter(lambda _: later)
    assert take(folder, store).trail == Continued(0, 2)
    assert store.trail() == [ADDED, APPROVED, later]


quarters = st.builds(
    lambda check, slot, spread: LatencyQuarter(
        check,
        "venlo",
        T0 + slot * QUARTER,
        sum(spread.values()),
        sum(bucket * number for bucket, number in spread.items()),
        tuple(sorted(spread.items())),
    ),
    st.sampled_from(["web", "dns"]),
    st.integers(0, 9),
    st.dictionaries(st.integers(0, LAST_BUCKET), st.integers(1, 300), min_size=1, max_size=3),
)
accounts = st.lists(quarters, max_size=12)


@settings(max_examples=30, deadline=None)
@given(accounts, accounts)
def test_latencies_merge_as_a_set(places: Places, one: list[LatencyQuarter], other: list[LatencyQuarter]) -> None:
    def merged(*lists: list[LatencyQuarter]) -> list[LatencyQuarter]:
        with places.fresh() as place, closing(opened(place)) as store:
            for each in lists:
                with store.restoring() as restoring:
                    restoring.add_latencies(each)
            with store.holdings() as holdings:
                return list(holdings.latencies())

    greatest: dict[tuple[str, int], LatencyQuarter] = {}
    for quarter in [*one, *other]:
        key = (quarter.check, quarter.start)
        greatest[key] = max(greatest.get(key, quarter), quarter, key=lambda q: (q.counted, q.sum_us, list(q.buckets)))
    expected = sorted(greatest.values(), key=lambda q: (q.start // HOUR, q.check, q.start))
    assert merged(one, other) == merged(other, one) == merged(one, other, one, other) == expected


def test_latencies_that_were_measured_come_back_with_the_same_summary(store: SqlStore, places: Places) -> None:
    chance = random.Random(3)
    timed = [(T0 + 30_000 * number, chance.lognormvariate(3, 1)) for number in range(500)]
    store.add([Batch("web", "venlo", [Run(T0, 30_000, 500, Status.OK, None, "")], timed)])
    with store.holdings() as holdings:
        found = list(holdings.latencies())
    expected = Sketch()
    for _, milliseconds in timed:
        expected.add(round(milliseconds * 1000))
    assert sum(quarter.counted for quarter in found) == expected.count
    assert sum(quarter.sum_us for quarter in found) == expected.total_us
    spans = [(T0, T0 + 3 * HOUR), (T0 + 4 * HOUR, T0 + 9 * HOUR)]
    with places.fresh() as elsewhere, closing(opened(elsewhere)) as other:
        with other.restoring() as restoring:
            restoring.add_latencies(found)
        assert other.latencies("web", spans) == store.latencies("web", spans)
