"""The parent's side of the estate process: starts it, passes commands, and sees that it ends."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from waakvlam.demo.servers import Mode

_START_SECONDS = 30.0
_ANSWER_SECONDS = 10.0
_STOP_SECONDS = 5.0


class EstateError(Exception):
    """The estate's servers could not start, are gone, or refused a command; the text says which."""


class EstateClient:
    """The estate's servers in a process of their own, so that a fault can never be played inside the collector."""

    def __init__(self, folder: Path) -> None:
        self.addresses: Mapping[str, tuple[str, int]] = {}
        """Server name to host and port; filled by `start`."""
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the servers; EstateError where they cannot."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "waakvlam.demo.estate_process",
            str(self._folder),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # A Ctrl-C is for the demo, which still has a report to make; the servers end when it closes their input.
            start_new_session=True,
        )
        answer = await self._listen(_START_SECONDS)
        self.addresses = {name: (host, port) for name, (host, port) in answer["ready"].items()}

    @property
    def pid(self) -> int:
        """The process id of the servers."""
        assert self._process is not None, "start() comes first"  # noqa: S101 - for the type checker
        return self._process.pid

    async def set_mode(self, mode: Mode, servers: Sequence[str]) -> None:
        """Stop, hang, break, cut or restore these servers."""
        await self._ask({"mode": mode, "servers": list(servers)})

    async def move(self, virtual: str, to: str) -> None:
        """Let a virtual address stand for another server."""
        await self._ask({"move": virtual, "to": to})

    async def stop(self) -> None:
        """End the process: by closing its input, and if that is not enough, by a signal."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _ask(self, command: Mapping[str, Any]) -> None:
        assert self._process is not None and self._process.stdin is not None, "start() comes first"  # noqa: S101 - for the type checker
        try:
            self._process.stdin.write(json.dumps(command).encode() + b"\n")
            await self._process.stdin.drain()
        except ConnectionError as error:
            raise EstateError("the demo's servers are gone: their process has ended") from error
        await self._listen(_ANSWER_SECONDS)

    async def _listen(self, seconds: float) -> dict[str, Any]:
        assert self._process is not None and self._process.stdout is not None, "start() comes first"  # noqa: S101 - for the type checker
        try:
            async with asyncio.timeout(seconds):
                line = await self._process.stdout.readline()
        except TimeoutError as error:
            raise EstateError(f"the demo's servers gave no answer within {seconds:.0f} seconds") from error
        if not line:
            raise EstateError("the demo's servers are gone: their process has ended")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise EstateError(f"the demo's servers answered: {answer['error']}")
        return answer
