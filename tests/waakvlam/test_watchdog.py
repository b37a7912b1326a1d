"""Signs of life to the service manager: on a real socket, by a running collector, only while all goes as it must."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from availability.outcome import Outcome, ok
from collector.clock import Clock
from collector.context import Context, Kind
from collector.engine import Engine
from collector.pinger import IcmpPinger
from collector.resolver import SystemResolver
from collector.store import open_store
from config.settings import CheckSpec
from tests.waakvlam.commands import COMMAND, a_server, get, metric, stop, wait_until, write_estate
from waakvlam import watchdog
from waakvlam.notifying import Notifier
from waakvlam.watchdog import Pace, feed


@pytest.fixture(params=["a path", "an abstract name"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """Where a service manager listens, and how it says so."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        if request.param == "a path":
            address = str(tmp_path / "notify")
            listening.bind(address)
        else:
            name = f"waakvlam-{os.getpid()}-{tmp_path.name}"
            address = f"@{name}"
            listening.bind(f"\0{name}")
        listening.settimeout(10)
        yield listening, address


def heard(listening: socket.socket) -> dict[str, str]:
    lines = listening.recv(4096).decode().split("\n")
    return dict(line.partition("=")[::2] for line in lines)


def heard_until(listening: socket.socket, key: str) -> list[dict[str, str]]:
    """Every notice up to the first that has `key`."""
    notices = [heard(listening)]
    while key not in notices[-1]:
        notices.append(heard(listening))
    return notices


def test_every_notice_is_one_that_systemd_knows(manager: tuple[socket.socket, str]) -> None:
    listening, address = manager
    notifier = Notifier(address, 30.0)
    notifier.ready("probing 3 checks from venlo")
    notifier.reloading()
    notifier.alive()
    notifier.status("all goes as it must again")
    notifier.stopping()
    assert heard(listening) == {"READY": "1", "STATUS": "probing 3 checks from venlo"}
    reloading = heard(listening)
    assert reloading.keys() == {"RELOADING", "MONOTONIC_USEC"} and int(reloading["MONOTONIC_USEC"]) > 0
    assert heard(listening) == {"WATCHDOG": "1"}
    assert heard(listening) == {"STATUS": "all goes as it must again"}
    assert heard(listening)["STOPPING"] == "1"
    notifier.close()
    notifier.alive()


ENVIRONMENTS: dict[str, tuple[dict[str, str], float | None]] = {
    "without systemd": ({}, None),
    "no watchdog is asked for": ({"NOTIFY_SOCKET": "/x"}, None),
    "half a minute": ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "30000000"}, 30.0),
    "meant for this process": ({"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": str(os.getpid())}, 1e-6),
    "meant for another": ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}, None),
    "no number": ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "-5"}, None),
    "never": ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "0"}, None),
    "nowhere to send it": ({"WATCHDOG_USEC": "30000000"}, None),
    "a socket of another kind": ({"NOTIFY_SOCKET": "vsock:2:1", "WATCHDOG_USEC": "30000000"}, None),
    "an empty name": ({"NOTIFY_SOCKET": "@", "WATCHDOG_USEC": "30000000"}, None),
}


@pytest.mark.parametrize("given", ENVIRONMENTS)
def test_what_systemd_asks_for_is_read_once_and_no_child_sees_it(given: str) -> None:
    environment, watchdog_s = ENVIRONMENTS[given]
    environment = {**environment, "PATH": "/bin"}
    notifier = Notifier.from_environment(environment)
    assert notifier.watchdog_s == watchdog_s
    assert environment == {"PATH": "/bin"}
    notifier.close()


def test_a_manager_that_is_gone_is_told_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier(str(tmp_path / "gone"), 1.0)
    for _ in range(3):
        notifier.alive()
    notifier.close()
    assert [record.getMessage() for record in caplog.records] == [
        "the service manager cannot be told anything: No such file or directory"
    ]


def test_a_manager_that_does_not_listen_holds_up_nothing(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "notify"))
        notifier = Notifier(str(tmp_path / "notify"), 1.0)
        for _ in range(2_000):
            notifier.alive()
        notifier.close()


# The collector as systemd starts it.


@contextmanager
def supervised(path: Path, address: str) -> Iterator[subprocess.Popen[str]]:
    """`waakvlam run` with a watchdog of one second."""
    process = subprocess.Popen(
        [*COMMAND, "run", "--config", path.name],
        cwd=path.parent,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


@pytest.fixture
def notices(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(20)
        yield listening, str(tmp_path / "notify")


def test_a_collector_tells_when_it_begins_reloads_and_ends(notices: tuple[socket.socket, str], tmp_path: Path) -> None:
    listening, address = notices
    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1])
        with supervised(path, address) as process:
            assert heard(listening) == {"READY": "1", "STATUS": "probing 1 checks from local"}
            assert get(path, "/-/healthy")[0] == 200, "it is ready when it answers"
            assert heard_until(listening, "WATCHDOG")
            process.send_signal(signal.SIGHUP)
            heard_until(listening, "RELOADING")
            assert "READY" in heard_until(listening, "READY")[-1]
            good = path.read_text()
            path.write_text("version: 2\n")
            process.send_signal(signal.SIGHUP)
            heard_until(listening, "RELOADING")
            assert heard_until(listening, "READY"), "a refused configuration is the end of a reload too"
            path.write_text(good)
            heard_until(listening, "WATCHDOG")
            assert metric(path, "waakvlam_schedule_keeps_pace") == 1
            code, _, log = stop(process)
            assert heard_until(listening, "STOPPING")
            assert code == 0, log


def test_a_store_that_takes_nothing_is_not_ready_and_no_reason_to_be_killed(
    notices: tuple[socket.socket, str], tmp_path: Path
) -> None:
    """A restart would lose what waits in memory; so signs of life go on, and the facts are stored afterwards."""
    listening, address = notices
    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1])
        with supervised(path, address) as process:
            wait_until(lambda: get(path, "/-/ready")[0] == 200)
            blocking = sqlite3.connect(tmp_path / "facts.db", isolation_level=None)
            blocking.execute("BEGIN EXCLUSIVE")
            wait_until(lambda: get(path, "/-/ready")[0] == 503)
            assert "Facts are not being stored: see the log for what the store said." in get(path, "/-/ready")[1]
            assert metric(path, "waakvlam_store_healthy") == 0
            drain(listening)
            for _ in range(3):
                heard_until(listening, "WATCHDOG")
            assert (metric(path, "waakvlam_store_pending_observations") or 0) > 0
            assert metric(path, "waakvlam_schedule_keeps_pace") == 1
            blocking.execute("ROLLBACK")
            blocking.close()
            wait_until(lambda: get(path, "/-/ready")[0] == 200)
            assert metric(path, "waakvlam_store_healthy") == 1
            code, _, log = stop(process)
            assert code == 0
            assert "facts cannot be stored, and are kept in memory" in log and "facts are stored again" in log
    assert_without_a_gap(tmp_path)


def assert_without_a_gap(folder: Path) -> None:
    """Every slot from the first to the last look was stored."""
    store = open_store(f"sqlite:///{folder / 'facts.db'}", create=False)
    rows = store.rows()["app-tcp", "local"]
    store.close()
    instants = {first + step * n for first, step, count, _ in rows for n in range(count)}
    assert max(instants) - min(instants) > 3_000
    assert sorted(instants) == list(range(min(instants), max(instants) + 1, 200))


def drain(listening: socket.socket) -> None:
    listening.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            listening.recv(4096)
    listening.settimeout(20)


# What must hold.


@dataclass
class Listener:
    """Counts signs of life."""

    watchdog_s: float | None = 0.4
    signs: int = 0
    statuses: list[str] = field(default_factory=list)

    def alive(self) -> None:
        self.signs += 1

    def status(self, text: str) -> None:
        self.statuses.append(text)


class Stubborn:
    """A probe that takes no for an answer, and is not done before it is let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def __call__(self, options: Any, context: Context) -> Outcome:
        while not self.let_go.is_set():
            with suppress(asyncio.CancelledError):
                await self.let_go.wait()
        return ok(1.0)


async def quick(options: Any, context: Context) -> Outcome:
    return ok(1.0)


def an_engine(clock: Clock, probe: Any, sink: Callable[..., None] = lambda *_: None, checks: int = 4) -> Engine:
    specs = [CheckSpec(f"c{n}", "p", "made-up", None, 100, 50, None, ("local",)) for n in range(checks)]
    kinds = {"made-up": Kind(probe, object, opens_socket=True)}
    return Engine(specs, sink, kinds=kinds, pinger=IcmpPinger(), resolver=SystemResolver(), clock=clock, sockets=1)


@contextmanager
def ahead(clock: Clock, seconds: float) -> Iterator[None]:
    """Both clocks, so much later."""
    wall, monotonic = clock.wall, clock.monotonic
    clock.wall, clock.monotonic = lambda: wall() + int(seconds * 1e9), lambda: monotonic() + seconds  # type: ignore[method-assign]  # time travel
    try:
        yield
    finally:
        clock.wall, clock.monotonic = wall, monotonic  # type: ignore[method-assign]  # and back


async def running(engine: Engine, seconds: float) -> asyncio.Task[None]:
    task = asyncio.create_task(engine.run())
    await asyncio.sleep(seconds)
    return task


async def test_a_schedule_that_goes_on_lacks_nothing() -> None:
    clock = Clock()
    engine = an_engine(clock, quick)
    pace = Pace(engine, lambda: clock.monotonic(), lambda: 0.05)
    assert pace.lacking() == "", "before it runs there is nothing to hold against it"
    task = await running(engine, 0.4)
    assert pace.lacking() == "" and engine.stats.ok > 3
    engine.stop(0)
    await task


async def test_a_schedule_that_is_not_looked_through_is_late() -> None:
    clock = Clock()
    engine = an_engine(clock, quick)
    pace = Pace(engine, lambda: clock.monotonic(), lambda: 0.05)
    with ahead(clock, watchdog.LATE_S + 1):
        # Nothing of the loop goes on in here, as where it is held up.
        assert pace.lacking() == "The schedule is 11 seconds late.", "it never began"
    task = await running(engine, 0.2)
    with ahead(clock, watchdog.LATE_S + 1):
        assert "seconds late" in pace.lacking()
    engine.stop(0)
    await task


async def test_looks_that_wait_while_none_begins_are_a_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "WAIT_S", 0.3)
    clock, probe = Clock(), Stubborn()
    engine = an_engine(clock, probe)
    pace = Pace(engine, lambda: clock.monotonic(), lambda: 0.05)
    task = await running(engine, 0.3)
    assert pace.lacking() == "" and engine.waiting
    await asyncio.sleep(0.4)
    assert pace.lacking().startswith("Looks wait for a place, and none began for ")
    probe.let_go.set()
    engine.stop(0)
    await task


async def test_a_slow_look_is_no_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "WAIT_S", 0.1)
    clock, probe = Clock(), Stubborn()
    engine = an_engine(clock, probe)
    pace = Pace(engine, lambda: clock.monotonic(), lambda: 60.0)
    task = await running(engine, 0.5)
    assert pace.lacking() == "" and engine.waiting
    probe.let_go.set()
    engine.stop(0)
    await task


async def test_outcomes_that_nobody_takes_are_lost() -> None:
    clock, broken = Clock(), True

    def sink(*_: Any) -> None:
        if broken:
            raise RuntimeError("a mistake")

    engine = an_engine(clock, quick, sink, checks=2)
    pace = Pace(engine, lambda: clock.monotonic(), lambda: 0.05)
    task = await running(engine, 0.3)
    assert pace.lacking() == "What was observed is refused before it can be stored."
    assert pace.lacking(), "until an outcome is taken"
    broken = False
    await asyncio.sleep(0.3)
    pace.lacking()
    await asyncio.sleep(0.2)
    assert pace.lacking() == ""
    engine.stop(0)
    await task


async def test_signs_of_life_stop_with_what_is_lacking_and_come_back(caplog: pytest.LogCaptureFixture) -> None:
    listener, lacking = Listener(), ""
    feeding = asyncio.create_task(feed(listener, lambda: lacking))  # type: ignore[arg-type]  # it counts only
    await asyncio.sleep(0.7)
    assert listener.signs >= 2
    lacking = "The schedule is 12 seconds late."
    await asyncio.sleep(0.15)
    before = listener.signs
    await asyncio.sleep(0.5)
    assert listener.signs == before
    lacking = "The schedule is 13 seconds late."
    await asyncio.sleep(0.15)
    lacking = ""
    await asyncio.sleep(0.3)
    assert listener.signs > before
    feeding.cancel()
    said = ["No signs of life for the service manager: The schedule is 12 seconds late.", "All goes as it must again."]
    assert listener.statuses == said == [record.getMessage() for record in caplog.records]


async def test_a_loop_that_is_held_up_gives_no_signs() -> None:
    listener = Listener()
    feeding = asyncio.create_task(feed(listener, lambda: ""))  # type: ignore[arg-type]  # it counts only
    await asyncio.sleep(0.1)
    before = listener.signs
    threading.Event().wait(1.0)
    assert listener.signs == before == 1
    feeding.cancel()


async def test_without_a_watchdog_there_is_nothing_to_feed() -> None:
    await asyncio.wait_for(feed(Notifier("", 30.0), lambda: ""), 1)
    await asyncio.wait_for(feed(Notifier("/nowhere"), lambda: ""), 1)


def test_the_unit_of_the_documentation_is_one_that_systemd_takes(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "waakvlam.service").read_text()
    program = tmp_path / "waakvlam"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "waakvlam.service"
    unit.write_text(text.replace("/opt/waakvlam/.venv/bin/waakvlam", str(program)).replace("=waakvlam\n", "=root\n"))
    try:
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("systemd-analyze is not installed here")
    assert (done.returncode, done.stderr) == (0, "")
