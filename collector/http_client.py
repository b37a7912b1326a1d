"""One HTTP/1.1 request on one connection of its own, and its response read no further than a bound."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from availability.outcome import Reason, failed
from collector.errors import LookEnded
from collector.streams import Stopwatch, Tls, dial
from collector.transport_tls import not_after_ms

if TYPE_CHECKING:
    from multidict import CIMultiDictProxy

    from collector.context import Context
    from collector.streams import Endpoint

_DEFAULT_PORTS = {"http": 80, "https": 443}
_TARGET_SAFE = "/?:@!$&'()*+,;=-._~%[]|"
_READ_BUFFER = 65_536


@dataclass(frozen=True, slots=True)
class Url:
    """An http or https URL taken apart; `target` is what stands in the request line (RFC 9112, 3.2.1)."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The value of the Host field (RFC 9110, 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def trusts(self, other: Url) -> bool:
        """Whether what is secret to this URL may be told to `other`: the same origin, or its move from http to https
        on the default ports (RFC 9110, 15.4)."""
        if self.host != other.host:
            return False
        if (self.scheme, self.port) == (other.scheme, other.port):
            return True
        return (self.scheme, self.port, other.scheme, other.port) == ("http", 80, "https", 443)


def parse_url(text: str) -> Url:
    """`text` taken apart; ValueError with a sentence, which never repeats the URL, where it is none we can ask."""
    parts = urlsplit(text)
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("must begin with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("holds a user name or password: use basic_auth, with the password as a secret")
    if not parts.hostname:
        raise ValueError("names no host")
    if not parts.netloc.isascii():
        raise ValueError("has a host with letters outside ASCII: write it in its xn-- form")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("has a port that is none: use a number from 1 to 65535")
    target = quote(parts.path or "/", safe=_TARGET_SAFE)
    if parts.query:
        target += "?" + quote(parts.query, safe=_TARGET_SAFE)
    return Url(parts.scheme, parts.hostname, port or _DEFAULT_PORTS[parts.scheme], target)


def resolve_url(base: str, location: str) -> str:
    """The absolute URL that a Location field of `base` means, without its fragment (RFC 9110, 10.2.2)."""
    return urljoin(base, location).partition("#")[0]


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
    not_after_ms: int | None

    def text(self, limit: int) -> str | None:
        """The body as text, unpacked to at most `limit` bytes; None where its coding is none we know."""
        body = self.body
        coding = self.headers.get("Content-Encoding", "identity").lower()
        if coding in ("gzip", "x-gzip", "deflate"):
            try:
                body = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(body, limit)
            except zlib.error:
                return None
        elif coding != "identity":
            return None
        _, _, charset = self.headers.get("Content-Type", "").lower().partition("charset=")
        try:
            return body.decode(charset.split(";")[0].strip("\"' ") or "utf-8", "replace")
        except LookupError:
            return body.decode("utf-8", "replace")


async def exchange(
    endpoint: Endpoint, tls: Tls | None, request: Request, read: int, context: Context, watch: Stopwatch
) -> Response:
    """Sends `request` on a new connection and reads its response, of the body up to `read` bytes.

    Times `resolve`, `connect`, `tls`, `first_byte` and `transfer`. OSError where the connection fails, LookEnded where
    what comes is no HTTP or ends too early.
    """
    from aiohttp import ClientPayloadError, ServerDisconnectedError
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.http_exceptions import HttpProcessingError

    loop = asyncio.get_running_loop()
    transport, protocol = await dial(endpoint, context, watch, lambda: ResponseHandler(loop), tls)
    try:
        end = not_after_ms(transport.get_extra_info("ssl_object")) if tls else None
        protocol.set_response_params(
            skip_payload=request.method == "HEAD",
            read_until_eof=True,
            auto_decompress=False,
            read_bufsize=_READ_BUFFER,
        )
        transport.write(request.encode())
        message, payload = await protocol.read()
        while 100 <= message.code < 200 and message.code != 101:
            message, payload = await protocol.read()
        watch.phase("first_byte")
        body = bytearray()
        while len(body) <= read and (chunk := await payload.readany()):
            body += chunk
        watch.phase("transfer")
        return Response(message.code, message.headers, bytes(body[:read]), len(body) <= read, end)
    except HttpProcessingError as error:
        raise LookEnded(failed(Reason.BAD_RESPONSE, f"{endpoint} does not answer in HTTP")) from error
    except ServerDisconnectedError as error:
        raise LookEnded(failed(Reason.CLOSED, f"{endpoint} closed the connection without a response")) from error
    except ClientPayloadError as error:
        raise LookEnded(failed(Reason.CLOSED, f"{endpoint} closed the connection within the body")) from error
    finally:
        transport.close()
