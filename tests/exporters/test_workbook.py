"""The workbook that a municipality gets: read back, its formulas worked out, in both languages, whatever its texts."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from availability.account import Account
from availability.report import Judged, Outage, Report
from exporters.figures import floor_ratio, seconds
from exporters.further import FurtherTable
from exporters.report_xlsx import write_xlsx
from exporters.workbook import cells
from tests.exporters.accounts import LONG, START, ZONE, figures, make_account
from tests.exporters.formulas import evaluate

USERS = FurtherTable("gebruikers", ("Gemeente", "Gebruikers", "Telefoon"), (("Weert", "1204", "0495123456"),))


def written(tmp_path: Path, account: Account | Report, **options: object) -> Workbook:
    write_xlsx(account, ZONE, tmp_path / "report.xlsx", version="1.2.3", **options)  # type: ignore[arg-type]  # as named by each test
    return openpyxl.load_workbook(tmp_path / "report.xlsx")


def rows(sheet: Worksheet, top: int = 2) -> list[dict[str, object]]:
    """The rows below the head in row `top`, by what stands there."""
    head, *body = sheet.iter_rows(min_row=top, values_only=True)
    return [{str(key): cell for key, cell in zip(head, row, strict=True) if key is not None} for row in body]


def test_it_is_dutch_unless_asked_for_otherwise(tmp_path: Path) -> None:
    dutch = written(tmp_path, make_account(), further=(USERS,))
    assert dutch.sheetnames == [
        *("Samenvatting", "Diensten", "Voor venlo", "Voor weert", "Storingen", "Uitwijk", "Uitwijkparen"),
        *("Uitsluitingen", "Niet bewaakt", "Gepland werk", "Responstijd", "Omgevingen", "Eigenaren", "Keten"),
        *("Storingen in de keten", "Hersteltijden", "Te late incidenten", "Incidenten", "Oproepen"),
        *("Gescheiden centra", "Wacht op goedkeuring"),
        *("Afgesloten maanden", "Herzien", "gebruikers", "Methode"),
    ]
    english = written(tmp_path, make_account(), language="en")
    assert english.sheetnames[:3] == ["Summary", "Services", "For venlo"]
    assert len(english.sheetnames) == len(dutch.sheetnames) - 1


def test_the_summary_tells_how_every_service_stands_with_a_traffic_light(tmp_path: Path) -> None:
    sheet = written(tmp_path, make_account())["Samenvatting"]
    head = next(row for row in range(1, 20) if sheet.cell(row, 1).value == "Dienst")
    lights = {row["Dienst"]: row["Status"] for row in rows(sheet, head)[:6]}
    assert lights == {
        **{"brp": "risico", "post": "op koers", "geo": "gemist", "archief": "niet bekend", "loket": "op koers"},
        "loket-test": "niet bekend",
    }
    fills = [sheet.cell(head + 1 + at, 3).fill.fgColor.rgb[2:] for at in range(6)]
    assert fills == ["FFD08A", "C6EFCE", "FFC7CE", "D9D9D9", "C6EFCE", "D9D9D9"]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_formula_gives_the_figure_that_was_reported(language: str, tmp_path: Path) -> None:
    book = written(tmp_path, make_account(), language=language)
    told = openpyxl.load_workbook(tmp_path / "report.xlsx", data_only=True)
    seen = dict.fromkeys(book.sheetnames, 0)
    for sheet in book.worksheets:
        for line in sheet.iter_rows():
            for cell in line:
                if cell.data_type == "f":
                    seen[sheet.title] += 1
                    expected = told[sheet.title][cell.coordinate].value
                    if isinstance(expected, timedelta):
                        expected = expected.total_seconds() / 86_400
                    wanted = "" if expected is None else pytest.approx(expected, abs=1e-9)
                    assert evaluate(book, sheet, str(cell.value)) == wanted, (sheet.title, cell.coordinate)
    summary, services = book.sheetnames[:2]
    assert seen[summary] > 50
    assert seen[services] > 100
    assert any(seen[name] for name in ("Hersteltijden", "Recovery times") if name in seen)


def odd(up: int, down: int, unknown: int = 0) -> Account:
    account = make_account()
    told = Judged(figures(up, down, unknown, rest=0), "missed", None)
    service = replace(account.report.services[1], judged=told)
    return replace(account, report=replace(account.report, services=(service,)), services={})


@pytest.mark.parametrize(
    ("up", "down", "unknown"),
    [(1_749_888_000, 35_712_000, 0), (1_749_887_999, 35_712_001, 0), (1_749_888, 35_711, 1), (1, 2, 3), (0, 0, 5)],
)
def test_a_percentage_is_rounded_down_to_the_millisecond_by_its_formula(
    up: int, down: int, unknown: int, tmp_path: Path
) -> None:
    account = odd(up, down, unknown)
    book = written(tmp_path, account, language="en")
    sheet = book["Services"]
    row = rows(sheet)[0] if sheet["A1"].value == "!" else rows(sheet, 1)[0]
    expected = account.report.services[0].judged.figures
    for title, ratio in (("Availability", expected.availability), ("Lower", expected.availability_low)):
        assert evaluate(book, sheet, str(row[title])) == ("" if ratio is None else floor_ratio(ratio)), title
    left = expected.budget_left_ms // 36_000 / 100
    assert evaluate(book, sheet, str(row["Budget left (h)"])) == left


LENGTHS = st.integers(0, 366 * 86_400_000)
EMPTY = Workbook()


@given(up=LENGTHS, down=LENGTHS)
def test_a_formula_over_written_seconds_rounds_down_as_whole_milliseconds_do(up: int, down: int) -> None:
    part, of = f"{seconds(up)}", f"{seconds(up)}+{seconds(down)}"
    told = evaluate(EMPTY, EMPTY.worksheets[0], cells.rounded_down(part, of))
    assert told == (floor_ratio(Fraction(up, up + down)) if up + down else "")


def test_instants_are_real_dates_whose_format_spells_the_offset(tmp_path: Path) -> None:
    book = written(tmp_path, make_account())
    night = next(row for row in book["Storingen"].iter_rows(min_row=3) if "lijn-weert" in str(row[7].value))
    start, end = night[2], night[3]
    assert (start.value, start.number_format) == (datetime(2026, 10, 25, 2, 30), 'yyyy-mm-dd hh:mm:ss "+02:00"')
    assert (end.value, end.number_format) == (datetime(2026, 10, 25, 2, 15), 'yyyy-mm-dd hh:mm:ss "+01:00"')
    utc = [cell.value for cell in night[-2:]]
    assert utc == [datetime(2026, 10, 25, 0, 30), datetime(2026, 10, 25, 1, 15)], "these sort"
    last = list(book["Storingen"].iter_rows(min_row=3))[-1]
    assert last[3].value == "duurt nog"


def test_lengths_are_real_durations_to_the_millisecond(tmp_path: Path) -> None:
    sheet = written(tmp_path, make_account())["Storingen"]
    cell = sheet["E3"]
    assert cell.number_format == "[h]:mm:ss.000"
    raw = openpyxl.load_workbook(tmp_path / "report.xlsx", data_only=True)["Storingen"]["E3"].value
    assert raw.total_seconds() == pytest.approx(LONG.down_ms / 1000)  # type: ignore[union-attr]  # a timedelta


def test_what_was_never_agreed_says_so_on_every_sheet(tmp_path: Path) -> None:
    supposed = replace(make_account(), what_if=("de norm van standaard is 99,5%",))
    book = written(tmp_path, supposed, further=(USERS,))
    for sheet in book.worksheets:
        banner = sheet["A1"] if sheet.max_column < 3 else sheet["B1"]
        assert banner.value == "WAT ALS: de norm van standaard is 99,5%. Niets hiervan is afgesproken.", sheet.title
        assert banner.fill.fgColor.rgb == "FFC00000", sheet.title
        assert "WAT ALS" in str(sheet.oddHeader.center.text), sheet.title
    restated = book["Samenvatting"]["B2"]
    assert restated.value == "HERZIEN: 2026-10 is afgesloten en zou nu anders luiden."
    calm = written(tmp_path, replace(make_account(), closed=()))
    assert calm["Storingen"]["A1"].value == "Dienst"


def test_the_head_of_the_chain_stands_on_every_page_and_with_the_method(tmp_path: Path) -> None:
    book = written(tmp_path, make_account(), language="en")
    for sheet in book.worksheets:
        assert sheet.oddFooter.left.text == f"Chain 2026-10 {'9f' * 32}", sheet.title
        assert int(sheet.page_setup.paperSize) == int(sheet.PAPERSIZE_A4), sheet.title
        assert sheet.page_setup.orientation == "landscape", sheet.title
        assert sheet.oddHeader.left.text == "Availability October 2026 – everybody", sheet.title
    about = {row[0].value: row[1].value for row in book["Method"].iter_rows(min_row=2)}
    assert about["Head of the chain of closed months"] == "9f" * 32
    assert about["Version of waakvlam"] == "1.2.3"
    assert str(about["Availability"]).startswith("Up divided by")
    assert book.properties.description == f"Chain 2026-10 {'9f' * 32}"
    unclosed = written(tmp_path, replace(make_account(), head=None), language="en")
    assert "no month was closed yet" in [row[1].value for row in unclosed["Method"].iter_rows(min_row=2)]


def test_one_participant_reads_its_own_figures_and_no_other_ones(tmp_path: Path) -> None:
    book = written(tmp_path, make_account(), participant="weert", language="en")
    assert not [name for name in book.sheetnames if name.startswith("For ")]
    text = {str(cell.value) for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}
    assert "venlo" not in text
    summary = book["Summary"]
    head = next(row for row in range(1, 20) if summary.cell(row, 1).value == "Service")
    brp = rows(summary, head)[0]
    assert (brp["Status"], brp["Outages"]) == ("missed", 3)
    assert evaluate(book, summary, str(brp["Availability"])) == 0.9681
    assert "weert" in [cell.value for cell in summary["B"]]


@pytest.mark.parametrize(
    "name", ["=1+1", "+31", "-cmd|' /C calc'!A1", "@SUM(A1)", '=HYPERLINK("http://x")', "http://x"]
)
def test_a_text_is_never_run_nor_followed(name: str, tmp_path: Path) -> None:
    account = make_account()
    evil = replace(account.report.services[0], id=name, name=name)
    further = FurtherTable(name, (name,), ((name,),))
    book = written(
        tmp_path,
        replace(account, report=replace(account.report, services=(evil,)), services={name: account.services["brp"]}),
        further=(further,),
        participant=name,
    )
    found = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value == name]
    assert len(found) > 5
    assert {cell.data_type for cell in found} == {"s"}
    assert not any(cell.hyperlink for cell in found)


def test_control_characters_halves_of_pairs_and_long_names_leave_a_file_that_opens(tmp_path: Path) -> None:
    account = make_account()
    evil = replace(account.report.services[0], id="a\x00\x1b[31mb\ud800\ufffe", name="n" * 40_000)
    titles = ["x" * 300, "X" * 300, "[]:*?/\\", "History", "'quoted'", "samenvatting", "Samenvatting"]
    book = written(
        tmp_path,
        replace(account, report=replace(account.report, services=(evil,)), services={}),
        further=tuple(FurtherTable(title, ("a",), (("b" * 50_000,),)) for title in titles),
    )
    assert len(book.sheetnames) == len({name.lower() for name in book.sheetnames})
    assert all(len(name) <= 31 for name in book.sheetnames)
    sheet = book["Diensten"]
    top = 2 if sheet["A1"].value == "!" else 1
    assert sheet.cell(top + 1, 1).value == "a[31mb\ufffd\ufffd"
    name = str(sheet.cell(top + 1, 2).value)
    assert len(name) == 32_767
    assert name.endswith(" … [40000 tekens in totaal]")
    with zipfile.ZipFile(tmp_path / "report.xlsx") as file:
        assert file.testzip() is None


def test_what_does_not_fit_on_a_sheet_is_said_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "ROWS", 10)
    account = make_account()
    many = tuple(Outage(START + at, START + at + 1, 1, 0, 0, ("app",)) for at in range(20))
    service = replace(account.report.services[1], outages=many)
    account = replace(account, report=replace(account.report, services=(service,)), services={}, closed=())
    sheet = written(tmp_path, account, language="en")["Outages"]
    assert sheet.max_row == 10
    assert sheet["A10"].value == "12 more rows do not fit on a sheet: the CSV files hold all of them."


def test_a_table_that_was_given_keeps_its_texts_and_its_numbers(tmp_path: Path) -> None:
    rows_ = (("Weert", "1204", "0495123456"), ("Venlo", "12.5", "1,5"), ("", "-3", "1e5"))
    plain = FurtherTable("users", ("Gemeente", "Aantal", "Telefoon"), rows_)
    book = written(tmp_path, replace(make_account(), closed=()), further=(plain, replace(plain, decimal_comma=True)))
    read = list(book["users"].iter_rows(min_row=2, values_only=True))
    assert read == [("Weert", 1204, "0495123456"), ("Venlo", 12.5, "1,5"), (None, -3, "1e5")]
    dutch = list(book["users (2)"].iter_rows(min_row=2, values_only=True))
    assert dutch[1] == ("Venlo", "12.5", 1.5), "a point may stand between thousands there"


def test_a_sheet_stays_with_its_head_in_sight(tmp_path: Path) -> None:
    book = written(tmp_path, replace(make_account(), closed=()))
    for sheet in book.worksheets[1:-1]:
        assert sheet.freeze_panes == "B2", sheet.title
        if sheet.title.startswith("Voor "):
            continue  # two tables below each other: the head of one would stand above the other
        assert (sheet.print_title_rows, sheet.print_title_cols) == ("$1:$1", "$A:$A"), sheet.title
    empty = written(tmp_path, replace(make_account(), closed=(), exclusions=()))["Uitsluitingen"]
    assert empty["A2"].value == "Geen in deze periode."


def test_a_report_without_an_account_has_a_workbook_too(report: Report, tmp_path: Path) -> None:
    book = written(tmp_path, report)
    assert book.sheetnames == [
        *("Samenvatting", "Diensten", "Voor weert", "Storingen", "Uitwijk", "Uitwijkparen", "Eigenaren", "Methode"),
    ]
