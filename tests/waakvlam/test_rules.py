"""`waakvlam rules`: what it writes where, what it says of it, and what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboards.rules_text import HEADER
from tests.waakvlam.commands import waakvlam, write_estate
from waakvlam.commands.rules import rules

PROBLEM = 2
DIFFERS = 1


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    return write_estate(tmp_path, 9)


def write(estate: Path, output: Path | None, *, check: bool = False, runbooks: str = "", job: str = "waakvlam") -> int:
    """The exit code of the command."""
    try:
        rules(estate, output, "nl", runbooks, job, check=check)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_it_prints_one_file_that_is_the_same_every_time(estate: Path) -> None:
    ran = waakvlam(estate.parent, "rules", "--config", "estate.yaml", "--language", "en", "--job", "centre")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith(HEADER)
    assert "summary: 'Service down: brp'" in ran.stdout
    assert 'up{job="centre"} == 0' in ran.stdout
    again = waakvlam(estate.parent, "rules", "--config", "estate.yaml", "--language", "en", "--job", "centre")
    assert again.stdout == ran.stdout


def test_a_file_gets_everything_and_a_folder_a_file_per_subject(
    estate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, folder = tmp_path / "all.yml", tmp_path / "new" / "rules"
    assert write(estate, one) == write(estate, folder) == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "waakvlam-collector.yml",
        "waakvlam-components.yml",
        "waakvlam-norms.yml",
        "waakvlam-services.yml",
        "waakvlam-watchdog.yml",
    ]
    whole = one.read_text()
    assert all((folder / name).read_text().removeprefix(f"{HEADER}\ngroups:\n") in whole for name in names)
    said = capsys.readouterr().out
    assert f"{one}: written\nLet Prometheus reload.\n" in said
    assert f"{folder / 'waakvlam-norms.yml'}: written" in said


def test_what_is_as_it_should_be_is_not_written_again(
    estate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "rules"
    assert write(estate, folder) == 0
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    capsys.readouterr()
    assert write(estate, folder) == 0
    assert capsys.readouterr().out == "Everything was as it would be written.\n"
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_check_says_what_differs_and_writes_nothing(
    estate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "rules"
    assert write(estate, folder) == 0
    assert write(estate, folder, check=True) == 0
    services, norms = folder / "waakvlam-services.yml", folder / "waakvlam-norms.yml"
    left = folder / "waakvlam-links.yml"
    services.write_text(services.read_text() + "# mine\n")
    norms.unlink()
    left.write_text(f"{HEADER}\ngroups: []\n")
    capsys.readouterr()
    assert write(estate, folder, check=True) == DIFFERS
    assert capsys.readouterr().out.splitlines() == [
        f"{services}: is not what would be written",
        f"{norms}: is not there",
        f"{left}: would not be written any more",
        "Run the same without --check, and let Prometheus reload.",
    ]
    assert not norms.exists()
    assert left.exists()


def test_a_configuration_that_changed_differs(estate: Path, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    assert write(estate, folder) == 0
    estate.write_text(estate.read_text().replace("id: app\n", "id: app\n  name: Zaaksysteem\n"))
    assert "Zaaksysteem" in estate.read_text()
    assert write(estate, folder, check=True) == DIFFERS


def test_what_is_written_no_longer_goes_and_what_others_wrote_stays(
    estate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs, other = (tmp_path / name for name in ("waakvlam-links.yml", "waakvlam-own.yml", "node.yml"))
    ours.write_text(f"{HEADER}\ngroups: []\n")
    theirs.write_text("groups: []\n")
    other.write_text(f"{HEADER}\ngroups: []\n")
    assert write(estate, tmp_path) == 0
    assert f"{ours}: removed" in capsys.readouterr().out
    assert not ours.exists()
    assert theirs.exists()
    assert other.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"check": True}, "--check compares with what is there: add --output FILE or FOLDER"),
        ({"runbooks": "wiki/alerts"}, "--runbooks: write the address of a page"),
        ({"runbooks": "https://wiki.example/a#top"}, "--runbooks: write the address of a page"),
        ({"runbooks": "https://wiki.example/{{ $value }}"}, "--runbooks: write the address of a page"),
        ({"job": 'a"}'}, "--job: write a job_name of prometheus.yml"),
        ({"job": ""}, "--job: write a job_name of prometheus.yml"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: dict[str, object], said: str, estate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write(estate, None, **arguments) == PROBLEM  # type: ignore[arg-type]  # a table of different ones
    out, error = capsys.readouterr()
    assert (out, error.startswith(said)) == ("", True)


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(
    estate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert write(estate, tmp_path / "file" / "rules") == PROBLEM
    assert capsys.readouterr().err.startswith(f"cannot make the folder {tmp_path / 'file' / 'rules'}: ")
    assert write(estate, tmp_path / "nowhere" / "rules.yml") == PROBLEM
    assert capsys.readouterr().err.startswith(f"cannot write {tmp_path / 'nowhere' / 'rules.yml'}: ")


def test_a_pipe_gets_the_rules(estate: Path, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as source:
        assert write(estate, Path(f"/dev/fd/{writing}")) == 0
        os.close(writing)
        assert source.read().startswith(HEADER)


def test_a_bad_configuration_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text("version: 1\ncolour: blue\n")
    ran = waakvlam(tmp_path, "rules", "--config", "estate.yaml", "--output", "rules")
    assert (ran.returncode, ran.stdout) == (PROBLEM, "")
    assert "estate.yaml:2: colour:" in ran.stderr
    assert not (tmp_path / "rules").exists()
