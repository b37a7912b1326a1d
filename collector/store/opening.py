"""From a URL to a store that is ours, of this version, and ready."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, Connection, column, inspect, make_url, select, table
from sqlalchemy.exc import ArgumentError

from collector.store import sqlite
from collector.store.database import Database
from collector.store.errors import StoreError, explained
from collector.store.schema import REVISION
from collector.store.sqlite import SqliteDatabase
from collector.store.store import SqlStore

_SQLITE = "sqlite:///"
_POSTGRESQL = "postgresql"
_REMEDY = "write sqlite:///path/to/waakvlam.db or postgresql://user@host/database"
_VERSION_TABLE = "alembic_version"


def open_store(url: str, *, create: bool) -> SqlStore:
    """The store at `url` (`sqlite:///path`, `postgresql://user@host/database`), brought up to this version's tables.

    With `create` it is made where there is none; without, it is a StoreError that nothing was recorded yet. StoreError
    also where what is there is somebody else's, damaged, of a newer version, or may not be written.
    """
    database: Database = _sqlite(url, create) if url.startswith(_SQLITE) else _postgresql(url, create)
    try:
        with explained(database):
            _bring_up_to_date(database)
    except BaseException:
        database.close()
        raise
    return SqlStore(database)


def _sqlite(url: str, create: bool) -> SqliteDatabase:
    """The file in a URL, as it is written there: a name with a percent sign is that name."""
    name = url.removeprefix(_SQLITE)
    if not name or name == ":memory:":
        raise StoreError(f"store {url}: it names no file; {_REMEDY}")
    path = Path(name)
    database = SqliteDatabase(path)
    if not sqlite.inspect_file(path, create=create):
        with explained(database):
            sqlite.make_file(path)
    return database


def _postgresql(text: str, create: bool) -> Database:
    url = _parsed(text)
    # Only here, since who keeps facts in a file needs no driver of a server.
    from collector.store.postgresql import PostgresqlDatabase

    database = PostgresqlDatabase(url)
    try:
        database.inspect(create=create)
    except BaseException:
        database.close()
        raise
    return database


def _parsed(text: str) -> URL:
    try:
        parsed = make_url(text)
    except (ArgumentError, ValueError):
        raise StoreError(f"store {text!r}: not a URL; {_REMEDY}") from None
    if parsed.drivername != _POSTGRESQL:
        shown = parsed.render_as_string(hide_password=True)
        raise StoreError(f"store {shown}: no store can be kept there; {_REMEDY}")
    return parsed


def _bring_up_to_date(database: Database) -> None:
    with database.reader() as connection:
        found = _revision(connection)
    if found == REVISION:
        return
    if found is not None and found > REVISION:
        raise StoreError(
            f"store {database.place}: a newer version of waakvlam made it (its tables are {found}, this version knows "
            f"{REVISION}); use that version, or a backup from before it"
        )
    _migrate(database)


def _revision(connection: Connection) -> str | None:
    """The last migration the store has seen; None for one without tables."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    version: str | None = connection.execute(select(column("version_num")).select_from(table(_VERSION_TABLE))).scalar()
    return version


def _migrate(database: Database) -> None:
    """All missing migrations in one transaction; a crash halfway leaves the store as it was."""
    # Only here, since it takes longer to import than a report may take to read a store that is up to date.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with database.writer() as connection, connection.begin():
        database.prepare(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
