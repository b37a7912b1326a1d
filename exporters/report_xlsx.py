"""Writes a report as a workbook for service managers: figures as formulas over the seconds beside them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from availability.report import Figures, Judged, Report, Verdict
from exporters.figures import floor_ratio, seconds
from exporters.local_time import LocalTime

_MADE = datetime(2026, 1, 1)  # a fixed date: the same report is the same file, byte for byte
_A4 = 9
_TWO_LINES = 30
"""Height of a header in points: spreadsheets do not all make room for a title that takes two lines."""
_FILLS = {"met": "#C6EFCE", "pending": "#FFEB9C", "missed": "#FFC7CE", "undetermined": "#D9D9D9", "no_data": "#D9D9D9"}
_NOTES = (
    "Figures follow from the seconds beside them; change a cell of seconds and they follow.",
    "Percentages are rounded down at their last digit: 97.9996% never reads 98.00%.",
    "Lower: every unwatched minute was down. Upper: every unwatched minute was up.",
    "Times are local, each with its offset from UTC.",
)


def write_xlsx(report: Report, timezone: str, path: Path) -> None:
    """Write the workbook, with the sheets Summary, Services, Outages and Failovers; OSError where that fails.

    It is made in memory and written at once. The same report gives the same bytes.
    """
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": f"Availability {report.period.label}", "created": _MADE})
        writer = _Writer(book, report.period.label)
        _summary(writer, report, timezone)
        _services(writer, report)
        _outages(writer, report, LocalTime(timezone))
        _failovers(writer, report, LocalTime(timezone))
    path.write_bytes(out.getvalue())


class _Writer:
    """A workbook with its formats, and rows of cells on its sheets."""

    def __init__(self, book: Any, period: str) -> None:  # Any: the library has no types
        self._book = book
        self._period = period
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.plain = book.add_format({})
        self.seconds = book.add_format({"num_format": "#,##0.###"})
        self.percent = book.add_format({"num_format": "0.00%"})
        self.exact_percent = book.add_format({"num_format": "0.00####%"})
        self.verdicts = {verdict: book.add_format({"bg_color": fill}) for verdict, fill in _FILLS.items()}

    def sheet(self, name: str, columns: Sequence[tuple[str, int]] = ()) -> Any:
        """A sheet with a frozen header; `columns` are titles and widths in characters."""
        sheet = self._book.add_worksheet(name)
        for index, (title, width) in enumerate(columns):
            sheet.set_column(index, index, width)
            sheet.write_string(0, index, title, self.head)
        if columns:
            sheet.set_row(0, _TWO_LINES)
            sheet.freeze_panes(1, 1)
            sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        # A page that is printed or sent alone still says what it is.
        sheet.set_header(f"&LAvailability {self._period}&R&A")
        sheet.set_footer("&RPage &P of &N")
        return sheet

    def row(self, sheet: Any, row: int, cells: Sequence[str | int | float | None]) -> None:
        """Text as text, whatever it begins with; numbers as seconds; None as an empty cell."""
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(row, column, cell, self.plain)
            elif cell is not None:
                sheet.write_number(row, column, cell, self.seconds)

    def verdict(self, sheet: Any, row: int, column: int, verdict: str | None) -> None:
        if verdict is not None:
            sheet.write_string(row, column, verdict.replace("_", " "), self.verdicts[verdict])


def _summary(writer: _Writer, report: Report, timezone: str) -> None:
    zone = LocalTime(timezone)
    sheet = writer.sheet("Summary")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 28)
    sheet.write_string(0, 0, f"Availability {report.period.label}", writer.title)
    facts = (
        ("From", zone.iso(report.period.start)),
        ("To", zone.iso(report.period.end)),
        ("As of", zone.iso(report.as_of)),
        ("Time zone", timezone),
    )
    row = 2
    for fact in facts:
        writer.row(sheet, row, fact)
        row += 1
    row += 1
    sheet.write_string(row, 0, "Services by verdict", writer.head)
    for verdict in _FILLS:
        row += 1
        writer.verdict(sheet, row, 0, verdict)
        count = sum(service.judged.verdict == verdict for service in report.services)
        words = verdict.replace("_", " ")
        sheet.write_formula(
            row, 1, f'=COUNTIFS(Services!$C:$C,"service",Services!$V:$V,"{words}")', writer.plain, count
        )
    row += 2
    for column, title in enumerate(("Downtime by owner: service", "Owner", "Down (s)")):
        sheet.write_string(row, column, title, writer.head)
    for service in report.services:
        for owner, down in sorted(service.downtime_by_owner_ms.items()):
            row += 1
            writer.row(sheet, row, (service.id, owner, seconds(down)))
    for note in _NOTES:
        row += 1
        sheet.write_string(row + 1, 0, note, writer.plain)


_COLUMNS = (
    *(("Service", 18), ("Name", 40), ("Row", 16), ("Participant", 14), ("Part", 10), ("Agreement", 14), ("Norm", 9)),
    *(("Agreed (s)", 12), ("Up (s)", 12), ("Down (s)", 12), ("Unknown (s)", 12), ("Excluded (s)", 12)),
    *(("Still to come (s)", 12), ("Unconfirmed failed (s)", 12), ("Availability", 12), ("Lower", 10), ("Upper", 10)),
    *(("Watched", 10), ("Budget (s)", 12), ("Budget left (s)", 12), ("Budget left (h)", 12), ("Verdict", 14)),
)


def _services(writer: _Writer, report: Report) -> None:
    sheet = writer.sheet("Services", _COLUMNS)
    row = 0
    for service in report.services:
        rows = list(_rows(service.judged, "service", "part", ""))
        for participant in service.participants:
            rows += _rows(participant.judged, "participant", "participant part", participant.id)
        for kind, participant_id, part, figures, verdict in rows:
            row += 1
            writer.row(sheet, row, (service.id, service.name, kind, participant_id, part, service.agreement))
            _figures(writer, sheet, row, figures)
            writer.verdict(sheet, row, 21, verdict)
    if row:
        sheet.autofilter(0, 0, row, len(_COLUMNS) - 1)


def _rows(
    judged: Judged, whole: str, part_of_it: str, participant: str
) -> Iterator[tuple[str, str, str, Figures, Verdict | None]]:
    yield whole, participant, "", judged.figures, judged.verdict
    for part in judged.parts or ():
        yield part_of_it, participant, part.label, part.figures, part.verdict


def _figures(writer: _Writer, sheet: Any, row: int, figures: Figures) -> None:
    """Norm and seconds as numbers; what follows from them as formulas, with their present value for plain viewers."""
    sheet.write_number(row, 6, float(figures.norm), writer.exact_percent)
    milliseconds = (
        *(figures.up_ms, figures.down_ms, figures.unknown_ms, figures.excluded_ms),
        *(figures.rest_ms, figures.unconfirmed_failed_ms),
    )
    for column, length in enumerate(milliseconds, start=8):
        sheet.write_number(row, column, seconds(length), writer.seconds)
    norm, up, down, unknown, excluded, rest = (xl_rowcol_to_cell(row, column) for column in (6, 8, 9, 10, 11, 12))
    budget, left = xl_rowcol_to_cell(row, 18), xl_rowcol_to_cell(row, 19)
    lengths = (
        (7, f"={up}+{down}+{unknown}+{excluded}", seconds(figures.agreed_ms)),
        (18, f"=(1-{norm})*({up}+{down}+{unknown}+{rest})", seconds(figures.budget_ms)),
        (19, f"={budget}-{down}", seconds(figures.budget_left_ms)),
        (20, f"={left}/3600", float(figures.budget_left_ms / 3_600_000)),
    )
    for column, formula, value in lengths:
        sheet.write_formula(row, column, formula, writer.seconds, value)
    ratios = (
        (14, up, f"{up}+{down}", figures.availability),
        (15, up, f"{up}+{down}+{unknown}", figures.availability_low),
        (16, f"({up}+{unknown})", f"{up}+{down}+{unknown}", figures.availability_high),
        (17, f"({up}+{down})", f"{up}+{down}+{unknown}", figures.coverage),
    )
    for column, part, of, ratio in ratios:
        sheet.write_formula(row, column, _rounded_down(part, of), writer.percent, _shown(ratio))


def _rounded_down(part: str, of: str) -> str:
    """A ratio to four decimals, rounded down: over whole milliseconds, since a tenth of a second is no exact float."""
    return f'=IF({of}=0,"",INT(ROUND({part}*1000,0)*10000/ROUND(({of})*1000,0))/10000)'


def _shown(ratio: Fraction | None) -> float | str:
    return "" if ratio is None else floor_ratio(ratio)


def _outages(writer: _Writer, report: Report, zone: LocalTime) -> None:
    columns = (
        *(("Service", 18), ("From", 28), ("To", 28), ("Down (s)", 12), ("Excluded (s)", 12), ("Unknown (s)", 12)),
        ("Causes", 50),
    )
    sheet = writer.sheet("Outages", columns)
    row = 0
    for service in report.services:
        for outage in service.outages:
            row += 1
            end = "still lasts" if outage.end is None else zone.iso(outage.end)
            lengths = (seconds(outage.down_ms), seconds(outage.excluded_ms), seconds(outage.unknown_ms))
            writer.row(sheet, row, (service.id, zone.iso(outage.start), end, *lengths, ", ".join(outage.causes)))
    if row:
        sheet.autofilter(0, 0, row, len(columns) - 1)


def _failovers(writer: _Writer, report: Report, zone: LocalTime) -> None:
    columns = (
        *(("Pair", 18), ("Started", 28), ("Ended", 28), ("Restored", 28), ("Interrupted (s)", 14)),
        *(("Of it surely down (s)", 14), ("Outcome", 14), ("Kind", 10), ("Verdict", 14)),
    )
    sheet = writer.sheet("Failovers", columns)
    row = 0
    for event in report.failovers:
        row += 1
        ended = "still lasts" if event.ended_at is None else zone.iso(event.ended_at)
        restored = None if event.restored_at is None else zone.iso(event.restored_at)
        lengths = (seconds(event.interrupted_ms), seconds(event.interrupted_low_ms))
        kind = "test" if event.test else "event"
        outcome = event.outcome.replace("_", " ")
        writer.row(sheet, row, (event.pair, zone.iso(event.started_at), ended, restored, *lengths, outcome, kind))
        writer.verdict(sheet, row, 8, event.verdict)
    row += 2
    sheet.write_string(row, 0, "Pair", writer.head)
    sheet.write_string(row, 1, "Protected: the standby was up", writer.head)
    for pair in report.pairs:
        row += 1
        writer.row(sheet, row, (pair.pair,))
        if pair.protected_ratio is not None:
            sheet.write_number(row, 1, floor_ratio(pair.protected_ratio), writer.percent)
