"""Section `dead`: sweeping 2,000 targets of which half are dropped on the way takes one time-out and delays nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from availability.outcome import Status
from bench import estate
from bench.estate import Shape, Target
from bench.figures import Figure, Say, amount, quantile, table
from bench.namespaces import available, cabled, dead_address, live_address
from bench.pipeline import Look, Result, Run, measure
from bench.servers import serving
from collector.clock import phase_ms

_TARGETS = 2_000
_INTERVAL_MS = 8_000
_TIMEOUT_MS = 2_000
_TOGETHER_MS = 250
"""All targets of a sweep are due within this time, so that the whole of it is under way at once."""
_HALF, _NONE = "half", "none"
_BEGINS_MS = {_HALF: 0, _NONE: _INTERVAL_MS // 2}
"""Both kinds of sweep take turns in one process, so that a machine that is busy elsewhere is so for both."""


@dataclass(frozen=True, slots=True)
class _Sweep:
    """One turn through all targets; milliseconds."""

    looks: int
    dead: int
    took: float
    """From the first slot to the last outcome."""
    slowest: float
    """The longest from a slot to its outcome."""
    live: float
    """From slot to outcome of those that answered: what 99% of them did not exceed."""
    typical: float
    """The same, median."""


def section(say: Say, quick: bool) -> list[Figure]:
    """Sweeps with half of the targets dead, and between them the same sweeps with all alive."""
    why = available()
    if why:
        say(f"left out: {why}\n")
        return []
    turns = 2 if quick else 3
    say(
        f"{_TARGETS:,} targets (half icmp, half tcp) in namespaces of their own, due within {_TOGETHER_MS} ms every "
        f"{_INTERVAL_MS // 1000} s, time-out {_TIMEOUT_MS // 1000} s, half of them dropped without a word; in turns "
        f"with {_TARGETS:,} that all live\n"
    )
    with TemporaryDirectory(prefix="bench-") as name:
        result = _measure(Path(name), turns)
    half, none = ([_sweep(looks) for looks in _turns(result, kind)] for kind in (_HALF, _NONE))
    return _tell(say, half, none)


def _tell(say: Say, half: Sequence[_Sweep], none: Sequence[_Sweep]) -> list[Figure]:
    rows = [
        (
            name,
            f"{sweep.looks:,} ({sweep.dead:,} dead)",
            amount(sweep.took / 1000, "s"),
            amount(sweep.slowest / 1000, "s"),
            amount(sweep.typical, "ms"),
            amount(sweep.live, "ms"),
        )
        for name, several in (("half dead", half), ("all alive", none))
        for sweep in several
    ]
    heads = ("", "looks", "whole sweep", "longest look", "live: slot to outcome, p50", "p99")
    say("\n".join(table(heads, rows)) + "\n")
    delay = median(sweep.live for sweep in half) - median(sweep.live for sweep in none)
    whole = median(sweep.took for sweep in half) - _TOGETHER_MS
    return [
        Figure("dead targets: a sweep, less its slots, in time-outs", whole / _TIMEOUT_MS, "×", 1.1),
        Figure("dead targets: delay of live ones (p99)", max(0.0, delay), "ms", 10),
    ]


def _measure(folder: Path, turns: int) -> Result:
    with cabled() as pair, serving([live_address(0)], folder, pair.inside(pair.far)) as ports:
        checks = [*_targets(ports.tcp, _HALF), *_targets(ports.tcp, _NONE)]
        shape = Shape(interval=f"{_INTERVAL_MS}ms", timeout=f"{_TIMEOUT_MS}ms")
        config = estate.write(folder, checks, shape)
        run = Run(str(config), warm_up=0.0, measured=(turns + 1) * _INTERVAL_MS / 1000, each=True)
        return measure(run, folder, pair.inside(pair.near))


def _targets(port: int, kind: str) -> Iterator[Target]:
    """Ids are chosen so that all slots are close together: a slot follows from its id."""
    begins = _BEGINS_MS[kind]
    ids = (f"{kind}-{number}" for number in count())
    close = (id_ for id_ in ids if begins <= phase_ms(id_, _INTERVAL_MS) < begins + _TOGETHER_MS)
    for number, id_ in enumerate(islice(close, _TARGETS)):
        is_icmp, is_dead = number % 2 == 0, kind == _HALF and number % 4 < 2
        if is_icmp:
            yield Target(id_, "icmp", f"host: {dead_address(number) if is_dead else live_address(number)}")
        else:
            yield Target(id_, "tcp", f"host: {dead_address(number) if is_dead else live_address(0)}, port: {port}")


def _turns(result: Result, kind: str) -> list[list[Look]]:
    """Looks by the turn they belong to; only turns that were seen from their beginning to their end."""
    turns: dict[int, list[Look]] = {}
    for look in result.looks:
        if look[0].startswith(kind):
            turns.setdefault(look[1] // _INTERVAL_MS, []).append(look)
    return [looks for _, looks in sorted(turns.items()) if len(looks) == _TARGETS]


def _sweep(looks: Sequence[Look]) -> _Sweep:
    live = [late for _, _, late, status in looks if status == Status.OK]
    return _Sweep(
        looks=len(looks),
        dead=len(looks) - len(live),
        took=max(slot + late for _, slot, late, _ in looks) - min(slot for _, slot, _, _ in looks),
        slowest=max(late for _, _, late, _ in looks),
        live=quantile(live, 0.99),
        typical=quantile(live, 0.5),
    )
