"""From a configuration and its store to the log book of backups and restore tests."""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from availability.backups import BACKUP, KINDS, Job, days_between, job_log, restore_log
from availability.estate import Part
from availability.spans import Span, union
from collector.probes.heartbeat import HeartbeatOptions
from config.settings import Settings
from exporters.backups import BackupLog

if TYPE_CHECKING:
    from collector.store import SqlStore


def backup_log(settings: Settings, store: SqlStore, start: int, end: int, now: int) -> BackupLog:
    """The log book from `start` to `end` as of `now` (epoch milliseconds). StoreError where the store refuses."""
    timezone = settings.estate.timezone
    parts = [part for part in settings.estate.parts.values() if not part.is_link and part.kind in KINDS]
    days = list(days_between(start, min(end, now), timezone)) if start < now else []
    checks = [
        (part, check.id, options)
        for part in parts
        for check in part.checks
        if isinstance(options := settings.checks[check.id].options, HeartbeatOptions)
    ]
    ids = [id_ for _, id_, _ in checks]
    looks = _looks(store, set(ids))
    reports = {id_: list(of_job) for id_, of_job in groupby(store.reports(ids, now), key=attrgetter("check"))}
    jobs, tests = [], []
    for part, id_, options in checks:
        job = _job(part, id_, options, looks.get(id_, []))
        of_job = reports.get(id_, [])
        if part.kind == BACKUP:
            jobs.append(job_log(job, of_job, days, now))
        else:
            tests.append(restore_log(job, of_job, start, end, now, timezone))
    return BackupLog(jobs, tests, start, end, now, timezone)


def _looks(store: SqlStore, checks: Set[str]) -> dict[str, list[Span]]:
    """When each of `checks` was looked at, from whatever vantage, whatever came out."""
    looked: dict[str, list[Span]] = {}
    keys = {key for key in store.extents() if key[0] in checks}
    for (check, _), rows in store.series(keys=keys):
        spans = looked.setdefault(check, [])
        spans += [(first, first + step * (count - 1) + 1) for first, step, count, _ in rows]
    return {check: union(spans) for check, spans in looked.items()}


def _job(part: Part, check: str, options: HeartbeatOptions, looks: Sequence[Span]) -> Job:
    return Job(
        check=check,
        part=part.id,
        name=part.name,
        owner=part.owner or "",
        within_ms=options.within,
        grace_ms=options.grace or 0,
        keep_ms=options.keep,
        since=looks[0][0] if looks else None,
        looks=looks,
    )
