"""Whose downtime it was: every organisation's share of a service, and what its parts did by themselves
(docs/semantics.md, section 10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from availability.account import OwnerShare, PartReport
from availability.estate import Ref
from availability.figures import verdict, verdict_of_parts
from availability.report import Figures, Judged, PartOfPeriod
from availability.spans import Ruler, Span, Spans, clip, intersect, union
from availability.states import DOWN
from availability.terms import Case, Subject
from availability.timeline import NEVER


def owner_shares(case: Case, judged: Judged) -> tuple[tuple[OwnerShare, ...], int]:
    """The share of every owner of a part in the service's chain, and the downtime (ms) of which no cause has one."""
    parts = case.terms.evaluation.estate.parts
    owners = {parts[leaf].owner for leaf in case.whole.leaves} - {None}
    caused: dict[str, list[Span]] = {owner: [] for owner in sorted(owner for owner in owners if owner is not None)}
    if judged.figures.down_ms and caused:
        for leaf, spans in case.whole.caused.items():
            owner = parts[leaf].owner
            if owner is not None:
                caused[owner].extend(spans)
    lost = _lost(case)
    each = {owner: union(spans) for owner, spans in caused.items()}
    owned, shared = _together(span for spans in each.values() for span in spans)
    told = tuple(
        OwnerShare(owner, _judged_alone(case, judged, spans, lost), lost.within(intersect(spans, shared)))
        for owner, spans in each.items()
    )
    return told, judged.figures.down_ms - lost.within(owned)


def _lost(case: Case) -> Ruler:
    """Measures the downtime within any time in which a leaf was a cause.

    Where nothing is excused that is the agreed time in it, which is quicker to measure.
    """
    whole = case.whole
    return case.ruler if whole.classes is whole.actual else Ruler(whole.agreed_in(DOWN))


def _together(spans: Iterable[Span]) -> tuple[list[Span], list[Span]]:
    """The time in any of `spans`, and the time in at least two."""
    several: list[Span] = []
    last = NEVER
    ordered = sorted(spans)
    for start, end in ordered:
        if start < last:
            several.append((start, min(end, last)))
        last = max(last, end)
    return union(ordered), union(several)


def _judged_alone(case: Case, judged: Judged, caused: Spans, lost: Ruler) -> Judged:
    """`judged` as if of its downtime only that within `caused` had been down."""
    terms = case.terms
    whole = _figures_alone(judged.figures, lost.within(caused))
    if judged.verdict is None:
        return Judged(whole, None, None)
    if judged.parts is None:
        return Judged(whole, verdict(whole, terms.period, terms.as_of), None)
    periods = {period.label: period for period in case.parts}
    parts = []
    for part in judged.parts:
        period = periods[part.label]
        figures = _figures_alone(part.figures, lost.within(clip(caused, period.start, period.end)))
        parts.append(PartOfPeriod(part.label, figures, verdict(figures, period, terms.as_of)))
    return Judged(whole, verdict_of_parts([part.verdict for part in parts]), tuple(parts))


def _figures_alone(figures: Figures, down: int) -> Figures:
    return replace(figures, up_ms=figures.up_ms + figures.down_ms - down, down_ms=down)


def chain(case: Case) -> tuple[PartReport, ...]:
    """Every component and link with checks that the service rests on, or that a participant needs besides, by itself
    under the service's agreement."""
    evaluation = case.terms.evaluation
    lost = _lost(case)
    reports = []
    subjects = (case.whole, *case.participants.values())
    for leaf in sorted({leaf for subject in subjects for leaf in subject.leaves}):
        part = evaluation.estate.parts[leaf]
        subject = Subject(case, Ref(leaf), evaluation.states[leaf])
        reports.append(
            PartReport(
                id=leaf,
                name=part.name or leaf,
                owner=part.owner,
                judged=subject.judged(),
                caused_ms=lost.within(case.whole.caused.get(leaf, [])),
                outages=subject.outages(),
            )
        )
    return tuple(reports)
