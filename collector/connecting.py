"""Connects a socket that does not block: what the event loops offer for it costs half as much again."""

from __future__ import annotations

import asyncio
import errno
import os
import socket


async def connect(sock: socket.socket, address: str, port: int) -> None:
    """Connect `sock`, which does not block, to a literal address; OSError with its number where that fails.

    uvloop and asyncio look the address up once more, and read the socket's family and type as enumerations.
    """
    error = sock.connect_ex((address, port))
    if error == errno.EINPROGRESS:
        loop = asyncio.get_running_loop()
        writable = loop.create_future()
        loop.add_writer(sock.fileno(), _settle, writable)
        try:
            await writable
        finally:
            loop.remove_writer(sock.fileno())
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))


def _settle(writable: asyncio.Future[None]) -> None:
    if not writable.done():
        writable.set_result(None)
