"""Maintenance records that wait for approval, and what a report would say if they were approved (section 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import replace

from availability.estate import Agreement, Maintenance
from availability.evaluation import Evaluation
from availability.periods import Period
from availability.report import Pending, Report
from availability.windows import maintenance_spans

Judge = Callable[[Evaluation, Period, int, Iterable[str]], Report]
"""`availability.judge.judge_evaluation`."""


def pending(evaluation: Evaluation, report: Report, judge: Judge) -> tuple[Pending, ...]:
    """The records that excuse nothing in `report` because nobody approved them, each with the services that would be
    judged otherwise if it were: it alone, beside those that count already."""
    return tuple(_pending(evaluation, report, judge))


def awaits(record: Maintenance, agreement: Agreement) -> bool:
    """Whether only an approval keeps `record` from excusing under `agreement`."""
    return not record.approved and agreement.approval_required and record.category in agreement.excluded


def _pending(evaluation: Evaluation, report: Report, judge: Judge) -> Iterator[Pending]:
    estate, period = evaluation.estate, report.period
    told = {service.id: service for service in report.services}
    for index, record in enumerate(estate.maintenance):
        agreements = {one.id for one in estate.agreements.values() if awaits(record, one)}
        under = [id_ for id_, service in told.items() if service.agreement in agreements]
        if not under or not maintenance_spans(record, estate.timezone, period.start, period.end):
            continue
        records = (*estate.maintenance[:index], replace(record, approved=True), *estate.maintenance[index + 1 :])
        approved = copy(evaluation)  # what was observed is the same
        approved.estate = replace(estate, maintenance=records)
        otherwise = judge(approved, period, report.as_of, under).services
        waiting = tuple(sorted({told[id_].agreement for id_ in under}))
        yield Pending(record, waiting, tuple(one for one in otherwise if one != told[one.id]))
