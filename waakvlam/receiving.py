"""The centre's ear: agents of the configuration, what they send, and the configuration they are given."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable, Sequence

from availability.agents import AgentState
from availability.facts import expand
from availability.outcome import Outcome
from availability.ports import Batch
from collector.board import Board
from collector.probes import OPTIONS
from collector.store import SqlStore
from collector.transport.receiver import Receiver
from collector.transport.signed import SignedConfig, sign
from config.problems import ConfigError
from config.reader import read_alone
from config.settings import Settings

_LATE_MS = 120_000
"""What is older when it comes is no news of now: it is read from the store with the rest."""
_SLICE = 200
_WAITING_LIMIT = 100_000
"""Observations that wait for their turn on the board; what is more is read from the store."""
_IDLE_S = 3600.0

_log = logging.getLogger(__name__)


class Receiving:
    """Receives what the agents of `settings` observe at other vantages, for as long as `run` runs."""

    def __init__(
        self, settings: Settings, vantage: str, store: SqlStore, board: Board, now_ms: Callable[[], int]
    ) -> None:
        self._settings = settings
        self._board = board
        self._now_ms = now_ms
        self._waiting: deque[tuple[Batch, int]] = deque()
        self._observations = 0
        self._news = asyncio.Event()
        self._given = asyncio.Event()
        self.receiver: Receiver | None = None
        if settings.mqtt is not None:
            stores = settings.mqtt.ingest == "here"
            identifier = f"centre-{vantage}" if stores else f"centre-{vantage}-{socket.gethostname()}"
            self.receiver = Receiver(settings.mqtt, identifier, store, now_ms, on_stored=self._stored, stores=stores)
            self._given.set()

    def speakers(self) -> frozenset[str]:
        """Those that agents speak for."""
        mqtt = self._settings.mqtt
        return frozenset(agent.vantage for agent in mqtt.agents) if mqtt and self.receiver else frozenset()

    def states(self) -> tuple[AgentState, ...]:
        """Every agent now."""
        return self.receiver.states(self._settings.digest) if self.receiver else ()

    def not_ready(self) -> str:
        """Why what agents send is not stored; empty where it is."""
        if self.receiver is None or not self.receiver.failing:
            return ""
        return "What agents send is not being stored: see the log for what the store said."

    def replace(self, settings: Settings) -> None:
        """Go on with other agents; a section that comes or goes takes effect at the next start."""
        if (settings.mqtt is None) != (self._settings.mqtt is None):
            _log.warning("mqtt was changed: that takes effect at the next start")
        self._settings = settings
        if self.receiver is not None and settings.mqtt is not None:
            self.receiver.replace(settings.mqtt)
            self._given.set()

    async def run(self) -> None:
        """Receive until cancelled."""
        if self.receiver is None:
            await asyncio.sleep(_IDLE_S)
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self.receiver.run(), name="receiver")
            group.create_task(self._feed(), name="feeding the board")
            group.create_task(self._give(self.receiver), name="giving configurations")

    def _stored(self, batches: Sequence[Batch]) -> None:
        """Facts of agents are stored: what is news goes onto the board, what is late is read with the rest."""
        news_from = self._now_ms() - _LATE_MS
        for batch in batches:
            size = sum(run.length for run in batch.runs)
            if batch.runs[0].first < news_from or self._observations + size > _WAITING_LIMIT:
                self._board.disorder(batch.check)
            else:
                self._waiting.append((batch, size))
                self._observations += size
        self._news.set()

    async def _feed(self) -> None:
        """Put what waits onto the board, in slices, so that no probe is held up."""
        while True:
            await self._news.wait()
            self._news.clear()
            room = _SLICE
            while self._waiting:
                batch, size = self._waiting.popleft()
                self._observations -= size
                self._show(batch)
                room -= size
                if room <= 0:
                    await asyncio.sleep(0)
                    room = _SLICE

    def _show(self, batch: Batch) -> None:
        timed = dict(batch.latencies)
        for at, status, reason, detail in expand(batch.runs):
            self._board.feed(batch.check, batch.vantage, at, Outcome(status, reason, timed.get(at), detail))

    async def _give(self, receiver: Receiver) -> None:
        """Give agents the configuration in use, whenever there is another."""
        while True:
            await self._given.wait()
            self._given.clear()
            settings = self._settings
            if settings.mqtt is not None and settings.mqtt.signing_key is not None:
                payload = await asyncio.to_thread(_signed, settings, self._now_ms())
                if payload is not None:
                    receiver.keep({agent.id: payload for agent in settings.mqtt.agents})


def _signed(settings: Settings, now: int) -> bytes | None:
    """The file of `settings` as it is given to agents; None, which is logged, where that cannot be done."""
    key = settings.mqtt.signing_key if settings.mqtt else None
    try:
        read, document = read_alone(settings.path, OPTIONS)
        if read.digest != settings.digest:
            _log.warning("agents are not given %s: it was changed since it was read", settings.path)
            return None
        return sign(SignedConfig(document, settings.digest, now), key.reveal() if key else "")
    except (ConfigError, LookupError, ValueError) as error:
        _log.error("agents are given no configuration: %s", error)
        return None
