"""The ntp probe against chrony, and against servers whose clocks, origins and manners are wrong."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from availability.outcome import Outcome, Reason, Status
from collector.context import Kind
from collector.probes.ntp import NtpOptions, _elapsed, probe
from tests.collector.daemons import folder, program, running, unprivileged
from tests.collector.looking import leaves_nothing, looked, read
from tests.collector.servers import closed_port, udp_server
from tests.ports import free_port

BOTH_LOOPS = True
NTP = Kind(probe, NtpOptions)
EPOCH = 2_208_988_800
PACKET = struct.Struct("!BBBb II 4s Q 8s Q Q")


@contextlib.contextmanager
def chrony(*lines: str) -> Iterator[int]:
    """The port of a chrony that touches no clock (`-x`)."""
    found = program("chronyd", "chrony")
    with folder() as place:
        port = free_port(socket.SOCK_DGRAM)
        settings = [f"port {port}", "cmdport 0", "bindaddress 127.0.0.1", "bindcmdaddress /", "allow 127.0.0.0/8"]
        settings += [f"pidfile {place}/pid", *lines]
        config = place / "chrony.conf"
        config.write_text("\n".join(settings) + "\n")
        user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        command = unprivileged(found, "-x", "-d", "-U", "-u", user, "-f", str(config))
        with running(command, lambda: served(port), place / "log"):
            yield port


def served(port: int) -> bool:
    """Whether a UDP socket is bound to the port, as the kernel's table tells."""
    return f":{port:04X} " in Path("/proc/net/udp").read_text()


@pytest.fixture(scope="module")
def synchronised() -> Iterator[int]:
    with chrony("local stratum 5") as port:
        yield port


@pytest.fixture(scope="module")
def unsynchronised() -> Iterator[int]:
    with chrony() as port:
        yield port


async def look_at(port: int, timeout: float = 5.0, **values: Any) -> Outcome:
    return await looked(NTP, timeout, {"ntp.example": ["127.0.0.1"]}, host="ntp.example", port=str(port), **values)


async def test_chrony_gives_the_time(synchronised: int) -> None:
    outcome = await look_at(synchronised, max_offset="500ms", max_stratum="5")
    assert outcome.status is Status.OK, outcome.detail
    assert list(outcome.phases) == ["resolve", "first_byte"]


async def test_chrony_is_too_far_from_a_reference_clock(synchronised: int) -> None:
    outcome = await look_at(synchronised, max_stratum="4")
    assert (outcome.reason, outcome.detail) == (Reason.ANSWER_MISMATCH, "stratum 5, wanted at most 4")


async def test_chrony_without_a_source_is_not_synchronised(unsynchronised: int) -> None:
    outcome = await look_at(unsynchronised)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.UNSYNCHRONISED)


async def test_from_a_chosen_address(synchronised: int) -> None:
    assert (await look_at(synchronised, source="127.0.0.2")).status is Status.OK
    outcome = await look_at(synchronised, source="192.0.2.1")
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.COULD_NOT_LOOK)


async def test_nothing_is_left_open(synchronised: int) -> None:
    await leaves_nothing(lambda: look_at(synchronised), 200)


def stamp(seconds: float) -> int:
    return round((seconds + EPOCH) * 2**32) % 2**64


def answer(
    request: bytes,
    *,
    leap: int = 0,
    version: int = 4,
    mode: int = 4,
    stratum: int = 2,
    ref_id: bytes = b"\xc0\x00\x02\x01",
    origin: bytes | None = None,
    ahead: float = 0.0,
    received: int | None = None,
) -> bytes:
    """What a server whose clock is `ahead` seconds of ours answers."""
    now = stamp(time.time() + ahead)
    first = leap << 6 | version << 3 | mode
    origin = request[40:48] if origin is None else origin
    return PACKET.pack(first, stratum, 6, -20, 0, 0, ref_id, now, origin, now if received is None else received, now)


def answers(**values: Any) -> Callable[[bytes], list[bytes]]:
    return lambda request: [answer(request, **values)]


JUDGED: dict[str, tuple[dict[str, Any], dict[str, str], Reason | None]] = {
    "right": ({}, {"max_offset": "1s"}, None),
    "right, in version 3": ({"version": 3}, {}, None),
    "a little ahead": ({"ahead": 0.4}, {"max_offset": "1s"}, None),
    "ahead": ({"ahead": 1.5}, {"max_offset": "1s"}, Reason.CLOCK_OFFSET),
    "behind": ({"ahead": -1.5}, {"max_offset": "1s"}, Reason.CLOCK_OFFSET),
    "off, with nothing asked of that": ({"ahead": 3600.0}, {}, None),
    "of the next era of NTP": ({"ahead": 12 * 365 * 86_400.0}, {"max_offset": "36500d"}, None),
    "far ahead in the next era": ({"ahead": 12 * 365 * 86_400.0}, {"max_offset": "1s"}, Reason.CLOCK_OFFSET),
    "not synchronised": ({"leap": 3}, {}, Reason.UNSYNCHRONISED),
    "of no stratum": ({"stratum": 16}, {}, Reason.UNSYNCHRONISED),
    "of an impossible stratum": ({"stratum": 17}, {}, Reason.BAD_RESPONSE),
    "of stratum 0 without a word": ({"stratum": 0, "ref_id": bytes(4)}, {}, Reason.UNSYNCHRONISED),
    "too far from a reference": ({"stratum": 3}, {"max_stratum": "2"}, Reason.ANSWER_MISMATCH),
    "denied": ({"stratum": 0, "leap": 3, "ref_id": b"DENY"}, {}, Reason.REFUSED),
    "restricted": ({"stratum": 0, "leap": 3, "ref_id": b"RSTR"}, {}, Reason.REFUSED),
    "not there yet": ({"stratum": 0, "leap": 3, "ref_id": b"INIT"}, {}, Reason.UNSYNCHRONISED),
    "of a client": ({"mode": 3}, {}, Reason.BAD_RESPONSE),
    "of a version that is none": ({"version": 0}, {}, Reason.BAD_RESPONSE),
    "without an instant": ({"received": 0}, {}, Reason.BAD_RESPONSE),
    "to another question": ({"origin": bytes(8)}, {}, Reason.TIMEOUT),
}


@pytest.mark.parametrize("case", JUDGED)
async def test_an_answer_that_is(case: str) -> None:
    given, values, reason = JUDGED[case]
    async with udp_server(answers(**given)) as port:
        outcome = await look_at(port, 0.5, **values)
    assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail


async def test_the_detail_of_an_offset_is_stable() -> None:
    async with udp_server(answers(ahead=-7.3)) as port:
        outcome = await look_at(port, max_offset="1s")
    assert outcome.detail == "its clock is behind ours by more than 1s"


async def test_a_server_that_asks_for_less_says_nothing_of_its_clock() -> None:
    async with udp_server(answers(stratum=0, leap=3, ref_id=b"RATE")) as port:
        outcome = await look_at(port)
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.COULD_NOT_LOOK)
    assert outcome.detail.endswith("asks to be looked at less often (RATE)")


async def test_what_answers_nothing_is_passed_over() -> None:
    def noisy(request: bytes) -> list[bytes]:
        return [b"", b"\xff" * 500, request, answer(request, origin=bytes(8)), answer(request)[:40], answer(request)]

    async with udp_server(noisy) as port:
        assert (await look_at(port, 1.0)).status is Status.OK


async def test_an_answer_with_extension_fields() -> None:
    async with udp_server(lambda request: [answer(request) + bytes(1000)]) as port:
        assert (await look_at(port)).status is Status.OK


async def test_a_flood_of_what_answers_nothing_ends_the_look() -> None:
    async with udp_server(lambda request: [b"\xff" * 48] * 100) as port:
        outcome = await look_at(port)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.BAD_RESPONSE)


async def test_an_answer_from_another_address_is_not_heard() -> None:
    loop = asyncio.get_running_loop()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        asked.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.2", 0))

        def elsewhere() -> None:
            request, sender = asked.recvfrom(100)
            other.sendto(answer(request), sender)

        loop.add_reader(asked, elsewhere)
        try:
            outcome = await look_at(asked.getsockname()[1], 0.3)
        finally:
            loop.remove_reader(asked)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)


async def test_nothing_but_a_random_number_is_told() -> None:
    heard: list[bytes] = []

    def note(request: bytes) -> list[bytes]:
        heard.append(request)
        return [answer(request)]

    async with udp_server(note) as port:
        for _ in range(5):
            await look_at(port)
    assert {(len(request), request[:40]) for request in heard} == {(48, b"\x23" + bytes(39))}
    assert len({request[40:] for request in heard}) == 5


async def test_a_busy_event_loop_is_no_offset() -> None:
    """The answer waits in the socket while something else holds up the loop: the kernel knows when it came."""

    def busy(request: bytes) -> list[bytes]:
        asyncio.get_running_loop().call_soon(time.sleep, 0.3)
        return [answer(request)]

    async with udp_server(busy) as port:
        outcome = await look_at(port, max_offset="100ms")
    assert outcome.status is Status.OK, outcome.detail
    assert outcome.latency_ms is not None
    assert outcome.latency_ms > 200


ELAPSED: dict[str, tuple[int | None, float]] = {
    "as the kernel says": (1_000_200_000_000, 0.2),
    "as the monotonic clock says where the kernel says nothing": (None, 0.5),
    "no longer than that, where the clock was set forward": (1_060_000_000_000, 0.5),
    "no less than nothing, where it was set back": (940_000_000_000, 0.0),
}


@pytest.mark.parametrize("case", ELAPSED)
def test_time_passes(case: str) -> None:
    stamp_ns, seconds = ELAPSED[case]
    assert _elapsed(1_000_000_000_000, stamp_ns, 0.5) == pytest.approx(seconds)


async def test_nobody_listens() -> None:
    with closed_port(kind=socket.SOCK_DGRAM) as port:
        outcome = await look_at(port)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.REFUSED)


async def test_silence() -> None:
    async with udp_server(lambda _: []) as port:
        outcome = await look_at(port, 0.2)
        assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)
        await leaves_nothing(lambda: look_at(port, 0.001), 100)


async def test_over_ipv6() -> None:
    async with udp_server(answers(), "::1") as port:
        outcome = await looked(NTP, host="::1", port=str(port), ip_version="6", max_offset="1s")
    assert outcome.status is Status.OK, outcome.detail


async def test_a_name_that_does_not_resolve() -> None:
    outcome = await looked(NTP, host="nergens.example")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.DNS_FAILURE)


def test_options_of_versions_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="are of different IP versions"):
        read(NtpOptions, {"host": "127.0.0.1", "source": "::1"})
