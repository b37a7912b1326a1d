"""Section `report`: a month's report over 1,000 checks with 200 changes each, the whole process and its parts."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from availability.outcome import Reason, Status
from availability.ports import Batch, Run
from bench import estate
from bench.children import hear, module, running, tell, timed
from bench.estate import Shape
from bench.figures import Figure, Say, amount, table
from collector.store import open_store

_CHECKS = 1_000
_CHANGES = 200
_STEP = 30_000
_BEGIN = 1_790_805_600_000
"""1 October 2026, midnight in Amsterdam."""
_SLOTS = (31 * 24 + 1) * 120
"""Of thirty seconds in that month, which has one hour more."""
_PERIOD = "2026-10"
_OK = (Status.OK, None, "")
_FAILURES = (
    (Status.FAILED, Reason.TIMEOUT, "no answer in time"),
    (Status.FAILED, Reason.REFUSED, "connection refused"),
    (Status.NONE, Reason.NO_PERMISSION, "not permitted"),
)
_SHAPES = {"50 services of 20 components": (50, 20), "1,000 services of one component": (1_000, 1)}


def section(say: Say, quick: bool) -> list[Figure]:
    """Both shapes of estate, both formats."""
    rounds = 3 if quick else 5
    bare = median(timed([sys.executable, "-c", "pass"])[0] for _ in range(rounds))
    say(
        f"{_CHECKS:,} checks at 30 s, {_CHANGES} changes each in {_PERIOD}; the whole process from its start "
        f"(an interpreter that does nothing takes {amount(bare, 's')})\n"
    )
    figures, rows = [], []
    for shape, (services, width) in _SHAPES.items():
        with TemporaryDirectory(prefix="bench-") as name:
            folder = Path(name)
            path = _fill(folder, services, width)
            size = (folder / "bench.db").stat().st_size / 1e6
            for format_, times in (("json", rounds), ("table", 1)):
                seconds, cpu, memory, written = _whole(path, format_, times)
                rows.append(
                    (
                        f"{shape}, {format_}",
                        f"{amount(median(seconds), 's')} ({amount(min(seconds), '')}-{amount(max(seconds), '')})",
                        amount(median(cpu), "s"),
                        amount(max(memory), "MiB"),
                        f"{written / 1e6:.1f} MB",
                    )
                )
                if format_ == "json":
                    figures.append(Figure(f"report, {shape}", median(seconds), "s", 1.0))
            say(f"{shape}: the store has {size:.1f} MB; parts within one process: {_parts(path, folder, 3)}")
    say("")
    say("\n".join(table(("report", "seconds (lowest-highest)", "CPU", "peak memory", "written"), rows)) + "\n")
    return figures


def _fill(folder: Path, services: int, width: int) -> Path:
    """A store with a month of facts, and the configuration that goes with it."""
    checks = estate.targets(("icmp",), _CHECKS)
    path = estate.write(folder, checks, Shape(services=services, components_per_service=width))
    store = open_store(f"sqlite:///{folder / 'bench.db'}", create=True)
    chance = random.Random(20261101)
    for first in range(0, _CHECKS, 100):
        store.add([Batch(check.id, "local", list(_month(chance))) for check in checks[first : first + 100]])
    store.close()
    return path


def _month(chance: random.Random) -> Iterator[Run]:
    """Runs that change as often as was asked, at random: up for most of the time, then down for some minutes."""
    starts = sorted(chance.sample(range(8, _SLOTS - 60, 2), _CHANGES // 2))
    slot = 0
    for start, following in zip(starts, [*starts[1:], _SLOTS], strict=True):
        yield _run(slot, start, _OK)
        slot = min(start + chance.randint(1, 40), following - 1)
        yield _run(start, slot, chance.choice(_FAILURES))
    yield _run(slot, _SLOTS, _OK)


def _run(begin: int, end: int, content: tuple[Status, Reason | None, str]) -> Run:
    length = end - begin
    return Run(_BEGIN + begin * _STEP, _STEP if length > 1 else 0, length, *content)


def _whole(path: Path, format_: str, rounds: int) -> tuple[list[float], list[float], list[float], int]:
    """Seconds, CPU seconds and memory of every round, and bytes written; a round before them warms the disk."""
    output = path.parent / f"report.{format_}"
    command = [sys.executable, "-m", "waakvlam", "report", "--config", str(path), "--period", _PERIOD]
    command += ["--format", format_]
    results = [timed(command, output) for _ in range(rounds + (rounds > 1))][-rounds:]
    seconds, cpu, memory = map(list, zip(*results, strict=True))
    return seconds, cpu, memory, output.stat().st_size


def _parts(path: Path, folder: Path, rounds: int) -> str:
    """The same work in a process that notes the time between its steps; medians."""
    several = []
    for _ in range(rounds):
        with running(module("report_parts"), folder) as child:
            tell(child, [str(path), _PERIOD])
            several.append(hear(child))
    return ", ".join(f"{name} {amount(median(one[name] for one in several), 's')}" for name in several[0])
