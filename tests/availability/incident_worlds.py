"""Services that are down, calls about them, and what the report on recovery tells of both."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from availability.evaluation import Evaluation
from availability.incidents import recovery_report
from availability.judge import observe
from availability.outage_incidents import outage_incidents
from availability.outcome import Status
from availability.periods import parse_period
from availability.ports import Row
from availability.recovery import (
    Incident,
    JudgedIncident,
    Limit,
    PriorityLimits,
    RecoveryReport,
    Registered,
    Targets,
)
from tests.availability.worlds import AMSTERDAM, DAY, World, all_of, at, through

TARGETS = Targets(
    Fraction(85, 100),
    {
        1: PriorityLimits(recovery=Limit(Fraction(4), "working hours")),
        2: PriorityLimits(Limit(Fraction(1), "working hours"), Limit(Fraction(2), "working days")),
        3: PriorityLimits(reaction=Limit(Fraction(4), "working hours")),
        4: PriorityLimits(Limit(Fraction(8), "working hours"), Limit(Fraction(10), "working days")),
        5: PriorityLimits(),
    },
)
AFTER = parse_period("2026-10", AMSTERDAM).end + 30 * DAY


def incidents(world: World, as_of: int = AFTER) -> list[Incident]:
    estate = world.estate()
    evaluation = Evaluation(estate, observe(estate, world.facts, as_of))
    return outage_incidents(evaluation, world.facts, as_of, lambda service, disturbance: True)


def the_incident(world: World, as_of: int = AFTER) -> Incident:
    (incident,) = incidents(world, as_of)
    return incident


def told(
    world: World,
    *registered: Registered,
    priority: int | None = 1,
    environment: str = "production",
    period: str = "2026-10",
    as_of: int = AFTER,
) -> RecoveryReport:
    estate = world.estate()
    services = {
        id_: replace(service, priority=priority, environment=environment) for id_, service in estate.services.items()
    }
    estate = replace(estate, services=services)
    evaluation = Evaluation(estate, observe(estate, world.facts, as_of))
    return recovery_report(TARGETS, evaluation, world.facts, registered, parse_period(period, AMSTERDAM), as_of)


def only(report: RecoveryReport) -> JudgedIncident:
    (judged,) = report.incidents
    return judged


def down(start: str, end: str, *, watched_until: str = "2026-11-05T00:00Z") -> World:
    """A service that is down between two instants and up around them, looked at every minute."""
    rows: list[Row] = [
        through(Status.OK, at("2026-09-20T00:00Z"), at(start)),
        through(Status.FAILED, at(start), at(end)),
        through(Status.OK, at(end), at(watched_until)),
    ]
    return World().leaf("app", rows, fall=3, rise=2).service(all_of("app"))


def call(reported: str, closed: str | None = None, priority: int | None = 1, **more: object) -> Registered:
    made = Registered("M1", at(reported), priority=priority, closed_at=None if closed is None else at(closed))
    return replace(made, **more)  # type: ignore[arg-type]  # the table's own words
