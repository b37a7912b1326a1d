"""Agent and centre are killed at any moment, and the broker is stopped: the facts are those of a run without trouble.

This file is also the programs that are killed: an agent that observes by a known rule and keeps a journal of what its
outbox took, and a centre that stores.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.store import open_store
from collector.transport.receiver import Receiver
from tests.collector.mosquitto import Mosquitto, mosquitto
from tests.collector.transporting import agent, expected, latencies, new_outbox, now_ms, observed, stored, timed, until

TICKS_AT_ONCE = 5
_LONGEST_S = 40.0


class Known(Mosquitto):
    """The one that the test started, as the programs know it."""

    def __init__(self, place: Path, port: int) -> None:
        self.place = place
        self.port = port
        self.ca_file = place / "Proefautoriteit.pem"


async def observe(broker: Mosquitto, folder: Path, begin: int, journal: int) -> None:
    """Go on where the journal ends: what the outbox took just before the end may be taken twice."""
    outbox = new_outbox(folder)
    sending = asyncio.create_task(agent(broker, outbox, in_flight=4).run())
    tick = last_of(folder / "journal")
    while not (folder / "enough").exists():
        outbox.add(observed(begin, range(tick, tick + TICKS_AT_ONCE)))
        tick += TICKS_AT_ONCE
        os.write(journal, f"{tick}\n".encode())
        await asyncio.sleep(0.02)
    await until(lambda: not outbox.state().batches)
    sending.cancel()


async def keep(broker: Mosquitto, folder: Path) -> None:
    store = open_store(f"sqlite:///{folder / 'facts.db'}", create=True)
    await Receiver(broker.mqtt(in_flight=4), "centre-roermond", store, now_ms).run()


def last_of(journal: Path) -> int:
    return int(journal.read_text().split()[-1]) if journal.exists() and journal.read_text().split() else 0


class Program:
    """One of the two, which is started again whenever it was killed."""

    def __init__(self, broker: Mosquitto, folder: Path, what: str, begin: int) -> None:
        self._arguments = [sys.executable, __file__, what, str(broker.place), str(broker.port), str(folder), str(begin)]
        self._folder = folder
        self.start()

    def start(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        with (self._folder / "journal").open("ab") as journal:
            self.process = subprocess.Popen(
                [*self._arguments, str(journal.fileno())], pass_fds=[journal.fileno()], env=environment
            )

    def kill(self) -> None:
        assert self.process.poll() is None, "it ended by itself"
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def broker() -> Iterator[Mosquitto]:
    with mosquitto() as running:
        yield running


def kill_again_and_again(broker: Mosquitto, folder: Path, times: int, seed: int) -> None:
    dice = random.Random(seed)
    begin = now_ms() - 86_400_000
    programs = [Program(broker, folder, what, begin) for what in ("agent", "centre")]
    try:
        for number in range(times):
            time.sleep(dice.uniform(0.3, 1.5))
            victim = dice.choice(programs)
            victim.kill()
            if number == times // 2:
                broker.stop()
                time.sleep(dice.uniform(0.1, 0.5))
                broker.start()
            victim.start()
        until = time.monotonic() + _LONGEST_S
        while last_of(folder / "journal") < 100 and time.monotonic() < until:
            time.sleep(0.05)
        (folder / "enough").touch()
        assert programs[0].process.wait(_LONGEST_S) == 0, "the outbox was never empty"
    finally:
        for program in programs:
            if program.process.poll() is None:
                program.process.kill()
                program.process.wait()
    ticks = range(last_of(folder / "journal"))
    assert len(ticks) >= 100
    store = open_store(f"sqlite:///{folder / 'facts.db'}", create=False)
    assert stored(store) == expected(begin, ticks)
    assert timed(store) == latencies(ticks)
    store.close()


def test_killed_at_any_moment_nothing_is_lost_and_nothing_is_made_up(broker: Mosquitto, tmp_path: Path) -> None:
    kill_again_and_again(broker, tmp_path, times=5, seed=time.time_ns())


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_killed_a_hundred_times(broker: Mosquitto, tmp_path: Path, seed: int) -> None:
    kill_again_and_again(broker, tmp_path, times=10, seed=seed)


if __name__ == "__main__":
    known, place = Known(Path(sys.argv[2]), int(sys.argv[3])), Path(sys.argv[4])
    if sys.argv[1] == "agent":
        asyncio.run(observe(known, place, int(sys.argv[5]), int(sys.argv[6])))
    else:
        asyncio.run(keep(known, place))
