"""Reads and extends the log of pages, within a transaction that somebody else begins and ends."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select

from availability.paging import (
    Acknowledged,
    Alert,
    Begun,
    Cleared,
    Dropped,
    Ended,
    Entry,
    Event,
    Failed,
    Heard,
    Notice,
    Opened,
    Sent,
)
from collector.store.errors import StoreError
from collector.store.schema import page_entry

_KINDS: dict[str, type[Event]] = {
    "opened": Opened,
    "heard": Heard,
    "cleared": Cleared,
    "notice": Notice,
    "begun": Begun,
    "sent": Sent,
    "failed": Failed,
    "dropped": Dropped,
    "acknowledged": Acknowledged,
    "ended": Ended,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def last_page_entry(connection: Connection) -> int:
    """The number of the entry that was added last; 0 without any."""
    return connection.execute(select(func.max(page_entry.c.number))).scalar() or 0


def entries_after(connection: Connection, number: int) -> list[Entry]:
    """What was noted behind the first `number` entries, in that order."""
    asked = select(page_entry).where(page_entry.c.number > number).order_by(page_entry.c.number)
    return [_entry(row) for row in connection.execute(asked)]


def entries_of_known(connection: Connection, since: int) -> list[Entry]:
    """All that was noted of the pages that are not over, or of which something was noted at or after `since`."""
    table = page_entry
    over = select(table.c.page).where(table.c.kind == _NAMES[Ended])
    recent = select(table.c.page).where(table.c.at >= since)
    asked = select(table).where(or_(table.c.page.in_(recent), table.c.page.not_in(over))).order_by(table.c.number)
    return [_entry(row) for row in connection.execute(asked)]


def add_entries(connection: Connection, number: int, entries: Iterable[Entry]) -> int:
    """Append them behind the first `number`, which are all there are; the number of the last one then."""
    rows = [
        {
            "number": number + offset,
            "page": entry.page,
            "at": entry.at,
            "kind": _NAMES[type(entry.event)],
            "content": json.dumps(asdict(entry.event)),
        }
        for offset, entry in enumerate(entries, 1)
    ]
    if rows:
        connection.execute(insert(page_entry), rows)
    return number + len(rows)


def _alert(services: list[str], **content: Any) -> Alert:
    return Alert(services=tuple(services), **content)


def _entry(row: Any) -> Entry:
    kind = _KINDS.get(row.kind)
    if kind is None:
        raise StoreError(
            f"entry {row.number} of the log of pages is of a newer version of waakvlam ({row.kind!r}); use that one"
        )
    try:
        content = json.loads(row.content)
        if "alerts" in content:
            content["alerts"] = tuple(_alert(**alert) for alert in content["alerts"])
        if "fingerprints" in content:
            content["fingerprints"] = tuple(content["fingerprints"])
        return Entry(row.page, row.at, kind(**content))
    except (ValueError, TypeError):
        raise StoreError(f"entry {row.number} of the log of pages was changed: it cannot be read") from None
