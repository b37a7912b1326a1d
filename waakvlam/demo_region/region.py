"""The region while it runs: its namespaces and programs, and every fault that can be played on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Literal

from waakvlam.demo_region.files import Pace, program, write_broker, write_config
from waakvlam.demo_region.journal import Journal, now_ms
from waakvlam.demo_region.keeper import kept
from waakvlam.demo_region.namespaces import Namespaces, RegionError
from waakvlam.demo_region.places import AGENTS, CENTRE, CENTRE_PORT, LINES, SITES, lines_of, servers_at
from waakvlam.demo_region.programs import Program, database_command, database_url, make_database, unprivileged

Kept = Literal["postgresql", "sqlite"]
_ASK_S = 5.0
_PATIENCE_S = 60.0
_PAUSE_S = 0.1
_LINES = {line.name: line for line in LINES}


class SiteServers:
    """The servers of one site, in a process of their own at that site."""

    def __init__(self, site: str, command: list[str], log: IO[bytes]) -> None:
        self.site = site
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
        self._hear("ready")

    def ask(self, word: str, name: str) -> None:
        """Have a server stopped or restored."""
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        self._process.stdin.write(f"{word} {name}\n".encode())
        self._process.stdin.flush()
        self._hear("done")

    def _hear(self, word: str) -> None:
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        if self._process.stdout.readline().decode().strip() != word:
            raise RegionError(f"the servers of {self.site} have ended: see servers-{self.site}.log")

    def kill(self) -> None:
        """As when the power goes."""
        self._process.kill()
        self._process.communicate()

    def close(self) -> None:
        """Let it end by itself."""
        with suppress(BrokenPipeError):
            self._process.communicate(timeout=_ASK_S)


class Region:
    """Made by `running`. Whatever it does to a server, a line or a program, it writes into `journal`."""

    def __init__(self, folder: Path, namespaces: Namespaces, store: Kept, pace: Pace) -> None:
        self.folder = folder
        self.pace = pace
        self.journal = Journal(folder / "journal")
        self._namespaces = namespaces
        self._cut: set[str] = set()
        self._servers: dict[str, SiteServers] = {}
        self.watched_from = now_ms()
        """From when on everything was watched (epoch milliseconds)."""
        self._database: Program | None = None
        url = "sqlite:///region.db"
        if store == "postgresql":
            place = make_database(folder)
            url = database_url(place)
            self._database = self._program("database", CENTRE, database_command(place), "ready to accept connections")
        broker = write_broker(folder)
        self.broker = self._program(
            "broker", CENTRE, unprivileged(program("mosquitto", "mosquitto"), "-c", str(broker)), " running"
        )
        self.config = write_config(folder, url, pace, self.watched_from)
        own = [sys.executable, "-m", "waakvlam"]
        options = ["--config", self.config.name, "--vantage"]
        self.watchers = {
            CENTRE: self._program("centre", CENTRE, [*own, "run", *options, CENTRE], "probing from"),
            **{
                site: self._program(f"agent-{site}", site, [*own, "agent", *options, site], "probes from")
                for site in AGENTS
            },
        }

    def _program(self, name: str, site: str, command: list[str], ready: str) -> Program:
        stop = signal.SIGINT if name == "database" else signal.SIGTERM
        inside = self._namespaces.inside(site, command)
        return Program(name, inside, self.folder / f"{name}.log", lambda said: ready in said, stop)

    # The whole of it.

    def start(self) -> None:
        """Start everything, and wait until the centre knows how everything stands."""
        with self.journal.changing([*_LINES, "broker"], is_up=True):
            if self._database is not None:
                self._database.start()
            self.broker.start()
        for site in SITES:
            self._serve(site.name)
        with self.journal.changing([_watcher(site) for site in self.watchers], is_up=True):
            # The centre makes the store; agents wait for nobody.
            for watcher in self.watchers.values():
                watcher.launch()
            for watcher in self.watchers.values():
                watcher.wait_ready()
        self.until("everything has been looked at", lambda states: "unknown" not in states.values())
        self.watched_from = now_ms()

    def stop(self) -> None:
        """End everything in good order: agents and centre first, which then have something to say it to."""
        for site, watcher in reversed(self.watchers.items()):
            if watcher.is_running():
                with self.journal.changing([_watcher(site)], is_up=False):
                    watcher.stop()
        for servers in self._servers.values():
            servers.close()
        self.broker.stop()
        if self._database is not None:
            self._database.stop()

    def _serve(self, site: str) -> None:
        command = [sys.executable, "-m", "waakvlam.demo_region.site_servers", site, str(self.journal.path)]
        with (self.folder / f"servers-{site}.log").open("ab") as log:
            self._servers[site] = SiteServers(site, self._namespaces.inside(site, command), log)

    # Faults.

    def stop_server(self, site: str, name: str) -> None:
        """A server refuses connections from now on."""
        self._servers[site].ask("stop", name)

    def restore_server(self, site: str, name: str) -> None:
        """It answers again."""
        self._servers[site].ask("restore", name)

    def cut(self, *lines: str) -> None:
        """Pull cables."""
        for name in lines:
            with self.journal.changing([name], is_up=False):
                self._namespaces.cut(_LINES[name])
            self._cut.add(name)

    def join(self, *lines: str) -> None:
        """Put cables back."""
        for name in lines:
            with self.journal.changing([name], is_up=True):
                self._namespaces.join(_LINES[name])
            self._cut.discard(name)

    def darken(self, site: str) -> None:
        """The power of a site goes: its servers, who watches from there, and its ends of all lines."""
        lines = [name for name in lines_of(site) if name not in self._cut]
        names = [_watcher(site), *(server.name for server in servers_at(site)), *lines]
        with self.journal.changing(names, is_up=False):
            self._servers[site].kill()
            self.watchers[site].kill()
            for name in lines:
                self._namespaces.cut(_LINES[name])
        self._cut.update(lines)

    def light(self, site: str) -> None:
        """The power is back, and everything starts by itself."""
        self.join(*lines_of(site))
        self._serve(site)
        self.start_watcher(site)

    def kill(self, site: str) -> None:
        """Kill -9 who watches from a site: its agent, or the centre."""
        with self.journal.changing([_watcher(site)], is_up=False):
            self.watchers[site].kill()

    def start_watcher(self, site: str) -> None:
        """Start it again, and wait until it looks."""
        with self.journal.changing([_watcher(site)], is_up=True):
            self.watchers[site].start()

    def begin_and_kill(self, site: str, seconds: float) -> None:
        """Start it, and kill it so long after that: most likely before it looked for the first time."""
        with self.journal.changing([_watcher(site)], is_up=False):
            self.watchers[site].launch()
            time.sleep(seconds)
            self.watchers[site].kill()

    def stop_broker(self) -> None:
        """The broker goes, in good order."""
        with self.journal.changing(["broker"], is_up=False):
            self.broker.stop()

    def start_broker(self) -> None:
        """The broker is there again."""
        with self.journal.changing(["broker"], is_up=True):
            self.broker.start()

    # What the centre says.

    def status(self) -> dict[str, Any] | None:
        """The live state (docs/api.md); None while the centre does not answer, or has not judged anything yet."""
        try:
            status = self.asked("/api/v1/status")
        except (OSError, ValueError):
            return None
        return status if status["parts"] else None

    def asked(self, page: str) -> dict[str, Any]:
        """What the centre answers (docs/api.md); OSError or ValueError where it does not."""
        return self._namespaces.within(CENTRE, lambda: _answer(page))

    def states(self) -> dict[str, str]:
        """Every component, link and service as it stands now; nothing while the centre does not answer."""
        status = self.status()
        return {part["id"]: part["state"] for part in status["parts"]} if status else {}

    def until(self, what: str, holds: Callable[[dict[str, str]], bool], seconds: float = _PATIENCE_S) -> dict[str, str]:
        """Wait until the states are so; RegionError where that does not come about in time."""
        ends = time.monotonic() + seconds
        while True:
            states = self.states()
            if states and holds(states):
                return states
            if time.monotonic() > ends:
                raise RegionError(f"it did not come about within {seconds:.0f} s that {what}: {states}")
            time.sleep(_PAUSE_S)


def _answer(page: str) -> dict[str, Any]:
    address = f"http://127.0.0.1:{CENTRE_PORT}{page}"
    with urllib.request.urlopen(address, timeout=_ASK_S) as answer:
        document: dict[str, Any] = json.load(answer)
        return document


def _watcher(site: str) -> str:
    """Who watches from a site, as the journal names it."""
    return f"vantage {site}"


@contextmanager
def running(store: Kept, pace: Pace, folder: Path | None = None) -> Iterator[Region]:
    """The region while the block runs; it is gone afterwards, and so it is when this process is killed.

    Files stay in `folder` where one is given, which has to be new or empty.
    """
    with ExitStack() as stack:
        if folder is None:
            place = Path(tempfile.mkdtemp(prefix="waakvlam-region-"))
        else:
            place = folder.absolute()
            place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o755)  # servers without rights have files below it
        namespaces = Namespaces(f"waakvlam-{os.getpid()}-{now_ms() % 1_000_000}")
        stack.enter_context(kept(namespaces.names, place if folder is None else None))
        namespaces.make()
        region = Region(place, namespaces, store, pace)
        stack.callback(region.stop)
        region.start()
        yield region
