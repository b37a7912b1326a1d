"""Section `takeover`: how long nobody leads after the centre that leads was killed, stood still or was stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import yaml

from bench.children import Failed
from bench.figures import Figure, Say, table
from tests.collector.stores import Server, server
from tests.waakvlam.commands import COMMAND, a_server, get, metric, wait_until, write_estate

_NAMES = ("roermond", "venlo")
_TARGET_S = 30.0
_ENDS: dict[str, Callable[[subprocess.Popen[bytes]], None]] = {
    "is killed (SIGKILL)": lambda process: process.kill(),
    "stands still (SIGSTOP)": lambda process: os.kill(process.pid, signal.SIGSTOP),
    "is stopped (SIGTERM)": lambda process: process.terminate(),
}


def section(say: Say, quick: bool) -> list[Figure]:
    """Two collectors and a PostgreSQL, all on this machine."""
    rounds = 2 if quick else 5
    rows: list[tuple[str, ...]] = []
    figures: list[Figure] = []
    with TemporaryDirectory(prefix="bench-") as name, server() as postgresql, a_server() as target:
        paths = {each: _configured(Path(name) / each, postgresql, target.getsockname()[1]) for each in _NAMES}
        running: dict[str, subprocess.Popen[bytes]] = {}
        with _ended(running):
            for each in _NAMES:
                running[each] = _started(paths[each], each)
            for what, end in _ENDS.items():
                took = [_round(paths, running, end) for _ in range(rounds)]
                rows.append((what, *(f"{value:.1f} s" for value in (min(took), median(took), max(took)))))
                figures.append(Figure(f"take-over where the leader {what}", max(took), "s", _TARGET_S))
    say(f"{rounds} rounds each, from the signal until /metrics of the other centre says that it leads\n")
    say("\n".join(table(("the leader", "shortest", "median", "longest"), rows)) + "\n")
    return figures


def _round(
    paths: dict[str, Path], running: dict[str, subprocess.Popen[bytes]], end: Callable[[subprocess.Popen[bytes]], None]
) -> float:
    """Seconds until the other one leads; both run and are settled again afterwards."""
    leader = _waited(lambda: next((name for name in _NAMES if _leads(paths[name])), ""))
    other = next(name for name in _NAMES if name != leader)
    _waited(lambda: metric(paths[other], "waakvlam_centre_heard{") == 1)
    begun = time.monotonic()
    end(running[leader])
    _waited(lambda: _leads(paths[other]))
    took = time.monotonic() - begun
    running[leader].kill()
    running[leader].wait()
    running[leader] = _started(paths[leader], leader)
    _waited(lambda: metric(paths[other], "waakvlam_centre_heard{") == 1)
    return took


def _configured(folder: Path, postgresql: Server, port: int) -> Path:
    folder.mkdir()
    path = write_estate(folder, port, store=postgresql.url("postgres"), vantages=[{"id": name} for name in _NAMES])
    estate = yaml.safe_load(path.read_text())
    estate["components"][0]["checks"][0]["from"] = list(_NAMES)
    path.write_text(yaml.dump(estate, sort_keys=False))
    return path


def _started(path: Path, name: str) -> subprocess.Popen[bytes]:
    command = [*COMMAND, "run", "--config", path.name, "--vantage", name]
    with (path.parent / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=path.parent, stderr=log)
    _waited(lambda: get(path, "/-/ready")[0] == 200)
    return process


def _leads(path: Path) -> bool:
    return metric(path, "waakvlam_leader{") == 1


def _waited(found: Callable[[], object]) -> str:
    """What `found` finds, once that is anything."""
    try:
        wait_until(found, 60)
    except AssertionError:
        raise Failed("the centres did not come to where they should be") from None
    return str(found())


@contextmanager
def _ended(running: dict[str, subprocess.Popen[bytes]]) -> Iterator[None]:
    try:
        yield
    finally:
        for process in running.values():
            process.kill()
            process.wait()
