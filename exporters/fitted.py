"""A table that leaves out its less important columns where the terminal is too narrow for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

Cell = str | Text
_CLAIM = 40
_LEAST = 6
"""How wide, in columns, the first and the last may be before those in `spare` go, and before others do."""
_FEWEST = 3


@dataclass
class Fitted:
    """Rows under `columns`; those in `right` stand to the right.

    Where it does not fit, those in `spare` are left out, in that order; then the first and the last column take
    several lines, and at the very last others go, from the right. The first two and the last stay: they say what a row
    is about and what came of it. The first and the last claim no more than `_CLAIM` columns before others go: a long
    name takes lines, not figures.
    """

    columns: Sequence[str]
    right: frozenset[str] = frozenset()
    spare: Sequence[str] = ()
    rows: list[Sequence[Cell]] = field(default_factory=list)

    def add(self, *cells: Cell) -> None:
        """One row, a cell per column."""
        self.rows.append(cells)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        def fits(hidden: set[str], widest: int) -> bool:
            table = self._table(hidden, widest)
            return Measurement.get(console, options.update(max_width=10_000), table).maximum <= options.max_width

        middle = [column for column in self.columns[1:-1] if column not in self.spare]
        leaving = [*((column, _CLAIM) for column in self.spare), *((column, _LEAST) for column in reversed(middle[1:]))]
        hidden: set[str] = set()
        for column, widest in leaving:
            if fits(hidden, widest):
                break
            hidden.add(column)
        yield self._table(hidden)

    def _table(self, hidden: set[str], widest: int | None = None) -> Table:
        """The table without `hidden`, the first and the last column at most `widest` wide."""
        shown = [index for index, column in enumerate(self.columns) if column not in hidden]
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for index in shown:
            column = self.columns[index]
            justify: JustifyMethod = "right" if column in self.right else "left"
            wraps = index in (shown[0], shown[-1]) or len(shown) <= _FEWEST
            table.add_column(
                column,
                justify=justify,
                no_wrap=not wraps,
                overflow="fold",
                max_width=widest if index in (shown[0], shown[-1]) else None,
            )
        for row in self.rows:
            table.add_row(*(row[index] for index in shown))
        return table
