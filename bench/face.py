"""The collector with its HTTP face and a ticker beside it: how long the event loop is held up, and when.

It runs what `waakvlam run` runs, in the same loop, with one more task that wants its turn every two milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

from bench.children import raise_descriptors
from collector.probes import OPTIONS
from collector.store import open_store
from config.reader import read
from waakvlam.commands.run import _serve as serve  # all of the command but its reading of the command line
from waakvlam.loop import run_in_loop

TICK = 0.002


async def _tick(gaps: list[tuple[float, float]]) -> None:
    """Note (monotonic instant, seconds late) of every turn that came late by more than half a tick."""
    while True:
        asked = time.monotonic()
        await asyncio.sleep(TICK)
        now = time.monotonic()
        if now - asked > 1.5 * TICK:
            gaps.append((now, now - asked - TICK))


async def _run(path: Path) -> list[tuple[float, float]]:
    settings = read(path, OPTIONS)
    store = open_store(settings.store_url, create=True)
    gaps: list[tuple[float, float]] = []
    async with asyncio.TaskGroup() as group:
        ticking = group.create_task(_tick(gaps))
        serving = group.create_task(serve(path, settings, "local", store))
        # The end of standard input is the end of the measurement.
        await asyncio.to_thread(sys.stdin.read)
        ticking.cancel()
        os.kill(os.getpid(), signal.SIGTERM)
        await serving
    store.close()
    return gaps


def main() -> None:
    """Collect until standard input ends, then tell the gaps."""
    raise_descriptors()
    gaps = run_in_loop(_run(Path(json.loads(sys.stdin.readline()))))
    sys.stdout.write(json.dumps(gaps) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
