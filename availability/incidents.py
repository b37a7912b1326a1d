"""The incidents of a period against their limits in working time (docs/semantics.md, section 9)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from typing import Literal

from availability.estate import Estate
from availability.evaluation import Evaluation
from availability.outage_incidents import Disturbance, outage_incidents
from availability.periods import Period
from availability.ports import FactSource
from availability.recovery import (
    Incident,
    IncidentVerdict,
    JudgedIncident,
    Limit,
    PriorityShare,
    RecoveryReport,
    Registered,
    Targets,
    priority_in,
)
from availability.spans import Span, union
from availability.timeline import FOREVER
from availability.working_time import FURTHEST_YEARS, WorkingTime

PRODUCTION = "production"
_DAY_MS = 86_400_000


def recovery_report(
    targets: Targets,
    evaluation: Evaluation,
    facts: FactSource,
    registered: Iterable[Registered],
    period: Period,
    as_of: int,
) -> RecoveryReport:
    """The incidents that belong to `period`, as known at `as_of`, held against `targets`.

    `evaluation` is of `facts` up to `as_of`, `registered` is all that the help desk has.
    """
    estate = evaluation.estate
    working = WorkingTime.of(estate)
    judged = (
        judge_incident(each, targets, working, as_of) for each in _all(evaluation, facts, registered, period, as_of)
    )
    belonging = [
        each for each in judged if (at := belongs_at(each, as_of)) is not None and period.start <= at < period.end
    ]
    belonging.sort(key=lambda each: (each.incident.reported_at, each.incident.id))
    priorities = tuple(
        _share(number, [each for each in belonging if each.counts and each.incident.priority == number])
        for number, limits in sorted(targets.priorities.items())
        if limits.reaction or limits.recovery
    )
    total = _share(0, [each for each in belonging if each.counts])
    verdict = _verdict(total, targets.norm, running=as_of < period.end)
    return RecoveryReport(targets.norm, priorities, total, verdict, tuple(belonging))


def earliest_report(targets: Targets, working: WorkingTime, start: int) -> int:
    """The earliest report of an incident whose limit passes at `start` (epoch milliseconds) or later.

    What was reported before that, without waiting for the customer, belongs to an earlier period, or has no limits.
    """
    limits = [limit for each in targets.priorities.values() if (limit := each.recovery or each.reaction)]
    return min((_earliest(limit, working, start) for limit in limits), default=start)


def _earliest(limit: Limit, working: WorkingTime, start: int) -> int:
    """A later report is never due earlier, so the first that is due at `start` or later can be searched for."""
    step, late = _DAY_MS, start
    while working.due(late - step, limit) >= start:
        late, step = late - step, 2 * step
        if late < start - FURTHEST_YEARS * 366 * _DAY_MS:
            return late
    early = late - step
    while late - early > 1:
        middle = (early + late) // 2
        if working.due(middle, limit) >= start:
            late = middle
        else:
            early = middle
    return late


def judge_incident(incident: Incident, targets: Targets, working: WorkingTime, as_of: int) -> JudgedIncident:
    """`incident` against the limits of its priority, as known at `as_of`."""
    limits = None if incident.priority is None else targets.priorities.get(incident.priority)
    if limits is None:
        return JudgedIncident(incident, None, None, None, None, counts=False)
    reported, waiting = incident.reported_at, incident.waiting
    reaction_due = working.due(reported, limits.reaction, waiting) if limits.reaction else None
    recovery_due = working.due(reported, limits.recovery, waiting) if limits.recovery else None
    reaction = _reaction(incident, reaction_due, as_of)
    recovery = None if recovery_due is None else _held(incident.closed_at, recovery_due, as_of)
    counts = incident.environment == PRODUCTION and (reaction, recovery) != (None, None)
    return JudgedIncident(incident, reaction_due, recovery_due, reaction, recovery, counts)


def belongs_at(judged: JudgedIncident, as_of: int) -> int | None:
    """The instant whose period an incident belongs to: when it was closed or when its limit passed, whichever is first.

    Its limit is that of the recovery, or that of the reaction where there is no other. None while neither was.
    """
    closed = judged.incident.closed_at
    due = judged.reaction_due if judged.recovery_due is None else judged.recovery_due
    if due is None or due >= as_of:
        return closed
    return due if closed is None else min(closed, due)


def _reaction(incident: Incident, due: int | None, as_of: int) -> IncidentVerdict | None:
    """Whether somebody took it up in time; what was closed was taken up by then."""
    if due is None or incident.source == "outage":
        return None
    taken_up = incident.reacted_at
    if taken_up is None and incident.closed_at is not None and (incident.closed_at <= due or incident.reactions_kept):
        taken_up = incident.closed_at
    if taken_up is None and not incident.reactions_kept:
        return None
    return _held(taken_up, due, as_of)


def _held(at: int | None, due: int, as_of: int) -> IncidentVerdict | None:
    """Whether what happened `at` (None: not yet) happened up to `due`; None while that is open."""
    if at is None:
        return "missed" if due < as_of else None
    return "within" if at <= due else "missed"


def _share(priority: int, counting: list[JudgedIncident]) -> PriorityShare:
    return PriorityShare(priority, len(counting), sum(not each.missed for each in counting))


def _verdict(total: PriorityShare, norm: Fraction, running: bool) -> Literal["met", "missed", "pending", "no_data"]:
    if running:
        return "pending"
    if total.share is None:
        return "no_data"
    return "met" if total.share >= norm else "missed"


def _all(
    evaluation: Evaluation,
    facts: FactSource,
    registered: Iterable[Registered],
    period: Period,
    as_of: int,
) -> list[Incident]:
    """The incidents that may belong to `period`, and others: those of outages, those registered, each once."""
    estate = evaluation.estate
    by_service: dict[str | None, list[Incident]] = {}
    for each in registered:
        if each.reported_at <= as_of:
            incident = _as_known(each, estate, as_of)
            by_service.setdefault(incident.service, []).append(incident)
    desks = {service: _Desk(incidents) for service, incidents in by_service.items()}
    checks = (check for part in estate.parts.values() for check in part.checks)
    # What was confirmed only after it was over is closed as late as that.
    late = max((check.fall * check.stale_after_ms for check in checks), default=0)

    def wanted(service: str, disturbance: Disturbance) -> bool:
        start, closed = disturbance.outages[0][0], disturbance.closed_at
        if start < period.end and (closed is None or closed + late >= period.start):
            return True
        return service in desks and desks[service].first_during(_time(start, closed)) is not None

    alone = []
    for incident in outage_incidents(evaluation, facts, as_of, wanted):
        desk = desks.get(incident.service)
        time = _time(incident.outage_starts[0], incident.closed_at)
        index = None if desk is None else desk.first_during(time)
        if desk is None or index is None:
            alone.append(incident)
        else:
            desk.attach(index, incident)
    return [*alone, *(incident for desk in desks.values() for incident in desk.incidents)]


def _as_known(registered: Registered, estate: Estate, as_of: int) -> Incident:
    """What was known of a registered incident at `as_of`."""
    service = None if registered.service is None else estate.services.get(registered.service)
    environment = registered.environment or (service.environment if service else PRODUCTION)
    priority = registered.priority
    if priority is None and service is not None:
        priority = service.priority
    waiting = ((start, as_of if end is None else min(end, as_of)) for start, end in registered.waiting)
    return Incident(
        id=registered.id,
        source="registered",
        service=registered.service if service else None,
        environment=environment,
        priority=priority_in(environment, priority),
        summary=registered.summary,
        reported_at=registered.reported_at,
        reacted_at=_if_by(registered.reacted_at, as_of),
        closed_at=_if_by(registered.closed_at, as_of),
        waiting=tuple(union(waiting)),
        reactions_kept=registered.reactions_kept,
    )


def _if_by(instant: int | None, as_of: int) -> int | None:
    return instant if instant is not None and instant <= as_of else None


def _time(start: int, closed: int | None) -> Span:
    """When an incident was open; what was closed as it came still has its instant."""
    return start, FOREVER if closed is None else max(closed, start + 1)


class _Desk:
    """The registered incidents of one service, in order of their report."""

    def __init__(self, incidents: list[Incident]) -> None:
        self.incidents = sorted(incidents, key=lambda each: (each.reported_at, each.id))
        times = [_time(each.reported_at, each.closed_at) for each in self.incidents]
        self._starts = [start for start, _ in times]
        self._open_until = list(accumulate((end for _, end in times), max))
        """The latest end up to each: the first of them past an instant is that of the incident itself."""

    def first_during(self, time: Span) -> int | None:
        """The place of the first whose time overlaps `time`."""
        index = bisect_right(self._open_until, time[0])
        return index if index < len(self._starts) and self._starts[index] < time[1] else None

    def attach(self, index: int, outage: Incident) -> None:
        """Make one of the registered incident at `index` and that of an outage: what the help desk knows counts."""
        one = self.incidents[index]
        self.incidents[index] = replace(
            one,
            source="both",
            reported_at=min(one.reported_at, outage.reported_at),
            outage_starts=tuple(sorted((*one.outage_starts, *outage.outage_starts))),
        )
