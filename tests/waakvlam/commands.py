"""The command as users type it, and a small estate for it to work on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.commands_forked import forks
from tests.ports import free_port

COMMAND = [sys.executable, "-m", "waakvlam"]


class _WrittenOut(yaml.SafeDumper):
    """YAML without anchors, which a configuration does not take."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def waakvlam(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The command, run to its end; as the program itself where `env` speaks to the interpreter."""
    if not any(name.startswith(("PYTHON", "LC_", "LANG")) for name in env or {}):
        return forks().run(arguments, folder, {**os.environ, **(env or {})}, 60)
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **(env or {})},
    )


def write_estate(folder: Path, port: int, listen: int = 0, **changes: object) -> Path:
    """An application at `port` of 127.0.0.1, looked at every 200 ms, as one service with a norm round the clock."""
    estate: dict[str, object] = {
        "version": 1,
        "timezone": "Europe/Amsterdam",
        "store": "sqlite:///facts.db",
        "listen": f"127.0.0.1:{listen or free_port()}",
        "defaults": {"interval": "200ms", "timeout": "150ms", "fall": 2, "rise": 2, "stale_after": "2s"},
        "components": [{"id": "app", "checks": [{"id": "app-tcp", "probe": "tcp", "host": "127.0.0.1", "port": port}]}],
        "agreements": [
            {"id": "norm", "norm": "98.0%", "window": {"days": "daily", "from": "00:00", "to": "24:00"}, "per": "month"}
        ],
        "services": [
            {"id": "brp", "agreement": "norm", "up_when": {"all": ["app"]}, "participants": ["venlo", "weert"]}
        ],
        **changes,
    }
    path = folder / "estate.yaml"
    path.write_text(yaml.dump(estate, Dumper=_WrittenOut, sort_keys=False))
    return path


def listen_address(path: Path) -> str:
    return str(yaml.safe_load(path.read_text())["listen"])


@contextmanager
def a_server(port: int = 0) -> Iterator[socket.socket]:
    """A socket that accepts connections (into its backlog, which is enough for a look)."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen(1000)
        yield server


@contextmanager
def collector(path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`waakvlam run`, ready; it is ended with the block if it still runs."""
    process = subprocess.Popen(
        [*COMMAND, "run", "--config", path.name, *options],
        cwd=path.parent,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: get(path, "/-/ready")[0] == 200 or process.poll() is not None)
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


def stop(process: subprocess.Popen[str]) -> tuple[int, float, str]:
    """End it as an init system does; its exit code, the seconds it took, and what it logged."""
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=20)
    return process.returncode, time.monotonic() - begun, log


def get(path: Path, page: str) -> tuple[int, str]:
    """Status and text of a page of the collector's HTTP face; status 0 where nobody listens."""
    try:
        with urllib.request.urlopen(f"http://{listen_address(path)}{page}", timeout=5) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def metric(path: Path, name: str, *labels: str) -> float | None:
    """The value of the first series of that name with all of `labels` (written `key="value"`)."""
    for line in get(path, "/metrics")[1].splitlines():
        if line.startswith(name) and all(label in line for label in labels):
            return float(line.rpartition(" ")[2])
    return None


def wait_until(condition: object, seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if callable(condition) and condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about in time")
