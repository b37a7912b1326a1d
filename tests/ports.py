"""Ports for servers that cannot take a free one by themselves."""

from __future__ import annotations

import random
import socket
from itertools import count

_LOWEST, _HIGHEST = 15_000, 32_000
"""Below those that the kernel gives to clients: such a one could be taken between here and the start of the server."""

_handed_out: set[int] = set()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM, address: str = "127.0.0.1") -> int:
    """A port that nobody listens on and that was not given before; other processes most likely draw others."""
    for _ in count():
        port = random.randint(_LOWEST, _HIGHEST)
        if port in _handed_out:
            continue
        with socket.socket(socket.AF_INET, kind) as sock:
            try:
                sock.bind((address, port))
            except OSError:
                continue
        _handed_out.add(port)
        return port
    raise AssertionError("unreachable")
