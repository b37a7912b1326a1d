"""Takes up what other processes store: the newest facts at once, all others by having them read again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence, Set

from availability.centres import Met, Turn
from availability.outcome import Outcome
from availability.ports import Run
from collector.board import Board, Key
from collector.store import SqlStore, StoreError

_ANYTHING = ""
"""The name of no vantage, under which writing that may concern any of them is counted."""
_MOST = 300
"""Observations of one series that are fed at once; after a longer silence its facts are read again."""
_FEW = 200
"""Series of which the rows behind the last one are read one by one."""
_SLICE = 200
_SHARE, _LONGEST_S = 20, 5.0
"""Reading that took d seconds is followed by 20 × d seconds without, five seconds at most: 5% of a core."""

_log = logging.getLogger(__name__)

News = Sequence[tuple[Key, Sequence[Run]]]


class Hearing:
    """Keeps `board` at what others store of vantages that are not in `own()`, from what every meeting tells."""

    def __init__(self, board: Board, store: SqlStore, own: Callable[[], Set[str]]) -> None:
        self._board = board
        self._store = store
        self._own = own
        self._turns: Mapping[str, Turn] | None = None
        self._changed: set[str] = set()
        self._last: dict[Key, int] = {}
        """Up to where the facts of a series were read."""
        self._news = asyncio.Event()
        self.late = 0
        """How often anything was stored that has to be read again."""

    def met(self, met: Met) -> None:
        """Take what a meeting told."""
        before, self._turns = self._turns, met.turns
        if before is None:
            self._changed.update(met.turns.keys() - {_ANYTHING} - self._own())
        elif any(met.turns.get(name, Turn(0, 0)) < turn for name, turn in before.items()):
            self.late += 1  # an older backup was put in place
        else:
            for name, turn in met.turns.items():
                known = before.get(name, Turn(0, 0))
                self.late += turn.late != known.late or (name == _ANYTHING and turn != known)
                if turn != known and name != _ANYTHING and name not in self._own():
                    self._changed.add(name)
        if self._changed:
            self._news.set()

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            begun = time.monotonic()
            changed, self._changed = self._changed, set()
            try:
                news = await asyncio.to_thread(self._read, changed)
            except StoreError as error:
                _log.debug("what others stored cannot be read: %s", error)
                self._changed |= changed  # until the next meeting
                continue
            await self._feed(news)
            await asyncio.sleep(min(_SHARE * (time.monotonic() - begun), _LONGEST_S))

    def _read(self, vantages: Set[str]) -> News:
        """What is new of `vantages`, in order of time for each series; nothing of those to be read again instead."""
        news: list[tuple[Key, Sequence[Run]]] = []
        asked = 0
        for key, run in self._store.tails(vantages):
            if self._last.get(key) == run.last:
                continue
            self._last[key] = run.last
            series = self._board.series(*key)
            if series is None or run.first > series.newest:
                asked += 1
                runs = self._store.runs(*key, since=series.newest + 1) if series and asked <= _FEW else None
            else:
                runs = [run]
            news.append((key, () if runs is None else runs))
        return news

    async def _feed(self, news: News) -> None:
        """In slices, so that no probe is held up."""
        room = _SLICE
        for key, runs in news:
            room -= self._take(key, runs) + 1
            if room <= 0:
                await asyncio.sleep(0)
                room = _SLICE

    def _take(self, key: Key, runs: Sequence[Run]) -> int:
        """Feed what is newer than what is known; how many observations that were."""
        series = self._board.series(*key)
        newest = series.newest if series is not None else -1
        fresh = sum(_behind(run, newest) for run in runs)
        if not runs or fresh > _MOST:
            self._board.disorder(key[0])
            return 0
        for run in runs:
            skipped = run.length - _behind(run, newest)
            outcome = Outcome(run.status, run.reason, None, run.detail)
            for index in range(skipped, run.length):
                self._board.feed(*key, run.first + run.step * index, outcome)
        return fresh


def _behind(run: Run, newest: int) -> int:
    """How many observations of `run` are newer than `newest`."""
    if run.first > newest:
        return run.length
    return run.length - 1 - min((newest - run.first) // run.step if run.step else 0, run.length - 1)
