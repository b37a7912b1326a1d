"""The register of licences, as users meet it: what it lists, in which order, and what it calls for."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from config.settings import Licence
from exporters.licences import LicenceList, State
from tests.waakvlam.commands import waakvlam, write_estate

TODAY = date(2026, 11, 22)


def estate(folder: Path, *licences: dict[str, object]) -> None:
    write_estate(folder, 22, 0, licences=list(licences))


def days(number: int) -> str:
    return (date.today() + timedelta(days=number)).isoformat()


STANDING: dict[str, tuple[int | None, State]] = {
    "has no end": (None, "good"),
    "ends later than is bought ahead": (91, "good"),
    "ends soon": (90, "ends_soon"),
    "ends today": (0, "ends_soon"),
    "ended yesterday": (-1, "ended"),
}


@pytest.mark.parametrize("case", STANDING)
def test_a_licence_that(case: str) -> None:
    left, state = STANDING[case]
    one = Licence("a", "A", until=None if left is None else TODAY + timedelta(days=left))
    shown = LicenceList([one], TODAY)
    assert (shown.days_left(one), shown.state(one)) == (left, state)


def test_the_register_has_what_ends_first_before_all_else(tmp_path: Path) -> None:
    estate(
        tmp_path,
        {"id": "open", "what": "Open"},
        {"id": "far", "what": "Far", "until": days(500), "count": 12},
        {"id": "gone", "what": "=1+1", "until": days(-30), "supplier": "supplier-x"},
        {"id": "near", "what": "Near", "until": days(30), "property_of": "weert"},
    )
    table = waakvlam(tmp_path, "assets", "--config", "estate.yaml", "--licences")
    assert (table.returncode, table.stderr) == (0, "")
    rows = [line.split()[0] for line in table.stdout.splitlines() if line.strip()]
    assert [row for row in rows if row in ("open", "far", "gone", "near")] == ["gone", "near", "far", "open"]
    assert table.stdout.endswith("4 in all; ending within 90 days: 1, ended: 1\n")
    document = json.loads(
        waakvlam(tmp_path, "assets", "--config", "estate.yaml", "--licences", "--format", "json").stdout
    )
    assert [(one["id"], one["state"], one["count"]) for one in document["licences"]] == [
        ("gone", "ended", None),
        ("near", "ends_soon", None),
        ("far", "good", 12),
        ("open", "good", None),
    ]
    text = waakvlam(tmp_path, "assets", "--config", "estate.yaml", "--licences", "--format", "csv").stdout
    first = next(csv.DictReader(io.StringIO(text)))
    assert (first["id"], first["what"], first["days_left"]) == (
        "gone",
        "'=1+1",
        str(document["licences"][0]["days_left"]),
    )


def test_what_ends_within_a_time_is_signalled_by_the_exit_code(tmp_path: Path) -> None:
    estate(tmp_path, {"id": "near", "what": "Near", "until": days(30)}, {"id": "open", "what": "Open"})
    for within, code, listed in (("60d", 1, True), ("10d", 0, False)):
        done = waakvlam(tmp_path, "assets", "--config", "estate.yaml", "--licences", "--within", within)
        assert (done.returncode, "Near" in done.stdout, "Open" in done.stdout) == (code, listed, False)


WRONG = {
    "equipment that would end": (("--within", "3d"), "--within belongs to --licences: equipment has no end"),
    "licences of a CMDB": (("--licences", "--cmdb", "a.csv"), "--licences and --cmdb exclude each other"),
    "no duration": (("--licences", "--within", "soon"), "--within: `soon` is no duration"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use(case: str, tmp_path: Path) -> None:
    arguments, message = WRONG[case]
    estate(tmp_path)
    done = waakvlam(tmp_path, "assets", "--config", "estate.yaml", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_configuration_without_licences_says_where_they_go(tmp_path: Path) -> None:
    write_estate(tmp_path, 22, 0)
    done = waakvlam(tmp_path, "assets", "--config", "estate.yaml", "--licences")
    assert (done.returncode, done.stdout) == (
        0,
        "The configuration lists no licences: see `licences` in its reference.\n",
    )
