"""Writes the rows of a table onto a sheet: real dates and durations, and percentages as formulas over the seconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from fractions import Fraction
from math import floor
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from availability.edges import from_ms, to_ms
from exporters.cells import one_line
from exporters.figures import floor_ratio, seconds
from exporters.tables.table import Cell, Column, Row, Typed
from exporters.tables.tones import Tone, tone
from exporters.words import Words
from exporters.workbook.book import LETTERS, ROWS, Book, Sheet, height
from exporters.workbook.layout import Layout, Placed

_DAY_MS = 86_400_000
_EPOCH_DAYS = 25_569
"""The serial number of 1 January 1970 in a spreadsheet."""
_TWO_LINES = 30
_OFFSET = -6
"""Where the offset begins in an instant of ISO 8601."""
_EXACT = "#,##0.###"
_INSTANTS = frozenset({"instant", "later", "end"})
_WRAPPED = 40
"""From this width on a text takes several lines."""

Reference = Callable[[Row, str], str | None]
"""Where the figure of a row is found on another sheet, by the key of its column; None where it is not."""


class CellWriter:
    """Writes the tables of one workbook; instants in the time of `zone`."""

    def __init__(self, book: Book, words: Words, zone: ZoneInfo) -> None:
        self._book = book
        self._words = words
        self._zone = zone

    def table(self, sheet: Sheet, top: int, layout: Layout, reference: Reference | None = None) -> int:
        """Write head and rows from row `top` on; the first row that is free again."""
        cells, rows = sheet.cells, layout.table.rows
        for index, placed in enumerate(layout.placed):
            style = self.style(bold=True, bottom=1, text_wrap=True, **placed.style)
            cells.write_string(top, index, placed.title, style)
        cells.set_row(top, _TWO_LINES)
        room = ROWS - top - 2
        fits = rows if len(rows) <= room else rows[:room]
        for at, row in enumerate(fits, start=top + 1):
            _RowWriter(self, cells, layout, row, at, reference).write()
        end = top + 1 + len(fits)
        if not rows:
            self.text(cells, end, 0, self._words.sentence("none"))
            return end + 1
        if len(fits) < len(rows):
            self.text(cells, end, 0, self._words.sentence("too_many_rows", left=len(rows) - len(fits)))
            return end + 1
        return end

    def text(self, cells: Any, row: int, column: int, text: str, style: Any = None) -> None:
        """Text as text, whatever it begins with; the end of what no cell can hold is counted."""
        line = one_line(text)
        if len(line) > LETTERS:
            note = self._words.sentence("cut", letters=len(line))
            line = line[: LETTERS - len(note)] + note
        cells.write_string(row, column, line, style or self._book.format())

    def pair(self, cells: Any, row: int, item: Cell, value: Cell) -> None:
        """What something is called, and what it is."""
        for column, cell in enumerate((item, value)):
            if isinstance(cell, Typed) and cell.kind == "instant" and isinstance(cell.value, int):
                number, pattern = self.local(cell.value)
                cells.write_number(row, column, number, self.style(num_format=pattern, align="left"))
            elif isinstance(cell, Typed) and isinstance(cell.value, str):
                self.text(cells, row, column, self.term(cell.value) if cell.kind == "word" else cell.value)

    def style(self, shade: Tone | None = None, /, **properties: object) -> Any:
        """A format of the workbook."""
        return self._book.format(shade, **properties)

    def term(self, code: str) -> str:
        """The word for a code."""
        return self._words.term(code)

    def lasts(self) -> str:
        """What stands for the end of what has none yet."""
        return self._words.sentence("lasts")

    def local(self, instant: int) -> tuple[float, str]:
        """An instant as the serial number of local time, and a format that spells the offset beside it.

        A spreadsheet knows no offsets: spelled in the format, the cell stays a date to sort by and to calculate with,
        and the hour that the clocks repeat is told apart.
        """
        moment = from_ms(instant, self._zone)
        wall = to_ms(moment.replace(tzinfo=UTC))
        return serial(wall), f'yyyy-mm-dd hh:mm:ss{_fraction(instant)} "{moment.isoformat()[_OFFSET:]}"'


def serial(instant: int) -> float:
    """Epoch milliseconds as days since the beginning of the calendar of spreadsheets."""
    return _EPOCH_DAYS + instant / _DAY_MS


def _fraction(milliseconds: int) -> str:
    return ".000" if milliseconds % 1000 else ""


class _RowWriter:
    """One row of a table on a sheet."""

    def __init__(
        self, writer: CellWriter, cells: Any, layout: Layout, row: Row, at: int, reference: Reference | None
    ) -> None:
        self._writer = writer
        self._cells = cells
        self._layout = layout
        self._row = row
        self._at = at
        self._reference = reference

    def write(self) -> None:
        """All cells of the row."""
        table = self._layout.table
        for index, placed in enumerate(self._layout.placed):
            cell = self._row[placed.source]
            if placed.mode == "read":
                self._read(index, placed, cell, tone(table, self._row, placed.source))
            elif isinstance(cell, int | Fraction):
                self._calculated(index, placed, cell)
        if table.key == "method":
            explained = self._writer.term(str(self._row[-1]))
            self._cells.set_row(self._at, height(explained, self._layout.widths[-1]))

    def _calculated(self, index: int, placed: Placed, value: int | Fraction) -> None:
        """A length in seconds, or an instant in UTC."""
        if placed.mode == "utc":
            instant = int(value)
            style = self._writer.style(num_format=f"yyyy-mm-dd hh:mm:ss{_fraction(instant)}", **placed.style)
            self._cells.write_number(self._at, index, serial(instant), style)
            return
        formula = self._filled(placed.column.formula)
        style = self._writer.style(num_format=_EXACT)
        if formula is None:
            self._cells.write_number(self._at, index, seconds(value), style)
        elif "{norm}" in str(placed.column.formula):
            # Down to the whole millisecond, as everywhere; rounded first, since a norm is no exact float.
            whole = f"=INT(ROUND({formula}*1000,5))/1000"
            self._cells.write_formula(self._at, index, whole, style, seconds(value))
        else:
            self._cells.write_formula(self._at, index, f"={formula}", style, seconds(value))

    def _read(self, index: int, placed: Placed, cell: Cell, shade: Tone | None) -> None:
        column = placed.column
        kind, value = cell if isinstance(cell, Typed) else (column.kind, cell)
        if value is None:
            if kind == "end":
                self._text(index, self._writer.lasts(), shade, placed)
            elif column.share is not None and (formula := self._formula(column)) is not None:
                # None for now: whoever changes the seconds gets a figure.
                self._cells.write_formula(self._at, index, f"={formula}", self._writer.style(num_format="0.00%"), "")
        elif kind in _INSTANTS and isinstance(value, int):
            number, pattern = self._writer.local(value)
            # To the left, as the texts that may stand in the same column.
            style = self._writer.style(num_format=pattern, **placed.style)
            self._cells.write_number(self._at, index, number, style)
        elif isinstance(value, bool):
            self._text(index, self._writer.term("yes" if value else "no"), shade, placed)
        elif isinstance(value, str | tuple):
            text = ", ".join(value) if isinstance(value, tuple) else value
            spelled = kind in ("word", "verdict", "light")
            self._text(index, self._writer.term(text) if spelled else text, shade, placed)
        else:
            self._figure(index, placed, value)

    def _figure(self, index: int, placed: Placed, value: float | Fraction) -> None:
        """A number, as a formula where it follows from others of its row or stands on another sheet."""
        shown, pattern = _shown(placed.column, value)
        elsewhere = self._reference(self._row, placed.column.key) if self._reference else None
        formula = elsewhere or self._formula(placed.column)
        style = self._writer.style(num_format=pattern)
        if formula is None:
            self._cells.write_number(self._at, index, shown, style)
        else:
            self._cells.write_formula(self._at, index, f"={formula}", style, shown)

    def _formula(self, column: Column) -> str | None:
        if column.share is not None:
            part, of = (self._filled(each) for each in column.share)
            return None if part is None or of is None else rounded_down(part, of)
        if column.kind == "balance":
            balance = self._filled(column.formula)
            # Whole hundredths of an hour, rounded down: what is left never reads larger than it is.
            return None if balance is None else f"INT(ROUND(({balance})*1000,0)/36000)/100"
        if column.exact:
            return f"{self._layout.cell(column.key, self._at)}/86400"
        return None

    def _filled(self, formula: str | None) -> str | None:
        """A formula with the cells of this row; None where one of them is empty."""
        if formula is None:
            return None
        cells = {}
        for _, key, _, _ in Formatter().parse(formula):
            if key:
                if self._row[self._layout.table.index(key)] is None:
                    return None
                cells[key] = self._layout.cell(key, self._at)
        return formula.format(**cells)

    def _text(self, index: int, text: str, shade: Tone | None, placed: Placed) -> None:
        wrap = {"text_wrap": True} if placed.width >= _WRAPPED else {}
        style = self._writer.style(shade, **placed.style, **wrap)
        self._writer.text(self._cells, self._at, index, text, style)


def rounded_down(part: str, of: str) -> str:
    """A ratio to four decimals, rounded down: over whole milliseconds, since a tenth of a second is no exact float."""
    return f'IF({of}=0,"",INT(ROUND({part}*1000,0)*10000/ROUND(({of})*1000,0))/10000)'


def _shown(column: Column, value: float | Fraction) -> tuple[float, str]:
    """The number of a cell and its format."""
    if column.kind == "ratio":
        return floor_ratio(exact(value)), "0.00%"
    if column.kind == "norm":
        return float(value), "0.00####%"
    if column.kind == "balance":
        return floor(Fraction(value) / 36_000) / 100, "#,##0.00;[Red]-#,##0.00"
    if column.kind == "duration":
        whole = floor(value)
        return whole / _DAY_MS, f"[h]:mm:ss{_fraction(whole)}"
    if column.kind == "milliseconds":
        return float(value), "#,##0.0##"
    return float(value), "#,##0"


def exact(value: float | Fraction) -> Fraction:
    """A ratio as it was written: a float stands for the shortest number that is read back as it."""
    return value if isinstance(value, Fraction) else Fraction(str(value))
