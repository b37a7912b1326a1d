"""The months by which PostgreSQL divides facts and latencies: made with their first row, dropped when all is old."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection

_HOUR_MS = 3_600_000
_DAY_MS = 86_400_000
_UNITS = {"fact": 1, "latency": _HOUR_MS}
"""How many milliseconds are one in the column by which a table is divided."""
_OPTIONS = {"fact": "", "latency": " WITH (fillfactor = 70)"}

_FIRST_YEAR, _END_YEAR = 2010, 2060
"""What is before or after has one part each, so that odd instants cannot make parts without end."""

_READY = "waakvlam_ready"
"""Where a connection remembers for which days there are parts; with a connection that failed it is gone."""

_LOCK = (0x77766C6D, 3)
"""Held while parts are made; taken last of all locks."""


def make_room(connection: Connection, table: str, places: Iterable[int]) -> None:
    """See to it that `table` has the parts that rows at `places` belong in.

    A part is made apart and attached, which holds up neither who reads nor who writes.
    """
    unit = _UNITS[table]
    ready: set[tuple[str, int]] = connection.info.setdefault(_READY, set())
    missing = {(table, place * unit // _DAY_MS) for place in places} - ready
    if not missing:
        return
    parts = {_part(table, day * _DAY_MS // unit) for _, day in missing}
    there = _existing(connection)
    if not {name for name, *_ in parts} <= there:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)
        there = _existing(connection)
        for name, low, high in sorted(parts):
            if name not in there:
                connection.exec_driver_sql(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL){_OPTIONS[table]}")
                connection.exec_driver_sql(
                    f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({low}) TO ({high})"
                )
    ready |= missing


def forget_room(connection: Connection) -> None:
    """Look again which parts there are."""
    connection.info.pop(_READY, None)


def drop_hours(connection: Connection, before: int) -> int:
    """Remove the latencies of the hours before `before`: whole months by dropping them; how many rows that were."""
    removed = 0
    for name in sorted(_existing(connection)):
        table, _, month = name.partition("_")
        if table == "latency" and month[0].isdigit() and _bounds(table, month)[1] <= before:
            removed += connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()  # noqa: S608 - ours
            connection.exec_driver_sql(f"DROP TABLE {name}")
    return removed + connection.exec_driver_sql("DELETE FROM latency WHERE hour < %s", (before,)).rowcount


def _part(table: str, place: int) -> tuple[str, str, str]:
    """The name of the part that `place` belongs in, and its bounds as SQL."""
    low, high = _first(table, _FIRST_YEAR, 1), _first(table, _END_YEAR, 1)
    if place < low:
        return f"{table}_early", "MINVALUE", str(low)
    if place >= high:
        return f"{table}_late", str(high), "MAXVALUE"
    month = f"{datetime.fromtimestamp(place * _UNITS[table] // 1000, UTC):%Y_%m}"
    start, end = _bounds(table, month)
    return f"{table}_{month}", str(start), str(end)


def _bounds(table: str, month: str) -> tuple[int, int]:
    """Where a month (`2026_11`, UTC) begins and ends, in the unit of `table`."""
    year, number = map(int, month.split("_"))
    return _first(table, year, number), _first(table, year + number // 12, number % 12 + 1)


def _first(table: str, year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1000 // _UNITS[table]


def _existing(connection: Connection) -> set[str]:
    return {name for (name,) in connection.exec_driver_sql(_PARTS)}


_PARTS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent IN ('fact'::regclass, 'latency'::regclass)
"""
