"""Greets an SSH server and, where its host key is pinned, has it prove that key; nobody logs in."""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from availability.outcome import Outcome, Reason, failed, ok
from collector.context import Context
from collector.errors import LookEnded
from collector.happy_eyeballs import connect
from collector.streams import Endpoint, IpVersion, Stopwatch, ip_version_for
from collector.transport_tls import from_stream_error
from config.types import Address, Duration, Host, Port

IDENTIFICATION = b"SSH-2.0-waakvlam"
"""How we introduce ourselves (RFC 4253, 4.2): a server logs a connection without it as an error."""

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_MOST_READ = 8 * 1024
"""Bytes in which the identification of the server must have come; lines before it are passed over."""
_LONGEST = 255
"""Bytes of an identification with its line end (RFC 4253, 4.2)."""
_FEW_READS = 16
_PAUSE = 0.02
"""Seconds between reads once a greeting has come in `_FEW_READS` pieces: one that drips fast must not keep us busy."""


def _fingerprint(text: Any) -> str:
    if isinstance(text, str):
        fingerprint = text.rstrip("=")
        if _FINGERPRINT.fullmatch(fingerprint):
            return fingerprint
    raise ValueError("is no fingerprint: write SHA256: and 43 characters, as `ssh-keygen -l` prints")


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Fingerprint = Annotated[str, BeforeValidator(_fingerprint)]
"""The SHA-256 digest of a public key in base64, as OpenSSH writes it: SHA256:..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshOptions:
    """Which SSH server to greet, and the host keys it may have."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    host: Host = field(metadata={"help": "The host to connect to: a name or an address."})
    port: Port = field(default=22, metadata={"help": "The port of the server."})
    host_key: Annotated[tuple[Fingerprint, ...], BeforeValidator(_listed)] = field(
        default=(),
        metadata={"help": "The fingerprint that its host key must have, such as SHA256:..., or a list of them."},
    )
    max_latency: Duration | None = field(
        default=None, metadata={"help": "The longest the whole look may take before it counts as slow."}
    )
    source: Address | None = field(default=None, metadata={"help": "The local address to connect from."})
    ip_version: IpVersion = field(default="any", metadata={"help": "Which version of IP to use: any, 4 or 6."})

    def __post_init__(self) -> None:
        ip_version_for(self.host, self.ip_version, self.source)


async def probe(options: SshOptions, context: Context) -> Outcome:
    """One look: the identification of the server, or with a pinned host key a key exchange (RFC 4253, 4.2 and 8)."""
    if options.host_key:
        from collector.ssh_key import check_host_key
    watch = Stopwatch()
    ip_version = ip_version_for(options.host, options.ip_version, options.source)
    endpoint = Endpoint(options.host, options.port, ip_version, options.source)
    try:
        addresses = await context.resolver.resolve(endpoint.host, ip_version)
        watch.phase("resolve")
        if options.host_key:
            outcome = await check_host_key(addresses, endpoint, frozenset(options.host_key), watch)
        else:
            with await connect(addresses, endpoint.port, endpoint.source) as sock:
                watch.phase("connect")
                await _greet(sock, endpoint)
                watch.phase("first_byte")
            outcome = ok()
    except LookEnded as ended:
        outcome = ended.outcome
    except OSError as error:
        outcome = from_stream_error(error, endpoint)
    return watch.timed(outcome, options.max_latency)


async def _greet(sock: socket.socket, endpoint: Endpoint) -> None:
    """Returns once the server has said that it speaks SSH 2; LookEnded where it says something else."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, IDENTIFICATION + b"\r\n")
    data = bytearray()
    reads = 0
    while (line := _identification(data)) is None:
        if len(data) >= _MOST_READ:
            raise LookEnded(failed(Reason.BAD_RESPONSE, f"{endpoint} does not greet as an SSH server"))
        if reads > _FEW_READS:
            await asyncio.sleep(_PAUSE)
        chunk = await loop.sock_recv(sock, _MOST_READ - len(data))
        if not chunk and data:
            raise LookEnded(failed(Reason.BAD_RESPONSE, f"{endpoint} does not greet as an SSH server"))
        if not chunk:
            raise LookEnded(failed(Reason.CLOSED, f"{endpoint} closed the connection without a greeting"))
        data += chunk
        reads += 1
    # 1.99 is a server that speaks version 1 as well (RFC 4253, 5.1).
    if not line.startswith((b"SSH-2.0-", b"SSH-1.99-")):
        raise LookEnded(failed(Reason.BAD_RESPONSE, f"{endpoint} does not speak version 2 of SSH"))
    if len(line) > _LONGEST:
        raise LookEnded(failed(Reason.BAD_RESPONSE, f"{endpoint} greets with more than {_LONGEST} bytes"))


def _identification(data: bytearray) -> bytes | None:
    """The first whole line in `data` that begins with SSH-, with its end."""
    begin = 0
    while (end := data.find(b"\n", begin)) >= 0:
        if data.startswith(b"SSH-", begin):
            return bytes(data[begin : end + 1])
        begin = end + 1
    return None
