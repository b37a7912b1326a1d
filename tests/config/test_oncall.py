"""Who is told at each level, the values that only the section `oncall` has, and what holds without its keys."""

from __future__ import annotations

import json
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from availability.duty import Shift
from availability.edges import to_ms
from availability.estate import OFFICE_HOURS
from availability.recovery import Limit
from config.oncall_settings import HELP_DESK, OnCall, is_office_hours, people_at, with_shifts
from config.oncall_values import web_url
from config.reader import read
from config.settings import Settings
from tests.config.standins import PROBES

SMS = [{"name": "sms", "url": {"env": "SMS"}}]
TURNS = {"people": ["noor", "sam"], "handover": {"day": "mon", "at": "08:00"}, "starting": "2026-01-05"}
SECTION: dict[str, Any] = {
    "people": [{"id": id_, "channels": SMS} for id_ in ("noor", "sam", "kim", "desk")],
    "teams": [{"id": "leiding", "people": ["kim", "noor"]}],
    "rotas": [{"id": "beheer", **TURNS}, {"id": "netwerk", "calendar": {"file": "netwerk.ics"}}],
    "levels": {"1": "beheer", "2": ["netwerk", "kim"], "3": ["leiding", "beheer"]},
}


def ms(moment: str) -> int:
    return to_ms(datetime.fromisoformat(moment))


def settings(folder: Path, **changes: Any) -> Settings:
    path = folder / "estate.yaml"
    path.write_text(json.dumps({"version": 1, "oncall": {**SECTION, **changes}}))
    return read(path, PROBES)


def on_call(folder: Path, **changes: Any) -> OnCall:
    made = settings(folder, **changes).oncall
    assert made is not None
    return made


def test_who_is_told_at_each_level(tmp_path: Path) -> None:
    made, at = on_call(tmp_path, help_desk=["desk"]), ms("2026-01-06T12:00+01:00")
    assert people_at(made, HELP_DESK, at) == ("desk",)
    assert people_at(made, 1, at) == ("noor",)
    assert people_at(made, 1, at + 7 * 86_400_000) == ("sam",)
    assert people_at(made, 2, at) == ("kim",), "a calendar that was not loaded has nobody"
    assert people_at(made, 3, at) == ("kim", "noor"), "each once"
    assert people_at(made, 4, at) == ()
    loaded = with_shifts(made, {"netwerk": (Shift(at, at + 1, "sam"),)})
    assert people_at(loaded, 2, at) == ("sam", "kim")
    assert people_at(loaded, 2, at + 1) == ("kim",)


def test_what_holds_without_further_keys(tmp_path: Path) -> None:
    made = on_call(tmp_path)
    assert made.office_hours == OFFICE_HOURS
    assert set(made.acknowledge_within_ms.values()) == {15 * 60_000}
    assert made.remind_every == {1: Limit(Fraction(1), "working hours"), 2: Limit(Fraction(8), "working hours")}
    assert (made.help_desk, made.mail, made.webhook, made.links, made.watchdog) == ((), None, None, None, None)
    assert (made.language, made.participants, made.wakes) == ("nl", True, "critical")


def test_one_duration_is_that_of_every_priority(tmp_path: Path) -> None:
    assert on_call(tmp_path, acknowledge_within="1500ms").acknowledge_within_ms == dict.fromkeys(range(1, 10), 1500)


def test_office_hours_are_working_hours_unless_they_are_their_own(tmp_path: Path) -> None:
    path = tmp_path / "estate.yaml"
    hours = {"days": "workdays", "from": "09:00", "to": "17:00"}
    path.write_text(json.dumps({"version": 1, "recovery": {"working_hours": hours}, "oncall": SECTION}))
    made = read(path, PROBES)
    assert made.oncall is not None
    assert made.oncall.office_hours == made.estate.office_hours
    own = settings(tmp_path, office_hours={"days": "daily", "from": "06:00", "to": "24:00"})
    assert own.oncall is not None
    sunday = ms("2026-11-22T23:59+01:00")
    assert is_office_hours(own.oncall, sunday, own.estate.calendar)
    assert not is_office_hours(made.oncall, sunday, made.estate.calendar)


FIRST_TURNS = {
    "starting on the day of the handover": ("2026-01-05", "2026-01-05T08:00+01:00"),
    "starting the day after: a week later": ("2026-01-06", "2026-01-12T08:00+01:00"),
    "starting on a Sunday: the next day": ("2026-01-04", "2026-01-05T08:00+01:00"),
}


@pytest.mark.parametrize(("starting", "first"), FIRST_TURNS.values(), ids=FIRST_TURNS)
def test_the_first_turn_begins_at_the_first_handover_on_or_after(tmp_path: Path, starting: str, first: str) -> None:
    rotas = [{"id": "beheer", **TURNS, "starting": starting}, SECTION["rotas"][1]]
    made = on_call(tmp_path, rotas=rotas)
    assert people_at(made, 1, ms(first)) == ("noor",)
    assert people_at(made, 1, ms(first) - 1) == ("sam",)


ADDRESSES = {
    "a name": ("https://waakvlam.example", True),
    "a name with a port and a path": ("http://waakvlam.example:9770/base", True),
    "an address of IPv6": ("https://[2001:db8::1]:9770/", True),
    "without a scheme": ("waakvlam.example", False),
    "of another scheme": ("ftp://waakvlam.example", False),
    "with a password": ("https://a:b@waakvlam.example", False),
    "with a space": ("https://waakvlam.example/a b", False),
    "without a host": ("https:///path", False),
    "with a port that is none": ("https://waakvlam.example:99999", False),
    "with a line end": ("https://waakvlam.example\n", False),
    "too long": ("https://waakvlam.example/" + "a" * 2000, False),
}


@pytest.mark.parametrize(("text", "good"), ADDRESSES.values(), ids=ADDRESSES)
def test_web_addresses(text: str, good: bool) -> None:
    if good:
        assert web_url(text) == text
    else:
        with pytest.raises(ValueError, match=r"^(is no web address|must begin with|holds a user)"):
            web_url(text)
