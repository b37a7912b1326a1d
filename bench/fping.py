"""Runs fping over the same addresses at the same pace, and counts what it costs."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.children import Failed, timed


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds and seconds on the clock for a number of probes."""

    cpu: float
    wall: float
    probes: int

    @property
    def per_10k(self) -> float:
        """CPU seconds per 10,000 probes."""
        return self.cpu / self.probes * 10_000

    @property
    def rate(self) -> float:
        """Probes per second."""
        return self.probes / self.wall


def ping(addresses: Sequence[str], rounds: int, folder: Path, paced: bool = True) -> Cost:
    """Every address once a second for `rounds` rounds, spread over the second as our schedule spreads them.

    Unpaced, it sends as fast as it can. What one round costs with its start and its reading of the addresses is taken
    off, so that only `rounds` further ones count.
    """
    program = shutil.which("fping")
    if program is None:
        raise Failed("fping is not installed: run bench/install_references")
    listed = folder / "addresses"
    listed.write_text("\n".join(addresses) + "\n")
    gap = f"{1000 / len(addresses):.3f}" if paced else "0"
    period = "1000" if paced else "10"
    command = (program, "-q", "-4", "-i", gap, "-p", period, "-f", str(listed))
    start = timed([*command, "-C", "1"])
    whole = timed([*command, "-C", str(rounds + 1)])
    return Cost(whole[1] - start[1], whole[0] - start[0], rounds * len(addresses))
