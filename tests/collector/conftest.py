"""Which event loops the tests of the collector run on, and which stores."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping

import pytest
import uvloop

from tests.collector.stores import Place, Places, Server, server


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Function
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """A module that says `BOTH_LOOPS = True` runs on the standard loop and on uvloop, any other on the first."""
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    if getattr(item.module, "BOTH_LOOPS", False):
        loops["uvloop"] = uvloop.new_event_loop
    return loops


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A real PostgreSQL, for all tests."""
    with server() as running:
        yield running


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Places:
    """What makes stores without facts: in files, and then again on a server."""
    on = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    return Places(request.param, tmp_path_factory.mktemp("stores"), on)


@pytest.fixture
def place(places: Places) -> Iterator[Place]:
    """A store without facts."""
    with places.fresh() as place:
        yield place
