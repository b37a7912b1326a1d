"""The HTTP face: metrics, health, readiness, the API and the status page, on the address it is given.

It has no login, so it listens on loopback unless configured otherwise, changes nothing (GET and HEAD only) but for the
reports of jobs, which need a token (POST), and holds no secret. On loopback it also refuses a Host that is a foreign
name: a web page elsewhere could otherwise point its own name at 127.0.0.1 and read the answers in the browser of
whoever sits at this machine (DNS rebinding). Where it listens on the network, any name may rightly lead to it, and
nothing is refused.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import json
import logging
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from aiohttp import web
from aiohttp.http import HttpProcessingError

from availability.ports import HeartbeatInbox
from exporters.connections import Door
from exporters.exposition import OPENMETRICS, TEXT, prefers_openmetrics
from exporters.heartbeat_reports import BODY_LIMIT, Turnstile, read_report
from exporters.local_time import LocalTime
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
    heartbeats_waiting: int = 64
    """How many reports of jobs may be under way at once."""
    heartbeat: float = 10.0
    """How long a job may take to send its report."""
    heartbeat_burst: int = 30
    heartbeat_pause: float = 1.0
    """So many reports of one check may come at once, and after that one in so many seconds; and so many wrong tokens
    of everybody together."""
    stop: float = 0.5
    """How long running requests get when it stops; they are cancelled then, and get as long once more to end."""


class Face:
    """The handlers, and the little they share."""

    def __init__(self, source: MetricsSource, host: str, limits: Limits, inbox: HeartbeatInbox | None = None) -> None:
        self._source = source
        self._limits = limits
        self._inbox = inbox
        self._heartbeats_waiting = 0
        burst, pause = limits.heartbeat_burst, limits.heartbeat_pause
        self._wrong_tokens = Turnstile(burst, pause, time.monotonic)
        self._reports_of_checks = Turnstile(burst, pause, time.monotonic)
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
        if self._inbox is not None:
            app.router.add_post("/api/v1/heartbeats/{check}", self._heartbeat)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Refuse foreign names, and answer every error in one plain sentence without its inner workings."""
        if self._loopback and not _is_own_name(request.headers.get("Host", "localhost")):
            text = "This name does not belong to waakvlam: ask by an IP address or localhost.\n"
            return await self._send(request, [text.encode()], _PLAIN, status=421)
        try:
            return await handler(request)
        except web.HTTPMethodNotAllowed as error:
            served = sorted(error.allowed_methods)
            text = f"Only {' and '.join(served)} {'are' if len(served) > 1 else 'is'} served.\n"
            return await self._send(request, [text.encode()], _PLAIN, 405, {"Allow": ", ".join(served)})
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

    async def _heartbeat(self, request: web.Request) -> web.StreamResponse:
        """A report of a job; only a few at once, so that nobody can hold up the store."""
        if self._inbox is None or self._heartbeats_waiting >= self._limits.heartbeats_waiting:
            return await self._problem(request, 503, "too many reports come in at once: try again in a moment")
        self._heartbeats_waiting += 1
        try:
            async with asyncio.timeout(self._limits.heartbeat):
                status, answer = await self._taken(request, self._inbox)
        except TimeoutError:
            status, answer = 408, {"error": "the report took too long: send it again"}
        finally:
            self._heartbeats_waiting -= 1
        headers = {
            401: {"WWW-Authenticate": "Bearer"},
            429: {"Retry-After": str(math.ceil(self._limits.heartbeat_pause))},
        }
        return await self._send(request, [json.dumps(answer).encode() + b"\n"], _JSON, status, headers.get(status))

    async def _taken(self, request: web.Request, inbox: HeartbeatInbox) -> tuple[int, dict[str, str | None]]:
        """The status and the answer to a report: who it is from, whether it may come now, and what it says."""
        check = request.match_info["check"]
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        given = token.strip().encode(errors="surrogateescape") if scheme.lower() == "bearer" else b""
        admission = await inbox.admit(check, given)
        if admission == "wrong token":
            if not self._wrong_tokens.passes():
                return 429, {"error": "too many wrong tokens: try again in a moment"}
            return 401, {"error": "this needs the token of the check: send it as Authorization: Bearer TOKEN"}
        if admission == "unknown check":
            return 404, {"error": "there is no heartbeat check of this name here"}
        if not self._reports_of_checks.passes(check):
            return 429, {"error": "too many reports of this check: try again in a moment"}
        body = await _body(request, BODY_LIMIT)
        if body is None:
            return 413, {"error": f"a report has at most {BODY_LIMIT} bytes"}
        try:
            report = read_report(check, inbox.vantage, body, inbox.now_ms())
        except ValueError as error:
            return 400, {"error": str(error)}
        standing = await inbox.take(report)
        if standing is None:
            return 503, {"error": "the report could not be stored: send it again"}
        zone = LocalTime(self._source.estate().timezone)
        due, missing_at = zone.iso_or_none(standing.due), zone.iso_or_none(standing.missing_at)
        return 200, {"check": check, "stage": standing.stage, "due": due, "missing_at": missing_at}

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


async def _body(request: web.Request, most: int) -> bytes | None:
    """What was sent; None where it is more than `most` bytes, which are not read then."""
    body = bytearray()
    if (request.content_length or 0) > most:
        return None
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


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
    source: MetricsSource, host: str, port: int, limits: Limits | None = None, inbox: HeartbeatInbox | None = None
) -> AsyncIterator[tuple[str, int]]:
    """Serve while the block runs, and yield the address in use (port 0: a free one); `inbox` takes reports of jobs.

    Leaving the block stops within two seconds, running requests included. FaceError where the address cannot be had.
    """
    limits = limits or Limits()
    wire = _log.getChild("wire")
    wire.addFilter(_is_ours)
    app = Face(source, host, limits, inbox).application()
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
