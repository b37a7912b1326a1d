"""The schedule in virtual time: its grid, its clocks, its retries and its bound on sockets."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest

from availability.outcome import Outcome, Reason, Status, failed, ok
from collector.clock import phase_ms, slot_after
from collector.context import Cancel, Context, Kind
from collector.engine import Engine
from collector.lanes import Lanes, socket_limit
from config.settings import CheckSpec
from tests.collector.virtual import NOON, World, during, run, saying, spec, taking, well

# The grid.


def test_phases_are_spread_evenly_and_never_change() -> None:
    phases = [phase_ms(f"check-{number}", 30_000) for number in range(10_000)]
    per_second = Counter(phase // 1000 for phase in phases)
    assert set(per_second) == set(range(30))
    assert max(per_second.values()) < 450
    assert phase_ms("core-roermond-ping", 30_000) == 5894


@pytest.mark.parametrize("instant", [0, 1, 29_999, 30_000, NOON, -1])
def test_a_slot_leaves_the_phase_and_is_the_next(instant: int) -> None:
    slot = slot_after(instant, 30_000, 777)
    assert slot % 30_000 == 777
    assert instant < slot <= instant + 30_000


def test_a_day_has_every_slot_once_and_no_drift() -> None:
    async def body(world: World) -> World:
        await during(world.engine([spec("a", does=taking(0.7))]), 86_400)
        return world

    world = run(body)
    slots = world.slots("a")
    assert {slot % 30_000 for slot in slots} == {phase_ms("a", 30_000)}
    assert {after - before for before, after in pairwise(slots)} == {30_000}
    assert len(slots) in (2879, 2880)
    assert 0 <= slots[0] - NOON <= 30_000


def test_a_clock_that_is_slewed_is_followed_without_a_jump() -> None:
    async def body(world: World) -> tuple[World, Engine]:
        world.rate = 1.0005
        engine = world.engine([spec("a")])
        await during(engine, 86_400)
        return world, engine

    world, engine = run(body)
    assert engine.stats.clock_jumps == 0
    slots = world.slots("a")
    assert slots == list(range(slots[0], slots[-1] + 1, 30_000))
    assert abs(len(slots) - 86_400 * 1.0005 / 30) < 2
    assert engine.stats.lateness.max < 0.1


def test_first_looks_are_spread_over_the_interval() -> None:
    async def body(world: World) -> World:
        await during(world.engine([spec(f"check-{number}") for number in range(600)]), 30)
        return world

    seconds = Counter((slot - NOON) // 1000 for _, slot, _ in run(body).seen)
    assert len(seconds) == 30
    assert max(seconds.values()) < 45


# Clocks that jump.


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 1.5, -1.5], ids=str)
def test_a_jump_is_one_none_at_the_next_slot_and_then_the_new_time(jump: float) -> None:
    async def body(world: World) -> tuple[World, Engine]:
        engine = world.engine([spec("a"), spec("b")])

        def set_clock() -> None:
            world.ahead += jump

        await during(engine, 200, (95, set_clock))
        return world, engine

    world, engine = run(body)
    assert engine.stats.clock_jumps == 1
    assert [round(by / 1000, 1) for _, by in world.jumps] == [jump]
    for check in ("a", "b"):
        reasons = world.reasons(check)
        assert reasons.count(Reason.CLOCK_JUMP) == 1
        index = reasons.index(Reason.CLOCK_JUMP)
        assert 2 <= index <= 4
        assert set(reasons[:index] + reasons[index + 1 :]) == {None}
        slots = world.slots(check)
        assert {slot % 30_000 for slot in slots} == {phase_ms(check, 30_000)}
        assert 0 < slots[index] - (NOON + 95_000 + jump * 1000) <= 30_600
        assert [after - before for before, after in pairwise(slots[index:])] == [30_000] * (len(slots) - index - 1)


def test_a_jump_is_noticed_within_a_second_however_long_the_interval() -> None:
    async def body(world: World) -> World:
        engine = world.engine([spec("a", interval_ms=3_600_000)])

        def set_clock() -> None:
            world.ahead += 10

        await during(engine, 20, (10, set_clock))
        return world

    [(noticed, jump)] = run(body).jumps
    assert 10 <= noticed <= 11
    assert jump == 10_000


def test_time_in_which_the_program_was_held_up_is_no_jump_and_no_old_slot() -> None:
    async def body(world: World) -> tuple[World, Engine]:
        engine = world.engine([spec("a", interval_ms=1000)])

        def hold_up() -> None:
            world.loop.now += 7.3

        await during(engine, 20, (5, hold_up))
        return world, engine

    world, engine = run(body)
    assert engine.stats.clock_jumps == 0
    assert engine.stats.missed in (6, 7)
    slots = world.slots("a")
    assert slots == sorted(set(slots))
    assert len(slots) + engine.stats.missed in (20, 21)
    assert engine.stats.lateness.max <= 1.01


# Following up failures.


RETRIES: dict[str, tuple[list[Reason | None], int, list[int]]] = {
    "a failure is followed up until it is confirmed, then the grid": (
        [Reason.REFUSED] * 5,
        3,
        [0, 2000, 4000, 30_000, 60_000],
    ),
    "a success ends it": ([Reason.REFUSED, None], 3, [0, 2000, 30_000, 60_000]),
    "after a success the next failure is a first one": (
        [Reason.REFUSED, None, Reason.REFUSED],
        3,
        [0, 2000, 30_000, 32_000, 60_000],
    ),
    "where one failure confirms there is nothing to follow up": ([Reason.REFUSED] * 3, 1, [0, 30_000, 60_000]),
    "what says nothing of the target is not followed up": ([Reason.NO_SECRET], 3, [0, 30_000, 60_000]),
}


@pytest.mark.parametrize("case", RETRIES)
def test_retries(case: str) -> None:
    reasons, fall, offsets = RETRIES[case]

    async def body(world: World) -> list[int]:
        left = list(reasons)

        async def look() -> Outcome:
            reason = left.pop(0) if left else None
            if reason is Reason.NO_SECRET:
                return Outcome(Status.NONE, reason)
            return failed(reason) if reason else ok(1.0)

        engine = world.engine([spec("a", does=look, retry_interval_ms=2000)], fall={"a": fall})
        await during(engine, 90)
        return world.slots("a")

    slots = run(body)
    assert [slot - slots[0] for slot in slots][: len(offsets)] == offsets


def test_a_retry_never_reaches_past_the_next_slot_and_never_into_the_past() -> None:
    async def body(world: World) -> list[list[int]]:
        engine = world.engine(
            [
                spec("long", does=saying(Reason.REFUSED), retry_interval_ms=30_000),
                spec("slow", does=taking(5, Reason.TIMEOUT), retry_interval_ms=2000, timeout_ms=9000),
            ]
        )
        await during(engine, 90)
        return [world.slots("long"), world.slots("slow")]

    long, slow = run(body)
    assert [slot - long[0] for slot in long][:3] == [0, 30_000, 60_000]
    # The answer came 5 s after its slot: the first multiple of 2 s after that, and once more.
    assert [slot - slow[0] for slot in slow][:4] == [0, 6000, 12_000, 30_000]


# One check beside itself, and others beside it.


def test_a_check_is_never_beside_itself() -> None:
    async def body(world: World) -> tuple[World, Engine]:
        engine = world.engine([spec("a", does=taking(25), interval_ms=10_000, timeout_ms=60_000), spec("b")])
        await during(engine, 95)
        return world, engine

    world, engine = run(body)
    slots = world.slots("a")
    assert {after - before for before, after in pairwise(slots)} == {30_000}
    assert engine.stats.overlapping >= 4
    assert len(world.slots("b")) == 3


def test_dead_targets_hold_half_of_the_sockets_and_no_live_one_waits() -> None:
    async def body(world: World) -> tuple[World, Engine]:
        dead = [spec(f"dead-{number}", "socket", taking(60)) for number in range(100)]
        live = [spec(f"live-{number}", "socket", taking(0.01)) for number in range(50)]
        engine = world.engine([*dead, *live], sockets=20)
        await during(engine, 600)
        return world, engine

    world, engine = run(body)
    late = [outcome for name, slot, outcome in world.seen if name.startswith("live") and slot > NOON + 90_000]
    assert {outcome.reason for outcome in late} == {None}
    assert len(late) >= 50 * 16
    dead = Counter(outcome.reason for name, slot, outcome in world.seen if name.startswith("dead"))
    assert dead[Reason.TIMEOUT] >= 1000
    assert dead[Reason.NO_DESCRIPTOR] > 0
    assert engine.under_way == engine.waiting == 0


def test_every_slot_has_one_outcome_even_without_a_socket() -> None:
    async def body(world: World) -> tuple[World, Engine]:
        engine = world.engine([spec(f"c{number}", "socket", taking(25)) for number in range(10)], sockets=2)
        await during(engine, 300)
        return world, engine

    world, engine = run(body)
    skipped = 0
    for number in range(10):
        slots = world.slots(f"c{number}")
        assert len(slots) == len(set(slots))
        skipped += (max(slots) - min(slots)) // 30_000 + 1 - len(slots)
        assert {after - before for before, after in pairwise(sorted(slots))} <= {30_000, 60_000}
    # Who got its socket just before its next slot was still looking then; the last of each cannot be seen here.
    assert skipped <= engine.stats.overlapping <= skipped + 10


def test_programs_wait_for_each_other_and_nobody_else_for_them() -> None:
    running = most = 0

    async def program() -> Outcome:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(4)
        running -= 1
        return ok(1.0)

    async def body(world: World) -> tuple[World, Engine]:
        programs = [spec(f"program-{number}", "program", program) for number in range(40)]
        others = [spec(f"other-{number}", "socket") for number in range(40)]
        engine = world.engine([*programs, *others], programs=3, sockets=50)
        await during(engine, 300)
        return world, engine

    world, engine = run(body)
    assert most == 3
    for number in range(40):
        assert world.reasons(f"other-{number}") == [None] * len(world.slots(f"other-{number}"))
        assert len(world.slots(f"other-{number}")) == 10
    told = {outcome.detail for name, _, outcome in world.seen if outcome.status is Status.NONE}
    assert told == {"too many plugins ran before it"}
    looked = sum(outcome.status is Status.OK for name, _, outcome in world.seen if name.startswith("program"))
    assert looked >= 3 * 300 // 4 - 10, "no place was left empty"
    assert engine.under_way == engine.waiting == 0


def test_who_waits_longest_goes_first() -> None:
    lanes: Lanes[str] = Lanes(2)
    assert lanes.enter("a", False, 1)
    assert lanes.enter("b", True, 1)
    assert not lanes.enter("c", True, 2)
    assert not lanes.enter("d", False, 3)
    assert not lanes.enter("e", False, 4)
    assert lanes.leave(False) == "d"
    assert lanes.leave(True) == "c"
    assert lanes.leave(True) == "e"
    assert (lanes.used, lanes.waiting) == (2, 0)


def test_the_bound_on_sockets_leaves_some_for_others() -> None:
    import resource

    assert 2 <= socket_limit() < resource.getrlimit(resource.RLIMIT_NOFILE)[0]


# Mistakes of ours.


def test_a_probe_with_a_bug_stops_nobody() -> None:
    async def broken() -> Outcome:
        raise ZeroDivisionError

    async def body(world: World) -> tuple[World, Engine]:
        engine = world.engine([spec("broken", does=broken), spec("sound")])
        await during(engine, 95)
        return world, engine

    world, engine = run(body)
    assert set(world.reasons("broken")) == {Reason.PROBE_BUG}
    assert set(world.reasons("sound")) == {None}
    assert sum(engine.bugs.counts.values()) == len(world.slots("broken")) == 3


def test_a_short_path_with_a_bug_stops_nobody() -> None:
    def begin(options: object, context: Context, done: Callable[[Outcome], None]) -> Callable[[], Cancel]:
        def start() -> Cancel:
            raise ZeroDivisionError

        return start

    async def body(world: World) -> tuple[World, Engine]:
        kinds = world.kinds()
        kinds = {**kinds, "short": Kind(kinds["plain"].probe, object, opens_socket=False, begin=begin)}
        engine = world.engine([spec("broken", "short"), spec("sound")], kinds=kinds)
        await during(engine, 95)
        return world, engine

    world, _ = run(body)
    assert world.reasons("broken") == [Reason.PROBE_BUG] * 3
    assert world.reasons("sound") == [None] * 3


def test_a_sink_with_a_bug_is_counted_and_the_schedule_goes_on() -> None:
    async def body(world: World) -> Engine:
        def sink(spec: CheckSpec, slot: int, outcome: Outcome) -> None:
            raise ZeroDivisionError

        engine = world.engine([spec("a", does=well)], sink=sink)
        await during(engine, 95)
        return engine

    engine = run(body)
    assert engine.stats.sink_failures == engine.stats.ok == 3


def test_what_it_knows_of_itself() -> None:
    async def body(world: World) -> Engine:
        engine = world.engine([spec("a"), spec("b", does=taking(0, Reason.REFUSED))])
        await during(engine, 95)
        return engine

    stats = run(body).stats
    assert dict(stats.outcomes) == {(Status.OK, None): 3, (Status.FAILED, Reason.REFUSED): 3}
    assert (stats.lateness.total, sum(stats.lateness.counts)) == (6, 6)
    assert stats.lateness.quantile(0.99) <= 0.025
    assert set(stats.in_flight.values()) == {0}
