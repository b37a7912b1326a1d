"""The spool of a collector: where the configuration wants it, and emptied before anything is read from the store."""

from __future__ import annotations

import logging

from collector.spool import Spool
from collector.store import SqlStore, StoreError
from config.settings import Settings

_log = logging.getLogger(__name__)


def emptied_spool(settings: Settings, vantage: str, store: SqlStore) -> Spool | None:
    """The spool of the collector at `vantage`; None where facts wait in memory. StoreError where it cannot be used.

    First the store gets what waited in it, as far as it takes it: what is read from the store next is then whole.
    """
    if settings.spool is None:
        return None
    spool = Spool(settings.spool, vantage)
    if spool.observations:
        _log.info("%d observations waited in %s for the store", spool.observations, spool.place)
    try:
        for _ in spool.drain(store):
            pass
    except StoreError as error:
        _log.error("they go on waiting: %s", error)
    return spool
