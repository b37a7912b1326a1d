"""A table that leaves out its less important columns where the terminal is too narrow for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

Cell = str | Text
_CLAIM = 40
_LEAST = 6
"""How wide, in columns, the first and the last may be before those in `spare` go, and before others do."""
_FEWEST = 3
_BETWEEN = 3
"""Columns between two columns; one more stands at either edge."""


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
        widths = self._widths()

        def fits(hidden: set[str], widest: int) -> bool:
            return self._width(widths, hidden, widest) <= options.max_width

        middle = [column for column in self.columns[1:-1] if column not in self.spare]
        leaving = [*((column, _CLAIM) for column in self.spare), *((column, _LEAST) for column in reversed(middle[1:]))]
        hidden: set[str] = set()
        for column, widest in leaving:
            if fits(hidden, widest):
                break
            hidden.add(column)
        if fits(hidden, options.max_width) and not any(self._has_styles_within(row) for row in self.rows):
            yield from self._lines(console, widths, hidden)
        else:
            yield self._table(hidden)

    def _widths(self) -> list[int]:
        """How wide each column is if every line of every cell is to be whole."""
        widths = [_measured(column) for column in self.columns]
        for row in self.rows:
            for index, cell in enumerate(row):
                width = _measured(_plain(cell))
                if width > widths[index]:
                    widths[index] = width
        return widths

    def _width(self, widths: Sequence[int], hidden: set[str], widest: int) -> int:
        """How wide the table is without `hidden`, with the first and the last column at most `widest`."""
        shown = [index for index, column in enumerate(self.columns) if column not in hidden]
        taken = sum(min(widths[index], widest) if index in (shown[0], shown[-1]) else widths[index] for index in shown)
        return taken + _BETWEEN * (len(shown) - 1) + 2

    def _has_styles_within(self, row: Sequence[Cell]) -> bool:
        """Whether a cell has more to it than one line in one style."""
        return any("\n" in _plain(cell) or (isinstance(cell, Text) and bool(cell.spans)) for cell in row)

    def _lines(self, console: Console, widths: Sequence[int], hidden: set[str]) -> RenderResult:
        """The same as `_table` where every cell has its width: a report has thousands of rows, which rich would
        measure and wrap one by one."""
        shown = [index for index, column in enumerate(self.columns) if column not in hidden]
        whole = self._width(widths, hidden, max(widths))
        blank, bold = Segment(" " * whole + "\n"), console.get_style("table.header")
        yield blank
        yield from self._line(console, [(index, self.columns[index]) for index in shown], widths, bold)
        yield Segment(f" {'─' * (whole - 2)} \n")
        for row in self.rows:
            yield from self._line(console, [(index, row[index]) for index in shown], widths)
        yield blank

    def _line(
        self, console: Console, cells: Sequence[tuple[int, Cell]], widths: Sequence[int], style: Style | None = None
    ) -> RenderResult:
        line, gap = "", " "
        for index, cell in cells:
            right = self.columns[index] in self.right
            text = _plain(cell).rstrip() if right else _plain(cell)
            spaces = " " * (widths[index] - cell_len(text))
            before, after = (spaces, "") if right else ("", spaces)
            own = console.get_style(cell.style) if isinstance(cell, Text) and cell.style else style
            if own is None:
                line += gap + before + text + after
            else:
                yield Segment(line + gap + before)
                yield Segment(text, own)
                line = after
            gap = " " * _BETWEEN
        yield Segment(line + " \n")

    def _table(self, hidden: set[str]) -> Table:
        """The table without `hidden`, whose first and last column take several lines where they must."""
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
            )
        for row in self.rows:
            table.add_row(*(row[index] for index in shown))
        return table


def _plain(cell: Cell) -> str:
    return cell.plain if isinstance(cell, Text) else cell


def _measured(text: str) -> int:
    return cell_len(text) if "\n" not in text else max(map(cell_len, text.split("\n")))
