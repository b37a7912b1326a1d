"""Asks a name server a question and judges its answer."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import socket
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Literal

from availability.outcome import Outcome, Reason, failed, ok
from collector.context import Context
from collector.errors import LookEnded
from collector.streams import Endpoint, IpVersion, Stopwatch, ip_version_for
from collector.transport_tls import from_stream_error
from config.types import Address, Duration, Flag, Host, Port, Text

if TYPE_CHECKING:
    import dns.message

RecordType = Literal["A", "AAAA", "CAA", "CNAME", "DS", "MX", "NAPTR", "NS", "PTR", "SOA", "SRV", "TLSA", "TXT"]
Rcode = Literal["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"]

_LARGEST_DATAGRAM = 65_535
_ID_BYTES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsOptions:
    """The question, whom to ask it, and the answer that is right."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    server: Host = field(metadata={"help": "The name server to ask: an address or a name."})
    port: Port = field(default=53, metadata={"help": "The port of the name server."})
    name: Text = field(metadata={"help": "The name to ask for."})
    type: RecordType = field(default="A", metadata={"help": "The type of record to ask for."})
    expect: tuple[Text, ...] | None = field(
        default=None, metadata={"help": "All the answers that must come, no other, in any order."}
    )
    rcode: Rcode = field(default="NOERROR", metadata={"help": "The response code that is right."})
    recursion: Flag = field(default=True, metadata={"help": "Whether the server is asked to recurse for us."})
    transport: Literal["udp", "tcp"] = field(
        default="udp", metadata={"help": "How to ask: udp, which goes on over TCP for what it cannot hold, or tcp."}
    )
    max_latency: Duration | None = field(
        default=None, metadata={"help": "The longest the whole look may take before it counts as slow."}
    )
    source: Address | None = field(default=None, metadata={"help": "The local address to ask from."})
    ip_version: IpVersion = field(default="any", metadata={"help": "Which version of IP to use: any, 4 or 6."})

    def __post_init__(self) -> None:
        ip_version_for(self.server, self.ip_version, self.source)
        if self.expect is not None and not self.expect:
            raise ValueError("expect is empty: leave it out to accept any answer")
        if self.expect and self.rcode != "NOERROR":
            raise ValueError(f"expect has no use with rcode {self.rcode}, which comes without answers")
        if self.type in ("A", "AAAA"):
            _check_addresses(self.expect or (), 4 if self.type == "A" else 6)
        elif self.expect:
            _wanted(self.type, self.expect)
        labels = self.name.removesuffix(".").split(".")
        fits = self.name == "." or all(1 <= len(label) <= 63 for label in labels)
        if not fits or not self.name.isascii() or len(self.name) > 254:
            raise ValueError("name is no name of the DNS: use ASCII (xn-- for others), at most 63 characters a label")


def _check_addresses(texts: tuple[str, ...], version: int) -> None:
    for text in texts:
        try:
            right = ipaddress.ip_address(text).version == version
        except ValueError:
            right = False
        if not right:
            raise ValueError(f"expect holds {text!r}, which is no IPv{version} address")


@lru_cache(maxsize=4096)
def _wanted(record_type: str, texts: tuple[str, ...]) -> frozenset[bytes]:
    """The expected answers in the one form that answers are compared in (RFC 1035, 5.1)."""
    import dns.exception
    import dns.name
    import dns.rdata

    wanted = set()
    for text in texts:
        quoted = text
        if record_type == "TXT" and not text.startswith('"'):
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            quoted = f'"{escaped}"'
        try:
            rdata = dns.rdata.from_text("IN", record_type, quoted, origin=dns.name.root, relativize=False)
        except (dns.exception.DNSException, ValueError):
            raise ValueError(f"expect holds {text!r}, which is no {record_type} record") from None
        wanted.add(_canonical(rdata))
    return frozenset(wanted)


def _canonical(rdata: dns.rdata.Rdata) -> bytes:
    """Names without case (RFC 4034, 6.2), a long TXT without the seams between its strings (RFC 7208, 3.3)."""
    strings: tuple[bytes, ...] | None = getattr(rdata, "strings", None)
    return b"".join(strings) if strings is not None else rdata.to_digestable()


@lru_cache(maxsize=16_384)
def _question(name: str, record_type: str, recursion: bool) -> tuple[dns.message.Message, bytes]:
    """The query and its wire form after the id, which is new at every look (RFC 5452, 9.2)."""
    import dns.flags
    import dns.message

    query = dns.message.make_query(name, record_type, use_edns=False, flags=dns.flags.RD if recursion else 0)
    return query, query.to_wire()[_ID_BYTES:]


async def probe(options: DnsOptions, context: Context) -> Outcome:
    """One look: one question, over TCP again where the answer came truncated (RFC 7766, 5)."""
    watch = Stopwatch()
    ip_version = ip_version_for(options.server, options.ip_version, options.source)
    endpoint = Endpoint(options.server, options.port, ip_version, options.source)
    try:
        addresses = await context.resolver.resolve(endpoint.host, ip_version)
        watch.phase("resolve")
        reply = await _ask(options, addresses[0], endpoint)
        watch.phase("first_byte")
        outcome = _judge(options, reply)
    except LookEnded as ended:
        outcome = ended.outcome
    except OSError as error:
        outcome = from_stream_error(error, endpoint)
    return watch.timed(outcome, options.max_latency)


async def _ask(options: DnsOptions, address: str, endpoint: Endpoint) -> dns.message.Message:
    import dns.flags

    if options.transport == "udp":
        reply = await _over_udp(options, address, endpoint)
        if not reply.flags & dns.flags.TC:
            return reply
    return await _over_tcp(options, address, endpoint)


def _socket(address: str, kind: socket.SocketKind, source: str | None) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind | socket.SOCK_NONBLOCK)
    try:
        if source:
            sock.bind((source, 0))
    except BaseException:
        sock.close()
        raise
    return sock


async def _over_udp(options: DnsOptions, address: str, endpoint: Endpoint) -> dns.message.Message:
    """The first datagram that answers the question; all others are passed over.

    The socket is connected: the kernel lets nobody but the server's address and port through, and tells of a port
    that nobody listens on.
    """
    loop = asyncio.get_running_loop()
    query, wire = _question(options.name, options.type, options.recursion)
    token = secrets.token_bytes(_ID_BYTES)
    with _socket(address, socket.SOCK_DGRAM, options.source) as sock:
        sock.connect((address, options.port))
        sock.send(token + wire)
        while True:
            data = await loop.sock_recv(sock, _LARGEST_DATAGRAM)
            if data[:_ID_BYTES] == token and (reply := _parse(data, query, endpoint)):
                return reply


async def _over_tcp(options: DnsOptions, address: str, endpoint: Endpoint) -> dns.message.Message:
    """The answer in its frame of two bytes of length (RFC 1035, 4.2.2)."""
    loop = asyncio.get_running_loop()
    query, wire = _question(options.name, options.type, options.recursion)
    token = secrets.token_bytes(_ID_BYTES)
    message = token + wire
    with _socket(address, socket.SOCK_STREAM, options.source) as sock:
        await loop.sock_connect(sock, (address, options.port))
        await loop.sock_sendall(sock, len(message).to_bytes(2, "big") + message)
        while True:
            length = int.from_bytes(await _exactly(sock, 2, endpoint), "big")
            data = await _exactly(sock, length, endpoint)
            if data[:_ID_BYTES] == token and (reply := _parse(data, query, endpoint)):
                return reply


async def _exactly(sock: socket.socket, length: int, endpoint: Endpoint) -> bytes:
    loop = asyncio.get_running_loop()
    data = b""
    while len(data) < length:
        chunk = await loop.sock_recv(sock, length - len(data))
        if not chunk:
            raise LookEnded(failed(Reason.CLOSED, f"{endpoint} closed the connection without an answer"))
        data += chunk
    return data


def _parse(data: bytes, query: dns.message.Message, endpoint: Endpoint) -> dns.message.Message | None:
    """The reply in `data`, None where it answers another question; LookEnded where it is no message."""
    import dns.exception
    import dns.flags
    import dns.message

    try:
        reply = dns.message.from_wire(data, ignore_trailing=True, raise_on_truncation=False)
    except (dns.exception.DNSException, ValueError) as error:
        raise LookEnded(failed(Reason.BAD_RESPONSE, f"{endpoint} does not answer in DNS")) from error
    if not reply.flags & dns.flags.QR or (reply.question and reply.question != query.question):
        return None
    return reply


def _judge(options: DnsOptions, reply: dns.message.Message) -> Outcome:
    import dns.exception
    import dns.message
    import dns.rcode

    code = dns.rcode.to_text(reply.rcode())
    if code != options.rcode:
        return failed(Reason.DNS_FAILURE, f"response code {code}, wanted {options.rcode}")
    if options.rcode != "NOERROR":
        return ok()
    try:
        answer = reply.resolve_chaining().answer if isinstance(reply, dns.message.QueryMessage) else None
    except dns.exception.DNSException:
        answer = None
    if answer is None:
        return failed(Reason.ANSWER_MISMATCH, f"no {options.type} record in the answer")
    if options.expect and frozenset(map(_canonical, answer)) != _wanted(options.type, options.expect):
        return failed(Reason.ANSWER_MISMATCH, f"the {options.type} records are not those expected")
    return ok()
