"""What the made-up backups report of themselves: every night, once only at the second attempt."""

from __future__ import annotations

import random
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from availability.backups import BACKUP, days_between
from availability.edges import start_instant
from availability.heartbeats import HeartbeatReport
from collector.probes.heartbeat import HeartbeatOptions
from config.settings import CheckSpec, Settings
from waakvlam.example_month import story
from waakvlam.example_month.facts import SEED

_MINUTE_MS = 60_000
_BEGINS = 90
"""Minutes after midnight."""
_GROWS = 250_000_000
"""Bytes a night."""


def reports(settings: Settings) -> Iterator[HeartbeatReport]:
    """The reports of every backup, by check and in order of time."""
    for spec in settings.checks.values():
        if isinstance(spec.options, HeartbeatOptions) and settings.estate.parts[spec.part].kind == BACKUP:
            yield from _nights(spec, spec.options, settings.estate.timezone)


def _nights(spec: CheckSpec, options: HeartbeatOptions, timezone: str) -> Iterator[HeartbeatReport]:
    chance = random.Random(f"{SEED} {spec.id} jobs")  # noqa: S311 - a story, not a secret
    zone = ZoneInfo(timezone)
    size = chance.randrange(200, 900) * 1_000_000_000
    kept: list[int] = []
    for day, _, _ in days_between(story.BEGIN_MS, story.END_MS, timezone):
        started = start_instant(day, _BEGINS, zone)
        took = chance.randrange(25 * 60_000, 35 * 60_000)
        if (spec.id, day.isoformat()) == story.FAILED_JOB:
            at = started + 5 * _MINUTE_MS
            yield HeartbeatReport(spec.id, at, False, at, spec.vantages[0], started, detail="the disk is full")
            started += 20 * _MINUTE_MS
        size += chance.randrange(_GROWS)
        at = started + took
        kept = [*(copy for copy in kept if at - copy < (options.keep or 0)), at]
        yield HeartbeatReport(
            spec.id, at, True, at, spec.vantages[0], started, size_bytes=size, oldest_copy=kept[0], copies=len(kept)
        )
