"""Two lines of which one answers slowly and the other fails: what a running collector tells of it, everywhere."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waakvlam.commands import (
    a_server,
    collector,
    get,
    listen_address,
    metric,
    waakvlam,
    wait_until,
    write_estate,
)


class Slow:
    """A server that greets every connection after `seconds`."""

    def __init__(self, server: socket.socket) -> None:
        self.seconds = 0.0
        self.port = int(server.getsockname()[1])
        self._server = server

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                with connection, contextlib.suppress(OSError):
                    time.sleep(self.seconds)
                    connection.sendall(b"hello")


@contextlib.contextmanager
def a_slow_server() -> Iterator[Slow]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        slow = Slow(server)
        thread = threading.Thread(target=slow.serve)
        thread.start()
        try:
            yield slow
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def write_lines(folder: Path, slow: int, other: int) -> Path:
    line = {"between": ["dc-roermond", "gemnet-core"], "kind": "gemnet"}
    look = {"probe": "tcp", "host": "127.0.0.1"}
    greeted = {**look, "port": slow, "expect": "hello", "interval": "600ms", "timeout": "600ms"}
    greeted["degraded_latency"] = "120ms"
    return write_estate(
        folder,
        other,
        vantages=[{"id": "roermond", "site": "dc-roermond"}],
        links=[
            {"id": "line-1", **line, "checks": [{"id": "line-1-tcp", **greeted}]},
            {"id": "line-2", **line, "checks": [{"id": "line-2-tcp", **look, "port": other}]},
            {"id": "lines", "kind": "gemnet", "up_when": {"any": ["line-1", "line-2"]}},
        ],
    )


def status(folder: Path, path: Path) -> str:
    return waakvlam(folder, "status", "-c", path.name, "--format", "json").stdout


def part(document: str, id_: str) -> dict[str, object]:
    found: dict[str, object] = next(one for one in json.loads(document)["parts"] if one["id"] == id_)
    return found


def test_a_double_line_that_loses_one_and_answers_slowly(tmp_path: Path) -> None:
    with a_slow_server() as slow, a_server() as other:
        path = write_lines(tmp_path, slow.port, other.getsockname()[1])
        with collector(path):
            wait_until(lambda: metric(path, "waakvlam_redundancy_left", 'id="lines"') == 1)
            assert metric(path, "waakvlam_part_degraded", 'id="line-1"') == 0
            slow.seconds = 0.25
            wait_until(lambda: metric(path, "waakvlam_part_degraded", 'id="line-1"') == 1)
            assert metric(path, "waakvlam_link_state", 'id="line-1"', 'state="up"') == 1
            assert metric(path, "waakvlam_part_degraded", 'id="lines"') == 0, "the other line is as it should be"
            other.close()
            wait_until(lambda: metric(path, "waakvlam_part_degraded", 'id="lines"') == 1)
            assert metric(path, "waakvlam_redundancy_left", 'id="lines"') == 0
            assert metric(path, "waakvlam_redundancy_full", 'id="lines"') == 1

            # Facts come into the store some seconds after what is told live.
            wait_until(lambda: part(status(tmp_path, path), "lines")["not_up"] == ["line-2"])
            document = status(tmp_path, path)
            line, lines = part(document, "line-1"), part(document, "lines")
            assert json.loads(document)["live"] is True
            assert line["state"] == "up"
            degraded = line["degraded"]
            assert isinstance(degraded, dict)
            assert (degraded["reason"], degraded["detail"]) == ("slow", "line-1-tcp: took more than 120ms")
            directions = line["directions"]
            assert isinstance(directions, list)
            assert [(one["from"], one["to"], one["state"], one["degraded"]) for one in directions] == [
                ("dc-roermond", "gemnet-core", "up", True)
            ]
            assert (lines["state"], lines["redundancy_left"], lines["not_up"]) == ("up", 0, ["line-2"])

            table = waakvlam(tmp_path, "status", "-c", path.name, env={"COLUMNS": "200"}).stdout
            assert "slow: line-1-tcp: took more than 120ms" in table
            assert "line-2 is not up: none of the others may fail" in table
            assert "up, degraded" in get(path, "/")[1]

            slow.seconds = 0.0
            wait_until(lambda: metric(path, "waakvlam_part_degraded", 'id="line-1"') == 0)

        document = status(tmp_path, path)
        assert json.loads(document)["live"] is False
        assert "degraded" not in part(document, "line-1"), "no fact says so, and no collector is there to ask"


ANSWERS = {
    "no JSON": b"hello",
    "another estate": b'{"parts": [{"id": "other", "degraded": null}], "checks": []}',
    "another form": b'{"parts": "many"}',
    "a list of numbers": b'{"parts": [1, 2]}',
    "nested without end": b"[" * 100_000,
}


@pytest.mark.parametrize("case", ANSWERS)
def test_whatever_else_listens_there_status_tells_the_facts(case: str, tmp_path: Path) -> None:
    body = ANSWERS[case]
    path = write_lines(tmp_path, 9, 9)
    host, port = listen_address(path).split(":")

    def answer(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with collector(path) as process:
        process.terminate()
        process.wait()
    with socket.create_server((host, int(port))) as server:
        thread = threading.Thread(target=answer, args=(server,))
        thread.start()
        done = waakvlam(tmp_path, "status", "-c", path.name, "--format", "json")
        thread.join()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["live"] is False
