"""Opens a TCP connection (RFC 9293), says something if asked to, and waits for an answer that matches."""

from __future__ import annotations

import asyncio
import errno
import re
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import Any, ClassVar

from availability.outcome import Outcome, Reason, Status, could_not_look, failed
from collector.connecting import connect
from collector.context import Context
from collector.errors import from_os_error
from collector.streams import IpVersion, Stopwatch, ip_version_for
from config.types import Address, Host, Pattern, Port, Text

MOST_READ = 64 * 1024
"""Bytes of an answer in which `expect` is looked for."""

_RESET_AT_CLOSE = struct.pack("ii", 1, 0)
_IP_BIND_ADDRESS_NO_PORT = 24
_FEW_READS = 16
_PAUSE = 0.02
"""Seconds between reads once an answer has come in `_FEW_READS` pieces: one that drips fast must not keep us busy."""
_CLOSING = 0.02
"""Seconds of the time-out kept back, to say of an answer that came but did not match that it did not."""


def _help(text: str) -> dict[str, Any]:
    return {"help": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpOptions:
    """Where to connect, what to say and what to hear; a connection alone is enough where neither is given."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    host: Host = field(metadata=_help("The host to connect to: a name or an address."))
    port: Port = field(metadata=_help("The port to connect to."))
    send: Text | None = field(
        default=None, metadata=_help("Text to send once connected, in UTF-8; a line end is part of it.")
    )
    expect: Pattern | None = field(
        default=None, metadata=_help("A regular expression that must be found in the first 64 KiB of the answer.")
    )
    source: Address | None = field(default=None, metadata=_help("The local address to connect from."))
    ip_version: IpVersion = field(default="any", metadata=_help("Which version of IP to use: any, 4 or 6."))

    def __post_init__(self) -> None:
        ip_version_for(self.host, self.ip_version, self.source)


async def probe(options: TcpOptions, context: Context) -> Outcome:
    """One look. Of a name with several addresses the next is tried where one fails at once."""
    watch = Stopwatch()
    deadline = watch.started + context.timeout
    outcome = None
    try:
        ip_version = ip_version_for(options.host, options.ip_version, options.source)
        addresses = await context.resolver.resolve(options.host, ip_version)
    except OSError as error:
        return from_os_error(error, options.host)
    if addresses[0] != options.host:
        watch.phase("resolve")
    for address in addresses:
        sock = _socket(address, options)
        if isinstance(sock, socket.socket):
            with sock:
                attempt = await _attempt(sock, address, options, watch, deadline)
            if attempt.status is Status.OK or "connect" in watch.phases:
                return attempt
        else:
            attempt = sock
        # What the target did says more than what this machine lacks for another of its addresses.
        if outcome is None or outcome.status is Status.NONE:
            outcome = attempt
    assert outcome is not None, "a resolver gives an address or raises"  # noqa: S101 - for the type checker
    return outcome


def _socket(address: str, options: TcpOptions) -> socket.socket | Outcome:
    """A socket ready to connect to `address`, or why there is none."""
    try:
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:
        return from_os_error(error, _target(options))
    try:
        sock.setblocking(False)
        if options.expect is not None or options.send is None:
            # Whoever closes first keeps the connection in TIME-WAIT for a minute (RFC 9293, 3.6.1), and that is
            # always us: thousands of probes a second would use up the ports and fill the tables of every
            # firewall between. A reset leaves nothing behind, and there is nothing under way that it could destroy;
            # only a text that nobody has answered may be, and is closed in the orderly way.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        if options.source is not None:
            # Without it the port would be taken here, where one is free for all targets together, not for each.
            sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((options.source, 0))
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRNOTAVAIL:
            return could_not_look(Reason.NO_ADDRESS_FAMILY, f"this machine has no address {options.source}")
        return from_os_error(error, _target(options))
    return sock


async def _attempt(
    sock: socket.socket, address: str, options: TcpOptions, watch: Stopwatch, deadline: float
) -> Outcome:
    loop = asyncio.get_running_loop()
    try:
        await connect(sock, address, options.port)
        watch.phase("connect")
        if options.send is not None:
            await loop.sock_sendall(sock, options.send.encode())
        if options.expect is not None:
            outcome = await _expect(sock, options.expect, _target(options), watch, deadline)
            if outcome is not None:
                return outcome
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            return could_not_look(Reason.NO_DESCRIPTOR, f"{_target(options)}: no local address or port is left")
        return from_os_error(error, _target(options), watch.elapsed_ms())
    return Outcome(Status.OK, None, watch.elapsed_ms(), "", watch.phases)


async def _expect(
    sock: socket.socket, pattern: re.Pattern[str], target: str, watch: Stopwatch, deadline: float
) -> Outcome | None:
    """None as soon as `pattern` is found in what comes in; what it is not found in, or its absence, otherwise."""
    loop = asyncio.get_running_loop()
    data = bytearray()
    reads = 0
    while len(data) < MOST_READ:
        if data:
            try:
                async with asyncio.timeout(max(0.0, deadline - _CLOSING - time.monotonic())):
                    if reads > _FEW_READS:
                        await asyncio.sleep(_PAUSE)
                    chunk = await loop.sock_recv(sock, MOST_READ - len(data))
            except TimeoutError:
                return failed(Reason.BODY_MISMATCH, f"{target} answered, but not with {pattern.pattern}")
        else:
            chunk = await loop.sock_recv(sock, MOST_READ)
            watch.phase("first_byte")
        if not chunk and not data:
            return failed(Reason.CLOSED, f"{target} closed the connection without an answer", watch.elapsed_ms())
        if not chunk:
            break
        reads += 1
        data += chunk
        if pattern.search(data.decode(errors="replace")):
            return None
    where = f"the first {MOST_READ // 1024} KiB" if len(data) >= MOST_READ else "its answer"
    return failed(Reason.BODY_MISMATCH, f"{target}: {pattern.pattern} is not in {where}", watch.elapsed_ms())


def _target(options: TcpOptions) -> str:
    return f"[{options.host}]:{options.port}" if ":" in options.host else f"{options.host}:{options.port}"
