"""`/-/ready` says whether facts are being stored, as long as they are not, and tells when they are again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.store import open_store
from tests.waakvlam.commands import a_server, collector, get, metric, stop, wait_until, write_estate

ROOM = 2 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes; skipped where one may not be mounted."""
    options = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "small", str(tmp_path)]
    if os.geteuid() != 0 or subprocess.run(options, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system may be mounted here")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def fill(folder: Path) -> Path:
    """Take all the room there is, with a file that makes room again when it is removed."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


def test_it_is_not_ready_while_the_disk_is_full(small_disk: Path) -> None:
    with a_server() as server:
        path = write_estate(small_disk, server.getsockname()[1])
        with collector(path) as process:
            ballast = fill(small_disk)
            wait_until(lambda: get(path, "/-/ready")[0] == 503, 60)
            assert get(path, "/-/ready")[1] == (
                "Not ready. Facts are not being stored: see the log for what the store said.\n"
            )
            assert get(path, "/-/healthy")[0] == 200
            assert metric(path, "waakvlam_store_healthy") == 0
            ballast.unlink()
            wait_until(lambda: get(path, "/-/ready")[0] == 200)
            assert metric(path, "waakvlam_store_healthy") == 1
            code, _, log = stop(process)
        assert code == 0 and "the disk is full" in log
    store = open_store(f"sqlite:///{small_disk / 'facts.db'}", create=False)
    rows = store.rows()["app-tcp", "local"]
    store.close()
    instants = {first + step * n for first, step, count, _ in rows for n in range(count)}
    assert sorted(instants) == list(range(min(instants), max(instants) + 1, 200)), "what waited is there"
