"""An archive is taken whole or not at all, as a set, and what is wrong with one is named with its place."""

from __future__ import annotations

import hashlib
import json
import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from sqlalchemy import insert

from availability.archive import FORMAT, LAST_BUCKET, TABLES, LatencyQuarter
from availability.certificates import Certificate, Shown, Sighting
from availability.heartbeats import HeartbeatReport
from availability.outcome import Reason, Status
from availability.ports import Batch, Run
from availability.trail import Entry, Work
from collector.archive import Restored, restore
from collector.archive_folder import ArchiveRefused, open_archive
from collector.store import SqlStore, StoreError, open_store, schema
from collector.store.archive import Continued
from collector.store.sketch import Sketch

T0 = 1_790_834_400_000
"""2026-10-01T06:00:00Z"""
HOUR = 3_600_000
QUARTER = 900_000
HEADERS = {table.name: ",".join(column.name for column in table.columns) for table in TABLES}


def sighting(
    trust: str = "trusted", names: str = '"[""web.example"", ""w""]"', first: str = "2026-10-01T06:00Z"
) -> str:
    return (
        f"web,venlo,web.example:443,ab12,{trust},CN=web,{names},CN=ca,0F,"
        f"2026-10-01T05:00Z,2026-10-01T07:00Z,{first},2026-10-01T06:00Z"
    )


ROWS = {
    "observations": (
        "web,venlo,2026-10-01T06:00:00.000Z,30000,3,ok,,",
        'web,venlo,2026-10-01T06:01:30.001Z,0,1,failed,bad_status,"status 503, ""busy"""',
        "dns,venlo,2026-10-01T06:00:00.000Z,0,1,none,no_permission,",
    ),
    "latencies": ("web,venlo,2026-10-01T06:00:00.000Z,3,31000,90:2 97:1",),
    "maintenance": (
        'w1,add,2026-10-01T06:00:00.000Z,anna,,a restore,request,2026-10-01T06:00Z,2026-10-01T07:00Z,"[""app""]",,',
        "w1,approve,2026-10-01T06:00:01.000Z,root,piet,,,,,,,",
    ),
    "incidents": ('I-1,"{""priority"": ""1""}",2026-10-01T06:00:00.000Z,anna',),
    "closings": ("2026-09,ab12,closings/2026-09.json",),
    "heartbeats": (
        "copy,2026-10-01T06:00:00.000Z,ok,2026-10-01T06:00:01.000Z,venlo,2026-10-01T05:00Z,,1000,,60,",
        "copy,2026-10-01T07:00:00.000Z,failed,2026-10-01T07:00:00.000Z,venlo,,5000,,,,disk full",
    ),
    "certificates": (sighting(),),
}
"""Of maintenance, incidents and closings without their number."""
ADDED = Entry("w1", "add", "anna", T0, "a restore", "", Work("request", T0, T0 + HOUR, ("app",)))
APPROVED = Entry("w1", "approve", "root", T0 + 1000, "", "piet")
REPORTS = [
    HeartbeatReport("copy", T0, True, T0 + 1000, "venlo", started=T0 - HOUR, size_bytes=1000, copies=60),
    HeartbeatReport("copy", T0 + HOUR, False, T0 + HOUR, "venlo", duration_ms=5000, detail="disk full"),
]
CERTIFICATE = Certificate("ab12", "CN=web", ("web.example", "w"), "CN=ca", "0F", T0 - HOUR, T0 + HOUR)
SIGHTING = Sighting("web", "venlo", Shown("web.example:443", CERTIFICATE, "trusted"), T0, T0)
NOTHING = Continued(0, 0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(f"sqlite:///{tmp_path / 'facts.db'}", create=True)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "archive")


def make(folder: Path, about: object = None, **changed: tuple[str, ...]) -> Path:
    """An archive in CSV as another program might have written it, with other rows in the tables that are named."""
    (folder / "closings").mkdir(parents=True, exist_ok=True)
    (folder / "closings" / "2026-09.json").write_text('{"norm": 0.98}')
    for name, rows in {**ROWS, **changed}.items():
        numbered = name in ("maintenance", "incidents", "closings")
        lines = [f"{number},{row}" if numbered else row for number, row in enumerate(rows, 1)]
        (folder / f"{name}.csv").write_bytes("".join(f"{line}\r\n" for line in [HEADERS[name], *lines]).encode())
    describe(folder, about)
    return folder


def describe(folder: Path, about: object = None) -> None:
    """Write the descriptor of the files that are there."""
    files = [path for path in sorted(folder.rglob("*.*")) if path.suffix in (".csv", ".parquet", ".json")]
    resources = [
        {
            "path": path.relative_to(folder).as_posix(),
            "bytes": path.stat().st_size,
            "hash": f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}",
        }
        for path in files
        if path.name != "datapackage.json"
    ]
    content = {"waakvlam": about or {"format": FORMAT}, "resources": resources}
    (folder / "datapackage.json").write_text(json.dumps(content))


def take(folder: Path, store: SqlStore) -> Restored:
    return restore(open_archive(folder, lambda *_: None), store, lambda *_: None)


def everything(store: SqlStore) -> Any:
    """All that a store holds."""
    with store.holdings() as holdings:
        facts = {series: list(holdings.runs(*series)) for series in holdings.series()}
        rest = (holdings.trail(), list(holdings.incidents()), list(holdings.closings()), list(holdings.heartbeats()))
        return facts, list(holdings.latencies()), (*rest, list(holdings.certificates()))


def test_all_of_it_is_taken(folder: Path, store: SqlStore) -> None:
    done = take(folder, store)
    facts, latencies, (trail, incidents, closings, reports, certificates) = everything(store)
    assert reports == REPORTS
    assert certificates == [SIGHTING]
    assert facts == {
        ("dns", "venlo"): [Run(T0, 0, 1, Status.NONE, Reason.NO_PERMISSION, "")],
        ("web", "venlo"): [
            Run(T0, 30_000, 3, Status.OK, None, ""),
            Run(T0 + 90_001, 0, 1, Status.FAILED, Reason.BAD_STATUS, 'status 503, "busy"'),
        ],
    }
    assert latencies == [LatencyQuarter("web", "venlo", T0, 3, 31_000, ((90, 2), (97, 1)))]
    assert trail == [ADDED, APPROVED]
    assert incidents == [(1, "I-1", '{"priority": "1"}', T0, "anna")]
    assert closings == [(1, "2026-09", "ab12", b'{"norm": 0.98}')]
    assert (done.observations.added, done.quarters_added, done.trail) == (5, 1, Continued(2, 0))
    assert done.series == {("web", "venlo"), ("dns", "venlo")}


def test_twice_changes_nothing(folder: Path, store: SqlStore) -> None:
    take(folder, store)
    before = everything(store)
    done = take(folder, store)
    assert everything(store) == before
    assert (done.observations.added, done.observations.known, done.quarters_added, done.quarters_known) == (0, 5, 0, 1)
    assert (done.trail, done.incidents, done.closings) == (Continued(0, 2), Continued(0, 1), Continued(0, 1))
    assert (done.heartbeats, done.certificates) == (Continued(0, 2), Continued(0, 1))


def test_reports_join_those_that_are_there(folder: Path, store: SqlStore) -> None:
    other = replace(REPORTS[0], detail="the first account of it stays")
    later = replace(REPORTS[0], at=T0 + 2 * HOUR)
    assert store.report([later, other]) == 2
    assert take(folder, store).heartbeats == Continued(1, 1)
    assert everything(store)[2][3] == [other, REPORTS[1], later]
    assert store.reports_after(2) == ([REPORTS[1]], 3)


def test_an_older_archive_has_no_reports_and_misses_nothing(folder: Path, store: SqlStore) -> None:
    (folder / "heartbeats.csv").unlink()
    describe(folder)
    assert take(folder, store).heartbeats == NOTHING


def test_sightings_last_as_long_as_both_together(folder: Path, store: SqlStore) -> None:
    earlier = SIGHTING._replace(first=T0 - HOUR, last=T0 - 1)
    refused = SIGHTING._replace(shown=SIGHTING.shown._replace(trust="expired"))
    store.see_certificates([earlier, refused])
    assert take(folder, store).certificates == Continued(1, 0)
    assert everything(store)[2][4] == [refused, SIGHTING._replace(first=T0 - HOUR)]
    store.see_certificates([SIGHTING._replace(first=T0 - 1, last=T0 + HOUR)])
    assert take(folder, store).certificates == Continued(0, 1)


def test_an_older_archive_has_no_certificates_and_misses_nothing(folder: Path, store: SqlStore) -> None:
    (folder / "certificates.csv").unlink()
    describe(folder)
    assert take(folder, store).certificates == NOTHING


def test_observations_join_those_that_are_there(folder: Path, store: SqlStore) -> None:
    store.add([Batch("web", "venlo", [Run(T0 + 60_000, 30_000, 3, Status.OK, None, "")])])
    done = take(folder, store)
    assert (done.observations.added, done.observations.known, done.observations.conflicts) == (4, 1, 0)
    assert store.rows()["web", "venlo"][0] == (T0, 30_000, 4, 1)


def test_rows_may_stand_in_any_order(tmp_path: Path, store: SqlStore) -> None:
    chance = random.Random(1)
    observations = [
        f"{check},venlo,2026-10-{day:02d}T{hour:02d}:00:00Z,60000,{count},ok,,"
        for check in ("web", "dns")
        for day in range(1, 10)
        for hour, count in ((1, 5), (2, 60), (3, 61))
    ]
    latencies = [f"web,venlo,2026-10-{day:02d}T00:{m}:00Z,1,5,16:1" for day in range(1, 9) for m in ("00", "15")]
    take(make(tmp_path / "sorted", observations=tuple(observations), latencies=tuple(latencies)), store)
    chance.shuffle(observations)
    chance.shuffle(latencies)
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}", create=True)
    take(make(tmp_path / "mixed", observations=tuple(observations), latencies=tuple(latencies)), other)
    assert everything(other) == everything(store)
    other.close()


def test_after_an_archive_was_taken_the_same_store_goes_on(folder: Path, store: SqlStore) -> None:
    store.add([Batch("old", "venlo", [Run(T0, 0, 1, Status.OK, None, "")], [(T0, 3.0)])])
    take(folder, store)
    assert store.add([Batch("new", "venlo", [Run(T0, 0, 1, Status.OK, None, "")], [(T0, 4.0)])]).added == 1
    assert store.add([Batch("web", "venlo", [Run(T0 + HOUR, 0, 1, Status.OK, None, "")])]).added == 1
    assert store.latencies("new", [(T0, T0 + QUARTER)]).count == 1
    assert store.latencies("web", [(T0, T0 + QUARTER)]).count == 3
    assert store.latencies("old", [(T0, T0 + QUARTER)]).count == 1


def test_parquet_is_read_where_it_is_there(folder: Path, store: SqlStore) -> None:
    lines = {"check": ["web"], "vantage": ["venlo"], "first": [T0], "step_ms": [0], "count": [1]}
    more = {"outcome": ["failed"], "reason": ["timeout"], "detail": pyarrow.array([None], pyarrow.string())}
    table = pyarrow.table({**lines, **more})
    # As another program might have rewritten it: columns in another order, instants to the microsecond.
    instants = table["first"].cast(pyarrow.timestamp("ms", tz="UTC")).cast(pyarrow.timestamp("us", tz="UTC"))
    table = table.set_column(2, "first", instants).select(sorted(table.column_names))
    parquet.write_table(table, folder / "observations.parquet")
    describe(folder)
    take(folder, store)
    assert store.rows() == {("web", "venlo"): [(T0, 0, 1, 2)]}


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
    assert everything(store) == ({}, [], ([], [], [], [], []))


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
    assert everything(store) == ({}, [], ([], [], [], [], []))


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
    assert everything(store) == ({}, [], ([], [], [], [], []))


def test_a_trail_goes_on_where_the_store_has_its_beginning(folder: Path, store: SqlStore) -> None:
    store.enter(lambda _: ADDED)
    assert take(folder, store).trail == Continued(1, 1)
    assert store.trail() == [ADDED, APPROVED]


def test_a_store_that_went_on_keeps_what_came_later(folder: Path, store: SqlStore) -> None:
    take(folder, store)
    later = Entry("w1", "withdraw", "anna", T0 + 2000, "a mistake")
    store.enter(lambda _: later)
    assert take(folder, store).trail == Continued(0, 2)
    assert store.trail() == [ADDED, APPROVED, later]


def test_another_trail_is_refused_and_nothing_is_taken(folder: Path, store: SqlStore) -> None:
    other = Entry("w9", "add", "anna", T0, "another", "", ADDED.work)
    store.enter(lambda _: other)
    with pytest.raises(StoreError, match="the maintenance trail of the archive is not that of the store: they differ"):
        take(folder, store)
    assert everything(store) == ({}, [], ([other], [], [], [], []))


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


quarters = st.builds(
    lambda check, slot, spread: LatencyQuarter(
        check,
        "venlo",
        T0 + slot * QUARTER,
        sum(spread.values()),
        sum(bucket * number for bucket, number in spread.items()),
        tuple(sorted(spread.items())),
    ),
    st.sampled_from(["web", "dns"]),
    st.integers(0, 9),
    st.dictionaries(st.integers(0, LAST_BUCKET), st.integers(1, 300), min_size=1, max_size=3),
)
accounts = st.lists(quarters, max_size=12)


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], SqlStore]]:
    """What makes new stores."""
    made: list[SqlStore] = []
    folder = tmp_path_factory.mktemp("stores")
    template = open_store(f"sqlite:///{folder / 'template.db'}", create=True)
    template.close()

    def new() -> SqlStore:
        path = folder / f"{len(made)}.db"
        path.write_bytes((folder / "template.db").read_bytes())
        made.append(open_store(f"sqlite:///{path}", create=False))
        return made[-1]

    yield new
    for store in made:
        store.close()


@given(accounts, accounts)
def test_latencies_merge_as_a_set(
    numbered: Callable[[], SqlStore], one: list[LatencyQuarter], other: list[LatencyQuarter]
) -> None:
    def merged(*lists: list[LatencyQuarter]) -> list[LatencyQuarter]:
        store = numbered()
        for each in lists:
            with store.restoring() as restoring:
                restoring.add_latencies(each)
        with store.holdings() as holdings:
            found = list(holdings.latencies())
        store.close()
        return found

    greatest: dict[tuple[str, int], LatencyQuarter] = {}
    for quarter in [*one, *other]:
        key = (quarter.check, quarter.start)
        greatest[key] = max(greatest.get(key, quarter), quarter, key=lambda q: (q.counted, q.sum_us, list(q.buckets)))
    expected = sorted(greatest.values(), key=lambda q: (q.start // HOUR, q.check, q.start))
    assert merged(one, other) == merged(other, one) == merged(one, other, one, other) == expected


def test_latencies_that_were_measured_come_back_with_the_same_summary(tmp_path: Path, store: SqlStore) -> None:
    chance = random.Random(3)
    timed = [(T0 + 30_000 * number, chance.lognormvariate(3, 1)) for number in range(500)]
    store.add([Batch("web", "venlo", [Run(T0, 30_000, 500, Status.OK, None, "")], timed)])
    with store.holdings() as holdings:
        found = list(holdings.latencies())
    expected = Sketch()
    for _, milliseconds in timed:
        expected.add(round(milliseconds * 1000))
    assert sum(quarter.counted for quarter in found) == expected.count
    assert sum(quarter.sum_us for quarter in found) == expected.total_us
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}", create=True)
    with other.restoring() as restoring:
        restoring.add_latencies(found)
    spans = [(T0, T0 + 3 * HOUR), (T0 + 4 * HOUR, T0 + 9 * HOUR)]
    assert other.latencies("web", spans) == store.latencies("web", spans)
    other.close()
