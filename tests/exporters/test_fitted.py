"""Tables of many rows are written line by line: as rich itself would write them."""

from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from exporters.fitted import Cell, Fitted

words = st.text(alphabet="ab é漢–1 ", max_size=12)
cells = st.one_of(words, st.builds(Text, words, st.sampled_from(["", "bold", "green"])))
rows = st.lists(st.tuples(cells, cells, cells, cells), max_size=6)
COLUMNS = ("Service", "Norm", "Down", "Verdict")


def printed(table: RenderableType, width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(table)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def by_rich(rows: list[tuple[Cell, Cell, Cell, Cell]], right: frozenset[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


@settings(deadline=None)
@given(rows=rows, right=st.frozensets(st.sampled_from(COLUMNS)))
def test_a_table_that_fits_is_what_rich_makes_of_it(
    rows: list[tuple[Cell, Cell, Cell, Cell]], right: frozenset[str]
) -> None:
    table = Fitted(COLUMNS, right)
    for row in rows:
        table.add(*row)
    assert printed(table, 160) == printed(by_rich(rows, right), 160)


def test_colours_are_those_of_the_cells() -> None:
    table = Fitted(("Service", "Verdict"))
    table.add("brp", Text("missed", "red"))
    out = io.StringIO()
    Console(file=out, width=80, force_terminal=True, color_system="standard").print(table)
    assert "\x1b[31mmissed" in out.getvalue()
    assert "\x1b[1mService" in out.getvalue()


def test_a_cell_of_two_lines_stays_two_lines() -> None:
    table = Fitted(("Service", "Causes"))
    table.add("brp", "disk\nline")
    text = printed(table, 80)
    assert any("brp" in line and "disk" in line for line in text)
    assert any(line.strip() == "line" for line in text)
