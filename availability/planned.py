"""Planned work that takes agreed hours, and upgrades (docs/semantics.md, section 10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from availability.account import PlannedWork
from availability.estate import Maintenance
from availability.failovers import TEST_CATEGORY
from availability.spans import Ruler, Span, Spans, clip, total
from availability.terms import Case, Terms
from availability.windows import maintenance_spans, window_spans

UPGRADE_CATEGORY = "upgrade"
PRODUCTION = "production"

_MARGIN_MS = 31 * 86_400_000
"""How far around the period recurring work and office hours are looked at."""


def planned(terms: Terms, cases: Sequence[Case]) -> tuple[PlannedWork, ...]:
    """Work other than failover tests that takes agreed time of a service of `cases`, and every upgrade, in the
    period; in order of time."""
    records = [record for record in terms.evaluation.estate.maintenance if record.category != TEST_CATEGORY]
    if not records:
        return ()
    touched_by: dict[str, list[int]] = {}
    for number, case in enumerate(cases):
        for id_ in case.rests_on:
            touched_by.setdefault(id_, []).append(number)
    found = []
    for record in records:
        numbers = {number for id_ in record.affects for number in touched_by.get(id_, ())}
        touched = [cases[number] for number in sorted(numbers)]
        if not touched and record.category != UPGRADE_CATEGORY:
            continue
        for start, end in _stretches(terms, record):
            taken = [(case.service.id, total(clip(case.agreed, start, end))) for case in touched]
            if record.category == UPGRADE_CATEGORY or any(time for _, time in taken):
                found.append(_work(terms, record, (start, end), taken, touched))
    return tuple(sorted(found, key=lambda work: (work.start, work.end)))


def _stretches(terms: Terms, record: Maintenance) -> Iterable[Span]:
    """The stretches of `record` that share an instant with the period, whole."""
    period, timezone = terms.period, terms.evaluation.estate.timezone
    first, last = period.start - _MARGIN_MS, period.end + _MARGIN_MS
    if record.start_ms is not None and record.end_ms is not None:
        first, last = min(first, record.start_ms), max(last, record.end_ms)
    spans = maintenance_spans(record, timezone, first, last)
    return ((start, end) for start, end in spans if start < period.end and end > period.start)


def _work(
    terms: Terms, record: Maintenance, stretch: Span, taken: list[tuple[str, int]], touched: Sequence[Case]
) -> PlannedWork:
    start, end = stretch
    upgrade = record.category == UPGRADE_CATEGORY
    limits = [
        case.agreement.upgrade_at_most_ms
        for case in touched
        if upgrade and case.service.environment == PRODUCTION and case.agreement.upgrade_at_most_ms is not None
    ]
    office = Ruler(_office_hours(terms, stretch)).within([stretch])
    return PlannedWork(
        id=record.id,
        category=record.category,
        start=start,
        end=end,
        reason=record.reason,
        services=tuple(taken),
        office_ms=office,
        too_long=bool(limits) and end - start > min(limits),
        in_office_hours=bool(limits) and office > 0,
    )


def _office_hours(terms: Terms, stretch: Span) -> Spans:
    estate, period = terms.evaluation.estate, terms.period
    near = clip([stretch], period.start - _MARGIN_MS, period.end + _MARGIN_MS)
    return [
        span
        for start, end in near
        for span in window_spans(estate.office_hours, estate.timezone, estate.calendar, start, end)
    ]
