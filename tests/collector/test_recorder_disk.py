"""A disk that is full takes nothing half, and takes everything once there is room again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from availability.outcome import Reason, Status, failed, ok
from availability.ports import Batch, Run
from collector.recorder import Recorder
from collector.store import StoreError, open_store
from tests.collector.daemons import left_out

STEP = 30_000
ROOM = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte; skipped where one may not be mounted."""
    options = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "small", str(tmp_path)]
    if os.geteuid() != 0 or subprocess.run(options, capture_output=True, check=False).returncode != 0:
        left_out("no file system may be mounted here")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def fill(folder: Path) -> Path:
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


async def test_a_recorder_keeps_what_a_full_disk_refuses(small_disk: Path) -> None:
    store = open_store(f"sqlite:///{small_disk / 'facts.db'}", create=True)
    recorder = Recorder(store)
    recorder.record("web", "local", 0, ok(1.0))
    assert await recorder.flush()
    ballast = fill(small_disk)
    slot = 1
    while recorder.health().healthy:
        for _ in range(50):
            outcome = failed(Reason.BAD_STATUS, f"status {500 + slot % 2}") if slot % 3 else ok(1.0)
            recorder.record("web", "local", slot * STEP, outcome)
            slot += 1
        await recorder.flush()
    assert recorder.health().last_error.startswith(f"store {small_disk / 'facts.db'}: the disk is full")
    assert recorder.health().pending_observations == 50
    ballast.unlink()
    assert await recorder.flush()
    assert recorder.health().pending_observations == 0
    assert sum(run.length for run in store.runs("web", "local")) == slot
    store.close()


def test_no_store_can_be_made_on_a_full_disk(small_disk: Path) -> None:
    ballast = fill(small_disk)
    path = small_disk / "facts.db"
    with pytest.raises(StoreError, match="the disk is full"):
        open_store(f"sqlite:///{path}", create=True)
    ballast.unlink()
    store = open_store(f"sqlite:///{path}", create=True)
    assert store.add([Batch("web", "local", [Run(0, 0, 1, Status.OK, None, "")])]).added == 1
    store.close()


LIMITED = """
import resource, signal, sys
from availability.outcome import Status
from availability.ports import Batch, Run
from collector.store import StoreError, open_store

store = open_store(sys.argv[1], create=True)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
added = 0
try:
    while True:
        runs = [Run(added + n, 0, 1, Status(n % 2), None, "") for n in range(1000)]
        added += store.add([Batch("web", "local", runs)]).added
except StoreError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
added += store.add([Batch("web", "local", runs)]).added
print(added)
"""


def test_a_file_that_may_not_grow_keeps_what_it_has(tmp_path: Path) -> None:
    """Without rights to mount anything: a limit on the size of files refuses as a full disk does."""
    url = f"sqlite:///{tmp_path / 'facts.db'}"
    program = [sys.executable, "-c", LIMITED, url]
    message, added = subprocess.run(program, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "nothing of this was stored" in message
    store = open_store(url, create=False)
    assert sum(run.length for run in store.runs("web", "local")) == int(added) > 1000
    store.close()
