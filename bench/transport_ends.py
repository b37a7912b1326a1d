"""The two ends of section `transport`, each a process: `python -m bench.transport_ends agent|centre FOLDER ...`."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from availability.outcome import Status
from availability.ports import Batch, Run
from bench.figures import quantile
from collector.clock import Clock
from collector.outbox import Outbox
from collector.store import open_store
from collector.transport.receiver import Receiver
from collector.transport.rows import in_pieces
from collector.transport.sender import Sender, Telling
from config.mqtt import IN_FLIGHT
from config.mqtt_settings import Agent, BrokerTls, Mqtt
from config.mqtt_settings import Outbox as OutboxSettings
from config.secret_refs import SecretRef
from waakvlam.loop import run_in_loop, short_turns

_STEP = 30_000
_TURN_S = 0.02
_ROOM = 4_000_000_000


def settings(folder: Path) -> Mqtt:
    """How both reach the broker, whose port stands in a file."""
    return Mqtt(
        host="127.0.0.1",
        port=int((folder / "port").read_text()),
        tls=BrokerTls(folder / "Proefautoriteit.pem"),
        topic="waakvlam",
        username="centre",
        password=SecretRef(file=folder / "centre.password"),
        agents=(Agent("venlo", "venlo", "venlo", SecretRef(file=folder / "venlo.password")),),
        outbox=OutboxSettings(None, _ROOM),
        clock_within_ms=10_000,
        in_flight=IN_FLIGHT,
    )


def fill(file: Path, checks: int, looks: int, size: int, begin: int) -> int:
    """Let an outbox hold `looks` looks of `checks` checks, `size` observations to a batch; how many that are."""
    chance = random.Random(20261103)
    outbox = Outbox(file, "venlo", _ROOM)
    for look in range(looks):
        batches = []
        for check in range(checks):
            at = begin + look * _STEP + check * _STEP // checks
            latency = round(chance.lognormvariate(2.5, 0.4), 3)
            batches.append(
                Batch(f"component-{check:05d}-icmp", "venlo", [Run(at, 0, 1, Status.OK, None, "")], [(at, latency)])
            )
        for piece in in_pieces(batches, size):
            outbox.add(piece)
    outbox.close()
    return checks * looks


class Turns:
    """How late a task gets its turn that wants one every 20 ms, as probes do."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []

    async def run(self) -> None:
        while True:
            due = time.perf_counter() + _TURN_S
            await asyncio.sleep(_TURN_S)
            self.late_ms.append(1000 * (time.perf_counter() - due))


async def _measured(
    run: Callable[[], Awaitable[None]], begun: Callable[[], object], over: Callable[[], bool]
) -> dict[str, Any]:
    """Time, CPU time and lateness of turns from when it has `begun` until it is `over`."""
    turns = Turns()
    tasks = [asyncio.ensure_future(run()), asyncio.ensure_future(turns.run())]
    await _until(begun, 0.001)
    clock, cpu = time.perf_counter(), time.process_time()
    turns.late_ms.clear()
    await _until(over, 0.01)
    told = {"seconds": time.perf_counter() - clock, "cpu": time.process_time() - cpu}
    late = {"late": quantile(turns.late_ms, 0.99), "latest": max(turns.late_ms)} if turns.late_ms else {}
    await asyncio.sleep(0.5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return told | late


async def _until(condition: Callable[[], object], pause_s: float) -> None:
    while not condition():  # noqa: ASYNC110 - what is measured is not to know of it
        await asyncio.sleep(pause_s)


async def agent(folder: Path, file: Path) -> dict[str, Any]:
    """Send all that is in the outbox."""
    mqtt, outbox = settings(folder), Outbox(file, "venlo", _ROOM)
    whole = outbox.state().batches
    sender = Sender(mqtt, mqtt.agents[0], outbox, Clock(), lambda: Telling("", "", 0, 0, 0))
    return await _measured(sender.run, lambda: sender.clock.is_right, lambda: outbox.state().batches == 0 or whole == 0)


async def centre(folder: Path, url: str, expected: int) -> dict[str, Any]:
    """Store until that many observations came."""
    store = open_store(url, create=True)
    receiver = Receiver(settings(folder), "centre-roermond", store, lambda: time.time_ns() // 1_000_000)

    def stored() -> int:
        return receiver.states("")[0].observations

    found = await _measured(receiver.run, lambda: receiver.states("")[0].clock_offset_ms is not None or stored(),
                            lambda: stored() >= expected)  # fmt: skip
    store.close()
    return found


def main() -> None:
    what, folder = sys.argv[1], Path(sys.argv[2])
    work = agent(folder, Path(sys.argv[3])) if what == "agent" else centre(folder, sys.argv[3], int(sys.argv[4]))
    with short_turns():
        print(json.dumps(run_in_loop(work)))


if __name__ == "__main__":
    main()
