"""`waakvlam probe`: look at everything, or at some checks, once and now."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path

from availability.outcome import Burst, Outcome, Status
from collector.context import Context, LastReports
from collector.degraded import weighed
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
_DEGRADED = "yellow"

Looked = Sequence[tuple[CheckSpec, Outcome]]


def probe(path: Path, wanted: list[str], *, as_json: bool) -> None:
    """Run the checks `wanted` (all, where none is named) and print what came out; exit 1 if one failed."""
    settings = load_settings(path)
    specs = _chosen(settings, wanted)
    looked = run_in_loop(_look_at(specs, settings.plugins_at_once, _reports(settings, specs)))
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


def _reports(settings: Settings, specs: Sequence[CheckSpec]) -> LastReports | None:
    """What jobs reported to the collector, for the heartbeats among `specs`; None where nothing was recorded yet."""
    if not any(spec.probe == "heartbeat" for spec in specs):
        return None
    from collector.store import StoreError, open_store
    from waakvlam.heartbeats import heartbeats_of

    try:
        store = open_store(settings.store_url, create=False)
    except StoreError:
        return None
    try:
        vantage = next(iter(settings.estate.vantages))
        return heartbeats_of(store, settings, specs, vantage, lambda: time.time_ns() // 1_000_000)
    finally:
        store.close()


async def _look_at(specs: list[CheckSpec], programs: int, reports: LastReports | None) -> Looked:
    pinger, resolver = IcmpPinger(), SystemResolver()
    pinger.open()
    any_turn, program_turn = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(programs)

    async def one(spec: CheckSpec) -> Outcome:
        kind = PROBES[spec.probe]
        async with program_turn if kind.runs_program else any_turn:
            context = Context(spec.timeout_ms / 1000, pinger, resolver, check=spec.id, reports=reports)
            return weighed(spec, await look(kind, spec.options, context))

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
            "degraded": outcome.degraded._asdict() if outcome.degraded else None,
            **({"measures": [measure._asdict() for measure in outcome.measures]} if outcome.measures else {}),
            **({} if outcome.burst is None else _burst(outcome.burst)),
        }
        for spec, outcome in looked
    ]
    return json.dumps({"checks": checks}, ensure_ascii=False, indent=1)


def _burst(burst: Burst) -> dict[str, float | int | None]:
    jitter = None if burst.jitter_ms is None else round(burst.jitter_ms, 3)
    return {"packets": burst.sent, "loss_ratio": burst.loss, "jitter_ms": jitter}


def _why(outcome: Outcome) -> str:
    """Why it was not ok or worse than it should be, and the figures of a burst."""
    reason, detail = outcome.degraded or (outcome.reason, outcome.detail)
    told = [": ".join(text for text in (reason or "", detail) if text)]
    if outcome.burst is not None:
        jitter = "" if outcome.burst.jitter_ms is None else f", {outcome.burst.jitter_ms:.1f} ms of jitter"
        told.append(f"{outcome.burst.loss:.0%} of {outcome.burst.sent} packets lost{jitter}")
    return "\n".join(text for text in told if text)


def _print(looked: Looked) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Looked at once, now", title_justify="left")
    for heading in ("check", "probe", "outcome", "latency", "why"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "latency" else "left")
    for spec, outcome in looked:
        latency = "" if outcome.latency_ms is None else f"{outcome.latency_ms:.1f} ms"
        word, style = outcome.status.name.lower(), _STYLES[outcome.status]
        if outcome.degraded is not None:
            word, style = f"{word}, degraded", _DEGRADED
        table.add_row(spec.id, spec.probe, Text(word, style), latency, Text(_why(outcome)))
    console().print(table)
