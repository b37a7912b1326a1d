"""Which cells of a table have a colour, and what it says: good, at risk, bad, or that nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from exporters.tables.table import Column, Row, Table

Tone = Literal["good", "risk", "bad", "unknown"]

_CODES: Mapping[str, Tone] = {
    "met": "good",
    "within": "good",
    "on_course": "good",
    "at_risk": "risk",
    "missed": "bad",
    "undetermined": "unknown",
    "no_data": "unknown",
    "not_known": "unknown",
    "unreachable": "unknown",
}
_JUDGED = frozenset({"verdict", "light"})
_WORDS = frozenset({"reaction", "recovery", "reason"})
_ALARMS: Mapping[str, Tone] = {"test_overdue": "bad", "too_long": "bad", "in_office_hours": "risk", "restated": "risk"}


def tone(table: Table, row: Row, index: int) -> Tone | None:
    """The colour of one cell; None for the many that have none.

    A period that is pending has one only where its forecast is below the norm: what is still open is no warning.
    """
    column, cell = table.columns[index], row[index]
    if column.kind == "flag":
        return _flag(table, column, cell is True, cell is False)
    if not isinstance(cell, str) or not (column.kind in _JUDGED or column.key in _WORDS):
        return None
    if cell == "pending":
        return "risk" if heading_below(table, row) else None
    return _CODES.get(cell)


def _flag(table: Table, column: Column, yes: bool, no: bool) -> Tone | None:
    if column.key == "within" and table.key == "response":
        return "good" if yes else "bad" if no else None
    return _ALARMS.get(column.key) if yes else None


def heading_below(table: Table, row: Row) -> bool:
    """Whether the forecast of a row is below its norm."""
    found = {column.key: cell for column, cell in zip(table.columns, row, strict=True)}
    forecast, norm = found.get("forecast"), found.get("norm")
    return isinstance(forecast, Fraction) and isinstance(norm, Fraction) and forecast < norm
