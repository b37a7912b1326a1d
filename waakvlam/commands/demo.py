"""`waakvlam demo`: the example estate, its faults, and the real collector watching it."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from availability.judge import judge
from availability.periods import period_at
from availability.report import Report
from availability.standing import check_states
from config.settings import Settings
from config.types import duration as parse_duration
from exporters.report_table import render_report
from waakvlam.collecting import Collecting
from waakvlam.demo.collector_port import Snapshot
from waakvlam.demo.run import run_demo
from waakvlam.loop import run_in_loop
from waakvlam.setup import load_settings, load_store, own_vantage
from waakvlam.terminal import console, refuse


def demo(duration: str | None, folder: Path | None) -> None:
    """Run the demo for `duration` (such as 60s), keeping what it made in `folder` if one is given."""
    seconds = None
    if duration is not None:
        try:
            seconds = parse_duration(duration) / 1000
        except ValueError as error:
            refuse(f"--duration: {duration!r} {error}")
    # The table tells what happens; warnings of the parts would only break it.
    logging.disable(logging.CRITICAL)
    code = run_in_loop(run_demo(seconds, folder, console(), DemoCollector, _show))
    raise SystemExit(code)


def _show(report: Report, target: Console) -> None:
    target.print(render_report(report, "Europe/Amsterdam"))


class DemoCollector:
    """The collector as the demo starts, watches and stops it (`waakvlam.demo.collector_port.Collector`)."""

    def __init__(self, path: Path) -> None:
        self.settings: Settings = load_settings(path)
        self._store = load_store(self.settings, create=True)
        self._collecting: Collecting | None = None
        self._running: asyncio.Task[bool] | None = None

    async def start(self) -> None:
        """Begin to observe, and wait for the first judgement."""
        vantage = own_vantage(self.settings, None)
        self._collecting = await asyncio.to_thread(Collecting, self.settings, vantage, self._store)
        self._running = asyncio.create_task(self._collecting.run(), name="collector")
        await self._collecting.judging.judge()

    async def stop(self) -> None:
        """End observing; everything seen is stored."""
        if self._collecting is not None and self._running is not None:
            self._collecting.stop()
            with suppress(asyncio.CancelledError):
                await self._running

    def snapshot(self) -> Snapshot:
        """As last judged, at most a second or two ago."""
        latest = self._collecting.judging.latest if self._collecting else None
        if self._collecting is None or latest is None:
            raise RuntimeError("start() comes first")
        evaluation = latest.standing.evaluation
        checks = check_states(evaluation, self._collecting.board.look, latest.at)
        return Snapshot(list(latest.standing.parts.values()), checks, latest.month)

    def final_report(self) -> Report:
        """The month, judged from the store: the way every report is made."""
        now = time.time_ns() // 1_000_000
        estate = self.settings.estate
        try:
            facts = self._store.rows(until=now)
        finally:
            self._store.close()
        return judge(estate, facts, period_at(now, "month", estate.timezone), now)
