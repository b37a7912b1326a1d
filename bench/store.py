"""Section `store`: how many bytes observations take, and whether the file grows with changes or with time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from availability.outcome import Reason, Status
from availability.ports import Batch, Run
from bench.figures import Figure, Say, amount, table
from collector.store import SqlStore, open_store

_STEP = 30_000
_DAY = 86_400_000
_SLOTS_A_DAY = _DAY // _STEP
_BEGIN = 1_790_805_600_000
_OK = (Status.OK, None, "")
_FAILED = (Status.FAILED, Reason.TIMEOUT, "no answer in time")


@dataclass(frozen=True, slots=True)
class _Case:
    """One way of being watched: changes a month and check, and whether latencies are kept."""

    name: str
    checks: int
    changes: int
    timed: bool


@dataclass(frozen=True, slots=True)
class _Size:
    """Bytes of the file without facts, after a month, and after a second month without changes."""

    empty: int
    first: int
    second: int
    observations: int
    """In one month."""

    def per_million(self) -> float:
        return (self.first - self.empty) / self.observations * 1e6

    def later(self) -> float:
        return (self.second - self.first) / self.observations * 1e6


def section(say: Say, quick: bool) -> list[Figure]:
    """Every case in a store of its own."""
    days = 5 if quick else 30
    cases = (
        _Case("outcomes, no change", 1_000, 0, False),
        _Case("outcomes, 200 changes per check and month", 1_000, 200, False),
        _Case("outcomes and latencies, no change", 10, 0, True),
        _Case("outcomes and latencies, 200 changes", 10, 200, True),
    )
    say(f"checks at 30 s, written day by day for {days} days, then as many days again without a change\n")
    sizes = {case.name: _measure(case, days) for case in cases}
    rows = [
        (
            name,
            f"{size.observations / 1e6:.1f} million",
            f"{size.per_million():,.0f}",
            f"{size.later():,.0f}",
            f"{size.first / 1e6:.2f} MB, then {size.second / 1e6:.2f} MB",
        )
        for name, size in sizes.items()
    ]
    heads = ("", "observations", "bytes per million", "bytes per million more, unchanged", "file")
    say("\n".join(table(heads, rows)))
    timed, untimed = sizes[cases[2].name], sizes[cases[0].name]
    hour = timed.later() * 120 / 1e6
    say(
        f"\nOutcomes grow with changes alone. Latencies grow with time: {amount(hour, 'bytes')} per check and hour "
        f"({amount(timed.later() - untimed.later(), 'bytes')} per million observations; each as a "
        "number of its own would take 8 million); `retention: {latency: ...}` bounds them\n"
    )
    changed = sizes[cases[1].name]
    per_change = (changed.first - untimed.first) / (cases[1].checks * 200)
    say(f"One change takes {amount(per_change, 'bytes')}\n")
    return [Figure("store, growth of outcomes in a month without changes", changed.later(), "bytes per million", 1_000)]


def _measure(case: _Case, days: int) -> _Size:
    with TemporaryDirectory(prefix="bench-") as name:
        path = Path(name) / "bench.db"
        open_store(f"sqlite:///{path}", create=True).close()
        empty = path.stat().st_size
        chance = random.Random(20261102)
        sizes = []
        for month in range(2):
            store = open_store(f"sqlite:///{path}", create=False)
            for day in range(month * days, (month + 1) * days):
                _watch(store, case, day, days, case.changes if month == 0 else 0, chance)
            store.close()
            sizes.append(path.stat().st_size)
        return _Size(empty, sizes[0], sizes[1], case.checks * days * _SLOTS_A_DAY)


def _watch(store: SqlStore, case: _Case, day: int, days: int, changes: int, chance: random.Random) -> None:
    """One day of all checks; with latencies in pieces of an hour, as many as a flush would find."""
    pieces = 24 if case.timed else 1
    batches: list[list[Batch]] = [[] for _ in range(pieces)]
    width = _SLOTS_A_DAY // pieces
    for number in range(case.checks):
        down = _down(changes, day, days, chance)
        for piece in range(pieces):
            first, end = day * _SLOTS_A_DAY + piece * width, day * _SLOTS_A_DAY + (piece + 1) * width
            runs = list(_runs(first, end, down))
            batches[piece].append(
                Batch(f"check-{number}", "local", runs, _latencies(first, end, chance) if case.timed else ())
            )
    for some in batches:
        store.add(some)


def _down(changes: int, day: int, days: int, chance: random.Random) -> set[int]:
    """Slots of a day in which a check fails for once: half as many, spread over the days, as there are changes."""
    before, after = changes * day // days // 2, changes * (day + 1) // days // 2
    slots = range(day * _SLOTS_A_DAY + 2, (day + 1) * _SLOTS_A_DAY - 2, 3)
    return set(chance.sample(slots, after - before)) if after > before else set()


def _runs(first: int, end: int, down: set[int]) -> Iterator[Run]:
    begin = first
    for slot in sorted(slot for slot in down if first <= slot < end):
        if slot > begin:
            yield _run(begin, slot - begin, _OK)
        yield _run(slot, 1, _FAILED)
        begin = slot + 1
    if begin < end:
        yield _run(begin, end - begin, _OK)


def _run(first: int, length: int, content: tuple[Status, Reason | None, str]) -> Run:
    return Run(_BEGIN + first * _STEP, _STEP if length > 1 else 0, length, *content)


def _latencies(first: int, end: int, chance: random.Random) -> list[tuple[int, float]]:
    """A round trip of some 12 ms with a long tail."""
    return [(_BEGIN + slot * _STEP, chance.lognormvariate(2.5, 0.4)) for slot in range(first, end)]
