"""Section `schedule`: `waakvlam run` with 10,000 checks at 30 seconds: lateness, CPU, memory, and its /metrics."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import estate
from bench.children import cpu_seconds, hear, memory_mib, module, running, tell
from bench.estate import MIX, SERVER_ADDRESSES, Shape
from bench.figures import Figure, Say, amount, quantile
from bench.scraping import Page, between, scrape, scrape_for, share, wait_for, worst
from bench.servers import Ports, serving
from bench.sleeper import beside

_CHECKS = 10_000
_PAUSE = 1.0
"""Seconds between scrapes when the loop is watched: what one leaves behind is gone before the next."""


@dataclass(frozen=True, slots=True)
class _Plan:
    checks: int
    interval: int
    measured: float
    scrapes: int


def section(say: Say, quick: bool) -> list[Figure]:
    """The real command for its schedule, then the same collector with a ticker for what a scrape does to the loop."""
    plan = _Plan(2_000, 6, 12.0, 4) if quick else _Plan(_CHECKS, 30, 120.0, 8)
    say(f"{plan.checks:,} checks at {plan.interval} s: 60% icmp, 20% tcp, 15% http, 5% dns, against real servers\n")
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with serving(SERVER_ADDRESSES, folder) as ports:
            figures = _schedule(say, plan, folder, ports)
            figures += _scrapes(say, plan, folder, ports)
    return figures


def _write(plan: _Plan, folder: Path, name: str, ports: Ports) -> tuple[Path, tuple[str, int]]:
    own = folder / name
    own.mkdir()
    shape = Shape(f"{plan.interval}s", "5s", checks_per_component=2, services=plan.checks // 100)
    path = estate.write(own, estate.targets(MIX, plan.checks, ports), shape)
    return path, estate.listens(path)


def _schedule(say: Say, plan: _Plan, folder: Path, ports: Ports) -> list[Figure]:
    path, listen = _write(plan, folder, "run", ports)
    with running([sys.executable, "-m", "waakvlam", "run", "--config", str(path)], folder) as child:
        begun = time.monotonic()
        wait_for(listen)
        say(f"ready after {amount(time.monotonic() - begun, 's')}")
        time.sleep(plan.interval)
        with beside(folder) as control:
            before, cpu, wall = scrape(listen), cpu_seconds(child.pid), time.perf_counter()
            pages = scrape_for(listen, plan.measured)
            after, used, took = scrape(listen), cpu_seconds(child.pid) - cpu, time.perf_counter() - wall
        memory = memory_mib(child.pid)
    figures = _tell_schedule(say, before, after, used / took, memory, [page.seconds for page in (*pages, after)])
    say(
        f"a program that only sleeps woke up late at the same time: p50 {amount(quantile(control, 0.5) * 1000, 'ms')}, "
        f"p99 {amount(quantile(control, 0.99) * 1000, 'ms')}, at most {amount(max(control) * 1000, 'ms')}\n"
    )
    return figures


def _tell_schedule(
    say: Say, before: Page, after: Page, cpu: float, memory: tuple[float, float], scrapes: Sequence[float]
) -> list[Figure]:
    late = between(before, after)
    looks = sum(count for _, count in late)
    resident, peak = memory
    outcomes, not_ok = (new - old for new, old in zip(after.outcomes(), before.outcomes(), strict=True))
    p50, p99, last = (value * 1000 for value in (share(late, 0.5), share(late, 0.99), worst(late)))
    say(
        f"{looks:,.0f} looks in {after.ended - before.ended:.0f} s, {outcomes:,} outcomes of which {not_ok:,} not ok, "
        f"{after.skipped - before.skipped} slots skipped\n"
        f"lateness: p50 {amount(p50, 'ms')}, p99 {amount(p99, 'ms')}, none beyond {amount(last, 'ms')} "
        "(from the histogram, interpolated within a class)\n"
        f"CPU: {amount(cpu * 100, '%')} of one core, {amount(cpu / looks * (after.ended - before.ended) * 1e6, 'µs')} "
        f"a look, judging and scrapes included; memory {amount(resident, 'MiB')} at the end, {amount(peak, 'MiB')} at "
        f"its peak\n/metrics: {len(after.text) / 1e6:.1f} MB in {amount(median(scrapes) * 1000, 'ms')} (median), "
        f"{amount(max(scrapes) * 1000, 'ms')} (longest of {len(scrapes)})\n"
    )
    return [
        Figure("schedule, lateness p99", p99, "ms", 50),
        Figure("schedule, CPU of one core", cpu * 100, "%", 8),
        Figure("schedule, memory at its peak", peak, "MiB", 200),
        Figure("/metrics of all checks, median", median(scrapes) * 1000, "ms", 100),
    ]


def _scrapes(say: Say, plan: _Plan, folder: Path, ports: Ports) -> list[Figure]:
    path, listen = _write(plan, folder, "face", ports)
    windows: list[tuple[float, float]] = []
    with running(module("face"), folder) as child:
        tell(child, str(path))
        wait_for(listen)
        time.sleep(plan.interval)
        for _ in range(plan.scrapes):
            time.sleep(_PAUSE)
            page = scrape(listen)
            windows.append((page.begun, page.ended))
        time.sleep(_PAUSE)
        if child.stdin is not None:
            child.stdin.close()
        gaps: list[tuple[float, float]] = hear(child)
    with_scrape = [_longest(gaps, begun, ended) for begun, ended in windows]
    without = [
        _longest(gaps, begun - part * (ended - begun), ended - part * (ended - begun))
        for begun, ended in windows
        for part in (2, 3, 4)
    ]
    say(
        "the event loop, held up during a scrape: "
        f"{amount(median(with_scrape), 'ms')} (median of {len(with_scrape)}), "
        f"{amount(max(with_scrape), 'ms')} (longest)"
        "\nand in stretches of the same length without one: "
        f"{amount(median(without), 'ms')} (median), {amount(quantile(without, 0.95), 'ms')} (p95), "
        f"{amount(max(without), 'ms')} (longest of {len(without)})\n"
    )
    return [Figure("event loop held up during a scrape, median of the longest", median(with_scrape), "ms", 20)]


def _longest(gaps: Sequence[tuple[float, float]], begun: float, ended: float) -> float:
    """The longest time, in milliseconds, that the loop was held up between two instants."""
    return max((late * 1000 for at, late in gaps if begun <= at and at - late < ended), default=0.0)
