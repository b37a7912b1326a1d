"""From facts to the report of a period: the one line that live state and every export take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from availability.estate import Agreement, Check, Estate, Expression, Ref, Service
from availability.evaluation import Evaluation, evaluate
from availability.failovers import failovers, protected_ratio
from availability.figures import figures, verdict, verdict_of_parts
from availability.outages import causes, downtime_by_owner, leaves, outages
from availability.pending import pending
from availability.periods import Period, split
from availability.ports import Row
from availability.presumption import Presumption, needing
from availability.report import (
    Judged,
    PairReport,
    ParticipantReport,
    PartOfPeriod,
    Report,
    ServiceReport,
)
from availability.spans import Span, Spans, clip, union
from availability.states import DOWN
from availability.timeline import FOREVER, Timeline
from availability.walk import Seen, advance, seen, start
from availability.windows import agreed_spans

Facts = Mapping[tuple[str, str], Sequence[Row]]
"""(check, vantage) to its rows in order of time."""


def observe(estate: Estate, facts: Facts, as_of: int = FOREVER) -> dict[str, dict[str, Seen]]:
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


def judge(estate: Estate, facts: Facts, period: Period, as_of: int, services: Iterable[str] | None = None) -> Report:
    """The report of `period` as known at `as_of` (epoch milliseconds), over all services or those named."""
    evaluation = Evaluation(estate, observe(estate, facts, as_of))
    report = judge_evaluation(evaluation, period, as_of, services)
    return replace(report, pending=pending(evaluation, report, judge_evaluation))


def judge_evaluation(
    evaluation: Evaluation, period: Period, as_of: int, services: Iterable[str] | None = None
) -> Report:
    """The same, from states that were evaluated before; without what is pending."""
    estate = evaluation.estate
    presumptions = _Presumptions(evaluation, period)
    chosen = estate.services if services is None else {id_: estate.services[id_] for id_ in services}
    now = min(as_of, period.end)
    return Report(
        period=period,
        as_of=as_of,
        services=tuple(
            _ServiceJudge(evaluation, presumptions, service, period, as_of).report() for service in chosen.values()
        ),
        failovers=tuple(
            event for pair in estate.pairs for event in failovers(evaluation, pair, period.start, period.end, as_of)
        ),
        pairs=tuple(PairReport(pair.id, protected_ratio(evaluation, pair, period.start, now)) for pair in estate.pairs),
    )


class _Presumptions:
    """What is excused and when hours are agreed, worked out once per agreement."""

    def __init__(self, evaluation: Evaluation, period: Period) -> None:
        self._evaluation = evaluation
        self._period = period
        self._presumptions: dict[str, Presumption] = {}
        self._agreed: dict[str, list[Span]] = {}

    def of(self, agreement: Agreement) -> Presumption:
        """The excuses of `agreement` in the period."""
        if agreement.id not in self._presumptions:
            self._presumptions[agreement.id] = Presumption(
                self._evaluation, agreement, self._period.start, self._period.end
            )
        return self._presumptions[agreement.id]

    def agreed(self, agreement: Agreement) -> list[Span]:
        """The agreed time of `agreement` in the period."""
        if agreement.id not in self._agreed:
            calendar = self._evaluation.estate.calendar
            self._agreed[agreement.id] = agreed_spans(agreement, calendar, self._period.start, self._period.end)
        return self._agreed[agreement.id]


class _ServiceJudge:
    """One service in one period."""

    def __init__(
        self, evaluation: Evaluation, presumptions: _Presumptions, service: Service, period: Period, as_of: int
    ) -> None:
        estate = evaluation.estate
        self._evaluation = evaluation
        self._service = service
        self._period = period
        self._as_of = as_of
        self._agreement = estate.agreements[service.agreement]
        self._presumption = presumptions.of(self._agreement)
        self._agreed = presumptions.agreed(self._agreement)
        if service.since_ms is not None or service.until_ms is not None:
            since = period.start if service.since_ms is None else service.since_ms
            until = period.end if service.until_ms is None else service.until_ms
            self._agreed = clip(self._agreed, since, until)
        self._parts = split(period, self._agreement.per, estate.timezone)

    def report(self) -> ServiceReport:
        """Figures, participants, outages and shares of the service."""
        evaluation, service = self._evaluation, self._service
        whole = Ref(service.id)
        actual = evaluation.states[service.id]
        classes = self._presumption.classes_of(whole, actual)
        span = (self._period.start, self._period.end)
        down = [
            (begin, end) for begin, end in actual.spans(DOWN, until=self._as_of) if begin < span[1] and end > span[0]
        ]
        caused = causes(evaluation, whole, down) if down else {}
        return ServiceReport(
            id=service.id,
            name=service.name or service.id,
            agreement=self._agreement.id,
            norm=self._agreement.norm,
            judged=self._judged(whole, classes),
            participants=tuple(
                ParticipantReport(participant.id, self._judged_with(participant.needs))
                for participant in service.participants
                if participant.needs
            ),
            downtime_by_owner_ms=downtime_by_owner(evaluation, classes, caused, self._agreed, span, self._as_of),
            outages=outages(actual, down, classes, caused, self._agreed, span, self._as_of),
        )

    def _judged_with(self, needs: tuple[str, ...]) -> Judged:
        """The service as a participant has it, with the parts it needs besides."""
        expression = needing(self._service.id, needs)
        actual = evaluate(expression, self._evaluation.states)
        return self._judged(expression, self._presumption.classes_of(expression, actual))

    def _judged(self, expression: Expression, classes: Timeline) -> Judged:
        unconfirmed = _unconfirmed(self._evaluation, expression)
        whole = figures(self._agreed, classes, unconfirmed, self._period, self._as_of, self._agreement.norm)
        if not self._parts:
            return Judged(whole, None, None)
        if len(self._parts) == 1:
            return Judged(whole, verdict(whole, self._period, self._as_of), None)
        parts = tuple(
            PartOfPeriod(part.label, of_part, verdict(of_part, part, self._as_of))
            for part in self._parts
            for of_part in [figures(self._agreed, classes, unconfirmed, part, self._as_of, self._agreement.norm)]
            if of_part.agreed_ms + of_part.rest_ms
        )
        return Judged(whole, verdict_of_parts([part.verdict for part in parts]), parts)


def _unconfirmed(evaluation: Evaluation, expression: Expression) -> Spans:
    """When a judged check of the expression's leaves was in an unconfirmed failing run from some vantage."""
    estate = evaluation.estate
    return union(
        span
        for leaf in leaves(evaluation, expression)
        for check in estate.parts[leaf].checks
        if check.counts
        for knowledge in evaluation.seen_by.get(check.id, {}).values()
        for span in knowledge.unconfirmed
    )
