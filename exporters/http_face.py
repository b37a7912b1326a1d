"""The HTTP face: metrics, health, readiness, the API and the status page, on the address it is given.

It has no login, so it listens on loopback unless configured otherwise, changes nothing (GET and HEAD only) and holds
no secret. On loopback it also refuses a Host that is a foreign name: a web page elsewhere could otherwise point its own
name at 127.0.0.1 and read the answers in the browser of whoever sits at this machine (DNS rebinding). Where it listens
on the network, any name may rightly lead to it, and nothing is refused.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from aiohttp import web
from aiohttp.http import HttpProcessingError

from exporters.connections import Door
from exporters.exposition import OPENMETRICS, TEXT, prefers_openmetrics
from exporters.prometheus import Exposition, process_registry
from exporters.report_json import report_json
from exporters.source import MetricsSource
from exporters.status_json import status_pieces
from exporters.status_page import CONTENT_POLICY, status_page

_log = logging.getLogger(__name__)
_STRICT = "default-src 'none'; frame-ancestors 'none'"
_HTML = "text/html; charset=utf-8"
_JSON = "application/json; charset=utf-8"
_PLAIN = "text/plain; charset=utf-8"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FaceError(Exception):
    """The address cannot be listened on; the message says which, why and what to change."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what clients can take; times in seconds."""

    connections: int = 100
    idle: float = 30.0
    """How long a connection may be without a whole request."""
    send: float = 15.0
    """How long a client may take to read an answer."""
    report: float = 60.0
    """How long a report may take, waiting for others included."""
    reports_waiting: int = 4
    stop: float = 0.5
    """How long running requests get when it stops; they are cancelled then, and get as long once more to end."""


class Face:
    """The handlers, and the little they share."""

    def __init__(self, source: MetricsSource, host: str, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._loopback = _is_loopback(host)
        self._exposition = Exposition(source, process_registry())
        self._report_turn = asyncio.Lock()
        self._reports_waiting = 0

    def application(self) -> web.Application:
        """The aiohttp application with its routes."""
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/", self._page)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/-/healthy", self._healthy)
        app.router.add_get("/-/ready", self._ready)
        app.router.add_get("/api/v1/status", self._status)
        app.router.add_get("/api/v1/report", self._report)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Refuse foreign names, and answer every error in one plain sentence without its inner workings."""
        if self._loopback and not _is_own_name(request.headers.get("Host", "localhost")):
            text = "This name does not belong to waakvlam: ask by an IP address or localhost.\n"
            return await self._send(request, [text.encode()], _PLAIN, status=421)
        try:
            return await handler(request)
        except web.HTTPMethodNotAllowed:
            return await self._send(request, [b"Only GET and HEAD are served.\n"], _PLAIN, 405, {"Allow": "GET, HEAD"})
        except web.HTTPException as error:
            text = "There is no such page.\n" if error.status == 404 else f"{error.reason}\n"
            return await self._send(request, [text.encode()], _PLAIN, error.status)
        except Exception:  # whatever goes wrong in an answer must not stop the collector; it is logged in full
            _log.exception("could not answer %s", request.path)
            return await self._send(request, [b"This answer failed; the log says why.\n"], _PLAIN, 500)

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        openmetrics = prefers_openmetrics(request.headers.get("Accept", ""))
        pieces = [] if request.method == "HEAD" else await self._exposition.scrape(openmetrics)
        return await self._send(request, pieces, OPENMETRICS if openmetrics else TEXT)

    async def _healthy(self, request: web.Request) -> web.StreamResponse:
        return await self._send(request, [b"waakvlam is alive.\n"], _PLAIN)

    async def _ready(self, request: web.Request) -> web.StreamResponse:
        missing = self._source.not_ready()
        text = f"Not ready. {' '.join(missing)}\n" if missing else "waakvlam is ready.\n"
        return await self._send(request, [text.encode()], _PLAIN, 503 if missing else 200)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        page = status_page(self._source).encode()
        return await self._send(request, [page], _HTML, headers={"Content-Security-Policy": CONTENT_POLICY})

    async def _status(self, request: web.Request) -> web.StreamResponse:
        pieces = []
        for piece in status_pieces(self._source):
            pieces.append(piece.encode())
            await asyncio.sleep(0)
        return await self._send(request, pieces, _JSON)

    async def _report(self, request: web.Request) -> web.StreamResponse:
        """One report at a time, a few that wait, and no more: each is real work."""
        if self._reports_waiting >= self._limits.reports_waiting:
            return await self._problem(request, 503, "too many reports are asked for at once: try again in a moment")
        self._reports_waiting += 1
        try:
            async with asyncio.timeout(self._limits.report), self._report_turn:
                report = await self._source.report(request.query.get("period"))
                text = await asyncio.to_thread(report_json, report, self._source.estate().timezone)
        except ValueError as error:
            return await self._problem(request, 400, str(error))
        except TimeoutError:
            return await self._problem(request, 503, "the report took too long: try again in a moment")
        finally:
            self._reports_waiting -= 1
        return await self._send(request, [text.encode()], _JSON)

    async def _problem(self, request: web.Request, status: int, sentence: str) -> web.StreamResponse:
        return await self._send(request, [json.dumps({"error": sentence}).encode() + b"\n"], _JSON, status)

    async def _send(
        self,
        request: web.Request,
        pieces: Iterable[bytes],
        content_type: str,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> web.StreamResponse:
        """Answer in pieces, so that neither a large page nor a slow reader holds up others; who reads too slowly is
        cut off."""
        pieces = list(pieces)
        response = web.StreamResponse(status=status, headers={**_HEADERS, "Content-Type": content_type})
        response.headers.update(headers or {})
        if request.method != "HEAD":
            response.content_length = sum(map(len, pieces))
        try:
            async with asyncio.timeout(self._limits.send):
                await response.prepare(request)
                for piece in pieces if request.method != "HEAD" else ():
                    await response.write(piece)
                await response.write_eof()
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
        except ConnectionError:
            pass  # the client is gone, and with it whoever could be told
        return response


_HEADERS = {
    "Server": "waakvlam",
    "Cache-Control": "no-store",
    "Content-Security-Policy": _STRICT,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_own_name(host: str) -> bool:
    """Whether a Host header, with or without its port, is a literal address or localhost."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if name.rstrip(".").lower() == "localhost":
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@asynccontextmanager
async def serve(
    source: MetricsSource, host: str, port: int, limits: Limits | None = None
) -> AsyncIterator[tuple[str, int]]:
    """Serve while the block runs, and yield the address in use (port 0: a free one).

    Leaving the block stops within two seconds, running requests included. FaceError where the address cannot be had.
    """
    limits = limits or Limits()
    wire = _log.getChild("wire")
    wire.addFilter(_is_ours)
    app = Face(source, host, limits).application()
    runner = web.AppRunner(
        app,
        logger=wire,
        access_log=None,
        shutdown_timeout=limits.stop,
        keepalive_timeout=limits.idle,
        max_line_size=4096,
        max_field_size=8190,
        max_headers=64,
        lingering_time=1.0,
    )
    await runner.setup()
    try:
        door = Door(cast(web.Server, runner.server), limits.connections)  # setup() has made it
        server = await _listen(door, host, port)
        try:
            yield server.sockets[0].getsockname()[:2]
        finally:
            server.close()
    finally:
        await runner.cleanup()


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether it is news: what a client sends that is no HTTP is not, and would let anybody fill the log."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


async def _listen(door: Door, host: str, port: int) -> asyncio.Server:
    try:
        return await asyncio.get_running_loop().create_server(door, host, port, backlog=128)
    except OSError as error:
        # From Python 3.13 on the loop passes over addresses it cannot bind, and ends without a number.
        why = _WHY.get(error.errno or errno.EADDRNOTAVAIL, error.strerror or str(error))
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        raise FaceError(
            f"cannot listen on {where}: {why}; set listen: to an address and port of this machine that are free"
        ) from error


_WHY = {
    errno.EADDRINUSE: "address already in use",
    errno.EADDRNOTAVAIL: "this machine has no such address",
    errno.EACCES: "no permission for this port",
}
