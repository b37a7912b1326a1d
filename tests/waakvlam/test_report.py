"""`waakvlam report` as a service manager types it, on the made-up months."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import openpyxl
import pytest

from tests.waakvlam.commands import waakvlam
from waakvlam.example_month.making import make

AS_OF = ("--as-of", "2026-11-22T12:00:00+01:00")


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("months")
    make(folder)
    done = waakvlam(folder, "import", "incidents", "incidents.csv", "--config", "estate.yaml")
    assert done.returncode == 0, done.stderr
    yield folder


def report(folder: Path, *options: str, period: str = "2026-10") -> CompletedProcess[str]:
    return waakvlam(folder, "report", "--config", "estate.yaml", "--period", period, *options)


def told(folder: Path, *options: str, period: str = "2026-10") -> dict[str, Any]:
    done = report(folder, "--format", "json", *options, period=period)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def service(folder: Path, id_: str, *options: str, period: str = "2026-10") -> dict[str, Any]:
    services = told(folder, *AS_OF, *options, period=period)["services"]
    found: dict[str, Any] = next(one for one in services if one["id"] == id_)
    return found


def test_a_month_has_each_kind_of_event_in_it(months: Path) -> None:
    account = told(months, *AS_OF)
    services = {one["id"]: one for one in account["services"]}
    assert {id_: one["verdict"] for id_, one in services.items()} == {
        "bag-acceptatie": "met", "brp": "met", "bag": "met", "workplace": "met", "mail": "undetermined",
        "geo-viewer": "missed",
    }  # fmt: skip
    peelrade = {user["id"]: user["verdict"] for user in services["brp"]["participants"]}
    assert peelrade.pop("peelrade") == "missed"
    assert set(peelrade.values()) == {"met"}
    events = {(event["pair"], event["outcome"], event["verdict"]) for event in account["failovers"]}
    assert events == {
        ("brp-uitwijk", "taken_over", "met"),
        ("bag-uitwijk", "taken_over", "missed"),
        ("storage-uitwijk", "seamless", "met"),
    }
    for key in ("exclusions", "planned_work", "environments"):
        assert account[key], key
    assert services["mail"]["unwatched"]
    assert services["brp"]["response"]["mean_ms"] < 800 < services["bag-acceptatie"]["response"]["mean_ms"]
    assert account["recovery"]["verdict"] == "missed"


def test_a_running_month_tells_where_it_is_heading(months: Path) -> None:
    workplace = service(months, "workplace", period="2026-11")
    assert workplace["verdict"] == "pending"
    forecast = workplace["forecast"]
    assert forecast["earliest_lost_at"] == "2026-11-22T13:56:00.001+01:00", "exactly at the norm it is not lost"


@pytest.mark.parametrize("period", ["2026-Q4", "2026"])
def test_a_longer_period_lists_its_months(months: Path, period: str) -> None:
    listed = service(months, "brp", period=period)["months"]
    assert len(listed) == (3 if period == "2026-Q4" else 12)
    assert any(month["label"] == "2026-10" for month in listed)


def test_what_if_changes_the_report_and_nothing_else(months: Path) -> None:
    before = {path.name: path.read_bytes() for path in months.iterdir() if path.is_file()}
    assumed = told(months, *AS_OF, "--what-if", "agreements.ict.norm=99.9%")
    assert assumed["what_if"] == ["agreements.ict.norm=99.9%"]
    verdicts = {one["id"]: one["verdict"] for one in assumed["services"]}
    assert verdicts["brp"] == "missed"
    assert service(months, "brp")["verdict"] == "met"
    assert {path.name: path.read_bytes() for path in months.iterdir() if path.is_file()} == before


def test_one_service_one_supplier_and_one_part_can_be_asked_for(months: Path) -> None:
    assert [one["id"] for one in told(months, *AS_OF, "--service", "mail")["services"]] == ["mail"]
    (share,) = service(months, "brp", "--supplier", "lichtlijn")["owners"]
    assert share["owner"] == "lichtlijn"
    chain = service(months, "brp", "--part", "wan-peelrade")["chain"]
    assert [part["id"] for part in chain] == ["wan-peelrade"]


def test_csv_goes_into_a_folder_as_a_file_per_table(months: Path, tmp_path: Path) -> None:
    done = report(months, *AS_OF, "--format", "csv", "--output", str(tmp_path / "october"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    outages = list(csv.DictReader((tmp_path / "october" / "outages.csv").open(encoding="utf-8")))
    assert {row["service"] for row in outages} >= {"brp", "bag", "geo-viewer"}
    assert (tmp_path / "october" / "recovery.csv").exists()


def test_every_participant_gets_a_workbook_of_its_own(months: Path, tmp_path: Path) -> None:
    options = ("--format", "xlsx", "--per-participant", "--output", str(tmp_path), "--table", "users.csv")
    done = report(months, *AS_OF, *options)
    assert done.returncode == 0, done.stderr
    files = sorted(path.name for path in tmp_path.iterdir())
    names = ("heidelo", "kerkdal", "maasveen", "neerbroek", "peelrade", "zandoord")
    assert files == [f"2026-10-{name}.xlsx" for name in names]
    book = openpyxl.load_workbook(tmp_path / "2026-10-heidelo.xlsx")
    assert "users" in book.sheetnames
    cells = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert "heidelo" in cells
    services = [str(cell.value) for row in book["Diensten"].iter_rows() for cell in row]
    assert "peelrade" not in services, "what another participant had is none of its business"
    theirs = openpyxl.load_workbook(tmp_path / "2026-10-peelrade.xlsx", data_only=True)["Samenvatting"]
    pairs = {str(row[0].value): row[1].value for row in theirs.iter_rows(max_col=2)}
    assert pairs["Voor"] == "Gemeente Peelrade"
    assert (pairs["gehaald"], pairs["gemist"], pairs["onbeslist"]) == (0, 4, 1), "by its own figures, not the service's"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--format", "xlsx"), "--format xlsx needs a file to write to: add --output report.xlsx"),
        (("--table", "users.csv"), "--table adds a sheet to a workbook: add --format xlsx"),
        (("--per-participant",), "--per-participant makes workbooks: add --format xlsx --output FOLDER"),
        (
            ("--service", "brp", "--participant", "heidelo"),
            "--participant, --service, --supplier and --part exclude each other: ask for one at a time",
        ),
        (("--service", "brpp"), "--service: there is no service 'brpp': did you mean `brp`?"),
        (
            ("--format", "xlsx", "--output", "x.xlsx", "--table", "nowhere.csv"),
            "--table: cannot read nowhere.csv: No such file or directory",
        ),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(months: Path, options: tuple[str, ...], message: str) -> None:
    done = report(months, *options)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message + "\n")
    assert not (months / "x.xlsx").exists()


def test_a_period_that_has_not_begun_is_refused(months: Path) -> None:
    done = report(months, period="2999-01")
    assert (done.returncode, done.stderr) == (2, "--period: 2999-01 has not begun yet: nothing can be told of it\n")


def test_a_month_without_facts_is_told_as_such_and_judged_as_unknown(months: Path) -> None:
    done = report(months, "--format", "json", period="2026-03")
    assert done.returncode == 0
    assert "nothing was observed then; the facts in" in done.stderr
    assert "are from 2026-09-01 to 2026-11-22" in done.stderr
    assert {one["verdict"] for one in json.loads(done.stdout)["services"]} == {"no_data"}


def test_the_page_about_reports_shows_what_is_printed(months: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
    printed = {" ".join(line.split()) for line in report(months, *AS_OF).stdout.splitlines()}
    services = page.split("Services\n", 1)[1].split("```", 1)[0]
    rows = [" ".join(line.split()) for line in services.splitlines() if "%" in line]
    assert len(rows) == 10
    assert set(rows) <= printed
