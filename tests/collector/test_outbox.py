"""The outbox of an agent: durable, in order, bounded, and honest about what it gives up."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import pytest

from availability.outcome import Reason, Status
from availability.ports import Batch, Run
from collector.outbox import Outbox
from collector.store.errors import StoreError
from collector.transport.rows import unpack_rows

NOON = 1_790_000_000_000
MEGABYTE = 1_000_000


def seen(number: int, checks: int = 3) -> list[Batch]:
    """What `checks` checks gave at the look with this number."""
    at = NOON + number * 30_000
    return [
        Batch(f"check-{n}", "venlo", [Run(at + n, 0, 1, Status.OK, None, "")], [(at + n, 1.5 + number + n / 7)])
        for n in range(checks)
    ]


def content(outbox: Outbox) -> list[list[Batch]]:
    return [unpack_rows(one.rows, "venlo") for one in outbox.waiting(0, 1000)]


def test_what_it_took_is_there_in_order_also_after_a_start(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db", "venlo", MEGABYTE)
    for number in range(3):
        assert outbox.add(seen(number)).added == 3
    start = outbox.start
    outbox.close()
    again = Outbox(tmp_path / "outbox.db", "venlo", MEGABYTE)
    assert again.start == start
    assert content(again) == [seen(number) for number in range(3)]
    assert [one.sequence for one in again.waiting(1, 1)] == [2]
    state = again.state()
    assert (state.batches, state.observations, state.oldest, state.dropped) == (3, 9, NOON + 2, 0)
    again.close()


def test_sequences_go_on_after_everything_was_let_go(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db", "venlo", MEGABYTE)
    for number in range(3):
        outbox.add(seen(number))
    assert outbox.remove([(1, 1), (3, 7)]) == 2
    assert (outbox.oldest(), outbox.last()) == (2, 3)
    assert outbox.remove([(2, 2), (2, 2)]) == 1
    outbox.close()
    again = Outbox(tmp_path / "outbox.db", "venlo", MEGABYTE)
    assert (again.oldest(), again.last()) == (4, 3)
    again.add(seen(5))
    assert [one.sequence for one in again.waiting(0, 9)] == [4]
    again.close()


def test_every_outbox_has_a_start_of_its_own(tmp_path: Path) -> None:
    starts = set()
    for name in "abc":
        outbox = Outbox(tmp_path / name, "venlo", MEGABYTE)
        starts.add(outbox.start)
        outbox.close()
    assert len(starts) == 3
    assert all(0 < start < 1 << 63 for start in starts)


def test_what_is_aside_is_kept_and_not_sent(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db", "venlo", MEGABYTE)
    for number in range(3):
        outbox.add(seen(number))
    assert outbox.set_aside(2, 3, "future") == 6
    assert [one.sequence for one in outbox.waiting(0, 9)] == [1]
    assert outbox.remove([(1, 3)]) == 1
    outbox.close()
    again = Outbox(tmp_path / "outbox.db", "venlo", MEGABYTE)
    assert (again.state().observations, again.state().aside) == (0, 6)
    again.close()
    with sqlite3.connect(tmp_path / "outbox.db") as connection:
        assert connection.execute("SELECT sequence, aside FROM batch").fetchall() == [(2, "future"), (3, "future")]


def test_nearly_full_it_thins_latencies_before_it_drops_an_outcome(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(tmp_path / "outbox.db", "venlo", MEGABYTE // 2)
    number = taken = 0
    while not outbox.state().dropped:
        outbox.add(seen(number, checks=400))
        if not outbox.state().dropped:
            taken += 1
        if not outbox.state().thinned and number % 20 == 0:
            assert all(batch.latencies for one in content(outbox) for batch in one), "thinned without need"
        number += 1
    state = outbox.state()
    assert state.thinned == state.observations == taken * 400
    assert state.dropped == 400
    assert state.fullness > 0.8
    there = content(outbox)
    assert not any(batch.latencies for one in there for batch in one)
    assert [[batch.runs for batch in one] for one in there] == [
        [batch.runs for batch in seen(number, checks=400)] for number in range(taken)
    ]
    assert (tmp_path / "outbox.db").stat().st_size <= MEGABYTE // 2
    told = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 2
    assert "loses its latencies" in told[0]
    assert "outcomes are dropped" in told[1]
    outbox.remove([(1, taken)])
    assert outbox.add(seen(number)).added == 3
    assert outbox.state().dropped == 400
    outbox.close()


def test_a_run_longer_than_a_message_is_cut(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db", "venlo", MEGABYTE)
    run = Run(NOON, 1000, 5_000, Status.FAILED, Reason.TIMEOUT, "")
    outbox.add([Batch("a", "venlo", [run])])
    runs = [run for one in content(outbox) for batch in one for run in batch.runs]
    assert [run.length for run in runs] == [2000, 2000, 1000]
    assert runs[1].first == runs[0].last + 1000
    outbox.close()


def _database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a)")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_bytes(b"no database at all, but long enough to be read" * 99), "not a database"),
        (_database, "no outbox"),
        (lambda path: Outbox(path, "weert", MEGABYTE).close(), "it is that of weert, not of venlo"),
        (lambda path: path.mkdir(), "unable to open"),
    ],
)
def test_what_is_no_outbox_of_ours_is_refused_and_left_alone(tmp_path: Path, make, says: str) -> None:
    path = tmp_path / "outbox.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=says):
        Outbox(path, "venlo", MEGABYTE)
    assert before is None or path.read_bytes() == before
