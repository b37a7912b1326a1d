"""Agreed time of which nobody knows whether a service was up (docs/semantics.md, section 10)."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

from availability.account import Unwatched
from availability.evaluation import Evaluation, references
from availability.sequences import MadeOnDemand
from availability.spans import Span, Spans, intersect
from availability.states import UNKNOWN
from availability.terms import Subject
from availability.tracing import trace


class UnwatchedStretches(MadeOnDemand[Unwatched]):
    """Unwatched stretches in order of time; `unknown_ms` of all is there without making them."""

    __slots__ = ("_agreed", "_classes", "_ends", "_evaluation", "_expression", "_starts", "_states", "unknown_ms")

    def __init__(self, subject: Subject) -> None:
        self._evaluation = subject.case.terms.evaluation
        self._states = subject.presumption.states
        self._expression = subject.expression
        self._classes = subject.classes
        self._agreed = subject.case.agreed
        self._starts, self._ends, self.unknown_ms = array("q"), array("q"), array("q")
        self._find(subject)

    def __len__(self) -> int:
        return len(self._starts)

    def _find(self, subject: Subject) -> None:
        """The agreed time of class unknown, by the stretch in which that class goes on, agreed or not."""
        terms = subject.case.terms
        unknown = self._classes.spans_within(terms.period.start, terms.now, UNKNOWN)
        going_on = [start for start, _ in unknown]
        last = None
        for start, end in intersect(self._agreed, unknown):
            stretch = bisect_right(going_on, start)
            if stretch == last:
                self._ends[-1] = end
                self.unknown_ms[-1] += end - start
            else:
                self._starts.append(start)
                self._ends.append(end)
                self.unknown_ms.append(end - start)
                last = stretch

    def _made(self, first: int, last: int) -> Iterator[Unwatched]:
        starts, ends = self._starts[first:last], self._ends[first:last]
        unknown = intersect(self._agreed, self._classes.spans_within(starts[0], ends[-1], UNKNOWN))
        # A presumed state is unknown only where the actual one is, or where it is down and what is excused hides why.
        undecided = trace(self._evaluation, self._states, self._expression, unknown, UNKNOWN)
        by_stretch: list[dict[str, list[Span]]] = [{} for _ in starts]
        for id_, spans in undecided.items():
            for span in spans:
                by_stretch[bisect_right(starts, span[0]) - 1].setdefault(id_, []).append(span)
        for start, end, length, by_part in zip(starts, ends, self.unknown_ms[first:last], by_stretch, strict=True):
            silenced = all(_unreachable(self._evaluation, id_, spans) for id_, spans in by_part.items())
            yield Unwatched(start, end, length, tuple(by_part), "unreachable" if silenced else "no_data")


def _unreachable(evaluation: Evaluation, id_: str, spans: Spans) -> bool:
    """Whether within `spans` a judged check of the part was unknown while some vantage's DOWN of it was no news."""
    for check in references(evaluation.estate.parts[id_].up_when):
        silenced = evaluation.unreachable.get(check)
        if silenced and evaluation.checks[check].clipped(intersect(silenced, spans), UNKNOWN):
            return True
    return False
