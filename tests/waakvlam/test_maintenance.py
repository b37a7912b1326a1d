"""Correcting the past honestly: records are added, approved and withdrawn from outside, and the report follows."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.waakvlam.commands import COMMAND, a_server, collector, get, metric, waakvlam, wait_until, write_estate

HEADER = "at,check,vantage,ok,latency_ms,detail\n"
DAY = HEADER + "".join(
    f"2026-10-05T{hour:02d}:{minute:02d}:00+02:00,app-tcp,local,{'false' if hour == 12 else 'true'},3.5,\n"
    for hour in range(8, 18)
    for minute in range(60)
)
LATE = ("--as-of", "2026-11-01T00:00:00+01:00")
NOON = ("--from", "2026-10-05T12:00:00+02:00", "--to", "2026-10-05T12:30:00+02:00")
NOON_WORK = ("--category", "customer_request", *NOON, "--affects", "app", "--reason", "a restore")
TWO_PEOPLE = ("daemon", "nobody")
"""Accounts of every Linux."""
ME = pwd.getpwuid(os.getuid()).pw_name


def others_run_it() -> bool:
    """Whether this process may become somebody else, who can then run this interpreter."""
    as_daemon = ["setpriv", "--reuid=1", "--regid=1", "--clear-groups", sys.executable, "-c", ""]
    return os.geteuid() == 0 and subprocess.run(as_daemon, capture_output=True, check=False).returncode == 0


as_two_people = pytest.mark.skipif(
    not os.environ.get("CI") and not others_run_it(),
    reason="only root can be two people in turn, with an interpreter that others may run",
)


def estate(folder: Path, **changes: object) -> None:
    agreement: dict[str, object] = {
        "id": "norm",
        "norm": "98.0%",
        "window": {"days": "daily", "from": "00:00", "to": "24:00"},
        "excluded": ["customer_request"],
    }
    strict = {**agreement, "id": "strict", "corrections": {"approval": "required"}}
    whole = {"up_when": {"all": ["app"]}}
    sections: dict[str, object] = {
        "defaults": {"interval": "1m", "timeout": "5s", "fall": 2, "rise": 2},
        "agreements": [agreement, strict],
        "services": [{"id": "brp", "agreement": "norm", **whole}, {"id": "mail", "agreement": "strict", **whole}],
        "maintenance": [
            {
                "id": "firmware",
                "category": "planned",
                "from": "2026-10-10T00:00:00Z",
                "to": "2026-10-10T01:00:00Z",
                "affects": ["app"],
            }
        ],
    }
    write_estate(folder, 9, **{**sections, **changes})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten hours of October, of which one was down, under an agreement that asks for approval and one that does not."""
    folder = tmp_path_factory.mktemp("october")
    estate(folder)
    (folder / "day.csv").write_text(DAY)
    assert waakvlam(folder, "import", "observations", "day.csv", "-c", "estate.yaml").returncode == 0
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "estate"))


def maintenance(folder: Path, action: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return waakvlam(folder, "maintenance", action, "-c", "estate.yaml", *arguments, env={"SUDO_USER": "", **env})


def added(folder: Path, *arguments: str) -> str:
    """What adding says; it must succeed."""
    done = maintenance(folder, "add", *NOON_WORK, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def report(folder: Path) -> str:
    arguments = ("--period", "2026-10", "--format", "json", *LATE)
    done = waakvlam(folder, "report", "-c", "estate.yaml", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def excluded(folder: Path) -> dict[str, float]:
    return {service["id"]: service["excluded_seconds"] for service in json.loads(report(folder))["services"]}


def listed(folder: Path, *options: str) -> Any:
    done = maintenance(folder, "list", "--format", "json", *options)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_a_record_of_the_past_changes_the_report_where_no_approval_is_asked_for(folder: Path) -> None:
    said = added(folder, "--id", "restore")
    assert said == (
        f"restore: added by {ME}; under strict it counts once somebody else runs `waakvlam maintenance approve "
        "restore`\n"
    )
    assert excluded(folder) == {"brp": 1800, "mail": 0}
    (waiting,) = json.loads(report(folder))["maintenance_pending"]
    assert (waiting["id"], waiting["entered_by"], waiting["agreements"]) == ("restore", ME, ["strict"])
    (change,) = waiting["would_change"]
    assert (change["service"], change["excluded_seconds"], change["down_seconds"]) == ("mail", 1800, 1800)
    table = waakvlam(folder, "report", "-c", "estate.yaml", "--period", "2026-10", *LATE).stdout
    assert "waiting for approval: restore of" in " ".join(table.split())


def test_adding_and_withdrawing_leaves_the_report_as_before_to_the_byte(folder: Path) -> None:
    before = report(folder)
    added(folder, "--id", "restore")
    assert report(folder) != before
    done = maintenance(folder, "withdraw", "restore", "--reason", "it was another day")
    assert (done.returncode, done.stdout) == (0, f"restore: withdrawn by {ME}; it counts no more\n")
    assert report(folder) == before


def test_the_trail_keeps_everything_and_the_list_shows_what_holds(folder: Path) -> None:
    added(folder, "--id", "restore", "--ticket", "CHG-1", "--notice", "2026-10-01")
    added(folder, "--id", "typo")
    maintenance(folder, "withdraw", "typo", "--reason", "wrong day")
    told = listed(folder)
    assert "trail" not in told
    configured, held = told["maintenance"]
    assert (configured["id"], configured["source"], configured["approval"]) == (
        "firmware",
        "configuration",
        "not_required",
    )
    assert (held["id"], held["source"], held["entered_by"], held["ticket"]) == ("restore", "store", ME, "CHG-1")
    assert (held["approval"], held["waiting_for"]) == ("waiting", ["strict"])
    assert held["notice"] == "2026-10-01T00:00:00+02:00"
    trail = listed(folder, "--all")["trail"]
    assert [(entry["action"], entry["id"]) for entry in trail] == [
        ("add", "restore"),
        ("add", "typo"),
        ("withdraw", "typo"),
    ]
    assert {entry["who"] for entry in trail} == {ME}
    assert trail[2]["reason"] == "wrong day"
    table = maintenance(folder, "list", "--all").stdout
    assert "wrong day" in table
    assert "waits, for strict" in table


def test_without_a_store_the_list_shows_what_is_configured(folder: Path) -> None:
    (folder / "facts.db").unlink()
    assert [record["id"] for record in listed(folder, "--all")["maintenance"]] == ["firmware"]
    assert not (folder / "facts.db").exists()


def test_an_id_is_made_up_and_never_used_again(folder: Path) -> None:
    first = added(folder).partition(":")[0]
    maintenance(folder, "withdraw", first, "--reason", "twice")
    second = added(folder).partition(":")[0]
    assert first.startswith("work-20")
    assert second == first[:-1] + "2"


def test_a_withdrawn_id_stays_taken(folder: Path) -> None:
    added(folder, "--id", "restore")
    maintenance(folder, "withdraw", "restore", "--reason", "twice")
    done = maintenance(folder, "add", *NOON_WORK, "--id", "restore")
    assert (done.returncode, done.stderr) == (
        2,
        "--id: `restore` is taken by a record that was withdrawn already: give this one another id\n",
    )


WRONG = {
    "an id that nothing has": (
        ("--affects", "spp"),
        "--affects: there is no component, link, service or failover pair `spp`: did you mean `app`?",
    ),
    "an end before the start": (("--to", "2026-10-05T11:00:00+02:00"), "--to: must be after --from"),
    "an end at the start": (("--to", "2026-10-05T12:00:00+02:00"), "--to: must be after --from"),
    "an instant without offset": (
        ("--from", "2026-10-05T12:00"),
        "--from: `2026-10-05T12:00` has no offset: add one, such as +01:00 or Z, or write a date alone for its "
        "midnight",
    ),
    "no instant": (
        ("--from", "yesterday"),
        "--from: `yesterday` is no instant: write it as 2026-11-10T23:00:00+01:00, or a date for its midnight",
    ),
    "a category that is no word": (
        ("--category", "customer request"),
        "--category: `customer request` is no category: write letters, digits and _ (at most 64), such as "
        "customer_request",
    ),
    "an id that is no id": (
        ("--id", "Restore 1"),
        "--id: `Restore 1` is no id: write lower case letters, digits and - (at most 100), such as core-roermond",
    ),
    "an id of the configuration": (
        ("--id", "firmware"),
        "--id: `firmware` stands in the configuration: give this one another id",
    ),
    "an id that was added before": (
        ("--id", "there"),
        "--id: `there` is taken by a record already: give this one another id",
    ),
    "an empty reason": (("--reason", " "), "--reason: must be a text that is not empty"),
    "a reason of several lines": (("--reason", "a\nb"), "--reason: must be one line without control characters"),
    "a notice that is to come": (
        ("--notice", "2999-01-01"),
        "--notice: lies in the future: give when the work was announced, or leave it out",
    ),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_what_cannot_be_added_is_said_in_a_sentence(folder: Path, sentence: str) -> None:
    added(folder, "--id", "there")
    options, message = WRONG[sentence]
    done = maintenance(folder, "add", *NOON_WORK, *options)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{message}\n")
    assert len(listed(folder, "--all")["trail"]) == 1


def test_everything_that_is_wrong_is_told_at_once(folder: Path) -> None:
    done = maintenance(folder, "add", *NOON_WORK, "--category", "?", "--to", "never")
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["--category", "--to"]


def test_a_name_cannot_be_typed(folder: Path) -> None:
    done = maintenance(folder, "add", *NOON_WORK, "--entered-by", "piet")
    assert done.returncode == 2
    assert "No such option" in done.stderr


NOT_THERE = "no maintenance record `restoer` was added: did you mean `restore`?"


@pytest.mark.parametrize(
    ("action", "options"), [("withdraw", ("--reason", "wrong")), ("approve", ())], ids=["withdraw", "approve"]
)
def test_what_is_not_there_or_configured_is_not_withdrawn_or_approved(
    folder: Path, action: str, options: tuple[str, ...]
) -> None:
    added(folder, "--id", "restore")
    done = maintenance(folder, action, "restoer", *options)
    assert (done.returncode, done.stderr) == (2, f"{NOT_THERE}\n")
    done = maintenance(folder, action, "firmware", *options)
    assert done.returncode == 2
    assert done.stderr.startswith("`firmware` stands in the configuration: ")


def test_what_was_withdrawn_is_not_withdrawn_or_approved_again(folder: Path) -> None:
    added(folder, "--id", "restore")
    maintenance(folder, "withdraw", "restore", "--reason", "wrong")
    done = maintenance(folder, "withdraw", "restore", "--reason", "wrong")
    assert done.returncode == 2
    assert done.stderr.startswith(f"`restore` was withdrawn already, by {ME} on 20")
    done = maintenance(folder, "approve", "restore")
    assert done.returncode == 2
    assert done.stderr.startswith(f"`restore` was withdrawn, by {ME} on 20")


def test_what_no_agreement_asks_approval_for_is_not_approved(folder: Path) -> None:
    added(folder, "--id", "test", "--category", "failover_test")
    done = maintenance(folder, "approve", "test")
    assert (done.returncode, done.stderr) == (
        2,
        "`test` needs no approval: no agreement with `corrections: {approval: required}` excludes failover_test\n",
    )


def test_nobody_approves_what_is_their_own(folder: Path) -> None:
    added(folder, "--id", "restore")
    done = maintenance(folder, "approve", "restore")
    assert (done.returncode, done.stderr) == (
        2,
        f"`restore` was entered by {ME}, and you are {ME}: somebody else has to approve it\n",
    )
    assert excluded(folder)["mail"] == 0


def test_who_sudo_says_one_is_makes_nobody_a_second_person(folder: Path) -> None:
    added(folder, "--id", "restore")
    done = maintenance(folder, "approve", "restore", SUDO_USER="nobody")
    assert done.returncode == 2
    assert "somebody else has to approve it" in done.stderr


def open_to_all(folder: Path) -> None:
    """Let every account write the store, as a group of people who correct would."""
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == os.getuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    folder.chmod(0o777)
    for path in folder.iterdir():
        path.chmod(0o666)


def by(account: str, folder: Path, action: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """The command as typed by somebody else."""
    person = pwd.getpwnam(account)
    identity = ["setpriv", f"--reuid={person.pw_uid}", f"--regid={person.pw_gid}", "--clear-groups"]
    program = [*identity, *COMMAND, "maintenance", action, "-c", "estate.yaml", *arguments]
    done = subprocess.run(
        program,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "SUDO_USER": "", "PYTHONPATH": str(Path(__file__).parents[2]), **env},
    )
    for path in folder.glob("facts.db*"):
        path.chmod(0o666)
    return done


@as_two_people
def test_a_second_person_approves_and_then_it_counts(folder: Path) -> None:
    open_to_all(folder)
    first, second = TWO_PEOPLE
    done = by(first, folder, "add", *NOON_WORK, "--id", "restore")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"restore: added by {first}; ")
    refused = by(first, folder, "approve", "restore")
    assert (refused.returncode, refused.stderr) == (
        2,
        f"`restore` was entered by {first}, and you are {first}: somebody else has to approve it\n",
    )
    through = by(second, folder, "approve", "restore", SUDO_USER=first)
    assert (through.returncode, through.stderr) == (
        2,
        f"`restore` was entered by {first}, and you are {second} (sudo by {first}): somebody else has to approve it\n",
    )
    assert excluded(folder) == {"brp": 1800, "mail": 0}
    done = by(second, folder, "approve", "restore")
    assert (done.returncode, done.stdout) == (
        0,
        f"restore: approved by {second}; it counts under every agreement\n",
    )
    assert excluded(folder) == {"brp": 1800, "mail": 1800}
    assert json.loads(report(folder))["maintenance_pending"] == []
    again = by(second, folder, "approve", "restore")
    assert again.returncode == 2
    assert again.stderr.startswith(f"`restore` was approved already, by {second} on 20")
    assert [entry["who"] for entry in listed(folder, "--all")["trail"]] == [first, second]


@as_two_people
def test_who_may_not_write_the_store_enters_nothing(folder: Path) -> None:
    open_to_all(folder)
    (folder / "facts.db").chmod(0o644)
    folder.chmod(0o755)
    done = by(TWO_PEOPLE[0], folder, "add", *NOON_WORK)
    assert done.returncode == 2
    assert "check the permissions of the file and its folder" in done.stderr
    assert "Traceback" not in done.stderr
    assert listed(folder, "--all")["trail"] == []


def test_an_approval_that_was_smuggled_into_the_store_by_who_entered_it_counts_for_nothing(folder: Path) -> None:
    added(folder, "--id", "restore")
    with sqlite3.connect(folder / "facts.db") as connection:
        connection.execute(
            "INSERT INTO maintenance (number, record, action, reason, entered_by, through, entered_at) "
            "VALUES (2, 'restore', 'approve', '', ?, '', 1)",
            (ME,),
        )
    assert excluded(folder)["mail"] == 0


def test_a_record_whose_component_left_the_configuration_stays_in_the_list_and_harms_nobody(folder: Path) -> None:
    added(folder, "--id", "restore", "--affects", "brp")
    estate(folder, services=[])
    assert json.loads(report(folder))["services"] == []
    assert listed(folder)["maintenance"][1]["affects"] == ["app", "brp"]


def test_a_running_collector_takes_up_what_is_added_and_withdrawn_within_a_minute(tmp_path: Path) -> None:
    def active() -> float | None:
        return metric(path, "waakvlam_maintenance_active", 'id="app"')

    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1])
        now = ("--from", "2020-01-01", "--to", "2999-01-01")
        with collector(path) as process:
            assert active() is None
            done = maintenance(tmp_path, "add", *NOON_WORK, *now, "--id", "restore")
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout == f"restore: added by {ME}; it counts at once\n"
            wait_until(lambda: active() == 1, 60)
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: metric(path, "waakvlam_config_reload_success") == 1)
            assert maintenance(tmp_path, "withdraw", "restore", "--reason", "done").returncode == 0
            wait_until(lambda: active() is None, 60)
            assert json.loads(get(path, "/api/v1/report")[1])["maintenance_pending"] == []
