"""Reads and extends the trail of maintenance records, within a transaction that somebody else begins and ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from availability.trail import Entry, Work
from collector.store.errors import StoreError
from collector.store.schema import maintenance

ACTIONS = ("add", "withdraw", "approve")


def read_trail(connection: Connection) -> list[Entry]:
    """Everything that was ever entered, in that order; StoreError where a newer version entered what this one cannot
    read."""
    return [_entry(row) for row in connection.execute(select(maintenance).order_by(maintenance.c.number))]


def append(connection: Connection, trail: Sequence[Entry], entry: Entry) -> None:
    """Put `entry` behind `trail`, which is all there is."""
    work = entry.work
    about = (
        {
            "category": work.category,
            "starts": work.start_ms,
            "ends": work.end_ms,
            "affects": json.dumps(work.affects),
            "ticket": work.ticket,
            "notice": work.notice_ms,
        }
        if work is not None
        else {}
    )
    connection.execute(
        insert(maintenance).values(
            number=len(trail) + 1,
            record=entry.record,
            action=entry.action,
            reason=entry.reason,
            entered_by=entry.entered_by,
            through=entry.through,
            entered_at=entry.entered_at,
            **about,
        )
    )


def _entry(row: Any) -> Entry:
    if row.action not in ACTIONS:
        raise StoreError(
            f"entry {row.number} of the maintenance trail is of a newer version of waakvlam ({row.action!r}); "
            "use that one"
        )
    work = None
    if row.action == "add":
        try:
            affects = tuple(json.loads(row.affects))
        except (ValueError, TypeError):
            raise StoreError(f"entry {row.number} of the maintenance trail was changed: it cannot be read") from None
        work = Work(row.category, row.starts, row.ends, affects, row.ticket, row.notice)
    return Entry(row.record, row.action, row.entered_by, row.entered_at, row.reason, row.through, work)
