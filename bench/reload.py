"""Section `reload`: SIGHUP to `waakvlam run` with 10,000 checks of which 100 changed: how long, and what was late."""

from __future__ import annotations

import os
import re
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import estate
from bench.children import Failed, running
from bench.estate import MIX, SERVER_ADDRESSES, Shape, Target
from bench.figures import Figure, Say, amount, spread
from bench.scraping import between, scrape, share, wait_for, worst
from bench.servers import Ports, serving

_CHANGED = 100
_READ, _REFUSED = "the configuration was read again", "the configuration is refused"
_SUCCESS = re.compile(r"^waakvlam_config_reload_success (\S+)$", re.MULTILINE)
_LONGEST = 60.0
_GLANCE = 0.002
"""Seconds between two glances at the log."""

Histogram = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Plan:
    checks: int
    interval: int
    rounds: int
    stretch: float


@dataclass(frozen=True, slots=True)
class _Reload:
    """Seconds from the signal to the line in the log, and to the first look of each check that changed."""

    read: float
    looks: list[float]


class Doors:
    """Two ports at every address of this machine, and when somebody first knocked at each address of each."""

    def __init__(self) -> None:
        self._listeners = [socket.create_server(("0.0.0.0", 0), backlog=1024) for _ in range(2)]
        self.ports = [listener.getsockname()[1] for listener in self._listeners]
        self._first: dict[tuple[int, str], float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._open, name="doors")

    @contextmanager
    def open(self) -> Iterator[None]:
        """Let in whoever comes, while the block runs."""
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()
            for listener in self._listeners:
                listener.close()

    def forget(self) -> None:
        """From here on everybody comes for the first time."""
        self._first = {}

    def knocked(self, port: int) -> list[float]:
        """The monotonic instants at which each address of `port` was first come to."""
        return [at for (which, _), at in list(self._first.items()) if which == port]

    def _open(self) -> None:
        with selectors.DefaultSelector() as selector:
            for listener in self._listeners:
                selector.register(listener, selectors.EVENT_READ)
            while not self._over.is_set():
                for key, _ in selector.select(0.1):
                    connection, _ = key.fileobj.accept()  # type: ignore[union-attr]  # sockets alone are registered
                    address, port = connection.getsockname()
                    self._first.setdefault((port, address), time.monotonic())
                    connection.close()


def section(say: Say, quick: bool) -> list[Figure]:
    """The real command, sent SIGHUP several times; between two of them as long a time without."""
    plan = _Plan(2_000, 6, 2, 8.0) if quick else _Plan(10_000, 30, 6, 8.0)
    say(
        f"{plan.checks:,} checks at {plan.interval} s: 60% icmp, 20% tcp, 15% http, 5% dns; {_CHANGED} of them, each "
        f"once a second, look elsewhere after each of {plan.rounds} reloads\n"
    )
    with TemporaryDirectory(prefix="bench-") as name:
        folder, doors = Path(name), Doors()
        with doors.open(), serving(SERVER_ADDRESSES, folder) as ports:
            return _measure(say, plan, folder, doors, ports)


def _write(plan: _Plan, folder: Path, door: int, ports: Ports) -> Path:
    own = folder / "run"
    own.mkdir()
    changing = [
        Target(f"changing-{number}", "tcp", f"host: 127.78.0.{number + 1}, port: {door}, interval: 1s, timeout: 1s")
        for number in range(_CHANGED)
    ]
    checks = [*estate.targets(MIX, plan.checks - _CHANGED, ports), *changing]
    shape = Shape(f"{plan.interval}s", "5s", checks_per_component=2, services=plan.checks // 100)
    return estate.write(own, checks, shape)


def _measure(say: Say, plan: _Plan, folder: Path, doors: Doors, ports: Ports) -> list[Figure]:
    here, there = doors.ports
    path = _write(plan, folder, here, ports)
    listen, text = estate.listens(path), path.read_text()
    texts = [text.replace(f"port: {here},", f"port: {there},"), text]
    reloads, during, without = [], [], []
    with running([sys.executable, "-m", "waakvlam", "run", "--config", str(path)], path.parent) as child:
        log = next(path.parent.glob("*.err"))
        wait_for(listen)
        time.sleep(plan.interval)
        for changed, door in islice(cycle(zip(texts, (there, here), strict=True)), plan.rounds):
            without.append(_late(listen, plan.stretch))
            before, ends = scrape(listen), time.monotonic() + plan.stretch
            reloads.append(_reload(child.pid, path, changed, log, doors, door))
            time.sleep(max(0.0, ends - time.monotonic()))
            after = scrape(listen)
            if [float(value) for value in _SUCCESS.findall(after.text)] != [1.0]:
                raise Failed("/metrics does not tell that the configuration was read again")
            during.append(between(before, after))
    return _tell(say, reloads, _together(during), _together(without))


def _late(listen: tuple[str, int], seconds: float) -> Histogram:
    """The lateness of what is looked at in as many seconds."""
    before = scrape(listen)
    time.sleep(seconds)
    return between(before, scrape(listen))


def _reload(pid: int, path: Path, text: str, log: Path, doors: Doors, door: int) -> _Reload:
    """Write `text`, send the signal, and wait until it is read and every check that changed looks at `door`."""
    path.write_text(text)
    told = log.stat().st_size
    doors.forget()
    begun = time.monotonic()
    os.kill(pid, signal.SIGHUP)
    read = None
    while read is None or len(doors.knocked(door)) < _CHANGED:
        now = time.monotonic()
        if now - begun > _LONGEST:
            raise Failed(f"not everything was read and looked at {_LONGEST:.0f} s after the signal")
        if read is None and log.stat().st_size > told:
            news = log.read_bytes()[told:].decode(errors="replace")
            if _REFUSED in news:
                raise Failed(news)
            read = now - begun if _READ in news else None
        time.sleep(_GLANCE)
    return _Reload(read, [at - begun for at in doors.knocked(door)])


def _together(several: Sequence[Histogram]) -> Histogram:
    """One histogram of all."""
    return [(bound, sum(one[index][1] for one in several)) for index, (bound, _) in enumerate(several[0])]


def _tell(say: Say, reloads: Sequence[_Reload], during: Histogram, without: Histogram) -> list[Figure]:
    read = [reload.read for reload in reloads]
    first, last = [min(reload.looks) for reload in reloads], [max(reload.looks) for reload in reloads]
    say(
        f"from the signal to the line in the log: {spread(read, 's')}\n"
        f"to the first look of a check that changed: {spread(first, 's')}, of the last of them: {spread(last, 's')}; "
        "each begins at its next slot, up to a second after it is read\n"
    )
    for what, late in (("with a reload", during), ("without", without)):
        count = sum(number for _, number in late)
        p50, p99, p999 = (amount(share(late, part) * 1000, "ms") for part in (0.5, 0.99, 0.999))
        beyond = sum(number for bound, number in late if bound > 0.1)
        say(
            f"lateness of {count:,.0f} looks in the stretches {what}: p50 {p50}, p99 {p99}, p99.9 {p999}, none beyond "
            f"{amount(worst(late) * 1000, 'ms')}; {beyond:,.0f} beyond 100 ms"
        )
    say("")
    return [
        Figure("reload, signal to configuration in use, longest", max(read), "s", 2.0),
        Figure("reload, signal to configuration in use, median", median(read), "s", 2.0),
        Figure("reload, lateness p99 meanwhile", share(during, 0.99) * 1000, "ms", 100),
        Figure("reload, latest look meanwhile", worst(during) * 1000, "ms", 100),
    ]
