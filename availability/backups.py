"""The log book of backups, day by day, and the restore tests, quarter by quarter, out of what jobs reported
(ICT NML DVO 2018, 4.5: watched daily, written to a log book; Midden-Groningen SLA 7.4: a test every quarter)."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from availability.edges import from_ms, start_instant
from availability.heartbeats import HeartbeatReport, stage
from availability.periods import Period, period_at
from availability.spans import Span

BACKUP = "backup"
RESTORE_TEST = "restore-test"
KINDS = (BACKUP, RESTORE_TEST)
"""Of components: what makes their heartbeats jobs of the log book."""

_DAY_MS = 86_400_000

DayStatus = Literal["done", "late", "failed", "missing", "not_due", "awaited", "pending", "unwatched"]
"""What came of a job on one day. `late`: it was due that day, and came too late or has time left; `missing`: not even
within its grace; `not_due`: no report, and none had to come; `awaited`: none ever, and the first is not overdue;
`pending`: the day is not over; `unwatched`: no report, and nobody looked that day."""

Retention = Literal["kept", "short", "growing", "not_reported", "not_configured"]
"""Copies are kept as long as configured; not so long; backups are made for less long; nobody knows; no matter."""

QuarterStatus = Literal["done", "missing", "pending", "unwatched"]


@dataclass(frozen=True, slots=True)
class Job:
    """A check that waits for the reports of a job; times in milliseconds.

    `since` is when it was looked at first (epoch milliseconds), None for never; `looks` are the spans in which it was
    looked at, in order of time and apart.
    """

    check: str
    part: str
    name: str
    owner: str
    within_ms: int
    grace_ms: int
    keep_ms: int | None
    since: int | None
    looks: Sequence[Span]


@dataclass(frozen=True, slots=True)
class JobDay:
    """One local day of a job; `late_ms` is how much later than due its first good report came, or has not come yet."""

    day: date
    status: DayStatus
    reports: tuple[HeartbeatReport, ...]
    late_ms: int | None = None


@dataclass(frozen=True, slots=True)
class JobLog:
    """What a job did. `told` is the last report that says from when the oldest copy is."""

    job: Job
    days: tuple[JobDay, ...]
    retention: Retention
    told: HeartbeatReport | None


@dataclass(frozen=True, slots=True)
class Quarter:
    """A calendar quarter of a restore test, with the reports of all of it."""

    period: Period
    status: QuarterStatus
    reports: tuple[HeartbeatReport, ...]


@dataclass(frozen=True, slots=True)
class RestoreLog:
    """The restore tests of a job: quarter by quarter, and how old the last good one is.

    `due` is a quarter after it (epoch milliseconds): the last instant at which the next is in time.
    """

    job: Job
    quarters: tuple[Quarter, ...]
    last: HeartbeatReport | None
    due: int | None


def days_between(start: int, end: int, timezone: str) -> Iterator[tuple[date, int, int]]:
    """Every local day that shares an instant with `start` to `end`: the day and its midnights."""
    zone = ZoneInfo(timezone)
    day = from_ms(start, zone).date()
    midnight = start_instant(day, 0, zone)
    while midnight < end:
        following = day + timedelta(days=1)
        next_midnight = start_instant(following, 0, zone)
        yield day, midnight, next_midnight
        day, midnight = following, next_midnight


def job_log(job: Job, reports: Sequence[HeartbeatReport], days: Sequence[tuple[date, int, int]], now: int) -> JobLog:
    """The log book of a backup for `days`, of all its `reports` in order of time, as of `now`. Days to come are left
    out."""
    instants = [report.at for report in reports]
    good = [report.at for report in reports if report.good]
    logged = []
    for day, start, end in days:
        if start >= now:
            break
        of_day = tuple(reports[_index(instants, start) : _index(instants, end)])
        before = _index(good, start)
        last_good = good[before - 1] if before else None
        logged.append(_day(job, day, (start, end), of_day, last_good, now))
    until = min(days[-1][2], now) if days else now
    known = reports[: _index(instants, until)]
    told = next((report for report in reversed(known) if report.oldest_copy is not None), None)
    first = next((report.at for report in known if report.good), None)
    return JobLog(job, tuple(logged), _retention(job, told, first), told)


def _day(
    job: Job, day: date, span: Span, reports: tuple[HeartbeatReport, ...], last_good: int | None, now: int
) -> JobDay:
    start, end = span
    due = None if last_good is None else last_good + job.within_ms
    first_good = next((report.at for report in reports if report.good), None)
    if first_good is not None:
        late = None if due is None or first_good <= due else first_good - due
        # What was due on an earlier day is told there.
        status: DayStatus = "late" if late is not None and due is not None and due >= start else "done"
        return JobDay(day, status, reports, late)
    if reports:
        return JobDay(day, "failed", reports)
    until = min(end, now)
    running = now < end
    # A day that has just begun is watched as long as somebody looked the day before.
    if not _watched(job, min(start, until - _DAY_MS), until):
        return JobDay(day, "unwatched", reports)
    where = stage(last_good, until if job.since is None else job.since, job.within_ms, job.grace_ms, until)
    overdue = None if due is None or until <= due else until - due
    if where in ("missing", "late"):
        return JobDay(day, "missing" if where == "missing" else "late", reports, overdue)
    if where == "awaited":
        return JobDay(day, "awaited", reports)
    return JobDay(day, "pending" if running else "not_due", reports)


def _watched(job: Job, start: int, end: int) -> bool:
    """Whether the check was looked at between `start` (included) and `end` (not included)."""
    index = bisect_right(job.looks, end - 1, key=lambda span: span[0]) - 1
    return index >= 0 and job.looks[index][1] > start


def _retention(job: Job, told: HeartbeatReport | None, first: int | None) -> Retention:
    """Whether copies are kept as long as they must be. A copy may be thrown away once it is so old; so just before the
    next backup the oldest one is younger by one round."""
    if job.keep_ms is None:
        return "not_configured"
    if told is None or told.oldest_copy is None:
        return "not_reported"
    if told.at - told.oldest_copy >= job.keep_ms - job.within_ms:
        return "kept"
    return "growing" if first is None or told.at - first < job.keep_ms else "short"


def restore_log(
    job: Job, reports: Sequence[HeartbeatReport], start: int, end: int, now: int, timezone: str
) -> RestoreLog:
    """The restore tests of every calendar quarter that shares an instant with `start` to `end`, as of `now`."""
    known = [report for report in reports if report.at <= now]
    quarters = []
    period = period_at(start, "quarter", timezone)
    while period.start < min(end, now + 1):
        quarters.append(_quarter(job, period, known, now))
        period = period_at(period.end, "quarter", timezone)
    until = min(end, now)
    last = next((report for report in reversed(known) if report.good and report.at <= until), None)
    return RestoreLog(job, tuple(quarters), last, None if last is None else _quarter_later(last.at, timezone))


def _quarter(job: Job, period: Period, reports: Sequence[HeartbeatReport], now: int) -> Quarter:
    of_quarter = tuple(report for report in reports if period.start <= report.at < period.end)
    status: QuarterStatus = "missing"
    if any(report.good for report in of_quarter):
        status = "done"
    elif now < period.end:
        status = "pending"
    elif job.since is None or job.since >= period.end:
        status = "unwatched"
    return Quarter(period, status, of_quarter)


def _quarter_later(instant: int, timezone: str) -> int:
    """The end of the same day three months later; of the month's last day where it is shorter."""
    zone = ZoneInfo(timezone)
    day = from_ms(instant, zone).date()
    months = day.month + 2
    year, month = day.year + months // 12, months % 12 + 1
    later = date(year, month, min(day.day, monthrange(year, month)[1]))
    return start_instant(later + timedelta(days=1), 0, zone)


def _index(instants: Sequence[int], instant: int) -> int:
    """How many lie before `instant`."""
    return bisect_right(instants, instant - 1)
