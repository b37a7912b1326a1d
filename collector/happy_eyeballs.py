"""Connects to the first address of a name that answers, without waiting long for a silent one (RFC 8305).

The library for this tells of several failures in one sentence without a number; a look must know which they were.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from itertools import zip_longest

from collector import connecting

_DELAY = 0.25
"""Seconds before the next address is tried beside a silent one (RFC 8305, section 5)."""

_TELLING = (errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT)
"""Of several failures the one told: that of a target which answered comes before that of one never reached."""


async def connect(addresses: list[str], port: int, source: str | None) -> socket.socket:
    """A socket connected to one of `addresses` (literal, best first), which the caller must close.

    OSError where none can be connected: the most telling of their errors, whatever the order in which they came.
    """
    if len(addresses) == 1:
        return await _open(addresses[0], port, source)
    running: set[asyncio.Task[socket.socket]] = set()
    errors: list[OSError] = []
    waiting = _interleaved(addresses)
    try:
        while waiting or running:
            if waiting:
                address = waiting.pop(0)
                running.add(asyncio.create_task(_open(address, port, source), name=f"connect to {address}"))
            done, _ = await asyncio.wait(
                running, timeout=_DELAY if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                error = task.exception()
                if error is None:
                    running.discard(task)
                    return task.result()
                if not isinstance(error, OSError):
                    raise error
                running.discard(task)
                errors.append(error)
    finally:
        await _give_up(running)
    raise min(errors, key=_rank)


async def _open(address: str, port: int, source: str | None) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        if source:
            sock.bind((source, 0))
        await connecting.connect(sock, address, port)
    except BaseException:
        sock.close()
        raise
    return sock


async def _give_up(running: set[asyncio.Task[socket.socket]]) -> None:
    """Ends the attempts that are not needed, and closes the socket of one that came second."""
    for task in running:
        task.cancel()
    for result in await asyncio.gather(*running, return_exceptions=True):
        if isinstance(result, socket.socket):
            result.close()


def _interleaved(addresses: list[str]) -> list[str]:
    """The families in turn, that of the best address first (RFC 8305, section 4)."""
    first = [address for address in addresses if (":" in address) == (":" in addresses[0])]
    second = [address for address in addresses if address not in first]
    return [address for pair in zip_longest(first, second) for address in pair if address]


def _rank(error: OSError) -> int:
    return _TELLING.index(error.errno) if error.errno in _TELLING else len(_TELLING)
