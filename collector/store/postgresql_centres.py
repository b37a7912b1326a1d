"""Where centres meet in PostgreSQL: the lease of who leads, by the clock of the database, and who is there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine

from availability.centres import Lead, Met, Presence, Turn, lead_after
from collector.store.errors import Explaining, explained

_SUBJECT = "paging"

_LEAD = "SELECT holder, term, since, until FROM lead WHERE subject = %s"
_MAKE = "INSERT INTO lead VALUES (%s, '', 0, 0, 0) ON CONFLICT (subject) DO NOTHING"
_TAKE = "UPDATE lead SET holder = %s, term = %s, since = %s, until = %s WHERE subject = %s"
_GIVE_UP = "UPDATE lead SET until = 0 WHERE subject = %s AND holder = %s AND term = %s"
_NOW = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_SAY = """
INSERT INTO centre VALUES (%s, %s, %s, %s)
ON CONFLICT (name) DO UPDATE SET heard_at = excluded.heard_at, version = excluded.version, config = excluded.config
"""
_CENTRES = "SELECT name, heard_at, version, config FROM centre"
_TURNS = "SELECT vantage, version, late FROM turn"


class PostgresqlCentres:
    """Fulfils `availability.centres.CentreRegister` through `engine`, which has connections of its own: nothing that
    is written meanwhile holds it up."""

    def __init__(self, engine: Engine, explaining: Explaining) -> None:
        self._engine = engine
        self._explaining = explaining

    def meet(self, name: str, term: int, about: tuple[str, str]) -> Met:
        with explained(self._explaining), self._engine.begin() as connection:
            connection.exec_driver_sql(_MAKE, (_SUBJECT,))
            before = _lead(connection, " FOR UPDATE")
            now = _now(connection)  # behind the lock, for which it may have waited
            lead = lead_after(before, name, term, now)
            if lead != before:
                connection.exec_driver_sql(_TAKE, (*lead, _SUBJECT))
            connection.exec_driver_sql(_SAY, (name, now, *about))
            return _met(connection, now, lead)

    def leave(self, name: str, term: int) -> None:
        with explained(self._explaining), self._engine.begin() as connection:
            connection.exec_driver_sql(_GIVE_UP, (_SUBJECT, name, term))

    def look(self) -> Met:
        with explained(self._explaining), self._engine.begin() as connection:
            return _met(connection, _now(connection), _lead(connection))

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def current_term(connection: Connection) -> int:
    """The term of who leads, within a transaction that somebody else begins and ends; 0 where nobody ever did."""
    return _lead(connection).term


def _lead(connection: Connection, lock: str = "") -> Lead:
    row: Any = connection.exec_driver_sql(_LEAD + lock, (_SUBJECT,)).first()
    return Lead() if row is None else Lead(*row)


def _now(connection: Connection) -> int:
    now: int = connection.exec_driver_sql(_NOW).scalar_one()
    return now


def _met(connection: Connection, now: int, lead: Lead) -> Met:
    centres = {name: Presence(*rest) for name, *rest in connection.exec_driver_sql(_CENTRES)}
    turns = {vantage: Turn(*rest) for vantage, *rest in connection.exec_driver_sql(_TURNS)}
    return Met(now, lead, centres, turns)
