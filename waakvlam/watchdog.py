"""Whether the collector does what it is for, and signs of life to the service manager only as long as it does.

What must hold is about observing, not about the store: facts that a store does not take are kept in memory until it
does, and a restart would lose them. `/-/ready` and the metrics tell of the store.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from collector.engine import Engine
from waakvlam.notifying import Notifier

LATE_S = 10.0
"""How late a turn of the schedule, or the next look that is due, may be. Turns are half a second apart."""
WAIT_S = 60.0
"""How long looks may wait for a place without one that begins, unless a look may take half as long or longer."""
_LOOK_S = 0.5

_log = logging.getLogger(__name__)


class Pace:
    """Holds the schedule against the clock; `lacking` is asked every now and then, and remembers what it saw."""

    def __init__(self, engine: Engine, monotonic: Callable[[], float], longest_timeout_s: Callable[[], float]) -> None:
        """`longest_timeout_s` is that of the checks that are looked at."""
        self._engine = engine
        self._monotonic = monotonic
        self._longest_timeout_s = longest_timeout_s
        self._made_at = self._began_at = monotonic()
        self._began = 0
        self._outcomes = self._refused = 0
        self._lost = False

    def lacking(self) -> str:
        """What does not go as it must, as a sentence; empty where all does."""
        stats, now = self._engine.stats, self._monotonic()
        turned_at = self._made_at if stats.turned_at is None else stats.turned_at
        late = max(now - turned_at, stats.behind_ms / 1000)
        if late > LATE_S:
            return f"The schedule is {late:.0f} seconds late."
        if stats.lateness.total != self._began or not self._engine.waiting:
            self._began, self._began_at = stats.lateness.total, now
        silent = now - self._began_at
        if silent > WAIT_S and silent > 2 * self._longest_timeout_s():
            return f"Looks wait for a place, and none began for {silent:.0f} seconds."
        outcomes = sum(stats.outcomes.values())
        if outcomes > self._outcomes:
            self._lost = stats.sink_failures - self._refused >= outcomes - self._outcomes
            self._outcomes, self._refused = outcomes, stats.sink_failures
        return "What was observed is refused before it can be stored." if self._lost else ""


async def feed(notifier: Notifier, lacking: Callable[[], str]) -> None:
    """Give signs of life, twice as often as they are waited for, while nothing is `lacking`; until cancelled."""
    if notifier.watchdog_s is None:
        return
    loop = asyncio.get_running_loop()
    pause = notifier.watchdog_s / 2
    fed_at, said = loop.time() - pause, ""
    while True:
        wrong = lacking()
        if bool(wrong) != bool(said):
            _log.log(logging.ERROR if wrong else logging.WARNING, "%s", _told(wrong))
            notifier.status(_told(wrong))
        said = wrong
        if not wrong and loop.time() - fed_at >= pause:
            notifier.alive()
            fed_at = loop.time()
        await asyncio.sleep(min(_LOOK_S, pause / 4))


def _told(wrong: str) -> str:
    return f"No signs of life for the service manager: {wrong}" if wrong else "All goes as it must again."
