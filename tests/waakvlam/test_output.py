"""What becomes of output that nobody reads, that does not fit, or that holds what should not reach a terminal."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.waakvlam.commands import COMMAND, waakvlam, write_estate

ACCENTS = "Burgerzaken en één façade 🏛"
NASTY = "[bold]x[/bold] \x1b[31mred\x07 \u202egpj"
REPORT = ("report", "-c", "estate.yaml", "--period", "2026-10")
STATUS = ("status", "-c", "estate.yaml", "--as-of", "2026-10-05T12:02:30+02:00")
PROBE = ("probe", "-c", "estate.yaml")
CHECK = ("check", "-c", "estate.yaml")


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """A folder with a service whose name is no ASCII, and a few facts whose reason is full of escapes."""
    service = {"id": "brp", "name": ACCENTS, "agreement": "norm", "up_when": {"all": ["app"]}}
    write_estate(tmp_path, 9, services=[service], defaults={"interval": "1m", "timeout": "1s"})
    lines = [f"2026-10-05T12:{minute:02d}:00+02:00,app-tcp,false,{NASTY}\n" for minute in range(10)]
    (tmp_path / "facts.csv").write_text("at,check,ok,detail\n" + "".join(lines))
    assert waakvlam(tmp_path, "import", "observations", "facts.csv", "-c", "estate.yaml").returncode == 0
    return tmp_path


def into(folder: Path, redirection: str, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """The command in a shell that sends its standard output elsewhere; `$0` is the command and its arguments."""
    script = f'"$0" "$@" {redirection}'
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {script}", *COMMAND, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(REPORT, 2), ((*REPORT, "--format", "json"), 2), (STATUS, 2), (CHECK, 2), (("--help",), 2), (PROBE, 1)],
    ids=["report", "json", "status", "check", "help", "probe, whose answer is no"],
)
def test_a_full_disk_is_one_sentence(estate: Path, arguments: tuple[str, ...], code: int) -> None:
    done = into(estate, "> /dev/full", arguments)
    assert (done.returncode, done.stderr) == (code, "cannot write the output: No space left on device\n")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(REPORT, 0), ((*REPORT, "--format", "csv"), 0), (STATUS, 0), (CHECK, 0), (("--version",), 0), (PROBE, 1)],
    ids=["report", "csv", "status", "check", "version", "probe, whose answer is no"],
)
@pytest.mark.parametrize("redirection", ["| true", ">&-"], ids=["a reader that went away", "a closed output"])
def test_nobody_who_reads_is_no_error(estate: Path, arguments: tuple[str, ...], code: int, redirection: str) -> None:
    done = into(estate, redirection, arguments)
    assert (done.returncode, done.stderr) == (code, "")


def test_a_terminal_of_ascii_gets_question_marks_and_programs_get_utf_8(estate: Path) -> None:
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    table = waakvlam(estate, *REPORT, env=ascii_only)
    assert (table.returncode, table.stderr) == (0, "")
    assert "Burgerzaken en ??n fa?ade ?" in table.stdout
    document = waakvlam(estate, *REPORT, "--format", "json", env=ascii_only)
    assert json.loads(document.stdout)["services"][0]["name"] == ACCENTS


def test_a_reason_does_not_steer_the_terminal(estate: Path) -> None:
    done = waakvlam(estate, *STATUS)
    assert "[bold]x[/bold] [31mred gpj" in done.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout)


def test_an_output_that_is_no_file_stays_what_it_is(estate: Path) -> None:
    pipe = estate / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        done = waakvlam(estate, *REPORT, "--format", "xlsx", "--output", "pipe")
        assert reader.stdout is not None
        assert reader.stdout.read().startswith(b"PK")
    assert (done.returncode, done.stderr) == (0, "")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert sorted(one.name for one in estate.iterdir() if one.name.startswith(".")) == []


def test_an_output_that_is_a_link_is_followed(estate: Path) -> None:
    (estate / "latest.csv").symlink_to("october.csv")
    done = waakvlam(estate, *REPORT, "--format", "csv", "--output", "latest.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert (estate / "latest.csv").is_symlink()
    assert (estate / "october.csv").read_text().startswith("period,")


def test_an_output_has_the_permissions_the_user_gives(estate: Path) -> None:
    done = into(estate, "", (*REPORT, "--format", "csv", "--output", "new.csv"))
    assert done.returncode == 0
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((estate / "new.csv").stat().st_mode) == 0o666 & ~umask
    (estate / "new.csv").chmod(0o600)
    assert waakvlam(estate, *REPORT, "--format", "csv", "--output", "new.csv").returncode == 0
    assert stat.S_IMODE((estate / "new.csv").stat().st_mode) == 0o600
