"""Jobs that report themselves to a collector that runs, plugins beside them, and the log book made of it."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from availability.edges import to_ms
from availability.heartbeats import HeartbeatReport
from availability.outcome import Status
from availability.ports import Batch, Run
from collector.store import open_store
from tests.waakvlam.commands import collector, get, listen_address, metric, stop, waakvlam, wait_until, write_estate

ZONE = ZoneInfo("Europe/Amsterdam")
TOKEN = "a token of this test"


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """A backup whose reports are good for 3 s and 3 s of grace, and a plugin that says what a file says."""
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n")
    beat = {"id": "copy-daily", "probe": "heartbeat", "within": "3s", "grace": "3s", "keep": "60d"}
    script = 'read said < said; set -- $said; code=$1; shift; echo "$*"; exit $code'
    plugin = {"id": "disk-plugin", "probe": "plugin", "command": ["/bin/sh", "-c", f"cd {tmp_path}; {script}"]}
    (tmp_path / "said").write_text("0 DISK OK|used=57%\n")
    return write_estate(
        tmp_path,
        1,
        heartbeats={"token": {"file": "token"}},
        plugins={"at_once": 3},
        components=[
            {"id": "copy", "kind": "backup", "owner": "beheer", "checks": [beat]},
            {"id": "disk", "checks": [plugin]},
        ],
        services=[{"id": "brp", "agreement": "norm", "up_when": {"all": ["copy", "disk"]}}],
    )


def report(path: Path, said: dict[str, Any] | None = None, token: str = TOKEN, check: str = "copy-daily") -> int:
    """What a job of `check` is answered."""
    request = urllib.request.Request(
        f"http://{listen_address(path)}/api/v1/heartbeats/{check}",
        data=json.dumps(said).encode() if said is not None else b"",
        headers={"Authorization": f"Bearer {token}"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def checks(path: Path) -> dict[str, Any]:
    return {each["check"]: each for each in json.loads(get(path, "/api/v1/status")[1])["checks"]}


def part(path: Path, name: str) -> dict[str, Any]:
    done = waakvlam(path.parent, "status", "--config", path.name, "--format", "json")
    assert done.returncode == 0, done.stderr
    return next(each for each in json.loads(done.stdout)["parts"] if each["id"] == name)


def test_a_job_from_first_to_late_to_missing(estate: Path) -> None:
    with collector(estate) as process:
        wait_until(lambda: checks(estate)["copy-daily"]["outcome"] == "none")
        assert checks(estate)["copy-daily"]["detail"] == "no good report has come yet; the first is due within 6s"
        assert [report(estate, token="guess"), report(estate, check="nothing")] == [401, 404]
        assert report(estate, {"outcome": "fine"}) == 400
        assert report(estate, {"size_bytes": 812_000_000_000, "duration_seconds": 1500}) == 200
        wait_until(lambda: checks(estate)["copy-daily"]["outcome"] == "ok")
        assert metric(estate, "waakvlam_check_measure", 'check="copy-daily"', 'label="size"') == 812e9
        last = metric(estate, "waakvlam_heartbeat_last_timestamp_seconds", 'check="copy-daily"')
        assert last is not None and last > 1.7e9
        wait_until(lambda: (checks(estate)["copy-daily"]["degraded"] or {}).get("reason") == "late")
        late = part(estate, "copy")
        assert (late["state"], late["degraded"]["detail"]) == ("up", "copy-daily: no good report within 3s")
        wait_until(lambda: checks(estate)["copy-daily"]["reason"] == "missing")
        wait_until(lambda: part(estate, "copy")["state"] == "down")
        assert part(estate, "copy")["reason"] == "missing"
        assert "no good report within 6s" in get(estate, "/")[1]
        assert report(estate) == 200
        wait_until(lambda: part(estate, "copy")["state"] == "up")
        code, _, log = stop(process)
        assert code == 0
    assert TOKEN not in log


def test_reports_survive_a_restart_and_the_end_of_the_process(estate: Path) -> None:
    with collector(estate) as process:
        assert report(estate, {"detail": "the only one"}) == 200
        process.kill()
        process.wait()
    rows = (
        sqlite3.connect(estate.parent / "facts.db").execute("SELECT check_id, good, detail FROM heartbeat").fetchall()
    )
    assert rows == [("copy-daily", 1, "the only one")], "it was stored before it was answered"
    with collector(estate):
        wait_until(lambda: checks(estate)["copy-daily"]["outcome"] is not None)
        assert metric(estate, "waakvlam_heartbeat_last_timestamp_seconds") is not None


def test_a_plugin_on_schedule(estate: Path) -> None:
    said = estate.parent / "said"
    with collector(estate) as process:
        wait_until(lambda: checks(estate)["disk-plugin"]["outcome"] == "ok")
        assert metric(estate, "waakvlam_check_measure", 'check="disk-plugin"', 'label="used"', 'unit="ratio"') == 0.57
        said.write_text("1 DISK WARNING - nearly full|used=93%\n")
        wait_until(lambda: (checks(estate)["disk-plugin"]["degraded"] or {}).get("reason") == "warning")
        assert checks(estate)["disk-plugin"]["outcome"] == "ok"
        said.write_text("2 DISK CRITICAL - full\n")
        wait_until(lambda: part(estate, "disk")["state"] == "down")
        assert part(estate, "disk")["detail"] == "disk-plugin: DISK CRITICAL - full"
        said.write_text("3 DISK UNKNOWN - no such disk\n")
        wait_until(lambda: checks(estate)["disk-plugin"]["outcome"] == "none")
        code, took, log = stop(process)
    assert (code, took < 5) == (0, True)
    assert "Traceback" not in log


def test_a_plugin_that_hangs_goes_when_the_collector_goes(estate: Path) -> None:
    pid = estate.parent / "pid"
    script = f"echo $$ > {pid}; sleep 60"
    plugin = {
        "id": "hangs",
        "probe": "plugin",
        "command": ["/bin/sh", "-c", script],
        "interval": "20s",
        "timeout": "20s",
    }
    plugin["stale_after"] = "60s"
    write_estate(estate.parent, 1, components=[{"id": "disk", "checks": [plugin]}], services=[])
    with collector(estate) as process:
        wait_until(pid.exists)
        code, took, _ = stop(process)
    assert code == 0
    assert took < 5
    running = int(pid.read_text())
    wait_until(lambda: not (Path(f"/proc/{running}").exists()))


def test_a_look_by_hand_tells_what_plugins_measure_and_jobs_reported(estate: Path) -> None:
    store = open_store(f"sqlite:///{estate.parent / 'facts.db'}", create=True)
    at = to_ms(datetime.now(ZONE)) - 1000
    store.report([HeartbeatReport("copy-daily", at - 60_000, True, at, "local")])
    store.close()
    done = waakvlam(estate.parent, "probe", "--config", estate.name, "--format", "json")
    looked = {each["check"]: each for each in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1
    assert looked["disk-plugin"]["measures"] == [{"label": "used", "value": 0.57, "unit": "ratio"}]
    assert (looked["copy-daily"]["reason"], looked["copy-daily"]["detail"]) == ("missing", "no good report within 6s")


@pytest.fixture
def logged(estate: Path) -> Path:
    """A job that was done three days ago and the day before yesterday, and not since."""
    midnight = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    nights = [midnight - timedelta(days=days) for days in (3, 2)]
    write_estate(
        estate.parent,
        1,
        components=[
            {
                "id": "copy",
                "kind": "backup",
                "checks": [
                    {"id": "copy-daily", "probe": "heartbeat", "within": "26h", "grace": "2h", "interval": "1m",
                     "stale_after": "5m", "keep": "60d"}
                ],
            },
            {
                "id": "test",
                "kind": "restore-test",
                "checks": [{"id": "test-quarterly", "probe": "heartbeat", "within": "92d"}],
            },
        ],
        services=[],
    )  # fmt: skip
    store = open_store(f"sqlite:///{estate.parent / 'facts.db'}", create=True)
    first = to_ms(nights[0])
    store.add([Batch("copy-daily", "local", [Run(first, 60_000, 4 * 1440, Status.OK, None, "")])])
    for night in nights:
        at = to_ms(night) + 2 * 3_600_000
        store.report([HeartbeatReport("copy-daily", at, True, at, "local", size_bytes=5, detail="=1+1")])
    store.close()
    return estate


def test_the_log_book(logged: Path) -> None:
    today = datetime.now(ZONE).date()
    start = (today - timedelta(days=3)).isoformat()
    arguments = ("backups", "log", "--config", logged.name, "--from", start, "--to", today.isoformat())
    table = waakvlam(logged.parent, *arguments)
    assert table.returncode == 0, table.stderr
    assert table.stdout.startswith("Backups, day by day")
    document = json.loads(waakvlam(logged.parent, *arguments, "--format", "json").stdout)
    assert [day["status"] for day in document["jobs"][0]["days"]] == ["done", "done", "missing"]
    assert document["restore_tests"][0]["standing"] == "never"
    sheet = waakvlam(logged.parent, *arguments, "--format", "csv").stdout
    assert "'=1+1" in sheet and ",=1+1" not in sheet


WRONG = {
    "a day that does not exist": (("--from", "2026-02-30"), "--from: '2026-02-30' is a day that does not exist"),
    "no day": (("--from", "yesterday"), "--from: 'yesterday' is no instant: write ISO 8601 with an offset"),
    "no offset": (("--from", "2026-10-01T00:00:00"), "--from: '2026-10-01T00:00:00' has no offset"),
    "the wrong way around": (
        ("--from", "2026-10-02", "--to", "2026-10-01"),
        "--from 2026-10-02 is not before --to 2026-10-01",
    ),
    "longer than anybody reads": (("--from", "2001-01-01"), "--from and --to are more than ten years apart"),
    "the end of all days": (
        ("--from", "9999-12-30", "--to", "9999-12-31"),
        "--from: '9999-12-30' lies outside the years",
    ),
    "the beginning": (("--from", "0001-01-01T00:00:00+02:00"), "--from: '0001-01-01T00:00:00+02:00' lies outside"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_days_are_refused_with_the_remedy(case: str, logged: Path) -> None:
    options, message = WRONG[case]
    done = waakvlam(logged.parent, "backups", "log", "--config", logged.name, *options)
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)


def test_without_a_backup_in_the_configuration_it_says_so(estate: Path) -> None:
    write_estate(estate.parent, 1)
    open_store(f"sqlite:///{estate.parent / 'facts.db'}", create=True).close()
    done = waakvlam(estate.parent, "backups", "log", "--config", estate.name, "--from", "2026-10-01")
    assert done.returncode == 0
    assert done.stdout.startswith("No component has the kind backup or restore-test")


def test_tokens_do_not_stand_in_what_a_process_shows(estate: Path) -> None:
    with collector(estate) as process:
        report(estate)
        assert TOKEN.encode() not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert TOKEN not in get(estate, "/api/v1/status")[1] + get(estate, "/metrics")[1]
    assert TOKEN.encode() not in (estate.parent / "facts.db").read_bytes()
