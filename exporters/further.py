"""Reads further tables that are given as CSV (users, security incidents) to go into a workbook as they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from exporters.cells import one_line

_BYTES = 20_000_000
_ROWS = 100_000
_COLUMNS = 200


class FurtherError(Exception):
    """The file is no table that can be taken; the message says where and why."""


@dataclass(frozen=True, slots=True)
class FurtherTable:
    """A table as it was given (Midden-Groningen SLA 3.8); every cell is text, numbers are told apart when written."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    decimal_comma: bool = False
    """Whether it was separated by semicolons, as where a comma stands before the decimals."""


def read_further(path: Path) -> FurtherTable:
    """Read a CSV in UTF-8, separated by commas or semicolons, whose first line names the columns.

    Its title is the name of the file. FurtherError names the file and the line of what is wrong: more than 20 MB,
    100,000 rows or 200 columns, a line with more or fewer cells than the first, a quote that is not closed.
    """
    text = _text(path)
    separator = _separator(text)
    lines = _lines(path, text, separator)
    number, header = next(lines, (1, []))
    if not header:
        raise FurtherError(f"{path}:1: the file is empty: the first line names the columns")
    if len(header) > _COLUMNS:
        raise FurtherError(f"{path}:{number}: {len(header)} columns; {_COLUMNS} is the most that is taken")
    for index, name in enumerate(header, start=1):
        if not name:
            raise FurtherError(f"{path}:{number}: column {index} has no name: the first line names the columns")
    rows: list[tuple[str, ...]] = []
    for number, row in lines:
        if len(row) != len(header):
            raise FurtherError(f"{path}:{number}: {_cells(len(row))}, where the first line names {len(header)} columns")
        if len(rows) == _ROWS:
            raise FurtherError(f"{path}:{number}: more than {_ROWS:,} rows: give a summary instead")
        rows.append(tuple(row))
    return FurtherTable(one_line(path.stem) or "CSV", tuple(header), tuple(rows), separator == ";")


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_BYTES + 1)
    except OSError as error:
        raise FurtherError(f"cannot read {path}: {error.strerror}") from None
    if len(data) > _BYTES:
        raise FurtherError(f"{path}: more than {_BYTES // 1_000_000} MB: give a summary instead")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FurtherError(f"{path}:{line}: is not UTF-8: save it as CSV in UTF-8") from None


def _separator(text: str) -> str:
    """That of the two which gives the first line more columns; a comma inside quotes is none."""
    first = text.lstrip("\r\n").partition("\n")[0]
    found: dict[str, int] = {}
    for separator in (",", ";"):
        try:
            found[separator] = len(next(csv.reader([first], delimiter=separator), []))
        except csv.Error:
            found[separator] = 0
    return ";" if found[";"] > found[","] else ","


def _lines(path: Path, text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold anything, each with the number of the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begins = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise FurtherError(
                f"{path}:{begins}: {error}: quotes around a cell come in pairs, one inside it twice"
            ) from None
        if row is None:
            return
        if row:
            yield begins, [one_line(cell) for cell in row]
        begins = reader.line_num + 1
