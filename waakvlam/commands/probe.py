"""`waakvlam probe`: look at everything, or at some checks, once and now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from availability.outcome import Outcome, Status
from collector.context import Context
from collector.look import look
from collector.pinger import IcmpPinger
from collector.probes import PROBES
from collector.resolver import SystemResolver
from config.problems import remedy
from config.settings import CheckSpec, Settings
from waakvlam.loop import run_in_loop
from waakvlam.setup import load_settings
from waakvlam.terminal import console, refuse, say_data

_AT_ONCE = 200
_STYLES = {Status.OK: "green", Status.FAILED: "bold red", Status.NONE: "bright_black"}

Looked = Sequence[tuple[CheckSpec, Outcome]]


def probe(path: Path, wanted: list[str], *, as_json: bool) -> None:
    """Run the checks `wanted` (all, where none is named) and print what came out; exit 1 if one failed."""
    settings = load_settings(path)
    looked = run_in_loop(_look_at(_chosen(settings, wanted)))
    try:
        if as_json:
            say_data(_json(looked))
        else:
            _print(looked)
    finally:
        # Also where nobody reads what was printed, the answer stays the answer.
        if any(outcome.status is Status.FAILED for _, outcome in looked):
            raise SystemExit(1)


def _chosen(settings: Settings, wanted: list[str]) -> list[CheckSpec]:
    for id_ in wanted:
        if id_ not in settings.checks:
            refuse(f"there is no check {id_!r}: {remedy(id_, settings.checks, 'checks')}")
    return [settings.checks[id_] for id_ in dict.fromkeys(wanted)] or list(settings.checks.values())


async def _look_at(specs: list[CheckSpec]) -> Looked:
    pinger, resolver = IcmpPinger(), SystemResolver()
    pinger.open()
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(spec: CheckSpec) -> Outcome:
        async with turn:
            return await look(PROBES[spec.probe], spec.options, Context(spec.timeout_ms / 1000, pinger, resolver))

    try:
        outcomes = await asyncio.gather(*(one(spec) for spec in specs))
    finally:
        pinger.close()
        resolver.close()
    return list(zip(specs, outcomes, strict=True))


def _json(looked: Looked) -> str:
    checks = [
        {
            "check": spec.id,
            "probe": spec.probe,
            "outcome": outcome.status.name.lower(),
            "latency_ms": None if outcome.latency_ms is None else round(outcome.latency_ms, 3),
            "phases_ms": {name: round(value, 3) for name, value in outcome.phases.items()},
            "reason": outcome.reason,
            "detail": outcome.detail or None,
        }
        for spec, outcome in looked
    ]
    return json.dumps({"checks": checks}, ensure_ascii=False, indent=1)


def _print(looked: Looked) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Looked at once, now", title_justify="left")
    for heading in ("check", "probe", "outcome", "latency", "why"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "latency" else "left")
    for spec, outcome in looked:
        latency = "" if outcome.latency_ms is None else f"{outcome.latency_ms:.1f} ms"
        why = ": ".join(text for text in (outcome.reason or "", outcome.detail) if text)
        table.add_row(
            spec.id, spec.probe, Text(outcome.status.name.lower(), _STYLES[outcome.status]), latency, Text(why)
        )
    console().print(table)
