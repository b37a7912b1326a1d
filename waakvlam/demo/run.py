"""Runs the demo: starts the servers, lets a collector watch them, plays the script and shows what is seen."""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.live import Live

from collector.pinger import IcmpPinger
from waakvlam.demo.changes import LogLine, Source, Watcher
from waakvlam.demo.collector_port import Collector, MakeCollector, ShowReport
from waakvlam.demo.estate import CONFIG_NAME, STORE_NAME, write_config
from waakvlam.demo.estate_client import EstateClient, EstateError
from waakvlam.demo.script import Step, script_seconds, timeline
from waakvlam.demo.servers import Mode
from waakvlam.demo.table import View, render

_LEAD_SECONDS = 2.0
"""Between the writing of the configuration and the moment that counts: the collector has to look first."""
_LOOK_SECONDS = 0.5
_LOG_KEPT = 50
_MODES: dict[str, Mode] = {
    "stop": "stopped",
    "hang": "hung",
    "break": "broken",
    "cut": "cut",
    "restore": "serving",
}


class FolderInUseError(Exception):
    """The folder holds what must not be overwritten; the text says which and what to do."""


async def run_demo(
    duration_s: float | None,
    folder: Path | None,
    console: Console,
    make_collector: MakeCollector,
    show_report: ShowReport,
) -> int:
    """Run for `duration_s` seconds, or until SIGINT or SIGTERM; then print the report of what was seen.

    The configuration and the facts stay in `folder` if there is one. Returns the exit code: 0 done, 1 the servers
    failed us, 2 a folder that cannot be used.
    """
    try:
        with _workplace(folder) as place, _told_to_stop() as stopped:
            demo = _Demo(place, duration_s, console, stopped)
            try:
                return await demo.run(make_collector, show_report)
            finally:
                await demo.estate.stop()
    except EstateError as error:
        console.print(f"The demo ends: {error}.", markup=False)
        return 1
    except (FolderInUseError, OSError) as error:
        console.print(f"The demo cannot start: {error}", markup=False)
        return 2


class _Demo:
    """One run. The instants at which it begins and ends are set once, before the collector looks."""

    def __init__(self, place: Path, duration_s: float | None, console: Console, stopped: asyncio.Event) -> None:
        self.estate = EstateClient(place)
        self._place = place
        self._duration_s = duration_s
        self._console = console
        self._stopped = stopped
        self._zone = ZoneInfo("UTC")
        self._begin = 0.0
        self._sentence = "Starting"
        self._log: deque[LogLine] = deque(maxlen=_LOG_KEPT)
        self._error: EstateError | None = None

    async def run(self, make_collector: MakeCollector, show_report: ShowReport) -> int:
        """The whole of it, from the first server to the report."""
        await self.estate.start()
        self._begin = time.monotonic() + _LEAD_SECONDS
        since = _now_ms() + int(_LEAD_SECONDS * 1000)
        until = None if self._duration_s is None else since + int(self._duration_s * 1000)
        collector = make_collector(write_config(self._place, self.estate.addresses, since, until))
        self._zone = ZoneInfo(collector.settings.estate.timezone)
        self._introduce()
        try:
            await collector.start()
            await self._watch(collector)
        finally:
            await collector.stop()
        show_report(collector.final_report(), self._console)
        if self._error:
            raise self._error
        return 0

    def _introduce(self) -> None:
        count = len(self.estate.addresses)
        self._note(f"{count} servers on 127.0.1.x (Roermond), 127.0.2.x (Venlo) and 127.0.3.x (town halls) are started")
        refused = _icmp_refusal()
        if refused:
            self._note(f"{refused}; the two pings see nothing, all else goes on")
        else:
            self._note("ICMP is permitted")

    async def _watch(self, collector: Collector) -> None:
        """Play and show side by side until the time is over; servers that are gone end both."""
        try:
            async with asyncio.TaskGroup() as tasks:
                script = tasks.create_task(self._play(), name="demo-script")
                await self._show(collector)
                script.cancel()
        except* EstateError as group:
            self._error = EstateError(str(group.exceptions[0]))

    async def _play(self) -> None:
        """The script, again and again where the demo has no end."""
        length, begin = script_seconds(self._duration_s), self._begin
        while self._duration_s is None or begin < self._begin + self._duration_s:
            for due, step in timeline(length):
                await asyncio.sleep(begin + due - time.monotonic())
                await self._do(step)
            begin += length

    async def _do(self, step: Step) -> None:
        if step.action == "move":
            await self.estate.move(*step.servers)
        elif step.action != "tell":
            await self.estate.set_mode(_MODES[step.action], step.servers)
        if not step.quiet:
            self._sentence = step.sentence
        self._say("servers", step.sentence)

    async def _show(self, collector: Collector) -> None:
        """On a terminal the live picture; in a pipe only the lines that `_say` prints."""
        parts = collector.settings.estate.parts.values()
        watcher = Watcher({check.id for part in parts for check in part.checks if not check.counts})
        live = Live(console=self._console, screen=True, auto_refresh=False) if self._console.is_terminal else None
        with live or nullcontext():
            while not self._stopped.is_set() and self._left() > 0:
                snapshot = collector.snapshot()
                for text in watcher.changes(snapshot.parts, snapshot.checks):
                    self._say("seen", text)
                if live:
                    elapsed = max(0.0, time.monotonic() - self._begin)
                    view = View(
                        collector.settings, snapshot, _now_ms(), elapsed, self._duration_s, self._sentence, self._log
                    )
                    live.update(render(view, *self._console.size), refresh=True)
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(_LOOK_SECONDS, self._left())):
                        await self._stopped.wait()

    def _left(self) -> float:
        """Seconds to the end."""
        if self._duration_s is None:
            return _LOOK_SECONDS
        return self._begin + self._duration_s - time.monotonic()

    def _note(self, text: str) -> None:
        """Also on a terminal printed as a line: it stays there when the picture is gone."""
        self._say("note", text)
        if self._console.is_terminal:
            self._print(self._log[-1])

    def _say(self, source: Source, text: str) -> None:
        self._log.append(LogLine(_now_ms(), source, text))
        if not self._console.is_terminal:
            self._print(self._log[-1])

    def _print(self, line: LogLine) -> None:
        self._console.print(line.plain(self._zone), markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _workplace(folder: Path | None) -> Iterator[Path]:
    """The folder asked for, which must not hold a demo already; or one that is gone afterwards."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="waakvlam-demo-") as name:
            yield Path(name)
        return
    for name in (CONFIG_NAME, STORE_NAME):
        if (folder / name).exists():
            raise FolderInUseError(f"{folder / name} exists already: give a folder that is new or empty")
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


@contextmanager
def _told_to_stop() -> Iterator[asyncio.Event]:
    """Set by Ctrl-C and by SIGTERM, so that the report is made all the same."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals: Sequence[signal.Signals] = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, stopped.set)
    try:
        yield stopped
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _icmp_refusal() -> str | None:
    """Why ICMP cannot be sent, and how to permit it; None where it can."""
    pinger = IcmpPinger()
    try:
        refused = pinger.open().get(4)
    finally:
        pinger.close()
    return refused.detail if refused else None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
