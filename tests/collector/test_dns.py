"""The probe of name servers: answers right, wrong, missing, forged, truncated and in no language."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from availability.outcome import Outcome, Reason, Status
from collector.context import Kind
from collector.probes.dns import DnsOptions, probe
from tests.collector import servers
from tests.collector.looking import leaves_nothing, looked, read
from tests.collector.servers import tcp_server, udp_server

BOTH_LOOPS = True
DNS = Kind(probe, DnsOptions)

ZONE = {
    ("venlo.example.", "A"): ["venlo.example. 60 IN A 192.0.2.10", "venlo.example. 60 IN A 192.0.2.11"],
    ("venlo.example.", "AAAA"): ["venlo.example. 60 IN AAAA 2001:db8::10"],
    ("venlo.example.", "MX"): ["venlo.example. 60 IN MX 10 Mail.venlo.example."],
    ("venlo.example.", "TXT"): ['venlo.example. 60 IN TXT "v=spf1 " "-all"'],
    ("www.venlo.example.", "A"): ["www.venlo.example. 60 IN CNAME venlo.example.", "venlo.example. 60 IN A 192.0.2.10"],
    ("www.venlo.example.", "CNAME"): ["www.venlo.example. 60 IN CNAME venlo.example."],
    ("leeg.venlo.example.", "A"): [],
    ("lus.venlo.example.", "A"): ["lus.venlo.example. 60 IN CNAME lus.venlo.example."],
    ("anders.venlo.example.", "A"): ["elders.venlo.example. 60 IN A 192.0.2.10"],
}
RCODES = {"weg.venlo.example.": dns.rcode.NXDOMAIN, "stuk.venlo.example.": dns.rcode.SERVFAIL}


def answered(wire: bytes) -> dns.message.Message:
    """What an honest server answers to a query."""
    query = dns.message.from_wire(wire)
    name, kind = query.question[0].name.to_text(), dns.rdatatype.to_text(query.question[0].rdtype)
    response = dns.message.make_response(query)
    response.set_rcode(RCODES.get(name, dns.rcode.NOERROR))
    for line in ZONE.get((name, kind), []):
        owner, ttl, _, of, data = line.split(" ", 4)
        response.answer.append(dns.rrset.from_text(owner, int(ttl), "IN", of, data))
    return response


def honest(wire: bytes) -> list[bytes]:
    return [answered(wire).to_wire()]


async def ask(answer: servers.Datagrams = honest, timeout: float = 2.0, **values: Any) -> Outcome:
    """One look at a name server that answers over UDP as `answer` does."""
    async with udp_server(answer) as port:
        return await looked(DNS, timeout, server="127.0.0.1", port=str(port), **({"name": "venlo.example"} | values))


JUDGED: dict[str, tuple[dict[str, Any], Reason | None, str]] = {
    "any answer": ({}, None, ""),
    "the answers in any order": ({"expect": ["192.0.2.11", "192.0.2.10"]}, None, ""),
    "a name with its final point": ({"name": "venlo.example."}, None, ""),
    "an answer too many": (
        {"expect": ["192.0.2.10"]},
        Reason.ANSWER_MISMATCH,
        "the A records are not those expected",
    ),
    "an answer too few": (
        {"expect": ["192.0.2.10", "192.0.2.11", "192.0.2.12"]},
        Reason.ANSWER_MISMATCH,
        "the A records are not those expected",
    ),
    "an IPv6 address in another spelling": ({"type": "AAAA", "expect": ["2001:DB8:0::10"]}, None, ""),
    "a mail server in another case": ({"type": "MX", "expect": ["10 mail.VENLO.example"]}, None, ""),
    "another mail server": ({"type": "MX", "expect": ["20 mail.venlo.example."]}, Reason.ANSWER_MISMATCH, ""),
    "a text in pieces": ({"type": "TXT", "expect": ["v=spf1 -all"]}, None, ""),
    "an answer by way of an alias": ({"name": "www.venlo.example", "expect": ["192.0.2.10"]}, None, ""),
    "the alias itself": (
        {"name": "www.venlo.example", "type": "CNAME", "expect": ["venlo.example"]},
        None,
        "",
    ),
    "an alias of itself": ({"name": "lus.venlo.example"}, Reason.ANSWER_MISMATCH, "no A record in the answer"),
    "an answer to what was not asked": (
        {"name": "anders.venlo.example"},
        Reason.ANSWER_MISMATCH,
        "no A record in the answer",
    ),
    "no answer": ({"name": "leeg.venlo.example"}, Reason.ANSWER_MISMATCH, "no A record in the answer"),
    "a name that is not there": (
        {"name": "weg.venlo.example"},
        Reason.DNS_FAILURE,
        "response code NXDOMAIN, wanted NOERROR",
    ),
    "a name that is rightly not there": ({"name": "weg.venlo.example", "rcode": "NXDOMAIN"}, None, ""),
    "a name that is there and should not be": (
        {"rcode": "NXDOMAIN"},
        Reason.DNS_FAILURE,
        "response code NOERROR, wanted NXDOMAIN",
    ),
    "a server that fails": (
        {"name": "stuk.venlo.example"},
        Reason.DNS_FAILURE,
        "response code SERVFAIL, wanted NOERROR",
    ),
}


@pytest.mark.parametrize("case", JUDGED)
async def test_asked_for(case: str) -> None:
    values, reason, why = JUDGED[case]
    outcome = await ask(honest, **values)
    assert outcome.reason is reason, outcome.detail
    assert why in outcome.detail
    assert set(outcome.phases) == {"resolve", "first_byte"}


def other_id(wire: bytes) -> list[bytes]:
    return [bytes([wire[0] ^ 1]) + answered(wire).to_wire()[1:]]


def other_question(wire: bytes) -> list[bytes]:
    forged = answered(wire)
    forged.question = [dns.rrset.RRset(dns.name.from_text("elders.example."), dns.rdataclass.IN, dns.rdatatype.A)]
    return [forged.to_wire()]


FORGED: dict[str, Callable[[bytes], list[bytes]]] = {
    "another id": other_id,
    "another question": other_question,
    "the question itself": lambda wire: [wire],
    "nothing": lambda wire: [b""],
    "one byte": lambda wire: [wire[:1]],
    "garbage with another id": lambda wire: [bytes([wire[0] ^ 1]) + b"\xff" * 40],
}


@pytest.mark.parametrize("case", FORGED)
async def test_a_datagram_with(case: str) -> None:
    """It is passed over: alone it is no answer, and before the true answer it does no harm."""
    outcome = await ask(FORGED[case], timeout=0.1)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)
    outcome = await ask(lambda wire: FORGED[case](wire) + honest(wire))
    assert outcome.status is Status.OK, outcome.detail


async def test_an_answer_from_elsewhere_is_passed_over() -> None:
    async with udp_server(lambda _: [], "127.0.0.2") as elsewhere:
        loop = asyncio.get_running_loop()
        forger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

        class Redirecting(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
                forger.sendto(honest(data)[0], addr)

        transport, _ = await loop.create_datagram_endpoint(Redirecting, local_addr=("127.0.0.1", 0))
        port = str(transport.get_extra_info("sockname")[1])
        with forger:
            outcome = await looked(DNS, 0.1, server="127.0.0.1", port=port, name="venlo.example")
        transport.close()
        assert elsewhere
    assert outcome.reason is Reason.TIMEOUT


async def test_garbage_with_the_right_id_is_an_answer_in_no_language() -> None:
    outcome = await ask(lambda wire: [wire[:2] + b"\xff" * 40])
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.BAD_RESPONSE)
    outcome = await ask(lambda wire: [wire[:2]])
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.BAD_RESPONSE)


async def test_silence() -> None:
    assert (await ask(lambda _: [], timeout=0.1)).reason is Reason.TIMEOUT


async def test_nobody_listens() -> None:
    for transport, kind in (("udp", socket.SOCK_DGRAM), ("tcp", socket.SOCK_STREAM)):
        with servers.closed_port(kind=kind) as port:
            values = {"server": "127.0.0.1", "port": str(port), "name": "venlo.example", "transport": transport}
            outcome = await looked(DNS, 2.0, None, **values)
        assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.REFUSED)


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


async def over_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    wire = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    for part in (framed(answered(wire).to_wire())[:5], framed(answered(wire).to_wire())[5:]):
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.01)


async def test_over_tcp() -> None:
    async with tcp_server(over_tcp) as port:
        values = {"server": "127.0.0.1", "port": str(port), "name": "venlo.example", "transport": "tcp"}
        outcome = await looked(DNS, 2.0, None, **values)
    assert outcome.status is Status.OK, outcome.detail


async def test_a_truncated_answer_is_asked_for_over_tcp() -> None:
    def truncated(wire: bytes) -> list[bytes]:
        response = dns.message.make_response(dns.message.from_wire(wire))
        response.flags |= dns.flags.TC
        return [response.to_wire()]

    async with tcp_server(over_tcp) as port, udp_server(truncated, port=port):
        values: dict[str, Any] = {"server": "127.0.0.1", "port": str(port), "name": "venlo.example"}
        outcome = await looked(DNS, 2.0, None, expect=["192.0.2.10", "192.0.2.11"], **values)
        assert outcome.status is Status.OK, outcome.detail
    outcome = await ask(truncated)
    assert outcome.reason is Reason.REFUSED


TCP_FAULTS = {
    "closes": (servers.says(b""), Reason.CLOSED),
    "closes within the answer": (servers.says(b"\x00\xff\x00"), Reason.CLOSED),
    "resets": (servers.says(b"", reset=True), Reason.RESET),
    "is silent": (servers.silence, Reason.TIMEOUT),
    "drips": (servers.endless(b"\xff\xff", b"a", 0.01), Reason.TIMEOUT),
    "speaks HTTP": (servers.says(servers.reply(400) + bytes(70_000)), Reason.TIMEOUT),
}


@pytest.mark.parametrize("case", TCP_FAULTS)
async def test_a_server_that_over_tcp(case: str) -> None:
    handler, reason = TCP_FAULTS[case]
    async with tcp_server(handler) as port:
        values = {"server": "127.0.0.1", "port": str(port), "name": "venlo.example", "transport": "tcp"}
        outcome = await looked(DNS, 0.3, None, **values)
    assert outcome.status is Status.FAILED
    assert outcome.reason in ({reason, Reason.CLOSED} if case == "speaks HTTP" else {reason}), outcome.detail


async def test_over_ipv6_by_name() -> None:
    async with udp_server(honest, "::1") as port:
        names = {"ns.venlo.example": ["::1"]}
        outcome = await looked(
            DNS, names=names, server="ns.venlo.example", port=str(port), name="venlo.example", ip_version="6"
        )
    assert outcome.status is Status.OK, outcome.detail


async def test_a_server_whose_name_does_not_resolve() -> None:
    outcome = await looked(DNS, server="ns.nergens.example", name="venlo.example")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.DNS_FAILURE)
    assert outcome.detail == "ns.nergens.example does not resolve"


async def test_from_a_chosen_address() -> None:
    assert (await ask(source="127.0.0.2")).status is Status.OK
    outcome = await ask(source="192.0.2.1")
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.COULD_NOT_LOOK)


async def test_recursion_is_desired_or_not() -> None:
    flags: list[int] = []

    def note(wire: bytes) -> list[bytes]:
        flags.append(dns.message.from_wire(wire).flags & dns.flags.RD)
        return honest(wire)

    await ask(note)
    await ask(note, recursion="false")
    assert flags == [dns.flags.RD, 0]


async def test_ids_and_ports_differ_from_look_to_look() -> None:
    seen: set[bytes] = set()

    def note(wire: bytes) -> list[bytes]:
        seen.add(wire[:2])
        return honest(wire)

    for _ in range(20):
        await ask(note)
    assert len(seen) > 15


async def test_what_is_right_but_late_is_slow() -> None:
    import time

    def late(wire: bytes) -> list[bytes]:
        time.sleep(0.01)
        return honest(wire)

    assert (await ask(late, max_latency="5ms")).reason is Reason.SLOW


async def test_nothing_is_left_open() -> None:
    async with udp_server(honest) as port:
        await leaves_nothing(lambda: looked(DNS, server="127.0.0.1", port=str(port), name="venlo.example"), 500)
    async with udp_server(lambda _: []) as port:
        values: dict[str, Any] = {"server": "127.0.0.1", "port": str(port), "name": "venlo.example"}
        await leaves_nothing(lambda: looked(DNS, 0.001, None, **values), 100)
    async with tcp_server(servers.silence) as port:
        values |= {"port": str(port), "transport": "tcp"}
        await leaves_nothing(lambda: looked(DNS, 0.001, None, **values), 100)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an address that is none": ({"expect": ["192.0.2"]}, "expect holds '192.0.2', which is no IPv4 address"),
    "an address of the other version": ({"type": "AAAA", "expect": ["192.0.2.1"]}, "is no IPv6 address"),
    "a record that is none": ({"type": "MX", "expect": ["mail"]}, "expect holds 'mail', which is no MX record"),
    "nothing expected": ({"expect": []}, "expect is empty"),
    "answers of what is not there": ({"rcode": "NXDOMAIN", "expect": ["192.0.2.1"]}, "expect has no use with rcode"),
    "a label that is too long": ({"name": "a" * 64}, "is no name of the DNS"),
    "a name with an empty label": ({"name": "a..example"}, "is no name of the DNS"),
    "a name outside ASCII": ({"name": "café.example"}, "is no name of the DNS"),
    "versions that differ": ({"source": "::1"}, "are of different IP versions"),
    "a type that is unknown": ({"type": "Q"}, "type"),
    "a key that is unknown": ({"nameserver": "a"}, "nameserver"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_options_with(case: str) -> None:
    values, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        read(DnsOptions, {"server": "127.0.0.1", "name": "venlo.example"} | values)


def test_the_root_can_be_asked_for() -> None:
    assert read(DnsOptions, {"server": "127.0.0.1", "name": ".", "type": "NS"}).name == "."
