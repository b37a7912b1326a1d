"""Notes which certificates looks see, and writes to the store when one is new and, now and then, until when."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol

from availability.certificates import Sighting
from availability.outcome import Outcome

_WRITE_S = 900.0
"""How old, in seconds, the end of a sighting in the store may be."""
_GATHER_S = 3.0
"""How long what is new waits for others, in seconds."""
_NEW_PER_DAY = 50
"""Certificates that are new, of one check from one vantage, in one day: a server that shows another one at every look
must not fill the store."""
_DAY_MS = 86_400_000

_log = logging.getLogger(__name__)

_Key = tuple[str, str, str, str, str]


class CertificateStore(Protocol):
    """Where sightings are kept."""

    def see_certificates(self, sightings: Iterable[Sighting]) -> None:
        """Widen what is there by `sightings`, in one transaction."""


class CertificateRegister:
    """Between the probes and the store. `saw` is for the thread of the event loop that runs `run`, and never waits."""

    def __init__(self, store: CertificateStore) -> None:
        self._store = store
        self._pending: dict[_Key, Sighting] = {}
        self._known: set[_Key] = set()
        self._new: Counter[tuple[str, str]] = Counter()
        self._day = -1
        self._fresh = asyncio.Event()

    def saw(self, check: str, vantage: str, slot: int, outcome: Outcome) -> None:
        """Take what one look was shown at its slot (epoch milliseconds)."""
        for shown in outcome.certificates:
            sighting = Sighting(check, vantage, shown, slot, slot)
            key = sighting.key
            if key not in self._known and not self._is_let_in(key, slot):
                continue
            held = self._pending.get(key)
            self._pending[key] = sighting if held is None else _both(held, sighting)

    async def run(self) -> None:
        """Write until cancelled; raises what the store does, and what was to be written is kept for the next time."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_WRITE_S):
                    await self._fresh.wait()
                    await asyncio.sleep(_GATHER_S)
            await self.write()

    async def write(self) -> None:
        """Write what was seen since the last time."""
        self._fresh.clear()
        pending, self._pending = self._pending, {}
        if not pending:
            return
        try:
            await asyncio.to_thread(self._store.see_certificates, pending.values())
        except BaseException:
            for key, sighting in pending.items():
                held = self._pending.get(key)
                self._pending[key] = sighting if held is None else _both(held, sighting)
            raise

    def _is_let_in(self, key: _Key, slot: int) -> bool:
        """Whether there is room for one more that is new."""
        day = slot // _DAY_MS
        if day != self._day:
            self._day = day
            self._new.clear()
            self._known.intersection_update(self._pending)
        source = key[0], key[1]
        if self._new[source] >= _NEW_PER_DAY:
            return False
        self._new[source] += 1
        if self._new[source] == _NEW_PER_DAY:
            _log.warning("%s sees a new certificate time and again; today's further ones are not registered", key[0])
        self._known.add(key)
        self._fresh.set()
        return True


def _both(one: Sighting, other: Sighting) -> Sighting:
    return one._replace(first=min(one.first, other.first), last=max(one.last, other.last))
