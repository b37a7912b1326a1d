"""The log book of backups and restore tests for people, programs and spreadsheets (ICT NML DVO 2018, 4.5)."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.text import Text

from availability.backups import BACKUP, RESTORE_TEST, DayStatus, Job, JobDay, JobLog, Quarter, RestoreLog
from availability.edges import from_ms
from availability.heartbeats import HeartbeatReport
from exporters.cells import neutral, one_line
from exporters.figures import NONE, duration, hours_minutes, seconds
from exporters.fitted import Fitted
from exporters.json_figures import Document
from exporters.local_time import LocalTime
from exporters.table_text import SHADES

_DAY_MS = 86_400_000
_STYLES: Mapping[str, str] = {
    "done": SHADES["good"],
    "in time": SHADES["good"],
    "kept": SHADES["good"],
    "late": SHADES["risk"],
    "growing": "",
    "failed": SHADES["bad"],
    "missing": SHADES["bad"],
    "overdue": SHADES["bad"],
    "never": SHADES["bad"],
    "short": SHADES["bad"],
    "unwatched": SHADES["unknown"],
    "not_reported": SHADES["unknown"],
}
_COUNTED: tuple[DayStatus, ...] = ("done", "late", "failed", "missing", "unwatched")
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True, slots=True)
class BackupLog:
    """What is shown: backups and restore tests from `start` to `end` as of `now` (epoch milliseconds)."""

    jobs: Sequence[JobLog]
    tests: Sequence[RestoreLog]
    start: int
    end: int
    now: int
    timezone: str


def backup_tables(shown: BackupLog) -> Group:
    """Day by day, then what came of each job, then the restore tests."""
    parts: list[RenderableType] = []
    if shown.jobs:
        parts += [Text("Backups, day by day", "bold"), _days(shown), Text("Jobs", "bold"), _summary(shown)]
    if shown.tests:
        parts += [Text("Restore tests", "bold"), _tests(shown), Text("Quarters", "bold"), _quarters(shown)]
    return Group(*parts)


def _days(shown: BackupLog) -> Fitted:
    columns = ("Day", "Job", "Status", "When", "Late", "Took", "Size", "Said")
    table = Fitted(columns, frozenset({"Late", "Took", "Size"}), ("Said", "Took", "Size"))
    zone = ZoneInfo(shown.timezone)
    rows = [(each, log.job) for log in shown.jobs for each in log.days]
    for each, job in sorted(rows, key=lambda row: (row[0].day, row[1].check)):
        for status, late_ms, report in _told(each):
            late = NONE if late_ms is None else hours_minutes(late_ms)
            if report is None:
                table.add(each.day.isoformat(), job.check, _styled(status), NONE, late, NONE, NONE, "")
                continue
            at = f"{from_ms(report.at, zone):%H:%M:%S}"
            took, size = _took(report), _size(report.size_bytes)
            table.add(each.day.isoformat(), job.check, _styled(status), at, late, took, size, report.detail)
    return table


def _told(each: JobDay) -> Iterator[tuple[str, int | None, HeartbeatReport | None]]:
    """A line per report, or one for a day without any: its status, how late it was, and the report."""
    if not each.reports:
        yield each.status, each.late_ms, None
    first = True
    for report in each.reports:
        if report.good:
            yield (each.status if first else "done"), (each.late_ms if first else None), report
            first = False
        else:
            yield "failed", None, report


def _summary(shown: BackupLog) -> Fitted:
    columns = ("Job", "Component", "Owner", *(word.capitalize() for word in _COUNTED), "Oldest copy", "Kept")
    table = Fitted(columns, frozenset(columns[3:8]), ("Component", "Owner", "Oldest copy"))
    for log in shown.jobs:
        counted = Counter(each.status for each in log.days)
        figures = (str(counted[word]) for word in _COUNTED)
        keep = "" if log.job.keep_ms is None else f" ({_days_of(log.job.keep_ms)} agreed)"
        oldest = NONE
        if log.told is not None and log.told.oldest_copy is not None:
            oldest = f"{_days_of(log.told.at - log.told.oldest_copy)} old"
            oldest += "" if log.told.copies is None else f", {log.told.copies} copies"
        kept = Text(_word(log.retention) + keep, _STYLES.get(log.retention, ""))
        table.add(log.job.check, log.job.part, log.job.owner, *figures, oldest, kept)
    return table


def _tests(shown: BackupLog) -> Fitted:
    table = Fitted(("Job", "Component", "Owner", "Last good test", "Age", "Next by", "Standing"), spare=("Owner",))
    zone = ZoneInfo(shown.timezone)
    for log in shown.tests:
        word = _standing(log, shown)
        style = Text(word, _STYLES.get(word, ""))
        if log.last is None or log.due is None:
            table.add(log.job.check, log.job.part, log.job.owner, NONE, NONE, NONE, style)
            continue
        age = _days_of(_until(shown) - log.last.at)
        last, due = f"{from_ms(log.last.at, zone):%Y-%m-%d %H:%M}", f"{from_ms(log.due - 1, zone):%Y-%m-%d}"
        table.add(log.job.check, log.job.part, log.job.owner, last, age, due, style)
    return table


def _quarters(shown: BackupLog) -> Fitted:
    table = Fitted(("Quarter", "Job", "Status", "When", "Took", "Said"), frozenset({"Took"}), ("Said",))
    zone = ZoneInfo(shown.timezone)
    for log in shown.tests:
        for quarter in log.quarters:
            label = quarter.period.label
            if not quarter.reports:
                table.add(label, log.job.check, _styled(quarter.status), NONE, NONE, "")
            for report in quarter.reports:
                word = _styled("done" if report.good else "failed")
                table.add(
                    label,
                    log.job.check,
                    word,
                    f"{from_ms(report.at, zone):%Y-%m-%d %H:%M}",
                    _took(report),
                    report.detail,
                )
    return table


def _took(report: HeartbeatReport) -> str:
    return NONE if report.took_ms is None else duration(report.took_ms)


def _styled(status: str) -> Text:
    return Text(_word(status), _STYLES.get(status, ""))


def _word(status: str) -> str:
    return status.replace("_", " ")


def _until(shown: BackupLog) -> int:
    return min(shown.end, shown.now)


def _standing(log: RestoreLog, shown: BackupLog) -> str:
    if log.due is None:
        return "never"
    return "in time" if _until(shown) <= log.due else "overdue"


def _days_of(milliseconds: int) -> str:
    days = milliseconds // _DAY_MS
    return f"{days} day" if days == 1 else f"{days} days"


def _size(number: int | None) -> str:
    """Bytes in powers of 1000, with three digits that count."""
    if number is None:
        return NONE
    value, unit = float(number), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.3g} {_UNITS[unit]}" if value < 1000 else f"{value:.0f} {_UNITS[unit]}"


def backup_json(shown: BackupLog) -> str:
    """An object with `at`, `period`, `jobs` and `restore_tests`; instants carry the offset of the time zone."""
    zone = LocalTime(shown.timezone)
    document = {
        "at": zone.iso(shown.now),
        "period": {"from": zone.iso(shown.start), "to": zone.iso(shown.end)},
        "jobs": [_job_log(log, zone) for log in shown.jobs],
        "restore_tests": [_restore_log(log, shown, zone) for log in shown.tests],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _job_log(log: JobLog, zone: LocalTime) -> Document:
    counted = Counter(each.status for each in log.days)
    told = log.told
    return {
        **_job(log.job),
        "counts": {word: counted[word] for word in _COUNTED},
        "retention": log.retention,
        "oldest_copy": zone.iso_or_none(told.oldest_copy if told else None),
        "copies": told.copies if told else None,
        "told_at": zone.iso_or_none(told.at if told else None),
        "days": [_day(each, zone) for each in log.days],
    }


def _job(job: Job) -> Document:
    return {
        "check": job.check,
        "component": job.part,
        "name": job.name,
        "owner": job.owner or None,
        "within_seconds": seconds(job.within_ms),
        "grace_seconds": seconds(job.grace_ms),
        "keep_seconds": None if job.keep_ms is None else seconds(job.keep_ms),
    }


def _day(each: JobDay, zone: LocalTime) -> Document:
    return {
        "day": each.day.isoformat(),
        "status": each.status,
        "late_seconds": None if each.late_ms is None else seconds(each.late_ms),
        "reports": [_report(report, zone) for report in each.reports],
    }


def _report(report: HeartbeatReport, zone: LocalTime) -> Document:
    return {
        "at": zone.iso(report.at),
        "outcome": "ok" if report.good else "failed",
        "received_at": zone.iso(report.received_at),
        "started": zone.iso_or_none(report.started),
        "duration_seconds": None if report.took_ms is None else seconds(report.took_ms),
        "size_bytes": report.size_bytes,
        "oldest_copy": zone.iso_or_none(report.oldest_copy),
        "copies": report.copies,
        "detail": report.detail,
    }


def _restore_log(log: RestoreLog, shown: BackupLog, zone: LocalTime) -> Document:
    last = log.last
    return {
        **_job(log.job),
        "last": zone.iso_or_none(last.at if last else None),
        "age_days": None if last is None else (_until(shown) - last.at) // _DAY_MS,
        "due": zone.iso_or_none(log.due),
        "standing": _standing(log, shown).replace(" ", "_"),
        "quarters": [_quarter(quarter, zone) for quarter in log.quarters],
    }


def _quarter(quarter: Quarter, zone: LocalTime) -> Document:
    reports = [_report(report, zone) for report in quarter.reports]
    return {"quarter": quarter.period.label, "status": quarter.status, "reports": reports}


_KEYS = (
    "kind", "period", "check", "component", "owner", "status", "at", "started", "duration_seconds", "size_bytes",
    "late_seconds", "oldest_copy", "copies", "detail",
)  # fmt: skip


def backup_csv(shown: BackupLog) -> str:
    """A row per report, and one for each day of a backup and each quarter of a restore test without any; nothing runs
    as a formula."""
    zone = LocalTime(shown.timezone)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_KEYS)
    for log in shown.jobs:
        for each in log.days:
            for status, late_ms, report in _told(each):
                late = None if late_ms is None else seconds(late_ms)
                writer.writerow(_cells(BACKUP, each.day.isoformat(), log.job, status, report, late, zone))
    for test in shown.tests:
        for quarter in test.quarters:
            label = quarter.period.label
            if not quarter.reports:
                writer.writerow(_cells(RESTORE_TEST, label, test.job, quarter.status, None, None, zone))
            for report in quarter.reports:
                status = "done" if report.good else "failed"
                writer.writerow(_cells(RESTORE_TEST, label, test.job, status, report, None, zone))
    return text.getvalue()


def _cells(
    kind: str,
    period: str,
    job: Job,
    status: str,
    report: HeartbeatReport | None,
    late: float | None,
    zone: LocalTime,
) -> list[str]:
    told = {} if report is None else _report(report, zone)
    values = {
        **told,
        "kind": kind,
        "period": period,
        "check": job.check,
        "component": job.part,
        "owner": job.owner,
        "status": status,
        "late_seconds": late,
    }
    return [_cell(values.get(key)) for key in _KEYS]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int | float) else neutral(one_line(str(value)))
