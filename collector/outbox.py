"""What an agent observed and the centre has not stored yet: kept on disk, in order, and within bounds."""

from __future__ import annotations

import logging
import secrets
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from availability.ports import Batch, Merged
from collector.store.errors import StoreError
from collector.transport.messages import Span
from collector.transport.rows import Rows, in_pieces, pack_rows, without_latencies

APPLICATION_ID = 0x77766C6F
"""Marks a file as an outbox in the header of its first page ("wvlo")."""
_SCHEMA = 1
_THIN_FROM = 0.8
"""From this share of its room on, what waits longest loses its latencies."""
_THIN_AT_ONCE = 50
_RESERVE_BYTES = 64 * 1024
"""Of the room, for what the tables themselves need."""

_TABLES = """
CREATE TABLE outbox (start INTEGER NOT NULL, vantage TEXT NOT NULL);
CREATE TABLE batch (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    observations INTEGER NOT NULL,
    last INTEGER NOT NULL,
    timed INTEGER NOT NULL,
    aside TEXT NOT NULL DEFAULT '',
    rows BLOB NOT NULL
);
CREATE INDEX batch_timed ON batch (sequence) WHERE timed;
CREATE INDEX batch_aside ON batch (sequence) WHERE aside <> '';
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One batch on its way."""

    sequence: int
    rows: bytes


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How full it is: batches and observations that wait, the last instant of the first of them (epoch milliseconds),
    the share of its room that is taken, and what was given up since the program began: latencies, and outcomes.

    `aside` counts observations that will not be sent, and are kept for people to look at.
    """

    batches: int
    observations: int
    oldest: int | None
    fullness: float
    thinned: int
    dropped: int
    aside: int


class Outbox:
    """The file at `path`, made where there is none; at most `limit_bytes` long. Any thread may call it.

    It takes facts as a store does (`add`), so that a recorder can write to it: what it has taken stays until `remove`,
    whatever happens to the program or the machine. StoreError where the file cannot be used.
    """

    def __init__(self, path: Path, vantage: str, limit_bytes: int) -> None:
        self.place = str(path)
        self._limit = max(limit_bytes, 4 * _RESERVE_BYTES)
        self._lock = Lock()
        self._thinned = self._dropped = 0
        self._complaint = ""
        with _explained(self.place):
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=2.0)
        try:
            with _explained(self.place):
                self.start = self._open(vantage)
                self._batches, self._observations, self._aside = self._count()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Give the file back; waits for who writes."""
        with self._lock:
            self._connection.close()

    def add(self, batches: Collection[Batch]) -> Merged:
        """Take facts, all of them or (StoreError) none; on disk when this returns.

        Where the room is nearly taken, what waits longest loses its latencies; where that does not help, what came
        last is not taken, which is counted and told.
        """
        pieces = [pack_rows(piece) for piece in in_pieces(batches)]
        total = sum(rows.observations for rows in pieces)
        with self._lock:
            room = self._make_room(sum(len(rows.packed) for rows in pieces))
            if not room and any(rows.is_timed for rows in pieces):
                pieces = [without_latencies(rows.packed) for rows in pieces]
                room = self._used() + sum(len(rows.packed) for rows in pieces) <= self._limit - _RESERVE_BYTES
            if not room:
                self._dropped += total
                self._complain(f"the outbox {self.place} is full: outcomes are dropped until the centre takes some")
                return Merged(total, 0, 0)
            self._append(pieces)
        return Merged(total, 0, 0)

    def waiting(self, after: int, limit: int) -> list[Waiting]:
        """The next batches behind the sequence `after`, in order; at most `limit`."""
        asked = "SELECT sequence, rows FROM batch WHERE sequence > ? AND aside = '' ORDER BY sequence LIMIT ?"
        with self._lock, _explained(self.place):
            return [Waiting(*row) for row in self._connection.execute(asked, (after, limit))]

    def oldest(self) -> int:
        """The first sequence that is still to be sent; the next one to come where nothing is."""
        with self._lock, _explained(self.place):
            first = self._connection.execute("SELECT min(sequence) FROM batch WHERE aside = ''").fetchone()[0]
            return int(first) if first is not None else self._last() + 1

    def last(self) -> int:
        """The last sequence that was given."""
        with self._lock, _explained(self.place):
            return self._last()

    def remove(self, spans: Sequence[Span]) -> int:
        """Let go of what the centre has stored; how many batches that were."""
        with self._lock, _explained(self.place), self._transaction():
            removed = 0
            for span in spans:
                where = "FROM batch WHERE sequence BETWEEN ? AND ? AND aside = ''"
                counted = f"SELECT count(*), coalesce(sum(observations), 0) {where}"
                batches, observations = self._connection.execute(counted, span).fetchone()
                self._connection.execute(f"DELETE {where}", span)
                self._batches -= batches
                self._observations -= observations
                removed += batches
            return removed

    def set_aside(self, first: int, last: int, why: str) -> int:
        """Keep batches, but do not send them any more; how many observations that were."""
        with self._lock, _explained(self.place), self._transaction():
            where = "sequence BETWEEN ? AND ? AND aside = ''"
            counted = f"SELECT count(*), coalesce(sum(observations), 0) FROM batch WHERE {where}"  # noqa: S608 - as above
            batches, observations = self._connection.execute(counted, (first, last)).fetchone()
            self._connection.execute(f"UPDATE batch SET aside = ? WHERE {where}", (why, first, last))  # noqa: S608 - as above
            self._batches -= batches
            self._observations -= observations
            self._aside += observations
            return int(observations)

    def state(self) -> OutboxState:
        """How full it is, now."""
        with self._lock, _explained(self.place):
            row = self._connection.execute(
                "SELECT last FROM batch WHERE aside = '' ORDER BY sequence LIMIT 1"
            ).fetchone()
            fullness = min(1.0, self._used() / self._limit)
        return OutboxState(
            self._batches, self._observations, row[0] if row else None, fullness, self._thinned, self._dropped,
            self._aside,
        )  # fmt: skip

    # Within the lock.

    def _open(self, vantage: str) -> int:
        connection = self._connection
        found = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if found != APPLICATION_ID and (tables or found):
            raise StoreError(f"outbox {self.place}: this is a database, but no outbox; give `outbox` another path")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            if not tables:
                for statement in _TABLES.split(";\n"):
                    if statement.strip():
                        connection.execute(statement)
                connection.execute("INSERT INTO outbox VALUES (?, ?)", (secrets.randbits(62) + 1, vantage))
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {_SCHEMA}")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version != _SCHEMA:
                raise StoreError(f"outbox {self.place}: a newer version of waakvlam made it; use that version")
            start, of = connection.execute("SELECT start, vantage FROM outbox").fetchone()
        if of != vantage:
            raise StoreError(f"outbox {self.place}: it is that of {of}, not of {vantage}; give `outbox` another path")
        return int(start)

    def _count(self) -> tuple[int, int, int]:
        asked = "SELECT aside <> '', count(*), sum(observations) FROM batch GROUP BY 1"
        found = {aside: (batches, observations) for aside, batches, observations in self._connection.execute(asked)}
        batches, observations = found.get(0, (0, 0))
        return batches, observations, found.get(1, (0, 0))[1]

    def _last(self) -> int:
        found = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'batch'").fetchone()
        return int(found[0]) if found else 0

    def _used(self) -> int:
        """Bytes of the file that hold something."""
        pages, free = (
            self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count")
        )
        size = self._connection.execute("PRAGMA page_size").fetchone()[0]
        return int((pages - free) * size)

    def _make_room(self, wanted: int) -> bool:
        """Thin what waits longest while too little room is left; whether there is room for `wanted` bytes."""
        with _explained(self.place):
            while self._used() + wanted > self._limit * _THIN_FROM:
                if not self._thin():
                    break
            return self._used() + wanted <= self._limit - _RESERVE_BYTES

    def _thin(self) -> bool:
        """Take the latencies from the next batches that have any; whether there were any."""
        asked = "SELECT sequence, rows FROM batch WHERE timed ORDER BY sequence LIMIT ?"
        found = self._connection.execute(asked, (_THIN_AT_ONCE,)).fetchall()
        with self._transaction():
            for sequence, packed in found:
                rows = without_latencies(packed)
                change = "UPDATE batch SET rows = ?, timed = 0 WHERE sequence = ?"
                self._connection.execute(change, (rows.packed, sequence))
                self._thinned += rows.observations
        if found:
            self._complain(f"the outbox {self.place} is nearly full: what waits longest loses its latencies")
        return bool(found)

    def _append(self, pieces: Sequence[Rows]) -> None:
        with _explained(self.place), self._transaction():
            self._connection.executemany(
                "INSERT INTO batch (observations, last, timed, rows) VALUES (?, ?, ?, ?)",
                [(rows.observations, rows.last, rows.is_timed, rows.packed) for rows in pieces],
            )
        self._batches += len(pieces)
        self._observations += sum(rows.observations for rows in pieces)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def _complain(self, text: str) -> None:
        if text != self._complaint:
            self._complaint = text
            _log.error("%s", text)


@contextmanager
def _explained(place: str) -> Iterator[None]:
    """Turn what SQLite says about the file into a StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"outbox {place}: {error}") from error
