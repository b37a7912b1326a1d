"""An archive says of itself what is in it, and can be read by somebody who has nothing but the archive."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from availability.archive import TABLES, Closed, LatencyQuarter, Noted, Registered
from availability.certificates import Certificate, Shown, Sighting
from availability.heartbeats import HeartbeatReport
from availability.outcome import Reason, Status
from availability.ports import Run
from availability.trail import Entry, Work
from exporters.archive import About, Written, write_archive
from exporters.archive_words import COLUMNS
from exporters.archive_words import TABLES as MEANINGS

T0 = 1_790_834_400_000
"""2026-10-01T06:00:00Z"""
QUARTER = 900_000
CONFIGURATION = b"version: 1  # as it was read, \xe2\x82\xac included\n"
ABOUT = About(CONFIGURATION, "Europe/Amsterdam", "1.2.3", T0 + QUARTER)
NASTY = '=cmd|"x", \r\n second line\u20ac'
TYPES = {"string", "integer", "datetime", "array", "object"}
"""Of Table Schema; those that are used here."""


@dataclass
class InHand:
    """Holdings out of plain lists."""

    facts: dict[tuple[str, str], list[Run]] = field(default_factory=dict)
    quarters: list[LatencyQuarter] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    registered: list[Registered] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    reports: list[HeartbeatReport] = field(default_factory=list)
    seen: list[Sighting] = field(default_factory=list)

    def series(self) -> Sequence[tuple[str, str]]:
        return sorted(self.facts)

    def runs(self, check: str, vantage: str, since: int | None = None, until: int | None = None) -> Iterator[Run]:
        return iter(self.facts[check, vantage])

    def latencies(self, since: int | None = None, until: int | None = None) -> Iterator[LatencyQuarter]:
        return iter(self.quarters)

    def trail(self) -> Sequence[Entry]:
        return self.entries

    def incidents(self) -> Iterator[Registered]:
        return iter(self.registered)

    def closings(self) -> Iterator[Closed]:
        return iter(self.closed)

    def heartbeats(self) -> Iterator[HeartbeatReport]:
        return iter(self.reports)

    def certificates(self) -> Iterator[Sighting]:
        return iter(self.seen)

    def pages(self) -> Iterator[Noted]:
        return iter((Noted(1, "page-1", T0, "opened", '{"alerts": []}'), Noted(2, "page-1", T0 + 1, "ended", "{}")))


CERTIFICATE = Certificate("ab12", NASTY, ("línea.example", NASTY), "CN=ca", "0F", T0 - 1, T0 + 1)
BARE = Certificate("cd34", "", (), "", "1", T0 - 1, 253_402_300_799_000)
"""Without any text, and for ever (RFC 5280, 4.1.2.5)."""
WHOLE = InHand(
    {
        ("web", "venlo"): [
            Run(T0, 30_000, 3, Status.OK, None, ""),
            Run(T0 + 90_001, 0, 1, Status.FAILED, Reason.BAD_STATUS, NASTY),
        ],
        ("web", "roermond"): [Run(T0, 0, 1, Status.NONE, Reason.NO_PERMISSION, "")],
    },
    [
        LatencyQuarter("web", "venlo", T0, 3, 31_000, ((90, 2), (97, 1))),  # 8, 8 and 15 ms
        LatencyQuarter("web", "venlo", T0 + QUARTER, 1, 9_000, ((91, 1),)),  # 9 ms
    ],
    [
        Entry("w1", "add", "anna", T0, "a restore", "", Work("request", T0, T0 + 1, ("app", "línea"), "", T0 - 1)),
        Entry("w1", "approve", "root", T0 + 5, "", "piet"),
    ],
    [Registered(1, "I-1", '{"priority": "1"}', T0, "anna")],
    [Closed(1, "2026-09", "ab12", b'{"norm": 0.98}')],
    [
        HeartbeatReport("copy", T0, True, T0 + 5, "venlo", T0 - 60_000, 59_000, 10**15, T0 - QUARTER, 60, NASTY),
        HeartbeatReport("copy", T0 + 1, False, T0 + 9, "venlo"),
    ],
    [
        Sighting("web", "venlo", Shown("[2001:db8::1]:443 as web", CERTIFICATE, "trusted"), T0, T0 + 60_000),
        Sighting("web", "venlo", Shown("[2001:db8::1]:443 as web", BARE, "untrusted"), T0 + 1, T0 + 1),
    ],
)


def written(folder: Path, holdings: InHand = WHOLE, formats: Sequence[str] = ("parquet", "csv")) -> Written:
    folder.mkdir(exist_ok=True)
    return write_archive(holdings, folder, ABOUT, formats, lambda *_: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written(tmp_path / "archive")
    return tmp_path / "archive"


def descriptor(folder: Path) -> Any:
    return json.loads((folder / "datapackage.json").read_text())


def fields(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_the_descriptor_names_every_file_with_its_size_and_digest(folder: Path) -> None:
    listed = {resource["path"]: resource for resource in descriptor(folder)["resources"]}
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files - {"datapackage.json", "README.md"} == set(listed)
    for name, resource in listed.items():
        content = (folder / name).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    names = [resource["name"] for resource in listed.values()]
    assert len(set(names)) == len(names)


def test_what_is_told_afterwards_vouches_for_the_descriptor(tmp_path: Path) -> None:
    told = written(tmp_path / "archive")
    content = (tmp_path / "archive" / "datapackage.json").read_bytes()
    assert told.digest == hashlib.sha256(content).hexdigest()
    assert told.observations == 5
    assert told.rows == {
        "observations": 3,
        "latencies": 2,
        "maintenance": 2,
        "incidents": 1,
        "closings": 1,
        "heartbeats": 2,
        "certificates": 2,
        "pages": 2,
    }


def test_the_schemas_are_those_of_the_files(folder: Path) -> None:
    tables = [resource for resource in descriptor(folder)["resources"] if resource.get("type") == "table"]
    assert len(tables) == 2 * len(TABLES)
    for resource in tables:
        names = [column["name"] for column in resource["schema"]["fields"]]
        assert {column["type"] for column in resource["schema"]["fields"]} <= TYPES
        assert set(resource["schema"]["primaryKey"]) <= set(names)
        path = folder / resource["path"]
        if resource["format"] == "csv":
            assert path.read_text(encoding="utf-8").splitlines()[0] == ",".join(names)
        else:
            assert parquet.ParquetFile(path).schema_arrow.names == names


def test_both_formats_hold_the_same_rows(folder: Path) -> None:
    for table in TABLES:
        rows = parquet.read_table(folder / f"{table.name}.parquet").to_pylist()
        for row in rows:
            for column in table.columns:
                if column.kind == "datetime" and row[column.name] is not None:
                    row[column.name] = f"{row[column.name]:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        texts = [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
        assert texts == fields(folder, table.name)


def test_the_csv_is_exactly_this(folder: Path) -> None:
    lines = (
        "check,vantage,first,step_ms,count,outcome,reason,detail",
        "web,roermond,2026-10-01T06:00:00.000Z,0,1,none,no_permission,",
        "web,venlo,2026-10-01T06:00:00.000Z,30000,3,ok,,",
        'web,venlo,2026-10-01T06:01:30.001Z,0,1,failed,bad_status,"=cmd|""x"", \r\n second line\u20ac"',
        "",
    )
    assert (folder / "observations.csv").read_bytes() == "\r\n".join(lines).encode()
    assert fields(folder, "observations")[2]["detail"] == NASTY
    assert fields(folder, "maintenance")[0]["affects"] == '["app", "línea"]'


def test_mean_and_percentile_follow_from_what_the_page_says(folder: Path) -> None:
    rows = fields(folder, "latencies")
    count = sum(int(row["count"]) for row in rows)
    assert sum(int(row["sum_us"]) for row in rows) / count == 10_000
    spread: dict[int, int] = {}
    for row in rows:
        for pair in row["buckets"].split(" "):
            bucket, number = map(int, pair.split(":"))
            spread[bucket] = spread.get(bucket, 0) + number
    rank, seen = ceil(0.95 * count), 0
    for bucket in sorted(spread):
        seen += spread[bucket]
        if seen >= rank:
            break
    assert 0.95 * (21 / 19) ** bucket == pytest.approx(15_000, rel=0.05)


def test_the_page_explains_every_column_in_both_languages(folder: Path) -> None:
    english, _, dutch = (folder / "README.md").read_text(encoding="utf-8").partition("\n---\n")
    for table in TABLES:
        assert MEANINGS[table.name].english in english
        assert MEANINGS[table.name].dutch in dutch
        for column in table.columns:
            words = COLUMNS[table.name, column.name]
            assert f"| `{column.name}` | {column.kind} | {words.english} |" in english
            assert f"| `{column.name}` | {column.kind} | {words.dutch} |" in dutch
    assert "{" not in english.replace("{}", "")
    assert "Europe/Amsterdam" in english
    assert "Europe/Amsterdam" in dutch


def test_no_word_explains_what_is_not_there() -> None:
    assert set(COLUMNS) == {(table.name, column.name) for table in TABLES for column in table.columns}


def test_the_configuration_and_the_closed_months_are_as_they_were(folder: Path) -> None:
    assert (folder / "configuration.yaml").read_bytes() == CONFIGURATION
    assert (folder / "closings" / "2026-09.json").read_bytes() == b'{"norm": 0.98}'
    assert fields(folder, "closings")[0]["file"] == "closings/2026-09.json"


def test_equal_holdings_give_equal_bytes(tmp_path: Path, folder: Path) -> None:
    written(tmp_path / "again")
    for path in folder.rglob("*"):
        if path.is_file():
            assert (tmp_path / "again" / path.relative_to(folder)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("format_", ["parquet", "csv"])
def test_one_format_alone_has_every_table_also_where_it_is_empty(format_: str, tmp_path: Path) -> None:
    written(tmp_path / "empty", InHand(), [format_])
    listed = {resource["path"] for resource in descriptor(tmp_path / "empty")["resources"]}
    assert listed == {*(f"{table.name}.{format_}" for table in TABLES), "configuration.yaml"}


def test_many_rows_are_written_in_groups(tmp_path: Path) -> None:
    runs = [Run(T0 + 2 * number, 0, 1, Status.OK, None, "") for number in range(70_000)]
    written(tmp_path / "many", InHand({("web", "venlo"): runs}))
    file = parquet.ParquetFile(tmp_path / "many" / "observations.parquet")
    assert file.metadata.num_rows == 70_000
    assert file.metadata.num_row_groups == 3
    assert len(fields(tmp_path / "many", "observations")) == 70_000
