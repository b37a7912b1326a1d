"""An archive that is wrong, or not that of the store, is refused whole, and what is wrong is named with its place."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet
from sqlalchemy import insert

from availability.archive import FORMAT, LAST_BUCKET
from availability.trail import Entry
from collector.archive_folder import ArchiveRefused
from collector.store import SqlStore, StoreError, schema
from tests.collector.archives import (
    ADDED,
    HEADERS,
    ROWS,
    T0,
    describe,
    everything,
    make,
    new_store,
    sighting,
    take,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = new_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "archive")


LINES = {
    "a wrong outcome": ("web,venlo,2026-10-01T06:00:00Z,0,1,up,,", "outcome 'up' must be one of none, ok, failed"),
    "no check": (",venlo,2026-10-01T06:00:00Z,0,1,ok,,", "check is empty"),
    "too few fields": ("web,venlo,2026-10-01T06:00:00Z", "there are 3 fields where the first line names 8"),
    "an instant without an offset": (
        "web,venlo,2026-10-01T06:00:00,0,1,ok,,",
        "first '2026-10-01T06:00:00' is no instant such as 2026-10-01T06:00:00.000Z",
    ),
    "no instant": ("web,venlo,x,0,1,ok,,", "first 'x' is no instant such as 2026-10-01T06:00:00.000Z"),
    "a broken count": ("web,venlo,2026-10-01T06:00:00Z,0,1.5,ok,,", "count '1.5' is no whole number"),
    "no observation at all": ("web,venlo,2026-10-01T06:00:00Z,0,0,ok,,", "count 0 must be 1 or more"),
    "a negative step": ("web,venlo,2026-10-01T06:00:00Z,-1,2,ok,,", "step_ms -1 must be 0 or more"),
    "a step for one": ("web,venlo,2026-10-01T06:00:00Z,5,1,ok,,", "step_ms must be 0 exactly where count is 1"),
    "no step for two": ("web,venlo,2026-10-01T06:00:00Z,0,2,ok,,", "step_ms must be 0 exactly where count is 1"),
    "a run without end": (
        "web,venlo,2026-10-01T06:00:00Z,999999999999,999999,ok,,",
        "the last observation is beyond the year 9999",
    ),
    "a reason for what was ok": (
        "web,venlo,2026-10-01T06:00:00Z,0,1,ok,timeout,",
        "reason must be empty exactly where the outcome is ok",
    ),
    "a failure without a reason": (
        "web,venlo,2026-10-01T06:00:00Z,0,1,failed,,",
        "reason must be empty exactly where the outcome is ok",
    ),
    "a reason of a later version": (
        "web,venlo,2026-10-01T06:00:00Z,0,1,failed,bored,",
        "reason 'bored' is none that this version of waakvlam knows",
    ),
    "a novel": (
        f"web,venlo,2026-10-01T06:00:00Z,0,1,failed,timeout,{'x' * 201}",
        "detail has 201 characters; 200 is the most there can be",
    ),
}


@pytest.mark.parametrize("sentence", LINES)
def test_a_bad_line_is_named_and_nothing_is_taken(sentence: str, tmp_path: Path, store: SqlStore) -> None:
    line, message = LINES[sentence]
    folder = make(tmp_path / "archive", observations=(*ROWS["observations"], line))
    with pytest.raises(ArchiveRefused) as refused:
        take(folder, store)
    assert str(refused.value) == f"{folder / 'observations.csv'}:5: {message}"
    assert everything(store) == ({}, [], ([], [], [], [], [], []))


OTHER_TABLES = {
    "a quarter that begins at no quarter": (
        {"latencies": ("web,venlo,2026-10-01T06:01:00Z,1,5,16:1",)},
        "latencies.csv:2: start must be the beginning of a quarter of an hour",
    ),
    "buckets that do not add up": (
        {"latencies": ("web,venlo,2026-10-01T06:00:00Z,2,5,16:1",)},
        "latencies.csv:2: the counts in buckets must be 1 or more and add up to count",
    ),
    "buckets in disorder": (
        {"latencies": ("web,venlo,2026-10-01T06:00:00Z,2,5,16:1 15:1",)},
        f"latencies.csv:2: buckets must be numbers from 0 to {LAST_BUCKET}, each once, in order",
    ),
    "no buckets": (
        {"latencies": ("web,venlo,2026-10-01T06:00:00Z,2,5,x",)},
        "latencies.csv:2: buckets 'x' must be written as bucket:count, separated by blanks",
    ),
    "an approval that says what the work is": (
        {"maintenance": ("w1,approve,2026-10-01T06:00:01Z,root,,,request,,,,,",)},
        "maintenance.csv:2: only an addition says what the work is",
    ),
    "an addition without work": (
        {"maintenance": ("w1,add,2026-10-01T06:00:01Z,root,,,,,,,,",)},
        "maintenance.csv:2: an addition must have category, starts, ends and affects",
    ),
    "work that ends before it starts": (
        {"maintenance": ("w1,add,2026-10-01T06:00:01Z,a,,,c,2026-10-02T00:00:00Z,2026-10-01T00:00:00Z,[],,",)},
        "maintenance.csv:2: starts must be before ends",
    ),
    "affects that is no list": (
        {"maintenance": ("w1,add,2026-10-01T06:00:01Z,a,,,c,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,app,,",)},
        "maintenance.csv:2: 'app' is no JSON",
    ),
    "an incident that is a list": (
        {"incidents": ("I-1,[],2026-10-01T06:00:00Z,anna",)},
        "incidents.csv:2: content must be a JSON object",
    ),
    "a closed month without its file": (
        {"closings": ("2026-08,ab12,closings/2026-08.json",)},
        "closings.csv:2: file 'closings/2026-08.json' is not listed in datapackage.json as the file of '2026-08'",
    ),
    "a closed month with another file": (
        {"closings": ("2026-09,ab12,observations.csv",)},
        "closings.csv:2: file 'observations.csv' is not listed in datapackage.json as the file of '2026-09'",
    ),
    "a certificate seen last before it was seen first": (
        {"certificates": (sighting(first="2026-10-01T06:00:01Z"),)},
        "certificates.csv:2: first_seen must not be after last_seen",
    ),
    "names that are no list": (
        {"certificates": (sighting(names='"""web"""'),)},
        "certificates.csv:2: names must be a JSON list of names",
    ),
    "a trust that nobody knows": (
        {"certificates": (sighting(trust="blind"),)},
        "certificates.csv:2: trust 'blind' must be one of trusted, not_verified, untrusted, expired, name_mismatch",
    ),
}


@pytest.mark.parametrize("sentence", OTHER_TABLES)
def test_a_bad_line_of_another_table_is_named_as_well(sentence: str, tmp_path: Path, store: SqlStore) -> None:
    changed, message = OTHER_TABLES[sentence]
    folder = make(tmp_path / "archive", **changed)
    with pytest.raises(ArchiveRefused) as refused:
        take(folder, store)
    assert str(refused.value) == f"{folder}/{message}"
    assert everything(store) == ({}, [], ([], [], [], [], [], []))


def test_rows_that_do_not_count_from_one_are_refused(folder: Path, store: SqlStore) -> None:
    path = folder / "maintenance.csv"
    path.write_text(path.read_text().replace("2,w1,approve", "3,w1,approve"), newline="\r\n")
    describe(folder)
    with pytest.raises(ArchiveRefused, match=r"maintenance\.csv:3: number must be 2$"):
        take(folder, store)


def break_file(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Change a file and let the descriptor vouch for it all the same."""

    def act(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))
        describe(folder)

    return act


def with_parquet(cut: int) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        parquet.write_table(pyarrow.table({"check": ["web"] * 1000}), folder / "observations.parquet")
        content = (folder / "observations.parquet").read_bytes()
        (folder / "observations.parquet").write_bytes(content[: len(content) - cut])
        describe(folder)

    return act


def resource(**changes: object) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        path = folder / "datapackage.json"
        content = json.loads(path.read_text())
        content["resources"][0].update(changes)
        path.write_text(json.dumps(content))

    return act


FOLDERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no descriptor": (
        lambda folder: (folder / "datapackage.json").unlink(),
        "{}: there is no datapackage.json here; give the folder that `waakvlam export` wrote",
    ),
    "a descriptor that is no JSON": (
        lambda folder: (folder / "datapackage.json").write_text("{"),
        "{}/datapackage.json: is no JSON; take the archive from its source again",
    ),
    "a descriptor of a million brackets": (
        lambda folder: (folder / "datapackage.json").write_text("[" * 1_000_000),
        "{}/datapackage.json: is no JSON; take the archive from its source again",
    ),
    "a data package of somebody else": (
        lambda folder: (folder / "datapackage.json").write_text('{"resources": []}'),
        "{}/datapackage.json: this is not an archive of waakvlam",
    ),
    "a newer format": (
        lambda folder: describe(folder, {"format": FORMAT + 1}),
        f"{{}}: a newer version of waakvlam wrote this archive (its format is {FORMAT + 1}, this version knows "
        f"{FORMAT}); use that version",
    ),
    "a path that leads out": (
        resource(path="../secret.csv"),
        "{}/datapackage.json: resources[0].path is no file of this folder",
    ),
    "a path from the root": (
        resource(path="/etc/passwd"),
        "{}/datapackage.json: resources[0].path is no file of this folder",
    ),
    "a digest of another kind": (
        resource(hash="md5:00"),
        "{}/datapackage.json: resources[0].hash is no SHA-256 of a file",
    ),
    "a resource without a size": (
        resource(bytes=None),
        "{}/datapackage.json: resources[0] must have `path`, `bytes` and `hash`",
    ),
    "a byte that was changed": (
        lambda folder: (folder / "latencies.csv").write_bytes(
            (folder / "latencies.csv").read_bytes().replace(b"31000", b"41000")
        ),
        "{}/latencies.csv: is not what was written: its SHA-256 is another one; take it from its source again",
    ),
    "a file that was cut off": (
        lambda folder: (folder / "latencies.csv").write_bytes((folder / "latencies.csv").read_bytes()[:-5]),
        "{}/latencies.csv: has 91 bytes where 96 were written; take it from its source again",
    ),
    "a table that is missing": (
        lambda folder: (folder / "latencies.csv").unlink(),
        "{}: the table latencies is missing: it is neither there in Parquet nor in CSV",
    ),
    "a closed month that is missing": (
        lambda folder: (folder / "closings" / "2026-09.json").unlink(),
        "{}/closings/2026-09.json: cannot be read (No such file or directory)",
    ),
    "another first line": (
        break_file("observations.csv", lambda content: content.replace(b"step_ms", b"step")),
        "{}/observations.csv:1: the first line must be " + HEADERS["observations"],
    ),
    "a quote that is not closed": (
        break_file("observations.csv", lambda content: content + b'web,"'),
        "{}/observations.csv:5: unexpected end of data; is a quote not closed?",
    ),
    "what is no UTF-8": (
        break_file("observations.csv", lambda content: content + b"\xff\r\n"),
        "{}/observations.csv: behind line 1 is what is no UTF-8 text",
    ),
    "Parquet that was cut off": (
        with_parquet(20),
        "{}/observations.parquet: cannot be read as Parquet: ",
    ),
    "Parquet without our columns": (
        with_parquet(0),
        "{}/observations.parquet: there is no column count",
    ),
}


@pytest.mark.parametrize("sentence", FOLDERS)
def test_an_archive_that_is_wrong_is_refused_whole(sentence: str, folder: Path, store: SqlStore) -> None:
    change, message = FOLDERS[sentence]
    change(folder)
    with pytest.raises(ArchiveRefused) as refused:
        take(folder, store)
    said, told = str(refused.value), message.format(folder)
    assert said.startswith(told) if told.endswith(": ") else said == told
    assert everything(store) == ({}, [], ([], [], [], [], [], []))


def test_another_trail_is_refused_and_nothing_is_taken(folder: Path, store: SqlStore) -> None:
    other = Entry("w9", "add", "anna", T0, "another", "", ADDED.work)
    store.enter(lambda _: other)
    with pytest.raises(StoreError, match="the maintenance trail of the archive is not that of the store: they differ"):
        take(folder, store)
    assert everything(store) == ({}, [], ([other], [], [], [], [], []))


@pytest.mark.parametrize(
    ("table", "values", "what"),
    [
        (
            schema.incident,
            {"incident": "I-2", "content": "{}", "imported_at": 1, "imported_by": "anna"},
            "list of incidents",
        ),
        (
            schema.closing,
            {"period": "2026-01", "digest": "", "document": zlib.compress(b"{}")},
            "list of closed months",
        ),
    ],
    ids=["incidents", "closed months"],
)
def test_other_rows_of_what_is_only_added_to_are_refused(
    table: Any, values: dict[str, object], what: str, folder: Path, store: SqlStore
) -> None:
    with store.restoring() as restoring:
        restoring._connection.execute(insert(table).values(number=1, **values))
    before = everything(store)
    with pytest.raises(StoreError, match=f"the {what} of the archive is not that of the store"):
        take(folder, store)
    assert everything(store) == before
