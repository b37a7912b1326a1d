"""A real Alertmanager with the generated file: one message for a ring that is cut, and a watchdog that stops."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from collector.probes import OPTIONS
from config.oncall_settings import Watchdog, Webhook
from config.reader import read
from config.settings import SecretRef, Settings
from dashboards.alertmanager import Wanted, alertmanager
from tests.dashboards.alertmanager_reading import Alert, every_alert
from tests.ports import free_port

EXAMPLE = Path(__file__).parents[2] / "config/examples/ict-nml.yaml"
TOKEN = "a token of this test"


@dataclass
class Place:
    """Where notifications arrive: path, token and body of each."""

    port: int = 0
    received: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def at(self, path: str) -> list[tuple[str, dict[str, Any]]]:
        return [(token, body) for where, token, body in list(self.received) if where == path]


@contextmanager
def listening() -> Iterator[Place]:
    place = Place()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            place.received.append((self.path, self.headers.get("Authorization", ""), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        place.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield place
        server.shutdown()


class Alertmanager:
    """A running one."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def fire(self, *alerts: Alert) -> None:
        data = json.dumps([{"labels": alert, "annotations": {}} for alert in alerts]).encode()
        request = urllib.request.Request(
            f"{self.url}/api/v2/alerts", data, {"Content-Type": "application/json"}, method="POST"
        )
        urllib.request.urlopen(request, timeout=10).close()

    def states(self) -> dict[str, str]:
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=10) as response:
            told = json.load(response)
        return {f"{one['labels']['alertname']} {one['labels']['id']}": one["status"]["state"] for one in told}

    def is_ready(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/-/ready", timeout=1).close()
        except OSError:
            return False
        return True


def wait_until(true: Callable[[], bool], what: str, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"it did not come to this in {seconds} s: {what}"
        time.sleep(0.05)


@contextmanager
def running(folder: Path, settings: Settings) -> Iterator[Alertmanager]:
    program = shutil.which("prometheus-alertmanager")
    if program is None:
        text = "prometheus-alertmanager is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    file = folder / "alertmanager.yml"
    file.write_text(alertmanager(settings, Wanted(2026, group_wait_ms=1000)), encoding="utf-8")
    port = free_port()
    command = [program, f"--config.file={file}", f"--storage.path={folder}/data", "--cluster.listen-address="]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
    try:
        started = Alertmanager(port)
        wait_until(started.is_ready, "Alertmanager runs")
        yield started
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def settings() -> Settings:
    return read(EXAMPLE, OPTIONS)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with listening() as place:
        yield place


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, settings: Settings, place: Place) -> Iterator[Alertmanager]:
    folder = tmp_path_factory.mktemp("alertmanager")
    (folder / "token").write_text(TOKEN)
    (folder / "watchdog.url").write_text(f"http://127.0.0.1:{place.port}/outside")
    assert settings.oncall is not None
    oncall = replace(
        settings.oncall,
        webhook=Webhook(SecretRef(file=folder / "token"), f"http://127.0.0.1:{place.port}"),
        watchdog=Watchdog(folder / "watchdog.url"),
    )
    with running(folder, replace(settings, oncall=oncall)) as started:
        yield started


def alert(settings: Settings, name: str, id_: str) -> Alert:
    return next(
        one
        for one in every_alert(settings)
        if (one["alertname"], one["id"]) == (name, id_) and one["in_hours"] in ("none", "true")
    )


def test_the_watchdog_arrives_outside_until_the_collector_is_gone(
    settings: Settings, place: Place, server: Alertmanager
) -> None:
    watchdog = alert(settings, "WaakvlamWatchdog", "waakvlam")
    server.fire(watchdog)
    wait_until(lambda: bool(place.at("/outside")), "the watchdog arrives")
    assert not place.at("/api/v1/alerts")
    assert server.states() == {"WaakvlamWatchdog waakvlam": "active"}
    server.fire(alert(settings, "WaakvlamCollectorGone", "waakvlam"))
    wait_until(lambda: server.states()["WaakvlamWatchdog waakvlam"] == "suppressed", "the watchdog is silent")
    wait_until(lambda: bool(place.at("/api/v1/alerts")), "somebody is told that the collector is gone")
    place.received.clear()


def test_a_ring_that_is_cut_is_told_once(settings: Settings, place: Place, server: Alertmanager) -> None:
    """What is behind it is known a moment before, as it may be: its notification waits for the cause."""
    behind = [
        alert(settings, "WaakvlamComponentDown", "storage-venlo"),
        alert(settings, "WaakvlamPairUnprotected", "storage-uitwijk"),
        alert(settings, "WaakvlamServiceUnwatched", "workplace"),
    ]
    server.fire(*behind)
    server.fire(alert(settings, "WaakvlamLinkDown", "ring"))
    wait_until(lambda: bool(place.at("/api/v1/alerts")), "the notification of the ring")
    states = server.states()
    assert states["WaakvlamLinkDown ring"] == "active"
    assert all(states[f"{one['alertname']} {one['id']}"] == "suppressed" for one in behind)
    after = alert(settings, "WaakvlamLinkDown", "wan-weert")
    server.fire({**after, "site": "later"})  # another group: once it is told, what was waiting has been decided
    wait_until(lambda: len(place.at("/api/v1/alerts")) > 1, "the notification of the line")
    told = [(token, body["alerts"]) for token, body in place.at("/api/v1/alerts")]
    assert [[one["labels"]["id"] for one in alerts] for _, alerts in told] == [["ring"], ["wan-weert"]]
    assert {token for token, _ in told} == {f"Bearer {TOKEN}"}
