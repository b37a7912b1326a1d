"""Writes an account as a workbook for a municipality: a summary with traffic lights, and a sheet per table."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import xlsxwriter

from availability.account import Account
from availability.report import Report
from exporters.cells import one_line
from exporters.further import FurtherTable
from exporters.tables.every import every_table
from exporters.tables.standing import as_account, is_restated
from exporters.tables.table import Table
from exporters.tables.tones import Tone
from exporters.words import WORDS, Language, Words
from exporters.workbook.book import Book
from exporters.workbook.cells import CellWriter
from exporters.workbook.front import Front
from exporters.workbook.further import write_further
from exporters.workbook.layout import Layout

_ALWAYS = frozenset({"outages", "failovers", "exclusions", "unwatched"})
"""Sheets that are there without a row too: that there was none is an answer."""
_ELSEWHERE = ("participant", "agreement", "lost_at", "earliest_lost_at", "unconfirmed_failed")
"""What the sheet of a participant leaves to the sheet of services, to be printed on fewer pages."""
_FRONT = frozenset({"summary", "services", "about", "method"})
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_xlsx(
    account: Account | Report,
    timezone: str,
    path: Path,
    language: Language = "nl",
    further: Sequence[FurtherTable] = (),
    participant: str | None = None,
    version: str = "",
) -> None:
    """Write the workbook; OSError where that fails. It is made in memory and written at once.

    For one `participant` it tells its figures first and no other participant's at all. `further` are tables that were
    given as CSV, each on a sheet of its own; `version` is that of this software. The same account gives the same bytes.
    """
    told, words = as_account(account), WORDS[language]
    tables = {table.key: table for table in every_table(told, timezone, version, participant)}
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as made:
        book = _book(made, told, words, participant)
        writer = CellWriter(book, words, ZoneInfo(timezone))
        front = Front(book, writer, words, tables)
        front.summary(told, participant)
        if participant is None:
            _participants(book, writer, words, told, tables)
        for table in tables.values():
            if table.key not in _FRONT and (table.rows or (told.services and table.key in _ALWAYS)):
                _sheet(book, writer, words, table)
        for each in further:
            write_further(book, writer, each)
        front.method()
    path.write_bytes(out.getvalue())


def _book(made: object, account: Account, words: Words, participant: str | None) -> Book:
    title = words.sentence("availability_of", period=words.period(account.report.period))
    head = account.head
    chain = "" if head is None else words.sentence("chain_head", period=head.period, digest=head.digest)
    whose = words.term("everybody") if participant is None else account.names.get(participant, participant)
    book = Book(made, f"{title} – {one_line(whose)}", one_line(chain), words.sentence("page"), _banners(account, words))
    book.properties(title, words.sentence("subject", name=one_line(whose)), one_line(chain))
    return book


def _banners(account: Account, words: Words) -> list[tuple[str, Tone]]:
    """What stands above all on every sheet: that it is a supposition, or that it was told otherwise before."""
    banners: list[tuple[str, Tone]] = []
    if account.what_if:
        banners.append((words.sentence("what_if", assumed=one_line("; ".join(account.what_if))), "bad"))
    if is_restated(account):
        months = ", ".join(month for month, closed in account.closed if closed.restated)
        banners.append((words.sentence("restated", months=months), "risk"))
    return banners


def _sheet(book: Book, writer: CellWriter, words: Words, table: Table) -> None:
    layout = Layout(table, words)
    sheet = book.sheet(words.titles[table.key], layout.widths)
    end = writer.table(sheet, sheet.top, layout)
    sheet.cells.freeze_panes(sheet.top + 1, 1)
    sheet.cells.repeat_rows(0, sheet.top)
    if table.rows:
        sheet.cells.autofilter(sheet.top, 0, end - 1, len(layout.placed) - 1)


def _participants(book: Book, writer: CellWriter, words: Words, account: Account, tables: Mapping[str, Table]) -> None:
    """A sheet for each participant with parts of its own: its figures, and the outages as it had them."""
    names = dict.fromkeys(each.id for service in account.report.services for each in service.participants)
    for name in names:
        figures = Layout(tables["services"].of("participant", name).without(*_ELSEWHERE), words)
        outages = Layout(tables["outages"].of("participant", name).without("participant"), words)
        widths = [
            max(figures.widths[at : at + 1] + outages.widths[at : at + 1])
            for at in range(max(len(figures.widths), len(outages.widths)))
        ]
        sheet = book.sheet(words.titles["participant"].format(participant=one_line(name)), widths)
        row = writer.table(sheet, sheet.top, figures)
        sheet.cells.freeze_panes(sheet.top + 1, 1)
        if account.services:
            writer.text(sheet.cells, row + 1, 0, words.titles["outages"], book.title)
            writer.table(sheet, row + 2, outages)
