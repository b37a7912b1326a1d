"""A table of an account: named columns of one kind each, and rows of plain values that no language has touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, NamedTuple

Kind = Literal[
    "text",
    "word",
    "verdict",
    "light",
    "flag",
    "instant",
    "later",
    "end",
    "duration",
    "balance",
    "milliseconds",
    "ratio",
    "norm",
    "count",
    "mixed",
]
"""What the cells of a column hold, and so how a format writes them. None is an empty cell, whatever the kind.

- `text`: as it was entered or configured; a tuple is a list of such;
- `word`, `verdict`, `light`: a code that exporters/words.py has a word for in each language;
- `flag`: yes or no;
- `instant`: epoch milliseconds; `later`: one that follows the instant before it in the row; `end`: likewise, and None
  means that it still lasts;
- `duration`: milliseconds, whole or a fraction; `balance`: likewise, and it may be negative;
- `milliseconds`: a length that is told in milliseconds;
- `ratio`: between 0 and 1; `norm`: one that was agreed, told with all its digits;
- `mixed`: every cell says itself what it is, as `Typed`.
"""

Value = str | int | float | Fraction | bool | tuple[str, ...] | None


class Typed(NamedTuple):
    """A cell of another kind than its column."""

    kind: Kind
    value: Value


Cell = Value | Typed
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `key` is its stable name for programs, and what its title is found by."""

    key: str
    kind: Kind = "text"
    exact: bool = False
    """Whether a spreadsheet also gets it in seconds to the millisecond, to calculate with."""
    share: tuple[str, str] | None = None
    """Of a ratio: what is divided by what, over the keys of the same row, such as `{up}` and `{up}+{down}`."""
    formula: str | None = None
    """Of a length: how it follows from others of the same row."""


@dataclass(frozen=True, slots=True)
class Table:
    """`key` names it; `cost` is the column by which rows matter, where there is room for some of them only."""

    key: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    cost: str | None = None
    more: int = 0
    """How many rows are left out that cost less."""

    def index(self, key: str) -> int:
        """Where the column `key` stands; KeyError where there is none."""
        for index, column in enumerate(self.columns):
            if column.key == key:
                return index
        raise KeyError(key)

    def of(self, key: str, value: str) -> Table:
        """The same with only the rows that have `value` in the column `key`."""
        index = self.index(key)
        return replace(self, rows=[row for row in self.rows if row[index] == value])

    def without(self, *keys: str) -> Table:
        """The same without the columns `keys`."""
        kept = [index for index, column in enumerate(self.columns) if column.key not in keys]
        rows = [tuple(row[index] for index in kept) for row in self.rows]
        return replace(self, columns=tuple(self.columns[index] for index in kept), rows=rows)
