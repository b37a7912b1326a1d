"""Writes all that a store holds into a folder, in open formats and with a description of itself
(Midden-Groningen SLA 8: handed over in a common, durable, machine-readable format)."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from availability import archive
from availability.archive import Closed, Holdings, Table
from availability.certificates import Sighting
from availability.heartbeats import HeartbeatReport
from availability.trail import Entry
from exporters.archive_readme import readme
from exporters.archive_sinks import ArchiveRow, instant, sink
from exporters.archive_words import COLUMNS, TABLES, Words

_ROWS_AT_ONCE = 32_768
"""Rows of a row group, and all that is held in memory at a time."""
_PERIOD = re.compile(r"\d{4}(-\d{2}|-Q[1-4])?", re.ASCII)
_MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "yaml": "application/yaml",
}

OnProgress = Callable[[str, int, int | None], None]
"""Told the table, how much of it is done, and out of how much where that is known."""


@dataclass(frozen=True, slots=True)
class About:
    """What an archive says of itself. Instants are epoch milliseconds; `since` and `until` cut observations and
    latencies, and are None where nothing was cut."""

    configuration: bytes
    timezone: str
    version: str
    """Of the program that writes it."""
    created_ms: int
    since: int | None = None
    until: int | None = None


@dataclass(slots=True)
class Written:
    """What an archive holds: rows per table, how many observations its runs stand for, and the SHA-256 of its
    descriptor, which vouches for all files."""

    rows: dict[str, int] = field(default_factory=dict)
    observations: int = 0
    digest: str = ""


def write_archive(
    holdings: Holdings, folder: Path, about: About, formats: Sequence[str], on_progress: OnProgress
) -> Written:
    """Write everything into `folder`, which is there and empty. OSError where it cannot be written.

    Equal holdings, times and configuration give equal bytes. Memory does not grow with what there is to write.
    """
    written = Written()
    tables: dict[Table, Iterable[ArchiveRow]] = {
        archive.OBSERVATIONS: _observations(holdings, about, written, on_progress),
        archive.LATENCIES: _latencies(holdings, about),
        archive.MAINTENANCE: map(_entry, enumerate(holdings.trail(), 1)),
        archive.INCIDENTS: (tuple(row) for row in holdings.incidents()),
        archive.CLOSINGS: _closings(holdings, folder),
        archive.HEARTBEATS: map(_report, holdings.heartbeats()),
        archive.CERTIFICATES: map(_sighting, holdings.certificates()),
        archive.PAGES: (tuple(row) for row in holdings.pages()),
    }
    resources = []
    for table, rows in tables.items():
        paths, written.rows[table.name] = _write_table(table, rows, folder, formats, on_progress)
        resources += [_table_resource(table, path) for path in paths]
    closings = sorted((folder / archive.CLOSINGS_FOLDER).glob("*.json"))
    resources += [_file_resource(f"closing-{path.stem}", path, folder, TABLES["closings"]) for path in closings]
    configuration = folder / archive.CONFIGURATION
    _write_bytes(configuration, about.configuration)
    resources.append(_file_resource("configuration", configuration, folder, TABLES["configuration"]))
    _write_bytes(folder / "README.md", readme(archive.FORMAT, about.timezone, _when_and_what(about)).encode())
    descriptor = json.dumps(_descriptor(about, written, resources), indent=1, ensure_ascii=False).encode()
    _write_bytes(folder / archive.DESCRIPTOR, descriptor + b"\n")
    written.digest = hashlib.sha256(descriptor + b"\n").hexdigest()
    return written


def _write_table(
    table: Table, rows: Iterable[ArchiveRow], folder: Path, formats: Sequence[str], on_progress: OnProgress
) -> tuple[list[Path], int]:
    """Write one table in all formats at once; its files, and how many rows it has."""
    count = 0
    remaining = iter(rows)
    with ExitStack() as abandoned:
        sinks = []
        for format_ in formats:
            opened = sink(table, format_, folder)
            abandoned.callback(opened.abandon)
            sinks.append(opened)
        while chunk := list(islice(remaining, _ROWS_AT_ONCE)):
            for each in sinks:
                each.write(chunk)
            count += len(chunk)
            if table is not archive.OBSERVATIONS:
                on_progress(table.name, count, None)
        for each in sinks:
            each.close()
    return [each.path for each in sinks], count


def _observations(holdings: Holdings, about: About, written: Written, on_progress: OnProgress) -> Iterator[ArchiveRow]:
    series = holdings.series()
    for done, (check, vantage) in enumerate(series, 1):
        for first, step, length, status, reason, detail in holdings.runs(check, vantage, about.since, about.until):
            written.observations += length
            # `or None`: an empty text is no value, here as in CSV.
            yield check, vantage, first, step, length, archive.OUTCOMES[status], reason or None, detail or None
        on_progress("observations", done, len(series))


def _latencies(holdings: Holdings, about: About) -> Iterator[ArchiveRow]:
    for check, vantage, start, count, sum_us, buckets in holdings.latencies(about.since, about.until):
        yield check, vantage, start, count, sum_us, " ".join(f"{bucket}:{number}" for bucket, number in buckets)


def _entry(numbered: tuple[int, Entry]) -> ArchiveRow:
    number, entry = numbered
    work = entry.work
    who = (entry.entered_at, entry.entered_by, entry.through or None, entry.reason or None)
    if work is None:
        return (number, entry.record, entry.action, *who, *(None,) * 6)
    affects = json.dumps(work.affects, ensure_ascii=False)
    about = (work.category, work.start_ms, work.end_ms, affects, work.ticket or None, work.notice_ms)
    return (number, entry.record, entry.action, *who, *about)


def _sighting(sighting: Sighting) -> ArchiveRow:
    content = sighting.shown.certificate
    names = json.dumps(content.names, ensure_ascii=False)
    texts = (content.subject or None, names, content.issuer or None, content.serial)
    return (*sighting.key, *texts, content.not_before_ms, content.not_after_ms, sighting.first, sighting.last)


def _closings(holdings: Holdings, folder: Path) -> Iterator[ArchiveRow]:
    """A row for every closed month, whose document becomes a file."""
    for closed in holdings.closings():
        path = folder / archive.CLOSINGS_FOLDER / f"{_name_of(closed)}.json"
        path.parent.mkdir(exist_ok=True)
        _write_bytes(path, closed.document)
        yield closed.number, closed.period, closed.digest, path.relative_to(folder).as_posix()


def _report(report: HeartbeatReport) -> ArchiveRow:
    outcome = "ok" if report.good else "failed"
    figures = (report.started, report.duration_ms, report.size_bytes, report.oldest_copy, report.copies)
    return report.check, report.at, outcome, report.received_at, report.vantage, *figures, report.detail or None


def _name_of(closed: Closed) -> str:
    """The period, which becomes the name of a file."""
    if not _PERIOD.fullmatch(closed.period):
        raise ValueError(f"closed period {closed.number} is no period: {closed.period!r}")
    return closed.period


def _write_bytes(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _descriptor(about: About, written: Written, resources: list[dict[str, Any]]) -> dict[str, Any]:
    """What Data Package v2 says of a package (datapackage.org/standard/data-package), and what is ours."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "waakvlam-archive",
        "title": "Observations of systems, networks and services",
        "description": "See README.md. " + _when_and_what(about).english,
        "version": f"{archive.FORMAT}.0.0",
        "created": instant(about.created_ms),
        "waakvlam": {
            "format": archive.FORMAT,
            "written_by": about.version,
            "timezone": about.timezone,
            "from": None if about.since is None else instant(about.since),
            "to": None if about.until is None else instant(about.until),
            "rows": written.rows,
            "observations": written.observations,
        },
        "resources": resources,
    }


def _when_and_what(about: About) -> Words:
    """When it was written, by what, and about which time."""
    created = instant(about.created_ms)
    english = f"It was written at {created} by waakvlam {about.version}"
    dutch = f"Ze is geschreven op {created} door waakvlam {about.version}"
    if about.since is None and about.until is None:
        return Words(f"{english} and holds all there was.", f"{dutch} en bevat alles wat er was.")
    since = instant(about.since) if about.since is not None else None
    until = instant(about.until) if about.until is not None else None
    spans = (f" from {since}" if since else "") + (f" up to {until}, not included" if until else "")
    tijd = (f" vanaf {since}" if since else "") + (f" tot {until}, dat moment niet erbij" if until else "")
    return Words(
        f"{english}. Observations and latencies are those{spans}; the other tables are whole.",
        f"{dutch}. Waarnemingen en duren zijn die{tijd}; de andere tabellen zijn heel.",
    )


def _table_resource(table: Table, path: Path) -> dict[str, Any]:
    """One file of a table, with its Table Schema (datapackage.org/standard/table-schema)."""
    format_ = path.suffix.removeprefix(".")
    resource = _file_resource(f"{table.name}-{format_}", path, path.parent, TABLES[table.name])
    if format_ == "csv":
        # These are the defaults of RFC 4180 and of Table Dialect; said for who looks here first.
        resource["dialect"] = {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True}
    fields = []
    for column in table.columns:
        constraints: dict[str, Any] = {"required": column.required}
        if column.minimum is not None:
            constraints["minimum"] = column.minimum
        if column.words:
            constraints["enum"] = list(column.words)
        description = COLUMNS[table.name, column.name].english
        fields.append(
            {"name": column.name, "type": column.kind, "description": description, "constraints": constraints}
        )
    schema = {"fields": fields, "missingValues": [""], "primaryKey": list(table.key)}
    return {**resource, "type": "table", "schema": schema}


def _file_resource(name: str, path: Path, folder: Path, words: Words) -> dict[str, Any]:
    format_ = path.suffix.removeprefix(".")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    resource = {
        "name": name,
        "path": path.relative_to(folder).as_posix(),
        "description": words.english,
        "format": format_,
        "mediatype": _MEDIA[format_],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
    }
    return resource if format_ == "parquet" else {**resource, "encoding": "utf-8"}
