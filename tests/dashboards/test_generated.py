"""The committed files are what the code makes, and what is shipped needs nothing of that code."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dashboards import places
from dashboards.generate import files
from dashboards.provisioning import history_source, prometheus_source, provider
from tests.dashboards.grafana_files import ROOM

MADE = list(files())


@pytest.mark.parametrize(("path", "text"), MADE, ids=[str(path.relative_to(ROOM)) for path, _ in MADE])
def test_a_file_is_as_it_is_made(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "run `make dashboards`, and commit what it changed"


def test_no_file_is_left_over() -> None:
    kept = [ROOM / "json", ROOM / "provisioning", ROOM / "history"]
    lying = {path for folder in kept for path in folder.rglob("*") if path.is_file()}
    assert lying == {path for path, _ in MADE}


def test_the_files_are_shipped() -> None:
    patterns = (ROOM.parent / "pyproject.toml").read_text().partition("dashboards = ")[2].partition("\n")[0]
    for path, _ in MADE:
        assert any(path.relative_to(ROOM).match(pattern) for pattern in ast.literal_eval(patterns))


def test_commands_need_no_generator() -> None:
    """The library that the dashboards are made with is not installed where they are used."""
    code = (
        "import sys; sys.modules['grafana_foundation_sdk'] = None\n"
        "import waakvlam.cli, waakvlam.commands.grafana, dashboards.packaged\n"
        "assert len(dashboards.packaged.dashboards()) == 7\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_data_sources_have_the_uids_that_the_dashboards_ask_for() -> None:
    (prometheus,) = yaml.safe_load(prometheus_source())["datasources"]
    assert (prometheus["type"], prometheus["uid"]) == ("prometheus", places.PROMETHEUS_UID)
    (history,) = yaml.safe_load(history_source())["datasources"]
    assert (history["type"], history["uid"]) == (places.INFINITY, places.HISTORY_UID)
    assert history["jsonData"]["allowedHosts"] == [history["url"]]


def test_dashboards_stand_in_one_folder_that_nobody_changes_by_hand() -> None:
    (found,) = yaml.safe_load(provider())["providers"]
    assert (found["folder"], found["folderUid"]) == (places.FOLDER_TITLE, places.FOLDER_UID)
    assert not found["allowUiUpdates"]


@pytest.mark.parametrize(
    "text", ["http://a.example/$PATH", "http://it's.example", 'http://"x": y #z', "http://ü.example"]
)
def test_any_address_reaches_grafana_as_it_was_typed(text: str) -> None:
    (source,) = yaml.safe_load(prometheus_source(text))["datasources"]
    assert source["url"].replace("$$", "$") == text
    assert "$P" not in source["url"].replace("$$", ""), "Grafana replaces what follows a single $"
