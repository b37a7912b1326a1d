"""Tells Prometheus: the page of /metrics, written in short slices from cached label strings.

prometheus-client takes 7 µs a series with the event loop blocked, and a large estate has 80,000. So everything with a
series per check, part or service is written here, in the same text (a test compares them), and the library's registry
that is passed in adds what it is good at: the process itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder

from exporters.agents import write_agents
from exporters.centres import write_centres
from exporters.exposition import OPENMETRICS, TEXT, Page
from exporters.samples import (
    CheckLabels,
    PartLines,
    write_checks,
    write_health,
    write_maintenance,
    write_pairs,
    write_parts,
    write_service,
    write_standing,
)
from exporters.source import MetricsSource

SLICE = 250
"""Checks (or parts) written without a pause: about 2 ms."""
_END = b"# EOF\n"
_Row = TypeVar("_Row")


def process_registry() -> CollectorRegistry:
    """A registry of the library with the figures of this process: CPU, memory, descriptors, start."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry


class Exposition:
    """The metrics of one source; keeps the label strings between scrapes, and only of what still exists."""

    def __init__(self, source: MetricsSource, registry: CollectorRegistry | None = None) -> None:
        self._source = source
        self._registry = registry
        self._checks: dict[tuple[str, str], CheckLabels] = {}
        self._parts: dict[str, PartLines] = {}
        self._lock = asyncio.Lock()
        self._waiting = 0
        self._page: Page | None = None
        self._page_begun = 0.0

    async def scrape(self, openmetrics: bool = False) -> list[bytes]:
        """The page in pieces. Scrapes that come while one is being written share the next: never more than two follow
        on each other, however many ask."""
        asked = asyncio.get_running_loop().time()
        self._waiting += 1
        try:
            async with self._lock:
                if self._page is None or self._page_begun < asked:
                    await self._write_page()
                return self._finish(openmetrics)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._page = None

    def page(self, openmetrics: bool = False) -> bytes:
        """The whole page at once, for who has no event loop to keep turning."""
        self._page = Page()
        for _ in self._slices(self._page):
            pass
        return b"".join(self._finish(openmetrics))

    async def _write_page(self) -> None:
        self._page_begun = asyncio.get_running_loop().time()
        page = Page()
        for _ in self._slices(page):
            await asyncio.sleep(0)
        self._page = page

    def _finish(self, openmetrics: bool) -> list[bytes]:
        if self._page is None:
            return []
        more = b""
        if self._registry is not None:
            encode, _ = choose_encoder(OPENMETRICS if openmetrics else TEXT)
            more = encode(self._registry)
        return list(self._page.chunks(openmetrics, more.removesuffix(_END)))

    def _slices(self, page: Page) -> Iterator[None]:
        """Write everything on the page, with a pause for others at every yield."""
        yield from self._check_slices(page)
        yield from self._part_slices(page)
        yield from self._service_slices(page)
        write_pairs(page, self._source.pairs())
        write_maintenance(page, self._source.maintenance())
        health = self._source.health()
        write_health(page, health)
        write_agents(page, health.agents)
        if health.centres is not None:
            write_centres(page, health.centres)

    def _check_slices(self, page: Page) -> Iterator[None]:
        before, kept = self._checks, dict[tuple[str, str], CheckLabels]()
        for rows in _sliced(self._source.checks()):
            write_checks(page, rows, before, kept)
            yield
        self._checks = kept

    def _part_slices(self, page: Page) -> Iterator[None]:
        estate = self._source.estate()
        before, kept = self._parts, dict[str, PartLines]()
        for states in _sliced(self._source.parts()):
            write_parts(page, states, estate, before, kept)
            yield
        self._parts = kept

    def _service_slices(self, page: Page) -> Iterator[None]:
        standing = self._source.standing()
        if standing is None:
            return
        write_standing(page, standing)
        for service in standing.current:
            write_service(page, service, "current")
            yield
        for service in standing.previous:
            write_service(page, service, "previous")
            yield


def _sliced(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    waiting = iter(rows)
    while taken := list(islice(waiting, SLICE)):
        yield taken
