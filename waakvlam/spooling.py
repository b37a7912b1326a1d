"""The spool of a collector: where the configuration wants it, and emptied before anything is read from the store."""

from __future__ import annotations

import logging

from collector.spool import Spool
from collector.store import SqlStore, StoreError
from config.settings import Settings

_log = logging.getLogger(__name__)


def spool_of(settings: Settings, vantage: str) -> Spool | None:
    """The spool of the collector at `vantage`; None where facts wait in memory. StoreError where it cannot be used."""
    return None if settings.spool is None else Spool(settings.spool, vantage)


def give(spool: Spool | None, store: SqlStore) -> None:
    """Let the store have what waited, as far as it takes it: what is read from it next is then whole."""
    if spool is None or not spool.observations:
        return
    _log.info("%d observations waited in %s for the store", spool.observations, spool.place)
    try:
        for _ in spool.drain(store):
            pass
    except StoreError as error:
        _log.error("they go on waiting: %s", error)
