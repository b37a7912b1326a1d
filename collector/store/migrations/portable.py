"""What a step says once for every database: texts that sort alike, and tables that are only ever added to."""

from __future__ import annotations

from sqlalchemy import Connection, Text

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Sorts by code points, whatever language the database was made for."""


def only_added(connection: Connection, table: str, message: str) -> None:
    """Let the database refuse to change or remove a row of `table`, and say `message`."""
    if connection.dialect.name == "postgresql":
        _refuse(connection, f"{table}_only_added", "UPDATE OR DELETE", table, "ROW", message)
        _refuse(connection, f"{table}_no_truncate", "TRUNCATE", table, "STATEMENT", message)
        return
    for action in ("UPDATE", "DELETE"):
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def never_removed(connection: Connection, table: str, message: str) -> None:
    """Let PostgreSQL refuse to remove a row that others refer to without its knowing; SQLite knows."""
    if connection.dialect.name == "postgresql":
        _refuse(connection, f"{table}_no_delete", "DELETE OR TRUNCATE", table, "STATEMENT", message)


def _refuse(connection: Connection, name: str, actions: str, table: str, level: str, message: str) -> None:
    connection.exec_driver_sql(
        f"CREATE TRIGGER {name} BEFORE {actions} ON {table} "
        f"FOR EACH {level} EXECUTE FUNCTION refuse_to_change('{message}')"
    )
