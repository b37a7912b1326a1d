"""The tables about what happened: outages, what nobody watched, failovers and the pairs they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from availability.account import Account, PairAccount
from availability.report import Outage, PairReport
from exporters.tables.standing import around, owners_of
from exporters.tables.table import Column, Row, Table

_SPAN = (Column("start", "instant"), Column("end", "end"))
_CLASSES = (Column("down", "duration"), Column("excluded", "duration"), Column("unknown", "duration"))
_OUTAGES = (Column("service"), Column("participant"), *_SPAN, *_CLASSES, Column("causes"), Column("owners"))
_CHAIN_OUTAGES = (Column("service"), Column("id"), *_SPAN, *_CLASSES)
_UNWATCHED = (
    *(Column("service"), Column("start", "instant"), Column("end", "later"), Column("unknown", "duration")),
    *(Column("reason", "word"), Column("parts")),
)
_FAILOVERS = (
    *(Column("pair"), Column("started_at", "instant"), Column("ended_at", "end"), Column("restored_at", "later")),
    *(Column("interrupted", "duration"), Column("interrupted_low", "duration"), Column("within", "duration")),
    *(Column("outcome", "word"), Column("test", "flag"), Column("verdict", "verdict")),
)
_PAIRS = (
    *(Column("pair"), Column("name"), Column("within", "duration"), Column("protected_ratio", "ratio")),
    *(Column("last_test", "instant"), Column("last_test_interrupted", "duration")),
    *(Column("last_test_verdict", "verdict"), Column("test_due_at", "instant"), Column("test_overdue", "flag")),
)


def outages(account: Account, participant: str | None) -> Table:
    """Every outage of every service, and of services as participants with parts of their own have them."""
    owners = owners_of(account)
    rows: list[Row] = []
    for service in account.report.services:
        rows += _outages(service.id, None, service.outages, owners)
        for id_, theirs in around(account, service.id).participants.items():
            if participant in (None, id_):
                rows += _outages(service.id, id_, theirs.outages, owners)
    return Table("outages", _OUTAGES, rows, cost="down")


def _outages(
    service: str, participant: str | None, outages: Sequence[Outage], owners: Mapping[str, str]
) -> Iterator[Row]:
    whose: dict[tuple[str, ...], tuple[str, ...]] = {}
    for start, end, down, excluded, unknown, causes in outages:
        if causes not in whose:
            whose[causes] = tuple(sorted({owners[cause] for cause in causes if cause in owners}))
        yield service, participant, start, end, down, excluded, unknown, causes, whose[causes]


def chain_outages(account: Account, _participant: str | None) -> Table:
    """The outages of the parts of chains, under the agreement of the service they are part of."""
    rows: list[Row] = [
        (service.id, part.id, each.start, each.end, each.down_ms, each.excluded_ms, each.unknown_ms)
        for service in account.report.services
        for part in around(account, service.id).chain or ()
        for each in part.outages
    ]
    return Table("chain_outages", _CHAIN_OUTAGES, rows, cost="down")


def unwatched(account: Account, _participant: str | None) -> Table:
    """Every stretch of agreed time of which nobody knows."""
    rows: list[Row] = [
        (service.id, each.start, each.end, each.unknown_ms, each.reason, each.parts)
        for service in account.report.services
        for each in around(account, service.id).unwatched
    ]
    return Table("unwatched", _UNWATCHED, rows, cost="unknown")


def failovers(account: Account, _participant: str | None) -> Table:
    """Every event of every pair in the period."""
    within = {pair.pair: pair.within_ms for pair in account.pairs}
    rows: list[Row] = [
        (
            *(event.pair, event.started_at, event.ended_at, event.restored_at, event.interrupted_ms),
            *(event.interrupted_low_ms, within.get(event.pair), event.outcome, event.test, event.verdict),
        )
        for event in account.report.failovers
    ]
    return Table("failovers", _FAILOVERS, rows, cost="interrupted")


def pairs(account: Account, _participant: str | None) -> Table:
    """Every pair: how much of the period it was protected, its last test, and when the next is due."""
    known = {pair.pair: pair for pair in account.pairs}
    return Table("pairs", _PAIRS, [_pair(pair, known.get(pair.pair)) for pair in account.report.pairs])


def _pair(pair: PairReport, about: PairAccount | None) -> Row:
    if about is None:
        return (pair.pair, None, None, pair.protected_ratio, None, None, None, None, None)
    last = about.last_test
    tested = (None, None, None) if last is None else (last.started_at, last.interrupted_ms, last.verdict)
    overdue = None if about.test_due_at is None else about.test_overdue
    return (pair.pair, about.name, about.within_ms, pair.protected_ratio, *tested, about.test_due_at, overdue)
