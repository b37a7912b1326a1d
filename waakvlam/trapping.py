"""Keeps the receiver of traps as the configuration wants it: none, or one that brings looks of the engine forward."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterable, Mapping

from collector.clock import Clock
from collector.engine import Engine
from collector.traps import OUTCOMES, Forwarding, TrapReceiver
from config.settings import CheckSpec, Settings, Traps

_AGAIN_S = 60.0
"""After how long a port that could not be had is asked for again."""

_log = logging.getLogger(__name__)


class Trapping:
    """Receives what `settings.traps` says, for as long as `run` runs; `watch` goes on with another configuration."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.receiver: TrapReceiver | None = None
        self._forwarding = Forwarding(engine.bring_forward, clock.now_ms)
        self._wanted: Traps | None = None
        self._changed = asyncio.Event()

    def watch(self, checks: Iterable[CheckSpec], settings: Settings) -> None:
        """The checks of this vantage, and where traps are received now."""
        # Ten thousand checks take a tenth of a second, in which nothing is probed: only for who receives traps.
        self._forwarding.watch(checks if settings.traps else ())
        if settings.traps != self._wanted:
            self._wanted = settings.traps
            self.receiver = _receiver(self._wanted, self._forwarding)
            self._changed.set()

    def resolved(self, name: str, version: str, addresses: Iterable[str]) -> None:
        """A look found these addresses of its host."""
        self._forwarding.resolved(name, version, addresses)

    def counts(self) -> Mapping[str, int]:
        """What came of the datagrams received since the start or the last change of where."""
        return {what: self.receiver.counts[what] for what in OUTCOMES} if self.receiver else {}

    async def run(self) -> None:
        """Listen as wanted until cancelled; a port that cannot be had is said once, and tried again."""
        while True:
            self._changed.clear()
            listening = asyncio.ensure_future(self._listen(self.receiver)) if self.receiver else None
            try:
                await self._changed.wait()
            finally:
                if listening is not None:
                    listening.cancel()
                    await asyncio.wait([listening])

    async def _listen(self, receiver: TrapReceiver) -> None:
        told = False
        while True:
            try:
                await receiver.run()
            except OSError as error:
                if not told:
                    _log.error("traps: cannot listen on %s port %d: %s", *receiver.listen, _why(error))
                told = True
            await asyncio.sleep(_AGAIN_S)


def _why(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error)


def _receiver(wanted: Traps | None, forwarding: Forwarding) -> TrapReceiver | None:
    return TrapReceiver(wanted, forwarding) if wanted else None
