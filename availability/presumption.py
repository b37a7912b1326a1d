"""The presumed state of a service: its state with everything excused taken as up (docs/semantics.md, section 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from availability.estate import Agreement, AllOf, Check, Estate, Expression, Maintenance, Part, Ref
from availability.evaluation import Evaluation, evaluate
from availability.spans import Span, Spans, intersect, subtract, union
from availability.states import DOWN, EXCLUDED, UNKNOWN, UP
from availability.timeline import FOREVER, NEVER, Timeline, overlay
from availability.windows import maintenance_spans


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why parts are presumed up, and when: a maintenance record, or None where an agreement assumes its part up."""

    record: Maintenance | None
    affects: tuple[str, ...]
    spans: Spans


class Presumption:
    """Everything under the excuses of an agreement.

    `states` holds the presumed state of every component, link and service; it is the very same timeline as the
    actual one where nothing is excused. With `among`, in an order in which each comes after those it depends on,
    only the states of those are presumed.
    """

    def __init__(self, evaluation: Evaluation, excuses: Iterable[Excuse], among: Sequence[str] | None = None) -> None:
        self._evaluation = evaluation
        self._excused = _excused_spans(excuses)
        self.states: dict[str, Timeline] = dict(evaluation.states)
        if self._excused:
            for id_ in evaluation.layout.order if among is None else among:
                self.states[id_] = self._presumed(id_)

    def classes_of(self, expression: Expression, actual: Timeline) -> Timeline:
        """The class of each instant of an expression over parts and services, `actual` being its state."""
        return classes(actual, _unless_same(expression, self.states, self._evaluation.states, actual))

    def _presumed(self, id_: str) -> Timeline:
        evaluation = self._evaluation
        part = evaluation.estate.parts.get(id_)
        if part is not None and part.checks:
            state = self._leaf(part)
        else:
            expression = part.up_when if part is not None else evaluation.estate.services[id_].up_when
            state = _unless_same(expression, self.states, evaluation.states, evaluation.states[id_])
        return overlay(state, self._excused.get(id_, ()), UP)

    def _leaf(self, part: Part) -> Timeline:
        """What was only unreachable because of an excused part counts as up."""
        evaluation = self._evaluation
        checks = {check.id: self._check(part, check) for check in part.checks}
        return _unless_same(part.up_when, checks, evaluation.checks, evaluation.states[part.id])

    def _check(self, part: Part, check: Check) -> Timeline:
        evaluation = self._evaluation
        state = evaluation.checks[check.id]
        unreachable = evaluation.unreachable.get(check.id)
        if not unreachable:
            return state
        for other in evaluation.layout.behind[part.id]:
            down = evaluation.states[other].spans(DOWN)
            unreachable = subtract(unreachable, subtract(down, self.states[other].spans(UP)))
        return overlay(state, intersect(unreachable, state.spans(UNKNOWN)), UP)


def classes(actual: Timeline, presumed: Timeline) -> Timeline:
    """The class of each instant: UP, DOWN, UNKNOWN or EXCLUDED, by the table of section 6."""
    if presumed is actual:
        return actual
    result = overlay(actual, subtract(actual.spans(DOWN), presumed.spans(DOWN)), UNKNOWN)
    return overlay(result, intersect(actual.spans(DOWN, UNKNOWN), presumed.spans(UP)), EXCLUDED)


def needing(service: str, needs: tuple[str, ...]) -> Expression:
    """A service as a participant has it: with the parts it needs besides, by `all` (section 7)."""
    return AllOf((Ref(service), *(Ref(id_) for id_ in needs)))


def excuses(record: Maintenance, agreement: Agreement) -> bool:
    """Whether `record` excuses anything under `agreement`: by its category, and approved where that is required."""
    return record.category in agreement.excluded and (record.approved or not agreement.approval_required)


def excuses_under(agreement: Agreement, estate: Estate, start: int, end: int) -> list[Excuse]:
    """Everything that `agreement` excuses within `start` to `end`, assumed parts first."""
    assumed = [Excuse(None, (id_,), [(NEVER, FOREVER)]) for id_ in sorted(agreement.assumes_up)]
    recorded = [
        Excuse(record, record.affects, maintenance_spans(record, estate.timezone, start, end))
        for record in estate.maintenance
        if excuses(record, agreement)
    ]
    return assumed + [excuse for excuse in recorded if excuse.spans]


def _excused_spans(excuses: Iterable[Excuse]) -> dict[str, list[Span]]:
    excused: dict[str, list[Span]] = {}
    for excuse in excuses:
        for id_ in excuse.affects:
            excused.setdefault(id_, []).extend(excuse.spans)
    return {id_: union(spans) for id_, spans in excused.items()}


def _unless_same(
    expression: Expression, presumed: Mapping[str, Timeline], actual: Mapping[str, Timeline], whole: Timeline
) -> Timeline:
    """`expression` over `presumed`, or `whole` itself where no part of it differs from what it actually was."""
    if _same(expression, presumed, actual):
        return whole
    return evaluate(expression, presumed)


def _same(expression: Expression, presumed: Mapping[str, Timeline], actual: Mapping[str, Timeline]) -> bool:
    if isinstance(expression, Ref):
        return presumed[expression.id] is actual[expression.id]
    return all(_same(part, presumed, actual) for part in expression.parts)
