"""Small servers on loopback that answer well, badly, too slowly, too much or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def tcp_server(
    handler: Handler, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """The port of a server that hands each connection to `handler` and closes what is open when it ends."""
    tasks: set[asyncio.Task[None]] = set()
    writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, RuntimeError, asyncio.IncompleteReadError):
            await handler(reader, writer)
        writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(serve(reader, writer), name="served connection")
        tasks.add(task)
        writers.add(writer)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(lambda _: writers.discard(writer))

    server = await asyncio.start_server(accept, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in list(writers):
            writer.transport.abort()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


def says(data: bytes, *, reset: bool = False, hold: bool = False) -> Handler:
    """Reads a request, answers `data`, and closes; with `reset` by RST, with `hold` not before the other side does."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(data)
        await writer.drain()
        if hold:
            await reader.read()
        if reset:
            # What was sent must be on its way before the reset overtakes it.
            await asyncio.sleep(0.02)
            hang_up(writer)

    return handler


def hang_up(writer: asyncio.StreamWriter) -> None:
    """Ends a connection by RST (SO_LINGER with no time to linger)."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes everything and answers nothing."""
    while await reader.read(65_536):
        pass


async def close_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ends the connection before a word is said."""


async def reset_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    hang_up(writer)


def endless(head: bytes, chunk: bytes, pause: float = 0.0) -> Handler:
    """Answers `head` and then `chunk` again and again; with `pause` seconds in between it drips."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(head)
        while not writer.is_closing():
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause)

    return handler


@dataclass
class Website:
    """Answers each path with its bytes, or with what a function makes of the request; keeps what it was asked."""

    pages: dict[str, bytes | Callable[[str], bytes]]
    requests: list[str] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next((int(line[15:]) for line in head.lower().split("\r\n") if line.startswith("content-length:")), 0)
        request = head + (await reader.readexactly(length)).decode()
        self.requests.append(request)
        page = self.pages.get(request.split(" ")[1], reply(404))
        writer.write(page(request) if callable(page) else page)
        await writer.drain()


def reply(status: int = 200, body: bytes | str = b"", **headers: str) -> bytes:
    """A whole HTTP response; `content_type` becomes Content-Type."""
    content = body.encode() if isinstance(body, str) else body
    fields = {"Content-Length": str(len(content)), "Connection": "close"}
    fields |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode() + content


Datagrams = Callable[[bytes], list[bytes]]


class _Answering(asyncio.DatagramProtocol):
    def __init__(self, answer: Datagrams) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for datagram in self._answer(data):
            self._transport.sendto(datagram, addr)


@contextlib.asynccontextmanager
async def udp_server(answer: Datagrams, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """The port of a server that answers each datagram with those that `answer` makes of it."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Answering(answer), local_addr=(host, port))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
        await asyncio.sleep(0)


@contextlib.contextmanager
def closed_port(host: str = "127.0.0.1", kind: socket.SocketKind = socket.SOCK_STREAM) -> Iterator[int]:
    """A port that nobody else gets and where nobody listens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as sock:
        sock.bind((host, 0))
        port: int = sock.getsockname()[1]
        if kind is socket.SOCK_STREAM:
            yield port
            return
    yield port


@contextlib.contextmanager
def no_descriptors() -> Iterator[None]:
    """While it lasts no descriptor is left to open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as sock:
        lowest = sock.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the names alone, without a Path of each


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Passes everything on to `port` and back, until either side ends."""
    there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()

    back = asyncio.ensure_future(pump(there_reader, writer))
    try:
        await pump(reader, there_writer)
    finally:
        back.cancel()
        there_writer.close()


@contextlib.contextmanager
def alerting_server(tls: ssl.SSLContext, data: bytes) -> Iterator[int]:
    """A TLS server in a thread that answers with `data`; unlike the event loop's it says why it ends a handshake."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            with connection.dup() as spare:
                with contextlib.suppress(OSError), tls.wrap_socket(connection, server_side=True) as secured:
                    secured.recv(65_536)
                    secured.sendall(data)
                    secured.unwrap()
                # To close with a request unread would be a reset, which may overtake the alert.
                with contextlib.suppress(OSError):
                    spare.shutdown(socket.SHUT_WR)
                    while spare.recv(65_536):
                        pass

    thread = threading.Thread(target=serve, name="alerting server")
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
