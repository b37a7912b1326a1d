"""What each command prints and how it ends, also when it is used wrongly."""

from __future__ import annotations

import json
import time
from pathlib import Path

import openpyxl
import pytest

from tests.waakvlam.commands import a_server, waakvlam, write_estate

HEADER = "at,check,vantage,ok,latency_ms,detail\n"
OCTOBER = HEADER + "".join(
    f"2026-10-05T{hour:02d}:{minute:02d}:00+02:00,app-tcp,local,{ok},3.5,\n"
    for hour in range(8, 18)
    for minute in range(60)
    for ok in ["false" if hour == 12 else "true"]
)
LATE = ("--as-of", "2026-11-01T00:00:00+01:00")


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    """A folder with ten hours of October, of which one was down."""
    write_estate(
        tmp_path, 9, defaults={"interval": "1m", "timeout": "5s", "fall": 2, "rise": 2}, calendar={"country": "NL"}
    )
    (tmp_path / "october.csv").write_text(OCTOBER)
    done = waakvlam(tmp_path, "import", "observations", "october.csv", "-c", "estate.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("october.csv: 600 observations: 600 new, 0 already known, 0 in conflict")
    return tmp_path


def report(folder: Path, *options: str) -> dict[str, object]:
    done = waakvlam(folder, "report", "-c", "estate.yaml", "--period", "2026-10", "--format", "json", *LATE, *options)
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(done.stdout))


def test_check_says_what_a_configuration_holds(tmp_path: Path) -> None:
    path = write_estate(tmp_path, 8080)
    done = waakvlam(tmp_path, "check", "--config", path.name)
    assert done.returncode == 0
    assert done.stdout.startswith("estate.yaml: good\n")
    assert "1 (1 tcp)" in done.stdout


def test_check_says_every_problem_with_its_line(tmp_path: Path) -> None:
    path = write_estate(tmp_path, 8080)
    path.write_text(path.read_text().replace("fall: 2", "fal: 2").replace("norm: 98.0%", "norm: 98"))
    done = waakvlam(tmp_path, "check", "--config", path.name)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("estate.yaml:") for line in lines)
    assert "did you mean `fall`?" in lines[0]


def test_a_configuration_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    done = waakvlam(tmp_path, "check", "--config", "nowhere.yaml")
    assert done.returncode == 2
    assert done.stderr.startswith("nowhere.yaml: ")
    assert len(done.stderr.splitlines()) == 1


def test_probe_looks_once_and_fails_if_a_check_does(tmp_path: Path) -> None:
    with a_server() as server:
        port = server.getsockname()[1]
        path = write_estate(tmp_path, port)
        done = waakvlam(tmp_path, "probe", "-c", path.name, "--format", "json")
        assert done.returncode == 0
        assert json.loads(done.stdout)["checks"][0]["outcome"] == "ok"
    done = waakvlam(tmp_path, "probe", "-c", path.name)
    assert done.returncode == 1
    assert "refused" in done.stdout
    assert not (tmp_path / "facts.db").exists()


def test_probe_names_the_check_that_was_meant(tmp_path: Path) -> None:
    path = write_estate(tmp_path, 9)
    done = waakvlam(tmp_path, "probe", "-c", path.name, "app-tpc")
    assert (done.returncode, done.stderr) == (2, "there is no check 'app-tpc': did you mean `app-tcp`?\n")


def test_status_says_what_is_down_and_why(tmp_path: Path) -> None:
    path = write_estate(tmp_path, 9, defaults={"interval": "1m", "timeout": "5s", "fall": 2, "rise": 2})
    now = time.time()
    lines = [f"{int(now) - 60 * age},app-tcp,local,false,,timeout\n" for age in (3, 2, 1)]
    (tmp_path / "now.csv").write_text(HEADER + "".join(lines))
    waakvlam(tmp_path, "import", "observations", "now.csv", "-c", path.name)
    done = waakvlam(tmp_path, "status", "-c", path.name, "--format", "json")
    parts = {part["id"]: part for part in json.loads(done.stdout)["parts"]}
    assert (parts["app"]["state"], parts["app"]["reason"]) == ("down", "timeout")
    assert (parts["brp"]["state"], parts["brp"]["detail"]) == ("down", "app")
    assert "timeout" in waakvlam(tmp_path, "status", "-c", path.name).stdout


def test_status_of_another_moment(imported: Path) -> None:
    done = waakvlam(imported, "status", "-c", "estate.yaml", "--as-of", "2026-10-05T12:30:00+02:00", "--format", "json")
    assert {part["state"] for part in json.loads(done.stdout)["parts"]} == {"down"}


def test_the_same_file_twice_changes_nothing(imported: Path) -> None:
    before = report(imported)
    done = waakvlam(imported, "import", "observations", "october.csv", "-c", "estate.yaml")
    assert "0 new, 600 already known" in done.stdout
    assert report(imported) == before


def test_of_a_file_with_a_bad_line_nothing_is_taken(imported: Path) -> None:
    before = report(imported)
    more = "2026-10-06T08:00:00+02:00,app-tcp,local,true,1,\n"
    (imported / "bad.csv").write_text(HEADER + more + more.replace("true", "maybe"))
    done = waakvlam(imported, "import", "observations", "bad.csv", "-c", "estate.yaml")
    assert done.returncode == 2
    assert done.stderr.startswith("bad.csv:3: ")
    assert report(imported) == before


def test_the_hour_that_was_down_is_in_the_report(imported: Path) -> None:
    service = report(imported)["services"][0]  # type: ignore[index]  # parsed JSON
    assert service["down_seconds"] == 3600
    assert service["outages"][0]["start"] == "2026-10-05T12:00:00+02:00"
    assert service["verdict"] == "undetermined"


@pytest.mark.parametrize("format_", ["table", "json", "csv"])
def test_a_report_goes_to_a_file_as_it_goes_to_the_terminal(imported: Path, format_: str) -> None:
    arguments = ("report", "-c", "estate.yaml", "--period", "2026-10", "--format", format_, *LATE)
    printed = waakvlam(imported, *arguments).stdout
    done = waakvlam(imported, *arguments, "--output", "report.out")
    assert (done.returncode, done.stdout) == (0, "")
    assert (imported / "report.out").read_text().split() == printed.split()


def test_a_workbook_opens(imported: Path) -> None:
    arguments = ("report", "-c", "estate.yaml", "--period", "2026-10", "--format", "xlsx", *LATE)
    done = waakvlam(imported, *arguments)
    assert (done.returncode, done.stderr) == (
        2,
        "--format xlsx needs a file to write to: add --output report.xlsx\n",
    )
    assert waakvlam(imported, *arguments, "--output", "report.xlsx").returncode == 0
    assert "Diensten" in openpyxl.load_workbook(imported / "report.xlsx").sheetnames


def test_a_report_that_cannot_be_written_leaves_nothing_behind(imported: Path) -> None:
    arguments = ("report", "-c", "estate.yaml", "--period", "2026-10", "--format", "json")
    done = waakvlam(imported, *arguments, "--output", "nowhere/report.json")
    assert (done.returncode, done.stderr) == (2, "cannot write nowhere/report.json: No such file or directory\n")
    (imported / "folder").mkdir()
    done = waakvlam(imported, *arguments, "--output", "folder")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not [path.name for path in imported.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--period", "2026-13"), "--period: '2026-13' is no period: write a month (2026-10)"),
        (("--period", "october"), "--period: 'october' is no period"),
        (("--period", "2026-10", "--as-of", "yesterday"), "--as-of: 'yesterday' is no instant"),
        (("--period", "2026-10", "--as-of", "2026-10-05T12:00:00"), "has no offset"),
        (("--period", "2026-10", "--participant", "venlow"), "did you mean `venlo`?"),
        (("--period", "2026-10", "--format", "pdf"), "pdf"),
    ],
)
def test_a_wrong_use_is_said_in_a_sentence(imported: Path, options: tuple[str, ...], sentence: str) -> None:
    done = waakvlam(imported, "report", "-c", "estate.yaml", *options)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_a_participant_gets_its_own_services_with_its_own_lines(tmp_path: Path) -> None:
    links = [{"id": "wan-weert", "checks": [{"id": "wan", "probe": "tcp", "host": "127.0.0.1", "port": 9}]}]
    whole = {"agreement": "norm", "up_when": {"all": ["app"]}}
    services = [
        {"id": "brp", **whole, "participants": ["venlo", {"id": "weert", "needs": ["wan-weert"]}]},
        {"id": "mail", **whole, "participants": ["venlo"]},
    ]
    write_estate(tmp_path, 9, links=links, services=services)
    (tmp_path / "one.csv").write_text(HEADER + "2026-10-05T08:00:00Z,app-tcp,local,true,,\n")
    waakvlam(tmp_path, "import", "observations", "one.csv", "-c", "estate.yaml")
    of_weert = report(tmp_path, "--participant", "weert")["services"]
    assert isinstance(of_weert, list)
    assert [service["id"] for service in of_weert] == ["brp"]
    assert [one["id"] for one in of_weert[0]["participants"]] == ["weert"]


def test_without_a_store_a_report_says_that_nothing_was_recorded(tmp_path: Path) -> None:
    path = write_estate(tmp_path, 9)
    done = waakvlam(tmp_path, "report", "-c", path.name, "--period", "2026-10")
    assert done.returncode == 2
    assert "facts.db" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "facts.db").exists()


def test_every_command_explains_itself_with_an_example(tmp_path: Path) -> None:
    for command in (
        *(["check"], ["probe"], ["run"], ["status"], ["report"], ["import", "observations"], ["demo"]),
        *(["import", "prometheus"], ["import", "export"], ["export"]),
        *(["maintenance", action] for action in ("add", "withdraw", "approve", "list")),
    ):
        done = waakvlam(tmp_path, *command, "--help")
        assert done.returncode == 0
        assert f"Example: waakvlam {' '.join(command)}" in done.stdout.replace("\n", " ")


def test_the_version_is_told(tmp_path: Path) -> None:
    assert waakvlam(tmp_path, "--version").stdout.startswith("waakvlam 0.")
