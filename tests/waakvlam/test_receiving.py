"""What agents send goes the way of the collector's own looks: what is news at once, what is late with the facts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from availability.judge import observe
from availability.outcome import Reason, Status
from availability.ports import Batch, Run
from availability.states import DOWN, UNKNOWN, UP
from collector.probes import OPTIONS
from collector.store import open_store
from collector.transport.messages import FactsMessage, StatusMessage
from collector.transport.rows import pack_rows
from config.reader import read
from exporters.prometheus import Exposition
from tests.ports import free_port
from tests.waakvlam.commands import write_estate
from waakvlam.collecting import Collecting

STEP = 1000
BROKEN = Run(0, STEP, 60, Status.FAILED, Reason.REFUSED, "connection refused")
FINE = Run(0, STEP, 60, Status.OK, None, "")


@asynccontextmanager
async def centre(folder: Path, **changes: Any) -> AsyncIterator[Collecting]:
    """A collector in Roermond that looks at nothing itself; its broker is never there."""
    mqtt = {"host": "127.0.0.1", "port": free_port(), "plaintext": "true", "agents": [{"id": "venlo"}], **changes}
    check = {"id": "app-tcp", "probe": "tcp", "host": "127.0.0.1", "port": free_port(), "from": ["venlo"]}
    path = write_estate(
        folder,
        0,
        vantages=[{"id": "roermond"}, {"id": "venlo"}],
        defaults={"interval": "1s", "timeout": "500ms", "fall": 2, "rise": 2, "stale_after": "10s"},
        components=[{"id": "app", "checks": [check]}],
        mqtt=mqtt,
    )
    store = open_store(f"sqlite:///{folder / 'facts.db'}", create=True)
    collecting = Collecting(read(path, OPTIONS), "roermond", store)
    running = asyncio.create_task(collecting.run())
    try:
        yield collecting
    finally:
        collecting.stop()
        await running
        store.close()


def take(collecting: Collecting, sequence: int, run: Run, first: int) -> None:
    """What the agent saw from `first` on (epoch milliseconds) comes in."""
    latencies = [(first + STEP * n, 2.5) for n in range(run.length)] if run.status is Status.OK else []
    rows = pack_rows([Batch("app-tcp", "venlo", [run._replace(first=first)], latencies)]).packed
    message = FactsMessage("venlo", "venlo", 7, sequence, 1, now_ms(), 0, rows)
    receiver = collecting.receiving.receiver
    assert receiver is not None
    receiver.take("waakvlam/v1/facts/venlo", message.packed())


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while True:
            if condition():
                return
            await asyncio.sleep(0.05)


async def state(collecting: Collecting) -> int:
    """Of the check as seen from Venlo, on the board, now."""
    now = now_ms()
    known = (await collecting.board.knowledge(now)).get("app-tcp", {}).get("venlo")
    return known.state.at(now) if known else UNKNOWN


async def test_what_is_news_is_on_the_board_at_once_with_its_latency(tmp_path: Path) -> None:
    async with centre(tmp_path) as collecting:
        take(collecting, 1, FINE, now_ms() - 60 * STEP)
        await until(lambda: collecting.board.look("app-tcp", "venlo"))
        assert await state(collecting) == UP
        assert not collecting.board.disordered
        look = collecting.board.look("app-tcp", "venlo")
        assert look is not None
        assert look.outcome.latency_ms == 2.5
        take(collecting, 2, BROKEN._replace(length=3), now_ms() - 2 * STEP)
        await until(lambda: collecting.receiving.states()[0].batches == 2)
        await asyncio.sleep(0.1)
        assert await state(collecting) == DOWN
        page = Exposition(collecting.source).page().decode()
        assert 'waakvlam_check_up{check="app-tcp",part="app",probe="tcp",vantage="venlo"} 0.0' in page
        assert 'waakvlam_agent_batches_total{agent="venlo",vantage="venlo"} 2.0' in page


async def test_what_is_late_changes_what_was_known_of_the_time_it_is_about(tmp_path: Path) -> None:
    async with centre(tmp_path) as collecting:
        now = now_ms()
        take(collecting, 3, FINE, now - 60 * STEP)
        await until(lambda: collecting.board.look("app-tcp", "venlo"))
        take(collecting, 2, BROKEN, now - 600 * STEP)
        take(collecting, 1, FINE, now - 660 * STEP)
        await until(lambda: collecting.receiving.states()[0].batches == 3)
        async with asyncio.timeout(20):
            while True:
                seen = (await collecting.board.knowledge(now_ms()))["app-tcp"]["venlo"]
                if seen.state.at(now - 590 * STEP) == DOWN and not collecting.board.disordered:
                    break
                await asyncio.sleep(0.05)
        assert seen.state.at(now - 650 * STEP) == UP
        assert seen.state.at(now - 300 * STEP) == UNKNOWN
        assert await state(collecting) == UP
        store = open_store(f"sqlite:///{tmp_path / 'facts.db'}", create=False)
        judged = observe(collecting.board.estate, store.rows(), now)["app-tcp"]["venlo"]
        store.close()
        for second in range(1, 700, 7):
            assert seen.state.at(now - second * STEP) == judged.state.at(now - second * STEP)


async def test_an_agent_that_is_silent_is_shown_as_gone(tmp_path: Path) -> None:
    async with centre(tmp_path) as collecting:
        receiver = collecting.receiving.receiver
        assert receiver is not None
        assert collecting.receiving.states()[0].presence == "never"
        told = StatusMessage("venlo", "here", program="0.1.0", config=collecting.settings.digest)
        receiver.take("waakvlam/v1/status/venlo", told.packed())
        [agent] = collecting.receiving.states()
        assert (agent.presence, agent.same_config) == ("here", True)
        [later] = receiver.register.states(now_ms() + 61_000, "")
        assert later.presence == "gone"
        receiver.take("waakvlam/v1/status/venlo", StatusMessage("venlo", "gone").packed())
        [agent] = collecting.receiving.states()
        assert (agent.presence, agent.program) == ("gone", "0.1.0")
