"""What goes wrong beside the probes: it is logged, counted and shown, and probing and storing go on."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from availability.estate import Estate
from availability.evaluation import Layout
from collector.board import Board
from collector.probes import OPTIONS
from collector.store import SqlStore, open_store
from config.reader import read
from exporters.prometheus import Exposition
from tests.waakvlam.commands import a_server, write_estate
from waakvlam import judging
from waakvlam.collecting import Collecting
from waakvlam.commands.run import settle


@asynccontextmanager
async def running(folder: Path, port: int, **changes: object) -> AsyncIterator[Collecting]:
    settings = read(write_estate(folder, port, **changes), OPTIONS)
    store = open_store(f"sqlite:///{folder / 'facts.db'}", create=True)
    collecting = Collecting(settings, "local", store)
    task = asyncio.create_task(collecting.run())
    try:
        yield collecting
        assert not task.done(), "it goes on whatever happens beside it"
    finally:
        collecting.stop()
        await task
        store.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while True:
            if condition():
                return
            await asyncio.sleep(0.05)


def stored(collecting: Collecting) -> int:
    return collecting.recorder.health().added


def page(collecting: Collecting) -> str:
    return Exposition(collecting.source).page().decode()


async def test_a_judgement_that_fails_stops_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An estate that the judge refuses (here: what a circle would do) is not one that the probes refuse."""
    with a_server() as server:
        async with running(tmp_path, server.getsockname()[1]) as collecting:
            await until(lambda: collecting.judging.latest)
            assert collecting.source.not_ready() == []
            before = collecting.judging.latest

            def refuse(estate: Estate) -> Layout:
                raise ValueError("'app' depends on itself through 'app'")

            with monkeypatch.context() as patched:
                patched.setattr(Layout, "of", refuse)
                collecting.reload(collecting.settings)
                collecting.board.replace(read(tmp_path / "estate.yaml", OPTIONS).estate)
                await until(lambda: collecting.judging.failures >= 2)
                seen = stored(collecting)
                await until(lambda: stored(collecting) > seen)
                assert collecting.judging.latest is before
                assert "The last judgement failed" in " ".join(collecting.source.not_ready())
                assert 'waakvlam_background_failures_total{task="judging"} ' in page(collecting)
                assert collecting.health().background_failures["judging"] >= 2
            await until(lambda: not collecting.judging.failing)
            assert collecting.source.not_ready() == []
            assert collecting.judging.latest is not before
    complaints = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(complaints) == 1, "the same is logged once"
    assert "depends on itself" in caplog.text


async def test_mending_and_housekeeping_that_fail_stop_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(Board, "begin_mending", fail)
    monkeypatch.setattr(SqlStore, "expire_latencies", fail)
    with a_server() as server:
        async with running(tmp_path, server.getsockname()[1], retention={"latency": "30d"}) as collecting:
            collecting.board.disorder_all()
            await until(lambda: collecting.health().background_failures["mending"])
            assert collecting.health().background_failures["housekeeping"]
            seen = stored(collecting)
            await until(lambda: stored(collecting) > seen)
    assert "a mistake of ours" in caplog.text


async def test_what_hears_of_a_judgement_cannot_stop_it(tmp_path: Path) -> None:
    def fail(_: judging.Judgement) -> None:
        raise RuntimeError("a mistake of ours")

    with a_server() as server:
        async with running(tmp_path, server.getsockname()[1]) as collecting:
            collecting.judging.listeners.append(fail)
            await until(lambda: collecting.judging.failures >= 2)
            assert collecting.judging.latest is not None


async def test_what_was_taken_out_of_the_configuration_is_shown_no_longer(tmp_path: Path) -> None:
    """Also before the next judgement: it is a component that went, and no service that appeared."""
    with a_server() as server:
        async with running(tmp_path, server.getsockname()[1]) as collecting:
            await until(lambda: collecting.judging.latest)
            assert 'waakvlam_component_state{id="app"' in page(collecting)
            collecting.board.replace(Estate("UTC", {}, {}, {}))
            assert '"app"' not in "".join(line for line in page(collecting).splitlines() if "_state" in line)
            assert list(collecting.source.parts()) == []


async def test_a_reload_leaves_no_garbage_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a configuration of 5,000 checks leaves 10 MB in circles, and what is frozen is never collected."""

    class Circle:
        def __init__(self) -> None:
            self.itself = self

    monkeypatch.setattr("waakvlam.commands.run._SETTLING_S", (0.01,))
    again = asyncio.Event()
    settling = asyncio.create_task(settle(again))
    await asyncio.sleep(0.1)
    left = weakref.ref(Circle())
    again.set()
    await until(lambda: left() is None)
    settling.cancel()
    gc.unfreeze()
