"""A server that says what it is told to, line by line, for protocols in which client and server take turns."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.collector.servers import Handler


@dataclass
class Turns:
    """Greets, answers each line that comes with the next of `replies`, and then keeps silent; keeps what it heard."""

    greeting: bytes
    replies: Sequence[bytes] = ()
    heard: list[bytes] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting)
        for reply in self.replies:
            line = await reader.readline()
            if not line:
                return
            self.heard.append(line.rstrip(b"\r\n"))
            writer.write(reply)
            await writer.drain()
        while await reader.read(65_536):
            pass


def dripping(chunk: bytes, pause: float) -> Handler:
    """Says `chunk` again and again, with `pause` seconds in between, without being asked."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause)

    return handler
