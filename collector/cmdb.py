"""Reads the register of equipment that a CMDB exports: its records, or everything that is wrong with the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from config.csv_table import CsvTable, FileProblems, read_csv
from config.problems import refuse, remedy, shown
from config.settings import Cmdb
from config.targets import as_id

RECORDS_LIMIT = 100_000
SIZE_LIMIT = 32 * 1024 * 1024
"""Bytes of the export at most."""

_KEYS = ("id", "name", "make", "type", "supplier", "purchased", "property_of", "location", "owner", "serial")


@dataclass(frozen=True, slots=True)
class Record:
    """A thing in the register (ICT NML DVO 2018, 4.3.1); what it does not say is empty. `purchased` is ISO 8601.

    `key` is what a component or link of its id is found by (`config.targets.as_id`); `id` is as the register has it.
    """

    key: str
    id: str
    name: str = ""
    make: str = ""
    type: str = ""
    supplier: str = ""
    purchased: str = ""
    property_of: str = ""
    location: str = ""
    owner: str = ""
    serial: str = ""


def read_cmdb(cmdb: Cmdb) -> list[Record]:
    """The records of the register; ConfigError with all that is wrong with it."""
    table = read_csv(cmdb.file, _content(cmdb.file), RECORDS_LIMIT)
    problems = FileProblems(cmdb.file)
    places = _places(cmdb, table, problems)
    problems.raise_if_any()
    records: dict[str, Record] = {}
    lines: dict[str, int] = {}
    for line, cells in table.rows:
        values = {key: cells[place] for key, place in places.items()}
        key = as_id(values["id"])
        if not key:
            problems.add(line, _column(cmdb, "id"), "is empty: every record needs what it is found by")
        elif key in records:
            message = f"{shown(values['id'])} stands on line {lines[key]} already: which of the two is it?"
            problems.add(line, _column(cmdb, "id"), message)
        else:
            lines[key] = line
            values["purchased"] = _date(values.get("purchased", ""), line, cmdb, problems)
            records[key] = Record(key, **values)
    problems.raise_if_any()
    return list(records.values())


def _content(file: Path) -> bytes:
    try:
        if file.exists() and not file.is_file():
            raise refuse(file, "is no plain file")
        with file.open("rb") as opened:
            data = opened.read(SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        raise refuse(file, f"cannot be read: {error.strerror if isinstance(error, OSError) else error}") from None
    if len(data) > SIZE_LIMIT:
        raise refuse(file, f"is larger than {SIZE_LIMIT // 1024 // 1024} MiB: is it the right file?")
    return data


def _column(cmdb: Cmdb, key: str) -> str:
    return cmdb.columns.get(key, key)


def _places(cmdb: Cmdb, table: CsvTable, problems: FileProblems) -> Mapping[str, int]:
    """Which column holds what; those that the configuration names must be there, and the one with ids in any case."""
    for key in _KEYS:
        column = _column(cmdb, key)
        if column not in table.header and (key == "id" or key in cmdb.columns):
            known = [name for name in table.header if name]
            problems.add(1, "", f"has no column {shown(column)} for `{key}`: {remedy(column, known, 'columns')}")
    return {key: table.header.index(_column(cmdb, key)) for key in _KEYS if _column(cmdb, key) in table.header}


def _date(text: str, line: int, cmdb: Cmdb, problems: FileProblems) -> str:
    """A day as ISO 8601; empty where there is none."""
    if not text:
        return ""
    try:
        day = datetime.strptime(text, cmdb.date_format).date() if cmdb.date_format else date.fromisoformat(text)
    except ValueError:
        written = f"as {cmdb.date_format}" if cmdb.date_format else "as 2026-10-31, or say under `cmdb` how it is"
        problems.add(line, _column(cmdb, "purchased"), f"{shown(text)} is no day that is written {written}")
        return ""
    return day.isoformat()
