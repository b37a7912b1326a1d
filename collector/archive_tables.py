"""Reads the rows of one table of an archive, from Parquet or from CSV, some at a time."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from availability.archive import Column, Table
from availability.edges import to_ms
from collector.archive_folder import ArchiveFolder, ArchiveRefused

_ROWS_AT_ONCE = 32_768
_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
_SHOWN = 60
LATEST_MS = 253_402_300_800_000
"""The end of the year 9999, behind which no calendar goes."""
EARLIEST_MS = -62_135_596_800_000

Row = tuple[Any, ...]
"""Values in the order of the table's columns; None where there is none."""


class BadValue(Exception):
    """A value that is wrong, and what would be right."""


class TableReader:
    """The rows of one table. `place` says where the row at hand is, for a message."""

    def __init__(self, archive: ArchiveFolder, table: Table) -> None:
        self._table = table
        self._path, self._format = archive.table(table)
        self._number = 0

    @property
    def place(self) -> str:
        """FILE:LINE of a CSV, the number of the row in Parquet."""
        return f"{self._path}:{self._number}" if self._format == "csv" else f"{self._path}: row {self._number}"

    def rows(self) -> Iterator[Row]:
        """Every row with values of the right type; ArchiveRefused with the place of one that is wrong."""
        try:
            yield from self._csv() if self._format == "csv" else self._parquet()
        except BadValue as bad:
            raise ArchiveRefused(f"{self.place}: {bad}") from None
        except OSError as error:
            raise ArchiveRefused(f"{self._path}: cannot be read ({error.strerror or error})") from None

    def _csv(self) -> Iterator[Row]:
        names = [column.name for column in self._table.columns]
        parsers = [_parser(column) for column in self._table.columns]
        with self._path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            self._number = 1
            try:
                if next(reader, None) != names:
                    raise BadValue(f"the first line must be {','.join(names)}")
                end = reader.line_num
                for fields in reader:
                    self._number, end = end + 1, reader.line_num
                    if len(fields) != len(names):
                        raise BadValue(f"there are {len(fields)} fields where the first line names {len(names)}")
                    yield tuple([parse(text) for parse, text in zip(parsers, fields, strict=True)])
            except csv.Error as error:
                self._number = reader.line_num
                raise BadValue(f"{error}; is a quote not closed?") from None
            except UnicodeDecodeError:
                raise ArchiveRefused(f"{self._path}: behind line {self._number} is what is no UTF-8 text") from None

    def _parquet(self) -> Iterator[Row]:
        # Only here, since it takes long to import and nobody else needs it.
        import pyarrow
        from pyarrow import parquet

        kinds = {"integer": pyarrow.int64(), "datetime": pyarrow.timestamp("ms", tz="UTC")}
        types = [kinds.get(column.kind, pyarrow.string()) for column in self._table.columns]
        names = [column.name for column in self._table.columns]
        checks = [_check(column) for column in self._table.columns]
        try:
            with parquet.ParquetFile(self._path) as file:
                missing = sorted(set(names) - set(file.schema_arrow.names))
                if missing:
                    raise ArchiveRefused(f"{self._path}: there is no column {missing[0]}")
                for batch in file.iter_batches(_ROWS_AT_ONCE, columns=names):
                    columns = [
                        _values(pyarrow, batch.column(name), type_) for name, type_ in zip(names, types, strict=True)
                    ]
                    for row in zip(*columns, strict=True):
                        self._number += 1
                        for check, value in zip(checks, row, strict=True):
                            check(value)
                        yield row
        except pyarrow.ArrowException as error:
            raise ArchiveRefused(f"{self._path}: cannot be read as Parquet: {_first_line(error)}") from None


def _values(pyarrow: Any, array: Any, type_: Any) -> list[Any]:
    """The values of an array, instants as epoch milliseconds."""
    cast = array.cast(type_)
    if pyarrow.types.is_timestamp(type_):
        cast = cast.cast(pyarrow.int64())
    return list(cast.to_pylist())


def _parser(column: Column) -> Callable[[str], Any]:
    """What makes a value of a field of CSV."""
    kinds: dict[str, Callable[[str], Any]] = {"integer": _integer, "datetime": _instant}
    parse, check, name = kinds.get(column.kind), _check(column), column.name

    def value(text: str) -> Any:
        if not text:
            check(None)
            return None
        try:
            found = text if parse is None else parse(text)
        except ValueError as error:
            raise BadValue(f"{name} {shown(text)} {error}") from None
        check(found)
        return found

    return value


def _check(column: Column) -> Callable[[Any], None]:
    """What raises BadValue for a value that the column does not take."""
    name, required, minimum, words = column.name, column.required, column.minimum, column.words

    def check(value: Any) -> None:
        if value is None:
            if required:
                raise BadValue(f"{name} is empty")
        elif words and value not in words:
            raise BadValue(f"{name} {shown(value)} must be one of {', '.join(words)}")
        elif minimum is not None and value < minimum:
            raise BadValue(f"{name} {value} must be {minimum} or more")

    def check_instant(value: Any) -> None:
        check(value)
        if value is not None and not EARLIEST_MS <= value < LATEST_MS:
            raise BadValue(f"{name} is beyond the years 1 to 9999")

    return check_instant if column.kind == "datetime" else check


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("is no whole number")
    return int(text)


def _instant(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("is no instant such as 2026-10-01T06:00:00.000Z")
    return to_ms(moment)


def shown(value: object) -> str:
    """A value as it is put in a message: quoted, on one line, not longer than it helps."""
    text = str(value)
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
