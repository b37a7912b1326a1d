"""Section `transport`: from an agent's outbox through a real broker into a store, in batches and one by one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.children import Failed
from bench.figures import Figure, Say, amount, table
from bench.transport_ends import fill
from tests.collector.mosquitto import Mosquitto, mosquitto
from tests.collector.stores import server

_CHECKS = 10_000
_STEP_MS = 30_000
_LONGEST_S = 300.0


def section(say: Say, quick: bool) -> list[Figure]:
    """Batches of 200 and of one, into a file and into PostgreSQL; and an hour that waited."""
    looks = 20 if quick else 100
    say(
        "a Mosquitto with TLS, passwords and an ACL; agent, broker and centre on this machine. Each observation is of "
        f"another check of {_CHECKS:,} and has a latency\n"
    )
    cases: dict[str, tuple[int, Mapping[str, Any]]] = {}
    with mosquitto() as broker:
        (broker.place / "port").write_text(str(broker.port))
        cases["batches of 200, into a file"] = _measure(broker, _CHECKS, looks, 200)
        cases["one to a message, into a file"] = _measure(broker, 2_000, 2 if quick else 5, 1)
        with server() as postgresql:
            url = postgresql.url(postgresql.new())
            cases["batches of 200, into PostgreSQL"] = _measure(broker, _CHECKS, looks, 200, url)
        hour = 30 if quick else 120
        cases[f"{'a quarter of ' if quick else ''}an hour that waited"] = _measure(broker, _CHECKS, hour, 667)
    rates = {name: count / found["centre"]["seconds"] for name, (count, found) in cases.items()}
    rows = [
        (
            name,
            f"{count:,}",
            f"{rates[name]:,.0f}",
            *(f"{found[end]['cpu'] / count * 1e6:.1f} µs" for end in ("agent", "centre")),
            *(f"{found[end]['late']:.0f} and {found[end]['latest']:.0f} ms" for end in ("agent", "centre")),
        )
        for name, (count, found) in cases.items()
    ]
    heads = ("", "observations", "a second", "CPU each, agent", "centre", "late, 99% and longest: agent", "centre")
    say("\n".join(table(heads, rows)))
    names = list(cases)
    say(f"\nIn batches of 200 it is {amount(rates[names[0]] / rates[names[1]], '×')} as fast as one by one\n")
    waited, found = cases[names[3]]
    drained = found["centre"]["seconds"] * (1_200_000 / waited)
    return [
        Figure("transport, a million observations into a file", 1e6 / rates[names[0]], "s", 10),
        Figure("transport, a million observations into PostgreSQL", 1e6 / rates[names[2]], "s", 10),
        Figure("transport, an hour of 10,000 checks that waited", drained, "s", 60),
    ]


def _measure(broker: Mosquitto, checks: int, looks: int, size: int, url: str = "") -> tuple[int, dict[str, Any]]:
    """How many observations, and what both ends say."""
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        begin = time.time_ns() // 1_000_000 - (looks + 1) * _STEP_MS
        count = fill(folder / "outbox.db", checks, looks, size, begin)
        url = url or f"sqlite:///{folder / 'facts.db'}"
        command = [sys.executable, "-m", "bench.transport_ends"]
        place = str(broker.place)
        keeping = subprocess.Popen([*command, "centre", place, url, str(count)], stdout=subprocess.PIPE)
        sending = subprocess.Popen([*command, "agent", place, str(folder / "outbox.db")], stdout=subprocess.PIPE)
        try:
            said = {
                end: each.communicate(timeout=_LONGEST_S)[0] for end, each in (("centre", keeping), ("agent", sending))
            }
        except subprocess.TimeoutExpired:
            raise Failed("not everything came within five minutes") from None
        finally:
            for each in (keeping, sending):
                if each.poll() is None:
                    each.kill()
                    each.wait()
        if keeping.returncode or sending.returncode:
            raise Failed("one of the two ends failed")
        return count, {end: json.loads(text) for end, text in said.items()}
