"""Starts and ends the programs of the chain: the collector, Prometheus and Alertmanager."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp

_READY_S = 60.0
_STOP_S = 10.0


class ProgramError(Exception):
    """A program of the chain is missing, does not start or does not answer."""


class Program:
    """One process; what it says goes into `folder/NAME.log`."""

    def __init__(self, name: str, folder: Path, command: Sequence[str], ready: str) -> None:
        self.name = name
        self._folder = folder
        self._command = list(command)
        self._ready = ready
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        with (self._folder / f"{self.name}.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, cwd=self._folder, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            async with asyncio.timeout(_READY_S), aiohttp.ClientSession() as session:
                while not await _answers(session, self._ready):
                    if self._process.returncode is not None:
                        raise ProgramError(f"{self.name} ended with {self._process.returncode}: see {self.name}.log")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise ProgramError(f"{self.name} was not ready within {_READY_S:.0f} s") from None

    def kill(self) -> None:
        """End it with no word of warning."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def stop(self) -> None:
        """End it as an init system does."""
        if self._process is None:
            return
        self.tell(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_S):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()


def collector(folder: Path, estate: Path, listen: str) -> Program:
    """The collector of this very installation."""
    command = [sys.executable, "-m", "waakvlam", "run", "--config", estate.name]
    return Program("collector", folder, command, f"http://{listen}/-/ready")


def prometheus(folder: Path, config: Path, port: int) -> Program:
    """Prometheus as Debian has it."""
    listen = f"127.0.0.1:{port}"
    options = [f"--config.file={config.name}", "--storage.tsdb.path=tsdb", f"--web.listen-address={listen}"]
    # What Alertmanager missed while both were starting comes again soon.
    options.append("--rules.alert.resend-delay=5s")
    return Program("prometheus", folder, [found("prometheus"), *options], f"http://{listen}/-/ready")


def alertmanager(folder: Path, config: Path, port: int) -> Program:
    """Alertmanager as Debian has it, by itself."""
    listen = f"127.0.0.1:{port}"
    options = [
        f"--config.file={config.name}",
        "--storage.path=alerts",
        f"--web.listen-address={listen}",
        "--cluster.listen-address=",
    ]
    return Program("alertmanager", folder, [found("prometheus-alertmanager"), *options], f"http://{listen}/-/ready")


def found(name: str) -> str:
    """Where a program is; ProgramError with how to get it where it is not."""
    path = shutil.which(name)
    if path is None:
        raise ProgramError(f"{name} is not installed: apt-get install {name}")
    return path


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False
