"""An archive in CSV with a few rows of every table, and what a store holds after it was taken."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from availability.archive import FORMAT, TABLES
from availability.certificates import Certificate, Shown, Sighting
from availability.heartbeats import HeartbeatReport
from availability.trail import Entry, Work
from collector.archive import Restored, restore
from collector.archive_folder import open_archive
from collector.store import SqlStore, open_store
from collector.store.archive import Continued

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
    "pages": (
        'page-1,2026-10-01T06:00:00.000Z,opened,"{""group"": ""g"", ""alerts"": [], ""omitted"": 0}"',
        'page-1,2026-10-01T07:00:00.000Z,ended,"{""why"": ""resolved"", ""by"": """"}"',
    ),
}
"""Of maintenance, incidents, closings and pages without their number."""
ADDED = Entry("w1", "add", "anna", T0, "a restore", "", Work("request", T0, T0 + HOUR, ("app",)))
APPROVED = Entry("w1", "approve", "root", T0 + 1000, "", "piet")
REPORTS = [
    HeartbeatReport("copy", T0, True, T0 + 1000, "venlo", started=T0 - HOUR, size_bytes=1000, copies=60),
    HeartbeatReport("copy", T0 + HOUR, False, T0 + HOUR, "venlo", duration_ms=5000, detail="disk full"),
]
CERTIFICATE = Certificate("ab12", "CN=web", ("web.example", "w"), "CN=ca", "0F", T0 - HOUR, T0 + HOUR)
SIGHTING = Sighting("web", "venlo", Shown("web.example:443", CERTIFICATE, "trusted"), T0, T0)
NOTHING = Continued(0, 0)


def new_store(folder: Path) -> SqlStore:
    """An empty store in `folder`; who asks for it closes it."""
    return open_store(f"sqlite:///{folder / 'facts.db'}", create=True)


def make(folder: Path, about: object = None, **changed: tuple[str, ...]) -> Path:
    """An archive in CSV as another program might have written it, with other rows in the tables that are named."""
    (folder / "closings").mkdir(parents=True, exist_ok=True)
    (folder / "closings" / "2026-09.json").write_text('{"norm": 0.98}')
    for name, rows in {**ROWS, **changed}.items():
        numbered = name in ("maintenance", "incidents", "closings", "pages")
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
        rest = (*rest, list(holdings.certificates()), list(holdings.pages()))
        return facts, list(holdings.latencies()), rest
