"""A database that goes away and comes back: what was observed meanwhile waits on disk, and is stored afterwards."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from availability.outcome import Reason, Status, failed, ok
from availability.ports import Batch, Merged, Run
from collector.recorder import Recorder
from collector.spool import Spool
from collector.store import SqlStore, StoreError, open_store
from tests.collector.stores import Server, server

STEP = 30_000
T0 = 1_793_491_200_000


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """One that may be stopped."""
    with server() as running:
        yield running


@pytest.fixture
def store(own_server: Server) -> Iterator[SqlStore]:
    with closing(open_store(own_server.url(own_server.new()), create=True)) as store:
        yield store


def record(recorder: Recorder, slots: range) -> None:
    for slot in slots:
        outcome = failed(Reason.TIMEOUT, "no answer") if slot % 7 == 0 else ok(5.0)
        recorder.record("web", "venlo", T0 + slot * STEP, outcome)


def seen(store: SqlStore) -> tuple[int, int]:
    """Observations and latencies."""
    count = sum(run.length for run in store.runs("web", "venlo"))
    return count, store.latencies("web", [(T0 - STEP, T0 + 10**9)]).count


async def test_facts_wait_on_disk_while_the_database_is_away(
    own_server: Server, store: SqlStore, tmp_path: Path
) -> None:
    with closing(Spool(tmp_path / "spool", "venlo")) as spool:
        recorder = Recorder(store, spool=spool)
        record(recorder, range(10))
        assert await recorder.flush()
        own_server.stop()
        for begin in range(10, 60, 10):
            record(recorder, range(begin, begin + 10))
            assert not await recorder.flush()
        health = recorder.health()
        assert (health.healthy, health.pending_observations, spool.observations) == (False, 50, 50)
        assert "nobody answers there: is the server running?" in health.last_error
        own_server.start()
        record(recorder, range(60, 70))
        assert await recorder.flush()
        health = recorder.health()
        assert (health.healthy, health.pending_observations, spool.observations) == (True, 0, 0)
        assert (health.added, health.known, health.conflicts) == (70, 0, 0)
    assert seen(store) == (70, 60)


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from collector.recorder import Recorder
from collector.spool import Spool
from collector.store import open_store
from tests.collector.test_spool import record

async def main():
    recorder = Recorder(open_store(sys.argv[1], create=False), spool=Spool(Path(sys.argv[2]), "venlo"))
    record(recorder, range(10))
    assert await recorder.flush()
    print("stored", flush=True)
    sys.stdin.readline()
    record(recorder, range(10, 30))
    assert not await recorder.flush()
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_a_collector_that_is_killed_meanwhile_loses_nothing(
    own_server: Server, store: SqlStore, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", KILLED, store.place, str(tmp_path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(  # noqa: ASYNC220 - nothing else is to go on meanwhile
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"stored\n"
        own_server.stop()
        process.communicate(b"\n", timeout=60)
    own_server.start()
    assert process.returncode == -signal.SIGKILL
    with closing(Spool(tmp_path, "venlo")) as spool:
        recorder = Recorder(store, spool=spool)
        assert recorder.health().pending_observations == 20
        record(recorder, range(30, 40))
        assert await recorder.flush()
        assert recorder.health().pending_observations == 0
    assert seen(store) == (40, 34)


class Refusing:
    """A store that takes so many batches and then no more."""

    def __init__(self, taken: int) -> None:
        self.left = taken
        self.given: list[Batch] = []

    def add(self, batches: list[Batch]) -> Merged:
        if self.left < len(batches):
            raise StoreError("no")
        self.left -= len(batches)
        self.given += batches
        return Merged(sum(run.length for batch in batches for run in batch.runs), 0, 0)


def test_what_a_store_refuses_again_goes_on_waiting(tmp_path: Path) -> None:
    facts = [
        Batch("web", "venlo", [Run(T0, STEP, 3, Status.OK, None, "")], [(T0, 1.5)]),
        Batch("@store", "venlo", [Run(T0, 0, 1, Status.FAILED, Reason.UNREACHABLE, "x" * 200)]),
    ]
    refusing = Refusing(0)
    with closing(Spool(tmp_path, "venlo")) as spool:
        assert spool.put(facts)
        with pytest.raises(StoreError):
            list(spool.drain(refusing))  # type: ignore[arg-type]  # it need not be read
        assert spool.observations == 4
        refusing.left = 2
        assert list(spool.drain(refusing)) == [Merged(4, 0, 0)]  # type: ignore[arg-type]  # as above
        assert spool.observations == 0
    assert [Batch(one.check, one.vantage, one.runs, list(one.latencies)) for one in refusing.given] == [
        Batch(one.check, one.vantage, one.runs, list(one.latencies)) for one in facts
    ]


async def test_without_room_on_disk_facts_wait_in_memory(tmp_path: Path) -> None:
    refusing = Refusing(0)
    with closing(Spool(tmp_path, "venlo", limit_bytes=1 << 19)) as spool:
        recorder = Recorder(refusing, spool=spool)  # type: ignore[arg-type]  # it need not be read
        chance = random.Random(1)
        slot = 0
        while recorder._backlog._held == {}:
            for _ in range(1000):
                detail = chance.randbytes(50).hex()
                recorder.record("web", "venlo", T0 + slot * STEP, failed(Reason.BAD_STATUS, detail))
                slot += 1
            assert not await recorder.flush()
        assert 0 < spool.observations < slot
        assert recorder.health().pending_observations == slot
        refusing.left = 10**9
        assert await recorder.flush()
        assert recorder.health().pending_observations == 0
    assert sum(run.length for batch in refusing.given for run in batch.runs) == slot


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"spool .*/file/spool: the folder cannot be made \(Not a directory\)"):
        Spool(tmp_path / "file" / "spool", "venlo")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="spool"):
        Spool(tmp_path, "venlo")
