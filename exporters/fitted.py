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


@dataclass
class Fitted:
    """Rows under `columns`; those in `right` stand to the right.

    Where it does not fit, those in `spare` are left out, in that order; then the first and the last column take
    several lines.
    """

    columns: Sequence[str]
    right: frozenset[str] = frozenset()
    spare: Sequence[str] = ()
    rows: list[Sequence[Cell]] = field(default_factory=list)

    def add(self, *cells: Cell) -> None:
        """One row, a cell per column."""
        self.rows.append(cells)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for dropped in range(len(self.spare) + 1):
            table = self._table(set(self.spare[:dropped]))
            if Measurement.get(console, options.update(max_width=10_000), table).maximum <= options.max_width:
                break
        yield table

    def _table(self, hidden: set[str]) -> Table:
        shown = [index for index, column in enumerate(self.columns) if column not in hidden]
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for index in shown:
            column = self.columns[index]
            justify: JustifyMethod = "right" if column in self.right else "left"
            table.add_column(column, justify=justify, no_wrap=index not in (shown[0], shown[-1]), overflow="fold")
        for row in self.rows:
            table.add_row(*(row[index] for index in shown))
        return table
