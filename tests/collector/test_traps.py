"""Traps: what is taken for one and what is not, how often it has a check look, and that it decides nothing."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v1, v2c

from availability.outcome import Outcome, Reason, failed
from collector.probes.icmp import IcmpOptions
from collector.traps import LINK_DOWN, LINK_UP, Forwarding, TrapReceiver, canonical
from config.settings import CheckSpec, SecretRef, Traps, TrapUser
from tests.collector.agents import encoded
from tests.collector.daemons import program
from tests.collector.looking import read
from tests.collector.virtual import NOON, World, run, spec

BOTH_LOOPS = True
COLD_START = "1.3.6.1.6.3.1.1.5.1"
COMMUNITY = "Geheim7"


def check(name: str, host: str) -> CheckSpec:
    return CheckSpec(name, "core", "icmp", read(IcmpOptions, {"host": host}), 30_000, 5000, None, ("local",))


def notification(about: str, community: str = COMMUNITY, kind: Any = v2c.SNMPv2TrapPDU) -> bytes:
    """A trap of version 2c, or an inform."""
    pdu = kind()
    v2c.apiPDU.set_defaults(pdu)
    bindings = [
        ("1.3.6.1.2.1.1.3.0", v2c.TimeTicks(5)),
        ("1.3.6.1.6.3.1.1.4.1.0", v2c.ObjectIdentifier(about)),
        ("1.3.6.1.2.1.2.2.1.1.3", v2c.Integer(3)),
    ]
    v2c.apiPDU.set_varbinds(pdu, bindings)
    return message(v2c, pdu, community)


def message(api: Any, pdu: Any, community: str = COMMUNITY) -> bytes:
    whole = api.Message()
    api.apiMessage.set_defaults(whole)
    api.apiMessage.set_community(whole, community)
    api.apiMessage.set_pdu(whole, pdu)
    return bytes(encoder.encode(whole))


def first_version(generic: int) -> bytes:
    pdu = v1.TrapPDU()
    v1.apiTrapPDU.set_defaults(pdu)
    v1.apiTrapPDU.set_generic_trap(pdu, generic)
    return message(v1, pdu)


async def until(reached: Callable[[], bool], every: float = 0.001, most: float = 5.0) -> None:
    async with asyncio.timeout(most):
        while not reached():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(every)


class Asked:
    """Stands in for the schedule; keeps what it was asked to bring forward."""

    def __init__(self) -> None:
        self.now = NOON
        self.forwarded: list[tuple[str, int]] = []
        self.forwarding = Forwarding(lambda name, at: self.forwarded.append((name, at)), lambda: self.now)
        self.forwarding.watch([check("core-ping", "127.0.0.1"), check("other-ping", "127.0.0.2")])


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAPS", COMMUNITY)


@contextlib.asynccontextmanager
async def receiving(
    asked: Asked, community: str | None = "TRAPS", users: tuple[TrapUser, ...] = ()
) -> AsyncIterator[TrapReceiver]:
    accepted = SecretRef(env=community) if community else None
    receiver = TrapReceiver(Traps(("127.0.0.1", 0), accepted, users), asked.forwarding)
    listening = asyncio.ensure_future(receiver.run())
    try:
        await until(lambda: receiver.address is not None)
        yield receiver
    finally:
        listening.cancel()
        await asyncio.wait([listening])
        assert receiver.address is None


async def sent(receiver: TrapReceiver, *datagrams: bytes, source: str = "127.0.0.1") -> None:
    """Sends them and waits until all have come."""
    expected = receiver.counts.total() + len(datagrams)
    assert receiver.address is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        for datagram in datagrams:
            sock.sendto(datagram, receiver.address)
    await until(lambda: receiver.counts.total() >= expected)


RECEIVED: dict[str, tuple[bytes, str]] = {
    "a link that goes down": (notification(LINK_DOWN), "used"),
    "a link that comes up": (notification(LINK_UP), "used"),
    "a link that goes down, in version 1": (first_version(2), "used"),
    "a link that comes up, in version 1": (first_version(3), "used"),
    "an inform": (notification(LINK_DOWN, kind=v2c.InformRequestPDU), "used"),
    "a cold start": (notification(COLD_START), "other"),
    "a cold start, in version 1": (first_version(0), "other"),
    "a request": (encoded(["1.3.6.1.2.1.1.3.0"], COMMUNITY), "other"),
    "another community": (notification(LINK_DOWN, community="public"), "refused"),
    "no SNMP": (b"\xff" * 40, "unreadable"),
    "half a trap": (notification(LINK_DOWN)[:-9], "unreadable"),
    "a trap and something more": (notification(LINK_DOWN) + b"\x05\x00", "unreadable"),
    "version 3": (notification(LINK_DOWN).replace(b"\x02\x01\x01\x04", b"\x02\x01\x03\x04", 1), "unreadable"),
    "sequences within sequences": (b"\x30\x80" * 2000, "unreadable"),
    "a datagram as long as there are": (notification(LINK_DOWN) + b"\0" * 60_000, "unreadable"),
}


@pytest.mark.parametrize("case", RECEIVED)
async def test_what_is_taken_for_a_trap(case: str) -> None:
    datagram, what = RECEIVED[case]
    asked = Asked()
    async with receiving(asked) as receiver:
        await sent(receiver, datagram)
        assert receiver.counts == {what: 1}
    assert asked.forwarded == ([("core-ping", NOON)] if what == "used" else [])


async def test_whom_no_check_looks_at_is_not_read() -> None:
    asked = Asked()
    async with receiving(asked) as receiver:
        await sent(receiver, notification(LINK_DOWN), source="127.0.0.3")
        assert receiver.counts == {"stranger": 1}
        await sent(receiver, notification(LINK_DOWN), source="127.0.0.2")
    assert asked.forwarded == [("other-ping", NOON)]


async def test_without_its_secret_nothing_is_used(caplog: pytest.LogCaptureFixture) -> None:
    asked = Asked()
    async with receiving(asked, community="NOWHERE") as receiver:
        await sent(receiver, notification(LINK_DOWN), notification(LINK_DOWN))
        assert receiver.counts == {"refused": 2}
    assert asked.forwarded == []
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "traps: the environment variable NOWHERE is not set: it must hold the secret"
    ]


async def test_an_inform_is_answered_with_what_it_said() -> None:
    asked = Asked()
    async with receiving(asked) as receiver:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sock:
            sock.connect(receiver.address or ("", 0))
            inform = notification(LINK_DOWN, kind=v2c.InformRequestPDU)
            sock.send(inform)
            answer = await asyncio.get_running_loop().sock_recv(sock, 4096)
    said, heard = (decoder.decode(data, asn1Spec=v2c.Message())[0] for data in (inform, answer))
    pdus = [v2c.apiMessage.get_pdu(each) for each in (said, heard)]
    assert v2c.apiPDU.get_request_id(pdus[0]) == v2c.apiPDU.get_request_id(pdus[1])
    assert v2c.apiPDU.get_varbinds(pdus[0]) == v2c.apiPDU.get_varbinds(pdus[1])
    assert pdus[1].tagSet == v2c.ResponsePDU.tagSet


async def test_a_flood_is_read_only_so_far_and_has_a_device_looked_at_twice() -> None:
    asked = Asked()
    async with receiving(asked) as receiver:
        for _ in range(20):
            await sent(receiver, *[notification(LINK_DOWN)] * 50)
        assert receiver.counts.total() == 1000
        assert receiver.counts["flood"] > 500
    assert asked.forwarded == [("core-ping", NOON), ("core-ping", NOON + 1000)]


def test_a_device_is_looked_at_once_a_second_and_nothing_is_lost() -> None:
    asked = Asked()
    for after, so_far in ((0, [0]), (10, [0, 1000]), (999, [0, 1000]), (1000, [0, 1000, 2000]), (5000, None)):
        asked.now = NOON + after
        asked.forwarding.trapped("127.0.0.1")
        expected = [0, 1000, 2000, 5000] if so_far is None else so_far
        assert asked.forwarded == [("core-ping", NOON + at) for at in expected]
    asked.forwarding.watch([])
    asked.forwarding.trapped("127.0.0.1")
    assert len(asked.forwarded) == 4


def test_a_device_whose_checks_know_it_by_name_is_known_by_what_they_found() -> None:
    asked = Asked()
    forwarding = asked.forwarding
    checks = [check("core-ping", "core.example"), check("core-web", "core.example"), check("edge-ping", "edge.example")]
    forwarding.watch([*checks, check("other-ping", "192.0.2.1")])
    assert not forwarding.knows("192.0.2.7")
    forwarding.resolved("core.example", "4", ["192.0.2.7"])
    forwarding.resolved("core.example", "any", ["::ffff:192.0.2.7", "2001:DB8::7"])
    forwarding.resolved("edge.example", "4", ["192.0.2.1"])
    forwarding.resolved("nobodys.example", "4", ["192.0.2.8"])
    assert [forwarding.knows(f"192.0.2.{last}") for last in (1, 7, 8)] == [True, True, False]
    forwarding.trapped("2001:db8::7")
    forwarding.trapped("192.0.2.1")
    assert sorted(asked.forwarded) == [(name, NOON) for name in ("core-ping", "core-web", "edge-ping", "other-ping")]
    forwarding.resolved("core.example", "4", ["192.0.2.9"])
    assert [forwarding.knows(f"192.0.2.{last}") for last in (7, 9)] == [True, True], "both, as long as one says so"
    forwarding.resolved("core.example", "any", ["192.0.2.9"])
    assert [forwarding.knows(address) for address in ("192.0.2.7", "2001:db8::7", "192.0.2.9")] == [False, False, True]
    forwarding.watch([check("edge-ping", "edge.example")])
    assert [forwarding.knows(f"192.0.2.{last}") for last in (1, 9)] == [True, False]


ADDRESSES = {
    "192.0.2.1": "192.0.2.1",
    "::ffff:192.0.2.1": "192.0.2.1",
    "2001:DB8:0::1": "2001:db8::1",
    "fe80::1%eth0": "fe80::1",
    "core.example": "",
    "": "",
}


@pytest.mark.parametrize("text", ADDRESSES)
def test_addresses_have_one_spelling(text: str) -> None:
    assert canonical(text) == ADDRESSES[text]


async def test_the_traps_of_net_snmp() -> None:
    trap = program("snmptrap", "snmp")
    asked = Asked()
    async with receiving(asked) as receiver:
        assert receiver.address is not None
        for way in (["-v", "2c"], ["-v", "2c", "-Ci", "-r", "0", "-t", "5"]):
            place = f"{receiver.address[0]}:{receiver.address[1]}"
            command = [trap, *way, "-c", COMMUNITY, place, "", LINK_DOWN, "1.3.6.1.2.1.2.2.1.1.3", "i", "3"]
            done = await asyncio.to_thread(
                subprocess.run, command, capture_output=True, env={"MIBS": ""}, timeout=20, check=False
            )
            assert done.returncode == 0, done.stderr
        await until(lambda: receiver.counts.total() >= 2)
        assert receiver.counts == {"used": 2}


# What the schedule makes of it.


def test_a_look_that_is_brought_forward_is_one_more_and_the_grid_stays() -> None:
    async def body(world: World) -> None:
        engine = world.engine([spec("ping")])
        running = asyncio.ensure_future(engine.run())
        await asyncio.sleep(65)
        first = world.slots("ping")
        at = first[-1] + 7_000
        assert engine.bring_forward("ping", at)
        assert not engine.bring_forward("ping", at + 60_000), "later than its next look"
        assert not engine.bring_forward("weg", at)
        await asyncio.sleep(60)
        engine.stop()
        await running
        slots = world.slots("ping")
        assert at in slots
        grid = [slot for slot in slots if slot != at]
        assert [later - slot for slot, later in itertools.pairwise(grid)] == [30_000] * (len(grid) - 1)

    run(body)


def test_a_look_under_way_is_left_and_the_next_begins_after_its_time() -> None:
    async def slow() -> Outcome:
        await asyncio.sleep(4)
        return failed(Reason.TIMEOUT)

    async def body(world: World) -> None:
        engine = world.engine([spec("ping", does=slow)])
        running = asyncio.ensure_future(engine.run())
        await until(lambda: bool(engine.under_way), every=0.5, most=40)
        assert engine.bring_forward("ping", 0)
        await asyncio.sleep(20)
        engine.stop()
        await running
        slots = world.slots("ping")
        assert slots[1] - slots[0] == 5000
        assert engine.stats.overlapping == 0

    run(body)
