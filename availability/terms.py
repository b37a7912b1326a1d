"""What a service is judged by in one period: its agreed time and excuses, and what follows from them, each once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from operator import itemgetter

from availability.estate import Agreement, Expression, Per, Ref, Service
from availability.evaluation import Evaluation, evaluate
from availability.figures import figures, verdict, verdict_of_parts
from availability.outages import Outages, causes, leaves, outages
from availability.periods import Period, split
from availability.presumption import Excuse, Presumption, excuses_under, needing
from availability.report import Judged, PartOfPeriod
from availability.spans import Ruler, Span, clip, intersect, union
from availability.states import DOWN, EXCLUDED, UNKNOWN, UP
from availability.timeline import FOREVER, NEVER, Timeline
from availability.tracing import closure
from availability.windows import agreed_spans


class Terms:
    """What is excused and when hours are agreed in a period, worked out once per agreement."""

    def __init__(self, evaluation: Evaluation, period: Period, as_of: int) -> None:
        self.evaluation = evaluation
        self.period = period
        self.as_of = as_of
        self.now = min(max(as_of, period.start), period.end)
        """Where the part of the period that is judged ends."""
        self._excuses: dict[str, list[Excuse]] = {}
        self._presumptions: dict[str, Presumption] = {}
        self._agreed: dict[str, list[Span]] = {}
        self._parts: dict[Per, tuple[Period, ...]] = {}
        self._rulers: dict[str, Ruler] = {}

    def excuses(self, agreement: Agreement) -> list[Excuse]:
        """Everything that `agreement` excuses in the period."""
        if agreement.id not in self._excuses:
            estate, period = self.evaluation.estate, self.period
            self._excuses[agreement.id] = excuses_under(agreement, estate, period.start, period.end)
        return self._excuses[agreement.id]

    def presumption(self, agreement: Agreement) -> Presumption:
        """Everything under the excuses of `agreement`."""
        if agreement.id not in self._presumptions:
            self._presumptions[agreement.id] = Presumption(self.evaluation, self.excuses(agreement))
        return self._presumptions[agreement.id]

    def parts(self, per: Per) -> tuple[Period, ...]:
        """The months, quarters or years of the period; none where it is shorter than one."""
        if per not in self._parts:
            self._parts[per] = split(self.period, per, self.evaluation.estate.timezone)
        return self._parts[per]

    def agreed(self, service: Service) -> list[Span]:
        """The agreed time of `service` in the period, `since` and `until` applied."""
        estate, period = self.evaluation.estate, self.period
        if service.agreement not in self._agreed:
            agreement = estate.agreements[service.agreement]
            self._agreed[agreement.id] = agreed_spans(agreement, estate.calendar, period.start, period.end)
        return while_it_exists(service, self._agreed[service.agreement])

    def ruler(self, service: Service, agreed: list[Span]) -> Ruler:
        """Measures how much of some time is `agreed`, the agreed time of `service`."""
        if agreed is not self._agreed.get(service.agreement):
            return Ruler(agreed)
        if service.agreement not in self._rulers:
            self._rulers[service.agreement] = Ruler(agreed)
        return self._rulers[service.agreement]


def while_it_exists(service: Service, agreed: list[Span]) -> list[Span]:
    """What of `agreed` lies between the `since` and `until` of `service` (section 5)."""
    if service.since_ms is None and service.until_ms is None:
        return agreed
    since = NEVER if service.since_ms is None else service.since_ms
    return clip(agreed, since, FOREVER if service.until_ms is None else service.until_ms)


class Case:
    """One service in one period: its terms, and what is judged by them."""

    def __init__(self, terms: Terms, service: Service) -> None:
        estate = terms.evaluation.estate
        self.terms = terms
        self.service = service
        self.agreement = estate.agreements[service.agreement]
        self.presumption = terms.presumption(self.agreement)
        self.agreed = terms.agreed(service)
        self.ruler = terms.ruler(service, self.agreed)
        self.parts = terms.parts(self.agreement.per)
        """The agreement's own periods in this one; none where it is shorter than one."""
        self.whole = Subject(self, Ref(service.id), terms.evaluation.states[service.id])

    @cached_property
    def rests_on(self) -> list[str]:
        """All that its state rests on, itself included, each after those it depends on."""
        return closure(self.terms.evaluation, self.service.id)

    @cached_property
    def participants(self) -> dict[str, Subject]:
        """The service as each participant has it that needs parts besides, by its id."""
        return {user.id: self._as_had_with(user.needs) for user in self.service.participants if user.needs}

    def _as_had_with(self, needs: tuple[str, ...]) -> Subject:
        expression = needing(self.service.id, needs)
        return Subject(self, expression, evaluate(expression, self.terms.evaluation.states))


class Subject:
    """An expression that is judged under the terms of a service, each thing worked out when it is first asked for."""

    def __init__(
        self, case: Case, expression: Expression, actual: Timeline, presumption: Presumption | None = None
    ) -> None:
        self.case = case
        self.expression = expression
        self.actual = actual
        self.presumption = presumption or case.presumption

    @cached_property
    def leaves(self) -> list[str]:
        """The components and links with checks that it rests on, sorted."""
        return leaves(self.case.terms.evaluation, self.expression)

    @cached_property
    def classes(self) -> Timeline:
        """The class of each instant (section 6)."""
        return self.presumption.classes_of(self.expression, self.actual)

    @cached_property
    def by_class(self) -> Sequence[list[Span]]:
        """Agreed time of the period so far, by DOWN, UNKNOWN, UP and EXCLUDED."""
        return [self.agreed_in(class_) for class_ in (DOWN, UNKNOWN, UP, EXCLUDED)]

    def agreed_in(self, class_: int) -> list[Span]:
        """Agreed time of the period so far in one class."""
        terms = self.case.terms
        return intersect(self.case.agreed, self.classes.spans_within(terms.period.start, terms.now, class_))

    @cached_property
    def down(self) -> list[Span]:
        """The stretches of DOWN, whole, that share an instant with the period, up to `as_of`."""
        terms = self.case.terms
        start, end = terms.period.start, terms.period.end
        spans = self.actual.spans(DOWN, until=terms.as_of)
        first, last = bisect_right(spans, start, key=itemgetter(1)), bisect_left(spans, end, key=itemgetter(0))
        return spans[first:last]

    @cached_property
    def caused(self) -> dict[str, list[Span]]:
        """When each leaf was a cause of `down`."""
        return causes(self.case.terms.evaluation, self.expression, self.down) if self.down else {}

    @property
    def owned(self) -> bool:
        """Whether any of its leaves has an owner."""
        parts = self.case.terms.evaluation.estate.parts
        return any(parts[leaf].owner is not None for leaf in self.leaves)

    def outages(self) -> Outages:
        """Its outages in the period."""
        terms = self.case.terms
        span = (terms.period.start, terms.period.end)
        ruler = self.case.ruler
        return outages(
            terms.evaluation, self.expression, self.actual, self.down, self.classes, ruler, span, terms.as_of
        )

    def judged(self) -> Judged:
        """Its figures and verdict."""
        case, terms = self.case, self.case.terms
        norm = case.agreement.norm
        unconfirmed = self.unconfirmed
        whole = figures(case.agreed, self.classes, unconfirmed, terms.period, terms.as_of, norm)
        if not case.parts:
            return Judged(whole, None, None)
        if len(case.parts) == 1:
            return Judged(whole, verdict(whole, terms.period, terms.as_of), None)
        parts = tuple(
            PartOfPeriod(part.label, of_part, verdict(of_part, part, terms.as_of))
            for part in case.parts
            for of_part in [figures(case.agreed, self.classes, unconfirmed, part, terms.as_of, norm)]
            if of_part.agreed_ms + of_part.rest_ms
        )
        return Judged(whole, verdict_of_parts([part.verdict for part in parts]), parts)

    @cached_property
    def unconfirmed(self) -> list[Span]:
        """When a judged check of its leaves was in an unconfirmed failing run from some vantage."""
        evaluation = self.case.terms.evaluation
        return union(
            span
            for leaf in self.leaves
            for check in evaluation.estate.parts[leaf].checks
            if check.counts
            for knowledge in evaluation.seen_by.get(check.id, {}).values()
            for span in knowledge.unconfirmed
        )
