"""Agents for tests of the transport: what they observe is known, so that what is stored can be held to it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from availability import facts
from availability.facts import Observation
from availability.outcome import Reason, Status
from availability.ports import Batch, Run
from collector.clock import Clock
from collector.outbox import Outbox
from collector.store import SqlStore
from collector.transport.messages import FactsMessage, Topics
from collector.transport.rows import pack_rows
from collector.transport.sender import Sender, Telling
from tests.collector.mosquitto import Mosquitto

CHECKS = 20
STEP_MS = 1000
TELLING = Telling("0.1.0", "f00d", CHECKS, 0, 1)
_LONGEST_S = 30.0


class Runs(Protocol):
    async def run(self) -> None: ...


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def outcome(check: int, tick: int) -> tuple[Status, Reason | None, str]:
    """What `check` sees at `tick`: mostly the same, with failures and looks that gave nothing."""
    dice = random.Random(check * 7919 + tick // (1 + check) * 104_729).randrange(100)
    if dice < 10:
        return Status.FAILED, Reason.TIMEOUT, "no answer"
    if dice < 15:
        return Status.NONE, Reason.NO_DESCRIPTOR, ""
    return Status.OK, None, ""


def observed(begin: int, ticks: range, vantage: str = "venlo") -> list[Batch]:
    """What all checks saw at these ticks of a schedule that began at `begin` (epoch milliseconds)."""
    batches = []
    for check in range(CHECKS):
        seen = [(begin + tick * STEP_MS + check, outcome(check, tick)) for tick in ticks]
        runs = facts.encode(Observation(at, *content) for at, content in seen)
        timed = [(at, 1.0 + check) for at, content in seen if content[0] is Status.OK]
        batches.append(Batch(f"check-{check}", vantage, runs, timed))
    return batches


def expected(begin: int, ticks: range, vantage: str = "venlo") -> dict[tuple[str, str], list[Run]]:
    """What a store holds when all of that is in it."""
    return {(batch.check, vantage): list(batch.runs) for batch in observed(begin, ticks, vantage)}


def stored(store: SqlStore) -> dict[tuple[str, str], list[Run]]:
    return {key: store.runs(*key) for key in store.extents()}


def timed(store: SqlStore) -> int:
    """How many latencies it holds."""
    return sum(store.latencies(f"check-{check}", [(0, 1 << 42)]).count for check in range(CHECKS))


def latencies(ticks: range) -> int:
    return sum(outcome(check, tick)[0] is Status.OK for check in range(CHECKS) for tick in ticks)


def agent(broker: Mosquitto, outbox: Outbox, clock: Clock | None = None, **changes: Any) -> Sender:
    """An agent that sends what is in `outbox`."""
    mqtt = broker.mqtt(**changes)
    return Sender(mqtt, mqtt.agents[0], outbox, clock or Clock(), lambda: TELLING)


def message(batches: list[Batch], sequence: int = 1, **changes: Any) -> FactsMessage:
    """A batch as an agent would send it by itself."""
    content: Mapping[str, Any] = {
        "agent": "venlo", "vantage": "venlo", "start": 7, "sequence": sequence, "oldest": 1, "sent": now_ms(),
        "offset": 0, "rows": pack_rows(batches).packed, **changes,
    }  # fmt: skip
    return FactsMessage(**content)


def topics() -> Topics:
    return Topics("waakvlam")


def new_outbox(folder: Path, name: str = "outbox.db", vantage: str = "venlo", size: int = 50_000_000) -> Outbox:
    return Outbox(folder / name, vantage, size)


@contextlib.asynccontextmanager
async def going(*works: Runs) -> AsyncIterator[None]:
    """While each of these runs; what ends one by itself fails the test."""
    tasks = [asyncio.create_task(work.run()) for work in works]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], object], what: str = "") -> None:
    """Wait for it."""
    ends = time.monotonic() + _LONGEST_S
    while not condition():
        assert time.monotonic() < ends, f"it does not come to this: {what}"
        await asyncio.sleep(0.02)
