"""Loads again what the board may know otherwise than the store: late and foreign facts, checks that are new."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Set

from availability.estate import Estate
from collector.board import Board, Key, Walked, walk_through
from collector.store import SqlStore, StoreError
from waakvlam.memory import first_told, recent_facts

_SOON_S = 1.0
_PAUSE_S = 15.0
_SHARE = 50
"""Reading that took d seconds is followed by 50 × d seconds without, five minutes at most: 2% of a core."""
_LONGEST_S = 300.0

_log = logging.getLogger(__name__)


class Mending:
    """Keeps `board` at what the facts in `store` say; `flush` writes what was observed, and says whether it could."""

    def __init__(
        self,
        board: Board,
        store: SqlStore,
        flush: Callable[[], Awaitable[bool]],
        wall_ms: Callable[[], int],
        elsewhere: Callable[[], int],
    ) -> None:
        """`elsewhere` counts what others stored and nobody else puts onto the board."""
        self._board = board
        self._store = store
        self._flush = flush
        self._wall_ms = wall_ms
        self._writes_elsewhere = elsewhere
        self._elsewhere = elsewhere()
        self._told = first_told(board.estate, wall_ms())

    async def run(self) -> None:
        """Mend until cancelled: soon after something went out of order, and never for more than a share of a core."""
        while True:
            await asyncio.sleep(_SOON_S)
            begun = time.monotonic()
            if await self.mend():
                await asyncio.sleep(max(_PAUSE_S, min(_SHARE * (time.monotonic() - begun), _LONGEST_S)))

    async def mend(self) -> bool:
        """Load again what may be otherwise; whether there was anything."""
        self._notice()
        if not self._board.disordered:
            return False
        checks = self._board.begin_mending()
        walked: Mapping[Key, Walked] | None = None
        try:
            # What the store has not taken yet would be missing from what is read.
            if await self._flush():
                walked = await asyncio.to_thread(self._read, self._board.estate, checks)
        except StoreError as error:
            _log.error("cannot read the facts of %d checks again: %s", len(checks), error)
        finally:
            if walked is None:
                self._board.give_up()
        if walked is not None:
            self._board.mend(walked)
        return True

    def _notice(self) -> None:
        """Everything may be otherwise where somebody else wrote (an import, another vantage), and where another
        period is told now: facts that no figure rests on any more are forgotten."""
        elsewhere = self._writes_elsewhere()
        told = first_told(self._board.estate, self._wall_ms())
        if elsewhere != self._elsewhere or told != self._told:
            self._elsewhere, self._told = elsewhere, told
            self._board.disorder_all()

    def _read(self, estate: Estate, checks: Set[str]) -> dict[Key, Walked]:
        now = self._wall_ms()
        facts = recent_facts(self._store, estate, now)
        return walk_through(estate, {key: rows for key, rows in facts.items() if key[0] in checks}, now)
