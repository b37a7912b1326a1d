"""Writes a report as CSV: one flat table of figures, or a folder with a file per table of the account."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

from availability.account import Account
from availability.report import Judged, Report
from exporters.cells import neutral
from exporters.figures import seconds
from exporters.json_figures import Document, figures_document, number
from exporters.local_time import LocalTime
from exporters.report_json import period_document
from exporters.tables.every import every_table
from exporters.tables.standing import as_account
from exporters.tables.table import Cell, Column, Kind, Table, Typed, Value
from exporters.words import WORDS, Language, Words

_UNITS: dict[Kind, str] = {"duration": "_seconds", "balance": "_seconds", "milliseconds": "_ms"}


def report_csv(report: Report, timezone: str) -> str:
    """The rows with the keys of the JSON report as their header; a figure that does not exist is an empty cell.

    `row` says what a row is about: `service` (the whole period), `part` (one of the agreement's periods in it),
    `participant` or `participant_part`.
    """
    rows = list(_rows(report, period_document(report, timezone)))
    return _text(_HEADER, ([_cell(row.get(key)) for key in _HEADER] for row in rows))


def write_csv_folder(
    account: Account | Report,
    timezone: str,
    folder: Path,
    language: Language = "en",
    participant: str | None = None,
    version: str = "",
) -> tuple[str, ...]:
    """Write one file per table into `folder`, which is made if need be, and give their names; OSError where that fails.

    The same files every time, also those without rows. No file changes before all of them were written. Headers and
    codes are stable (docs/commands.md); `language` is that of the explanations in method.csv.
    """
    zone, words = LocalTime(timezone), WORDS[language]
    folder.mkdir(exist_ok=True)
    written: list[tuple[Path, Path]] = []
    try:
        for table in every_table(as_account(account), timezone, version, participant):
            place = folder / f"{table.key}.csv"
            temporary = folder / f".{table.key}.csv.new"
            written.append((temporary, place))
            temporary.write_text(table_csv(table, zone, words), encoding="utf-8", newline="")
        for temporary, place in written:
            temporary.replace(place)
    finally:
        for temporary, _ in written:
            with suppress(OSError):
                temporary.unlink()
    return tuple(place.name for _, place in written)


def table_csv(table: Table, zone: LocalTime, words: Words) -> str:
    """One table: lengths in seconds, ratios unrounded, instants as ISO 8601, what does not exist as an empty cell."""
    kinds = [column.kind for column in table.columns]
    rows = ([_value(kind, cell, zone, words) for kind, cell in zip(kinds, row, strict=True)] for row in table.rows)
    return _text([_header(column) for column in table.columns], rows)


def _text(header: Iterable[str], rows: Iterable[list[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def _header(column: Column) -> str:
    return column.key + _UNITS.get(column.kind, "")


def _value(kind: Kind, cell: Cell, zone: LocalTime, words: Words) -> object:
    if isinstance(cell, Typed):
        kind, cell = cell
    if cell is None:
        return None
    if kind in ("instant", "later", "end"):
        return zone.iso(cell) if isinstance(cell, int) else None
    if isinstance(cell, str):
        return neutral(_code(cell, words) if kind == "word" else cell)
    return _plain(kind, cell)


def _code(code: str, words: Words) -> str:
    """A code as programs know it; an explanation has no other form than its words."""
    return words.term(code) if code.startswith("method.") else code.removeprefix("figure.")


def _plain(kind: Kind, value: Value) -> object:
    if isinstance(value, tuple):
        return neutral(", ".join(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind in ("duration", "balance") and isinstance(value, int | Fraction):
        return seconds(value)
    return number(value) if isinstance(value, Fraction) else value


_HEADER = (
    *("period", "from", "to", "as_of", "service", "name", "agreement", "norm", "row", "participant", "part"),
    *("verdict", "availability", "availability_low", "availability_high", "coverage", "agreed_seconds", "up_seconds"),
    *("down_seconds", "unknown_seconds", "excluded_seconds", "budget_seconds", "budget_left_seconds"),
    "unconfirmed_failed_seconds",
)


def _rows(report: Report, period: Document) -> Iterator[Document]:
    about = {"period": period["label"], "from": period["from"], "to": period["to"], "as_of": period["as_of"]}
    for service in report.services:
        named: Document = {
            **about,
            "service": service.id,
            "name": service.name,
            "agreement": service.agreement,
            "norm": float(service.norm),
        }
        yield from _judged(named, "service", "part", service.judged)
        for participant in service.participants:
            named_too = {**named, "participant": participant.id}
            yield from _judged(named_too, "participant", "participant_part", participant.judged)


def _judged(named: Document, whole: str, part_of_it: str, judged: Judged) -> Iterator[Document]:
    yield {**named, "row": whole, **figures_document(judged.figures), "verdict": judged.verdict}
    for part in judged.parts or ():
        yield {
            **named,
            "row": part_of_it,
            "part": part.label,
            **figures_document(part.figures),
            "verdict": part.verdict,
        }


def _cell(value: object) -> object:
    """Text as text, whatever it begins with; numbers stay numbers."""
    return neutral(value) if isinstance(value, str) else value
