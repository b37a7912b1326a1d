"""The journal of what truly was: servers, lines and programs write into it whenever they come or go.

Each line is JSON: who, whether it is up from now on, the instant before the change began, and that after it was done
(epoch milliseconds). Between those two nobody can say which it was.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Change(NamedTuple):
    """One line."""

    name: str
    is_up: bool
    begun: int
    done: int


class Journal:
    """The file at `path`; any number of processes may write to it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def changing(self, names: Sequence[str], *, is_up: bool) -> Iterator[None]:
        """Write that `names` changed while the block ran; also where the block fails."""
        begun = now_ms()
        try:
            yield
        finally:
            done = now_ms()
            lines = "".join(json.dumps(Change(name, is_up, begun, done)) + "\n" for name in names)
            with self.path.open("ab") as file:
                # At once, so that lines of others never fall in between.
                os.write(file.fileno(), lines.encode())

    def changes(self) -> list[Change]:
        """All lines, in the order in which the changes were done."""
        text = self.path.read_text() if self.path.exists() else ""
        return sorted((Change(*json.loads(line)) for line in text.splitlines()), key=lambda change: change.done)


def now_ms() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000
