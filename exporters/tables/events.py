"""The tables about what happened: outages, what nobody watched, failovers and the pairs they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from availability.account import Account, PairAccount, ParticipantAccount, Unwatched
from availability.report import Outage, PairReport, ServiceReport
from exporters.tables.costliest import costliest, downs, unknowns
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


def outages(account: Account, participant: str | None, most: int | None = None) -> Table:
    """Every outage of every service, and of services as participants with parts of their own have them.

    With `most` those that a person reads: that many that cost most, and each once, not again for every participant
    that had it because the service had it.
    """
    groups: list[tuple[str, str | None, Sequence[Outage]]] = []
    for service in account.report.services:
        groups.append((service.id, None, service.outages))
        for id_, theirs in around(account, service.id).participants.items():
            if participant in (None, id_):
                groups.append((service.id, id_, theirs.outages if most is None else _own(theirs, service)))
    owners = owners_of(account)
    if most is None:
        rows = [row for service_id, whose, of_one in groups for row in _outages(service_id, whose, of_one, owners)]
        return Table("outages", _OUTAGES, rows, cost="down")
    rows = []
    for number, at in costliest([downs(of_one) for *_, of_one in groups], most):
        service_id, whose, of_one = groups[number]
        rows += _outages(service_id, whose, [of_one[at]], owners)
    return Table("outages", _OUTAGES, rows, cost="down", more=sum(len(of_one) for *_, of_one in groups) - len(rows))


def _own(theirs: ParticipantAccount, service: ServiceReport) -> list[Outage]:
    """Without the outages that a participant had because the service had them."""
    common = set(service.outages)
    return [outage for outage in theirs.outages if outage not in common]


def _outages(
    service: str, participant: str | None, outages: Iterable[Outage], owners: Mapping[str, str]
) -> Iterator[Row]:
    whose: dict[tuple[str, ...], tuple[str, ...]] = {}
    for start, end, down, excluded, unknown, causes in outages:
        if causes not in whose:
            whose[causes] = tuple(sorted({owners[cause] for cause in causes if cause in owners}))
        yield service, participant, start, end, down, excluded, unknown, causes, whose[causes]


def chain_outages(account: Account, _participant: str | None, most: int | None = None) -> Table:
    """The outages of the parts of chains, under the agreement of the service they are part of; with `most` that many
    that cost most."""
    groups = [
        (service.id, part.id, part.outages)
        for service in account.report.services
        for part in around(account, service.id).chain or ()
    ]
    if most is None:
        rows = [_chain_outage(service, part, each) for service, part, of_one in groups for each in of_one]
        return Table("chain_outages", _CHAIN_OUTAGES, rows, cost="down")
    rows = []
    for number, at in costliest([downs(of_one) for *_, of_one in groups], most):
        service_id, part_id, of_one = groups[number]
        rows.append(_chain_outage(service_id, part_id, of_one[at]))
    more = sum(len(of_one) for *_, of_one in groups) - len(rows)
    return Table("chain_outages", _CHAIN_OUTAGES, rows, cost="down", more=more)


def _chain_outage(service: str, part: str, each: Outage) -> Row:
    return service, part, each.start, each.end, each.down_ms, each.excluded_ms, each.unknown_ms


def unwatched(account: Account, _participant: str | None, most: int | None = None) -> Table:
    """Every stretch of agreed time of which nobody knows; with `most` that many that cost most."""
    groups = [(service.id, around(account, service.id).unwatched) for service in account.report.services]
    if most is None:
        rows = [_unwatched(service, each) for service, of_one in groups for each in of_one]
        return Table("unwatched", _UNWATCHED, rows, cost="unknown")
    rows = []
    for number, at in costliest([unknowns(of_one) for _, of_one in groups], most):
        service_id, of_one = groups[number]
        rows.append(_unwatched(service_id, of_one[at]))
    more = sum(len(of_one) for _, of_one in groups) - len(rows)
    return Table("unwatched", _UNWATCHED, rows, cost="unknown", more=more)


def _unwatched(service: str, each: Unwatched) -> Row:
    return service, each.start, each.end, each.unknown_ms, each.reason, each.parts


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
