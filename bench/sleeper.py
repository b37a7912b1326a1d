"""A program that does nothing but wake up: how late this machine itself is, while another program is measured."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.children import hear, module, running

_GAP = 0.037
"""Seconds between wakings: no multiple of anything that others do."""


@contextmanager
def beside(folder: Path) -> Iterator[list[float]]:
    """The seconds by which it woke too late while the block ran, filled in when the block ends."""
    late: list[float] = []
    with running(module("sleeper"), folder) as child:
        yield late
        if child.stdin is not None:
            child.stdin.close()
        late.extend(hear(child))


def _await_end(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


def main() -> None:
    """Sleep until standard input ends, then tell."""
    over = threading.Event()
    threading.Thread(target=_await_end, args=(over,), daemon=True).start()
    late = []
    while not over.is_set():
        due = time.monotonic() + _GAP
        time.sleep(_GAP)
        late.append(max(0.0, time.monotonic() - due))
    sys.stdout.write(json.dumps(late) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
