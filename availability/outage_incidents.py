"""Incidents made from outages: when each was confirmed and when it was over (docs/semantics.md, section 9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from availability.edges import from_ms
from availability.estate import Ref, Service
from availability.evaluation import Evaluation
from availability.known_then import KnownThen
from availability.outages import causes
from availability.ports import FactSource
from availability.presumption import Presumption, excuses_under
from availability.recovery import Incident, priority_in
from availability.spans import Span, Spans, touching
from availability.states import DOWN, UNKNOWN, UP
from availability.timeline import FOREVER, NEVER


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Outages of a service between which nobody saw it up."""

    outages: Sequence[Span]
    closed_at: int | None
    """When it was up again; None while it is not."""


def outage_incidents(
    evaluation: Evaluation,
    facts: FactSource,
    as_of: int,
    wanted: Callable[[str, Disturbance], bool],
) -> list[Incident]:
    """The incidents of those disturbances of a service (by its id) that are `wanted`, as known at `as_of`.

    `facts` are those that `evaluation` was made of. Nothing is worked out where nothing is wanted. An outage all of
    which was excused makes no incident, nor does one before `since` or after `until` of its service.
    """
    found: dict[str, list[Disturbance]] = {}
    for service in evaluation.estate.services.values():
        some = [each for each in _disturbances(evaluation, service, as_of) if wanted(service.id, each)]
        if some:
            found[service.id] = some
    found = _unexcused(evaluation, found)
    if not found:
        return []
    dating = _Dating(evaluation, facts, found, as_of)
    return [dating.incident(id_, each) for id_, disturbances in found.items() for each in disturbances]


def _disturbances(evaluation: Evaluation, service: Service, as_of: int) -> list[Disturbance]:
    state = evaluation.states[service.id]
    down = state.spans(DOWN, until=as_of)
    if not down:
        return []
    since = NEVER if service.since_ms is None else service.since_ms
    until = FOREVER if service.until_ms is None else service.until_ms
    lasts = state.at(as_of) != UP
    result = []
    position = 0
    for _, end in state.spans(DOWN, UNKNOWN, until=as_of):
        outages = []
        while position < len(down) and down[position][0] < end:
            if down[position][0] < until and down[position][1] > since:
                outages.append(down[position])
            position += 1
        if outages:
            result.append(Disturbance(outages, None if lasts and end == as_of else end))
    return result


def _unexcused(evaluation: Evaluation, found: Mapping[str, list[Disturbance]]) -> dict[str, list[Disturbance]]:
    """Without the outages in which the presumed state is never DOWN."""
    estate = evaluation.estate
    spans = [outage for disturbances in found.values() for each in disturbances for outage in each.outages]
    if not spans:
        return {}
    start, end = min(start for start, _ in spans), max(end for _, end in spans)
    left: dict[str, list[Disturbance]] = {}
    presumptions: dict[str, Presumption] = {}
    for id_, disturbances in found.items():
        agreement = estate.agreements[estate.services[id_].agreement]
        if agreement.id not in presumptions:
            presumptions[agreement.id] = Presumption(evaluation, excuses_under(agreement, estate, start, end))
        presumed = presumptions[agreement.id].states[id_]
        kept = disturbances
        if presumed is not evaluation.states[id_]:
            kept = [some for each in disturbances if (some := _still_down(each, presumed.spans(DOWN))).outages]
        if kept:
            left[id_] = kept
    return left


def _still_down(disturbance: Disturbance, down: Spans) -> Disturbance:
    outages = [outage for outage in disturbance.outages if _first_within(down, outage) is not None]
    return Disturbance(outages, disturbance.closed_at)


class _Dating:
    """When each disturbance was reported: the first instant of an outage at which the service was known to be down."""

    def __init__(
        self,
        evaluation: Evaluation,
        facts: FactSource,
        services: Iterable[str],
        as_of: int,
    ) -> None:
        self._evaluation = evaluation
        self._zone = ZoneInfo(evaluation.estate.timezone)
        self._then = KnownThen(evaluation, facts, services, as_of)
        self._known = {id_: self._then.states[id_].spans(DOWN) for id_ in services}

    def incident(self, id_: str, disturbance: Disturbance) -> Incident:
        """The incident that the disturbance of a service makes."""
        service = self._evaluation.estate.services[id_]
        outage = disturbance.outages[0]
        reported = _first_within(self._known[id_], outage)
        if reported is None:
            reported = self._confirmed_afterwards(id_, outage)
        if service.since_ms is not None:
            reported = max(reported, service.since_ms)
        began = from_ms(outage[0], self._zone).isoformat(timespec="milliseconds" if outage[0] % 1000 else "seconds")
        closed = disturbance.closed_at
        return Incident(
            id=f"{id_} {began}",
            source="outage",
            service=id_,
            environment=service.environment,
            priority=priority_in(service.environment, service.priority),
            summary="",
            reported_at=reported,
            reacted_at=None,
            closed_at=None if closed is None else max(closed, reported),
            outage_starts=tuple(start for start, _ in disturbance.outages),
            reactions_kept=False,
        )

    def _confirmed_afterwards(self, id_: str, outage: Span) -> int:
        """The last confirmation of the failures that caused an outage which nobody knew of while it lasted."""
        instants = [outage[0]]
        for leaf, spans in causes(self._evaluation, Ref(id_), [outage]).items():
            for check in self._evaluation.estate.parts[leaf].checks:
                instants += [
                    confirmed
                    for first, confirmed in self._then.confirmed.get(check.id, ())
                    if check.counts and any(first < end and confirmed >= start for start, end in spans)
                ]
        return max(instants)


def _first_within(spans: Spans, outage: Span) -> int | None:
    """The first instant of `spans` within `outage`."""
    start, end = outage
    return next((max(start, first) for first, last in touching(spans, outage) if first < end and last > start), None)
