"""Writes the rows of one table of an archive as CSV or as Parquet, some at a time."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from availability.archive import Column, Table
from availability.edges import from_ms

ArchiveRow = tuple[Any, ...]
"""Values in the order of a table's columns: texts and whole numbers, and None where there is none."""


class Sink(Protocol):
    """A file that rows go into."""

    path: Path

    def write(self, rows: Sequence[ArchiveRow]) -> None:
        """Take rows; OSError where they cannot be written."""

    def close(self) -> None:
        """Finish the file, so that it is on the disk and not only on its way."""

    def abandon(self) -> None:
        """Let go of the file, whatever is in it."""


def sink(table: Table, format_: str, folder: Path) -> Sink:
    """Where the rows of `table` go as `format_`, in `folder`."""
    path = folder / f"{table.name}.{format_}"
    return _Csv(table, path) if format_ == "csv" else _Parquet(table, path)


def instant(milliseconds: int) -> str:
    """An instant as it is written in CSV and in the descriptor."""
    return from_ms(milliseconds).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


class _Csv:
    """RFC 4180; fields are what they are, since programs read them."""

    def __init__(self, table: Table, path: Path) -> None:
        self.path = path
        self._instants = [index for index, column in enumerate(table.columns) if column.kind == "datetime"]
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._writer.writerow([column.name for column in table.columns])

    def write(self, rows: Sequence[ArchiveRow]) -> None:
        self._writer.writerows(map(self._texts, rows))

    def close(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        _close_quietly(self._file)

    def _texts(self, row: ArchiveRow) -> list[Any]:
        texts = list(row)
        for index in self._instants:
            if texts[index] is not None:
                texts[index] = instant(texts[index])
        return texts


class _Parquet:
    """Apache Parquet through pyarrow, which has no types: nothing else here knows it."""

    def __init__(self, table: Table, path: Path) -> None:
        # Only here, since it takes long to import and nobody else needs it.
        import pyarrow
        from pyarrow import parquet

        self.path = path
        self._arrow = pyarrow
        self._schema = pyarrow.schema([self._field(column) for column in table.columns])
        self._file = path.open("wb")
        self._writer = parquet.ParquetWriter(self._file, self._schema, compression="zstd", store_schema=False)

    def write(self, rows: Sequence[ArchiveRow]) -> None:
        arrays = [
            self._arrow.array(values, type=field.type)
            for values, field in zip(zip(*rows, strict=True), self._schema, strict=True)
        ]
        self._writer.write_batch(self._arrow.record_batch(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        _close_quietly(self._writer)
        _close_quietly(self._file)

    def _field(self, column: Column) -> Any:
        kinds = {"integer": self._arrow.int64(), "datetime": self._arrow.timestamp("ms", tz="UTC")}
        return self._arrow.field(column.name, kinds.get(column.kind, self._arrow.string()), not column.required)


def _close_quietly(file: Any) -> None:
    try:
        file.close()
    except (OSError, ValueError):
        # What could not be written is told already, and the file is on its way out.
        return
