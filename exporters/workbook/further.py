"""Writes a table that was given as CSV onto a sheet of its own: numbers as numbers, all else as text."""

from __future__ import annotations

import re

from exporters.further import FurtherTable
from exporters.workbook.book import Book
from exporters.workbook.cells import CellWriter

_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?")
_DUTCH_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:,\d{1,9})?")
"""Without zeros before it, which an account or a telephone number has, and short enough to be exact."""
_NARROWEST, _WIDEST = 10, 48
_WRAPPED = 40
_LOOKED_AT = 500


def write_further(book: Book, writer: CellWriter, table: FurtherTable) -> None:
    """A sheet with the title and the cells of `table`; nothing in it is run."""
    widths = [
        max(_NARROWEST, min(_WIDEST, 3 + max([len(name), *(len(row[at]) for row in table.rows[:_LOOKED_AT])])))
        for at, name in enumerate(table.header)
    ]
    sheet = book.sheet(table.title, widths)
    for column, name in enumerate(table.header):
        writer.text(sheet.cells, sheet.top, column, name, book.format(bold=True, bottom=1, text_wrap=True, indent=1))
    pattern = _DUTCH_NUMBER if table.decimal_comma else _NUMBER
    plain, wrapped = book.format(indent=1), book.format(indent=1, text_wrap=True)
    for at, row in enumerate(table.rows, start=sheet.top + 1):
        for column, cell in enumerate(row):
            if pattern.fullmatch(cell):
                sheet.cells.write_number(at, column, float(cell.replace(",", ".")), book.format())
            elif cell:
                writer.text(sheet.cells, at, column, cell, wrapped if widths[column] >= _WRAPPED else plain)
    sheet.cells.freeze_panes(sheet.top + 1, 1)
    sheet.cells.repeat_rows(0, sheet.top)
    if table.rows:
        sheet.cells.autofilter(sheet.top, 0, sheet.top + len(table.rows), len(table.header) - 1)
