"""Every exclusion, and what a service would be judged without it (docs/semantics.md, section 10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from availability.account import Excluded, Exclusion
from availability.estate import Maintenance
from availability.presumption import Excuse, Presumption
from availability.report import Judged
from availability.spans import Ruler, Spans, clip
from availability.states import EXCLUDED
from availability.terms import Case, Subject, Terms

Key = Maintenance | str
"""A record, or the id of a part that is assumed up: the same exclusion, under whichever agreement."""


def exclusions(terms: Terms, cases: Sequence[Case], told: Mapping[str, Judged]) -> tuple[Exclusion, ...]:
    """Everything that the agreements of `cases` exclude in the period so far; `told` is how each service was judged.

    Records come in the order of the estate, then what is assumed up, by id. A service is judged again only for what
    covers excluded time of it.
    """
    estate = terms.evaluation.estate
    applied: dict[Key, Spans] = {}
    by_affected: dict[str, dict[str, list[Excuse]]] = {}
    for agreement in {case.agreement.id: case.agreement for case in cases}.values():
        index: dict[str, list[Excuse]] = {}
        by_affected[agreement.id] = index
        for excuse in terms.excuses(agreement):
            applied[_key(excuse)] = clip(excuse.spans, terms.period.start, terms.now)
            for id_ in excuse.affects:
                index.setdefault(id_, []).append(excuse)
    excluded: dict[Key, list[Excluded]] = {key: [] for key in applied}
    for case in cases:
        for key, one in _excluded(case, by_affected[case.agreement.id], applied, told[case.service.id]):
            excluded[key].append(one)
    recorded = [
        _of_record(record, applied[record], excluded[record]) for record in estate.maintenance if applied.get(record)
    ]
    assumed = sorted(key for key, spans in applied.items() if isinstance(key, str) and spans)
    return (*recorded, *(_of_assumed(id_, applied[id_], excluded[id_]) for id_ in assumed))


def _key(excuse: Excuse) -> Key:
    return excuse.affects[0] if excuse.record is None else excuse.record


def _excluded(
    case: Case, by_affected: Mapping[str, list[Excuse]], applied: Mapping[Key, Spans], told: Judged
) -> Iterable[tuple[Key, Excluded]]:
    """What each of the excuses that bear on the service did to it."""
    if not told.figures.excluded_ms:
        return
    ruler = Ruler(case.whole.agreed_in(EXCLUDED))
    bearing = {id(excuse): excuse for id_ in case.rests_on for excuse in by_affected.get(id_, ())}
    for excuse in bearing.values():
        covered = ruler.within(applied[_key(excuse)])
        if covered:
            others = [other for other in bearing.values() if other is not excuse]
            yield _key(excuse), Excluded(case.service.id, covered, told, _judged_under(case, others))


def _judged_under(case: Case, excuses: list[Excuse]) -> Judged:
    """The service as it would be judged if nothing but `excuses` bore on it."""
    presumption = Presumption(case.terms.evaluation, excuses, case.rests_on)
    return Subject(case, case.whole.expression, case.whole.actual, presumption).judged()


def _of_record(record: Maintenance, spans: Spans, services: list[Excluded]) -> Exclusion:
    return Exclusion(
        id=record.id,
        kind="maintenance",
        category=record.category,
        affects=record.affects,
        spans=tuple(spans),
        reason=record.reason,
        ticket=record.ticket,
        entered_by=record.entered_by,
        entered_at=record.entered_at,
        approved_by=record.approved_by,
        approved_at=record.approved_at,
        notice_ms=record.notice_ms,
        services=tuple(services),
    )


def _of_assumed(id_: str, spans: Spans, services: list[Excluded]) -> Exclusion:
    return Exclusion(id_, "assumed", "", (id_,), tuple(spans), "", "", "", None, "", None, None, tuple(services))
