"""Runs blackbox_exporter and asks it to probe, over connections that stay open, as Prometheus would."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench.children import Failed, cpu_seconds, running
from bench.fping import Cost

_MODULES = """\
modules:
  tcp_connect:
    prober: tcp
    timeout: 5s
    tcp: {preferred_ip_protocol: ip4}
  http_2xx:
    prober: http
    timeout: 5s
    http: {preferred_ip_protocol: ip4}
"""
_SUCCESS = re.compile(rb"^probe_success 1$", re.MULTILINE)
_START_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Blackbox:
    """A running exporter."""

    pid: int
    url: str

    def probe(self, module: str, targets: Sequence[str], rate: float, seconds: float, connections: int) -> Cost:
        """Have `targets` probed in turn, `rate` times a second for `seconds`; the CPU is the exporter's alone."""
        return asyncio.run(self._probe(module, targets, rate, seconds, connections))

    async def _probe(self, module: str, targets: Sequence[str], rate: float, seconds: float, connections: int) -> Cost:
        connector = aiohttp.TCPConnector(limit=connections)
        # Uncompressed, which is the cheaper way for the exporter.
        async with aiohttp.ClientSession(connector=connector, headers={"Accept-Encoding": "identity"}) as session:
            urls = [f"{self.url}/probe?module={module}&target={target}" for target in targets]
            await self._drive(session, urls, rate, 1.0, connections)
            cpu, begun = cpu_seconds(self.pid), time.perf_counter()
            done = await self._drive(session, urls, rate, seconds, connections)
            return Cost(cpu_seconds(self.pid) - cpu, time.perf_counter() - begun, done)

    async def _drive(
        self, session: aiohttp.ClientSession, urls: Sequence[str], rate: float, seconds: float, connections: int
    ) -> int:
        count = int(rate * seconds)
        begun = time.monotonic()
        numbers = iter(range(count))

        async def ask_in_turn() -> None:
            for number in numbers:
                ahead = begun + number / rate - time.monotonic()
                if ahead > 0:
                    await asyncio.sleep(ahead)
                async with session.get(urls[number % len(urls)]) as response:
                    if not _SUCCESS.search(await response.read()):
                        raise Failed(f"blackbox_exporter could not probe {urls[number % len(urls)]}")

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(connections):
                    group.create_task(ask_in_turn())
        except* Failed as failures:
            raise failures.exceptions[0] from None
        return count


@contextmanager
def exporter(folder: Path) -> Iterator[Blackbox]:
    """An exporter on a free port of 127.0.0.1 while the block runs."""
    program = shutil.which("prometheus-blackbox-exporter")
    if program is None:
        raise Failed("prometheus-blackbox-exporter is not installed: run bench/install_references")
    config = folder / "blackbox.yml"
    config.write_text(_MODULES)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    listen = f"127.0.0.1:{port}"
    with running(
        [program, f"--config.file={config}", f"--web.listen-address={listen}", "--log.level=error"], folder
    ) as child:
        _wait_for(listen, port)
        yield Blackbox(child.pid, f"http://{listen}")


def _wait_for(listen: str, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
            return
        except OSError as error:
            if time.monotonic() > deadline:
                raise Failed(f"blackbox_exporter does not listen on {listen}: {error}") from error
            time.sleep(0.05)
