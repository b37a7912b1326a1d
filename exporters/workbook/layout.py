"""Where each column of a table stands on a sheet: what people read first, what formulas calculate with after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from xlsxwriter.utility import xl_rowcol_to_cell

from exporters.tables.table import Column, Kind, Row, Table, Typed
from exporters.words import Words

Mode = Literal["read", "exact", "utc"]

_WIDTHS: Mapping[Kind, int] = {
    **{"verdict": 15, "light": 13, "flag": 10, "instant": 30, "later": 30, "end": 30, "duration": 15},
    **{"balance": 12, "milliseconds": 12, "ratio": 12, "norm": 9, "count": 10, "mixed": 70},
}
_NARROWEST, _WIDEST = 11, 48
_WIDE = {"explanation": 110, "digest": 68}
_LOOKED_AT = 500
"""Rows that are looked at to find how wide a column of text has to be."""
_INSTANTS = frozenset({"instant", "later", "end"})
_CENTRED = frozenset({"verdict", "light", "flag"})
_NUMBERS = frozenset({"duration", "balance", "milliseconds", "ratio", "norm", "count"})


@dataclass(frozen=True, slots=True)
class Placed:
    """A column of the sheet: the column of the table that it shows, and how."""

    column: Column
    source: int
    mode: Mode
    title: str
    width: float

    @property
    def align(self) -> Literal["left", "center", "right"]:
        """Numbers to the right, words in colour in the middle, so that the two never touch."""
        if self.mode == "exact" or (self.mode == "read" and self.column.kind in _NUMBERS):
            return "right"
        return "center" if self.column.kind in _CENTRED else "left"

    @property
    def style(self) -> dict[str, object]:
        """How its cells and its head stand."""
        indented = self.align == "left" and self.source > 0
        return {"align": self.align, **({"indent": 1} if indented else {})}


_MAY_LACK = frozenset({"text", "instant", "later", "ratio", "duration", "milliseconds"})


def filled(table: Table) -> Table:
    """The table without columns that have nothing in any row and that no formula needs: paper is narrow."""
    if not table.rows:
        return table
    empty = [
        column.key
        for index, column in enumerate(table.columns)
        if index and column.kind in _MAY_LACK and not column.exact and column.share is None
        if all(row[index] is None or row[index] == () for row in table.rows)
    ]
    return table.without(*empty)


class Layout:
    """The columns of a table on a sheet.

    Lengths that are calculated with stand to the right once more, in seconds to the millisecond. So do the first
    instant and the one after it, in UTC: local time reads easily, but the hour that the clocks repeat does not sort.
    """

    def __init__(self, table: Table, words: Words) -> None:
        self.table = table = filled(table)
        self.placed = [self._read(index, column, words) for index, column in enumerate(table.columns)]
        exact = [(index, column) for index, column in enumerate(table.columns) if column.exact]
        self.placed += [self._also(index, column, "exact", words) for index, column in exact]
        instants = [(index, column) for index, column in enumerate(table.columns) if column.kind in _INSTANTS][:2]
        self.placed += [self._also(index, column, "utc", words) for index, column in instants]
        self._where = {placed.column.key: at for at, placed in enumerate(self.placed) if placed.mode != "utc"}
        self._shown = {placed.column.key: at for at, placed in enumerate(self.placed) if placed.mode == "read"}

    @property
    def widths(self) -> list[float]:
        """Of all columns, in letters."""
        return [placed.width for placed in self.placed]

    def cell(self, key: str, row: int) -> str:
        """The cell in `row` of the sheet to calculate with: the exact one, where there is one."""
        return str(xl_rowcol_to_cell(row, self._where[key]))

    def shown(self, key: str) -> int | None:
        """The column of the sheet in which people read `key`."""
        return self._shown.get(key)

    def _read(self, index: int, column: Column, words: Words) -> Placed:
        title = words.column(self.table.key, column.key)
        if column.kind == "balance":
            title = words.sentence("hours", title=title)
        if column.kind == "milliseconds":
            title = words.sentence("in_milliseconds", title=title)
        width = _WIDTHS.get(column.kind) or _WIDE.get(column.key) or _text_width(self.table.rows, index, words)
        return Placed(column, index, "read", title, _fitting(title, width))

    def _also(self, index: int, column: Column, mode: Mode, words: Words) -> Placed:
        title = words.sentence("exact" if mode == "exact" else "in_utc", title=words.column(self.table.key, column.key))
        return Placed(column, index, mode, title, _fitting(title, 15 if mode == "exact" else 26))


def _fitting(title: str, width: int) -> float:
    """At least as wide as the title needs, in bold, where it may take two lines."""
    words = title.split(" ")
    lines = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(len(words))]
    return max(width, 2 + 1.15 * min(max(map(len, pair)) for pair in lines))


def _text_width(rows: Sequence[Row], index: int, words: Words) -> int:
    longest = 0
    for row in rows[:_LOOKED_AT]:
        cell = row[index]
        value = cell.value if isinstance(cell, Typed) else cell
        text = ", ".join(value) if isinstance(value, tuple) else words.term(value) if isinstance(value, str) else ""
        longest = max(longest, len(text))
    return max(_NARROWEST, min(_WIDEST, longest + 2))
