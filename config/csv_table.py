"""Reads a CSV file that somebody keeps: every row with its line, or everything that is wrong with the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.problems import ConfigError, Problem, shown

PROBLEMS_LISTED = 20
"""Problems of one file that are told; the rest is counted."""
CELL_LIMIT = 10_000
"""Characters of a cell at most."""


@dataclass(frozen=True, slots=True)
class CsvTable:
    """`header` and the rows as they stand, stripped of spaces; each row with its line (from 1)."""

    header: tuple[str, ...]
    rows: Sequence[tuple[int, list[str]]]


class FileProblems:
    """What is wrong with a file beside the configuration: the first of it in words, the rest counted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._listed: list[Problem] = []
        self._more = 0

    def add(self, line: int | None, where: str, message: str) -> None:
        """One thing that is wrong, at a line (None: with the whole file)."""
        if len(self._listed) < PROBLEMS_LISTED:
            self._listed.append(Problem(str(self._path), line, where, message))
        else:
            self._more += 1

    def all(self) -> list[Problem]:
        """Everything, as it is told."""
        more = [Problem(str(self._path), None, "", f"and {self._more} more like these")] if self._more else []
        return self._listed + more

    def raise_if_any(self) -> None:
        """ConfigError where something was wrong."""
        if self._listed:
            raise ConfigError(self.all())


def read_csv(path: Path, data: bytes, limit: int) -> CsvTable:
    """The table in `data`, which was read from `path`; ConfigError with what is wrong where it is none.

    UTF-8, with or without a byte order mark; between columns stands `,` or `;`, whichever the header has more of (RFC
    4180 otherwise). At most `limit` rows; blank lines are left out.
    """
    problems = FileProblems(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add(data[: error.start].count(b"\n") + 1, "", "is not UTF-8: save it in that encoding")
        raise ConfigError(problems.all()) from None
    lines = _records(text, problems)
    _, header = next(lines, (1, []))
    names = tuple(header)
    if not any(names):
        problems.add(1, "", "has no header: name the columns in the first line")
    for name in {name for name in names if name and names.count(name) > 1}:
        problems.add(1, "", f"names the column {shown(name)} twice: call one of them otherwise")
    rows: list[tuple[int, list[str]]] = []
    for line, row in lines:
        if len(row) != len(names):
            problems.add(line, "", f"has {len(row)} cells where the header has {len(names)}: is one missing or quoted?")
        elif len(rows) == limit:
            problems.add(line, "", f"is more than {limit} rows: no list here needs that")
            break
        else:
            rows.append((line, row))
    problems.raise_if_any()
    return CsvTable(names, rows)


def _records(text: str, problems: FileProblems) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, stripped, with the line each begins on; what cannot be a cell goes to `problems`."""
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(first), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.add(line, "", f"is no CSV: {error}")
            return
        row = [cell.strip() for cell in row]
        if not any(row):
            continue
        for cell in row:
            if not cell.isprintable():
                problems.add(line, "", "has a cell with a control character or a line break: take it out")
            elif len(cell) > CELL_LIMIT:
                problems.add(line, "", f"has a cell of more than {CELL_LIMIT} characters")
        yield line, row


def _delimiter(header: str) -> str:
    return ";" if header.count(";") > header.count(",") else ","
