"""Keeps facts on disk while the store does not take them, so that a crash meanwhile loses nothing."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from pathlib import Path

from availability.ports import Batch, FactSink, Merged
from collector.outbox import Outbox
from collector.store.errors import StoreError
from collector.transport.fields import ProtocolError
from collector.transport.rows import is_text, unpack_rows

LIMIT_BYTES = 1 << 30
"""Some days of ten thousand checks; what does not fit is kept in memory, as without a spool."""
_FULL = 0.9
_AT_ONCE = 100

_log = logging.getLogger(__name__)


class Spool:
    """The file of `vantage` in `folder`, which is made where there is none; StoreError where it cannot be used."""

    def __init__(self, folder: Path, vantage: str, limit_bytes: int = LIMIT_BYTES) -> None:
        try:
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"spool {folder}: the folder cannot be made ({error.strerror}); correct `spool`") from None
        path = folder / f"{vantage}.spool"
        self._vantage = vantage
        self._outbox = Outbox(path, vantage, limit_bytes)
        self.place = str(path)

    @property
    def observations(self) -> int:
        """How many wait."""
        return self._outbox.state().observations

    def put(self, batches: Collection[Batch]) -> bool:
        """Keep facts; False where there is no room. On disk when it returns."""
        state = self._outbox.state()
        if state.fullness > _FULL:
            return False
        self._outbox.add(batches)
        return self._outbox.state().dropped == state.dropped

    def drain(self, store: FactSink) -> Iterator[Merged]:
        """Give all that waits to `store`, the oldest first, and let go of what it took; StoreError where it refuses.

        A crash in between gives some of it twice, which does no harm.
        """
        while waiting := self._outbox.waiting(0, _AT_ONCE):
            batches: list[Batch] = []
            for one in waiting:
                try:
                    batches += unpack_rows(one.rows, self._vantage, is_text)
                except ProtocolError as error:
                    _log.error(
                        "spool %s: batch %d cannot be read, and is set aside: %s", self.place, one.sequence, error
                    )
                    self._outbox.set_aside(one.sequence, one.sequence, str(error))
            merged = store.add(batches)
            self._outbox.remove([(waiting[0].sequence, waiting[-1].sequence)])
            yield merged

    def close(self) -> None:
        """Give the file back."""
        self._outbox.close()
