"""Statements that are executed for thousands of rows, handed to the driver as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Literal

from sqlalchemy import BigInteger, Connection, Integer, LargeBinary, Select, SmallInteger, Table, Text

_ROWS_PER_CALL = 10_000

_TYPES = ((BigInteger, "bigint"), (SmallInteger, "smallint"), (Integer, "int"), (LargeBinary, "bytea"), (Text, "text"))
"""The more particular ones first, as they are kinds of the others."""


class Many:
    """Adds, changes or removes rows of `table`, which come as their `values` and then their `keys`.

    SQLite gets row after row, which costs nothing there. PostgreSQL gets a column as one array, and so one statement
    for all rows: an eighth of the time that thousands of statements take.
    """

    def __init__(
        self,
        action: Literal["insert", "update", "delete"],
        table: Table,
        values: Sequence[str],
        keys: Sequence[str] = (),
    ) -> None:
        columns = [table.c[name] for name in (*values, *keys)]
        self._one = _TEXTS[action].format(
            table=table.name,
            names=", ".join(values),
            places=", ".join("?" * len(values)),
            changes=", ".join(f"{name} = ?" for name in values),
            which=" AND ".join(f"{name} = ?" for name in keys),
        )
        self._all = _ARRAYS[action].format(
            table=table.name,
            names=", ".join(column.name for column in columns),
            arrays=", ".join(f"%b::{_type(column.type)}[]" for column in columns),
            changes=", ".join(f"{name} = given.{name}" for name in values),
            which=" AND ".join(f"there.{name} = given.{name}" for name in keys),
        )

    def __call__(self, connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
        """Execute for every row, a bounded number at a time."""
        rows = iter(rows)
        in_arrays = connection.dialect.name == "postgresql"
        while chunk := list(islice(rows, _ROWS_PER_CALL)):
            if in_arrays:
                connection.exec_driver_sql(self._all, tuple(map(list, zip(*chunk, strict=True))))
            else:
                connection.exec_driver_sql(self._one, chunk)


_TEXTS = {
    "insert": "INSERT INTO {table} ({names}) VALUES ({places})",
    "update": "UPDATE {table} SET {changes} WHERE {which}",
    "delete": "DELETE FROM {table} WHERE {which}",
}
_ARRAYS = {
    "insert": "INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays})",
    "update": "UPDATE {table} there SET {changes} FROM unnest({arrays}) given ({names}) WHERE {which}",
    "delete": "DELETE FROM {table} there USING unnest({arrays}) given ({names}) WHERE {which}",
}


def _type(of: Any) -> str:
    return next(name for kind, name in _TYPES if isinstance(of, kind))


def repeated(connection: Connection, statement: Select[Any]) -> Callable[[dict[str, int]], list[Any]]:
    """What executes `statement` again and again, with named parameters, and gives the driver's own tuples.

    A month of a thousand checks is hundreds of thousands of rows; nothing is done for each of them here.
    """
    compiled = statement.compile(dialect=connection.dialect)
    text, order = compiled.string, getattr(compiled, "positiontup", None)
    cursor = connection.connection.cursor()

    def fetch(parameters: dict[str, int]) -> list[Any]:
        cursor.execute(text, [parameters[name] for name in order] if order else parameters)
        return list(cursor.fetchall())

    return fetch
