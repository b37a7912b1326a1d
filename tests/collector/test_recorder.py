"""Outcomes are taken at once, written in order every few seconds, and kept while the store refuses."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from availability.outcome import Outcome, Reason, Status, could_not_look, failed, ok
from availability.ports import Run
from collector.recorder import FLUSH_BOUNDS, Recorder
from collector.store import SqlStore, open_store

TIMEOUT = failed(Reason.TIMEOUT, "no answer")
STEP = 30_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "facts.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    opened = open_store(f"sqlite:///{path}", create=True)
    yield opened
    opened.close()


class Busy:
    """Another process that holds the right to write, between `with` and its end."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


class Refusing:
    """A store whose tables another process took away, between `with` and its end: it refuses at once."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)

    def __enter__(self) -> None:
        self._connection.execute("ALTER TABLE tail RENAME TO elsewhere")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("ALTER TABLE elsewhere RENAME TO tail")
        self._connection.close()


async def test_what_is_recorded_is_in_the_store_after_a_flush(store: SqlStore) -> None:
    recorder = Recorder(store)
    for slot in range(10):
        recorder.record("web", "local", slot * STEP, ok(5.0) if slot < 7 else TIMEOUT)
    recorder.record("web", "venlo", 0, could_not_look(Reason.NO_PERMISSION))
    assert recorder.health().pending_observations == 11
    assert store.rows() == {}
    assert await recorder.flush()
    assert store.rows() == {
        ("web", "local"): [(0, STEP, 7, 1), (7 * STEP, STEP, 3, 2)],
        ("web", "venlo"): [(0, 0, 1, 0)],
    }
    assert store.latencies("web", [(0, 900_000)]).count == 7
    health = recorder.health()
    assert (health.healthy, health.pending_observations, health.added) == (True, 0, 11)
    assert health.flushes == sum(health.flush_classes) == 1
    assert len(health.flush_classes) == len(FLUSH_BOUNDS) + 1
    assert health.last_flush_seconds == health.flush_seconds_sum
    recorder.stop()
    await recorder.run()


async def test_flushes_follow_each_other_without_a_word(store: SqlStore) -> None:
    recorder = Recorder(store, flush_seconds=0.02)
    async with asyncio.TaskGroup() as group:
        group.create_task(recorder.run(), name="store-writer")
        for slot in range(10):
            recorder.record("web", "local", slot * STEP, ok())
            await asyncio.sleep(0.03)
        assert recorder.health().flushes >= 3
        recorder.stop()
    assert store.rows() == {("web", "local"): [(0, STEP, 10, 1)]}


async def test_an_idle_recorder_writes_nothing(store: SqlStore) -> None:
    recorder = Recorder(store)
    assert await recorder.flush()
    assert recorder.health().flushes == 0
    assert recorder.health().last_flush_seconds is None


@pytest.mark.parametrize("how", ["stop", "cancel"])
async def test_the_end_writes_what_is_left(how: str, store: SqlStore) -> None:
    recorder = Recorder(store, flush_seconds=3600)
    task = asyncio.create_task(recorder.run(), name="store-writer")
    await asyncio.sleep(0)
    recorder.record("web", "local", 0, ok())
    if how == "stop":
        recorder.stop()
    else:
        task.cancel()
    await asyncio.wait([task])
    assert task.cancelled() == (how == "cancel")
    assert store.rows() == {("web", "local"): [(0, 0, 1, 1)]}


async def test_a_flush_that_nobody_awaits_any_more_loses_nothing(path: Path, store: SqlStore) -> None:
    recorder = Recorder(store)
    with Busy(path):
        recorder.record("web", "local", 0, ok())
        first = asyncio.create_task(recorder.flush())
        await asyncio.sleep(0.05)
        recorder.record("web", "local", STEP, ok())
        second = asyncio.create_task(recorder.flush())
        await asyncio.sleep(0.05)
        first.cancel()
        second.cancel()
        await asyncio.wait([first, second])
    recorder.record("web", "local", 2 * STEP, ok())
    assert await recorder.flush()
    assert store.rows() == {("web", "local"): [(0, STEP, 3, 1)]}
    assert recorder.health().pending_observations == 0


async def test_a_store_that_refuses_gets_everything_later(path: Path, store: SqlStore) -> None:
    recorder = Recorder(store)
    with Refusing(path):
        for part in range(2):
            for slot in range(part * 5, part * 5 + 5):
                recorder.record("web", "local", slot * STEP, TIMEOUT if slot == 6 else ok(5.0))
                recorder.record("dns", "local", slot * STEP, ok())
            assert not await recorder.flush()
        health = recorder.health()
        assert not health.healthy
        assert health.last_error.startswith(f"store {path}: ")
        assert (health.pending_observations, health.failures, health.added) == (20, 2, 0)
        recorder.record("web", "local", 3 * STEP, TIMEOUT)
        recorder.record("web", "local", 10 * STEP, ok(5.0))
        recorder.record("new", "local", 10 * STEP, ok())
    assert await recorder.flush()
    health = recorder.health()
    assert (health.healthy, health.last_error, health.pending_observations) == (True, "", 0)
    assert (health.added, health.conflicts) == (22, 1)
    failure = (Status.FAILED, Reason.TIMEOUT, "no answer")
    assert store.runs("web", "local") == [
        Run(0, STEP, 3, Status.OK, None, ""),
        Run(3 * STEP, 0, 1, *failure),
        Run(4 * STEP, STEP, 2, Status.OK, None, ""),
        Run(6 * STEP, 0, 1, *failure),
        Run(7 * STEP, STEP, 4, Status.OK, None, ""),
    ]
    assert store.latencies("web", [(0, 900_000)]).count == 9
    assert store.rows()["new", "local"] == [(10 * STEP, 0, 1, 1)]


async def test_a_stop_while_the_store_refuses_ends_in_time_and_says_what_is_lost(
    path: Path, store: SqlStore, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(store, flush_seconds=0.01)
    task = asyncio.create_task(recorder.run(), name="store-writer")
    with Busy(path):
        recorder.record("web", "local", 0, ok())
        await asyncio.sleep(0.1)
        begin = time.monotonic()
        recorder.stop()
        await task
        assert time.monotonic() - begin < 5
    assert "1 observations could not be stored" in caplog.text


SLOTS = {
    "a clock that went back": [0, 1, 2, 1, 2, 3],
    "a slot twice": [0, 1, 1, 2, 3],
    "disorder": [3, 1, 2, 0],
}


@pytest.mark.parametrize("sentence", SLOTS)
async def test_slots_in_any_order(sentence: str, store: SqlStore) -> None:
    recorder = Recorder(store)
    for slot in SLOTS[sentence]:
        recorder.record("web", "local", slot * STEP, ok(1.0))
    assert await recorder.flush()
    assert store.rows() == {("web", "local"): [(0, STEP, 4, 1)]}
    assert store.latencies("web", [(0, 900_000)]).count == 4
    health = recorder.health()
    assert (health.added, health.known, health.pending_observations) == (4, len(SLOTS[sentence]) - 4, 0)


@pytest.mark.parametrize("latency", [math.nan, math.inf, -1.0, 1e300])
async def test_a_latency_that_is_no_time_is_left_out(latency: float, store: SqlStore) -> None:
    recorder = Recorder(store)
    recorder.record("web", "local", 0, Outcome(Status.OK, None, latency))
    assert await recorder.flush()
    assert store.rows() == {("web", "local"): [(0, 0, 1, 1)]}
    assert store.latencies("web", [(0, 900_000)]).count == 0
