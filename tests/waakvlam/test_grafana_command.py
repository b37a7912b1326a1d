"""`waakvlam grafana` as users type it: into a server, and into a folder that Grafana is started with."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.collector.certificates import make
from tests.exporters.grafana_double import TOKEN, Grafana, serving
from tests.ports import free_port
from tests.waakvlam.commands import COMMAND, waakvlam


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    said: str
    aside: str


async def push(url: str, *options: str, token: str = TOKEN) -> Done:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        "grafana",
        "push",
        "--url",
        url,
        "--token-env",
        "GRAFANA_TOKEN",
        *options,
        env={**os.environ, "GRAFANA_TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, aside = await process.communicate()
    assert token.encode() not in said + aside
    return Done(process.returncode or 0, said.decode(), aside.decode())


async def test_all_dashboards_arrive_and_the_second_time_nothing_changes(tmp_path: Path) -> None:
    certificates, grafana = make(tmp_path), Grafana("v1")
    async with serving(grafana, certificates.valid.server_context()) as url:
        ca = ("--ca-file", str(certificates.ca_file))
        tried = await push(url, *ca, "--dry-run")
        assert (tried.code, grafana.writes) == (0, [])
        assert "as it would be" in tried.said and tried.said.count("created") == 8
        done = await push(url, *ca)
        assert (done.code, done.aside) == (0, "")
        assert done.said.splitlines()[:3] == [
            f"{url}, by /apis/dashboard.grafana.app/v1",
            "  created    folder     Waakvlam (waakvlam)",
            "  created    dashboard  Now (waakvlam-now)",
        ]
        assert len(grafana.boards) == 7
        again = await push(url, *ca)
        assert again.code == 0 and again.said.count("unchanged") == 8


async def test_another_folder_another_data_source_and_history() -> None:
    grafana = Grafana("classic", sources={"mine"})
    async with serving(grafana) as url:
        done = await push(url, "--folder-uid", "it", "--folder-title", "IT", "--datasource-uid", "mine", "--history")
        assert done.code == 0
        assert grafana.folders == {"it": "IT"}
        chosen = {
            uid: next(
                one["current"]["value"] for one in board.spec["templating"]["list"] if one["type"] == "datasource"
            )
            for uid, board in grafana.boards.items()
        }
        assert chosen.pop("waakvlam-past") == "waakvlam-history"
        assert len(chosen) == 7 and set(chosen.values()) == {"mine"}
        assert done.aside.splitlines() == [
            "Grafana has no data source with uid waakvlam-history: make one, or name yours (docs/grafana.md)"
        ]


async def test_one_that_fails_makes_the_exit_code_1() -> None:
    grafana = Grafana()
    async with serving(grafana) as url:
        grafana.refusing["GET", "/api/dashboards/uid/waakvlam-part"] = (403, {"message": "\x1b[31mno"})
        done = await push(url)
        assert done.code == 1
        assert "  failed     dashboard  One part (waakvlam-part): the token may not do this (" in done.said
        assert "\x1b" not in done.said and len(grafana.boards) == 6


async def test_a_token_that_is_refused_and_a_server_that_is_not_there() -> None:
    async with serving(Grafana()) as url:
        refused = await push(url, token="glsa_other")
        assert (refused.code, refused.said) == (1, "")
        assert "refuses the token (401)" in refused.aside
    gone = await push(f"http://127.0.0.1:{free_port()}")
    assert gone.code == 1 and gone.aside.startswith("cannot reach ") and gone.aside.count("\n") == 1


WRONG = {
    "no address": (("--url", "grafana"), "is no address"),
    "a password in the address": (("--url", "https://a:Geheim@b.example"), "holds a user or a password"),
    "a question in the address": (("--url", "https://b.example/?x=Geheim"), "holds a question (?)"),
    "a port that is none": (("--url", "https://b.example:99999"), "is no address"),
    "no such variable": (("--token-env", "NOWHERE"), "the environment has no NOWHERE"),
    "a uid that is none": (("--folder-uid", "../x"), "is none: at most 40"),
    "an authority for what is not signed": (("--ca-file", "ca.pem"), "belongs to an address with https"),
    "a token that is none": (("--token-env", "TWO_LINES"), "is no token"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use_is_told_and_nothing_is_asked(tmp_path: Path, case: str) -> None:
    options, told = WRONG[case]
    given = {"--url": "http://127.0.0.1:1", "--token-env": "GRAFANA_TOKEN", **dict([options])}
    arguments = [word for pair in given.items() for word in pair]
    done = waakvlam(tmp_path, "grafana", "push", *arguments, env={"GRAFANA_TOKEN": TOKEN, "TWO_LINES": "Geheim\nX: y"})
    assert done.returncode == 2
    assert told in done.stderr and done.stderr.count("\n") == 1
    assert "Geheim" not in done.stderr and TOKEN not in done.stderr


def test_files_for_a_grafana_that_is_started_with_them(tmp_path: Path) -> None:
    done = waakvlam(tmp_path, "grafana", "files", "--output", "g", "--prometheus-url", "http://prometheus:9090")
    assert (done.returncode, done.stderr) == (0, "")
    assert "GF_PATHS_PROVISIONING=/waakvlam/provisioning" in done.stdout
    (source,) = yaml.safe_load((tmp_path / "g/provisioning/datasources/waakvlam.yml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    (provider,) = yaml.safe_load((tmp_path / "g/provisioning/dashboards/waakvlam.yml").read_text())["providers"]
    assert provider["options"]["path"] == "/waakvlam/json"
    boards = [json.loads(path.read_text()) for path in (tmp_path / "g/json").iterdir()]
    assert len({board["uid"] for board in boards}) == 7
    again = waakvlam(tmp_path, "grafana", "files", "--output", "g")
    assert again.returncode == 2 and "the folder is not empty" in again.stderr


def test_files_with_history_for_a_data_source_that_is_there(tmp_path: Path) -> None:
    options = ("--history-url", "http://watch:9770", "--datasource-uid", "mine", "--mounted-at", "/srv/w/")
    assert waakvlam(tmp_path, "grafana", "files", "--output", "g", *options).returncode == 0
    assert [path.name for path in (tmp_path / "g/provisioning/datasources").iterdir()] == ["waakvlam-history.yml"]
    assert (tmp_path / "g/json/waakvlam-past.json").exists()
    text = (tmp_path / "g/provisioning/dashboards/waakvlam.yml").read_text()
    assert yaml.safe_load(text)["providers"][0]["options"]["path"] == "/srv/w/json"


@pytest.mark.parametrize(
    "option", [("--prometheus-url", "x"), ("--history-url", "x"), ("--mounted-at", "x"), ("--datasource-uid", "x y")]
)
def test_files_of_wrong_options_are_not_written(tmp_path: Path, option: tuple[str, str]) -> None:
    done = waakvlam(tmp_path, "grafana", "files", "--output", "g", *option)
    assert done.returncode == 2 and option[0] in done.stderr
    assert not (tmp_path / "g").exists()
