"""Bounds how many connections the HTTP face holds, so that idle clients cannot use up the collector's descriptors."""

from __future__ import annotations

import asyncio

from aiohttp import web

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 27\r\n"
    b"Connection: close\r\n\r\nToo many connections here.\n"
)


class Door:
    """Makes the protocol of each new connection: the web server's, or one that says that it is full."""

    def __init__(self, server: web.Server, most: int) -> None:
        self._server = server
        self._most = most

    def __call__(self) -> asyncio.BaseProtocol:
        return _Full() if len(self._server.connections) >= self._most else self._server()


class _Full(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.write(_FULL)
        transport.close()
