"""The class of every stretch of agreed time, and what became of it between two judgements (docs/semantics.md,
section 6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from availability.evaluation import Evaluation
from availability.judge import chosen
from availability.periods import Period
from availability.states import DOWN, EXCLUDED, UNKNOWN, UP
from availability.terms import Case, Subject, Terms

SubjectKey = tuple[str, str | None]
"""A service, and the participant with parts of its own that it is judged for; None for the service itself."""

ClassSpan = tuple[int, int, str]
"""Start (included), end (not included) in epoch milliseconds, and `up`, `down`, `unknown` or `excluded`."""

ClassSpans = Mapping[SubjectKey, Sequence[ClassSpan]]

CLASS_NAMES = {DOWN: "down", UNKNOWN: "unknown", UP: "up", EXCLUDED: "excluded"}


class Piece(NamedTuple):
    """A stretch throughout which each of several judgements gives one class; None: no agreed time."""

    start: int
    end: int
    classes: tuple[str | None, ...]


def class_spans(
    evaluation: Evaluation, period: Period, as_of: int, services: Iterable[str] | None = None
) -> dict[SubjectKey, tuple[ClassSpan, ...]]:
    """Per service (all, or those named) and per participant with parts of its own: agreed time of the period by
    class, in order of time."""
    terms = Terms(evaluation, period, as_of)
    result: dict[SubjectKey, tuple[ClassSpan, ...]] = {}
    for service in chosen(evaluation.estate, services):
        case = Case(terms, service)
        result[service.id, None] = _spans(case.whole)
        for id_, subject in case.participants.items():
            result[service.id, id_] = _spans(subject)
    return result


def pieces(judgements: Sequence[Sequence[ClassSpan]]) -> Iterator[Piece]:
    """Where the judgements are not all of one mind: the longest stretches of one class in each, in order of time."""
    edges: list[tuple[int, int, str | None]] = []
    for index, spans in enumerate(judgements):
        for start, end, of_class in spans:
            edges.append((start, index, of_class))
            edges.append((end, index, None))
    # An end sorts before a start at the same instant, or it would take away what begins there.
    edges.sort(key=lambda edge: (edge[0], edge[2] is not None))
    current: list[str | None] = [None] * len(judgements)
    open_: Piece | None = None
    for position, (instant, index, name) in enumerate(edges):
        current[index] = name
        if position + 1 < len(edges) and edges[position + 1][0] == instant:
            continue
        classes = tuple(current)
        if open_ is not None:
            if open_.classes == classes:
                continue
            yield open_._replace(end=instant)
            open_ = None
        if any(other != classes[0] for other in classes):
            open_ = Piece(instant, instant, classes)


def _spans(subject: Subject) -> tuple[ClassSpan, ...]:
    by_class = subject.by_class
    return tuple(sorted((*span, name) for value, name in CLASS_NAMES.items() for span in by_class[value]))
