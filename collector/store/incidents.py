"""Reads and extends what the help desk registered, within a transaction that somebody else begins and ends."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, insert, select

from availability.ports import Registration
from availability.recovery import Registered
from collector.store.errors import StoreError
from collector.store.schema import incident


def read_incidents(connection: Connection) -> list[Registered]:
    """Every incident as it stands now, in the order in which they were first registered."""
    return [_incident(number, id_, content) for id_, (number, content) in _latest(connection).items()]


def register(connection: Connection, incidents: Iterable[Registered], by: str, at: int) -> Registration:
    """Append those of `incidents` that are new or stand otherwise than before."""
    held = _latest(connection)
    number = max((number for number, _ in held.values()), default=0)
    rows: list[dict[str, Any]] = []
    new = changed = known = 0
    for each in incidents:
        content = _content(each)
        before = held.get(each.id)
        if before is not None and before[1] == content:
            known += 1
            continue
        new, changed = (new + 1, changed) if before is None else (new, changed + 1)
        number += 1
        held[each.id] = (number, content)
        rows.append({"number": number, "incident": each.id, "content": content, "imported_at": at, "imported_by": by})
    if rows:
        connection.execute(insert(incident), rows)
    return Registration(new, changed, known)


def _latest(connection: Connection) -> dict[str, tuple[int, str]]:
    """Id to the number and the content of its last row."""
    rows = connection.execute(
        select(incident.c.incident, incident.c.number, incident.c.content).order_by(incident.c.number)
    )
    return {id_: (number, content) for id_, number, content in rows}


def _content(each: Registered) -> str:
    """All but the id, as JSON that is the same for the same incident."""
    about = {
        "reported": each.reported_at,
        "service": each.service,
        "environment": each.environment,
        "priority": each.priority,
        "summary": each.summary,
        "reacted": each.reacted_at,
        "closed": each.closed_at,
        "waiting": each.waiting,
        "reactions_kept": each.reactions_kept,
    }
    return json.dumps(about, ensure_ascii=False, separators=(",", ":"))


def _incident(number: int, id_: str, content: str) -> Registered:
    try:
        about = json.loads(content)
        return Registered(
            id=id_,
            reported_at=about["reported"],
            service=about["service"],
            environment=about["environment"],
            priority=about["priority"],
            summary=about["summary"],
            reacted_at=about["reacted"],
            closed_at=about["closed"],
            waiting=tuple((start, end) for start, end in about["waiting"]),
            reactions_kept=about["reactions_kept"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"row {number} of the incidents ({id_!r}) is of a newer version of waakvlam or was not written by it; "
            "use that one, or import the incident again"
        ) from error
