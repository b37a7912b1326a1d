"""What other processes store comes onto the board: the newest at once, and the rest by being read again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from availability.centres import CentreRegister
from availability.outcome import Reason, Status
from availability.ports import Batch, Run
from availability.states import DOWN, UP
from availability.walk import seen
from collector.board import Board
from collector.probes import OPTIONS
from collector.store import SqlStore, open_store
from collector.store.errors import Superseded
from config.reader import read
from tests.collector.stores import Server, server
from tests.waakvlam.commands import write_estate
from waakvlam.hearing import Hearing

STEP = 1_000
KEY = ("app-tcp", "venlo")


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    with server() as running:
        yield running


@pytest.fixture
def stores(postgresql: Server) -> Iterator[tuple[SqlStore, SqlStore]]:
    url = postgresql.url(postgresql.new())
    with closing(open_store(url, create=True)) as here, closing(open_store(url, create=False)) as there:
        yield here, there


def looks(first: int, count: int, status: Status = Status.OK) -> Batch:
    """`count` looks, one a second, from second `first` on."""
    reason = None if status == Status.OK else Reason.TIMEOUT
    return Batch(*KEY, [Run(first * STEP, STEP if count > 1 else 0, count, status, reason, "")])


class World:
    def __init__(self, board: Board, hearing: Hearing, register: CentreRegister) -> None:
        self.board, self.hearing, self.register = board, hearing, register

    def meet(self) -> None:
        self.hearing.met(self.register.look())

    async def newest(self, second: int) -> None:
        """Until the board has come to a second."""
        async with asyncio.timeout(10):
            while (series := self.board.series(*KEY)) is None or series.newest != second * STEP:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)


@asynccontextmanager
async def hearing(folder: Path, store: SqlStore) -> AsyncIterator[World]:
    vantages = [{"id": "roermond"}, {"id": "venlo"}]
    settings = read(write_estate(folder, 9, vantages=vantages), OPTIONS)
    rows = store.rows()
    now = 10_000 * STEP
    board = Board(settings.estate, rows, now)
    register = store.centres()
    assert register is not None
    world = World(board, Hearing(board, store, lambda: {"roermond"}), register)
    running = asyncio.create_task(world.hearing.run())
    try:
        yield world
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        register.close()


async def test_what_another_appends_is_on_the_board_after_the_next_meeting(
    stores: tuple[SqlStore, SqlStore], tmp_path: Path
) -> None:
    here, there = stores
    there.add([looks(0, 5)])
    async with hearing(tmp_path, here) as world:
        world.meet()
        await world.newest(4)
        there.add([looks(5, 3)])
        world.meet()
        await world.newest(7)
        there.add([looks(8, 1), looks(9, 1, Status.FAILED), looks(10, 4, Status.FAILED)])
        world.meet()
        await world.newest(13)
        series = world.board.series(*KEY)
        assert series is not None
        state = seen(series.walk, 13 * STEP).state
        assert (state.at(8 * STEP), state.at(9 * STEP), state.at(13 * STEP)) == (UP, DOWN, DOWN)
        assert world.hearing.late == 0 and not world.board.disordered
        own = Batch("app-tcp", "roermond", [Run(0, STEP, 50, Status.OK, None, "")])
        there.add([own])
        world.meet()
        there.add([looks(14, 1, Status.FAILED)])
        world.meet()
        await world.newest(14)
        assert world.board.series("app-tcp", "roermond") is None, "what is probed here comes from the probes"


async def test_what_comes_late_is_read_again(stores: tuple[SqlStore, SqlStore], tmp_path: Path) -> None:
    here, there = stores
    there.add([looks(0, 5), looks(10, 5)])
    async with hearing(tmp_path, here) as world:
        world.meet()
        there.add([looks(10, 5)])
        world.meet()
        assert world.hearing.late == 0, "twice is once"
        there.add([looks(6, 2)])
        world.meet()
        assert world.hearing.late == 1


async def test_after_a_long_silence_the_facts_are_read_again(stores: tuple[SqlStore, SqlStore], tmp_path: Path) -> None:
    here, there = stores
    there.add([looks(0, 5)])
    async with hearing(tmp_path, here) as world:
        there.add([looks(5, 4_000)])
        world.meet()
        async with asyncio.timeout(10):
            while not world.board.disordered:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)
        assert world.board.disordered == {"app-tcp"}


def test_who_leads_no_more_can_note_nothing_as_if_it_did(stores: tuple[SqlStore, SqlStore]) -> None:
    here, there = stores
    one, other = here.centres(), there.centres()
    assert one is not None and other is not None
    with closing(one), closing(other):
        first = one.meet("roermond", 0, ("1", "x")).lead
        assert (first.holder, first.term) == ("roermond", 1)
        assert other.meet("venlo", 0, ("1", "x")).lead.holder == "roermond"
        here.advance_pages(0, lambda _: [], first.term)
        one.leave("roermond", first.term)
        assert other.meet("venlo", 0, ("1", "x")).lead[:2] == ("venlo", 2)
        with pytest.raises(Superseded, match="another centre leads now"):
            here.advance_pages(0, lambda _: [], first.term)
        there.advance_pages(0, lambda _: [], 2)
        here.advance_pages(0, lambda _: [])
        met = one.look()
        assert set(met.centres) == {"roermond", "venlo"} and met.at >= met.lead.since
