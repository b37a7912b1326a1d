"""One stream that a probe talks over: every read bounded, TLS from the start or later, and no task behind it.

TLS is made on memory buffers beside the socket. The event loops can turn a connection to TLS too, but then its end is
theirs: it takes a time of its own, and a handshake that is cut off ends in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, TypeVar

from availability.outcome import Reason, failed
from collector.errors import LookEnded
from collector.happy_eyeballs import connect
from collector.transport_tls import shown_on

if TYPE_CHECKING:
    from availability.certificates import Shown
    from collector.context import Context
    from collector.streams import Endpoint, Stopwatch, Tls

_CHUNK = 64 * 1024
_LONGEST_LINE = 8 * 1024
_FEW_READS = 64
_PAUSE = 0.02
"""Seconds between reads after the first `_FEW_READS`: what drips fast or never ends must not keep us busy."""

_Result = TypeVar("_Result")


class Wire:
    """A connection to `endpoint` that may say `most` bytes in all, those of TLS included.

    Every method raises LookEnded where the other side ends too early or says too much, and OSError (SSLError among
    them) where the connection fails.
    """

    def __init__(self, sock: socket.socket, endpoint: Endpoint, most: int) -> None:
        self.endpoint = endpoint
        self._sock = sock
        self._most = most
        self._taken = 0
        self._reads = 0
        self._held = bytearray()
        self._tls: ssl.SSLObject | None = None
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()

    @property
    def local_address(self) -> str:
        """The address that we talk from."""
        return str(self._sock.getsockname()[0])

    @property
    def may_carry_secrets(self) -> bool:
        """Whether nobody on the way can read along: it is encrypted, or it does not leave this machine."""
        if self._tls is not None:
            return True
        try:
            peer = str(self._sock.getpeername()[0])
        except OSError:
            raise self.fault(Reason.CLOSED, "closed the connection") from None
        return ipaddress.ip_address(peer.partition("%")[0]).is_loopback

    def fault(self, reason: Reason, why: str) -> LookEnded:
        """What to raise where the target failed because of `reason`; `why` continues the name of the target."""
        return LookEnded(failed(reason, f"{self.endpoint} {why}"))

    async def line(self) -> str:
        """The next line without its end (CRLF; a bare LF is let pass)."""
        searched = 0
        while (end := self._held.find(b"\n", searched, _LONGEST_LINE)) < 0:
            searched = len(self._held)
            if searched >= _LONGEST_LINE:
                raise self.fault(Reason.BAD_RESPONSE, f"says a line longer than {_LONGEST_LINE // 1024} KiB")
            await self._more()
        line = bytes(self._held[:end]).rstrip(b"\r")
        del self._held[: end + 1]
        return line.decode(errors="replace")

    async def exactly(self, count: int) -> bytes:
        """The next `count` bytes."""
        while len(self._held) < count:
            await self._more()
        data = bytes(self._held[:count])
        del self._held[:count]
        return data

    async def send(self, data: bytes) -> None:
        if self._tls is None:
            await asyncio.get_running_loop().sock_sendall(self._sock, data)
        else:
            tls = self._tls
            await self._driven(lambda: tls.write(data))

    async def secure(self, tls: Tls) -> Shown | None:
        """Makes the TLS handshake; returns the certificate that was shown.

        What came before it in the clear was written by anybody, and may not pass for what comes after (RFC 3207, 6).
        """
        if self._held:
            raise self.fault(Reason.BAD_RESPONSE, "goes on in the clear where TLS must begin")
        secured = tls.context.wrap_bio(self._incoming, self._outgoing, server_hostname=tls.server_name)
        await self._driven(secured.do_handshake)
        self._tls = secured
        return shown_on(secured, self.endpoint, tls)

    def close(self) -> None:
        """Says the end of TLS, as far as that goes at once, and closes."""
        if self._tls is not None:
            with contextlib.suppress(OSError):
                with contextlib.suppress(ssl.SSLError):
                    self._tls.unwrap()
                self._sock.send(self._outgoing.read())
        self._sock.close()

    async def _more(self) -> None:
        chunk = await self._received()
        if not chunk:
            raise self.fault(Reason.CLOSED, "closed the connection")
        self._held += chunk

    async def _received(self) -> bytes:
        if self._tls is None:
            return await self._taken_from_socket()
        tls = self._tls
        try:
            return await self._driven(lambda: tls.read(_CHUNK))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    async def _taken_from_socket(self) -> bytes:
        self._reads += 1
        if self._reads > _FEW_READS:
            await asyncio.sleep(_PAUSE)
        # Many servers do not send the second part of an answer before we acknowledge the first: 40 ms that are ours.
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        chunk = await asyncio.get_running_loop().sock_recv(self._sock, _CHUNK)
        self._taken += len(chunk)
        if self._taken > self._most:
            raise self.fault(Reason.TOO_LARGE, f"says more than {self._most // 1024} KiB")
        return chunk

    async def _driven(self, step: Callable[[], _Result]) -> _Result:
        """What `step` of the TLS object gives once it has sent and received what it wants."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                if chunk := await self._taken_from_socket():
                    self._incoming.write(chunk)
                else:
                    self._incoming.write_eof()
            except ssl.SSLError:
                # The other side is told why (an alert), if it still listens.
                with contextlib.suppress(OSError):
                    await self._flush()
                raise
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await asyncio.get_running_loop().sock_sendall(self._sock, self._outgoing.read())


@contextlib.asynccontextmanager
async def connected(endpoint: Endpoint, context: Context, watch: Stopwatch, most: int) -> AsyncIterator[Wire]:
    """A connection in the clear, closed at the end; times `resolve` and `connect`. OSError where it fails."""
    watch.begin()
    addresses = await context.resolver.resolve(endpoint.host, endpoint.ip_version)
    watch.phase("resolve")
    sock = await connect(addresses, endpoint.port, endpoint.source)
    watch.phase("connect")
    wire = Wire(sock, endpoint, most)
    try:
        # Two short messages in a row: the second must not wait until the first has been acknowledged.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield wire
    finally:
        wire.close()
