"""An inventory that is written once, as users meet it: check, run, close, export and the register of equipment."""

from __future__ import annotations

import csv
import io
import json
import signal
from pathlib import Path

import pytest

from collector.probes import OPTIONS
from config.reader import read
from tests.ports import free_port
from tests.waakvlam.commands import a_server, collector, metric, stop, waakvlam, wait_until, write_estate

TEMPLATE = {
    "id": "switch",
    "parameters": ["port"],
    "component": {
        "kind": "network",
        "asset": {"make": "Switchmaker", "type": "S24"},
        "checks": [{"id": "{id}-tcp", "probe": "tcp", "host": "127.0.0.1", "port": "{port}"}],
    },
}


def estate(folder: Path, port: int, rows: str, listen: int = 0) -> Path:
    """An application and switches from a file, all at one port."""
    (folder / "switches.csv").write_text(f"id,port,place\n{rows}")
    app = {"id": "app", "checks": [{"id": "app-tcp", "probe": "tcp", "host": "127.0.0.1", "port": port}]}
    many = {"use": "switch", "for_each": {"csv": "switches.csv"}, "name": "Switch {place}"}
    return write_estate(folder, port, listen, templates=[TEMPLATE], components=[app, many])


def test_check_says_what_it_expands_to_and_writes_it_out(tmp_path: Path) -> None:
    estate(tmp_path, 22, "sw-1,22,Hall\nsw-2,22,Roof\n")
    told = waakvlam(tmp_path, "check", "--config", "estate.yaml")
    assert "  written once    2 components from switches.csv (line " in told.stdout
    assert ") by template switch\n" in told.stdout
    shown = waakvlam(tmp_path, "check", "--config", "estate.yaml", "--expanded")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "  - id: sw-2\n    kind: network\n" in shown.stdout
    (tmp_path / "expanded.yaml").write_text(shown.stdout)
    written_out, once = (read(tmp_path / f"{name}.yaml", OPTIONS) for name in ("expanded", "estate"))
    assert (written_out.checks, written_out.estate) == (once.checks, once.estate)
    assert written_out.assets == once.assets


def test_a_list_that_is_wrong_is_told_with_its_line(tmp_path: Path) -> None:
    estate(tmp_path, 22, "sw-1,22,Hall\nsw-1,22,Roof\n")
    for command in (("check",), ("check", "--expanded"), ("run",), ("assets",)):
        refused = waakvlam(tmp_path, *command, "--config", "estate.yaml")
        assert refused.returncode == 2
        assert refused.stderr.startswith("switches.csv:3: id: `sw-1` is there already, on line 2: ")
        assert refused.stdout == ""


def test_a_new_row_is_taken_up_by_a_reload_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    with a_server() as server:
        port = server.getsockname()[1]
        rows = f"sw-1,{port},Hall\n"
        path = estate(tmp_path, port, rows, free_port())
        with collector(path) as process:
            wait_until(lambda: metric(path, "waakvlam_component_state", 'id="sw-1"', 'state="up"') == 1)
            (tmp_path / "switches.csv").write_text(f"id,port,place\n{rows}sw-2,{port},Roof\n")
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: metric(path, "waakvlam_component_state", 'id="sw-2"', 'state="up"') == 1)
            assert metric(path, "waakvlam_component_state", 'id="sw-1"', 'state="up"') == 1
            (tmp_path / "switches.csv").write_text("id,port,place\n")
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: metric(path, "waakvlam_config_reload_success") == 0)
            counted = metric(path, "waakvlam_check_outcomes_total", 'check="sw-2-tcp"') or 0
            wait_until(lambda: (metric(path, "waakvlam_check_outcomes_total", 'check="sw-2-tcp"') or 0) > counted + 2)
            _, _, log = stop(process)
    assert "switches.csv: has no rows below its header: an empty list is taken for a mistake" in log
    assert "Traceback" not in log


OBSERVED = "at,check,vantage,ok,latency_ms,detail\n2024-09-01T00:00:00+02:00,sw-1-tcp,local,true,1,\n"


def test_what_is_closed_and_exported_stands_alone(tmp_path: Path) -> None:
    """The list changes afterwards: the month was frozen with what it was then."""
    estate(tmp_path, 22, "sw-1,22,Hall\n")
    (tmp_path / "observed.csv").write_text(OBSERVED)
    assert waakvlam(tmp_path, "import", "observations", "observed.csv", "--config", "estate.yaml").returncode == 0
    closed = waakvlam(tmp_path, "close", "--config", "estate.yaml", "--period", "2024-09")
    assert closed.returncode == 0, closed.stderr
    (tmp_path / "switches.csv").write_text("id,port,place\nsw-2,22,Hall\n")
    verified = waakvlam(tmp_path, "verify", "--config", "estate.yaml")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    exported = waakvlam(tmp_path, "export", "--config", "estate.yaml", "--output", "archive")
    assert exported.returncode == 0, exported.stderr
    kept = (tmp_path / "archive" / "configuration.yaml").read_text()
    assert "- id: sw-2\n" in kept
    assert "switches.csv" not in kept


CMDB = (
    "Naam;Merk;Type;Leverancier;Aangeschaft;Eigenaar;Plaats\n"
    "SW 1;Schakelaar;X9;Lichtlijn BV;01-03-2024;Gemeente;Hal\n"
    'SRV-9;"Reken;maker";;=1+1;;;\n'
)
COLUMNS = {
    "id": "Naam", "make": "Merk", "type": "Type", "supplier": "Leverancier", "purchased": "Aangeschaft",
    "property_of": "Eigenaar", "location": "Plaats",
}  # fmt: skip


def registered(folder: Path, **changes: object) -> None:
    (folder / "switches.csv").write_text("id,port,place\nsw-1,22,Hall\nsw-2,22,Roof\n")
    (folder / "cmdb.csv").write_text(CMDB)
    app = {"id": "app", "checks": [{"id": "app-tcp", "probe": "tcp", "host": "127.0.0.1", "port": 22}]}
    many = {"use": "switch", "for_each": {"csv": "switches.csv"}, "site": "hall", "owner": "beheer"}
    both = {"id": "both", "up_when": {"any": ["sw-1", "sw-2"]}}
    write_estate(folder, 22, templates=[TEMPLATE], components=[app, many, both], **changes)


def test_the_register_of_the_configuration_is_held_against_what_is_watched(tmp_path: Path) -> None:
    registered(tmp_path, sites=[{"id": "hall", "name": "Town hall"}])
    table = waakvlam(tmp_path, "assets", "--config", "estate.yaml")
    assert table.returncode == 0, table.stderr
    assert table.stdout.endswith("2 in the register, 0 of them not watched; 1 watched and not in the register\n")
    printed = json.loads(waakvlam(tmp_path, "assets", "--config", "estate.yaml", "--format", "json").stdout)
    assert printed["register"] == "configuration"
    assert [(item["id"], item["state"]) for item in printed["assets"]] == [
        ("app", "not_registered"), ("sw-1", "watched"), ("sw-2", "watched"),
    ]  # fmt: skip
    assert printed["assets"][1] == {
        "id": "sw-1", "state": "watched", "name": None, "kind": "network", "make": "Switchmaker", "type": "S24",
        "supplier": None, "purchased": None, "property_of": None, "location": "Town hall", "owner": "beheer",
        "serial": None, "checks": ["sw-1-tcp"],
    }  # fmt: skip


def test_the_register_of_a_cmdb_is_held_against_what_is_watched(tmp_path: Path) -> None:
    registered(tmp_path, cmdb={"file": "cmdb.csv", "date_format": "%d-%m-%Y", "columns": COLUMNS})
    rows = list(
        csv.DictReader(io.StringIO(waakvlam(tmp_path, "assets", "--config", "estate.yaml", "--format", "csv").stdout))
    )
    assert [(row["id"], row["state"]) for row in rows] == [
        ("app", "not_registered"), ("sw-1", "watched"), ("sw-2", "not_registered"), ("SRV-9", "not_watched"),
    ]  # fmt: skip
    first = rows[1]
    assert (first["make"], first["type"], first["purchased"]) == ("Schakelaar", "X9", "2024-03-01")
    assert (first["location"], first["owner"], first["property_of"]) == ("Hal", "beheer", "Gemeente")
    assert (rows[3]["make"], rows[3]["supplier"]) == ("Reken;maker", "'=1+1"), "no formula runs"
    table = waakvlam(tmp_path, "assets", "--config", "estate.yaml").stdout
    places = [table.index(f" {id_} ") for id_ in ("SRV-9", "app", "sw-2", "sw-1")]
    assert places == sorted(places), "what is missing somewhere comes first"


def test_a_cmdb_on_the_command_line_reads_as_it_is_configured(tmp_path: Path) -> None:
    registered(tmp_path)
    (tmp_path / "other.csv").write_text("id,make\nsw-2,Schakelaar\n")
    told = waakvlam(tmp_path, "assets", "--config", "estate.yaml", "--cmdb", "other.csv", "--format", "json")
    printed = json.loads(told.stdout)
    assert printed["register"] == "other.csv"
    assert {item["id"]: item["state"] for item in printed["assets"]} == {
        "app": "not_registered", "sw-1": "not_registered", "sw-2": "watched",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("make\nx\n", "cmdb.csv:1: has no column `id` for `id`: the columns are make\n"),
        ("id,make\nSW 1,x\nsw-1,y\n", "cmdb.csv:3: id: `sw-1` stands on line 2 already: which of the two is it?\n"),
        ("id,make\n,x\n", "cmdb.csv:2: id: is empty: every record needs what it is found by\n"),
        (
            "id,purchased\nsw-1,1-3-24\n",
            "cmdb.csv:2: purchased: `1-3-24` is no day that is written as 2026-10-31, or say under `cmdb` how it is\n",
        ),
        ("id,make\nsw-1\n", "cmdb.csv:2: has 1 cells where the header has 2: is one missing or quoted?\n"),
        ("", "cmdb.csv:1: has no header: name the columns in the first line\n"),
    ],
)
def test_a_cmdb_that_is_wrong_is_told_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    registered(tmp_path)
    (tmp_path / "cmdb.csv").write_text(text)
    refused = waakvlam(tmp_path, "assets", "--config", "estate.yaml", "--cmdb", "cmdb.csv")
    assert (refused.returncode, refused.stdout, refused.stderr) == (2, "", message)


def test_a_cmdb_that_is_not_there_is_told(tmp_path: Path) -> None:
    registered(tmp_path)
    refused = waakvlam(tmp_path, "assets", "--config", "estate.yaml", "--cmdb", "none.csv")
    assert (refused.returncode, refused.stderr) == (2, "none.csv: cannot be read: No such file or directory\n")
    refused = waakvlam(tmp_path, "assets", "--config", "estate.yaml", "--cmdb", "/dev/zero")
    assert (refused.returncode, refused.stderr) == (2, "/dev/zero: is no plain file\n")
