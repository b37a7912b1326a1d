"""The first sheets of a workbook, the summary and the figures it refers to, and the last, on how it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from availability.account import Account
from exporters.tables.standing import leading
from exporters.tables.table import Row, Table
from exporters.words import Words
from exporters.workbook.book import Book, Sheet
from exporters.workbook.cells import CellWriter
from exporters.workbook.layout import Layout

_VERDICTS = ("met", "pending", "missed", "undetermined", "no_data")
_FACTS = 6
"""Rows of the table about the report that stand on the summary; all of them are on the last sheet."""
_COUNTED: Mapping[str, str | None] = {
    **{"failovers": None, "exclusions": "id", "unwatched": None, "planned_work": "id", "missed": None, "pending": "id"}
}
"""Tables, and by which column rows of theirs are one and the same."""


class Front:
    """Writes the sheets that stand before and after all others."""

    def __init__(self, book: Book, writer: CellWriter, words: Words, tables: Mapping[str, Table]) -> None:
        self._book = book
        self._writer = writer
        self._words = words
        self._tables = tables

    def summary(self, account: Account, participant: str | None) -> None:
        """The first two sheets: how every service stands, and the figures that the first one refers to."""
        layout = Layout(self._tables["summary"], self._words)
        sheet = self._book.sheet(self._words.titles["summary"], [max(18, layout.widths[0]), *layout.widths[1:]], 1)
        figures = Layout(self._tables["services"], self._words)
        services = self._book.sheet(self._words.titles["services"], figures.widths)
        end = self._writer.table(services, services.top, figures)
        services.cells.freeze_panes(services.top + 1, 1)
        services.cells.repeat_rows(0, services.top)
        if figures.table.rows:
            services.cells.autofilter(services.top, 0, end - 1, len(figures.placed) - 1)
        title = self._words.sentence("availability_of", period=self._words.period(account.report.period))
        sheet.cells.write_string(sheet.top, 0, title, self._book.title)
        row = self._facts(sheet, sheet.top + 2)
        where = self._where(account, participant, services)

        def reference(cells: Row, key: str) -> str | None:
            found, column = where.get(str(cells[0])), figures.shown(key)
            if found is None or column is None:
                return None
            return f"'{services.name}'!{xl_rowcol_to_cell(found, column)}"

        end = self._writer.table(sheet, row + 1, layout, reference)
        self._counts(sheet, end + 1, layout, (row + 2, end - 1))

    def _facts(self, sheet: Sheet, row: int) -> int:
        about = self._tables["about"]
        for item, value in about.rows[:_FACTS]:
            self._writer.pair(sheet.cells, row, item, value)
            row += 1
        return row

    def _where(self, account: Account, participant: str | None, services: Sheet) -> dict[str, int]:
        """The row on the sheet of services that has the figures which the summary tells, by service."""
        table = self._tables["services"]
        kind, whose = table.index("row"), table.index("participant")
        rows = {
            (row[0], row[whose]): at
            for at, row in enumerate(table.rows, start=services.top + 1)
            if row[kind] in ("service", "participant")
        }
        return {each.id: rows[each.id, leading(account, each, participant)[0]] for each in account.report.services}

    def _counts(self, sheet: Sheet, row: int, summary: Layout, rows: tuple[int, int]) -> None:
        """How many services in `rows` above came to which verdict, counted by a formula, and how much there is of
        everything else."""
        sheet.cells.write_string(row, 0, self._words.sentence("services_by"), self._book.format(bold=True))
        shown, index = summary.shown("verdict"), summary.table.index("verdict")
        plain = self._book.format(align="left")
        for verdict in _VERDICTS:
            row += 1
            word = self._words.term(verdict)
            self._writer.text(sheet.cells, row, 0, word)
            count = sum(cells[index] == verdict for cells in summary.table.rows)
            if shown is None:
                sheet.cells.write_number(row, 1, count, plain)
            else:
                column = xl_col_to_name(shown)
                counted = f"${column}${rows[0] + 1}:${column}${rows[1] + 1}"
                sheet.cells.write_formula(row, 1, f'=COUNTIF({counted},"{word}")', plain, count)
        row += 1
        for key, count in self._counted():
            row += 1
            self._writer.text(sheet.cells, row, 0, self._words.titles[key])
            sheet.cells.write_number(row, 1, count, plain)

    def _counted(self) -> Iterator[tuple[str, int]]:
        """How many there are of what has a table of its own; what takes several rows there counts once."""
        summary = self._tables["summary"]
        outages = summary.index("outages")
        counts = [row[outages] for row in summary.rows]
        yield "outages", sum(count for count in counts if isinstance(count, int))
        for key, name in _COUNTED.items():
            table = self._tables[key]
            if table.rows:
                yield key, len({row[table.index(name)] for row in table.rows}) if name else len(table.rows)

    def method(self) -> None:
        """The last sheet: what the report speaks of, and how its figures come about."""
        about, method = (Layout(self._tables[key], self._words) for key in ("about", "method"))
        widths = [max(pair) for pair in zip(about.widths, method.widths, strict=True)]
        sheet = self._book.sheet(self._words.titles["method"], widths)
        row = self._writer.table(sheet, sheet.top, about)
        self._writer.table(sheet, row + 1, method)
