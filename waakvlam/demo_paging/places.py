"""Where messages of the demo arrive: a mail server that keeps what it is given, and the place outside the site."""

from __future__ import annotations

import asyncio
import email.policy
import re
import time
from collections.abc import Sequence
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, Protocol

from aiohttp import web

_LONGEST = 1_000_000


class Box(Protocol):
    """A mail server as the story sees it."""

    port: int

    def mails(self) -> Sequence[tuple[str, EmailMessage]]:
        """Address and mail, in the order of coming in."""


class MailServer:
    """Enough of SMTP (RFC 5321) to take mail on loopback."""

    def __init__(self) -> None:
        self.port = 0
        self._taken: list[tuple[str, EmailMessage]] = []
        self._server: asyncio.Server | None = None

    def mails(self) -> Sequence[tuple[str, EmailMessage]]:
        return self._taken

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0, limit=_LONGEST)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Take no more."""
        if self._server is not None:
            self._server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to: list[str] = []
        writer.write(b"220 demo\r\n")
        try:
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"RCPT" and (address := re.search(rb"<([^>]*)>", line)):
                    to.append(address[1].decode(errors="replace"))
                if verb == b"DATA":
                    writer.write(b"354 go on\r\n")
                    data = await reader.readuntil(b"\r\n.\r\n")
                    mail: Any = BytesParser(policy=email.policy.default).parsebytes(data.replace(b"\r\n..", b"\r\n."))
                    self._taken += [(address, mail) for address in to]
                    to = []
                writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 well\r\n")
                if verb == b"QUIT":
                    break
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever was talking is gone
        finally:
            writer.close()


class Outside:
    """A place outside the site: it hears from the collector and from Alertmanager, and notices when it does not."""

    def __init__(self) -> None:
        self.port = 0
        self.heard: dict[str, float] = {}
        """By path, when it was heard last (monotonic seconds)."""
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_route("*", "/{path}", self._hear)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Hear nothing more."""
        if self._runner is not None:
            await self._runner.cleanup()

    def silent_for(self, path: str) -> float:
        """Seconds since it heard from there; endless where it never did."""
        return time.monotonic() - self.heard[path] if path in self.heard else float("inf")

    async def _hear(self, request: web.Request) -> web.Response:
        self.heard[request.match_info["path"]] = time.monotonic()
        return web.Response(text="heard\n")
