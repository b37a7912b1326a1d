"""Who has to be told, as a configuration says it: by the hour, by level, by service, and when they are asked again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from availability.edges import to_ms
from availability.paging import Alert, Notice
from tests.exporters.mailbox import Mailbox
from tests.waakvlam.paging_desk import settings_of, write_oncall
from waakvlam.on_duty import OnDuty

ANNA, TEAM = Notice(1, "start", "anna", 1), Notice(2, "start", "weert", 0, "participant")


def at(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))


def on_duty(folder: Path, **changes: object) -> OnDuty:
    settings = settings_of(write_oncall(folder, Mailbox(), **changes))
    assert settings.oncall is not None
    return OnDuty(settings, settings.oncall)


@pytest.mark.parametrize(
    ("instant", "first"),
    [
        ("2026-11-20T17:59:59+01:00", "bram"),
        ("2026-11-20T18:00:00+01:00", "anna"),
        ("2026-11-21T12:00:00+01:00", "anna"),
        ("2026-12-25T12:00:00+01:00", "anna"),
        ("2026-11-23T08:00:00+01:00", "bram"),
    ],
)
def test_the_help_desk_is_first_in_office_hours_alone(tmp_path: Path, instant: str, first: str) -> None:
    duty = on_duty(tmp_path, help_desk=["bram"])
    assert duty.first(at(instant)) == (first,)
    assert duty.in_office_hours(at(instant)) == duty.is_working_time(at(instant)) == (first == "bram")


def test_without_a_help_desk_level_1_is_first_at_any_hour(tmp_path: Path) -> None:
    duty = on_duty(tmp_path)
    assert duty.first(at("2026-11-20T12:00:00+01:00")) == ("anna",)
    assert duty.is_working_time(at("2026-11-20T12:00:00+01:00"))
    assert not duty.in_office_hours(at("2026-11-20T12:00:00+01:00"))


@pytest.mark.parametrize(
    ("priority", "count", "due"),
    [
        (1, 1, "2026-11-23T08:30:00+01:00"),
        (1, 10, "2026-11-23T17:30:00+01:00"),
        (1, 11, "2026-11-24T08:30:00+01:00"),
        (2, 1, "2026-11-23T15:30:00+01:00"),
        (3, 1, None),
    ],
)
def test_reminders_come_in_working_time(tmp_path: Path, priority: int, count: int, due: str | None) -> None:
    opened = at("2026-11-20T17:30:00+01:00")  # a Friday
    assert on_duty(tmp_path).reminder_due(priority, opened, count) == (None if due is None else at(due))


@pytest.mark.parametrize(
    ("why", "alert", "told"),
    [
        ("a part that a service depends on", Alert("f", 0, id="app", services=("brp",)), ["weert"]),
        ("the service itself", Alert("f", 0, id="brp", kind="service"), ["weert"]),
        ("what no service depends on", Alert("f", 0, id="app"), []),
        ("a service that is gone from the configuration", Alert("f", 0, services=("gone",)), []),
    ],
)
def test_participants_of_what_is_hit_are_told_where_they_have_an_address(
    tmp_path: Path, why: str, alert: Alert, told: list[str]
) -> None:
    assert on_duty(tmp_path).participants([alert]) == told, why
    assert not on_duty(tmp_path, participants=False).participants([alert])


def test_channels_are_tried_before_the_mail_address(tmp_path: Path) -> None:
    person = {"id": "anna", "email": "anna@example.org", "channels": [{"name": "sms", "url": {"env": "SMS"}}]}
    duty = on_duty(tmp_path, people=[person], levels={1: ["anna"]})
    assert duty.channels(ANNA) == ["sms", "email"]
    assert duty.channels(TEAM) == ["email"]
    assert duty.channels(Notice(3, "start", "gone", 1)) == []
    channel = duty.channel(TEAM, "email")
    assert channel is not None and channel.email == "contact@weert.example"
