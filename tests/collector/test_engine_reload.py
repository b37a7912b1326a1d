"""The schedule where its checks are replaced, looks are cancelled and the engine stops, in virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from availability.outcome import Outcome, Reason, ok
from collector.clock import phase_ms, slot_after
from collector.engine import Engine
from tests.collector.virtual import NOON, World, during, run, saying, spec, taking


def test_a_reload_that_lets_more_programs_run_begins_those_that_wait() -> None:
    async def body(world: World) -> list[tuple[int, int]]:
        checks = [spec(f"c{number}", "program", taking(20), timeout_ms=25_000) for number in range(8)]
        engine = world.engine(checks, programs=1)
        told = []

        def reload() -> None:
            told.append((engine.under_way, engine.waiting))
            engine.replace(checks, programs=8)
            told.append((engine.under_way, engine.waiting))

        await during(engine, 100, (90, reload))
        return told

    before, after = run(body)
    assert before == (1, 7)
    assert after == (8, 0)


def test_a_reload_keeps_what_did_not_change() -> None:
    async def body(world: World) -> World:
        kept = spec("kept", does=saying(Reason.REFUSED, Reason.REFUSED, Reason.REFUSED), retry_interval_ms=2000)
        slow = spec("slow", does=taking(4))
        gone = spec("gone", does=taking(4))
        other = spec("other")
        engine = world.engine([kept, slow, gone, other])
        first_slot = slot_after(NOON, 30_000, phase_ms("kept", 30_000))

        def reload() -> None:
            engine.replace([kept, slow, replace(other, timeout_ms=1000), spec("new")], {"kept": 3})

        await during(engine, 120, ((first_slot - NOON) / 1000 + 1, reload))
        return world

    world = run(body)
    kept = world.slots("kept")
    assert [slot - kept[0] for slot in kept][:4] == [0, 2000, 4000, 30_000]
    assert len(world.slots("gone")) <= 1
    assert len(world.slots("slow")) >= 3
    for check in ("other", "new", "slow"):
        slots = world.slots(check)
        assert len(slots) >= 3
        assert {slot % 30_000 for slot in slots} == {phase_ms(check, 30_000)}
        assert len(set(slots)) == len(slots)


def test_what_is_gone_is_cancelled_and_gives_no_observation() -> None:
    async def body(world: World) -> tuple[World, Engine, list[str]]:
        ended: list[str] = []

        async def look() -> Outcome:
            try:
                await asyncio.sleep(20)
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise
            return ok(1.0)

        engine = world.engine([spec("a", "socket", look, timeout_ms=30_000), spec("b", "socket")], sockets=1)
        start = (slot_after(NOON, 30_000, phase_ms("a", 30_000)) - NOON) / 1000
        await during(engine, 100, (start + 5, lambda: engine.replace([spec("b", "socket")])))
        return world, engine, ended

    world, engine, ended = run(body)
    assert world.slots("a") == []
    assert ended == ["cancelled"]
    assert len(world.slots("b")) >= 3
    assert engine.under_way == 0


def test_stopping_lets_looks_end_within_the_grace() -> None:
    async def body(world: World) -> tuple[World, float]:
        soon = spec("soon", does=taking(1.5))
        never = spec("never", does=taking(60), timeout_ms=90_000)
        engine = world.engine([soon, never])
        begin = max(slot_after(NOON, 30_000, phase_ms(check, 30_000)) for check in ("soon", "never"))
        await during(engine, (begin - NOON) / 1000 + 0.5)
        return world, world.loop.time() - 1000 - (begin - NOON) / 1000

    world, took = run(body)
    assert world.slots("never") == []
    assert len(world.slots("soon")) == 1
    assert 2.4 <= took <= 2.7


def test_an_engine_that_is_cancelled_leaves_no_task() -> None:
    async def body(world: World) -> int:
        engine = world.engine([spec(f"c{number}", does=taking(60), timeout_ms=90_000) for number in range(50)])
        task = asyncio.ensure_future(engine.run())
        await asyncio.sleep(31)
        assert engine.under_way == 50
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(asyncio.all_tasks()) + engine.under_way

    assert run(body) == 1
