"""Reads the URL of a database and hands the question to what speaks its protocol."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from availability.outcome import Reason, could_not_look
from collector import sql_mariadb, sql_oracle, sql_postgresql
from collector.context import Context
from collector.errors import LookEnded
from collector.probes.sql import Answer
from collector.streams import Stopwatch

_MAKES: Mapping[str, Callable[[URL, str, Context, Stopwatch], Awaitable[Answer]]] = {
    "postgresql": sql_postgresql.ask,
    "postgres": sql_postgresql.ask,
    "mariadb": sql_mariadb.ask,
    "mysql": sql_mariadb.ask,
    "oracle": sql_oracle.ask,
}
"""What stands in front of a URL, without the driver that other programs want named behind a +: here it says nothing."""
_OTHERS = frozenset({"mssql", "db2", "sqlite"})
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
    make = url.drivername.partition("+")[0]
    if ask := _MAKES.get(make):
        return await ask(url, query, context, watch)
    whose = f", and not {make}" if make in _OTHERS else ""
    why = f"this version asks postgresql://, mariadb://, mysql:// and oracle://{whose}: look with a plugin"
    raise LookEnded(could_not_look(Reason.UNSUPPORTED, why))
