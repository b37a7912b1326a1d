"""The tables about recovery times: per priority, the incidents that missed, and all of them (section 9)."""

from __future__ import annotations

from collections.abc import Iterable

from availability.account import Account
from availability.recovery import JudgedIncident, PriorityShare, RecoveryReport
from availability.spans import total
from exporters.tables.table import Column, Row, Table, Typed

_RECOVERY = (
    *(Column("priority", "count"), Column("incidents", "count"), Column("within", "count")),
    *(Column("share", "ratio", share=("{within}", "{incidents}")), Column("norm", "norm")),
    Column("verdict", "verdict"),
)
_INCIDENTS = (
    *(Column("id"), Column("service"), Column("priority", "count"), Column("environment"), Column("summary")),
    *(Column("reported_at", "instant"), Column("reacted_at", "later"), Column("closed_at", "later")),
    *(Column("waiting", "duration"), Column("reaction_due", "instant"), Column("reaction", "word")),
    *(Column("recovery_due", "instant"), Column("recovery", "word"), Column("counts", "flag")),
    Column("source", "word"),
)


def recovery(account: Account, _participant: str | None) -> Table:
    """The share within its limits of every priority, and of all together, which alone has a norm and a verdict."""
    found = account.recovery
    if found is None:
        return Table("recovery", _RECOVERY, [])
    rows: list[Row] = [(each.priority, *_counts(each), None, None) for each in found.priorities]
    rows.append((Typed("word", "total"), *_counts(found.total), found.norm, found.verdict))
    return Table("recovery", _RECOVERY, rows)


def _counts(share: PriorityShare) -> Row:
    return share.incidents, share.within, share.share


def missed(account: Account, _participant: str | None) -> Table:
    """The incidents that count and were not within their limits."""
    missed = [each for each in _all(account.recovery) if each.missed and each.counts]
    return Table("missed", _INCIDENTS, _incidents(missed))


def incidents(account: Account, _participant: str | None) -> Table:
    """All incidents of the period, those that do not count included."""
    return Table("incidents", _INCIDENTS, _incidents(_all(account.recovery)))


def _all(report: RecoveryReport | None) -> tuple[JudgedIncident, ...]:
    return () if report is None else report.incidents


def _incidents(incidents: Iterable[JudgedIncident]) -> list[Row]:
    return [
        (
            *(one.id, one.service, one.priority, one.environment or None, one.summary or None),
            *(one.reported_at, one.reacted_at, one.closed_at, total(one.waiting)),
            *(each.reaction_due, each.reaction, each.recovery_due, each.recovery, each.counts, one.source),
        )
        for each in incidents
        for one in [each.incident]
    ]
