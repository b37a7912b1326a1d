"""`waakvlam oncall` says who has duty, `check` when nobody soon will, and `alertmanager` writes what follows."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.config.calendars import calendar, event
from waakvlam.commands import alertmanager, check, oncall

AT = "2026-11-23T12:00:00+01:00"


def configuration(folder: Path, **changes: Any) -> Path:
    section = {
        "people": [
            {"id": "noor", "name": "Noor Verbeek", "channels": [{"name": "sms", "url": {"env": "SMS"}}]},
            {"id": "sam", "name": "Sam Hendrix", "channels": [{"name": "sms", "url": {"env": "SMS"}}]},
            {"id": "desk", "name": "Servicedesk", "channels": [{"name": "mail", "url": {"env": "MAIL"}}]},
        ],
        "rotas": [
            {
                "id": "beheer",
                "name": "Beheerder van dienst",
                "people": ["noor", "sam"],
                "handover": {"day": "mon", "at": "08:00"},
                "starting": "2026-01-05",
            }
        ],
        "help_desk": "desk",
        "levels": {"1": "beheer", "2": ["noor", "sam"]},
        "webhook": {"token": {"file": "/etc/waakvlam/token"}},
        **changes,
    }
    path = folder / "estate.yaml"
    path.write_text(json.dumps({"version": 1, "oncall": section}))
    return path


def test_a_table_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    oncall.oncall(configuration(tmp_path), AT, as_json=False)
    out, err = capsys.readouterr()
    assert err == ""
    lines = [" ".join(line.split()) for line in out.splitlines() if line.strip()]
    assert lines[0] == "At 2026-11-23 12:00:00 CET, in office hours: the help desk is told first."
    assert lines[3:] == [
        "help desk Servicedesk always",
        "1 Noor Verbeek Beheerder van dienst 2026-11-30 08:00:00 CET Sam Hendrix",
        "2 Noor Verbeek always",
        "2 Sam Hendrix always",
    ]


def test_json_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    oncall.oncall(configuration(tmp_path), "2026-11-22T03:00:00Z", as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["at"], told["office_hours"], told["first"]) == ("2026-11-22T04:00:00+01:00", False, 1)
    assert [level["level"] for level in told["levels"]] == [0, 1, 2]
    assert told["levels"][1]["who"] == [
        {
            "id": "beheer",
            "kind": "rota",
            "people": [{"id": "sam", "name": "Sam Hendrix"}],
            "since": "2026-11-16T08:00:00+01:00",
            "until": "2026-11-23T08:00:00+01:00",
            "next": {"person": "noor", "since": "2026-11-23T08:00:00+01:00", "until": "2026-11-30T08:00:00+01:00"},
        }
    ]
    assert (told["problems"], told["remarks"]) == ([], [])


def test_holes_overlaps_and_events_of_nobody_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "beheer.ics").write_bytes(
        calendar(
            event("noor", "20261123T080000", "20261125T080000"),
            event("sam", "20261124T080000", "20261126T080000"),
            event("noor", "20261127T080000", "20270401T080000"),
            event("Overleg\\nmet \x1b[31mverve", "20261127T080000", "20261127T090000"),
        )
    )
    path = configuration(tmp_path, rotas=[{"id": "beheer", "calendar": {"file": "beheer.ics"}}])
    with pytest.raises(SystemExit) as ended:
        oncall.oncall(path, AT, as_json=False)
    assert ended.value.code == 1
    out, err = capsys.readouterr()
    assert "Noor Verbeek" in out
    assert "\x1b" not in err
    problems = err.splitlines()
    assert problems[:2] == [
        "rota beheer: two people have duty from 2026-11-24 08:00:00 CET to 2026-11-25 08:00:00 CET: whose shift begins "
        "last has it",
        "rota beheer: nobody has duty from 2026-11-26 08:00:00 CET to 2026-11-27 08:00:00 CET",
    ]
    assert "counts for nothing" in problems[2]


def test_a_calendar_that_does_not_load_leaves_a_level_without_anybody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = configuration(tmp_path, rotas=[{"id": "beheer", "calendar": {"file": "gone.ics"}}])
    with pytest.raises(SystemExit) as ended:
        oncall.oncall(path, AT, as_json=True)
    assert ended.value.code == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert problems == [
        f"rota beheer: the calendar does not load: {tmp_path}/gone.ics cannot be read: No such file or directory",
        "level 1 has nobody",
        "rota beheer: nobody has duty from 2026-11-23 12:00:00 CET on",
    ]


REFUSED = {
    "no instant": ("tomorrow", "--at: 'tomorrow' is no instant"),
    "no offset": ("2026-11-23T12:00:00", "--at: '2026-11-23T12:00:00' has no offset"),
    "too late": ("9999-12-31T00:00:00Z", "--at: '9999-12-31T00:00:00Z' lies outside the years 1970 to 2200"),
    "too early": ("1969-12-31T00:00:00Z", "--at: '1969-12-31T00:00:00Z' lies outside the years 1970 to 2200"),
}


@pytest.mark.parametrize(("at", "said"), REFUSED.values(), ids=REFUSED)
def test_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str], at: str, said: str) -> None:
    with pytest.raises(SystemExit) as ended:
        oncall.oncall(configuration(tmp_path), at, as_json=False)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(said)


def test_a_configuration_without_anybody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "estate.yaml"
    path.write_text("version: 1\n")
    with pytest.raises(SystemExit) as ended:
        oncall.oncall(path, None, as_json=False)
    assert ended.value.code == 2
    assert "has no section `oncall`" in capsys.readouterr().err


def test_check_tells_what_is_on_call_and_holes_that_are_near(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check.check(configuration(tmp_path))
    out, err = capsys.readouterr()
    assert "  on call         3 people, 1 rota, 2 of 3 levels\n" in out
    assert err == ""
    today = datetime.now(UTC).date()
    (tmp_path / "beheer.ics").write_bytes(
        calendar(
            event("noor", f"{today - timedelta(days=2):%Y%m%d}T080000", f"{today + timedelta(days=9):%Y%m%d}T080000")
        )
    )
    web = {"id": "web", "calendar": {"url": "https://127.0.0.1:1/x.ics", "keep": "x.ics"}}
    check.check(configuration(tmp_path, rotas=[{"id": "beheer", "calendar": {"file": "beheer.ics"}}, web]))
    err = capsys.readouterr().err
    assert err.startswith(f"rota beheer: nobody has duty from {today + timedelta(days=9)} 08:00:00 ")
    assert err.endswith(" on\n")
    assert "web" not in err, "no network is asked"


def write(path: Path, output: Path | None = None, **options: Any) -> int:
    given: dict[str, Any] = {"check": False, "year": None, "wait": None, "url_file": False, **options}
    try:
        alertmanager.write(path, output, **given)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_alertmanagers_file_is_written_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, output = configuration(tmp_path), tmp_path / "alertmanager.yml"
    assert write(path, output, wait="5s") == 0
    whole = yaml.safe_load(output.read_text())
    assert whole["route"]["group_wait"] == "5s"
    assert write(path, output, check=True, wait="5s") == 0
    assert "as it should be" in capsys.readouterr().out
    before = output.read_text()
    assert write(path, output, check=True) == 1, "it waits otherwise"
    assert output.read_text() == before
    assert write(path, None, wait="5s") == 0
    assert capsys.readouterr().out == before


def test_office_hours_that_run_out_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, output = configuration(tmp_path), tmp_path / "alertmanager.yml"
    assert write(path, output, year=2020) == 0
    assert write(path, output, check=True) == 1
    assert capsys.readouterr().err == f"{output}: its office hours ended on 2022-12-31: write it again\n"
    assert date.fromisoformat("2022-12-31") < datetime.now(UTC).date()


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "no duration": ({}, {"wait": "soon"}, "--group-wait: `soon` is no duration"),
    "a year of long ago": ({}, {"year": 1500}, "--year: 1500 lies outside the years 1970 to 2199"),
    "nothing to check": ({}, {"check": True}, "--check needs the file to hold against"),
    "a token in the environment": (
        {"webhook": {"token": {"env": "TOKEN"}}},
        {},
        "oncall.webhook.credentials_file is missing",
    ),
    "no webhook": (
        {"webhook": {"token": {"env": "TOKEN"}, "url": "nowhere"}},
        {},
        "oncall.webhook.url: `nowhere` is no",
    ),
}


@pytest.mark.parametrize(("changes", "options", "said"), WRONG.values(), ids=WRONG)
def test_what_alertmanager_cannot_be_written_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    assert write(configuration(tmp_path, **changes), **options) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_is_not_there_is_no_file_to_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert write(configuration(tmp_path), tmp_path / "gone.yml", check=True) == 2
    assert "cannot read" in capsys.readouterr().err
