"""Looks whether a job that reports itself has done so in time: a backup, a scan, a restore test, a log shipper."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from availability.heartbeats import HeartbeatReport, stage
from availability.outcome import DETAIL_LIMIT, Degraded, Measure, Outcome, Reason, Status, could_not_look
from collector.context import Cancel, Context
from config.types import Duration, Secret, span


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatOptions:
    """A report that must come in by itself; the look is whether the last good one is young enough."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    within: Duration = field(metadata=_help("How long after one good report the next must have come."))
    grace: Duration | None = field(
        default=None, metadata=_help("How much later it may come before it counts as failed.")
    )
    token: Secret | None = field(
        default=None,
        metadata=_help("What a report must show, by reference; without it, the token of the section heartbeats."),
    )
    keep: Duration | None = field(
        default=None, metadata=_help("How long copies must be kept; `backups log` holds the oldest one against it.")
    )


async def probe(options: HeartbeatOptions, context: Context) -> Outcome:
    """Where the job stands now (docs/semantics.md, section 2). Nothing is sent anywhere."""
    return _look(options, context)


def begin(options: HeartbeatOptions, context: Context, done: Callable[[Outcome], None]) -> Callable[[], Cancel] | None:
    """The same without a task: there is nothing to wait for."""

    def look() -> Cancel:
        return asyncio.get_running_loop().call_soon(done, _look(options, context)).cancel

    return look


def _look(options: HeartbeatOptions, context: Context) -> Outcome:
    reports, check = context.reports, context.check
    if reports is None:
        return could_not_look(Reason.UNSUPPORTED, "nothing receives the reports of jobs here")
    good, last = reports.last_good(check), reports.last(check)
    within, grace = options.within, options.grace or 0
    where = stage(good.at if good else None, reports.waiting_since(check), within, grace, reports.now_ms())
    trouble = _trouble(last)
    if good is None and not reports.accepts(check):
        return could_not_look(Reason.NO_SECRET, "no token is configured for it, so no report can come in")
    if where == "awaited":
        due = f"no good report has come yet; the first is due within {span(within + grace)}"
        return could_not_look(Reason.COULD_NOT_LOOK, _joined(due, trouble))
    reported = good.at if good else None
    if where == "missing":
        detail = _joined(f"no good report within {span(within + grace)}", trouble)
        return Outcome(Status.FAILED, Reason.MISSING, None, detail, reported_ms=reported)
    degraded = None
    if where == "late":
        degraded = Degraded(Reason.LATE, _joined(f"no good report within {span(within)}", trouble))
    elif trouble:
        degraded = Degraded(Reason.FAILED, trouble)
    detail = degraded.detail if degraded else ""
    return Outcome(Status.OK, None, None, detail, measures=_measures(good), reported_ms=reported, degraded=degraded)


def _trouble(last: HeartbeatReport | None) -> str:
    if last is None or last.good:
        return ""
    told = "the last report is a failure"
    return f"{told}: {last.detail}"[:DETAIL_LIMIT] if last.detail else told


def _joined(first: str, second: str) -> str:
    return "; ".join(text for text in (first, second) if text)[:DETAIL_LIMIT]


def _measures(good: HeartbeatReport | None) -> tuple[Measure, ...]:
    """What the last good report tells in figures."""
    if good is None:
        return ()
    size, took = good.size_bytes, good.took_ms
    measures = [Measure("size", float(size), "bytes")] if size is not None else []
    return (*measures, Measure("duration", took / 1000, "seconds")) if took is not None else tuple(measures)
