"""Where a running period is heading, and when its norm would be lost (docs/semantics.md, section 10)."""

from __future__ import annotations

from fractions import Fraction

from availability.account import Forecast
from availability.periods import Period
from availability.report import Figures, Judged
from availability.spans import Spans, clip
from availability.terms import Case


def forecast(case: Case, judged: Judged) -> Forecast | None:
    """The forecast of `judged`, under the terms of `case`; None unless its verdict is pending.

    Where the period holds several of the agreement's, it is of the first that is not over: a later one has not begun.
    """
    if judged.verdict != "pending":
        return None
    terms = case.terms
    figures, period = _running(case, judged)
    to_come = clip(case.agreed, max(terms.as_of, period.start), period.end)
    left = figures.budget_left_ms
    pace = Fraction(figures.down_ms, figures.up_ms + figures.down_ms) if figures.down_ms else None
    return Forecast(
        availability=figures.availability,
        lost_at=_after_more_than(left / pace, to_come, period.end) if pace else None,
        earliest_lost_at=_after_more_than(left, to_come, period.end),
    )


def _running(case: Case, judged: Judged) -> tuple[Figures, Period]:
    period, as_of = case.terms.period, case.terms.as_of
    if judged.parts is None:
        return judged.figures, period
    ends = {part.label: part for part in case.parts}
    # A part that is pending is not over, so there is one.
    part = next(part for part in judged.parts if ends[part.label].end > as_of)
    return part.figures, ends[part.label]


def _after_more_than(time: Fraction, agreed: Spans, end: int) -> int | None:
    """The first millisecond before `end` up to which more than `time` of `agreed` has passed."""
    missing = time.numerator // time.denominator + 1
    for start, until in agreed:
        if until - start >= missing:
            return start + missing if start + missing < end else None
        missing -= until - start
    return None
