"""`waakvlam certificates` after a collector looked at a server with TLS, by the command itself."""

from __future__ import annotations

import csv
import io
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.collector.certificates import Certificates, Served, make
from tests.ports import free_port
from tests.waakvlam.commands import collector, stop, waakvlam, wait_until, write_estate


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("certificates"))


@contextmanager
def showing(served: Served, port: int) -> Iterator[None]:
    """A server that makes the handshake and closes."""
    context = served.server_context()
    with socket.create_server(("127.0.0.1", port)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with suppress(OSError, ssl.SSLError), context.wrap_socket(connection, server_side=True):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        server.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


def estate(folder: Path, port: int, certificates: Certificates) -> Path:
    check = {"id": "app-tls", "probe": "tls", "host": "127.0.0.1", "port": port, "ca_file": str(certificates.ca_file)}
    return write_estate(
        folder, port, components=[{"id": "app", "checks": [{**check, "interval": "500ms", "timeout": "500ms"}]}]
    )


def listed(folder: Path, *options: str) -> list[Any]:
    answer = waakvlam(folder, "certificates", "--config", "estate.yaml", "--format", "json", *options)
    assert answer.returncode == 0, answer.stderr
    return list(json.loads(answer.stdout)["certificates"])


def test_what_a_collector_saw_is_registered(tmp_path: Path, certificates: Certificates) -> None:
    port = free_port()
    path = estate(tmp_path, port, certificates)
    with showing(certificates.valid, port), collector(path) as process:
        wait_until(lambda: listed(tmp_path))
        assert stop(process)[0] == 0
    (one,) = listed(tmp_path)
    assert (one["place"], one["trust"], one["standing"]) == (f"127.0.0.1:{port}", "trusted", "current")
    assert (one["subject"], one["issuer"], one["days_left"]) == ("CN=valid", "CN=Proefautoriteit", 89)
    assert (one["checks"], one["components"], one["vantages"]) == (["app-tls"], ["app"], ["local"])
    assert one["first_seen"] < one["last_seen"]  # what was seen since is written when it stops

    with showing(certificates.soon, port), collector(path):
        wait_until(lambda: len(listed(tmp_path)) == 2)
    # For an hour nobody knows whether the place shows both in turn.
    assert [one["subject"] for one in listed(tmp_path)] == ["CN=soon", "CN=valid"]

    alone = [{"id": "other", "checks": [{"id": "other-tcp", "probe": "tcp", "host": "127.0.0.1", "port": port}]}]
    everything = {"components": alone, "services": [{"id": "s", "agreement": "norm", "up_when": {"all": ["other"]}}]}
    write_estate(tmp_path, port, **everything)
    assert listed(tmp_path) == []
    assert [one["standing"] for one in listed(tmp_path, "--all")] == ["unwatched", "unwatched"]


WITHIN = {"4d": (0, []), "6d": (1, ["soon"]), "365d": (1, ["soon"])}


def test_who_wants_to_know_in_time_gets_an_exit_code(tmp_path: Path, certificates: Certificates) -> None:
    port = free_port()
    path = estate(tmp_path, port, certificates)
    with showing(certificates.soon, port), collector(path):
        wait_until(lambda: listed(tmp_path))
    for within, (code, names) in WITHIN.items():
        answer = waakvlam(tmp_path, "certificates", "--config", "estate.yaml", "--within", within, "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(answer.stdout)))
        assert (answer.returncode, [row["subject"].removeprefix("CN=") for row in rows]) == (code, names)
    table = waakvlam(tmp_path, "certificates", "--config", "estate.yaml", "--within", "4d")
    assert (table.returncode, table.stdout) == (0, "None.\n")


def test_nothing_seen_yet_is_told(tmp_path: Path) -> None:
    path = write_estate(tmp_path, free_port())
    with collector(path):
        pass
    answer = waakvlam(tmp_path, "certificates", "--config", "estate.yaml", "--within", "30d")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == ("No certificate was seen yet: whatever shows one to a check of `waakvlam run` is noted.\n")


def test_wrong_use_is_told(tmp_path: Path) -> None:
    write_estate(tmp_path, 9)
    answer = waakvlam(tmp_path, "certificates", "--config", "estate.yaml", "--within", "a month")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == (
        "--within: `a month` is no duration: write a number with ms, s, m, h or d, such as 500ms, 30s, 5m, 4h, 2d\n"
    )
