"""A small authoritative DNS server over UDP and TCP that can be stopped, hung, broken and cut."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from waakvlam.demo.servers import Mode, Talk, TcpServer, bind

_TTL = 60
_ATTEMPTS = 20


class NameServer:
    """Answers type A questions about `zone` (absolute name to IPv4 address); broken, it answers `wrong` to all."""

    def __init__(self, host: str, port: int, zone: Mapping[str, str], wrong: str) -> None:
        self.host = host
        self.port = 0
        self._wanted = port
        self._zone = zone
        self._wrong_zone = dict.fromkeys(zone, wrong)
        self._tcp: TcpServer | None = None
        self._udp: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Bind one port number for both protocols; OSError where none can be had."""
        wanted = self._wanted
        for attempt in range(_ATTEMPTS):
            tcp = TcpServer(self.host, wanted, _talk(self._zone), _talk(self._wrong_zone))
            await tcp.start()
            self._tcp, self.port = tcp, tcp.port
            try:
                await self._serve_udp("serving")
                return
            except OSError:
                await tcp.close()
                if attempt == _ATTEMPTS - 1:
                    raise
                wanted = 0

    async def set_mode(self, mode: Mode) -> None:
        """Behave so from now on. A datagram cannot be cut: cut, UDP stays silent as if hung."""
        assert self._tcp is not None, "start() comes first"  # noqa: S101 - for the type checker
        await self._tcp.set_mode(mode)
        await self._serve_udp(mode)

    async def close(self) -> None:
        """Give both ports back."""
        if self._udp:
            self._udp.close()
        if self._tcp:
            await self._tcp.close()

    async def _serve_udp(self, mode: Mode) -> None:
        if self._udp:
            self._udp.close()
            self._udp = None
            await asyncio.sleep(0)  # the transport closes its socket in the next turn of the loop
        if mode == "stopped":
            return
        zone = {"serving": self._zone, "broken": self._wrong_zone}.get(mode)
        sock = bind(socket.SOCK_DGRAM, self.host, self.port)
        if sock.getsockname()[1] != self.port:
            sock.close()
            raise OSError(f"UDP port {self.port} at {self.host} was taken by another program")
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(zone), sock=sock)


class _Datagrams(asyncio.DatagramProtocol):
    """UDP: one question, one answer; without a zone it listens and says nothing."""

    def __init__(self, zone: Mapping[str, str] | None) -> None:
        self._zone = zone
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = answer(data, self._zone) if self._zone else None
        if reply and self._transport:
            self._transport.sendto(reply, addr)


def _talk(zone: Mapping[str, str]) -> Talk:
    """TCP: each message behind its length in two bytes (RFC 1035, 4.2.2)."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            length = int.from_bytes(await reader.readexactly(2))
            reply = answer(await reader.readexactly(length), zone)
            if reply is None:
                return
            writer.write(len(reply).to_bytes(2) + reply)
            await writer.drain()

    return talk


def answer(wire: bytes, zone: Mapping[str, str]) -> bytes | None:
    """The reply to one message; None to what is no question."""
    try:
        query = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return None
    if query.flags & dns.flags.QR or query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
        return None
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.AA
    question = query.question[0]
    address = zone.get(question.name.to_text().lower())
    if address is None or question.rdclass != dns.rdataclass.IN:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    elif question.rdtype == dns.rdatatype.A:
        reply.answer.append(dns.rrset.from_text(question.name, _TTL, dns.rdataclass.IN, dns.rdatatype.A, address))
    return reply.to_wire()
