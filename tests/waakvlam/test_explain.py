"""`waakvlam explain` on the made-up months, by the command itself."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waakvlam.commands import (
    COMMAND,
    a_server,
    collector,
    get,
    listen_address,
    waakvlam,
    wait_until,
    write_estate,
)
from waakvlam.example_month.making import make


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("month") / "example"
    make(folder)
    return folder


def explain(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return waakvlam(folder, "explain", *arguments, "--config", "estate.yaml")


SUMMARIES = {
    "a service that is down": (
        ("brp", "2026-10-06T10:30:00+02:00"),
        "brp is down since 10:12:04 because brp-function-http fails from kerkdal and maasveen: status 503. "
        "Nothing else is to blame: gemnet is up.",
    ),
    "the ring is cut, and each side sees its own": (
        ("geo-viewer", "2026-10-09T04:00:00+02:00"),
        "geo-viewer is up since 2026-09-01 00:00:38. It is not seen from everywhere: ring is down since 03:15:03.",
    ),
    "one participant without its line": (
        ("brp", "2026-10-02T14:00:00+02:00"),
        "brp is up since 2026-09-01 00:00:11. For peelrade it is down since 13:05:29: it needs wan-peelrade.",
    ),
    "work that was asked for": (
        ("bag", "2026-10-12T13:00:00+02:00"),
        "bag is down since 12:00:13 because bag-function-http fails from kerkdal and maasveen: refused. "
        "Nothing else is to blame: gemnet is up. Under agreement ict it is presumed up.",
    ),
    "a check that was not made": (
        ("mail-kerkdal-smtp", "2026-10-29T10:00:00+01:00"),
        "mail-kerkdal-smtp is unknown since 06:00:20 because mail-kerkdal-smtp could not be looked at from kerkdal "
        "and maasveen: not permitted.",
    ),
}


@pytest.mark.parametrize("case", SUMMARIES.values(), ids=SUMMARIES)
def test_the_summary_of_a_moment(month: Path, case: tuple[tuple[str, str], str]) -> None:
    (id_, at), summary = case
    answer = explain(month, id_, "--at", at, "--format", "json")
    assert (answer.returncode, answer.stderr) == (0, "")
    document = json.loads(answer.stdout)
    assert document["summary"] == summary
    assert document["at"] == at


def test_it_says_what_the_status_says(month: Path) -> None:
    at = "2026-10-09T04:00:00+02:00"
    status = json.loads(waakvlam(month, "status", "--config", "estate.yaml", "--as-of", at, "--format", "json").stdout)
    assert len({part["state"] for part in status["parts"]}) > 1
    for part in status["parts"][::5]:
        answer = json.loads(explain(month, part["id"], "--at", at, "--format", "json").stdout)
        assert (answer["state"], answer["since"]) == (part["state"], part["since"])


def test_a_terminal_of_eighty_columns_gets_a_tree_in_words(month: Path) -> None:
    text = on_a_terminal(month, "explain", "brp", "--at", "2026-10-06T10:30:00+02:00", "--config", "estate.yaml")
    assert "brp-function down since 10:12:04, to blame" in text
    assert "108 failed in a row" in text
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80


WRONG = {
    "an id that is not there": (
        ("brpp",),
        "ID: there is no service, component, link, failover pair or check `brpp`: did you mean `brp`?\n",
    ),
    "an instant without an offset": (
        ("brp", "--at", "2026-10-06T10:30:00"),
        "--at: '2026-10-06T10:30:00' has no offset: write it as 2026-10-06T10:30:00+01:00 or 2026-10-06T10:30:00Z\n",
    ),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_wrong_use_is_told(month: Path, case: tuple[tuple[str, ...], str]) -> None:
    arguments, message = case
    answer = explain(month, *arguments)
    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", message)


def test_a_store_in_which_nothing_was_recorded_is_refused(tmp_path: Path) -> None:
    write_estate(tmp_path, 9)
    answer = explain(tmp_path, "brp")
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


def test_beside_a_collector_that_runs(tmp_path: Path) -> None:
    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1])
        with collector(path):
            wait_until(lambda: '"state": "up"' in get(path, "/api/v1/status")[1])
            wait_until(lambda: "brp is up" in explain(tmp_path, "brp").stdout)


def on_a_terminal(folder: Path, *arguments: str) -> str:
    """What the command shows on a terminal of eighty columns, without its colours."""
    mine, its = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm"}
    with subprocess.Popen([*COMMAND, *arguments], cwd=folder, stdout=its, stderr=its, env=environment) as process:
        os.close(its)
        text = b"".join(read(mine))
        process.wait(timeout=30)
    os.close(mine)
    return re.sub(r"\x1b\[[0-9;]*m", "", text.decode())


def read(descriptor: int) -> Iterator[bytes]:
    while select.select([descriptor], [], [], 30)[0]:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:
            return  # the other side of a terminal is closed
        if not piece:
            return
        yield piece


def test_what_is_up_and_yet_not_as_it_should_be(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("open sesame")
    with a_server() as server, socket.socket() as refusing:
        refusing.bind(("127.0.0.1", 0))
        app, spare = server.getsockname()[1], refusing.getsockname()[1]
        parts = [
            {"id": "app", "checks": [{"id": "app-tcp", "probe": "tcp", "host": "127.0.0.1", "port": app}]},
            {"id": "spare", "checks": [{"id": "spare-tcp", "probe": "tcp", "host": "127.0.0.1", "port": spare}]},
            {"id": "apps", "up_when": {"any": ["app", "spare"]}},
            {"id": "copy", "checks": [{"id": "daily", "probe": "heartbeat", "within": "1s", "grace": "1h"}]},
        ]
        services = [{"id": "brp", "agreement": "norm", "up_when": {"all": ["copy", "apps"]}}]
        path = write_estate(tmp_path, app, components=parts, services=services, heartbeats={"token": {"file": "token"}})
        with collector(path):
            url = f"http://{listen_address(path)}/api/v1/heartbeats/daily"
            report = urllib.request.Request(url, b"", {"Authorization": "Bearer open sesame"})
            with urllib.request.urlopen(report, timeout=5) as answer:
                assert answer.status == 200
            wait_until(lambda: '"reason": "late"' in get(path, "/api/v1/status")[1])
            wait_until(lambda: "spare is not up" in explain(tmp_path, "brp").stdout)
            told = explain(tmp_path, "brp").stdout
            document = json.loads(explain(tmp_path, "brp", "--format", "json").stdout)
        after = json.loads(explain(tmp_path, "brp", "--format", "json").stdout)
    lines = told[told.index("Up, and yet not as it should be") :].splitlines()
    assert "apps: spare is not up: none of the others may fail" in lines
    assert any(
        re.fullmatch(r"copy: degraded since [\d:]+: late: daily: .*no good report within 1s", one) for one in lines
    )
    worse = {part["id"]: part for part in document["not_as_it_should_be"]}
    assert document["live"] is True and worse.keys() >= {"copy", "apps"}
    assert (worse["copy"]["degraded"]["reason"], worse["apps"]["redundancy_left"]) == ("late", 0)
    assert after["live"] is False
    assert all("degraded" not in part for part in after["not_as_it_should_be"]), "nobody says so"
