"""The tables about work and how fast things answer: exclusions, planned work, what waits for approval, responses."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from availability.account import Account, Excluded, Exclusion, Response
from availability.spans import total
from exporters.tables.standing import around, changed
from exporters.tables.table import Column, Row, Table

_EXCLUSIONS = (
    *(Column("id"), Column("kind", "word"), Column("category", "word"), Column("affects")),
    *(Column("start", "instant"), Column("end", "later"), Column("stretches", "count"), Column("applied", "duration")),
    *(Column("service"), Column("excluded", "duration"), Column("availability", "ratio")),
    *(Column("availability_without", "ratio"), Column("verdict", "verdict"), Column("verdict_without", "verdict")),
    *(Column("changed", "flag"), Column("reason"), Column("ticket"), Column("notice", "instant")),
    *(Column("entered_by"), Column("entered_at", "instant"), Column("approved_by"), Column("approved_at", "instant")),
)
_PLANNED = (
    *(Column("id"), Column("category", "word"), Column("start", "instant"), Column("end", "later")),
    *(Column("length", "duration"), Column("service"), Column("agreed", "duration"), Column("office", "duration")),
    *(Column("too_long", "flag"), Column("in_office_hours", "flag"), Column("reason")),
)
_PENDING = (
    *(Column("id"), Column("category", "word"), Column("affects"), Column("start", "instant"), Column("end", "later")),
    *(Column("reason"), Column("entered_by"), Column("agreements"), Column("service")),
    *(Column("availability", "ratio"), Column("verdict", "verdict")),
)
_RESPONSE = (
    *(Column("service"), Column("check"), Column("count", "count"), Column("mean", "milliseconds")),
    *(Column("p95", "milliseconds"), Column("mean_below", "milliseconds"), Column("within", "flag")),
)
_ENVIRONMENTS = (
    *(Column("service"), Column("mean", "milliseconds"), Column("p95", "milliseconds"), Column("environment")),
    *(Column("environment_mean", "milliseconds"), Column("environment_p95", "milliseconds")),
    Column("difference", "milliseconds"),
)


def exclusions(account: Account, _participant: str | None) -> Table:
    """Every exclusion, a row per service of which it excluded anything: who, when, why, and what it changed."""
    return Table("exclusions", _EXCLUSIONS, [row for each in account.exclusions for row in _exclusion(each)])


def _exclusion(exclusion: Exclusion) -> Iterator[Row]:
    spans = exclusion.spans
    for service in exclusion.services or (None,):
        yield (
            *(exclusion.id, exclusion.kind, exclusion.category or None, exclusion.affects),
            *(spans[0][0] if spans else None, spans[-1][1] if spans else None, len(spans), total(spans)),
            *_effect(service),
            *(exclusion.reason or None, exclusion.ticket or None, exclusion.notice_ms, exclusion.entered_by or None),
            *(exclusion.entered_at, exclusion.approved_by or None, exclusion.approved_at),
        )


def _effect(excluded: Excluded | None) -> Row:
    if excluded is None:
        return (None, None, None, None, None, None, False)
    told, without = excluded.told, excluded.without
    return (
        *(excluded.service, excluded.covered_ms, told.figures.availability, without.figures.availability),
        *(told.verdict, without.verdict, changed(told, without)),
    )


def planned(account: Account, _participant: str | None) -> Table:
    """Planned work within agreed hours, a row per service that it touches, and every upgrade."""
    rows: list[Row] = []
    for work in account.planned:
        for service, agreed in work.services or ((None, None),):
            rows.append(
                (
                    *(work.id, work.category, work.start, work.end, work.end - work.start, service, agreed),
                    *(work.office_ms, work.too_long, work.in_office_hours, work.reason or None),
                )
            )
    return Table("planned_work", _PLANNED, rows, cost="agreed")


def pending(account: Account, _participant: str | None) -> Table:
    """What waits for a second person, a row per service that would be judged otherwise."""
    rows: list[Row] = []
    for each in account.report.pending:
        record = each.record
        for service in each.would_change or (None,):
            judged = None if service is None else service.judged
            rows.append(
                (
                    *(record.id, record.category, record.affects, record.start_ms, record.end_ms),
                    *(record.reason or None, record.entered_by or None, each.agreements),
                    None if service is None else service.id,
                    *((None, None) if judged is None else (judged.figures.availability, judged.verdict)),
                )
            )
    return Table("pending", _PENDING, rows)


def response(account: Account, _participant: str | None) -> Table:
    """How fast services answered within agreed hours, against what was agreed."""
    rows: list[Row] = []
    for service in account.report.services:
        found = around(account, service.id).response
        if found is not None:
            measured = (found.count, found.mean_ms, found.p95_ms, found.mean_below_ms)
            rows.append((service.id, found.check, *measured, found.within))
    return Table("response", _RESPONSE, rows)


def environments(account: Account, _participant: str | None) -> Table:
    """The response times of a service beside those of its other environments (Midden-Groningen SLA 3.5)."""
    rows: list[Row] = []
    for id_, others in account.environments.items():
        first = around(account, id_).response
        for other in others:
            second = around(account, other).response
            rows.append((id_, *_times(first), other, *_times(second), _difference(first, second)))
    return Table("environments", _ENVIRONMENTS, rows)


def _times(response: Response | None) -> tuple[float | None, float | None]:
    return (None, None) if response is None else (response.mean_ms, response.p95_ms)


def _difference(first: Response | None, second: Response | None) -> float | None:
    if first is None or second is None or first.mean_ms is None or second.mean_ms is None:
        return None
    # Of two written decimals: their difference as floats would show digits that nobody measured.
    return float(Fraction(str(second.mean_ms)) - Fraction(str(first.mean_ms)))
