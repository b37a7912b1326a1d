"""Reads and extends what jobs reported of themselves, within a transaction that somebody else begins and ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, insert, select

from availability.heartbeats import HeartbeatReport
from availability.ports import LastPair
from collector.store.schema import heartbeat

_AT_ONCE = 10_000


def add_reports(connection: Connection, reports: Iterable[HeartbeatReport]) -> tuple[int, int]:
    """Add those that are not there yet; how many were added, and how many were known."""
    added = known = 0
    number = last_number(connection)
    remaining = iter(reports)
    while chunk := list(islice(remaining, _AT_ONCE)):
        new: dict[tuple[str, int, bool], HeartbeatReport] = {}
        there = _keys(connection, chunk)
        for report in chunk:
            key = (report.check, report.at, report.good)
            if key in there or key in new:
                known += 1
            else:
                new[key] = report
        if new:
            connection.execute(insert(heartbeat), [_row(number + n, one) for n, one in enumerate(new.values(), 1)])
        number += len(new)
        added += len(new)
    return added, known


def last_number(connection: Connection) -> int:
    """The number of the report that was added last; 0 without any."""
    return connection.execute(select(func.max(heartbeat.c.number))).scalar() or 0


def reports_after(connection: Connection, number: int) -> tuple[list[HeartbeatReport], int]:
    """What was added behind `number`, in that order, and the number of the last one."""
    rows = connection.execute(select(heartbeat).where(heartbeat.c.number > number).order_by(heartbeat.c.number)).all()
    return [_report(row) for row in rows], rows[-1].number if rows else number


def last_reports(connection: Connection, check: str) -> LastPair:
    """The good report with the latest instant, and the one with the latest of all; of one instant the good one."""
    table = heartbeat
    # By the index, from its end: a job that reports every minute has half a million of them a year.
    asked = select(table).where(table.c.check_id == check).order_by(table.c.at.desc(), table.c.good.desc()).limit(1)
    last = connection.execute(asked).first()
    if last is None or last.good:
        return (_report(last), _report(last)) if last is not None else (None, None)
    good = connection.execute(asked.where(table.c.good == 1)).first()
    return (None if good is None else _report(good)), _report(last)


def read_reports(
    connection: Connection, checks: Sequence[str] | None = None, until: int | None = None
) -> Iterator[HeartbeatReport]:
    """All reports, or those of `checks`, up to `until` (included): by check, then by instant."""
    table = heartbeat
    asked = select(table).order_by(table.c.check_id, table.c.at, table.c.good)
    if checks is not None:
        asked = asked.where(table.c.check_id.in_(checks))
    if until is not None:
        asked = asked.where(table.c.at <= until)
    with connection.execute(asked, execution_options={"yield_per": _AT_ONCE}) as found:
        for row in found:
            yield _report(row)


def _keys(connection: Connection, reports: Collection[HeartbeatReport]) -> set[tuple[str, int, bool]]:
    """The keys of what is there, of the same checks and the same time as `reports`."""
    table = heartbeat
    by_check: dict[str, list[int]] = {}
    for report in reports:
        by_check.setdefault(report.check, []).append(report.at)
    found: set[tuple[str, int, bool]] = set()
    for check, instants in by_check.items():
        within = table.c.at.between(min(instants), max(instants))
        rows = connection.execute(select(table.c.at, table.c.good).where(table.c.check_id == check, within))
        found.update((check, at, bool(good)) for at, good in rows)
    return found


def _row(number: int, report: HeartbeatReport) -> dict[str, Any]:
    return {
        "number": number,
        "check_id": report.check,
        "at": report.at,
        "good": int(report.good),
        "received_at": report.received_at,
        "vantage_id": report.vantage,
        "started": report.started,
        "duration_ms": report.duration_ms,
        "size_bytes": report.size_bytes,
        "oldest_copy": report.oldest_copy,
        "copies": report.copies,
        "detail": report.detail,
    }


def _report(row: Any) -> HeartbeatReport:
    return HeartbeatReport(
        check=row.check_id,
        at=row.at,
        good=bool(row.good),
        received_at=row.received_at,
        vantage=row.vantage_id,
        started=row.started,
        duration_ms=row.duration_ms,
        size_bytes=row.size_bytes,
        oldest_copy=row.oldest_copy,
        copies=row.copies,
        detail=row.detail,
    )
