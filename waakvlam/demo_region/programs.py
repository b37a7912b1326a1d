"""Starts and ends the programs of the region, each at its site: broker, database, servers, agents and centre."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from waakvlam.demo_region.files import NOBODY, hand_over, program
from waakvlam.demo_region.namespaces import RegionError

_READY_S = 60.0
_STOP_S = 15.0
_PAUSE_S = 0.02
_TOLD = 2000


def unprivileged(*command: str) -> list[str]:
    """The command as a user without rights: the servers that need it refuse to run as root."""
    return ["setpriv", f"--reuid={NOBODY}", "--regid=nogroup", "--clear-groups", *command]


class Program:
    """One process; what it says is added to `log`. It has started when `ready` of its log since then."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, ready: Callable[[str], bool], stop: signal.Signals
    ) -> None:
        self.name = name
        self._command = list(command)
        self._log = log
        self._ready = ready
        self._stop = stop
        self._process: subprocess.Popen[bytes] | None = None
        self._begun_at = 0

    def start(self) -> None:
        """Start it, and wait until it is ready; RegionError where that does not come about."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start it and go on."""
        self._begun_at = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            # A session of its own: Ctrl-C is for the one who plays, who ends what it started.
            self._process = subprocess.Popen(  # noqa: S603 - programs of ours and of Debian
                self._command, cwd=self._log.parent, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def wait_ready(self) -> None:
        """Wait until it has said that it is ready."""
        until = time.monotonic() + _READY_S
        while not self._ready(self.said()):
            if not self.is_running():
                raise RegionError(f"{self.name} ended by itself: {self.said()[-_TOLD:]}")
            if time.monotonic() > until:
                raise RegionError(f"{self.name} was not ready within {_READY_S:.0f} s: {self.said()[-_TOLD:]}")
            time.sleep(_PAUSE_S)

    def said(self) -> str:
        """What it said since it was last started."""
        with self._log.open("rb") as log:
            log.seek(self._begun_at)
            return log.read().decode(errors="replace")

    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it with no word of warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """End it as an init system does; its exit code (0 where it was not running)."""
        if self._process is None or self._process.poll() is not None:
            return 0
        self._process.send_signal(self._stop)
        try:
            return self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.returncode


def make_database(folder: Path) -> Path:
    """Make an empty PostgreSQL below `folder`; the folder in which it will listen."""
    place = folder / "database"
    place.mkdir()
    hand_over(place)
    data = str(place / "data")
    command = [program("initdb", "postgresql"), "-D", data, "-U", "keeper", "-A", "trust", "--no-sync", "-E", "UTF8"]
    made = subprocess.run(unprivileged(*command), capture_output=True, text=True, check=False)  # noqa: S603 - as above
    if made.returncode:
        raise RegionError(f"initdb: {made.stderr.strip()}")
    return place


def database_command(place: Path) -> list[str]:
    """How to start the PostgreSQL in `place`: it listens on a socket there, and keeps what it acknowledged."""
    settings = {"unix_socket_directories": str(place), "listen_addresses": "", "shared_buffers": "32MB"}
    options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    return unprivileged(program("postgres", "postgresql"), "-D", str(place / "data"), *options)


def database_url(place: Path) -> str:
    """As a configuration names it."""
    return f"postgresql://keeper@/postgres?host={place}"
