"""The questions about the past: each gives its rows in pieces, between which others get their turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from availability.daily import service_days
from availability.estate import Estate, Per
from availability.evaluation import Evaluation
from availability.judge import judge_evaluation
from availability.outage_totals import OutageTotals
from availability.periods import Period
from availability.terms import Terms
from exporters.history_query import Range
from exporters.history_rows import day_rows, failover_rows, month_rows, outage_rows
from exporters.json_figures import Document
from exporters.local_time import LocalTime
from exporters.registers_rows import backup_rows, certificate_rows

if TYPE_CHECKING:
    from exporters.backups import BackupLog
    from exporters.certificates import CertificateList

MOST_ROWS = 20_000
_PIECE = 2_000
"""Outages that are written at once."""

Pieces = Iterator[Sequence[Document]]


class StoreAwayError(Exception):
    """The store cannot be read now; the log says why."""


class HistorySource(Protocol):
    """Where the past is read. All but `estate` and `now_ms` are real work, for a thread.

    They raise StoreAwayError where the store cannot be read.
    """

    def estate(self) -> Estate:
        """What is configured now, with what was entered about maintenance."""

    def now_ms(self) -> int:
        """Epoch milliseconds."""

    def evaluation(self, estate: Estate, period: Period, as_of: int) -> Evaluation:
        """The states of `estate`, as far as a report on `period` as known at `as_of` depends on them."""

    def certificates(self, now: int) -> CertificateList:
        """The register of certificates."""

    def backups(self, start: int, end: int, now: int) -> BackupLog:
        """The log book of backups."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: about which time, as known when, and of whom."""

    range: Range
    as_of: int
    service: str | None = None
    participant: str | None = None
    pair: str | None = None


def months(source: HistorySource, asked: Asked) -> Pieces:
    """Figures of services, a piece per period."""
    for estate, period, ids in _periods(source, asked):
        evaluation = source.evaluation(estate, period, asked.as_of)
        report = judge_evaluation(evaluation, period, asked.as_of, ids)
        yield list(month_rows(report, asked.participant, LocalTime(estate.timezone)))


def days(source: HistorySource, asked: Asked) -> Pieces:
    """The days of services, a piece per period."""
    start, end = asked.range.start, asked.range.end
    for estate, period, ids in _periods(source, asked):
        terms = Terms(source.evaluation(estate, period, asked.as_of), period, asked.as_of)
        told = (
            day
            for id_ in ids
            for day in service_days(terms, estate.services[id_])
            if day.start < end and day.end > start
        )
        yield list(day_rows(told, LocalTime(estate.timezone)))


def outages(source: HistorySource, asked: Asked) -> Pieces:
    """Outages of services: none until all months were read, since one may lie in several."""
    estate = replace(source.estate(), pairs=())
    ids = _services(estate, asked)
    totals = OutageTotals((asked.range.start, asked.range.end), MOST_ROWS)
    for period in asked.range.periods("month", estate.timezone, asked.as_of):
        totals.add(judge_evaluation(source.evaluation(estate, period, asked.as_of), period, asked.as_of, ids))
        yield ()
    listed, zone = totals.listed(), LocalTime(estate.timezone)
    for first in range(0, len(listed), _PIECE):
        yield list(outage_rows(listed[first : first + _PIECE], asked.as_of, estate, zone))


def failovers(source: HistorySource, asked: Asked) -> Pieces:
    """Events of pairs, a piece per month."""
    estate = source.estate()
    pairs = tuple(pair for pair in estate.pairs if asked.pair in (None, pair.id))
    if not pairs:
        return
    estate = replace(estate, pairs=pairs)
    for period in asked.range.periods("month", estate.timezone, asked.as_of):
        report = judge_evaluation(source.evaluation(estate, period, asked.as_of), period, asked.as_of, ())
        began = [one for one in report.failovers if asked.range.start <= one.started_at < asked.range.end]
        began.sort(key=lambda event: (event.started_at, event.pair))
        yield list(failover_rows(began, estate, LocalTime(estate.timezone)))


def certificates(source: HistorySource, asked: Asked) -> Pieces:
    """The register of certificates."""
    yield list(certificate_rows(source.certificates(asked.as_of)))


def backups(source: HistorySource, asked: Asked) -> Pieces:
    """Every day of every backup."""
    log = source.backups(asked.range.start, asked.range.end, asked.as_of)
    yield list(backup_rows(log, LocalTime(log.timezone)))


def _periods(source: HistorySource, asked: Asked) -> Iterator[tuple[Estate, Period, list[str]]]:
    """Each period of an agreement within the range, in order of begin, with the services that are judged by it."""
    estate = replace(source.estate(), pairs=())
    by_per: dict[Per, list[str]] = {}
    for id_ in _services(estate, asked):
        by_per.setdefault(estate.agreements[estate.services[id_].agreement].per, []).append(id_)
    found = [
        (period, ids)
        for per, ids in by_per.items()
        for period in asked.range.periods(per, estate.timezone, asked.as_of)
    ]
    for period, ids in sorted(found, key=lambda one: (one[0].start, one[0].end)):
        yield estate, period, ids


def _services(estate: Estate, asked: Asked) -> list[str]:
    """Those that were asked for."""
    return [
        one.id
        for one in estate.services.values()
        if asked.service in (None, one.id)
        and (asked.participant is None or any(each.id == asked.participant for each in one.participants))
    ]
