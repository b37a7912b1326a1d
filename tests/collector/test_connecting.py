"""Connecting without the event loop's own way: what comes of it is the same, also where the answer comes later."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from collector.connecting import connect
from tests.collector.namespace import in_namespace, router

LOOPS: list[Callable[[], asyncio.AbstractEventLoop]] = [asyncio.new_event_loop, uvloop.new_event_loop]
pytestmark = pytest.mark.parametrize("loop_factory", LOOPS, ids=["asyncio", "uvloop"])


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def error_of(address: str, port: int) -> int:
    """The number of the error that connecting ends with; 0 where it does not fail."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as sock:
        try:
            async with asyncio.timeout(5):
                await connect(sock, address, port)
        except OSError as error:
            assert error.strerror
            return error.errno or -1
        assert sock.getpeername()[:2] == (address, port)
        return 0


def ran(loop_factory: Callable[[], asyncio.AbstractEventLoop], address: str, port: int) -> int:
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(error_of(address, port))


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_server_is_reached_and_a_closed_port_refuses(
    loop_factory: Callable[[], asyncio.AbstractEventLoop], address: str
) -> None:
    with socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET) as server:
        port = server.getsockname()[1]
        assert ran(loop_factory, address, port) == 0
    assert ran(loop_factory, address, port) == errno.ECONNREFUSED


def test_a_router_that_knows_no_way_is_heard(loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def body() -> int:
        with router("10.77.0.0/24"):
            return await error_of("10.77.0.1", 80)

    assert in_namespace(body, loop_factory=loop_factory) == errno.EHOSTUNREACH


def test_silence_can_be_given_up_and_leaves_nothing_watched(
    loop_factory: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def body() -> None:
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(0)
            port = server.getsockname()[1]
            filling = [socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) for _ in range(4)]
            for sock in filling:
                sock.connect_ex(("127.0.0.1", port))
            before = descriptors()
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as sock:
                task = asyncio.create_task(connect(sock, "127.0.0.1", port))
                await asyncio.sleep(0.05)
                assert not task.done()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert descriptors() == before
            for sock in filling:
                sock.close()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(body())
