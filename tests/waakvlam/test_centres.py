"""Two collectors on one PostgreSQL: one leads and pages, the other takes over, and both tell the same."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from tests.collector.stores import Server, server
from tests.exporters.mailbox import Mailbox, a_mailbox
from tests.waakvlam.commands import a_server, collector, get, listen_address, metric, stop, waakvlam, wait_until
from tests.waakvlam.paging_desk import TOKEN, webhook, write_oncall

NAMES = ("roermond", "venlo")


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    with server() as running:
        for name in NAMES:
            running.execute(f"CREATE ROLE {name} LOGIN SUPERUSER")
        yield running


class Centres:
    """A folder with a configuration for each of two centres, the same but for where they listen."""

    def __init__(self, folder: Path, postgresql: Server, box: Mailbox, port: int) -> None:
        self.postgresql = postgresql
        self.database = postgresql.new()
        self.paths: dict[str, Path] = {}
        check = {"probe": "tcp", "host": "127.0.0.1", "port": port}
        for name in NAMES:
            (folder / name).mkdir()
            path = self.paths[name] = write_oncall(folder / name, box, acknowledge_within="1h")
            estate = yaml.safe_load(path.read_text())
            estate["store"] = postgresql.url(self.database, name)
            estate["vantages"] = [{"id": each} for each in NAMES]
            estate["components"][0]["checks"] = [{"id": "app-tcp", "from": list(NAMES), **check}]
            estate["defaults"]["stale_after"] = "8s"
            path.write_text(yaml.dump(estate, sort_keys=False))

    @contextmanager
    def cut_off(self, name: str) -> Iterator[None]:
        """Nothing of that centre gets through to the store within the block."""
        self.postgresql.execute(f"ALTER ROLE {name} NOLOGIN")
        self.postgresql.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'")
        try:
            yield
        finally:
            self.postgresql.execute(f"ALTER ROLE {name} LOGIN")

    def leads(self, name: str) -> bool:
        return metric(self.paths[name], "waakvlam_leader{") == 1

    def leader(self) -> str:
        wait_until(lambda: any(map(self.leads, NAMES)))
        return next(name for name in NAMES if self.leads(name))

    def post(self, name: str, body: bytes) -> int:
        address = f"http://{listen_address(self.paths[name])}/api/v1/alerts"
        with urllib.request.urlopen(
            urllib.request.Request(address, body, {"Authorization": f"Bearer {TOKEN}"}), timeout=10
        ) as answer:
            return int(answer.status)

    def states(self, name: str) -> set[tuple[str, str, str]]:
        checks = json.loads(get(self.paths[name], "/api/v1/status")[1])["checks"]
        return {(one["check"], one["vantage"], one["state"]) for one in checks}


@contextmanager
def two_centres(folder: Path, postgresql: Server) -> Iterator[tuple[Centres, dict[str, Any], Mailbox]]:
    """Both run, and roermond leads, since it was first."""
    with a_mailbox() as box, a_server() as target, ExitStack() as stack:
        centres = Centres(folder, postgresql, box, target.getsockname()[1])
        processes = {}
        for name in NAMES:
            processes[name] = stack.enter_context(collector(centres.paths[name], "--vantage", name))
            if name == "roermond":
                wait_until(lambda: centres.leads("roermond"))
        yield centres, processes, box


def other(name: str) -> str:
    return NAMES[1 - NAMES.index(name)]


def test_both_tell_the_same_and_who_is_killed_is_followed_by_the_other(tmp_path: Path, postgresql: Server) -> None:
    with two_centres(tmp_path, postgresql) as (centres, processes, box):
        up = {("app-tcp", name, "up") for name in NAMES}
        for name in NAMES:
            wait_until(lambda name=name: centres.states(name) == up)  # type: ignore[misc]  # mypy has no type for it
        assert not centres.leads("venlo")
        ready = get(centres.paths["venlo"], "/-/ready")[1]
        assert "This is venlo; roermond leads since " in ready and "roermond is heard" in ready, ready
        # What comes to the one that does not lead is sent by the one that does, in the middle of which it is killed.
        box.hanging = True
        assert centres.post("venlo", webhook(("app", "firing"))) == 200
        assert centres.post("roermond", webhook(("app", "firing"))) == 200
        box.wait(lambda: len(box.taken) == 1)
        processes["roermond"].kill()
        killed = time.monotonic()
        box.hanging = False
        wait_until(lambda: centres.leads("venlo"), 30)
        box.wait(lambda: len(box.taken) == 2)
        assert time.monotonic() - killed < 30
        first, again = (mail for _, mail in box.taken)
        assert first["Message-ID"] == again["Message-ID"]
        assert (first["X-Waakvlam-Repeat"], again["X-Waakvlam-Repeat"]) == (None, "yes")
        wait_until(lambda: metric(centres.paths["venlo"], "waakvlam_centre_heard{") == 0)
        wait_until(lambda: ("app-tcp", "roermond", "unknown") in centres.states("venlo"))
        status = waakvlam(tmp_path / "venlo", "status", "--config", "estate.yaml")
        assert "venlo leads since" in status.stdout, status.stdout
        # Back again, it follows.
        with collector(centres.paths["roermond"], "--vantage", "roermond"):
            wait_until(lambda: centres.states("venlo") == up)
            assert centres.leads("venlo") and not centres.leads("roermond")
            assert centres.post("roermond", webhook(("app", "resolved"))) == 200
            box.wait(lambda: len(box.taken) == 3)
            # One that stops gives the lead away.
            code, _, log = stop(processes["venlo"])
            assert code == 0, log
            wait_until(lambda: centres.leads("roermond"), 5)
        assert len(box.taken) == 3
        assert metric(centres.paths["roermond"], "waakvlam_pages_pending") is None


def test_one_that_stands_still_does_not_lead_when_it_goes_on(tmp_path: Path, postgresql: Server) -> None:
    with two_centres(tmp_path, postgresql) as (centres, processes, box):
        os.kill(processes["roermond"].pid, signal.SIGSTOP)
        stopped = time.monotonic()
        try:
            assert centres.post("venlo", webhook(("app", "firing"))) == 200
            box.wait(lambda: len(box.taken) == 1, 30)
            assert time.monotonic() - stopped < 30
        finally:
            os.kill(processes["roermond"].pid, signal.SIGCONT)
        wait_until(lambda: get(centres.paths["roermond"], "/-/ready")[0] == 200)
        wait_until(lambda: metric(centres.paths["roermond"], "waakvlam_leader_changes_total") == 1)
        assert not centres.leads("roermond") and centres.leads("venlo")
        assert centres.post("roermond", webhook(("app", "resolved"))) == 200
        box.wait(lambda: len(box.taken) == 2)
    assert [mail["X-Waakvlam-Repeat"] for _, mail in box.taken] == [None, None]


def test_one_that_is_cut_off_observes_on_and_the_report_tells_of_the_split(tmp_path: Path, postgresql: Server) -> None:
    with two_centres(tmp_path, postgresql) as (centres, _, box):
        with centres.cut_off("roermond"):
            wait_until(lambda: metric(centres.paths["roermond"], "waakvlam_store_contact") == 0)
            wait_until(lambda: not centres.leads("roermond"), 12)
            wait_until(lambda: centres.leads("venlo"), 30)
            assert "The store cannot be reached from here." in get(centres.paths["roermond"], "/-/ready")[1]
            assert centres.post("venlo", webhook(("app", "firing"))) == 200
            box.wait(lambda: len(box.taken) == 1)
        wait_until(lambda: get(centres.paths["roermond"], "/-/ready")[0] == 200)
        wait_until(lambda: centres.states("venlo") == {("app-tcp", name, "up") for name in NAMES})
        assert centres.leads("venlo") and not centres.leads("roermond")

        month = datetime.now(ZoneInfo("Europe/Amsterdam")).strftime("%Y-%m")
        asked = ("report", "--config", "estate.yaml", "--period", month, "--format", "json")

        def told() -> Any:
            report = waakvlam(tmp_path / "venlo", *asked)
            assert report.returncode in (0, 1), report.stderr
            return json.loads(report.stdout)["splits"]

        wait_until(lambda: told() != [])
        (split,) = told()
        assert (split["centre"], split["reached"], split["differing"]) == ("roermond", ["venlo"], [])
        rows = postgresql.execute(
            "SELECT sum(tail.length) FROM waakvlam.tail JOIN waakvlam.series ON id = series_id "
            "WHERE check_id = 'app-tcp' AND vantage_id = 'roermond'",
            centres.database,
        )
        first = postgresql.execute("SELECT count(*) FROM waakvlam.fact", centres.database)
        # Not one look is missing of the time in which it was cut off: it is one run.
        assert rows[0][0] > 10 / 0.2 and first[0][0] < 10
    assert len(box.taken) == 1
