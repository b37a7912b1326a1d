"""The whole account as text, CSV and JSON, held against golden files: each fact once, in words or in codes.

To accept a change that is meant: UPDATE_GOLDEN=1 python -m pytest tests/exporters/test_account_formats.py, then read
the diff.
"""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from rich.console import Console

from availability.account import Account
from availability.report import Judged, Outage, Report
from exporters.report_csv import write_csv_folder
from exporters.report_json import report_document, report_json, report_pieces
from exporters.report_table import ROWS_SHOWN, render_report
from exporters.tables.standing import light
from exporters.words import Language
from tests.exporters.accounts import START, ZONE, around, figures, make_account

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def lines(
    account: Account,
    width: int = 160,
    language: Language = "en",
    colour: bool = False,
    participant: str | None = None,
) -> list[str]:
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=colour, color_system="standard" if colour else None, highlight=False
    )
    console.print(render_report(account, ZONE, language, participant))
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(("width", "language"), [(160, "en"), (100, "nl"), (80, "en")])
def test_the_text_is_as_agreed(width: int, language: Language) -> None:
    golden(f"account-{width}-{language}.txt", "".join(f"{line}\n" for line in lines(make_account(), width, language)))


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for language in ("nl", "en"):
        assert max(map(len, lines(make_account(), width, language))) <= width


def test_the_json_is_as_agreed() -> None:
    text = report_json(make_account(), ZONE)
    golden("account.json", text)
    assert json.loads(text) == json.loads(json.dumps(report_document(make_account(), ZONE)))
    assert "".join(report_pieces(make_account(), ZONE)) == text


def test_an_account_keeps_every_key_of_the_report(report: Report) -> None:
    plain, told = json.loads(report_json(report, ZONE)), json.loads(report_json(make_account(), ZONE))
    assert plain.keys() <= told.keys()
    for key in ("services", "failovers", "pairs"):
        assert plain[key][0].keys() <= told[key][0].keys(), key
    assert plain["services"][0]["participants"][0].keys() <= told["services"][0]["participants"][0].keys()


def test_the_folder_holds_a_file_per_table_as_agreed(tmp_path: Path) -> None:
    names = write_csv_folder(make_account(), ZONE, tmp_path / "csv", version="1.2.3")
    assert sorted(names) == sorted(path.name for path in (tmp_path / "csv").iterdir())
    for name in names:
        golden(f"account/{name}", (tmp_path / "csv" / name).read_text(encoding="utf-8"))
    assert sorted(names) == sorted(path.name for path in (GOLDEN / "account").iterdir())


def test_the_explanations_alone_follow_the_language(tmp_path: Path) -> None:
    write_csv_folder(make_account(), ZONE, tmp_path / "en")
    names = write_csv_folder(make_account(), ZONE, tmp_path / "nl", "nl")
    differing = [name for name in names if (tmp_path / "en" / name).read_text() != (tmp_path / "nl" / name).read_text()]
    assert differing == ["method.csv"]


def test_the_same_files_are_there_without_a_row_and_old_ones_do_not_stay(report: Report, tmp_path: Path) -> None:
    full = write_csv_folder(make_account(), ZONE, tmp_path)
    assert write_csv_folder(replace(report, services=(), failovers=()), ZONE, tmp_path) == full
    assert (tmp_path / "outages.csv").read_text().count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(full)


def test_a_folder_that_cannot_be_written_keeps_what_it_has(tmp_path: Path) -> None:
    write_csv_folder(make_account(), ZONE, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    (tmp_path / ".outages.csv.new").mkdir()
    with pytest.raises(OSError):
        write_csv_folder(replace(make_account(), exclusions=()), ZONE, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("reason", ["=1+1", "+31", "-cmd|' /C calc'!A1", "@SUM(A1)", "\t=1", "\x1b=1", "\x00=1"])
def test_a_text_that_a_spreadsheet_would_run_is_only_text(reason: str, tmp_path: Path) -> None:
    account = make_account()
    evil = replace(account.exclusions[0], reason=reason, affects=(reason,))
    write_csv_folder(replace(account, exclusions=(evil,)), ZONE, tmp_path)
    row = next(csv.DictReader((tmp_path / "exclusions.csv").open(encoding="utf-8", newline="")))
    assert row["reason"].startswith("'")
    assert row["affects"].startswith("'")
    assert not set(row["reason"]) & {"\x00", "\x1b", "\t"}


def test_one_participant_reads_of_no_other_one(tmp_path: Path) -> None:
    write_csv_folder(make_account(), ZONE, tmp_path, participant="weert")
    assert "venlo" not in "".join(path.read_text() for path in tmp_path.iterdir())
    text = "\n".join(lines(make_account(), participant="weert"))
    assert "Availability 2026-10, for weert" in text
    assert "venlo" not in text


def test_a_verdict_has_the_colour_of_where_it_is_heading() -> None:
    text = "\n".join(lines(make_account(), colour=True))
    assert "\x1b[33mpending, 97.1% at this pace" in text, "at risk"
    assert "\x1b[33mpending, 99.9%" not in text, "still open is no warning"
    assert "pending, 99.9% at this pace" in text
    assert "\x1b[31mmissed" in text
    assert "\x1b[32mmet" in text
    assert "\x1b[90mno data" in text
    assert "\x1b[90munreachable" in text


def test_what_was_never_agreed_stands_above_all() -> None:
    supposed = replace(make_account(), what_if=("the norm of standaard is 99.5%", "work-1 does not count"))
    text = lines(supposed)
    assert text[0] == ("WHAT IF: the norm of standaard is 99.5%; work-1 does not count. Nothing of this was agreed.")
    assert text[2] == "RESTATED: 2026-10 was closed and would be told otherwise now."
    assert lines(replace(make_account(), closed=()))[0].startswith("Availability 2026-10")


def test_a_budget_that_is_overdrawn_says_so() -> None:
    told = Judged(figures(1_000, 60_000_000), "pending", None)
    account = make_account()
    service = replace(account.report.services[0], judged=told, participants=())
    text = "\n".join(lines(replace(account, report=replace(account.report, services=(service,)))))
    assert "brp: 14 h 34 min over the budget, lost at this pace on 29 Oct 14:00" in text


def test_of_very_many_rows_those_that_cost_most_are_shown_and_the_rest_counted() -> None:
    account = make_account()
    many = tuple(Outage(START + at * 1000, START + at * 1000 + 500, 500 + at % 2, 0, 0, ("zz",)) for at in range(250))
    unwatched = around()["brp"].unwatched[0]
    services = {
        "brp": replace(account.services["brp"], unwatched=(unwatched,) * 101, participants={}),
        "post": account.services["post"],
    }
    service = replace(account.report.services[0], outages=many, participants=())
    text = lines(replace(account, report=replace(account.report, services=(service,)), services=services))
    assert sum(line.endswith("zz") for line in text) == ROWS_SHOWN
    assert any("and 150 that cost less" in line for line in text)
    assert any("and 1 that cost less" in line for line in text)


@pytest.mark.parametrize(
    ("verdict", "forecast", "colour"),
    [
        ("met", None, "on_course"),
        ("missed", Fraction(1), "missed"),
        ("pending", Fraction(98, 100), "on_course"),
        ("pending", Fraction(9799, 10_000), "at_risk"),
        ("pending", None, "not_known"),
        ("undetermined", None, "not_known"),
        ("no_data", None, "not_known"),
        (None, None, "not_known"),
    ],
)
def test_the_traffic_light_is_green_only_where_something_is_known(
    verdict: str | None, forecast: Fraction | None, colour: str
) -> None:
    ahead = make_account().services["brp"].forecast
    assert ahead is not None
    told = Judged(figures(1), verdict, None)  # type: ignore[arg-type]  # one of the list above
    assert light(told, replace(ahead, availability=forecast)) == colour


def test_a_list_of_months_is_told_once_where_the_agreement_has_months_too(quarter: Report, tmp_path: Path) -> None:
    service = quarter.services[0]
    parts = service.judged.parts
    assert parts is not None
    months = tuple((part.label, part.figures) for part in parts)
    about = replace(around()["archief"], months=months)
    write_csv_folder(Account(quarter, {"brp": about}), ZONE, tmp_path)
    kinds = [row["row"] for row in csv.DictReader((tmp_path / "services.csv").open(encoding="utf-8"))]
    assert kinds == ["service", "part", "part", "part"]
    whole = replace(quarter, services=(replace(service, judged=replace(service.judged, parts=None)),))
    write_csv_folder(Account(whole, {"brp": about}), ZONE, tmp_path)
    kinds = [row["row"] for row in csv.DictReader((tmp_path / "services.csv").open(encoding="utf-8"))]
    assert kinds == ["service", "month", "month", "month"]


def test_an_outage_of_a_participant_is_shown_where_the_service_had_none(tmp_path: Path) -> None:
    text = lines(make_account())
    assert [line.split()[3] for line in text if line.startswith(" brp, for ")] == ["2026-10-08"]
    write_csv_folder(make_account(), ZONE, tmp_path)
    rows = list(csv.DictReader((tmp_path / "outages.csv").open(encoding="utf-8")))
    assert sum(row["participant"] == "weert" for row in rows) == 3, "a file holds them all"


def test_every_column_of_every_file_and_every_key_of_the_json_is_documented(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
    for name in write_csv_folder(make_account(), ZONE, tmp_path):
        if name != "missed.csv":  # as those of all incidents
            columns = ", ".join(f"`{key}`" for key in (tmp_path / name).read_text().splitlines()[0].split(","))
            assert any(line.startswith(f"| `{name}` |") and f"| {columns} |" in line for line in page.splitlines()), (
                name
            )

    def keys(value: object) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(keys, value))
        if isinstance(value, dict):
            inner = set().union(*map(keys, value.values()))
            return inner if value.keys() & {"loket", "ict"} else inner | set(value)
        return set()

    text = page[page.index("## The JSON of a report") :]
    for key in keys(json.loads(report_json(make_account(), ZONE))):
        assert f"`{key}`" in text or f"`{key}[]`" in text, key
