"""Whose downtime it was: every organisation's share of a service, and what its parts did by themselves
(docs/semantics.md, section 10)."""

from __future__ import annotations

from dataclasses import replace

from availability.account import OwnerShare, PartReport
from availability.estate import Ref
from availability.figures import verdict, verdict_of_parts
from availability.report import Figures, Judged, PartOfPeriod
from availability.spans import Ruler, Span, Spans, clip, intersect, total, union
from availability.states import DOWN
from availability.terms import Case, Subject


def owner_shares(case: Case, judged: Judged) -> tuple[tuple[OwnerShare, ...], int]:
    """The share of every owner of a part in the service's chain, and the downtime (ms) of which no cause has one."""
    parts = case.terms.evaluation.estate.parts
    owners = {parts[leaf].owner for leaf in case.whole.leaves} - {None}
    down = case.whole.by_class[DOWN]
    spans: dict[str, list[Span]] = {owner: [] for owner in sorted(owner for owner in owners if owner is not None)}
    if down and spans:
        for leaf, caused in case.whole.caused.items():
            owner = parts[leaf].owner
            if owner is not None:
                spans[owner].extend(caused)
    shares = {owner: intersect(down, union(caused)) if caused else [] for owner, caused in spans.items()}
    told = tuple(
        OwnerShare(owner, _judged_alone(case, judged, share), _shared(shares, owner)) for owner, share in shares.items()
    )
    owned = union(span for share in shares.values() for span in share)
    return told, total(down) - total(owned)


def _shared(shares: dict[str, list[Span]], owner: str) -> int:
    others = union(span for other, share in shares.items() if other != owner for span in share)
    return total(intersect(shares[owner], others))


def _judged_alone(case: Case, judged: Judged, share: Spans) -> Judged:
    """`judged` as if only `share` of its downtime had been down."""
    terms = case.terms
    whole = _figures_alone(judged.figures, total(share))
    if judged.verdict is None:
        return Judged(whole, None, None)
    if judged.parts is None:
        return Judged(whole, verdict(whole, terms.period, terms.as_of), None)
    periods = {period.label: period for period in case.parts}
    parts = []
    for part in judged.parts:
        period = periods[part.label]
        figures = _figures_alone(part.figures, total(clip(share, period.start, period.end)))
        parts.append(PartOfPeriod(part.label, figures, verdict(figures, period, terms.as_of)))
    return Judged(whole, verdict_of_parts([part.verdict for part in parts]), tuple(parts))


def _figures_alone(figures: Figures, down: int) -> Figures:
    return replace(figures, up_ms=figures.up_ms + figures.down_ms - down, down_ms=down)


def chain(case: Case) -> tuple[PartReport, ...]:
    """Every component and link with checks that the service rests on, by itself under the service's agreement."""
    evaluation = case.terms.evaluation
    down = Ruler(case.whole.by_class[DOWN])
    reports = []
    for leaf in case.whole.leaves:
        part = evaluation.estate.parts[leaf]
        subject = Subject(case, Ref(leaf), evaluation.states[leaf])
        reports.append(
            PartReport(
                id=leaf,
                name=part.name or leaf,
                owner=part.owner,
                judged=subject.judged(),
                caused_ms=down.within(case.whole.caused.get(leaf, [])),
                outages=subject.outages(),
            )
        )
    return tuple(reports)
