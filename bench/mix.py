"""Section `mix`: `waakvlam run` with 20,000 checks of the mix of a real estate at 60 seconds: lateness, CPU, memory."""

from __future__ import annotations

import http.client
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import estate
from bench.children import Failed, cpu_seconds, memory_mib, running
from bench.daemons import TOKEN, Standing, Way, standing
from bench.estate import Shape, Target
from bench.figures import Figure, Say, amount, quantile
from bench.kinds import written
from bench.scraping import Page, between, scrape, scrape_for, share, wait_for, worst
from bench.sleeper import beside

_PER_MILLE: Mapping[str, int] = {
    "icmp": 450, "snmp": 250, "http": 100, "tcp": 80, "dns": 40, "tls": 40, "heartbeat": 15, "ntp": 10,
    "ldap": 3, "smtp": 3, "imap": 3, "ssh": 3, "sql": 3,
}  # fmt: skip
"""Of every thousand checks so many are of each kind; what has no server here is looked at by tcp instead."""
_HEADS = ("heartbeats: {token: {env: METER_TOKEN}}",)
_SETTLES = 20.0
"""Seconds after which the program with few checks has loaded all it needs."""
_KIB = 12.0


@dataclass(frozen=True, slots=True)
class _Plan:
    checks: int
    interval: int
    measured: float


def section(say: Say, quick: bool) -> list[Figure]:
    """The real command over real servers, and the same with one check of each kind."""
    plan = _Plan(2_000, 6, 12.0) if quick else _Plan(20_000, 60, 120.0)
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with standing(folder) as found:
            ways = _ways(found)
            many, few = _mixed(ways, plan.checks), [_check(ways[kind][0], 0) for kind in ways]
            _tell_mix(say, plan, many, found)
            with _collecting(folder, "few", few, plan, found) as (pid, _):
                time.sleep(min(_SETTLES, 2.0 * plan.interval))
                resident, _ = memory_mib(pid)
            with _collecting(folder, "many", many, plan, found) as (pid, listen):
                figures, grown = _measure(say, plan, folder, pid, listen)
    each = (grown - resident) * 1024 / (len(many) - len(few))
    say(
        f"memory: {amount(grown, 'MiB')} at the end, {amount(resident, 'MiB')} with one check of each kind "
        f"({len(few)}): {amount(each, 'KiB')} a check\n"
    )
    return [*figures, Figure("mix, memory per check", each, "KiB", _KIB)]


def _ways(found: Standing) -> dict[str, list[Way]]:
    """The ways to look by kind, in the order of the shares."""
    ways: dict[str, list[Way]] = {kind: [] for kind in _PER_MILLE}
    ways["icmp"].append(Way("icmp", "icmp", "the kernel", lambda number: {"host": estate.echo_address(number)}))
    ways["heartbeat"].append(Way("heartbeat", "heartbeat", "none", lambda _: {"within": "26h"}))
    for way in found.ways:
        if way.probe in ways:
            ways[way.probe].append(way)
    return {kind: several for kind, several in ways.items() if several}


def _mixed(ways: Mapping[str, Sequence[Way]], count: int) -> list[Target]:
    """`count` checks in the shares of an estate, one beside the other as chance has it, the same every time."""
    kinds = [
        kind if kind in ways else "tcp" for kind, share in _PER_MILLE.items() for _ in range(share * count // 1000)
    ]
    random.Random(4).shuffle(kinds)
    turns: Counter[str] = Counter()
    checks = []
    for kind in kinds:
        number = turns[kind]
        turns[kind] += 1
        checks.append(_check(ways[kind][number % len(ways[kind])], number))
    return checks


def _check(way: Way, number: int) -> Target:
    return Target(f"{way.probe}-{number}", way.probe, written(way.at(number)))


def _tell_mix(say: Say, plan: _Plan, checks: Sequence[Target], found: Standing) -> None:
    counts = Counter(check.probe for check in checks)
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.most_common())
    say(f"{len(checks):,} checks at {plan.interval} s, against real servers: {kinds}")
    say("".join(f"left out, and tcp in its place: {text}\n" for text in found.left_out))


@contextmanager
def _collecting(
    folder: Path, name: str, checks: Sequence[Target], plan: _Plan, found: Standing
) -> Iterator[tuple[int, tuple[str, int]]]:
    """`waakvlam run` over `checks`, once it is ready and every job has reported: its process and where it listens."""
    own = folder / name
    own.mkdir()
    services = len(checks) // 100
    shape = Shape(f"{plan.interval}s", "5s", checks_per_component=2, services=services, more=_HEADS)
    path = estate.write(own, checks, shape)
    listen = estate.listens(path)
    environment = {**os.environ, **found.environment}
    command = [sys.executable, "-m", "waakvlam", "run", "--config", str(path)]
    with running(command, own, env=environment) as child:
        wait_for(listen)
        for check in checks:
            if check.probe == "heartbeat":
                _report(listen, check.id)
        yield child.pid, listen


def _report(listen: tuple[str, int], check: str) -> None:
    """What the job `check` says of itself when it went well."""
    connection = http.client.HTTPConnection(*listen, timeout=10.0)
    try:
        connection.request("POST", f"/api/v1/heartbeats/{check}", headers={"Authorization": f"Bearer {TOKEN}"})
        status = connection.getresponse().status
    finally:
        connection.close()
    if status >= 300:
        raise Failed(f"a report of {check} was answered with {status}")


def _measure(say: Say, plan: _Plan, folder: Path, pid: int, listen: tuple[str, int]) -> tuple[list[Figure], float]:
    """The figures of time, and the memory in use at the end (MiB)."""
    time.sleep(plan.interval)
    with beside(folder) as control:
        before, cpu, wall = scrape(listen), cpu_seconds(pid), time.perf_counter()
        scrape_for(listen, plan.measured)
        after, used, took = scrape(listen), cpu_seconds(pid) - cpu, time.perf_counter() - wall
    resident, peak = memory_mib(pid)
    say(f"memory at its peak: {amount(peak, 'MiB')}")
    p99 = _tell(say, before, after, used / took)
    say(
        f"a program that only sleeps woke up late at the same time: p50 {amount(quantile(control, 0.5) * 1000, 'ms')}, "
        f"p99 {amount(quantile(control, 0.99) * 1000, 'ms')}, at most {amount(max(control) * 1000, 'ms')}"
    )
    return [Figure("mix, lateness p99", p99, "ms", 100)], resident


def _tell(say: Say, before: Page, after: Page, cpu: float) -> float:
    """The lateness (ms) of 99 in 100 looks, after all that was seen of them is told."""
    late = between(before, after)
    looks, took = sum(count for _, count in late), after.ended - before.ended
    outcomes, not_ok = (new - old for new, old in zip(after.outcomes(), before.outcomes(), strict=True))
    if not_ok > outcomes / 100:
        raise Failed(f"{not_ok} of {outcomes} looks were not ok")
    p50, p99, last = (value * 1000 for value in (share(late, 0.5), share(late, 0.99), worst(late)))
    say(
        f"{looks:,.0f} looks in {took:.0f} s, {outcomes:,} outcomes of which {not_ok:,} not ok, "
        f"{after.skipped - before.skipped} slots skipped\n"
        f"lateness: p50 {amount(p50, 'ms')}, p99 {amount(p99, 'ms')}, none beyond {amount(last, 'ms')} "
        "(from the histogram, interpolated within a class)\n"
        f"CPU: {amount(cpu * 100, '%')} of one core, {amount(cpu / looks * took * 1e6, 'µs')} a look, judging and "
        "scrapes included"
    )
    return p99
