"""One socket for the echo requests of one version of IP: what goes over the wire, and what the kernel is asked for."""

from __future__ import annotations

import array
import contextlib
import errno
import os
import select
import socket
import struct
from typing import NamedTuple

TOKEN_BYTES = 8
MARK = b"waakvlam"
"""Opens every payload, so that who captures it on the way knows where it comes from."""

_RECEIVE_BUFFER = 8 << 20
_SO_RCVBUFFORCE = 33
_SO_TIMESTAMPNS = 35
_SO_ATTACH_FILTER = 26
_SOL_RAW = 255
_ICMP_FILTER = 1
_ICMP6_FILTER = 1
_IP_RECVERR = 11
_IPV6_RECVERR = 25
_IP_PKTINFO = 8
_ORIGIN_ICMP = (2, 3)
_MOST_BYTES = 576
"""More than any reply to us holds; of an error this is as much as a router should quote (RFC 1812, 4.3.2.3)."""
_ANCILLARY_BYTES = 256

_ECHO = struct.Struct(f">BBHHH8s{TOKEN_BYTES}s")
_HEADER = struct.Struct(">BBHHH")
_TIMESTAMP = struct.Struct("@ll")
_EXTENDED_ERROR = struct.Struct("=IBBBBII")
_INSTRUCTION = struct.Struct("HBBI")

_UNREACHABLE_4 = {
    0: "network unreachable",
    1: "host unreachable",
    2: "protocol unreachable",
    3: "port unreachable",
    4: "fragmentation needed",
    9: "network prohibited",
    10: "host prohibited",
    13: "prohibited by a filter",
}
"""Codes of type 3 (RFC 792, RFC 1812 5.2.7.1)."""
_UNREACHABLE_6 = {
    0: "no route",
    1: "prohibited by a filter",
    3: "address unreachable",
    4: "port unreachable",
    5: "prohibited by a filter",
    6: "route rejected",
}
"""Codes of type 1 (RFC 4443, 3.1)."""


class Reply(NamedTuple):
    """An echo reply as it came: from whom, to what, and when the kernel received it (nanoseconds, wall clock)."""

    token: bytes
    sequence: int
    source: str
    stamp_ns: int | None


class Refusal(NamedTuple):
    """A router, or this machine, says why a request did not arrive. `token` is empty where too little was quoted."""

    token: bytes
    sequence: int
    destination: str
    why: str


class EchoSocket:
    """Sends echo requests and sorts what comes back. `version` is 4 or 6; OSError where no socket may be had.

    A datagram socket needs no privilege where `net.ipv4.ping_group_range` lets this group in (it rules both versions
    of IP), and the kernel sorts out its replies; a raw one needs CAP_NET_RAW and receives every reply there is.
    """

    def __init__(self, version: int) -> None:
        self.version = version
        self.raw = False
        self._family = socket.AF_INET if version == 4 else socket.AF_INET6
        self._request, self._reply = (8, 0) if version == 4 else (128, 129)
        self._identifier = int.from_bytes(os.urandom(2), "big")
        protocol = socket.IPPROTO_ICMP if version == 4 else socket.IPPROTO_ICMPV6
        try:
            self._socket = socket.socket(self._family, socket.SOCK_DGRAM, protocol)
        except PermissionError:
            self._socket = socket.socket(self._family, socket.SOCK_RAW, protocol)
            self.raw = True
        # The kernel fills in the sum of a datagram socket and of every ICMPv6 packet (RFC 3542, 3.1).
        self._summed = self.raw and version == 4
        self._constant = ((self._request << 8) + self._identifier + int.from_bytes(MARK, "big")) % 0xFFFF
        self._watch: select.epoll | None = None
        try:
            self._set_up()
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        """What to watch for something to read."""
        return self._socket.fileno() if self._watch is None else self._watch.fileno()

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
        self._socket.close()

    def send(self, address: str, sequence: int, token: bytes, source: str | None) -> None:
        """One request to a literal address, from `source` where one is given. OSError where it does not get out."""
        checksum = 0
        if self._summed:
            # 2**16 is 1 modulo 0xFFFF, so that the one's complement sum of all words (RFC 1071) is one remainder.
            checksum = 0xFFFF - (self._constant + sequence + int.from_bytes(token, "big")) % 0xFFFF
        packet = _ECHO.pack(self._request, 0, checksum, self._identifier, sequence, MARK, token)
        target = (address, 0) if "%" not in address else _scoped(address)
        if source is None:
            self._socket.sendto(packet, target)
        else:
            self._socket.sendmsg([packet], [self._from(source)], 0, target)

    def receive(self, most: int) -> tuple[list[Reply], list[Refusal]]:
        """What has come in, at most `most` packets, without waiting. OSError where the socket itself has failed."""
        replies: list[Reply] = []
        refusals: list[Refusal] = []
        receive = self._socket.recvmsg
        for _ in range(most):
            try:
                data, ancillary, _flags, sender = receive(_MOST_BYTES, _ANCILLARY_BYTES)
            except BlockingIOError:
                break
            except OSError:
                # An error that one request met shows up at whatever is called next; its story is in the error queue.
                if self.raw:
                    raise
                continue
            start = (data[0] & 15) << 2 if self._summed and data else 0
            if len(data) < start + _ECHO.size:
                if len(data) >= start + _HEADER.size:
                    self._read_error(data, start, refusals)
                continue
            kind, _code, _checksum, identifier, sequence, mark, token = _ECHO.unpack_from(data, start)
            if kind != self._reply:
                self._read_error(data, start, refusals)
            elif mark == MARK and (identifier == self._identifier or not self.raw):
                stamp = None
                if ancillary:
                    seconds, nanoseconds = _TIMESTAMP.unpack(ancillary[0][2])
                    stamp = seconds * 1_000_000_000 + nanoseconds
                source = sender[0] if self.version == 4 else sender[0].partition("%")[0]
                replies.append(Reply(token, sequence, source, stamp))
        return replies, refusals

    def receive_errors(self, most: int) -> list[Refusal]:
        """What the error queue of a datagram socket holds; a raw socket gets errors among its replies."""
        refusals: list[Refusal] = []
        for _ in range(0 if self.raw else most):
            try:
                data, ancillary, _flags, target = self._socket.recvmsg(
                    _MOST_BYTES, _ANCILLARY_BYTES, socket.MSG_ERRQUEUE
                )
            except OSError:
                break
            for level, name, value in ancillary:
                if (level, name) not in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)):
                    continue
                if len(value) < _EXTENDED_ERROR.size or len(data) < _HEADER.size:
                    continue
                _errno, origin, kind, code, _, _, _ = _EXTENDED_ERROR.unpack_from(value)
                why = self._why(kind, code) if origin in _ORIGIN_ICMP else None
                if why is not None:
                    refusals.append(_refusal(data, 0, str(target[0]).partition("%")[0], why))
        return refusals

    def _set_up(self) -> None:
        sock = self._socket
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        # Replies of a whole sweep may come at once; past the system's limit only with CAP_NET_ADMIN.
        try:
            sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        except OSError:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        if not self.raw:
            level, name = (
                (socket.IPPROTO_IP, _IP_RECVERR) if self.version == 4 else (socket.IPPROTO_IPV6, _IPV6_RECVERR)
            )
            sock.setsockopt(level, name, 1)
            # libuv gives up a descriptor on which it sees an error; an epoll around it is only ever readable.
            self._watch = select.epoll()
            self._watch.register(sock, select.EPOLLIN)
        elif self.version == 4:
            sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", ~(1 << 0 | 1 << 3 | 1 << 11) & 0xFFFFFFFF))
            self._attach([(0xB1, 0, 0, 0), (0x50, 0, 0, 0), (0x15, 0, 2, 0), (0x48, 0, 0, 4)])
        else:
            passed = 1 << 1 | 1 << 3 | 1 << self._reply
            blocked = ~passed & (1 << 256) - 1
            words = [blocked >> 32 * word & 0xFFFFFFFF for word in range(8)]
            sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *words))
            self._attach([(0x30, 0, 0, 0), (0x15, 0, 2, self._reply), (0x28, 0, 0, 4)])

    def _attach(self, to_identifier: list[tuple[int, int, int, int]]) -> None:
        """Keep replies to other programs from waking us: `to_identifier` is BPF that loads a reply's identifier, or
        skips the comparison for what is no reply."""
        program = [*to_identifier, (0x15, 0, 1, self._identifier), (0x06, 0, 0, 0xFFFF), (0x06, 0, 0, 0)]
        code = array.array("B", b"".join(_INSTRUCTION.pack(*instruction) for instruction in program))
        with contextlib.suppress(OSError):  # it spares work only: identifiers are compared again when they are read
            self._socket.setsockopt(
                socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program), code.buffer_info()[0])
            )

    def _from(self, source: str) -> tuple[int, int, bytes]:
        """The control message that chooses the local address (ip(7), RFC 3542 section 6.2)."""
        address = socket.inet_pton(self._family, source)
        if self.version == 4:
            return socket.IPPROTO_IP, _IP_PKTINFO, struct.pack("=i4s4x", 0, address)
        return socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, struct.pack("=16si", address, 0)

    def _read_error(self, data: bytes, start: int, refusals: list[Refusal]) -> None:
        """An ICMP error quotes the packet it is about from its IP header on, as much of it as the router liked."""
        kind, code = data[start], data[start + 1]
        why = self._why(kind, code)
        inner = start + 8
        if why is None:
            return
        if self.version == 4:
            if len(data) < inner + 20 or data[inner + 9] != socket.IPPROTO_ICMP:
                return
            destination = socket.inet_ntop(self._family, data[inner + 16 : inner + 20])
            echo = inner + ((data[inner] & 15) << 2)
        else:
            if len(data) < inner + 40 or data[inner + 6] != socket.IPPROTO_ICMPV6:
                return
            destination = socket.inet_ntop(self._family, data[inner + 24 : inner + 40])
            echo = inner + 40
        if len(data) < echo + _HEADER.size or data[echo] != self._request:
            return
        if int.from_bytes(data[echo + 4 : echo + 6], "big") == self._identifier:
            refusals.append(_refusal(data, echo, destination, why))

    def _why(self, kind: int, code: int) -> str | None:
        if self.version == 4:
            if kind == 3:
                return _UNREACHABLE_4.get(code, "unreachable")
            return "time to live exceeded" if kind == 11 else None
        if kind == 1:
            return _UNREACHABLE_6.get(code, "unreachable")
        return "hop limit exceeded" if kind == 3 else None


def _refusal(data: bytes, start: int, destination: str, why: str) -> Refusal:
    token = b""
    if len(data) >= start + _ECHO.size:
        token = data[start + _ECHO.size - TOKEN_BYTES : start + _ECHO.size]
    return Refusal(token, int.from_bytes(data[start + 6 : start + 8], "big"), destination, why)


def _scoped(address: str) -> tuple[str, int, int, int]:
    """A link-local address with its interface, such as fe80::1%eth0 (RFC 4007, 11); OSError without that interface."""
    plain, _, scope = address.partition("%")
    return plain, 0, 0, int(scope) if scope.isdigit() else socket.if_nametoindex(scope)


def is_ours(source: str) -> bool:
    """Whether this machine has the address `source`."""
    with socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((source, 0))
        except OSError as error:
            return error.errno != errno.EADDRNOTAVAIL
    return True


def canonical(address: str) -> str:
    """A literal address as the kernel writes it, so that what is asked and who answers compare as text."""
    if ":" not in address:
        return address
    return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, address.partition("%")[0]))
