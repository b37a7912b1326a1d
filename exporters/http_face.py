"""The HTTP face: guards and serves the routes it is given, on the address it is given.

It has no login, so it listens on loopback unless configured otherwise, and holds no secret. Reading (GET and HEAD)
changes nothing; what takes something in (POST: reports of jobs, alerts) asks for a token or a signature by itself. On
loopback it also refuses a Host that is a foreign name: a web page elsewhere could otherwise point its own name at
127.0.0.1 and read the answers in the browser of whoever sits at this machine (DNS rebinding). Where it listens on the
network, any name may rightly lead to it, and nothing is refused.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import cast

from aiohttp import web
from aiohttp.http import HttpProcessingError

from availability.ports import HeartbeatInbox
from exporters.connections import Door
from exporters.face import PLAIN, Answer, Handler, Limits, Route, Turns
from exporters.face_heartbeats import heartbeat_routes
from exporters.face_history import history_routes
from exporters.face_now import now_routes
from exporters.history import HistorySource
from exporters.openapi import openapi_route
from exporters.source import MetricsSource

_log = logging.getLogger(__name__)
_STRICT = "default-src 'none'; frame-ancestors 'none'"
_Sending = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FaceError(Exception):
    """The address cannot be listened on; the message says which, why and what to change."""


class Face:
    """Guards the routes and sends what they answer."""

    def __init__(
        self, routes: Iterable[Route], host: str, limits: Limits, public_name: Callable[[], str] = lambda: ""
    ) -> None:
        self._routes = tuple(routes)
        self._limits = limits
        self._loopback = _is_loopback(host)
        self._public_name = public_name

    def application(self) -> web.Application:
        """The aiohttp application with its routes."""
        app = web.Application(middlewares=[self._guard])
        for route in self._routes:
            add = app.router.add_get if route.method == "GET" else app.router.add_post
            add(route.path, self._sending(route.handler))
        return app

    def _is_public(self, name: str) -> bool:
        """Whether it is the name that is configured; without one, none is, and an empty one least of all."""
        public = self._public_name()
        return bool(public) and name.lower() == public.lower()

    def _sending(self, handler: Handler) -> _Sending:
        async def send(request: web.Request) -> web.StreamResponse:
            return await self._send(request, await handler(request))

        return send

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Sending) -> web.StreamResponse:
        """Refuse foreign names, and answer every error in one plain sentence without its inner workings."""
        name = request.headers.get("Host", "localhost")
        if self._loopback and not _is_own_name(name) and not self._is_public(name):
            text = "This name does not belong to waakvlam: ask by an IP address or localhost.\n"
            return await self._send(request, Answer([text.encode()], PLAIN, 421))
        try:
            return await handler(request)
        except web.HTTPMethodNotAllowed as error:
            served = sorted(error.allowed_methods)
            text = f"Only {' and '.join(served)} {'are' if len(served) > 1 else 'is'} served.\n"
            return await self._send(request, Answer([text.encode()], PLAIN, 405, {"Allow": ", ".join(served)}))
        except web.HTTPException as error:
            text = "There is no such page.\n" if error.status == 404 else f"{error.reason}\n"
            return await self._send(request, Answer([text.encode()], PLAIN, error.status))
        except Exception:  # whatever goes wrong in an answer must not stop the collector; it is logged in full
            _log.exception("could not answer %s", request.path)
            return await self._send(request, Answer([b"This answer failed; the log says why.\n"], PLAIN, 500))

    async def _send(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        """Answer in pieces, so that neither a large page nor a slow reader holds up others; who reads too slowly is
        cut off."""
        pieces = list(answer.pieces)
        response = web.StreamResponse(status=answer.status, headers={**_HEADERS, "Content-Type": answer.content_type})
        response.headers.update(answer.headers)
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
    source: MetricsSource,
    host: str,
    port: int,
    limits: Limits | None = None,
    inbox: HeartbeatInbox | None = None,
    past: HistorySource | None = None,
    further: Sequence[Route] = (),
    public_name: Callable[[], str] = lambda: "",
) -> AsyncIterator[tuple[str, int]]:
    """Serve while the block runs, and yield the address in use (port 0: a free one); `inbox` takes reports of jobs,
    questions about what happened go to `past`, and `further` are the routes of other subjects. `public_name` is
    the name that leads here through a proxy, as a Host header says it.

    Leaving the block stops within two seconds, running requests included. FaceError where the address cannot be had.
    """
    limits = limits or Limits()
    wire = _log.getChild("wire")
    wire.addFilter(_is_ours)
    app = Face(_routes(source, limits, inbox, past, further), host, limits, public_name).application()
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


def _routes(
    source: MetricsSource,
    limits: Limits,
    inbox: HeartbeatInbox | None,
    past: HistorySource | None,
    further: Sequence[Route],
) -> list[Route]:
    work = asyncio.Lock()
    routes = now_routes(source, Turns(work, limits.reports_waiting, limits.report))
    if past is not None:
        routes += history_routes(source, past, Turns(work, limits.questions_waiting, limits.report), limits)
    if inbox is not None:
        routes += heartbeat_routes(source, inbox, limits)
    routes += further
    return [*routes, openapi_route(routes, lambda: source.health().version)]


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
