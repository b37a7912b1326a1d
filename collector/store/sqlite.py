"""All that is particular to SQLite: whose file it is, how connections are set up, how transactions begin."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from collector.store.errors import NothingRecorded, StoreError

APPLICATION_ID = 0x77766C6D
"""Marks a file as ours in the header of its first page ("wvlm")."""

BUSY_SECONDS = 2.0
"""How long to wait for another process that writes; twice fits in the five seconds a stop may take."""

File = tuple[int, int]
"""Device and number of a file, which stay as long as it is the same."""

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_ID_AT = slice(68, 72)


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


def file_at(place: str) -> File:
    """Which file is there now; StoreError where it is gone or no store of ours any more."""
    path = Path(place)
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


def make_engine(path: Path) -> Engine:
    """Connections to the database at `path`, which exists; any thread may use one at a time."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=rw",
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

    engine = create_engine("sqlite+pysqlite://", creator=connect, poolclass=QueuePool)
    event.listen(engine, "begin", _begin)
    return engine


def for_writing(connection: Connection) -> Connection:
    """The same connection, whose transactions take the right to write at their start.

    A transaction that read first and then wants to write could find that another process wrote in between, and
    would have to be done again.
    """
    return connection.execution_options(**{_WRITES: True})


def generation(connection: Connection) -> Any:
    """A value that differs from the last one on this connection where another connection wrote in between."""
    return connection.exec_driver_sql("PRAGMA data_version").scalar_one()


_WRITES = "waakvlam_writes"


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
