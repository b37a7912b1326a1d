"""Whatever happens to who made the region: nothing of it stays behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.region.rooted import need_region
from waakvlam.demo_region import __main__ as demo

MAKER = """
import subprocess, sys, time
from pathlib import Path
from waakvlam.demo_region.keeper import kept
from waakvlam.demo_region.namespaces import Namespaces
namespaces = Namespaces(sys.argv[1])
with kept(namespaces.names, Path(sys.argv[2])):
    namespaces.make()
    sleeper = subprocess.Popen(namespaces.inside("weert", ["sleep", "600"]))
    print(sleeper.pid, flush=True)
    time.sleep(600)
"""


def namespaces(prefix: str) -> list[str]:
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listed.splitlines() if line.startswith(prefix)]


def wait_until_gone(prefix: str, folder: Path) -> None:
    until = time.monotonic() + 30
    while (namespaces(prefix) or folder.exists()) and time.monotonic() < until:
        time.sleep(0.05)
    assert not namespaces(prefix)
    assert not folder.exists()


@pytest.mark.parametrize("word", ["KILL", "TERM", "INT"])
def test_who_made_it_is_ended_and_nothing_stays_behind(tmp_path: Path, word: str) -> None:
    need_region()
    prefix, folder = f"waakvlam-gone-{os.getpid()}-{word.lower()}", tmp_path / "region"
    folder.mkdir()
    command = [sys.executable, "-c", MAKER, prefix, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as maker:
        assert maker.stdout is not None
        sleeper = int(maker.stdout.readline())
        assert len(namespaces(prefix)) == 3
        subprocess.run(["kill", f"-{word}", str(maker.pid)], check=True)
    wait_until_gone(prefix, folder)
    # The sleeper may be left to be reaped by nobody in a container, but it does not run.
    status = Path(f"/proc/{sleeper}/status")
    assert not status.exists() or "State:\tZ" in status.read_text()


def test_without_root_it_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert demo.main([]) == 2
    told = "network namespaces need root: run it with sudo, on a machine where that is harmless"
    assert capsys.readouterr().err == f"The region cannot be made: {told}.\n"


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need_region()
    (tmp_path / "mine").touch()
    assert demo.main(["--folder", str(tmp_path)]) == 2
    assert "is not empty: give a folder that is new or empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_program_that_is_missing_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    need_region()
    monkeypatch.setattr(demo, "_PROGRAMS", {"no-such-broker": "no-such-package"})
    assert demo.main([]) == 2
    assert capsys.readouterr().err == (
        "The region cannot be made: no-such-broker is not installed: apt-get install no-such-package.\n"
    )
