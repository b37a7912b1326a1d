"""The whole chain, started and stopped: the estate's servers, the collector, Prometheus and Alertmanager."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from waakvlam.demo.estate_client import EstateClient
from waakvlam.demo_paging.files import (
    Now,
    Ports,
    generate_json,
    write_alertmanager,
    write_estate,
    write_prometheus,
)
from waakvlam.demo_paging.places import Box, Outside
from waakvlam.demo_paging.programs import Program, alertmanager, collector, free_port, prometheus

_LOOK_S = 0.05
_LINK = re.compile(r"https://[^/\s]+(/api/v1/acknowledge\S+)")


class StoryError(Exception):
    """Something that was to come about did not; the text says what."""


class Chain:
    """All parts, and what the story asks of them. Made by `started`."""

    def __init__(self, folder: Path, box: Box, outside: Outside) -> None:
        self.estate = EstateClient(folder)
        self.outside = outside
        self._folder = folder
        self._box = box
        self._since = time.time_ns() // 1_000_000
        self._ports = Ports(box.port, outside.port, free_port(), free_port())
        self._path = folder / "demo.yaml"
        self.listen = ""
        self.collector: Program
        self.prometheus: Program
        self.alertmanager: Program

    async def start(self, now: Now) -> None:
        """Start everything, in the order in which each needs the one before."""
        await self.estate.start()
        await asyncio.to_thread(self._write, now)
        self.collector = collector(self._folder, self._path, self.listen)
        rules = await asyncio.to_thread(write_prometheus, self._folder, self._path, self._ports)
        routes = await asyncio.to_thread(write_alertmanager, self._folder, self._path)
        self.alertmanager = alertmanager(self._folder, routes, self._ports.alertmanager)
        self.prometheus = prometheus(self._folder, rules, self._ports.prometheus)
        await self.collector.start()
        await self.alertmanager.start()
        await self.prometheus.start()
        await self.until("Prometheus scrapes the collector", self._is_scraped, 30)

    async def stop(self) -> None:
        """Stop everything that was started."""
        for program in ("prometheus", "alertmanager", "collector"):
            if hasattr(self, program):
                await getattr(self, program).stop()
        await self.estate.stop()

    async def become(self, now: Now) -> None:
        """Let it be night or day: other office hours for the collector and for Alertmanager."""
        await asyncio.to_thread(self._write, now)
        await asyncio.to_thread(write_alertmanager, self._folder, self._path)
        self.prometheus.tell(signal.SIGHUP)
        self.collector.tell(signal.SIGHUP)
        self.alertmanager.tell(signal.SIGHUP)
        # They log when they have read it; none has anything to ask.
        await asyncio.sleep(2)

    def mails(self, to: str = "") -> list[EmailMessage]:
        """What came for somebody, or for all."""
        return [mail for address, mail in self._box.mails() if address.startswith(to)]

    async def mail(self, to: str, number: int, seconds: float) -> tuple[EmailMessage, float]:
        """The `number`-th mail to somebody (from 1), and when it was there (monotonic seconds)."""
        await self.until(f"mail {number} to {to}", lambda: len(self.mails(to)) >= number, seconds)
        return self.mails(to)[number - 1], time.monotonic()

    async def about(self, words: str, to: str, after: int, seconds: float) -> tuple[EmailMessage, float]:
        """The first mail to somebody, behind those `after`, with these words in its subject; and when it was there."""

        def found() -> list[EmailMessage]:
            return [mail for mail in self.mails(to)[after:] if words in str(mail["Subject"])]

        at = await self.until(f"mail with {words!r} to {to}", found, seconds)
        return found()[0], at

    async def take_up(self, mail: EmailMessage) -> None:
        """Follow the link of a mail and press its button, as its reader does."""
        found = _LINK.search(mail.get_content())
        if found is None:
            raise StoryError("a mail has no link")
        async with aiohttp.ClientSession() as session:
            for method in ("GET", "POST"):
                async with session.request(method, f"http://{self.listen}{found[1]}") as answer:
                    if answer.status != 200:
                        raise StoryError(f"the link was answered with {answer.status}")

    async def pages(self) -> list[dict[str, Any]]:
        """All pages there are, the last one first, as the command tells them."""
        text = await asyncio.to_thread(generate_json, self._folder, "pages", "list", "--config", self._path.name)
        pages: list[dict[str, Any]] = json.loads(text)["pages"]
        return pages

    async def until(self, what: str, condition: Callable[[], object], seconds: float) -> float:
        """Wait for something to come about; when it had (monotonic seconds)."""
        ends = time.monotonic() + seconds
        while not await _asked(condition):
            if time.monotonic() > ends:
                raise StoryError(
                    f"{what}: not within {seconds:.0f} s; mails: {[str(m['Subject']) for m in self.mails()]}"
                )
            await asyncio.sleep(_LOOK_S)
        return time.monotonic()

    def _write(self, now: Now) -> None:
        """The estate keeps the address that it began with."""
        path = write_estate(self._folder, self.estate.addresses, self._ports, now, self._since)
        content = path.read_text(encoding="utf-8")
        found: str = yaml.safe_load(content)["listen"]
        self.listen = self.listen or f"127.0.0.1:{free_port()}"
        path.write_text(content.replace(f"listen: {found}", f"listen: {self.listen}"), encoding="utf-8")

    async def _is_scraped(self) -> bool:
        url = f"http://127.0.0.1:{self._ports.prometheus}/api/v1/query"
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, params={"query": 'up{job="waakvlam"} == 1'}) as answer,
        ):
            return bool((await answer.json())["data"]["result"])


@asynccontextmanager
async def started(folder: Path, box: Box, now: Now) -> AsyncIterator[Chain]:
    """The chain, stopped again behind the block."""
    async with AsyncExitStack() as stack:
        outside = Outside()
        await outside.start()
        stack.push_async_callback(outside.stop)
        chain = Chain(folder, box, outside)
        stack.push_async_callback(chain.stop)
        await chain.start(now)
        yield chain


async def _asked(condition: Callable[[], object]) -> bool:
    answer = condition()
    return bool(await answer if asyncio.iscoroutine(answer) else answer)
