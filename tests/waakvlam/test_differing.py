"""Holding closed months against what is known now, by the command as users type it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.waakvlam.closed_months import (
    ME,
    NOVEMBER,
    OCTOBER,
    SEPTEMBER,
    add_facts,
    add_work,
    all_up,
    diff,
    estate,
    rebuilt,
    run,
)


@pytest.fixture
def folder(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "estate"))


@pytest.fixture
def months(closed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(closed, tmp_path / "closed"))


def test_nothing_moved(months: Path) -> None:
    code, found = diff(months)
    assert (code, found["moved"], found["restated"], found["late_facts"]) == (0, [], [], [])
    code, said, _ = run(months, "diff", "-c", "estate.yaml", "--period", OCTOBER)
    assert (code, said.splitlines()[-1]) == (0, "Nothing of it would be told otherwise now.")


def test_diff_of_a_month_that_was_not_closed(months: Path, folder: Path) -> None:
    asked = ("diff", "-c", "estate.yaml", "--period", NOVEMBER)
    assert run(months, *asked) == (2, "", "--period: 2025-11 was not closed: closed are 2025-09 to 2025-10\n")
    assert run(folder, *asked) == (2, "", "--period: 2025-11 was not closed: none was closed yet\n")


def test_a_stretch_that_moved_by_a_later_record_names_that_record(months: Path) -> None:
    add_work(months, "restore")
    code, found = diff(months)
    assert code == 1
    own, participant = found["moved"]
    assert (own["participant"], participant["participant"]) == (None, "weert")
    because = own.pop("because")
    assert own == {
        "service": "brp",
        "participant": None,
        "from": "2025-10-05T12:00:00+02:00",
        "to": "2025-10-05T12:30:00+02:00",
        "seconds": 1800.0,
        "closed_as": "down",
        "now": "excluded",
    }
    (cause,) = because
    assert (cause["kind"], cause["record"], cause["category"]) == ("entry", "restore", "customer_request")
    assert (cause["action"], cause["who"], cause["reason"]) == ("add", ME, "a restore")
    assert [one["participant"] for one in found["restated"]] == [None, "weert"]
    table = run(months, "diff", "-c", "estate.yaml", "--period", OCTOBER)[1]
    assert "brp and for weert" in table
    assert f"restore (customer_request) added by {ME} on 20" in " ".join(table.split())


def test_of_two_later_records_each_is_named_for_what_it_moved_and_both_where_they_overlap(months: Path) -> None:
    add_work(months, "first")
    more = ("--from", "2025-10-05T12:20:00+02:00", "--to", "2025-10-05T12:40:00+02:00", "--affects", "app")
    add_work(months, "second", "--category", "customer_request", *more, "--reason", "another")
    elsewhere = ("--from", "2025-09-10T09:00:00+02:00", "--to", "2025-09-10T09:10:00+02:00", "--affects", "app")
    add_work(months, "third", "--category", "customer_request", *elsewhere, "--reason", "in September")
    found = diff(months)[1]["moved"]
    told = [
        (one["from"][11:16], one["to"][11:16], [cause["record"] for cause in one["because"]])
        for one in found
        if one["participant"] is None
    ]
    assert told == [
        ("12:00", "12:20", ["first"]),
        ("12:20", "12:30", ["first", "second"]),
        ("12:30", "12:40", ["second"]),
    ]
    assert [one["because"][0]["record"] for one in diff(months, SEPTEMBER)[1]["moved"]] == ["third", "third"]


def test_a_later_withdrawal_is_a_cause_too(months: Path) -> None:
    withdrawn = run(months, "maintenance", "withdraw", "-c", "estate.yaml", "early", "--reason", "never agreed")
    assert withdrawn[0] == 0
    moved = diff(months)[1]["moved"][0]
    assert (moved["from"], moved["to"]) == ("2025-10-20T08:00:00+02:00", "2025-10-20T08:10:00+02:00")
    assert (moved["closed_as"], moved["now"]) == ("excluded", "down")
    (cause,) = moved["because"]
    assert (cause["action"], cause["record"], cause["reason"]) == ("withdraw", "early", "never agreed")


def test_a_record_that_was_added_and_withdrawn_since_moves_nothing(months: Path) -> None:
    add_work(months, "restore")
    assert run(months, "maintenance", "withdraw", "-c", "estate.yaml", "restore", "--reason", "no")[0] == 0
    assert diff(months)[0] == 0


def test_a_stretch_that_moved_by_a_later_fact_names_the_series(months: Path) -> None:
    late = "".join(f"2025-10-05T18:0{minute}:00.5+02:00,app-tcp,local,false,,\n" for minute in range(3))
    early = "2025-10-05T07:59:00.250+02:00,app-tcp,local,true,,\n"
    add_facts(months, early + late)
    code, found = diff(months)
    assert code == 0
    assert found["late_facts"] == [{"check": "app-tcp", "vantage": "local"}]
    again = "".join(f"2025-10-05T17:59:{second}.25+02:00,app-tcp,local,false,,\n" for second in (20, 40))
    add_facts(months, again)
    code, found = diff(months)
    assert code == 1
    assert [(one["from"], one["to"], one["closed_as"], one["now"]) for one in found["moved"][:1]] == [
        ("2025-10-05T17:59:20.250+02:00", "2025-10-05T18:00:00+02:00", "up", "down")
    ]
    assert found["moved"][0]["because"] == [{"kind": "late_facts"}]


def test_what_moved_by_the_configuration_names_what_was_configured_otherwise(months: Path) -> None:
    estate(months, opens="12:30")
    code, found = diff(months)
    assert code == 1
    assert found["configured_otherwise"] == ["agreement norm: window"]
    down = [one for one in found["moved"] if one["closed_as"] == "down" and one["participant"] is None]
    assert [(one["from"], one["to"], one["now"]) for one in down] == [
        ("2025-10-05T12:00:00+02:00", "2025-10-05T12:30:00+02:00", None),
        ("2025-10-20T08:10:00+02:00", "2025-10-20T09:00:00+02:00", None),
    ]
    assert {cause["kind"] for one in found["moved"] for cause in one["because"]} == {"configuration"}


def test_a_verdict_that_is_another_without_any_stretch_that_moved_is_told(months: Path) -> None:
    estate(months, norm="1.0%")
    code, found = diff(months)
    assert (code, found["moved"]) == (1, [])
    assert found["configured_otherwise"] == ["agreement norm: norm"]
    (one, other) = found["restated"]
    assert (one["closed"]["verdict"], one["now"]["verdict"], other["participant"]) == ("undetermined", "met", "weert")
    assert one["closed"]["availability"] == one["now"]["availability"]


def test_causes_of_every_kind_at_once_are_told_apart(months: Path) -> None:
    add_work(months, "restore")
    add_facts(months, "".join(f"2025-10-05T09:10:{s}.5+02:00,app-tcp,local,false,,\n" for s in (10, 20, 30)))
    estate(months, opens="08:30")
    found = [one for one in diff(months)[1]["moved"] if one["participant"] is None]
    told = {(one["from"][8:19], one["closed_as"], one["now"]): [c["kind"] for c in one["because"]] for one in found}
    assert told["05T09:10:10", "up", "down"] == ["late_facts"]
    assert told["05T12:00:00", "down", "excluded"] == ["entry"]
    assert told["20T08:10:00", "down", None] == ["configuration"]


def test_diff_where_the_configuration_of_then_cannot_be_read_any_more(months: Path) -> None:
    def outdate(document: dict[str, Any]) -> None:
        text = document["configuration"]["text"].replace("probe: tcp", "probe: telegraph")
        document["configuration"] = {"text": text, "digest": hashlib.sha256(text.encode()).hexdigest()}

    rebuilt(outdate)(months)
    add_work(months, "restore")
    code, found = diff(months)
    assert code == 1
    assert "telegraph" in found["configuration_unread"]
    assert [one["because"][0]["record"] for one in found["moved"]] == ["restore", "restore"]


def test_what_nothing_later_explains_is_not_blamed_on_anybody(months: Path) -> None:
    rebuilt(all_up)(months)
    code, found = diff(months)
    assert code == 1
    assert {cause["kind"] for one in found["moved"] for cause in one["because"]} == {"unexplained"}
