"""From facts to the report of a period: the one line that live state and every export take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from availability.estate import Check, Estate, Service
from availability.evaluation import Evaluation
from availability.failovers import failovers, protected_ratio
from availability.outages import downtime_by_owner
from availability.pending import pending
from availability.periods import Period
from availability.ports import FactSource, Row
from availability.report import PairReport, ParticipantReport, Report, ServiceReport
from availability.terms import Case, Terms
from availability.timeline import FOREVER
from availability.walk import Seen, advance, seen, start

Facts = Mapping[tuple[str, str], Sequence[Row]]
"""(check, vantage) to its rows in order of time."""


def observe(estate: Estate, facts: FactSource, as_of: int = FOREVER) -> dict[str, dict[str, Seen]]:
    """What each vantage knew of each check at `as_of`; facts of checks that the estate no longer has are left out."""
    checks: dict[str, Check] = {check.id: check for part in estate.parts.values() for check in part.checks}
    seen_by: dict[str, dict[str, Seen]] = {}
    for (check_id, vantage), rows in facts.items():
        check = checks.get(check_id)
        if check is not None:
            walk = start(check)
            advance(walk, rows, as_of)
            seen_by.setdefault(check_id, {})[vantage] = seen(walk, as_of)
    return seen_by


def judge(
    estate: Estate, facts: FactSource, period: Period, as_of: int, services: Iterable[str] | None = None
) -> Report:
    """The report of `period` as known at `as_of` (epoch milliseconds), over all services or those named."""
    evaluation = Evaluation(estate, observe(estate, facts, as_of))
    return with_pending(evaluation, judge_evaluation(evaluation, period, as_of, services))


def judge_evaluation(
    evaluation: Evaluation, period: Period, as_of: int, services: Iterable[str] | None = None
) -> Report:
    """The same, from states that were evaluated before; without what is pending."""
    terms = Terms(evaluation, period, as_of)
    # One case at a time: what was worked out for it is let go of with it.
    told = (service_report(Case(terms, service)) for service in chosen(evaluation.estate, services))
    return report_of(terms, told)


def with_pending(evaluation: Evaluation, report: Report) -> Report:
    """`report` with the records that wait for approval."""
    return replace(report, pending=pending(evaluation, report, judge_evaluation))


def chosen(estate: Estate, services: Iterable[str] | None) -> Iterable[Service]:
    """All services, or those named; KeyError where one is not there."""
    return estate.services.values() if services is None else {id_: estate.services[id_] for id_ in services}.values()


def report_of(terms: Terms, services: Iterable[ServiceReport]) -> Report:
    """The report that has `services`, and every pair."""
    evaluation, period, as_of = terms.evaluation, terms.period, terms.as_of
    pairs = evaluation.estate.pairs
    return Report(
        period=period,
        as_of=as_of,
        services=tuple(services),
        failovers=tuple(
            event for pair in pairs for event in failovers(evaluation, pair, period.start, period.end, as_of)
        ),
        pairs=tuple(
            PairReport(pair.id, protected_ratio(evaluation, pair, period.start, min(as_of, period.end)))
            for pair in pairs
        ),
    )


def service_report(case: Case) -> ServiceReport:
    """Figures, participants, outages and shares of one service."""
    service, whole, terms = case.service, case.whole, case.terms
    span = (terms.period.start, terms.period.end)
    return ServiceReport(
        id=service.id,
        name=service.name or service.id,
        agreement=case.agreement.id,
        norm=case.agreement.norm,
        judged=whole.judged(),
        participants=tuple(ParticipantReport(id_, subject.judged()) for id_, subject in case.participants.items()),
        downtime_by_owner_ms=downtime_by_owner(
            terms.evaluation, whole.classes, whole.caused if whole.owned else {}, case.agreed, span, terms.as_of
        ),
        outages=whole.outages(),
    )
