"""Follows the maintenance trail beside the probing: what is added or withdrawn by command counts without a reload."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from availability.estate import Estate
from availability.ports import MaintenanceTrail
from availability.trail import Entry, with_trail
from collector.board import Board
from collector.store import StoreError

_PAUSE_S = 5.0

_log = logging.getLogger(__name__)


class Following:
    """Knows the trail in `store`, as it was read last."""

    def __init__(self, store: MaintenanceTrail) -> None:
        self._store = store
        self._trail: Sequence[Entry] = store.trail()
        self._complaint = ""

    def added_to(self, configured: Estate) -> Estate:
        """What is configured, with what holds of the trail."""
        return with_trail(configured, self._trail)

    async def run(self, board: Board, configured: Callable[[], Estate]) -> None:
        """Keep the estate of `board` at what is `configured` now with what holds of the trail, until cancelled."""
        while True:
            await asyncio.sleep(_PAUSE_S)
            if await self._read():
                board.replace(self.added_to(configured()))

    async def _read(self) -> bool:
        """Read the trail again; whether it says more than before. A store that cannot be read is logged once."""
        try:
            trail = await asyncio.to_thread(self._store.trail)
        except StoreError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                _log.error("cannot read the maintenance trail: %s", error)
            return False
        self._complaint = ""
        before, self._trail = self._trail, trail
        if trail == before:
            return False
        _log.info("maintenance: %d new entries in the trail", len(trail) - len(before))
        return True
