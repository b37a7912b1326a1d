"""A collector for the demo made of the project's own probes, schedule and judge, without a store."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from availability.evaluation import Evaluation
from availability.judge import judge_evaluation, observe
from availability.outcome import Outcome
from availability.periods import period_at
from availability.ports import Row
from availability.report import Report
from availability.standing import LastLook, check_states, part_states
from collector.engine import Engine
from collector.pinger import IcmpPinger
from collector.probes import OPTIONS, PROBES
from collector.resolver import SystemResolver
from config.reader import read
from config.settings import CheckSpec, Settings
from waakvlam.demo.collector_port import MakeCollector, Snapshot
from waakvlam.demo.estate import write_config
from waakvlam.demo.plan import SERVERS


class Watching:
    """Fulfils `waakvlam.demo.collector_port.Collector`."""

    def __init__(self, config: Path) -> None:
        self.settings = read(config, OPTIONS)
        self._facts: dict[tuple[str, str], list[Row]] = defaultdict(list)
        self._looks: dict[tuple[str, str], LastLook] = {}
        self._pinger = IcmpPinger()
        self._task: asyncio.Task[None] | None = None
        self._engine: Engine | None = None

    async def start(self) -> None:
        self._pinger.open()
        self._engine = Engine(
            self.settings.checks.values(),
            self._sink,
            kinds=PROBES,
            pinger=self._pinger,
            resolver=SystemResolver(),
        )
        self._task = asyncio.create_task(self._engine.run())

    async def stop(self) -> None:
        if self._engine and self._task:
            self._engine.stop(grace=0.1)
            await self._task
        self._pinger.close()

    def _look(self, check: str, vantage: str) -> LastLook | None:
        return self._looks.get((check, vantage))

    def snapshot(self) -> Snapshot:
        now, evaluation = self._judged()
        return Snapshot(
            list(part_states(evaluation, self._look, now).parts.values()),
            check_states(evaluation, self._look, now),
            judge_evaluation(evaluation, period_at(now, "month", self.settings.estate.timezone), now),
        )

    def final_report(self) -> Report:
        return self.snapshot().report

    def _judged(self) -> tuple[int, Evaluation]:
        now = time.time_ns() // 1_000_000
        return now, Evaluation(self.settings.estate, observe(self.settings.estate, self._facts, now))

    def _sink(self, spec: CheckSpec, slot: int, outcome: Outcome) -> None:
        self._facts[spec.id, "roermond"].append((slot, 0, 1, outcome.status))
        self._looks[spec.id, "roermond"] = LastLook(slot, outcome)


@pytest.fixture
def make_collector() -> MakeCollector:
    return Watching


@pytest.fixture
def addresses() -> Mapping[str, tuple[str, int]]:
    return {plan.name: (plan.host, plan.port) for plan in SERVERS}


@pytest.fixture
def settings(tmp_path: Path, addresses: Mapping[str, tuple[str, int]]) -> Settings:
    """The example estate, read from its configuration."""
    return read(write_config(tmp_path, addresses, 1_793_000_000_000, None), OPTIONS)
