"""The measured process: the collector's own schedule, probes, recorder, store and board, and nothing else.

It is told what to do in one line of JSON and answers in one. Judging and the HTTP face are left out, since fping and
blackbox_exporter have neither; the section `schedule` measures the whole program.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from availability.outcome import Outcome, Status
from bench.children import hear, module, raise_descriptors, running, tell
from collector.board import Board
from collector.clock import Clock
from collector.engine import Engine
from collector.pinger import IcmpPinger
from collector.probes import OPTIONS, PROBES
from collector.recorder import Recorder
from collector.resolver import SystemResolver
from collector.store import open_store
from config.reader import read
from config.settings import CheckSpec, Settings

Look = tuple[str, int, float, int]
"""(check, slot in milliseconds, milliseconds from the slot to the outcome, status)"""


@dataclass(frozen=True, slots=True)
class Run:
    """What to run: the configuration, and for how many seconds before and while it is measured."""

    config: str
    warm_up: float
    measured: float
    each: bool = False
    """Whether the instant of every outcome is told, too."""


@dataclass(slots=True)
class Result:
    """What came of it, between the end of the warm-up and the end."""

    cpu: float = 0.0
    wall: float = 0.0
    outcomes: int = 0
    not_ok: int = 0
    facts: int = 0
    lateness: list[int] = field(default_factory=list)
    lateness_max: float = 0.0
    looks: list[Look] = field(default_factory=list)
    """Every one, where asked for."""


def measure(run: Run, folder: Path, before: Sequence[str] = ()) -> Result:
    """Run it in a child process, behind `before` (such as `ip netns exec ...`)."""
    with running(module("pipeline", before), folder) as child:
        tell(child, asdict(run))
        return Result(**hear(child))


class Pipeline:
    """The parts of a collector, wired as `waakvlam run` wires them."""

    def __init__(self, settings: Settings, run: Run) -> None:
        self._run = run
        self._clock = Clock()
        self._store = open_store(settings.store_url, create=True)
        self._board = Board(settings.estate, {}, self._clock.now_ms())
        self._recorder = Recorder(self._store)
        self._pinger = IcmpPinger()
        self._resolver = SystemResolver()
        self._looks: list[Look] = []
        self._engine = Engine(
            settings.checks.values(),
            self._take_and_note if run.each else self._take,
            kinds=PROBES,
            pinger=self._pinger,
            resolver=self._resolver,
            clock=self._clock,
        )

    async def measure(self) -> Result:
        """Everything from here to the last flush."""
        self._pinger.open()
        async with asyncio.TaskGroup() as group:
            recording = group.create_task(self._recorder.run(), name="recorder")
            probing = group.create_task(self._engine.run(), name="engine")
            await asyncio.sleep(self._run.warm_up)
            gc.collect()  # as `waakvlam run` keeps its collections short once everything is in memory
            gc.freeze()
            before = self._state()
            await asyncio.sleep(self._run.measured)
            after = self._state()
            self._engine.stop(grace=0.0)
            await probing
            self._recorder.stop()
            await recording
        self._pinger.close()
        self._resolver.close()
        self._store.close()
        return _difference(before, after, self._looks)

    def _take(self, spec: CheckSpec, slot: int, outcome: Outcome) -> None:
        self._recorder.record(spec.id, "local", slot, outcome)
        self._board.feed(spec.id, "local", slot, outcome)

    def _take_and_note(self, spec: CheckSpec, slot: int, outcome: Outcome) -> None:
        self._take(spec, slot, outcome)
        self._looks.append((spec.id, slot, time.time_ns() / 1e6 - slot, int(outcome.status)))

    def _state(self) -> dict[str, Any]:
        stats = self._engine.stats
        return {
            "cpu": time.process_time(),
            "wall": time.perf_counter(),
            "outcomes": sum(stats.outcomes.values()),
            "ok": stats.outcomes[Status.OK, None],
            "facts": self._recorder.health().added,
            "lateness": list(stats.lateness.counts),
            "max": stats.lateness.max,
        }


def _difference(before: dict[str, Any], after: dict[str, Any], looks: list[Look]) -> Result:
    outcomes = after["outcomes"] - before["outcomes"]
    return Result(
        cpu=after["cpu"] - before["cpu"],
        wall=after["wall"] - before["wall"],
        outcomes=outcomes,
        not_ok=outcomes - (after["ok"] - before["ok"]),
        facts=after["facts"] - before["facts"],
        lateness=[new - old for old, new in zip(before["lateness"], after["lateness"], strict=True)],
        lateness_max=after["max"],
        looks=looks,
    )


def main() -> None:
    """Do what the line on standard input says."""
    from waakvlam.loop import run_in_loop

    raise_descriptors()
    run = Run(**json.loads(sys.stdin.readline()))
    settings = read(Path(run.config), OPTIONS)
    result = run_in_loop(Pipeline(settings, run).measure())
    sys.stdout.write(json.dumps(asdict(result)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
