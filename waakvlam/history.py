"""The past as the exporters ask for it: out of the store, by the judgement of every report."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from availability.certificates import register
from availability.estate import Estate
from availability.evaluation import Evaluation
from availability.periods import Period
from collector.store import SqlStore, StoreError
from config.settings import Settings
from exporters.backups import BackupLog
from exporters.certificates import CertificateList
from exporters.history import StoreAwayError
from waakvlam.backups import backup_log
from waakvlam.horizon import evaluation_for

_log = logging.getLogger(__name__)


class History:
    """Fulfils `exporters.history.HistorySource`."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        estate: Callable[[], Estate],
        store: SqlStore,
        wall_ms: Callable[[], int],
    ) -> None:
        self._settings = settings
        self._estate = estate
        self._store = store
        self._wall_ms = wall_ms

    def estate(self) -> Estate:
        """What is configured now, with what was entered about maintenance."""
        return self._estate()

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        return self._wall_ms()

    def evaluation(self, estate: Estate, period: Period, as_of: int) -> Evaluation:
        """The states that a report on `period` depends on."""
        with _told():
            return evaluation_for(self._store, estate, period, as_of)

    def certificates(self, now: int) -> CertificateList:
        """What was seen, also what was replaced since."""
        settings = self._settings()
        with _told():
            sightings = self._store.certificates()
        parts = {spec.id: spec.part for spec in settings.checks.values()}
        return CertificateList(register(sightings, settings.checks), now, settings.estate.timezone, parts)

    def backups(self, start: int, end: int, now: int) -> BackupLog:
        """Every day of every backup."""
        with _told():
            return backup_log(self._settings(), self._store, start, end, now)


@contextmanager
def _told() -> Iterator[None]:
    """What the store says goes into the log, and not to whoever asked: there is no login."""
    try:
        yield
    except StoreError as error:
        _log.error("a question about the past has no answer: %s", error)
        raise StoreAwayError from error
