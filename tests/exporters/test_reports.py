"""Reports as people, programs and spreadsheets get them, held against golden files.

To accept a change that is meant: UPDATE_GOLDEN=1 python -m pytest tests/exporters/test_reports.py, then read the diff.
"""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from rich.console import Console

from availability.report import Report
from exporters.report_csv import report_csv
from exporters.report_json import report_json
from exporters.report_table import render_report
from exporters.report_xlsx import write_xlsx

GOLDEN = Path(__file__).parent / "golden"
ZONE = "Europe/Amsterdam"


def golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def table_text(report: Report, colour: bool = False) -> str:
    out = io.StringIO()
    Console(file=out, width=160, force_terminal=colour, color_system="standard" if colour else None).print(
        render_report(report, ZONE)
    )
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


@pytest.mark.parametrize("name", ["report", "quarter"])
def test_the_json_the_csv_and_the_table_are_as_agreed(name: str, request: pytest.FixtureRequest) -> None:
    report: Report = request.getfixturevalue(name)
    golden(f"{name}.json", report_json(report, ZONE))
    golden(f"{name}.csv", report_csv(report, ZONE))
    golden(f"{name}.txt", table_text(report))


def test_parts_are_there_only_where_the_period_holds_several(report: Report, quarter: Report) -> None:
    assert "parts" not in json.loads(report_json(report, ZONE))["services"][0]
    assert len(json.loads(report_json(quarter, ZONE))["services"][0]["parts"]) == 3


def test_instants_carry_the_offset_of_their_own_season(report: Report) -> None:
    period = json.loads(report_json(report, ZONE))["period"]
    assert period["from"].endswith("+02:00")
    assert period["to"].endswith("+01:00")
    odd = replace(report, as_of=report.period.end + 5)
    assert json.loads(report_json(odd, ZONE))["period"]["as_of"] == "2026-11-01T00:00:00.005+01:00"


def test_a_verdict_has_its_colour_and_its_word(report: Report) -> None:
    coloured = table_text(report, colour=True)
    assert "\x1b[31mmissed" in coloured
    assert "\x1b[90mno data" in coloured
    assert "\x1b[" not in table_text(report)


def test_a_period_without_a_verdict_and_an_estate_without_services_print(report: Report) -> None:
    service = report.services[0]
    undecided = replace(service, judged=replace(service.judged, verdict=None))
    assert "–" in table_text(replace(report, services=(undecided,)))
    assert "No services are configured." in table_text(Report(report.period, report.as_of, (), (), ()))


@pytest.mark.parametrize("name", ["=1+1", "+31", "-cmd|' /C calc'!A1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_name_that_a_spreadsheet_would_run_is_only_text(name: str, report: Report, tmp_path: Path) -> None:
    evil = replace(report, services=(replace(report.services[0], name=name),))
    row = next(csv.DictReader(io.StringIO(report_csv(evil, ZONE), newline="")))
    assert row["name"] == f"'{name.strip()}"
    assert row["budget_left_seconds"] == "-1", "a number stays a number"
    write_xlsx(evil, ZONE, tmp_path / "report.xlsx", "en")
    cell = openpyxl.load_workbook(tmp_path / "report.xlsx")["Services"]["B2"]
    assert (cell.value, cell.data_type) == (name.strip(), "s")


def test_the_same_report_is_the_same_workbook(report: Report, tmp_path: Path) -> None:
    write_xlsx(report, ZONE, tmp_path / "one.xlsx")
    write_xlsx(report, ZONE, tmp_path / "two.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
