"""Two network namespaces and a cable between them, for targets that live and targets that are dropped."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.children import Failed

LIVE = "198.18"
"""Addresses 198.18.0.0/16 answer. Both are set aside for benchmarks (RFC 2544), and nothing leaves the namespaces."""
DEAD = "198.19"
"""Addresses 198.19.0.0/16 are dropped at the other end of the cable."""
_NEAR, _FAR = "192.0.2.1", "192.0.2.2"


@dataclass(frozen=True, slots=True)
class Pair:
    """Names of the namespaces: probes run in `near`, servers in `far`."""

    near: str
    far: str

    def inside(self, namespace: str) -> list[str]:
        """What to put before a command that is to run in one of them."""
        return ["ip", "netns", "exec", namespace]


def live_address(number: int) -> str:
    return f"{LIVE}.{number // 200}.{number % 200 + 1}"


def dead_address(number: int) -> str:
    return f"{DEAD}.{number // 200}.{number % 200 + 1}"


def available() -> str:
    """Why namespaces cannot be made; empty where they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "the program ip is not installed (iproute2)"
    return ""


@contextmanager
def cabled() -> Iterator[Pair]:
    """A pair while the block runs; both namespaces are removed after it, and the cable with them."""
    pair = Pair(f"bench-near-{os.getpid()}", f"bench-far-{os.getpid()}")
    made: list[str] = []
    try:
        for name in (pair.near, pair.far):
            _ip("netns", "add", name)
            made.append(name)
        _cable(pair)
        yield pair
    finally:
        for name in made:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def _cable(pair: Pair) -> None:
    _ip("-n", pair.near, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", pair.far)
    for name, own in ((pair.near, _NEAR), (pair.far, _FAR)):
        _ip("-n", name, "address", "add", f"{own}/24", "dev", "cable")
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "link", "set", "cable", "up")
    # One neighbour for all targets: the near end finds nobody missing, and what is dropped is dropped at the far end.
    for network in (LIVE, DEAD):
        _ip("-n", pair.near, "route", "add", f"{network}.0.0/16", "via", _FAR)
    _ip("-n", pair.far, "route", "add", "local", f"{LIVE}.0.0/16", "dev", "lo")
    _ip("-n", pair.far, "route", "add", "blackhole", f"{DEAD}.0.0/16")


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
