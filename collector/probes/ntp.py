"""Asks a time server for the time and judges its answer: whether it is synchronised, how far, and from what."""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from availability.outcome import Outcome, Reason, could_not_look, failed, ok
from collector.context import Context
from collector.errors import LookEnded
from collector.streams import Endpoint, IpVersion, Stopwatch, ip_version_for
from collector.transport_tls import from_stream_error
from config.types import Address, Count, Duration, Host, Port, span

if TYPE_CHECKING:
    import ntplib  # type: ignore[import-untyped]  # it brings no types

_PACKET_BYTES = 48
"""A packet without extension fields (RFC 5905, 7.3); what follows is not read."""
_ORIGIN = slice(24, 32)
_TRANSMIT = slice(40, 48)
_MOST_IGNORED = 64
"""Datagrams that answer nothing we asked, before a look ends for them."""

_SO_TIMESTAMPNS = 35
_TIMESTAMP = struct.Struct("@ll")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESTAMP.size)
_NTP_EPOCH = 2_208_988_800
"""Seconds from 1900, where NTP counts from, to 1970."""
_ERA = 2.0**32
"""Seconds after which the timestamps begin anew: in 2036 for the first time (RFC 5905, 6)."""

_SERVER = 4
_VERSION = 4
_CLIENT = 3
_UNSYNCHRONISED_LEAP = 3
_UNSYNCHRONISED_STRATUM = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class NtpOptions:
    """Which time server to ask, and how right its time must be."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    host: Host = field(metadata={"help": "The time server to ask: a name or an address."})
    port: Port = field(default=123, metadata={"help": "The UDP port of the time server."})
    max_offset: Duration | None = field(
        default=None, metadata={"help": "How far its time may be from that of this machine."}
    )
    max_stratum: Count = field(
        default=15, metadata={"help": "How many steps from a reference clock it may be at most."}
    )
    max_latency: Duration | None = field(
        default=None, metadata={"help": "The longest the whole look may take before it counts as slow."}
    )
    source: Address | None = field(default=None, metadata={"help": "The local address to ask from."})
    ip_version: IpVersion = field(default="any", metadata={"help": "Which version of IP to use: any, 4 or 6."})

    def __post_init__(self) -> None:
        ip_version_for(self.host, self.ip_version, self.source)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to what we sent at `sent_ns` (epoch nanoseconds), `elapsed` seconds later."""

    packet: ntplib.NTPPacket
    sent_ns: int
    elapsed: float

    def offset(self) -> float:
        """Seconds that the server's clock is ahead of ours (RFC 5905, 8); wrong by half a round trip at most."""
        sent = self.sent_ns / 1e9 + _NTP_EPOCH
        there = _within_era(self.packet.recv_timestamp - sent)
        back = _within_era(self.packet.tx_timestamp - sent) - self.elapsed
        return (there + back) / 2


def _within_era(seconds: float) -> float:
    """The difference of two timestamps less than 68 years apart, whatever their eras."""
    return (seconds + _ERA / 2) % _ERA - _ERA / 2


async def probe(options: NtpOptions, context: Context) -> Outcome:
    """One look: one packet of a client, and the first answer to it."""
    watch = Stopwatch()
    ip_version = ip_version_for(options.host, options.ip_version, options.source)
    endpoint = Endpoint(options.host, options.port, ip_version, options.source)
    try:
        addresses = await context.resolver.resolve(endpoint.host, ip_version)
        watch.phase("resolve")
        reply = await _ask(addresses[0], endpoint)
        watch.phase("first_byte")
        outcome = _judge(options, reply, endpoint)
    except LookEnded as ended:
        outcome = ended.outcome
    except OSError as error:
        outcome = from_stream_error(error, endpoint)
    return watch.timed(outcome, options.max_latency)


async def _ask(address: str, endpoint: Endpoint) -> Reply:
    """The first datagram that answers our packet; all others are passed over.

    The socket is connected: the kernel lets nobody but the server's address and port through, and tells of a port
    that nobody listens on. The transmit timestamp is a random number, which the server must send back as its origin
    timestamp: it tells an answer from a forgery, and tells nobody our time (as RFC 8915, 8.1 minimises what is sent).
    """
    import ntplib

    token = secrets.token_bytes(8)
    request = bytearray(ntplib.NTPPacket(version=_VERSION, mode=_CLIENT).to_data())
    request[_TRANSMIT] = token
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sock:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        if endpoint.source:
            sock.bind((endpoint.source, 0))
        sock.connect((address, endpoint.port))
        sent_ns, sent = time.time_ns(), time.monotonic()
        sock.send(request)
        for _ in range(_MOST_IGNORED):
            data, stamp_ns = await _receive(sock)
            if len(data) == _PACKET_BYTES and data[_ORIGIN] == token:
                packet = ntplib.NTPPacket()
                packet.from_data(data)
                return Reply(packet, sent_ns, _elapsed(sent_ns, stamp_ns, time.monotonic() - sent))
    raise LookEnded(failed(Reason.BAD_RESPONSE, f"{endpoint} sends what answers nothing that was asked"))


async def _receive(sock: socket.socket) -> tuple[bytes, int | None]:
    """The first 48 bytes of the next datagram, and when the kernel had it (epoch nanoseconds, wall clock)."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            data, ancillary, _flags, _sender = sock.recvmsg(_PACKET_BYTES, _ANCILLARY_BYTES)
            break
        except BlockingIOError:
            readable = loop.create_future()
            loop.add_reader(sock.fileno(), _settle, readable)
            try:
                await readable
            finally:
                loop.remove_reader(sock.fileno())
    for level, name, value in ancillary:
        if (level, name) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS) and len(value) == _TIMESTAMP.size:
            seconds, nanoseconds = _TIMESTAMP.unpack(value)
            return data, seconds * 1_000_000_000 + nanoseconds
    return data, None


def _settle(readable: asyncio.Future[None]) -> None:
    if not readable.done():
        readable.set_result(None)


def _elapsed(sent_ns: int, stamp_ns: int | None, upper: float) -> float:
    """Seconds from sending to the kernel's receipt, at most `upper` by the monotonic clock.

    The kernel's timestamp leaves out what a busy event loop took; it is of the wall clock, which may have been set
    meanwhile, so it counts no further than the monotonic clock allows.
    """
    if stamp_ns is None:
        return upper
    return min(max((stamp_ns - sent_ns) / 1e9, 0.0), upper)


def _judge(options: NtpOptions, reply: Reply, endpoint: Endpoint) -> Outcome:
    packet = reply.packet
    if packet.mode != _SERVER or not 1 <= packet.version <= _VERSION:
        return failed(Reason.BAD_RESPONSE, f"{endpoint} does not answer as a time server")
    if packet.stratum == 0 and (kiss := _kiss(packet.ref_id)):
        return _kissed(kiss, endpoint)
    if packet.leap == _UNSYNCHRONISED_LEAP or packet.stratum in (0, _UNSYNCHRONISED_STRATUM):
        return failed(Reason.UNSYNCHRONISED, f"{endpoint} says that its clock is not synchronised")
    if packet.stratum > _UNSYNCHRONISED_STRATUM or not packet.tx_timestamp or not packet.recv_timestamp:
        return failed(Reason.BAD_RESPONSE, f"{endpoint} answers without a time")
    if packet.stratum > options.max_stratum:
        return failed(Reason.ANSWER_MISMATCH, f"stratum {packet.stratum}, wanted at most {options.max_stratum}")
    offset = reply.offset()
    if options.max_offset is not None and abs(offset) * 1000.0 > options.max_offset:
        where = "ahead of" if offset > 0 else "behind"
        return failed(Reason.CLOCK_OFFSET, f"its clock is {where} ours by more than {span(options.max_offset)}")
    return ok()


def _kiss(ref_id: int) -> str:
    """The kiss code in the reference identifier of a packet of stratum 0 (RFC 5905, 7.4); empty where there is none."""
    code = ref_id.to_bytes(4, "big").rstrip(b"\0")
    return code.decode() if code.isalnum() and code.isascii() else ""


def _kissed(kiss: str, endpoint: Endpoint) -> Outcome:
    if kiss == "RATE":
        # We are at fault: the server serves, and asks for less.
        return could_not_look(Reason.COULD_NOT_LOOK, f"{endpoint} asks to be looked at less often (RATE)")
    if kiss in ("DENY", "RSTR"):
        return failed(Reason.REFUSED, f"{endpoint} refuses to serve us ({kiss})")
    return failed(Reason.UNSYNCHRONISED, f"{endpoint} says that its clock is not synchronised ({kiss})")
