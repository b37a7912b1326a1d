"""What the demo needs of the collector that watches its estate; the front door wires the real one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rich.console import Console

from availability.ports import CheckState, PartState
from availability.report import Report
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How everything stands at one instant: components, links and services, their checks, and the month so far."""

    parts: Sequence[PartState]
    checks: Sequence[CheckState]
    report: Report


class Collector(Protocol):
    """A collector on a configuration, in the event loop of the demo."""

    @property
    def settings(self) -> Settings:
        """What the configuration says."""

    async def start(self) -> None:
        """Begin to observe; it returns once that goes on by itself."""

    async def stop(self) -> None:
        """End observing and keep what was seen; also after a `start` that failed."""

    def snapshot(self) -> Snapshot:
        """How everything stands now."""

    def final_report(self) -> Report:
        """The month as of the end of the last observation; called after `stop`."""


MakeCollector = Callable[[Path], Collector]
"""From the path of a configuration to a collector that was not started yet."""

ShowReport = Callable[[Report, Console], None]
"""Prints a report for people."""
