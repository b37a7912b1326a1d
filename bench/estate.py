"""Writes configurations of any size, as a user would, over real servers on loopback."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from bench.servers import Ports

SERVER_ADDRESSES = tuple(f"127.77.0.{number}" for number in range(1, 21))
"""Twenty, so that connections by the ten thousand do not run out of local ports."""
MIX = ("icmp",) * 12 + ("tcp",) * 4 + ("http",) * 3 + ("dns",)
"""60% icmp, 20% tcp, 15% http, 5% dns."""


@dataclass(frozen=True, slots=True)
class Target:
    """One check: its id, its probe and the options of that probe, as they are written."""

    id: str
    probe: str
    options: str


@dataclass(frozen=True, slots=True)
class Shape:
    """How checks are gathered into an estate."""

    interval: str = "30s"
    timeout: str = "5s"
    checks_per_component: int = 1
    components_per_service: int = 20
    services: int = 0
    more: Sequence[str] = ()
    """Further lines at the head of the file."""


def targets(kinds: Sequence[str], count: int, ports: Ports | None = None) -> list[Target]:
    """`count` checks of `kinds` in turn; every icmp check has an address of its own in 127/8."""
    turns = islice(cycle(kinds), count)
    return [Target(f"{kind}-{number}", kind, _options(kind, number, ports)) for number, kind in enumerate(turns)]


def echo_address(number: int) -> str:
    """An address of this machine, a different one for every number below 60,000."""
    return f"127.{100 + number // 40_000}.{number // 200 % 200}.{number % 200 + 1}"


def _options(kind: str, number: int, ports: Ports | None) -> str:
    if kind == "icmp":
        return f"host: {echo_address(number)}"
    assert ports is not None, "servers come first"
    address = SERVER_ADDRESSES[number % len(SERVER_ADDRESSES)]
    if kind == "tcp":
        return f"host: {address}, port: {ports.tcp}"
    if kind == "http":
        return f'url: "http://{address}:{ports.http}/health?{number}"'
    name = f"host-{number}.bench.example"
    return f"server: {SERVER_ADDRESSES[0]}, port: {ports.dns}, name: {name}, type: A, expect: [192.0.2.10]"


def write(folder: Path, checks: Sequence[Target], shape: Shape) -> Path:
    """The configuration file, with the store beside it; it listens on a free port of 127.0.0.1."""
    lines = [
        "version: 1",
        "timezone: Europe/Amsterdam",
        "store: sqlite:///bench.db",
        f"listen: 127.0.0.1:{_free_port()}",
        f"defaults: {{interval: {shape.interval}, timeout: {shape.timeout}, fall: 3, rise: 2}}",
        *shape.more,
        "components:",
    ]
    components = 0
    for first in range(0, len(checks), shape.checks_per_component):
        lines.append(f"  - id: component-{components}")
        lines.append("    checks:")
        some = checks[first : first + shape.checks_per_component]
        lines += (f"      - {{id: {check.id}, probe: {check.probe}, {check.options}}}" for check in some)
        components += 1
    if shape.services:
        lines += _services(shape, components)
    path = folder / "estate.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


def _services(shape: Shape, components: int) -> list[str]:
    lines = [
        "agreements:",
        '  - {id: standard, norm: 98.0%, window: {days: daily, from: "07:00", to: "23:00"}, per: month}',
        "services:",
    ]
    for number in range(shape.services):
        first = number * shape.components_per_service
        needs = ", ".join(f"component-{(first + step) % components}" for step in range(shape.components_per_service))
        lines.append(f"  - {{id: service-{number}, agreement: standard, up_when: {{all: [{needs}]}}}}")
    return lines


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port


def listens(path: Path) -> tuple[str, int]:
    """The address in a configuration that was written here."""
    line = next(line for line in path.read_text().splitlines() if line.startswith("listen: "))
    host, _, port = line.removeprefix("listen: ").partition(":")
    return host, int(port)
