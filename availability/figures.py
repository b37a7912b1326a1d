"""Figures and verdicts of agreed time (docs/semantics.md, section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from availability.periods import Period
from availability.report import Figures, Verdict
from availability.spans import Ruler, Spans, clip, total
from availability.states import DOWN, EXCLUDED, UNKNOWN, UP
from availability.timeline import Timeline


def figures(
    agreed: Spans, classes: Timeline, unconfirmed: Spans, period: Period, as_of: int, norm: Fraction
) -> Figures:
    """The figures of one period; `agreed` is the agreed time of the whole period, with `since` and `until` applied."""
    now = min(max(as_of, period.start), period.end)
    judged = Ruler(clip(agreed, period.start, now))
    by_class = classes.measured(judged)
    failed = clip(unconfirmed, period.start, now)
    return Figures(
        up_ms=by_class[UP],
        down_ms=by_class[DOWN],
        unknown_ms=by_class[UNKNOWN],
        excluded_ms=by_class[EXCLUDED],
        rest_ms=total(clip(agreed, now, period.end)),
        unconfirmed_failed_ms=judged.within(classes.clipped(failed, UP)),
        norm=norm,
    )


def verdict(figures: Figures, period: Period, as_of: int) -> Verdict:
    """Whether the norm was met, exactly; while the period runs, whether that is already certain."""
    if as_of < period.end:
        return _verdict_so_far(figures)
    low, high = figures.availability_low, figures.availability_high
    if low is None or high is None or not figures.up_ms + figures.down_ms:
        return "no_data"
    if low >= figures.norm:
        return "met"
    return "missed" if high < figures.norm else "undetermined"


def _verdict_so_far(figures: Figures) -> Verdict:
    whole = figures.judged_ms + figures.rest_ms
    if not whole:
        return "no_data"
    if Fraction(figures.up_ms + figures.unknown_ms + figures.rest_ms, whole) < figures.norm:
        return "missed"
    return "met" if Fraction(figures.up_ms, whole) >= figures.norm else "pending"


def verdict_of_parts(parts: Sequence[Verdict]) -> Verdict:
    """A good June does not pay for a bad May: the worst word of any part, `met` only where all are."""
    order: Iterable[Verdict] = ("missed", "undetermined", "pending", "no_data")
    return next((word for word in order if word in parts), "met" if parts else "no_data")
