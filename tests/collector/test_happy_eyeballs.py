"""Connecting to a name with several addresses: who answers first is taken, and a failure tells the most it can."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import Iterator

import pytest

from availability.outcome import Reason, Status
from collector.context import Kind
from collector.happy_eyeballs import connect
from collector.probes.tls import TlsOptions, probe
from tests.collector import servers
from tests.collector.looking import leaves_nothing, looked

BOTH_LOOPS = True


@pytest.fixture
def full() -> Iterator[int]:
    """The port of 127.0.0.7 and of 127.0.0.8 where a connection is neither accepted nor refused: the queue is full."""
    with socket.socket() as one, socket.socket() as two, socket.socket() as filler, socket.socket() as other:
        one.bind(("127.0.0.7", 0))
        port = one.getsockname()[1]
        two.bind(("127.0.0.8", port))
        for listener, client in ((one, filler), (two, other)):
            listener.listen(0)
            client.connect(listener.getsockname())
        yield port


async def test_a_silent_address_holds_nobody_up(full: int) -> None:
    with socket.create_server(("127.0.0.1", full)):
        started = time.monotonic()
        with await connect(["127.0.0.7", "127.0.0.1"], full, None) as sock:
            assert sock.getpeername()[0] == "127.0.0.1"
        assert 0.2 < time.monotonic() - started < 1.0


async def test_a_refusal_does_not_wait(full: int) -> None:
    with socket.create_server(("127.0.0.1", full)):
        started = time.monotonic()
        with await connect(["127.0.0.9", "127.0.0.1"], full, "127.0.0.3") as sock:
            assert sock.getsockname()[0] == "127.0.0.3"
        assert time.monotonic() - started < 0.2


async def test_of_several_failures_the_most_telling_is_told() -> None:
    with servers.closed_port() as port:
        # A multicast address cannot be connected to over TCP: the network is unreachable.
        for addresses in (["127.0.0.9", "224.0.0.1"], ["224.0.0.1", "127.0.0.9"], ["::1", "224.0.0.1"]):
            with pytest.raises(OSError) as raised:
                await connect(addresses, port, None)
            assert raised.value.errno == errno.ECONNREFUSED
        names = {"app.venlo.example": ["224.0.0.1", "127.0.0.9"]}
        outcome = await looked(Kind(probe, TlsOptions), names=names, host="app.venlo.example", port=str(port))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.REFUSED)
    assert outcome.detail == f"app.venlo.example:{port}: connection refused"


async def test_nothing_is_left_of_what_is_cut_off(full: int) -> None:
    async def cut_off() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.005):
                await connect(["127.0.0.7", "127.0.0.8"], full, None)

    await leaves_nothing(cut_off, 50)


async def test_nothing_is_left_of_who_came_second() -> None:
    async def race() -> None:
        with await connect(["127.0.0.1", "127.0.0.2", "127.0.0.3"], port, None):
            pass

    with socket.create_server(("0.0.0.0", 0), backlog=1000) as listener:
        port = listener.getsockname()[1]
        await leaves_nothing(race, 100)
