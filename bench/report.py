"""Section `report`: a month's report over checks with 200 changes each, the whole process and its parts."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from availability.outcome import Reason, Status
from availability.ports import Batch, Run
from bench import estate
from bench.children import Failed, hear, module, running, tell, timed
from bench.estate import Shape
from bench.figures import Figure, Say, amount, spread, table
from collector.store import open_store

_CHANGES = 200
"""Of outcome, of every check in every month."""
_STEP = 30_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is in a store: `checks` with `changes` each, over `slots` of thirty seconds from `begin` on."""

    checks: int
    services: int
    width: int
    begin: int
    slots: int
    changes: int = _CHANGES


_BEGIN, _SLOTS = 1_790_805_600_000, (31 * 24 + 1) * 120
"""1 October 2026, midnight in Amsterdam, and that month, which has one hour more."""
MONTH = "2026-10"
SMALL = {
    "50 services of 20 components": Facts(1_000, 50, 20, _BEGIN, _SLOTS),
    "1,000 services of one component": Facts(1_000, 1_000, 1, _BEGIN, _SLOTS),
}
_LARGE = Facts(10_000, 1_000, 10, _BEGIN, _SLOTS)
_YEAR = Facts(1_000, 1_000, 1, 1_735_686_000_000, 365 * 24 * 120, 12 * _CHANGES)
_SAMPLED = Facts(100, 100, 1, _BEGIN, _SLOTS)
_SCALE = 10
"""From the targets that are sampled to 1,000."""
_OK = (Status.OK, None, "")
_FAILURES = (
    (Status.FAILED, Reason.TIMEOUT, "no answer in time"),
    (Status.FAILED, Reason.REFUSED, "connection refused"),
    (Status.NONE, Reason.NO_PERMISSION, "not permitted"),
)
_HEADS = ("report", "seconds (lowest-highest)", "CPU", "peak memory", "written")

Rows = list[tuple[str, ...]]


def section(say: Say, quick: bool) -> list[Figure]:
    """A thousand checks in two shapes, ten thousand, a year, and the same figures out of samples."""
    rounds = 3 if quick else 5
    bare = median(timed([sys.executable, "-c", "pass"])[0] for _ in range(rounds))
    say(
        f"checks at 30 s, {_CHANGES} changes each in a month; the whole process from its start (an interpreter that "
        f"does nothing takes {amount(bare, 's')}). `table` is the default format, `json` lists every outage.\n"
    )
    rows: Rows = []
    figures = [*_small(say, rows, rounds), *_large(say, rows, 1 if quick else 3), *_year(say, rows, 1 if quick else 3)]
    say("")
    say("\n".join(table(_HEADS, rows)) + "\n")
    return [*figures, *_beside_samples(say, rounds)]


def _small(say: Say, rows: Rows, rounds: int) -> list[Figure]:
    figures = []
    for shape, facts in SMALL.items():
        with TemporaryDirectory(prefix="bench-") as name:
            path = fill(Path(name), facts)
            for format_ in ("table", "json"):
                seconds, *_ = _measured(rows, f"1,000 checks, {shape}", path, MONTH, format_, rounds)
                figures.append(Figure(f"report, 1,000 checks, {shape}, {format_}", seconds, "s", 0.7, 0.4))
            parts = _parts(path, Path(name), 3)
            say(f"1,000 checks, {shape}: {_megabytes(path)}; parts within one process: {parts}")
    return figures


def _large(say: Say, rows: Rows, rounds: int) -> list[Figure]:
    with TemporaryDirectory(prefix="bench-") as name:
        path = fill(Path(name), _LARGE)
        what = "10,000 checks, 1,000 services of ten components"
        say(f"{what}: {_megabytes(path)}")
        seconds, memory = _measured(rows, what, path, MONTH, "table", rounds)
        _measured(rows, what, path, MONTH, "json", 1)
    return [
        Figure("report, 10,000 checks, table", seconds, "s", 5.0),
        Figure("report, 10,000 checks, table, peak memory", memory, "MiB", 400.0),
    ]


def _year(say: Say, rows: Rows, rounds: int) -> list[Figure]:
    """A year's report over a year of facts, and the report of one of its months."""
    with TemporaryDirectory(prefix="bench-") as name:
        path = fill(Path(name), _YEAR)
        say(f"1,000 checks, a year: {_megabytes(path)}")
        year, _ = _measured(rows, "1,000 checks, a year", path, "2025", "table", rounds)
        month, _ = _measured(rows, "1,000 checks, a month out of that year", path, "2025-10", "table", rounds)
    return [Figure("report of twelve months, times that of one of them", year / month, "×", 13.0)]


def _beside_samples(say: Say, rounds: int) -> list[Figure]:
    """The same figures out of the samples of that month, in pandas and in polars, in one process with ours."""
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        path = fill(folder, _SAMPLED)
        with running(module("report_samples"), folder) as child:
            tell(child, [str(path), MONTH, rounds])
            told = hear(child)
    if not told["agree"]:
        raise Failed("pandas, polars and ours do not find the same availability")
    seconds = told["seconds"]
    ours = seconds["ours, from the store"]
    say(
        f"{told['targets']} targets, {told['samples']:,} samples in memory for pandas and polars, facts in a store for "
        f"ours; all find the same milliseconds up, down and unknown. Scaled by {_SCALE} to 1,000 targets:\n"
    )
    lines = [(name, amount(took * _SCALE, "s"), amount(took / ours, "×")) for name, took in seconds.items()]
    say("\n".join(table(("way", "seconds", "times ours"), lines)) + "\n")
    return [
        Figure("ours, share of the better of pandas and polars by sample", _share(ours, seconds, ""), "%", 2.0),
        Figure("ours, share of the better of them by run", _share(ours, seconds, " by runs"), "%", 2.0),
    ]


def _share(ours: float, seconds: Mapping[str, float], way: str) -> float:
    """In percent: fifty times as fast is two."""
    return 100 * ours / min(seconds["pandas" + way], seconds["polars" + way])


def fill(folder: Path, facts: Facts) -> Path:
    """A store with these facts, and the configuration that goes with it."""
    checks = estate.targets(("icmp",), facts.checks)
    shape = Shape(services=facts.services, components_per_service=facts.width)
    path = estate.write(folder, checks, shape)
    store = open_store(f"sqlite:///{folder / 'bench.db'}", create=True)
    chance = random.Random(20261101)
    for first in range(0, facts.checks, 100):
        store.add([Batch(check.id, "local", list(_runs(chance, facts))) for check in checks[first : first + 100]])
    store.close()
    return path


def _megabytes(path: Path) -> str:
    return f"the store has {(path.parent / 'bench.db').stat().st_size / 1e6:.1f} MB"


def _runs(chance: random.Random, facts: Facts) -> Iterator[Run]:
    """Runs that change as often as was asked, at random: up for most of the time, then down for some minutes."""
    starts = sorted(chance.sample(range(8, facts.slots - 60, 2), facts.changes // 2))
    slot = 0
    for start, following in zip(starts, [*starts[1:], facts.slots], strict=True):
        yield _run(facts.begin, slot, start, _OK)
        slot = min(start + chance.randint(1, 40), following - 1)
        yield _run(facts.begin, start, slot, chance.choice(_FAILURES))
    yield _run(facts.begin, slot, facts.slots, _OK)


def _run(origin: int, begin: int, end: int, content: tuple[Status, Reason | None, str]) -> Run:
    length = end - begin
    return Run(origin + begin * _STEP, _STEP if length > 1 else 0, length, *content)


def _measured(rows: Rows, what: str, path: Path, period: str, format_: str, rounds: int) -> tuple[float, float]:
    """Seconds (median) and peak memory (MiB) of the whole process; the row that tells them is added to `rows`."""
    seconds, cpu, memory, written = whole(path, period, format_, rounds)
    cells = (spread(seconds, "s"), amount(median(cpu), "s"), amount(max(memory), "MiB"), f"{written / 1e6:.1f} MB")
    rows.append((f"{what}, {format_}", *cells))
    return median(seconds), max(memory)


def whole(path: Path, period: str, format_: str, rounds: int) -> tuple[list[float], list[float], list[float], int]:
    """Seconds, CPU seconds and memory of every round, and bytes written; a round before them warms the disk."""
    output = path.parent / f"report.{format_}"
    command = [sys.executable, "-m", "waakvlam", "report", "--config", str(path), "--period", period]
    command += ["--format", format_]
    results = [timed(command, output) for _ in range(rounds + (rounds > 1))][-rounds:]
    seconds, cpu, memory = map(list, zip(*results, strict=True))
    return seconds, cpu, memory, output.stat().st_size


def _parts(path: Path, folder: Path, rounds: int) -> str:
    """The same work in a process that notes the time between its steps; medians."""
    several = []
    for _ in range(rounds):
        with running(module("report_parts"), folder) as child:
            tell(child, [str(path), MONTH])
            several.append(hear(child))
    return ", ".join(f"{name} {amount(median(one[name] for one in several), 's')}" for name in several[0])
