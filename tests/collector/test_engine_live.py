"""The schedule on real clocks, with real echoes and sockets: silent hosts delay nobody, and the loop stays free."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable

import pytest

from availability.outcome import Outcome, Reason, Status, ok
from collector.context import Context, Kind
from collector.engine import Engine
from collector.pinger import IcmpPinger
from collector.probes import PROBES
from collector.probes.icmp import IcmpOptions
from collector.probes.tcp import TcpOptions
from collector.resolver import SystemResolver
from config.settings import CheckSpec
from tests.collector import servers
from tests.collector.namespace import in_namespace
from tests.collector.servers import open_descriptors, tcp_server
from tests.collector.test_pinger import LOOPS, SILENT_NET


def spec(check: str, probe: str, options: object, interval_ms: int = 500, timeout_ms: int = 400) -> CheckSpec:
    return CheckSpec(check, "part", probe, options, interval_ms, timeout_ms, None, ("local",))


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
def test_silent_hosts_delay_nobody(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def body() -> tuple[list[tuple[str, int, Outcome]], Engine]:
        seen: list[tuple[str, int, Outcome]] = []
        pinger, resolver = IcmpPinger(), SystemResolver()
        pinger.open()
        async with tcp_server(servers.silence, "0.0.0.0") as port:
            checks = [
                spec(f"live-{number}", "icmp", IcmpOptions(host=f"127.4.1.{number + 1}")) for number in range(200)
            ]
            checks += [
                spec(f"dead-{number}", "icmp", IcmpOptions(host=f"10.9.1.{number + 1}")) for number in range(200)
            ]
            checks += [
                spec(f"open-{number}", "tcp", TcpOptions(host=f"127.0.0.{number + 1}", port=port))
                for number in range(50)
            ]
            checks += [
                spec(f"mute-{number}", "tcp", TcpOptions(host=f"10.9.2.{number + 1}", port=9)) for number in range(50)
            ]
            engine = Engine(
                checks,
                lambda check, slot, outcome: seen.append((check.id, slot, outcome)),
                kinds=PROBES,
                pinger=pinger,
                resolver=resolver,
                sockets=20,
            )
            async with asyncio.TaskGroup() as group:
                group.create_task(engine.run(), name="engine")
                await asyncio.sleep(2.2)
                engine.stop()
        pinger.close()
        resolver.close()
        return seen, engine

    seen, engine = in_namespace(body, commands=SILENT_NET, loop_factory=loop)
    by_kind: dict[str, Counter[Reason | None]] = {}
    for check, slot, outcome in seen:
        by_kind.setdefault(check.partition("-")[0], Counter())[outcome.reason] += 1
        assert isinstance(slot, int)
    assert by_kind["live"] == {None: by_kind["live"][None]}
    assert by_kind["live"][None] >= 200 * 4
    assert set(by_kind["dead"]) == {Reason.TIMEOUT}
    assert by_kind["dead"][Reason.TIMEOUT] >= 200 * 4
    assert by_kind["mute"][Reason.TIMEOUT] > 0
    # At first nobody knows who is dead; after that no live target waits for a socket.
    assert by_kind["open"][None] >= 50 * 3
    assert engine.under_way == 0
    assert engine.stats.clock_jumps == 0


async def test_ten_thousand_checks_due_at_once_leave_the_loop_free() -> None:
    async def probe(options: object, context: Context) -> Outcome:
        return ok(1.0)

    seen: Counter[Status] = Counter()
    resolver, pinger = SystemResolver(), IcmpPinger()
    engine = Engine(
        [spec(f"c{number}", "plain", None, 1, 1000) for number in range(10_000)],
        lambda check, slot, outcome: seen.update([outcome.status]),
        kinds={"plain": Kind(probe, object, opens_socket=False)},
        pinger=pinger,
        resolver=resolver,
    )
    longest, last = 0.0, time.monotonic()
    task = asyncio.ensure_future(engine.run())
    while len(engine.stats.outcomes) == 0 or sum(engine.stats.outcomes.values()) < 10_000:
        await asyncio.sleep(0)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    engine.stop()
    await task
    # A few milliseconds on a quiet machine.
    assert longest < 0.1


async def test_an_engine_leaves_no_descriptor_and_no_task() -> None:
    pinger, resolver = IcmpPinger(), SystemResolver()
    async with tcp_server(servers.silence) as port:
        before = open_descriptors(), len(asyncio.all_tasks())
        for _ in range(5):
            engine = Engine(
                [spec(f"c{number}", "tcp", TcpOptions(host="127.0.0.1", port=port), 50) for number in range(20)],
                lambda check, slot, outcome: None,
                kinds=PROBES,
                pinger=pinger,
                resolver=resolver,
            )
            task = asyncio.ensure_future(engine.run())
            await asyncio.sleep(0.1)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.1)
    assert open_descriptors() <= before[0]
    assert len(asyncio.all_tasks()) <= before[1]
