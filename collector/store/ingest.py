"""How far the batches of every agent have come in, within a transaction that somebody else begins and ends."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from collector.store.schema import agent_position
from collector.transport.positions import Position

OutboxKey = tuple[str, int]
"""An agent, and the start of its outbox."""
Came = tuple[int, int]
"""The sequence of a batch, and the first one that its agent still held."""


def advance(connection: Connection, came: Mapping[OutboxKey, Sequence[Came]], at: int) -> dict[OutboxKey, Position]:
    """Note which batches came at `at` (epoch milliseconds); where their outboxes are then."""
    table = agent_position
    positions: dict[OutboxKey, Position] = {}
    for (agent, start), batches in sorted(came.items()):
        which = (table.c.agent == agent) & (table.c.start == start)
        row = connection.execute(select(table).where(which).with_for_update()).first()
        position = Position() if row is None else _position(row)
        for sequence, oldest in batches:
            position = position.taken(sequence, oldest)
        values = {
            "through": position.through,
            "ahead": json.dumps(position.ahead),
            "missing": position.missing,
            "repeated": position.repeated,
            "came_at": at,
        }
        if row is None:
            connection.execute(insert(table).values(agent=agent, start=start, **values))
        else:
            connection.execute(update(table).where(which).values(**values))
        positions[agent, start] = position
    return positions


def _position(row: Row[Any]) -> Position:
    ahead = tuple((first, last) for first, last in json.loads(row.ahead))
    return Position(row.through, ahead, row.missing, row.repeated)
