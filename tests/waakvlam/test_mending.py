"""Whatever comes late, twice, from elsewhere or from the future: once mended, the board knows what the judge knows."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from availability.estate import AllOf, Check, Estate, Part, Ref
from availability.judge import observe
from availability.outcome import Reason, Status, could_not_look, failed, ok
from availability.ports import Batch, Run
from availability.states import DOWN, UP
from collector.board import Board
from collector.recorder import Recorder
from collector.store import SqlStore, StoreError, open_store
from waakvlam.memory import recent_facts
from waakvlam.mending import Mending

STEP = 1000
START = 1_793_000_000_000
OUTCOMES = {
    Status.OK: ok(1.0),
    Status.FAILED: failed(Reason.REFUSED),
    Status.NONE: could_not_look(Reason.CLOCK_JUMP),
}


def estate(*ids: str, fall: int = 2, stale: int = 3) -> Estate:
    checks = tuple(Check(id_, STEP, stale * STEP, fall=fall, rise=2) for id_ in ids)
    parts = {check.id: Part(check.id, AllOf((Ref(check.id),)), (check,)) for check in checks}
    return Estate("Europe/Amsterdam", parts, {}, {})


ESTATES = [estate("a", "b"), estate("a"), estate("a", "b", fall=3), estate("b", stale=6), estate()]


@dataclass
class World:
    """A board, what records beside it, and another who writes into the same store."""

    folder: Path
    now: int = START
    estate: Estate = field(default_factory=lambda: ESTATES[0])

    def __post_init__(self) -> None:
        url = f"sqlite:///{self.folder / 'facts.db'}"
        self.store = open_store(url, create=True)
        self.other = open_store(url, create=False)
        self.begin()

    def begin(self) -> None:
        self.store.add([])
        self.board = Board(self.estate, recent_facts(self.store, self.estate, self.now), self.now)
        self.recorder = Recorder(self.store)
        elsewhere = lambda: self.store.writes_elsewhere  # noqa: E731 - it is read again and again
        self.mending = Mending(self.board, self.store, self.recorder.flush, lambda: self.now, elsewhere)

    def feed(self, check: str, slot: int, status: Status) -> None:
        self.recorder.record(check, "local", START + slot * STEP, OUTCOMES[status])
        self.board.feed(check, "local", START + slot * STEP, OUTCOMES[status])

    def written_elsewhere(self, check: str, vantage: str, slot: int, status: Status) -> None:
        reason = OUTCOMES[status].reason
        self.other.add([Batch(check, vantage, [Run(START + slot * STEP, 0, 1, status, reason, "")])])

    def reload(self, number: int) -> None:
        self.estate = ESTATES[number]
        self.board.replace(self.estate)

    async def settle(self) -> None:
        await self.recorder.flush()
        for _ in range(3):
            await self.mending.mend()
            await self.board.knowledge(self.now)

    async def agrees(self) -> None:
        """Everything is looked at once more, as always happens; then what is known is what the judge knows."""
        for check in ("a", "b"):
            self.feed(check, (self.now - START) // STEP, Status.OK)
        await self.settle()
        assert await self.board.knowledge(self.now) == observe(self.estate, self.store.rows(), self.now)

    def close(self) -> None:
        self.store.close()
        self.other.close()


statuses = st.sampled_from(list(Status))
slots = st.integers(0, 30)
checks = st.sampled_from(["a", "b"])
actions = st.one_of(
    st.tuples(st.just("feed"), checks, slots, statuses),
    st.tuples(st.just("elsewhere"), checks, st.sampled_from(["local", "venlo"]), slots, statuses),
    st.tuples(st.just("reload"), st.integers(0, len(ESTATES) - 1)),
    st.tuples(st.just("clock"), slots),
    st.tuples(st.just("mend")),
    st.tuples(st.just("restart")),
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(actions, max_size=30), slots)
def test_once_mended_the_board_knows_what_the_judge_knows(script: list[tuple[object, ...]], last: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        asyncio.run(play(world, script, last))
        world.close()


async def play(world: World, script: list[tuple[object, ...]], last: int) -> None:
    does: dict[str, Callable[..., object]] = {
        "feed": world.feed,
        "elsewhere": world.written_elsewhere,
        "reload": world.reload,
        "clock": lambda slot: setattr(world, "now", START + slot * STEP),
    }
    for name, *details in script:
        if name == "mend":
            await world.agrees()
        elif name == "restart":
            await world.recorder.flush()
            world.begin()
        else:
            does[str(name)](*details)
    world.now = START + last * STEP
    await world.agrees()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def state(world: World, vantage: str = "local") -> int:
    return asyncio.run(world.board.knowledge(world.now))["a"][vantage].state.at(world.now)


def test_what_the_store_refuses_is_not_forgotten_by_mending(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for slot in range(3):
        world.feed("a", slot, Status.FAILED)
    world.now += 2 * STEP
    world.board.disorder_all()

    def refuse(_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(SqlStore, "add", lambda _, batches: refuse(batches))
        asyncio.run(world.mending.mend())
    assert state(world) == DOWN
    assert world.board.disordered
    asyncio.run(world.mending.mend())
    assert state(world) == DOWN
    assert not world.board.disordered


def test_an_import_beside_a_running_collector_is_seen(world: World) -> None:
    world.feed("a", 0, Status.OK)
    for slot in range(3):
        world.written_elsewhere("a", "venlo", slot, Status.OK)
    world.now += 3 * STEP
    asyncio.run(world.recorder.flush())
    asyncio.run(world.mending.mend())
    assert state(world, "venlo") == UP


def test_without_disorder_nothing_is_read(world: World) -> None:
    world.feed("a", 0, Status.OK)
    asyncio.run(world.recorder.flush())
    assert asyncio.run(world.mending.mend()) is False


def test_a_new_month_lets_go_of_what_is_too_old(world: World) -> None:
    world.now += 40 * 86_400_000
    assert asyncio.run(world.mending.mend()) is True
    assert asyncio.run(world.mending.mend()) is False


def test_another_threshold_is_walked_again(world: World) -> None:
    for slot in range(2):
        world.feed("a", slot, Status.FAILED)
    world.now += STEP
    assert state(world) == DOWN
    world.board.replace(replace(estate("a", fall=3)))
    asyncio.run(world.mending.mend())
    assert state(world) != DOWN
