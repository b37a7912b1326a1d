"""Which event loop, and how work in a thread lets it go on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
_TURN_S = 0.0001


def run_in_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end in a new event loop."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)


@contextmanager
def short_turns() -> Iterator[None]:
    """While the block runs, a thread that computes gives way to the event loop within a tenth of a millisecond.

    The interpreter's five are too long: the loop lets go of it at each packet that it sends or receives, and would
    wait as long each time to have it back.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
