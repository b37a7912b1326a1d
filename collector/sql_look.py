"""Reads the URL of a database and hands the question to what speaks its protocol."""

from __future__ import annotations

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from availability.outcome import Reason, could_not_look
from collector.context import Context
from collector.errors import LookEnded
from collector.probes.sql import Answer
from collector.sql_postgresql import ask
from collector.streams import Stopwatch

_POSTGRESQL = frozenset({"postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg_async"})
_OTHERS = frozenset({"mysql", "mariadb", "mssql", "oracle", "db2", "sqlite"})
"""Makes that are called by their names: what else stands in front of a URL may be part of a secret gone astray."""


async def first_value(text: str, query: str, context: Context, watch: Stopwatch) -> Answer:
    """The answer to `query` of the database whose URL `text` is; it is repeated nowhere.

    LookEnded where there is none: the URL is of no use, its make is not known here, or the database failed.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError) as error:
        why = "the secret is no URL of a database, such as postgresql://user:password@host/name"
        raise LookEnded(could_not_look(Reason.COULD_NOT_LOOK, why)) from error
    if url.drivername in _POSTGRESQL:
        return await ask(url, query, context, watch)
    make = url.drivername.partition("+")[0]
    whose = f", and not {make}" if make in _OTHERS else ""
    why = f"this version asks PostgreSQL (postgresql://){whose}: look at another make with a plugin"
    raise LookEnded(could_not_look(Reason.UNSUPPORTED, why))
