"""One collector among the centres on its store: who leads, what the others store, and whether the store is reached."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Set

from availability.centres import CentresNow, stood
from availability.outcome import Outcome
from availability.splits import CONTACT
from collector.board import Board
from collector.leadership import Alone, Leadership
from collector.recorder import Recorder
from collector.store import SqlStore
from config.settings import Settings
from waakvlam.hearing import Hearing
from waakvlam.version import VERSION

_IDLE_S = 3600.0


def looked_at(store: SqlStore, settings: Settings) -> CentresNow | None:
    """How the centres on `store` stand, for who is none of them; None where there are none."""
    register = store.centres()
    if register is None:
        return None
    try:
        found = stood(register.look(), settings.digest).among(settings.estate.vantages)
    finally:
        register.close()
    return found if found.others else None


class Meeting:
    """Meets the other centres for as long as `run` runs; on a store of one machine there are none.

    `agents` are the vantages that agents speak for here: what they observe comes in by another way.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        vantage: str,
        store: SqlStore,
        board: Board,
        recorder: Recorder,
        agents: Callable[[], Set[str]],
        now_ms: Callable[[], int],
    ) -> None:
        self._settings = settings
        self._vantage = vantage
        self._store = store
        self._recorder = recorder
        self._agents = agents
        self._alone = Alone(vantage, now_ms())
        self._hearing = Hearing(board, store, lambda: agents() | {vantage})
        self._leadership: Leadership | None = None
        self._register = store.centres()
        if self._register is not None:
            self._leadership = Leadership(
                self._register, vantage, self._about, now_ms, self._note_contact, self._hearing.met
            )

    def term(self) -> int | None:
        """The term in which this collector leads now, 0 where nobody else can; None where it does not."""
        return self._leading.term()

    def state(self) -> CentresNow:
        """How the centres stand; those that are no vantage of the configuration any more left out."""
        return self._leading.state().among(self._settings().estate.vantages)

    def shown(self) -> Set[str]:
        """The vantages of which this collector tells the checks: all of them where others have the same store."""
        if self._leadership is None:
            return self._agents() | {self._vantage}
        return self._settings().estate.vantages.keys()

    def writes_elsewhere(self) -> int:
        """How often others stored what has to be read again."""
        return self._store.writes_elsewhere if self._leadership is None else self._hearing.late

    async def run(self) -> None:
        """Meet the others until cancelled."""
        if self._leadership is None:
            await asyncio.sleep(_IDLE_S)
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._leadership.run(), name="leadership")
            group.create_task(self._hearing.run(), name="hearing what others store")

    async def close(self) -> None:
        """Lead no more, and let go of the store."""
        if self._leadership is not None and self._register is not None:
            await self._leadership.leave()
            self._register.close()

    @property
    def _leading(self) -> Leadership | Alone:
        return self._leadership or self._alone

    def _about(self) -> tuple[str, str]:
        return VERSION, self._settings().digest

    def _note_contact(self, slot: int, contact: Outcome) -> None:
        self._recorder.record(CONTACT, self._vantage, slot, contact)
