"""`waakvlam backups log`: every day of every backup, and every restore test, out of what the jobs reported."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence, Set
from datetime import date
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from availability.backups import BACKUP, KINDS, RESTORE_TEST, Job, days_between, job_log, restore_log
from availability.edges import start_instant
from availability.estate import Part
from availability.spans import Span, union
from collector.probes.heartbeat import HeartbeatOptions
from config.settings import Settings
from exporters.backups import BackupLog, backup_csv, backup_json, backup_tables
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import console, parse_instant, refuse, say, say_data

if TYPE_CHECKING:
    from collector.store import SqlStore

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LONGEST_MS = 3_660 * 86_400_000
_YEARS = range(1970, 9999)
_EARLIEST_MS, _LATEST_MS = 0, 253_370_764_800_000
"""The years 1970 to 9998 in UTC."""

Format = Literal["table", "json", "csv"]


def log(path: Path, start: str, end: str | None, format_: Format) -> None:
    """Print the log book from `start` to `end` (default: now), instants or dates."""
    from collector.store import StoreError

    settings = load_settings(path)
    now = time.time_ns() // 1_000_000
    zone = ZoneInfo(settings.estate.timezone)
    since = _edge(start, "--from", zone)
    until = now if end is None else _edge(end, "--to", zone)
    if since >= until:
        refuse(f"--from {start} is not before --to {end or 'now'}")
    if until - since > _LONGEST_MS:
        refuse("--from and --to are more than ten years apart: ask for less at a time")
    parts = [part for part in settings.estate.parts.values() if not part.is_link and part.kind in KINDS]
    store = load_store(settings, create=False)
    try:
        shown = _log(settings, parts, store, since, until, now)
    except StoreError as error:
        refuse(str(error))
    finally:
        store.close()
    if format_ == "json":
        say_data(backup_json(shown))
    elif format_ == "csv":
        say_data(backup_csv(shown))
    elif shown.jobs or shown.tests:
        console().print(backup_tables(shown))
    else:
        say(f"No component has the kind {BACKUP} or {RESTORE_TEST} and a heartbeat check: give your jobs one.")


def _edge(text: str, option: str, zone: ZoneInfo) -> int:
    """An instant; a date stands for its midnight."""
    if _DATE.fullmatch(text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            refuse(f"{option}: {text!r} is a day that does not exist")
        instant = start_instant(day, 0, zone) if day.year in _YEARS else None
    else:
        instant = parse_instant(text, option)
    if instant is None or not _EARLIEST_MS <= instant < _LATEST_MS:
        refuse(f"{option}: {text!r} lies outside the years {_YEARS[0]} to {_YEARS[-1]}")
    return instant


def _log(settings: Settings, parts: Sequence[Part], store: SqlStore, start: int, end: int, now: int) -> BackupLog:
    timezone = settings.estate.timezone
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
