"""The pinger against real kernels in namespaces of its own: whose reply is whose, what is lost, what is refused."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import time
from collections.abc import AsyncIterator, Callable

import pytest
import uvloop

from availability.outcome import Outcome, Reason, Status
from collector.context import Echo, Echoes
from collector.icmp_socket import EchoSocket
from collector.pinger import IcmpPinger
from tests.collector.namespace import (
    ANYBODY_MAY_PING,
    NOBODY_MAY_PING,
    Host,
    in_namespace,
    reply_to,
    router,
    unreachable,
)
from tests.collector.servers import open_descriptors

LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]
SOCKETS = {"a datagram socket": ANYBODY_MAY_PING, "a raw socket": NOBODY_MAY_PING}
SILENT_NET = (
    "ip link add near type veth peer name far",
    "ip addr add 10.9.0.1/16 dev near",
    # Without ARP the packets leave at once, and the other end is nobody's address.
    "ip link set near up arp off",
    "ip link set far up",
)


@contextlib.asynccontextmanager
async def pinging() -> AsyncIterator[IcmpPinger]:
    pinger = IcmpPinger()
    assert pinger.open() == {}
    try:
        yield pinger
    finally:
        pinger.close()


def on_every_kernel_path(test: Callable[..., object]) -> Callable[..., object]:
    """Both kinds of socket, both event loops."""
    for mark in (
        pytest.mark.parametrize("group", SOCKETS.values(), ids=SOCKETS.keys()),
        pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"]),
    ):
        test = mark(test)
    return test


@on_every_kernel_path
@pytest.mark.parametrize("address", ["127.0.3.7", "::1"])
def test_every_packet_to_a_host_that_answers_comes_back(
    address: str, loop: Callable[[], asyncio.AbstractEventLoop], group: str
) -> None:
    async def body() -> Echoes | Outcome:
        async with pinging() as pinger:
            return await pinger.ping(address, 3, 2.0, None)

    echoes = in_namespace(body, ping_group_range=group, loop_factory=loop)
    assert isinstance(echoes, Echoes)
    assert len(echoes.round_trips_ms) == 3
    assert all(trip is not None and 0 <= trip < 500 for trip in echoes.round_trips_ms)


@on_every_kernel_path
def test_only_the_reply_with_the_right_token_sequence_and_sender_counts(
    loop: Callable[[], asyncio.AbstractEventLoop], group: str
) -> None:
    async def body() -> tuple[list[Echo], int]:
        answers: list[Echo] = []
        arrived = asyncio.Event()

        def done(echo: Echo) -> None:
            answers.append(echo)
            arrived.set()

        async with pinging() as pinger:
            with Host() as host:
                pinger.begin("127.0.3.7", 5.0, None, done)
                request, target = await host.request()
                assert target == "127.0.3.7"
                host.say(reply_to(request, token=bytes(8)), "127.0.3.7")
                host.say(reply_to(request, sequence=int.from_bytes(request[6:8], "big") ^ 1), "127.0.3.7")
                host.say(reply_to(request), "127.0.3.8")
                await asyncio.sleep(0.1)
                assert not answers
                strays = pinger.strays
                host.say(reply_to(request), "127.0.3.7")
                await asyncio.wait_for(arrived.wait(), 5)
                return answers, strays

    answers, strays = in_namespace(body, ping_group_range=group, silent_loopback=True, loop_factory=loop)
    assert len(answers) == 1
    assert isinstance(answers[0], float)
    assert strays == 3


@on_every_kernel_path
def test_a_late_reply_is_not_the_next_ones(loop: Callable[[], asyncio.AbstractEventLoop], group: str) -> None:
    async def body() -> tuple[Echoes | Outcome, Echoes | Outcome]:
        async with pinging() as pinger:
            with Host() as host:
                first = await pinger.ping("127.0.3.7", 1, 0.1, None)
                request, _ = await host.request()
                second = asyncio.ensure_future(pinger.ping("127.0.3.7", 1, 0.3, None))
                await host.request()
                host.say(reply_to(request), "127.0.3.7")
                return first, await second

    lost = Echoes((None,))
    assert in_namespace(body, ping_group_range=group, silent_loopback=True, loop_factory=loop) == (lost, lost)


@on_every_kernel_path
def test_a_router_that_refuses_ends_the_wait_and_nobody_elses(
    loop: Callable[[], asyncio.AbstractEventLoop], group: str
) -> None:
    async def body() -> tuple[list[Echoes | Outcome], float]:
        async with pinging() as pinger:
            with router("10.7.0.0/16"):
                await pinger.ping("10.9.0.2", 1, 5.0, None)
                started = time.monotonic()
                # A kernel that routes refuses five at once and then one a second.
                hosts = ["10.7.0.1", "10.7.0.2", "10.7.0.3", *["10.9.0.2"] * 20]
                answers = await asyncio.gather(*(pinger.ping(host, 1, 10.0, None) for host in hosts))
                return answers, time.monotonic() - started

    answers, took = in_namespace(body, ping_group_range=group, loop_factory=loop)
    assert [answer.detail if isinstance(answer, Outcome) else None for answer in answers[:3]] == [
        "10.7.0.1: host unreachable",
        "10.7.0.2: host unreachable",
        "10.7.0.3: host unreachable",
    ]
    assert {answer.reason for answer in answers[:3] if isinstance(answer, Outcome)} == {Reason.UNREACHABLE}
    assert all(isinstance(answer, Echoes) and answer.round_trips_ms[0] is not None for answer in answers[3:])
    assert took < 5


@pytest.mark.parametrize("quoted", [8, 24], ids=["eight bytes", "the whole request"])
def test_an_error_counts_however_much_of_the_request_it_quotes(quoted: int) -> None:
    async def body() -> Echoes | Outcome:
        async with pinging() as pinger:
            with Host() as host:
                answer = asyncio.ensure_future(pinger.ping("127.0.3.7", 1, 5.0, None))
                request, target = await host.request()
                host.say(unreachable(request, "127.0.3.9", quoted), "127.0.0.1")
                host.say(unreachable(request, target, quoted), "127.0.0.1")
                return await answer

    answer = in_namespace(body, silent_loopback=True)
    assert isinstance(answer, Outcome)
    assert answer.reason is Reason.UNREACHABLE


@on_every_kernel_path
def test_a_thousand_silent_hosts_cost_one_timeout_and_delay_nobody(
    loop: Callable[[], asyncio.AbstractEventLoop], group: str
) -> None:
    async def body() -> tuple[list[Echoes | Outcome], float, int]:
        async with pinging() as pinger:
            live = [f"127.4.{number // 250}.{number % 250 + 1}" for number in range(1000)]
            dead = [f"10.9.{number // 250 + 1}.{number % 250 + 1}" for number in range(1000)]
            started = time.monotonic()
            pairs = [host for pair in zip(live, dead, strict=True) for host in pair]
            answers = await asyncio.gather(*(pinger.ping(host, 1, 1.0, None) for host in pairs))
            return answers, time.monotonic() - started, pinger.in_flight

    answers, took, in_flight = in_namespace(body, commands=SILENT_NET, ping_group_range=group, loop_factory=loop)
    assert all(isinstance(answer, Echoes) and answer.round_trips_ms[0] is not None for answer in answers[::2])
    assert answers[1::2] == [Echoes((None,))] * 1000
    assert 1.0 <= took < 10
    assert in_flight == 0


@on_every_kernel_path
def test_the_source_address_is_the_one_asked_for(loop: Callable[[], asyncio.AbstractEventLoop], group: str) -> None:
    async def body() -> list[Echoes | Outcome]:
        async with pinging() as pinger:
            sources = [("127.0.0.1", "127.9.9.9"), ("::1", "::1"), ("127.0.0.1", "192.0.2.1"), ("::1", "2001:db8::1")]
            return [await pinger.ping(host, 1, 1.0, source) for host, source in sources]

    first, second, third, fourth = in_namespace(body, ping_group_range=group, loop_factory=loop)
    assert isinstance(first, Echoes)
    assert isinstance(second, Echoes)
    for answer, source in ((third, "192.0.2.1"), (fourth, "2001:db8::1")):
        assert isinstance(answer, Outcome)
        assert (answer.status, answer.reason) == (Status.NONE, Reason.NO_ADDRESS_FAMILY)
        assert answer.detail == f"this machine has no address {source}"


def test_a_host_without_a_route_is_unreachable() -> None:
    async def body() -> Echoes | Outcome:
        async with pinging() as pinger:
            return await pinger.ping("192.0.2.1", 3, 1.0, None)

    answer = in_namespace(body)
    assert isinstance(answer, Outcome)
    assert (answer.status, answer.reason) == (Status.FAILED, Reason.UNREACHABLE)


def test_what_is_not_permitted_says_how_to_permit_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    class Refused(socket.socket):
        def __init__(self, *_: object) -> None:
            super().__init__()
            self.close()
            raise PermissionError(1, "Operation not permitted")

    async def body() -> Echoes | Outcome:
        pinger = IcmpPinger()
        with monkeypatch.context() as patch:
            patch.setattr(socket, "socket", Refused)
            refused = pinger.open()
        assert set(refused) == {4, 6}
        try:
            return await pinger.ping("127.0.0.1", 5, 5.0, None)
        finally:
            pinger.close()

    answer = asyncio.run(body())
    assert isinstance(answer, Outcome)
    assert (answer.status, answer.reason) == (Status.NONE, Reason.NO_PERMISSION)
    assert "net.ipv4.ping_group_range" in answer.detail
    assert "CAP_NET_RAW" in answer.detail


def test_a_request_that_is_cancelled_gives_no_answer_and_leaves_nothing() -> None:
    async def body() -> None:
        answers: list[Echo] = []
        async with pinging() as pinger:
            for cancel in [pinger.begin("127.0.3.7", 0.2, None, answers.append) for _ in range(300)]:
                cancel()
            tasks = [asyncio.ensure_future(pinger.ping("127.0.3.7", 5, 5.0, None)) for _ in range(50)]
            await asyncio.sleep(0.05)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0.3)
            assert not answers
            assert pinger.in_flight == 0

    before = open_descriptors()
    in_namespace(body, silent_loopback=True)
    assert open_descriptors() == before


def test_more_than_a_sequence_can_number_are_in_flight_at_once() -> None:
    async def body() -> tuple[int, int]:
        answers: list[Echo] = []
        ended = asyncio.Event()

        def done(echo: Echo) -> None:
            answers.append(echo)
            if len(answers) == 66_000:
                ended.set()

        async with pinging() as pinger:
            for number in range(66_000):
                pinger.begin(f"127.4.{number // 250 % 250}.{number % 250 + 1}", 3.0, None, done)
            flying = pinger.in_flight
            await asyncio.wait_for(ended.wait(), 20)
            return flying, len(answers)

    flying, answered = in_namespace(body, silent_loopback=True)
    assert flying == 66_000
    assert answered == 66_000


def test_a_full_send_queue_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [errno.ENOBUFS] * 3
    send = EchoSocket.send

    def full_at_first(sock: EchoSocket, address: str, sequence: int, token: bytes, source: str | None) -> None:
        if left:
            raise OSError(left.pop(), "No buffer space available")
        send(sock, address, sequence, token, source)

    monkeypatch.setattr(EchoSocket, "send", full_at_first)

    async def body() -> list[Echoes | Outcome]:
        async with pinging() as pinger:
            return await asyncio.gather(*(pinger.ping("127.0.3.7", 1, 2.0, None) for _ in range(5)))

    answers = in_namespace(body)
    assert not left
    assert all(isinstance(answer, Echoes) and answer.round_trips_ms[0] is not None for answer in answers)


@pytest.mark.parametrize("jump", [3600, -3600])
def test_a_wall_clock_that_jumps_while_a_request_is_under_way_makes_no_wild_round_trip(
    jump: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = time.time_ns

    async def body() -> tuple[Echoes | Outcome, float]:
        async with pinging() as pinger:
            with Host() as host:
                started = time.monotonic()
                answer = asyncio.ensure_future(pinger.ping("127.0.3.7", 1, 5.0, None))
                request, _ = await host.request()
                monkeypatch.setattr(time, "time_ns", lambda: wall() + jump * 1_000_000_000)
                host.say(reply_to(request), "127.0.3.7")
                return await answer, (time.monotonic() - started) * 1000

    echoes, took = in_namespace(body, silent_loopback=True)
    assert isinstance(echoes, Echoes)
    [trip] = echoes.round_trips_ms
    assert trip is not None
    assert 0 <= trip <= took


def test_the_machine_that_runs_these_tests_permits_icmp() -> None:
    async def body() -> dict[int, Outcome]:
        pinger = IcmpPinger()
        refused = dict(pinger.open())
        pinger.close()
        return refused

    refused = asyncio.run(body())
    if 4 in refused and "CI" not in os.environ:
        pytest.skip(refused[4].detail)
    assert 4 not in refused
