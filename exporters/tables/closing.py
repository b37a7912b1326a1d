"""The tables about the report itself: months that were closed, what it speaks of, and how its figures come about."""

from __future__ import annotations

from availability.account import Account
from exporters.tables.table import Column, Row, Table, Typed

_CLOSED = (
    *(Column("month"), Column("closed_at", "instant"), Column("closed_by"), Column("digest")),
    Column("restated", "flag"),
)
_RESTATED = (
    *(Column("month"), Column("service"), Column("participant"), Column("closed_availability", "ratio")),
    *(Column("availability", "ratio"), Column("closed_verdict", "verdict"), Column("verdict", "verdict")),
)
_ABOUT = (Column("item", "word"), Column("value", "mixed"))
_METHOD = (Column("figure", "word"), Column("explanation", "word"))
_EXPLAINED = (
    *("agreed", "up", "down", "unknown", "excluded", "rest", "unconfirmed_failed", "availability", "rounding"),
    *("availability_low", "availability_high", "coverage", "verdict", "light", "budget", "budget_left", "forecast"),
    *("lost_at", "earliest_lost_at", "outages", "owners", "unwatched", "exclusions", "failovers", "protected_ratio"),
    *("planned_work", "response", "recovery", "restated", "digest", "instants"),
)
"""What the method explains, in the order in which a reader meets it."""


def closed(account: Account, _participant: str | None) -> Table:
    """The months within the period that were closed, with the digest that holds them."""
    rows: list[Row] = [
        (month, each.closed_at, each.closed_by, each.digest, bool(each.restated)) for month, each in account.closed
    ]
    return Table("closed", _CLOSED, rows)


def restated(account: Account, participant: str | None) -> Table:
    """What was frozen and would be told otherwise now."""
    rows: list[Row] = [
        (
            *(month, each.service, each.participant, each.closed_availability, each.availability),
            *(each.closed_verdict, each.verdict),
        )
        for month, one in account.closed
        for each in one.restated
        if participant is None or each.participant in (None, participant)
    ]
    return Table("restated", _RESTATED, rows)


def _whose(account: Account, participant: str | None) -> Typed:
    if participant is None:
        return Typed("word", "everybody")
    return Typed("text", account.names.get(participant, participant))


def about(account: Account, timezone: str, version: str, participant: str | None) -> Table:
    """What the report speaks of: period, for whom, as of when, and the head of the chain of closed months."""
    report = account.report
    rows: list[Row] = [
        (Typed("word", "period"), Typed("text", report.period.label)),
        (Typed("word", "from"), Typed("instant", report.period.start)),
        (Typed("word", "to"), Typed("instant", report.period.end)),
        (Typed("word", "as_of"), Typed("instant", report.as_of)),
        (Typed("word", "timezone"), Typed("text", timezone)),
        (Typed("word", "for"), _whose(account, participant)),
    ]
    if version:
        rows.append((Typed("word", "version"), Typed("text", version)))
    if account.head is None:
        rows.append((Typed("word", "head"), Typed("word", "no_head")))
    else:
        rows.append((Typed("word", "head_period"), Typed("text", account.head.period)))
        rows.append((Typed("word", "head"), Typed("text", account.head.digest)))
    rows += [(Typed("word", "what_if"), Typed("text", each)) for each in account.what_if]
    return Table("about", _ABOUT, rows)


def method() -> Table:
    """How every figure comes about, in plain words."""
    return Table("method", _METHOD, [(f"figure.{key}", f"method.{key}") for key in _EXPLAINED])
