"""Agreed time of which nobody knows whether a service was up (docs/semantics.md, section 10)."""

from __future__ import annotations

from bisect import bisect_right

from availability.account import Unwatched
from availability.evaluation import references
from availability.spans import Span, Spans, intersect, total
from availability.states import UNKNOWN
from availability.terms import Subject
from availability.tracing import trace


def unwatched(subject: Subject) -> tuple[Unwatched, ...]:
    """The stretches of class unknown within the agreed time of the period so far."""
    unknown = subject.agreed_in(UNKNOWN)
    if not unknown:
        return ()
    case = subject.case
    # A presumed state is unknown only where the actual one is, or where it is down and what is excused hides why.
    undecided = trace(case.terms.evaluation, subject.presumption.states, subject.expression, unknown, UNKNOWN)
    stretches = _stretches(subject, unknown)
    starts = [stretch[0][0] for stretch in stretches]
    by_stretch: list[dict[str, list[Span]]] = [{} for _ in stretches]
    for id_, spans in undecided.items():
        for span in spans:
            by_stretch[bisect_right(starts, span[0]) - 1].setdefault(id_, []).append(span)
    return tuple(
        Unwatched(
            start=stretch[0][0],
            end=stretch[-1][1],
            unknown_ms=total(stretch),
            parts=tuple(by_part),
            reason="unreachable"
            if all(_unreachable(subject, id_, spans) for id_, spans in by_part.items())
            else "no_data",
        )
        for stretch, by_part in zip(stretches, by_stretch, strict=True)
    )


def _stretches(subject: Subject, unknown: Spans) -> list[list[Span]]:
    """The agreed time of class unknown, by the stretch in which that class goes on, agreed or not."""
    terms = subject.case.terms
    starts = [start for start, _ in subject.classes.spans_within(terms.period.start, terms.now, UNKNOWN)]
    stretches: dict[int, list[Span]] = {}
    for span in unknown:
        stretches.setdefault(bisect_right(starts, span[0]), []).append(span)
    return list(stretches.values())


def _unreachable(subject: Subject, id_: str, spans: Spans) -> bool:
    """Whether within `spans` a judged check of the part was unknown while some vantage's DOWN of it was no news."""
    evaluation = subject.case.terms.evaluation
    for check in references(evaluation.estate.parts[id_].up_when):
        silenced = evaluation.unreachable.get(check)
        if silenced and evaluation.checks[check].clipped(intersect(silenced, spans), UNKNOWN):
            return True
    return False
