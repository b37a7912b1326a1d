"""Section `kinds`: what a look costs by every kind of probe, at real servers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bench import estate
from bench.children import Failed, hear, module, running, tell
from bench.daemons import Standing, Way, plugins, standing
from bench.estate import Shape, Target
from bench.figures import Figure, Say, amount, spread, table
from bench.kinds_looker import Cost, Looks

_CHEAP, _DEAR = 3000, 300
"""Looks in a round: of what takes tens of microseconds, and of what makes a server start a program or a session."""
_DEAR_KINDS = frozenset({"tls", "ldap", "smtp", "imap", "ssh", "sql", "plugin"})
_COUNTED = """\
One process, the options as a configuration gives them, the probe as the schedule calls it, from its options to its
outcome; 8 looks under way. Counted is the CPU of that process alone, user and system. On loopback the kernel's work for
both ends is done in the name of the sender. What a plugin itself uses, with its start, is told apart.
"""


def section(say: Say, quick: bool) -> list[Figure]:
    """One row per way to look; there is no target but the comparison."""
    say(_COUNTED)
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with standing(folder) as found:
            ways = [*_without_server(), *found.ways]
            costs = _look(ways, found, folder, quick)
    say("\n".join(_lines(ways, costs)))
    say("".join(f"left out: {text}\n" for text in found.left_out))
    return []


def _without_server() -> list[Way]:
    """The ways that need no server of ours: the kernel answers, a program runs, or nothing is asked."""
    ways = [
        Way("icmp", "icmp", "the kernel", lambda number: {"host": estate.echo_address(number)}),
        Way("heartbeat", "heartbeat", "none: a report that came in", lambda _: {"within": "26h"}),
    ]
    for name, program in plugins():
        ways.append(Way(f"plugin, {name}", "plugin", program, partial(_command, program)))
    return ways


def _command(program: str, _: int) -> Mapping[str, Any]:
    return {"command": [program, "0"]}


def targets(ways: list[Way]) -> list[Target]:
    """One check for every way, with the number of the way as its id."""
    return [Target(f"way-{number}", way.probe, written(way.at(number))) for number, way in enumerate(ways)]


def written(values: Mapping[str, Any]) -> str:
    """Options as they stand within the braces of a check: JSON is YAML."""
    return json.dumps(values)[1:-1]


def _look(ways: list[Way], found: Standing, folder: Path, quick: bool) -> list[Cost]:
    shape = Shape(timeout="10s", more=("heartbeats: {token: {env: METER_TOKEN}}",))
    config = estate.write(folder, targets(ways), shape)
    times = [(_DEAR if way.probe in _DEAR_KINDS else _CHEAP) // (10 if quick else 1) for way in ways]
    with running(module("kinds_looker"), folder, env={**os.environ, **found.environment}) as child:
        tell(child, asdict(Looks(str(config), times, rounds=1 if quick else 3)))
        costs = [Cost(**cost) for cost in hear(child)]
    for way, cost in zip(ways, costs, strict=True):
        if cost.not_ok:
            raise Failed(f"{cost.not_ok} looks by {way.name} were not ok: {cost.detail}")
    return costs


def _lines(ways: list[Way], costs: list[Cost]) -> list[str]:
    rows = []
    for way, cost in zip(ways, costs, strict=True):
        each = [cpu / cost.looks * 1e6 for cpu in cost.cpu]
        theirs = median(cost.children) / cost.looks * 1e6
        server = f"{way.server} ({amount(theirs, 'µs')} of its own)" if theirs else way.server
        rows.append((way.name, f"{cost.looks * len(cost.cpu):,}", spread(each, "µs"), server))
    return table(("kind", "looks", "our CPU per look", "what it looked at"), rows)
