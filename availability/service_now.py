"""What there is to know of a service at one instant besides its state: whether its hours are agreed now and until when,
and whether an agreement excuses that it is not up (docs/semantics.md, sections 5 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from availability.estate import Estate
from availability.evaluation import Evaluation
from availability.presumption import Presumption, excuses_under
from availability.spans import Span
from availability.states import UP
from availability.terms import while_it_exists
from availability.windows import agreed_spans

HORIZON_MS = 15 * 86_400_000
"""How far ahead the next edge of agreed hours is looked for: longer than any holidays close an office."""


class Hours(NamedTuple):
    """Whether an instant is agreed service time, and when that changes next (epoch milliseconds; None where not within
    `HORIZON_MS`)."""

    inside: bool
    change: int | None


def hours_now(estate: Estate, now: int, before: Mapping[str, Hours]) -> dict[str, Hours]:
    """Every service's hours at `now`; what was said `before` of the same estate holds until it changes."""
    agreed: dict[str, list[Span]] = {}
    found: dict[str, Hours] = {}
    for id_, service in estate.services.items():
        known = before.get(id_)
        if known is not None and known.change is not None and now < known.change:
            found[id_] = known
            continue
        if service.agreement not in agreed:
            agreement = estate.agreements[service.agreement]
            agreed[service.agreement] = agreed_spans(agreement, estate.calendar, now, now + HORIZON_MS)
        found[id_] = _at(while_it_exists(service, agreed[service.agreement]), now)
    return found


def _at(agreed: list[Span], now: int) -> Hours:
    coming = next((span for span in agreed if span[1] > now), None)
    if coming is None:
        return Hours(False, None)
    start, end = coming
    if start > now:
        return Hours(False, start)
    return Hours(True, None if end >= now + HORIZON_MS else end)


def excused_now(evaluation: Evaluation, now: int) -> frozenset[str]:
    """The services that are not up at `now`, and would be with everything their agreement excuses then taken as up."""
    estate = evaluation.estate
    not_up: dict[str, list[str]] = {}
    for id_, service in estate.services.items():
        if evaluation.states[id_].at(now) != UP:
            not_up.setdefault(service.agreement, []).append(id_)
    found: set[str] = set()
    for agreement, ids in not_up.items():
        excuses = excuses_under(estate.agreements[agreement], estate, now, now + 1)
        if excuses:
            presumed = Presumption(evaluation, excuses).states
            found.update(id_ for id_ in ids if presumed[id_].at(now) == UP)
    return frozenset(found)
