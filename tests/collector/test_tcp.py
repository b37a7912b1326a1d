"""The tcp probe against servers that answer, refuse, keep silent, drip, flood and hang up."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

import pytest

from availability.outcome import Outcome, Reason, Status
from collector.context import Kind
from collector.probes.tcp import TcpOptions, probe
from tests.collector import servers
from tests.collector.looking import leaves_nothing, looked, read
from tests.collector.servers import closed_port, endless, says, tcp_server

BOTH_LOOPS = True
TCP = Kind(probe, TcpOptions)


async def look_at(handler: servers.Handler, listen: str = "127.0.0.1", **values: Any) -> Outcome:
    async with tcp_server(handler, listen) as port:
        return await looked(TCP, **{"host": listen, "port": str(port), **values})


async def greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-example\r\n")
    await reader.read()


ANSWERS: dict[str, tuple[servers.Handler, dict[str, Any], Reason | None]] = {
    "a connection alone is enough": (servers.silence, {}, None),
    "a server that hangs up at once still accepted": (servers.close_at_once, {}, None),
    "a greeting that matches": (greets, {"expect": "^SSH-2"}, None),
    "a greeting that does not": (greets, {"expect": "^220 ", "timeout": 0.3}, Reason.BODY_MISMATCH),
    "an answer that matches": (says(b"+PONG\r\n", hold=True), {"send": "PING\r\n", "expect": "PONG"}, None),
    "an answer in two pieces that matches across": (
        endless(b"PO", b"NG", 0.05),
        {"send": "x", "expect": "PONG"},
        None,
    ),
    "garbage, then the end": (says(b"\xff\xfe\x00" * 50), {"send": "x", "expect": "PONG"}, Reason.BODY_MISMATCH),
    "silence": (servers.silence, {"expect": "PONG", "timeout": 0.3}, Reason.TIMEOUT),
    "the end instead of an answer": (servers.close_at_once, {"expect": "PONG"}, Reason.CLOSED),
    "a reset instead of an answer": (servers.reset_at_once, {"expect": "PONG"}, Reason.RESET),
    "a slow drip": (endless(b"", b"x", 0.001), {"send": "x", "expect": "y", "timeout": 0.5}, Reason.BODY_MISMATCH),
    "no end of it": (endless(b"", b"x" * 65_536), {"send": "x", "expect": "y"}, Reason.BODY_MISMATCH),
}


@pytest.mark.parametrize("case", ANSWERS)
async def test_the_answer_is(case: str) -> None:
    handler, values, reason = ANSWERS[case]
    outcome = await look_at(handler, **values)
    assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail


async def test_what_is_sent_alone_arrives() -> None:
    heard = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.read())

    async with tcp_server(listen) as port:
        assert (await looked(TCP, host="127.0.0.1", port=str(port), send="hëllo\n")).status is Status.OK
        assert await asyncio.wait_for(heard, 2) == "hëllo\n".encode()


async def test_phases_are_told_and_fit_in_the_latency() -> None:
    async with tcp_server(greets) as port:
        names = {"jump.example": ["127.0.0.1"]}
        outcome = await looked(TCP, names=names, host="jump.example", port=str(port), expect="SSH")
    assert list(outcome.phases) == ["resolve", "connect", "first_byte"]
    assert outcome.latency_ms is not None
    assert sum(outcome.phases.values()) <= outcome.latency_ms


async def test_ipv6() -> None:
    assert (await look_at(greets, "::1", expect="SSH")).status is Status.OK


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_closed_port_refuses(host: str) -> None:
    with closed_port(host) as port:
        outcome = await looked(TCP, host=host, port=str(port))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.REFUSED)


async def test_a_name_that_does_not_resolve() -> None:
    outcome = await looked(TCP, host="nowhere.example", port="80")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.DNS_FAILURE)


async def test_of_several_addresses_the_next_is_tried() -> None:
    async with tcp_server(greets, "127.0.0.1") as port:
        names = {"jump.example": ["127.0.9.9", "127.0.0.1"]}
        assert (await looked(TCP, names=names, host="jump.example", port=str(port))).status is Status.OK


async def test_the_source_is_the_one_asked_for() -> None:
    peers: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername")[0])
        writer.write(b"x")
        await reader.read()

    assert (await look_at(note, source="127.7.7.7", expect="x")).status is Status.OK
    assert peers == ["127.7.7.7"]


async def test_a_source_that_is_not_ours_says_nothing_of_the_target() -> None:
    outcome = await look_at(greets, source="192.0.2.1")
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.NO_ADDRESS_FAMILY)


async def test_no_descriptor_left_says_nothing_of_the_target() -> None:
    async with tcp_server(greets) as port:
        with servers.no_descriptors():
            outcome = await looked(TCP, host="127.0.0.1", port=str(port))
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.NO_DESCRIPTOR)


async def test_a_probe_leaves_no_port_in_time_wait() -> None:
    async with tcp_server(servers.silence) as port:
        before = _time_wait(port)
        for _ in range(50):
            await looked(TCP, host="127.0.0.1", port=str(port))
        assert _time_wait(port) == before


def _time_wait(port: int) -> int:
    with open("/proc/net/tcp") as table:  # noqa: PTH123 - a table of the kernel's, read whole
        return sum(line.split()[3] == "06" and f":{port:04X} " in line for line in table.readlines()[1:])


async def test_a_fast_drip_does_not_keep_us_busy() -> None:
    async with tcp_server(endless(b"", b"x")) as port:
        started = time.thread_time()
        await looked(TCP, timeout=0.5, host="127.0.0.1", port=str(port), send="x", expect="y")
        # The server in this same thread takes most of it.
        assert time.thread_time() - started < 1.0


@pytest.mark.parametrize("case", ["a connection alone is enough", "an answer that matches", "no end of it", "silence"])
async def test_a_hundred_looks_leave_nothing(case: str) -> None:
    handler, values, _ = ANSWERS[case]
    values = {**values, **({"timeout": 0.01} if "timeout" in values else {})}
    async with tcp_server(handler) as port:
        await leaves_nothing(lambda: looked(TCP, host="127.0.0.1", port=str(port), **values), 100)


@pytest.mark.parametrize("turns", range(6))
async def test_a_look_that_is_cancelled_leaves_nothing(turns: int) -> None:
    async with tcp_server(says(b"x", hold=True)) as port:

        async def cancelled() -> None:
            task = asyncio.ensure_future(looked(TCP, host="127.0.0.1", port=str(port), send="x", expect="y"))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        await leaves_nothing(cancelled, 50)


def test_options_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="different IP versions"):
        read(TcpOptions, {"host": "127.0.0.1", "port": "80", "ip_version": "6"})
