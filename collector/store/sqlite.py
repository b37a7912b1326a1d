"""All that is particular to SQLite: whose file it is, how connections are set up, how transactions begin."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, delete, event
from sqlalchemy.pool import QueuePool

from collector.store.database import Noticed
from collector.store.errors import NothingRecorded, StoreError
from collector.store.schema import latency

APPLICATION_ID = 0x77766C6D
"""Marks a file as ours in the header of its first page ("wvlm")."""

BUSY_SECONDS = 2.0
"""How long to wait for another process that writes; twice fits in the five seconds a stop may take."""

_File = tuple[int, int]
"""Device and number of a file, which stay as long as it is the same."""

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_ID_AT = slice(68, 72)

_EXPLANATIONS = (
    ("SQLITE_FULL", "the disk is full; nothing of this was stored: make room and try again"),
    ("SQLITE_BUSY", "another process is writing to it; try again when that is done"),
    ("SQLITE_LOCKED", "another process is writing to it; try again when that is done"),
    ("SQLITE_READONLY", "it may not be written to: check the permissions of the file and its folder"),
    ("SQLITE_PERM", "it may not be opened: check the permissions of the file and its folder"),
    ("SQLITE_CANTOPEN", "it cannot be opened: check the permissions of the file and its folder"),
    ("SQLITE_NOTADB", "it is damaged: its content is not that of a database; put a backup in its place"),
    ("SQLITE_CORRUPT", "it is damaged; put a backup in its place, or save what can be saved with sqlite3's .recover"),
    ("SQLITE_IOERR", "the disk refused to read or write it; nothing of this was stored: check the disk and its room"),
)


def inspect_file(path: Path, *, create: bool) -> bool:
    """Whether there is a store of ours at `path`; False where a new one may be made there.

    Reads the header only, so that a file of somebody else stays as it was. StoreError where neither holds.
    """
    if not path.parent.is_dir():
        raise StoreError(f"store {path}: the folder {path.parent} does not exist; create it or correct `store`")
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except FileNotFoundError:
        header = b""
    except OSError as error:
        raise StoreError(f"store {path}: it cannot be read ({error.strerror})") from error
    if not header:
        if not create:
            raise NothingRecorded(
                f"store {path}: nothing was recorded yet; start `waakvlam run` or import observations first"
            )
        return False
    if not header.startswith(_MAGIC):
        raise StoreError(f"store {path}: this is not a database; give `store` another path, or move that file away")
    if int.from_bytes(header[_ID_AT], "big") != APPLICATION_ID:
        raise StoreError(
            f"store {path}: this is a SQLite database, but not waakvlam's; give `store` another path, "
            "or move that file away"
        )
    return True


def _file_at(path: Path) -> _File:
    """Which file is there now; StoreError where it is gone or no store of ours any more."""
    try:
        found = path.stat()
    except FileNotFoundError:
        raise StoreError(f"store {path}: the file is gone; put it back, or start again to begin a new one") from None
    except OSError as error:
        raise StoreError(f"store {path}: it cannot be found ({error.strerror})") from error
    return found.st_dev, found.st_ino


def make_file(path: Path) -> None:
    """A database that is ours and still without tables.

    The mark is written before the write-ahead log is switched on, so that it is in the file itself.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        if connection.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


class SqliteDatabase:
    """The file at `path`, which exists (`collector.store.database`: `Database`)."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error,)
    is_shared = False

    def __init__(self, path: Path) -> None:
        self.place = str(path)
        self._path = path
        self._file: _File | None = None
        self._engine = create_engine("sqlite+pysqlite://", creator=self._connect, poolclass=QueuePool)
        event.listen(self._engine, "begin", _begin)

    def explain(self, error: BaseException) -> str:
        name = getattr(error, "sqlite_errorname", "")
        for prefix, text in _EXPLANATIONS:
            if name.startswith(prefix):
                return f"{text} ({error})"
        return str(error)

    def is_passing(self, error: BaseException) -> bool:
        return False  # a transaction has the right to write from its start on

    def reader(self) -> Connection:
        return self._engine.connect()

    def writer(self) -> Connection:
        """Its transactions take the right to write at their start: one that read first and then wants to write could
        find that another process wrote in between, and would have to be done again."""
        return self._engine.connect().execution_options(**{_WRITES: True})

    def prepare(self, connection: Connection) -> None:
        """The transaction holds the right to write already."""

    def claim(self, vantage: str) -> None:
        """Two collectors of one file are on one machine, and a lock beside the file keeps them apart."""

    def has_moved(self) -> bool:
        """Whether another file is at the path now: what is written to one that was deleted is lost."""
        file = _file_at(self._path)
        if file == self._file:
            return False
        if self._file is not None:
            inspect_file(self._path, create=False)
        self._file = file
        return True

    def take_turn(self, connection: Connection, vantages: Collection[str] | None, mark: Any) -> Noticed:
        """The transaction holds the right to write already. SQLite tells that another connection wrote, not what."""
        generation = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
        return Noticed(() if generation == mark else None, generation)

    def note_late(self, connection: Connection, vantages: Collection[str]) -> None:
        """Who reads finds out that somebody wrote, and reads again."""

    def centres(self) -> None:
        return None

    def lock_names(self, connection: Connection) -> None:
        """Nobody else writes."""

    def make_room(self, connection: Connection, table: str, places: Iterable[int]) -> None:
        """There is room for any."""

    def rows_around(
        self, connection: Connection, places: Collection[tuple[int, int]], limit: int
    ) -> Mapping[int, Sequence[Any]]:
        return {}  # there is no way to a server and back

    def remove_hours(self, connection: Connection, before: int) -> int:
        return connection.execute(delete(latency).where(latency.c.hour < before)).rowcount

    def close(self) -> None:
        self._engine.dispose()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(self._path))}?mode=rw",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
        return connection


_WRITES = "waakvlam_writes"


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
