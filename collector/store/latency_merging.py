"""Latencies that were counted elsewhere among those of the store, hour by hour, within somebody else's transaction."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from availability.archive import LatencyQuarter
from collector.store import schema
from collector.store.database import Database
from collector.store.sketch import HOUR_MS, SLOT_MS, Sketch, pack, pack_hour, quarters, unpack
from collector.store.statements import Many

_ADD_SERIES = Many("insert", schema.series, ("id", "check_id", "vantage_id"))
_ADD_HOUR = Many("insert", schema.latency, ("packed", "hour", "series_id"))
_REPLACE_HOUR = Many("update", schema.latency, ("packed",), ("hour", "series_id"))


class LatencyMerging:
    """Of two accounts of one quarter of an hour the greater stays: the one that counted more, then the greater sum.

    So the order of merging does not matter, and merging the same again changes nothing. It holds one hour at a time,
    and is cheapest where what it gets is sorted by hour.
    """

    def __init__(self, connection: Connection, database: Database) -> None:
        self._connection = connection
        self._database = database
        self._series = {(check, vantage): key for key, check, vantage in connection.execute(select(schema.series))}
        self._hour: int | None = None
        self._stored: dict[int, dict[int, bytes]] = {}
        """Of the hour at hand: by series, its quarters."""
        self._existing: frozenset[int] = frozenset()
        self._changed: set[int] = set()
        self.added = 0
        self.known = 0

    def take(self, found: Iterable[LatencyQuarter]) -> None:
        """Merge `found` and write all of it."""
        for quarter in found:
            hour, offset = divmod(quarter.start, HOUR_MS)
            if hour != self._hour:
                self._write()
                self._load(hour)
            key = self._key(quarter.check, quarter.vantage)
            self._merge(key, offset // SLOT_MS, _sketch(quarter))
        self._write()

    def _merge(self, key: int, slot: int, sketch: Sketch) -> None:
        there = self._stored.setdefault(key, {})
        if slot in there and _greatness(sketch) <= _greatness(unpack(there[slot])):
            self.known += 1
            return
        there[slot] = pack(sketch)
        self._changed.add(key)
        self.added += 1

    def _key(self, check: str, vantage: str) -> int:
        key = self._series.get((check, vantage))
        if key is None:
            # Of a series whose observations are not there: the archive was cut between them and their quarter.
            key = self._series[check, vantage] = len(self._series) + 1
            _ADD_SERIES(self._connection, [(key, check, vantage)])
        return key

    def _load(self, hour: int) -> None:
        table = schema.latency
        asked = select(table.c.series_id, table.c.packed).where(table.c.hour == hour)
        self._stored = {key: dict(quarters(packed)) for key, packed in self._connection.execute(asked)}
        self._existing = frozenset(self._stored)
        self._hour = hour

    def _write(self) -> None:
        hour, changed = self._hour, sorted(self._changed)
        self._changed = set()
        if hour is not None:
            rows = [(pack_hour(self._stored[key]), hour, key) for key in changed]
            self._database.make_room(self._connection, "latency", [hour])
            _ADD_HOUR(self._connection, [row for row in rows if row[2] not in self._existing])
            _REPLACE_HOUR(self._connection, [row for row in rows if row[2] in self._existing])


def _sketch(quarter: LatencyQuarter) -> Sketch:
    sketch = Sketch()
    sketch.count, sketch.total_us, sketch.buckets = quarter.counted, quarter.sum_us, dict(quarter.buckets)
    return sketch


def _greatness(sketch: Sketch) -> tuple[int, int, list[tuple[int, int]]]:
    return sketch.count, sketch.total_us, sorted(sketch.buckets.items())
