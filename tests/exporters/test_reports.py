"""Reports as people, programs and spreadsheets get them, held against golden files.

To accept a change that is meant: UPDATE_GOLDEN=1 python -m pytest tests/exporters/test_reports.py, then read the diff.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from rich.console import Console

from availability.report import Report
from exporters.figures import floor_ratio
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
    write_xlsx(evil, ZONE, tmp_path / "report.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "report.xlsx")["Services"]["B2"]
    assert cell.data_type == "s"


def test_the_workbook_reads_back(report: Report, tmp_path: Path) -> None:
    write_xlsx(report, ZONE, tmp_path / "report.xlsx")
    book = openpyxl.load_workbook(tmp_path / "report.xlsx", data_only=True)
    assert book.sheetnames == ["Summary", "Services", "Outages", "Failovers"]
    services = rows(book["Services"])
    assert [row["Row"] for row in services] == ["service", "participant", "service"]
    assert services[0]["Availability"] == 0.9799
    assert services[0]["Down (s)"] == 35_713
    assert services[0]["Budget left (s)"] == -1
    assert services[0]["Verdict"] == "missed"
    assert services[2]["Availability"] in (None, "")
    outages = rows(book["Outages"])
    assert outages[0]["From"] == "2026-10-06T06:00:00+02:00"
    assert outages[1]["To"] == "still lasts"
    assert book["Failovers"]["A2"].value == "brp-uitwijk"
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "B2"


def test_the_formulas_of_the_workbook_give_the_figures_of_the_report(
    report: Report, quarter: Report, tmp_path: Path
) -> None:
    service = report.services[0]
    tenths = replace(service.judged.figures, up_ms=1_749_888, down_ms=35_711, unknown_ms=1)
    odd = replace(report, services=(replace(service, judged=replace(service.judged, figures=tenths)),))
    for each in (report, quarter, odd):
        write_xlsx(each, ZONE, tmp_path / "report.xlsx")
        formulas = openpyxl.load_workbook(tmp_path / "report.xlsx")["Services"]
        values = openpyxl.load_workbook(tmp_path / "report.xlsx", data_only=True)["Services"]
        seen = 0
        for line in formulas.iter_rows(min_row=2):
            for cell in line:
                if cell.data_type == "f":
                    seen += 1
                    expected = values[cell.coordinate].value
                    wanted = "" if expected is None else pytest.approx(expected, abs=1e-9)
                    assert evaluate(formulas, str(cell.value)) == wanted
        assert seen == 8 * (formulas.max_row - 1)
    low = each.services[0].judged.figures.availability_low
    assert low is not None and floor_ratio(low) == 0.98


def test_the_same_report_is_the_same_workbook(report: Report, tmp_path: Path) -> None:
    write_xlsx(report, ZONE, tmp_path / "one.xlsx")
    write_xlsx(report, ZONE, tmp_path / "two.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def rows(sheet: Worksheet) -> list[dict[str, object]]:
    head, *body = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in body]


def evaluate(sheet: Worksheet, formula: str) -> object:
    """What a spreadsheet makes of the few functions that are used here, following references."""

    def value(match: re.Match[str]) -> str:
        inner = sheet[match[0]].value
        return f"({evaluate(sheet, inner)!r})" if isinstance(inner, str) else f"({inner!r})"

    expression = re.sub(r"\b[A-Z]{1,2}\d+\b", value, formula.removeprefix("="))
    test = re.fullmatch(r'IF\((.*)=0,"",(.*)\)', expression)
    names = {"INT": int, "ROUND": round}
    if test:
        return eval(test[2], names) if eval(test[1], names) else ""  # our own formulas, with two functions
    return eval(expression, names)


def test_a_printed_page_of_the_workbook_says_what_it_is(report: Report, tmp_path: Path) -> None:
    write_xlsx(report, ZONE, tmp_path / "report.xlsx")
    for sheet in openpyxl.load_workbook(tmp_path / "report.xlsx"):
        assert sheet.oddHeader.left.text == f"Availability {report.period.label}", sheet.title
        assert int(sheet.page_setup.paperSize) == int(sheet.PAPERSIZE_A4), sheet.title
    services = openpyxl.load_workbook(tmp_path / "report.xlsx")["Services"]
    assert (services.print_title_rows, services.row_dimensions[1].height) == ("$1:$1", 30)
