"""Real TCP servers that can be stopped, hung, broken and cut while they run, and come back at the same port."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

Mode = Literal["serving", "stopped", "hung", "broken", "cut"]
"""stopped refuses connections; hung accepts and never answers; broken answers wrongly; cut accepts and closes."""

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""One conversation with one client; the connection is closed when it returns."""

BACKLOG = 128
_HEAD_LIMIT_SECONDS = 10.0
_CHUNK = 65536
_ATTEMPTS = 5


class Server(Protocol):
    """What the estate needs of any server, whatever it speaks. `port` is 0 until `start`."""

    host: str
    port: int

    async def start(self) -> None:
        """Bind and serve; OSError where the address cannot be had."""

    async def set_mode(self, mode: Mode) -> None:
        """Behave so from now on; connections that are open are dropped."""

    async def close(self) -> None:
        """Drop every connection and give the port back."""


class TcpServer:
    """One listening address. The port is kept while the server is stopped, so that nobody else can take it."""

    def __init__(
        self, host: str, port: int, serve: Talk, serve_broken: Talk, tls: ssl.SSLContext | None = None
    ) -> None:
        self.host = host
        self.port = 0
        self._wanted = port
        self._talks: dict[Mode, Talk] = {
            "serving": serve,
            "broken": serve_broken,
            "hung": _say_nothing,
            "cut": _hang_up,
        }
        self._tls = tls
        self._socket: socket.socket | None = None
        self._listener: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Bind the wanted port, or any other where that one is taken."""
        self._socket = bind(socket.SOCK_STREAM, self.host, self._wanted)
        self.port = self._socket.getsockname()[1]
        await self.set_mode("serving")

    async def set_mode(self, mode: Mode) -> None:
        """Behave so from now on; connections that are open are dropped."""
        assert self._socket is not None, "start() comes first"  # noqa: S101 - for the type checker
        self._drop()
        if mode == "stopped":
            # On Linux this ends the listening and keeps the address; listening again takes it up where it was.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
            return
        # Listening again has to bear with connections of before; while stopped, nobody else may share the port.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # A server that hangs or hangs up does not shake hands first, as a dead machine would not.
        tls = self._tls if mode in ("serving", "broken") else None
        self._listener = await asyncio.start_server(
            self._converse(self._talks[mode]), sock=self._socket.dup(), ssl=tls, backlog=BACKLOG
        )

    async def close(self) -> None:
        """Drop every connection and give the port back."""
        self._drop()
        if self._socket:
            self._socket.close()

    def _drop(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None
        for writer in self._writers:
            writer.transport.abort()

    def _converse(self, talk: Talk) -> Talk:
        async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.add(writer)
            try:
                # Clients give up, and are dropped, all the time: that is what this estate is for.
                with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                    await talk(reader, writer)
                    await writer.drain()
            finally:
                self._writers.discard(writer)
                writer.close()

        return conversation


def bind(kind: socket.SocketKind, host: str, port: int) -> socket.socket:
    """A socket bound at `host`: at `port`, or at any free port where that one is 0 or taken; OSError without any."""
    for wanted in (port, *(0,) * _ATTEMPTS):
        try:
            return _bind(kind, host, wanted or _free_port(kind, host))
        except OSError as error:
            last = error
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                break
    raise last


def _bind(kind: socket.SocketKind, host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, kind)
    try:
        bound.setblocking(False)
        if kind == socket.SOCK_STREAM:
            # The port may have connections in TIME-WAIT, of the demo before this one; who listens keeps others out.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def _free_port(kind: socket.SocketKind, host: str) -> int:
    """A port by its number, because Linux gives a port that it chose itself away when the listening ends."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(_CHUNK):
        pass


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def web_page(status: str, body: str) -> Talk:
    """Answers every HTTP request with one page and closes the connection."""
    content = f"{body}\n".encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    )

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HEAD_LIMIT_SECONDS):
            await reader.readuntil(b"\r\n\r\n")
        writer.write(head.encode() + content)

    return talk


def banner(line: str) -> Talk:
    """Says one line and waits for the client to leave."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{line}\r\n".encode())
        await _say_nothing(reader, writer)

    return talk


class Forwarder:
    """A virtual address: hands every connection to the server it stands for at that moment, and back."""

    def __init__(self, target: Server) -> None:
        self.target = target

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes both ways until either side ends; a target that refuses ends the conversation at once."""
        far_reader, far_writer = await asyncio.open_connection(self.target.host, self.target.port)
        try:
            ways = (_pump(reader, far_writer), _pump(far_reader, writer))
            tasks = [asyncio.create_task(way, name="demo-forward") for way in ways]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            far_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
