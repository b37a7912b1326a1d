"""The receiver of traps follows the configuration, and a trap has the checks of its device look at once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from collector.clock import Clock
from collector.engine import Engine
from collector.traps import LINK_DOWN
from config.settings import CheckSpec, SecretRef, Settings, Traps
from tests.collector.test_traps import check, notification, until
from tests.ports import free_port
from waakvlam.trapping import Trapping


def settings(port: int | None, community: str = "TRAPS") -> Settings:
    traps = Traps(("127.0.0.1", port), SecretRef(env=community)) if port else None
    return Settings(Path("x"), "", ("127.0.0.1", 0), cast("Any", None), {}, traps=traps)


def send(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(notification(LINK_DOWN), ("127.0.0.1", port))


class Schedule:
    """Stands in for the engine: keeps which checks were to look sooner."""

    def __init__(self) -> None:
        self.forwarded: list[str] = []

    def bring_forward(self, name: str, at_ms: int) -> bool:
        self.forwarded.append(name)
        return True


async def listening(trapping: Trapping, port: int) -> None:
    def there() -> bool:
        return trapping.receiver is not None and trapping.receiver.address == ("127.0.0.1", port)

    await until(there)


async def test_a_reload_moves_the_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAPS", "Geheim7")
    schedule, checks = Schedule(), [check("core-ping", "127.0.0.1")]
    trapping = Trapping(cast("Engine", schedule), Clock())
    first, second = (free_port(socket.SOCK_DGRAM) for _ in range(2))
    trapping.watch(checks, settings(None))
    running = asyncio.ensure_future(trapping.run())
    await asyncio.sleep(0)
    assert trapping.receiver is None
    for port in (first, second):
        trapping.watch(checks, settings(port))
        await listening(trapping, port)
        schedule.forwarded.clear()
        trapping.watch(checks, settings(port))
        send(port)
        await until(_some(schedule))
        assert trapping.counts()["used"] == 1
    trapping.watch(checks, settings(None))
    await until(lambda: _is_free(second))
    running.cancel()
    await asyncio.wait([running])
    assert _is_free(first)


def _some(schedule: Schedule) -> Callable[[], bool]:
    return lambda: schedule.forwarded[-1:] == ["core-ping"]


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


async def test_a_port_that_is_taken_is_said_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        trapping = Trapping(cast("Engine", Schedule()), Clock())
        trapping.watch([], settings(taken.getsockname()[1]))
        running = asyncio.ensure_future(trapping.run())
        await until(lambda: bool(caplog.records))
        assert "traps: cannot listen on 127.0.0.1" in caplog.text
        assert "address already in use" in caplog.text
        assert not running.done()
        running.cancel()
        await asyncio.wait([running])


def test_other_checks_are_left_alone() -> None:
    unrelated = CheckSpec("named", "core", "icmp", object(), 30_000, 5000, None, ("local",))
    trapping = Trapping(cast("Engine", Schedule()), Clock())
    trapping.watch([unrelated, check("core-ping", "core.example")], settings(None))
    assert trapping.receiver is None
