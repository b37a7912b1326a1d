"""The log book of backups on a terminal, for programs and in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json

import pytest

from availability.backups import Job, days_between, job_log, restore_log
from availability.heartbeats import HeartbeatReport
from exporters.backups import BackupLog, backup_csv, backup_json, backup_tables
from exporters.harmless import HARMLESS
from tests.exporters.conftest import HOUR, NOON, ZONE

DAY = 24 * HOUR
MIDNIGHT = NOON - 12 * HOUR
"""Of 7 October 2026."""
NASTY = "=cmd|'x'"


@pytest.fixture
def shown() -> BackupLog:
    looks = [(MIDNIGHT - 100 * DAY, MIDNIGHT + 10 * DAY)]
    job = Job("copy", "backup-brp", "BRP", "ict-nml", 26 * HOUR, 2 * HOUR, 60 * DAY, looks[0][0], looks)
    oldest = MIDNIGHT - 60 * DAY
    good = HeartbeatReport(
        "copy", MIDNIGHT + 2 * HOUR, True, MIDNIGHT + 2 * HOUR, "venlo", MIDNIGHT + HOUR, None, 812 * 10**9, oldest, 60
    )
    bad = HeartbeatReport("copy", MIDNIGHT + DAY + 2 * HOUR, False, MIDNIGHT + DAY, "venlo", detail=NASTY)
    tests = [HeartbeatReport("test", MIDNIGHT - 30 * DAY, True, NOON, "venlo", detail="all of it")]
    start, end, now = MIDNIGHT, MIDNIGHT + 3 * DAY, MIDNIGHT + 3 * DAY
    days = list(days_between(start, end, ZONE))
    return BackupLog(
        [job_log(job, [good, bad], days, now)],
        [
            restore_log(
                Job("test", "restore", "", "", 92 * DAY, 0, None, looks[0][0], looks), tests, start, end, now, ZONE
            )
        ],
        start,
        end,
        now,
        ZONE,
    )


def rendered(shown: BackupLog, width: int) -> str:
    from rich.console import Console

    text = io.StringIO()
    console = Console(file=text, width=width, no_color=True, highlight=False)
    console.push_render_hook(HARMLESS)
    console.print(backup_tables(shown))
    return text.getvalue()


def test_a_person_reads_every_day(shown: BackupLog) -> None:
    page = rendered(shown, 160)
    lines = [" ".join(line.split()) for line in page.splitlines()]
    assert "2026-10-07 copy done 02:00:00 – 1 h 0 min 0 s 812 GB" in lines
    assert f"2026-10-08 copy failed 02:00:00 – – – {NASTY}" in lines
    assert "2026-10-09 copy missing – 44 h 00 min – –" in lines
    assert "copy backup-brp ict-nml 1 0 1 1 0 60 days old, 60 copies kept (60 days agreed)" in lines
    assert "test restore 2026-09-07 00:00 33 days 2026-12-07 in time" in lines


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_narrow_terminal_shows_no_half_days(shown: BackupLog, width: int) -> None:
    page = rendered(shown, width)
    assert "2026-10-09" in page and "missing" in page
    assert all(len(line) <= width for line in page.splitlines())


def test_programs_get_everything(shown: BackupLog) -> None:
    document = json.loads(backup_json(shown))
    assert document["period"] == {"from": "2026-10-07T00:00:00+02:00", "to": "2026-10-10T00:00:00+02:00"}
    (job,) = document["jobs"]
    assert job["counts"] == {"done": 1, "late": 0, "failed": 1, "missing": 1, "unwatched": 0}
    assert (job["retention"], job["copies"], job["keep_seconds"]) == ("kept", 60, 5_184_000)
    assert [day["status"] for day in job["days"]] == ["done", "failed", "missing"]
    assert job["days"][0]["reports"][0]["size_bytes"] == 812 * 10**9
    assert job["days"][0]["reports"][0]["duration_seconds"] == 3600
    (test,) = document["restore_tests"]
    assert (test["age_days"], test["standing"]) == (33, "in_time")
    assert [quarter["status"] for quarter in test["quarters"]] == ["pending"]


def test_a_spreadsheet_runs_nothing_of_it(shown: BackupLog) -> None:
    rows = list(csv.DictReader(io.StringIO(backup_csv(shown))))
    assert [(row["kind"], row["period"], row["status"]) for row in rows] == [
        ("backup", "2026-10-07", "done"),
        ("backup", "2026-10-08", "failed"),
        ("backup", "2026-10-09", "missing"),
        ("restore-test", "2026-Q4", "pending"),
    ]
    assert rows[1]["detail"] == f"'{NASTY}"
    assert rows[0]["duration_seconds"] == "3600"
    assert rows[2]["late_seconds"] == str(44 * 3600)
