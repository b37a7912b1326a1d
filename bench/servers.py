"""Real servers for the probes to look at, in a process of their own: TCP, HTTP, TLS and DNS."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from bench.children import hear, module, raise_descriptors, running, tell

_BODY = b"all is well here, as far as this page can tell\n"
_PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nServer: bench\r\nContent-Length: "
    + str(len(_BODY)).encode()
    + b"\r\n\r\n"
    + _BODY
)
_BACKLOG = 1024
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the servers listen, at every address; nothing speaks TLS where no certificate was given."""

    tcp: int
    http: int
    dns: int
    tls: int = 0


class Silent(asyncio.Protocol):
    """Accepts a connection and waits for the other end to close it."""


class Web(asyncio.Protocol):
    """Answers every request with the same page, over connections that stay open until the client closes them."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"\r\n\r\n") and self._transport is not None:
            self._transport.write(_PAGE)


class Names(asyncio.DatagramProtocol):
    """Answers every question for an address with 192.0.2.10."""

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        end = data.index(b"\0", 12) + 5
        head = data[:2] + b"\x85\x80" + b"\0\1\0\1\0\0\0\0"
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x0a"
        if self._transport is not None:
            self._transport.sendto(head + data[12:end] + answer, addr)


@contextmanager
def serving(
    addresses: Sequence[str], folder: Path, before: Sequence[str] = (), certificate: Path | None = None
) -> Iterator[Ports]:
    """Servers at `addresses` while the block runs, behind `before` (such as `ip netns exec ...`).

    `certificate` is a file with a certificate and its key, to be shown where TLS is spoken.
    """
    with running(module("servers", before), folder) as child:
        tell(child, {"addresses": list(addresses), "certificate": str(certificate or "")})
        yield Ports(**hear(child))


async def _listen(
    factory: Callable[[], asyncio.Protocol], addresses: Sequence[str], secured: ssl.SSLContext | None = None
) -> int:
    """The free port that all `addresses` listen on."""
    loop = asyncio.get_running_loop()
    for attempt in range(_ATTEMPTS):
        listeners, port = [socket.socket() for _ in addresses], 0
        try:
            for address, listener in zip(addresses, listeners, strict=True):
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((address, port))
                port = listener.getsockname()[1]
        except OSError:
            # A port that is free at the first address may be taken at another.
            for listener in listeners:
                listener.close()
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        break
    for listener in listeners:
        await loop.create_server(factory, sock=listener, backlog=_BACKLOG, ssl=secured)
    return port


async def _serve(addresses: Sequence[str], certificate: str) -> None:
    loop = asyncio.get_running_loop()
    names, _ = await loop.create_datagram_endpoint(Names, local_addr=(addresses[0], 0))
    ports = {
        "tcp": await _listen(Silent, addresses),
        "http": await _listen(Web, addresses),
        "dns": names.get_extra_info("sockname")[1],
    }
    if certificate:
        secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secured.load_cert_chain(certificate)
        ports["tls"] = await _listen(Silent, addresses, secured)
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    # The end of standard input is the end of whoever needs these servers.
    await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """Serve until standard input ends."""
    from waakvlam.loop import run_in_loop

    raise_descriptors()
    run_in_loop(_serve(**json.loads(sys.stdin.readline())))


if __name__ == "__main__":
    main()
