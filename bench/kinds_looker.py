"""The measured process of section `kinds`: looks by every kind of probe, and counts its CPU.

It is told what to do in one line of JSON and answers in one.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path

from availability.heartbeats import HeartbeatReport
from availability.outcome import Outcome, Status
from bench.children import raise_descriptors
from collector.clock import Clock
from collector.context import Context, Kind
from collector.heartbeats import Heartbeats
from collector.look import look
from collector.pinger import IcmpPinger
from collector.probes import OPTIONS, PROBES
from collector.resolver import SystemResolver
from collector.snmp_sessions import SnmpSessions
from collector.store import open_store
from config.reader import read
from config.settings import CheckSpec, Settings

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Looks:
    """The configuration whose checks are looked at one after the other, and how often each in a round."""

    config: str
    times: list[int]
    rounds: int


@dataclass(slots=True)
class Cost:
    """CPU seconds of each round of `looks`: of this process, and of the programs it ran; what was not ok, if any."""

    looks: int
    cpu: list[float] = field(default_factory=list)
    children: list[float] = field(default_factory=list)
    not_ok: int = 0
    detail: str = ""


class Looking:
    """The instruments that probes share, and what came of their looks."""

    def __init__(self, settings: Settings) -> None:
        self._store = open_store(settings.store_url, create=True)
        clock = Clock()
        self._reports = Heartbeats(self._store, "local", clock.now_ms, {})
        self._reports.replace(settings.checks.values(), settings.heartbeat_token)
        self._now_ms = clock.now_ms
        self._pinger = IcmpPinger()
        self._resolver = SystemResolver()
        self._snmp = SnmpSessions()

    async def all(self, specs: list[CheckSpec], looks: Looks) -> list[Cost]:
        """The checks in turn, each after some looks that are not counted."""
        self._pinger.open()
        try:
            return [await self._one(spec, times, looks.rounds) for spec, times in zip(specs, looks.times, strict=True)]
        finally:
            self._pinger.close()
            self._resolver.close()
            self._snmp.close()
            self._store.close()

    async def _one(self, spec: CheckSpec, times: int, rounds: int) -> Cost:
        kind, cost = PROBES[spec.probe], Cost(times)
        for name in kind.loads:
            import_module(name)
        if spec.probe == "heartbeat":
            now = self._now_ms()
            await self._reports.take(HeartbeatReport(spec.id, now, True, now, "local"))
        context = Context(
            spec.timeout_ms / 1000, self._pinger, self._resolver, check=spec.id, reports=self._reports, snmp=self._snmp
        )

        def note(outcome: Outcome) -> None:
            if outcome.status is not Status.OK:
                cost.not_ok += 1
                cost.detail = outcome.detail

        await _repeat(kind, spec, context, max(_AT_ONCE, times // 10), note)
        gc.collect()
        gc.freeze()
        for _ in range(rounds):
            before = time.process_time(), _children()
            await _repeat(kind, spec, context, times, note)
            cost.cpu.append(time.process_time() - before[0])
            cost.children.append(_children() - before[1])
        return cost


async def _repeat(kind: Kind, spec: CheckSpec, context: Context, times: int, note: Callable[[Outcome], None]) -> None:
    """Look that often, the short way where there is one, as the schedule does."""
    over = asyncio.get_running_loop().create_future()
    to_begin, to_end = times, times

    def done(outcome: Outcome) -> None:
        nonlocal to_begin, to_end
        note(outcome)
        to_end -= 1
        if to_begin:
            to_begin -= 1
            begin()
        elif not to_end:
            over.set_result(None)

    short = kind.begin(spec.options, context, done) if kind.begin is not None else None
    tasks: set[asyncio.Task[None]] = set()

    async def whole() -> None:
        done(await look(kind, spec.options, context))

    def begin() -> None:
        if short is not None:
            short()
        else:
            task = asyncio.ensure_future(whole())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    for _ in range(min(_AT_ONCE, times)):
        to_begin -= 1
        begin()
    await over


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def _measure(looks: Looks) -> list[Cost]:
    settings = read(Path(looks.config), OPTIONS)
    return await Looking(settings).all(list(settings.checks.values()), looks)


def main() -> None:
    """Do what the line on standard input says."""
    from waakvlam.loop import run_in_loop

    raise_descriptors()
    costs = run_in_loop(_measure(Looks(**json.loads(sys.stdin.readline()))))
    sys.stdout.write(json.dumps([asdict(cost) for cost in costs]) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
