"""A collector that is killed loses at most its last flush, and leaves a store that opens.

This file is also the program that is killed: it records by a known rule and keeps a journal of what it did.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from availability import facts
from availability.facts import Observation
from availability.outcome import Outcome, Reason, Status, could_not_look, failed, ok
from collector.recorder import Recorder
from collector.store import StoreError, open_store

SERIES = 20
SLOT_MS = 1000
SECONDS_TO_LIVE = 20


def outcome(series: int, tick: int) -> Outcome:
    """What `series` sees at `tick`: mostly the same, with failures and looks that gave nothing."""
    dice = (series * 7919 + tick // (1 + series) * 104_729) % 100
    if dice < 10:
        return failed(Reason.TIMEOUT, "no answer")
    if dice < 15:
        return could_not_look(Reason.NO_DESCRIPTOR)
    return ok(latency_ms=float(1 + series))


async def record(url: str, tick: int, journal: int) -> None:
    recorder = Recorder(open_store(url, create=True))
    end = time.monotonic() + SECONDS_TO_LIVE
    while time.monotonic() < end:
        for _ in range(10):
            os.write(journal, f"recorded {tick}\n".encode())
            for series in range(SERIES):
                recorder.record(f"check-{series}", "local", tick * SLOT_MS, outcome(series, tick))
            tick += 1
        if await recorder.flush():
            os.write(journal, f"flushed {tick - 1}\n".encode())


def lines_of(journal: Path, word: str) -> int:
    return journal.read_text().count(word) if journal.exists() else 0


def last_of(journal: Path, word: str) -> int:
    ticks = [int(line.split()[1]) for line in journal.read_text().splitlines() if line.startswith(word)]
    return ticks[-1] if ticks else -1


def killed_after(seconds: float, url: str, first: int, journal: Path, flushes: int = 0) -> None:
    """Has it record until it is killed, so long after its start, or after so many flushes of it."""
    flushed = lines_of(journal, "flushed") + flushes
    with journal.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, __file__, url, str(first), str(file.fileno())], pass_fds=[file.fileno()]
        )
    while flushes and lines_of(journal, "flushed") < flushed and process.poll() is None:
        time.sleep(0.01)
    time.sleep(seconds)
    assert process.poll() is None, "it ended before it was killed"
    process.kill()
    process.wait()


def survived(url: str, journal: Path) -> int:
    """The last tick in the store; all up to it are there, and those that were flushed are among them."""
    flushed, recorded = last_of(journal, "flushed"), last_of(journal, "recorded")
    try:
        store = open_store(url, create=False)
    except StoreError as error:
        assert "nothing was recorded yet" in str(error)
        assert flushed == -1
        return -1
    rows = store.rows()
    last = max(
        (first + step * (length - 1) for all_of in rows.values() for first, step, length, _ in all_of), default=-1
    )
    tick = last // SLOT_MS
    assert flushed <= tick <= recorded
    for series in range(SERIES if rows else 0):
        seen = [(n, outcome(series, n)) for n in range(tick + 1)]
        expected = facts.encode(Observation(n * SLOT_MS, each.status, each.reason, each.detail) for n, each in seen)
        assert store.runs(f"check-{series}", "local") == expected
        timed = sum(each.status is Status.OK for _, each in seen)
        assert store.latencies(f"check-{series}", [(0, 1 << 42)]).count == timed
    store.close()
    return tick


def kill_again_and_again(folder: Path, times: int, seed: int) -> None:
    dice = random.Random(seed)
    url, journal = f"sqlite:///{folder / 'facts.db'}", folder / "journal"
    tick = -1
    for _ in range(times):
        # What was already stored is recorded again, as after a restart in the middle of a slot.
        killed_after(dice.uniform(0.15, 0.9), url, max(0, tick - 3), journal)
        tick = survived(url, journal)
    # On a busy machine none of them may have come as far as to store anything.
    killed_after(0.0, url, max(0, tick - 3), journal, flushes=1)
    assert survived(url, journal) > 0


def test_killed_at_any_moment_it_loses_at_most_a_flush(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, times=3, seed=time.time_ns())


def test_killed_while_it_makes_the_store_it_can_make_it_again(tmp_path: Path) -> None:
    for number, seconds in enumerate((0.2, 0.3)):
        folder = tmp_path / str(number)
        folder.mkdir()
        url, journal = f"sqlite:///{folder / 'facts.db'}", folder / "journal"
        killed_after(seconds, url, 0, journal)
        tick = survived(url, journal)
        killed_after(0.6, url, tick + 1, journal)
        assert survived(url, journal) >= tick


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_killed_a_hundred_times(tmp_path: Path, seed: int) -> None:
    kill_again_and_again(tmp_path, times=10, seed=seed)


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
