"""One HTTP/1.1 request on one connection of its own, and its response read no further than a bound.

The parser and the handling of the connection are aiohttp's; its session above them (pool, cookies, proxies from the
environment, redirects, tracing) has nothing to give a look that wants a new connection, and costs more than the rest.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import ClientError
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

from availability.outcome import Reason, failed
from collector.errors import LookEnded
from collector.streams import Stopwatch, Tls, dial
from collector.transport_tls import shown_on

if TYPE_CHECKING:
    from multidict import CIMultiDictProxy

    from availability.certificates import Shown
    from collector.context import Context
    from collector.http_url import Url
    from collector.streams import Endpoint

_READ_BUFFER = 65_536
_CHARSETS = ("utf", "us-ascii", "ascii", "iso", "latin", "windows", "cp", "koi8", "big5", "gb", "euc", "shift")
"""How the charsets of the web begin: Python knows others, which no page uses and some of which take very long."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: Url
    headers: Mapping[str, str]
    body: bytes = b""

    def encode(self) -> bytes:
        """The bytes on the wire; a header that the caller gives replaces ours of that name."""
        lines = {"host": f"Host: {self.url.authority}", "user-agent": "User-Agent: waakvlam", "accept": "Accept: */*"}
        # Identity: what is matched is what the server means, and nothing has to be unpacked (RFC 9110, 12.5.3).
        lines["accept-encoding"] = "Accept-Encoding: identity"
        lines["connection"] = "Connection: close"
        if self.body or self.method in ("POST", "PUT", "PATCH"):
            lines["content-length"] = f"Content-Length: {len(self.body)}"
        for name, value in self.headers.items():
            lines[name.lower()] = f"{name}: {value}"
        head = "\r\n".join((f"{self.method} {self.url.target} HTTP/1.1", *lines.values(), "\r\n"))
        return head.encode() + self.body


@dataclass(frozen=True, slots=True)
class Response:
    """`body` holds at most the bytes asked for; `whole` tells whether that was all of it."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    whole: bool
    shown: Shown | None

    def text(self, limit: int) -> tuple[str, bool]:
        """The body as text, unpacked to at most `limit` bytes, and whether that is all of it.

        ValueError where it is coded in a way that was not asked for and is not known.
        """
        body, whole = self.body, self.whole
        coding = self.headers.get("Content-Encoding", "identity").lower()
        if coding in ("gzip", "x-gzip", "deflate"):
            unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
            try:
                body = unpacker.decompress(body, limit)
            except zlib.error:
                raise ValueError(f"the body is no {coding}, as it says") from None
            whole = whole and unpacker.eof
        elif coding != "identity":
            raise ValueError("the body is coded in a way that was not asked for")
        _, _, charset = self.headers.get("Content-Type", "").lower().partition("charset=")
        charset = charset.split(";")[0].strip("\"' ")
        try:
            return body.decode(charset if charset.startswith(_CHARSETS) else "utf-8", "replace"), whole
        except (LookupError, UnicodeError):
            return body.decode("utf-8", "replace"), whole


class _Handler(ResponseHandler):
    """aiohttp's own handler of one connection, which also keeps why the connection ended, as the event loop said it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, method: str) -> None:
        super().__init__(loop)
        self.lost: BaseException | None = None
        self.set_response_params(
            skip_payload=method == "HEAD", read_until_eof=True, auto_decompress=False, read_bufsize=_READ_BUFFER
        )

    def connection_lost(self, exc: BaseException | None) -> None:
        self.lost = exc
        super().connection_lost(exc)


async def exchange(
    endpoint: Endpoint, tls: Tls | None, request: Request, read: int, context: Context, watch: Stopwatch
) -> Response:
    """Sends `request` on a new connection and reads its response, of the body up to `read` bytes.

    Times `resolve`, `connect`, `tls`, `first_byte` (until the whole header is there) and `transfer`. OSError where the
    connection fails, LookEnded where what comes is no HTTP or ends too early.
    """
    loop = asyncio.get_running_loop()
    transport, protocol = await dial(endpoint, context, watch, lambda: _Handler(loop, request.method), tls)
    message = None
    try:
        shown = shown_on(transport.get_extra_info("ssl_object"), endpoint, tls) if tls else None
        if not transport.is_closing():
            transport.write(request.encode())
        message, payload = await protocol.read()
        while 100 <= message.code < 200 and message.code != 101:
            message, payload = await protocol.read()
        watch.phase("first_byte")
        body = bytearray()
        while len(body) <= read and (chunk := await payload.readany()):
            body += chunk
        watch.phase("transfer")
    except HttpProcessingError as error:
        transport.abort()
        raise LookEnded(failed(Reason.BAD_RESPONSE, f"{endpoint} does not answer in HTTP")) from error
    except ClientError as error:
        if isinstance(protocol.lost, OSError):
            raise protocol.lost from error
        why = "within its response" if message else "without a response"
        raise LookEnded(failed(Reason.CLOSED, f"{endpoint} closed the connection {why}")) from error
    except BaseException:
        transport.abort()
        raise
    transport.close()
    return Response(message.code, message.headers, bytes(body[:read]), len(body) <= read, shown)
