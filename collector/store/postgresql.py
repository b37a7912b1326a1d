"""All that is particular to PostgreSQL: whose schema it is, how connections are set up, who writes when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from zlib import crc32

import psycopg
from psycopg.abc import Buffer
from psycopg.types.string import StrBinaryDumper, StrDumper
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import OperationalError

from collector.store.database import Noticed
from collector.store.errors import NothingRecorded, StoreError, explained
from collector.store.postgresql_centres import PostgresqlCentres
from collector.store.postgresql_errors import explanation, is_passing
from collector.store.postgresql_months import drop_hours, forget_room, make_room

SCHEMA = "waakvlam"
"""Everything stands in a schema of this name: other schemas of the database are never looked at."""

OLDEST = 130000
"""The first version, as the server numbers them, that has all that is used here (13)."""

_DEFAULTS = {
    "connect_timeout": "3",
    "application_name": "waakvlam",
    "client_encoding": "utf8",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
"""For libpq, where the URL says nothing: a server that cannot be reached is noticed in seconds, not in minutes."""

_SET_UP = (
    f"SET search_path TO {SCHEMA}; SET TimeZone TO 'UTC'; SET client_min_messages TO warning; "
    # The server, too, is to notice soon that somebody is gone who holds a lock.
    "SET tcp_keepalives_idle TO 10; SET tcp_keepalives_interval TO 5; SET tcp_keepalives_count TO 3; "
    "SET lock_timeout TO '4s'; SET idle_in_transaction_session_timeout TO '10min'"
)
_QUICK = {"connect_timeout": "3", "tcp_user_timeout": "4000"}
_AS_CENTRE = "SET statement_timeout TO '3s'; SET lock_timeout TO '2s'"
"""Where centres meet nobody waits for long: who cannot renew its lead in time does not lead."""
_AS_WRITER = "SET SESSION idle_in_transaction_session_timeout TO '60s'"

_LOCKS = 0x77766C6D
"""The first half of our advisory locks ("wvlm"); vantages and collectors stand under the next ones."""
_FACTS, _REGISTERS, _NAMES = 0, 1, 2
_OF_A_VANTAGE, _OF_A_COLLECTOR = _LOCKS + 1, _LOCKS + 2
_ANYTHING = ""
"""The name of no vantage, under which writing that may concern any of them is counted."""


class PostgresqlDatabase:
    """The schema `waakvlam` of the database at `url` (`collector.store.database`: `Database`).

    Who writes facts holds a lock for every vantage they are of, so that several processes write at once where they
    write of different vantages; docs/decisions/0031 says why, and in which order locks are taken.
    """

    errors: tuple[type[Exception], ...] = (psycopg.Error,)
    is_shared = True

    def __init__(self, url: URL) -> None:
        self.place = url.render_as_string(hide_password=True).replace("%2F", "/")
        defaults = {key: value for key, value in _DEFAULTS.items() if key not in url.query}
        url = url.set(drivername="postgresql+psycopg").update_query_dict(defaults)
        # A connection that was lost while nobody used it is not to be noticed by who needs it next.
        self._url = url
        self._engine = create_engine(url, pool_pre_ping=True, pool_size=4)
        event.listen(self._engine, "connect", _set_up)
        self._claims: set[str] = set()

    def explain(self, error: BaseException) -> str:
        return explanation(error)

    def is_passing(self, error: BaseException) -> bool:
        return is_passing(error)

    def reader(self) -> Connection:
        return self._engine.connect().execution_options(isolation_level="REPEATABLE READ")

    def writer(self) -> Connection:
        """Each of its statements sees what was committed before it: what is read behind a lock is what the last
        holder of the lock wrote."""
        connection = self._engine.connect().execution_options(isolation_level="READ COMMITTED")
        try:
            with connection.begin():
                connection.exec_driver_sql(_AS_WRITER)
                for vantage in sorted(self._claims):
                    self._keep(connection, vantage)
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        return connection

    def claim(self, vantage: str) -> None:
        self._claims.add(vantage)

    def has_moved(self) -> bool:
        return False

    def take_turn(self, connection: Connection, vantages: Collection[str] | None, mark: Any) -> Noticed:
        if vantages is None:
            _lock(connection, _FACTS)
            _lock(connection, _REGISTERS)
        elif not vantages:
            _lock(connection, _REGISTERS)
            # Whoever stops in the middle of this must not hold up all others for long: nothing of it takes seconds.
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout TO '10s'")
        else:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock_shared(%s, %s)", (_LOCKS, _FACTS))
            for number in sorted(set(map(_number, vantages))):
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, %s)", (_OF_A_VANTAGE, number))
        found: dict[str, int] = {row.vantage: row.version for row in connection.exec_driver_sql(_TURNS)}
        for vantage in (_ANYTHING,) if vantages is None else sorted(vantages):
            connection.exec_driver_sql(_COUNT, (vantage,))
        known: dict[str, int] | None = mark
        ours = {vantage: 1 + found.get(vantage, 0) for vantage in ((_ANYTHING,) if vantages is None else vantages)}
        changed = _changed(known, found)
        if changed is None:
            forget_room(connection)  # somebody may have dropped a month
        return Noticed(changed, found | ours)

    def note_late(self, connection: Connection, vantages: Collection[str]) -> None:
        connection.exec_driver_sql("UPDATE turn SET late = late + 1 WHERE vantage = ANY(%s)", (sorted(vantages),))

    def centres(self) -> PostgresqlCentres:
        engine = create_engine(self._url.update_query_dict(_QUICK), pool_size=1, max_overflow=0)
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "connect", _hurry)
        return PostgresqlCentres(engine, self)

    def lock_names(self, connection: Connection) -> None:
        _lock(connection, _NAMES)

    def make_room(self, connection: Connection, table: str, places: Iterable[int]) -> None:
        make_room(connection, table, places)

    def rows_around(
        self, connection: Connection, places: Collection[tuple[int, int]], limit: int
    ) -> Mapping[int, Sequence[Any]]:
        if len(places) < _MANY:
            return {}
        found: dict[int, list[Any]] = {key: [] for key, _ in places}
        keys, instants = map(list, zip(*places, strict=True))
        for key, *row in connection.exec_driver_sql(_AROUND, (keys, instants, limit)):
            found[key].append(row)
        return found

    def remove_hours(self, connection: Connection, before: int) -> int:
        return drop_hours(connection, before)

    def close(self) -> None:
        self._engine.dispose()

    def inspect(self, *, create: bool) -> bool:
        """Whether there is a store of ours; False where a new one may be made. StoreError where neither holds."""
        with explained(self), self._engine.connect() as connection:
            version = connection.exec_driver_sql("SELECT current_setting('server_version_num')::int").scalar_one()
            if version < OLDEST:
                raise self._refused(
                    f"the server is PostgreSQL {version // 10000}, and at least {OLDEST // 10000} is needed"
                )
            encoding = connection.exec_driver_sql("SELECT current_setting('server_encoding')").scalar_one()
            if encoding != "UTF8":
                raise self._refused(
                    f"its encoding is {encoding}, in which not every text can be kept; create one with ENCODING 'UTF8'"
                )
            tables = {name for (name,) in connection.exec_driver_sql(_TABLES, (SCHEMA,))}
        if tables >= _OURS:
            return True
        if tables:
            raise self._refused(
                f"its schema {SCHEMA} holds tables of somebody else ({', '.join(sorted(tables)[:3])}); "
                "give `store` another database"
            )
        if not create:
            raise NothingRecorded(
                f"store {self.place}: nothing was recorded yet; start `waakvlam run` or import observations first"
            )
        return False

    def prepare(self, connection: Connection) -> None:
        _lock(connection, _FACTS)
        _lock(connection, _REGISTERS)
        there = connection.exec_driver_sql("SELECT 1 FROM pg_namespace WHERE nspname = %s", (SCHEMA,)).first()
        if there is None:
            connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")

    def _keep(self, connection: Connection, vantage: str) -> None:
        """Take the lock of who collects from `vantage`, which the server holds as long as the connection lasts."""
        try:
            connection.exec_driver_sql("SELECT pg_advisory_lock(%s, %s)", (_OF_A_COLLECTOR, _number(vantage)))
        except OperationalError as error:
            if isinstance(error.orig, psycopg.errors.LockNotAvailable):
                raise self._refused(
                    f"a collector already probes from {vantage} into this store: stop that one first"
                ) from error
            raise

    def _refused(self, text: str) -> StoreError:
        return StoreError(f"store {self.place}: {text}")


_OURS = {"alembic_version", "fact", "tail", "turn"}
_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_MANY = 4
"""Series from which on one statement for all is faster than some for each."""
_AROUND = """
SELECT asked.series_id, found.* FROM unnest(%b::int[], %b::bigint[]) asked (series_id, instant)
CROSS JOIN LATERAL (
    SELECT first, step, length, outcome_id FROM fact
    WHERE series_id = asked.series_id AND first >= coalesce(
        (SELECT max(first) FROM fact WHERE series_id = asked.series_id AND first < asked.instant), asked.instant
    )
    ORDER BY first LIMIT %s
) found
ORDER BY asked.series_id, found.first
"""
_TURNS = "SELECT vantage, version FROM turn"
_COUNT = """
INSERT INTO turn (vantage, version) VALUES (%s, 1) ON CONFLICT (vantage) DO UPDATE SET version = turn.version + 1
"""


class _Text(StrDumper):
    """PostgreSQL cannot keep NUL in a text; a certificate, for one, may bring it along."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd"))


class _BinaryText(StrBinaryDumper):
    """The same in the other format."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd"))


def _set_up(connection: Any, _record: object) -> None:
    """What every connection begins with."""
    connection.adapters.register_dumper(str, _Text)
    connection.adapters.register_dumper(str, _BinaryText)
    connection.autocommit = True
    try:
        connection.execute(_SET_UP)
    finally:
        connection.autocommit = False


def _hurry(connection: Any, _record: object) -> None:
    connection.autocommit = True
    try:
        connection.execute(_AS_CENTRE)
    finally:
        connection.autocommit = False


def _number(vantage: str) -> int:
    """Of two vantages that come to the same number, one waits for the other."""
    return crc32(vantage.encode()) & 0x7FFFFFFF


def _lock(connection: Connection, number: int) -> None:
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCKS, number))


def _changed(known: dict[str, int] | None, found: dict[str, int]) -> Collection[str] | None:
    """Of which vantages others wrote facts; None where it may be any, also as an older store was put in its place."""
    if known is None or any(found.get(vantage, 0) < version for vantage, version in known.items()):
        return None
    changed = {vantage for vantage, version in found.items() if known.get(vantage) != version}
    return None if _ANYTHING in changed else changed
