"""Alerts on services: how they are now, and whether what was agreed of them is still in reach."""

from __future__ import annotations

from collections.abc import Iterator

from availability.estate import Service
from availability.redundancy import redundancy
from dashboards import alert_names as alerts
from dashboards.alert_names import WARNING
from dashboards.rules_model import KEPT, Rule, labels, titled
from dashboards.rules_parts import less_redundant
from dashboards.rules_queries import down_until_up, excused, in_maintenance, out_of_hours, select
from dashboards.rules_subjects import Subjects
from dashboards.rules_weight import less_urgent, priority_of, severity_of
from exporters import names
from exporters.names import Family

UNWATCHED_FOR = "5m"
"""How long nobody may know of a service: a start and a reload take less."""
_HALF, _FIFTH = 0.5, 0.2
_WATCHED = 0.95
_A_DAY_S = 86_400


def service_rules(subjects: Subjects) -> Iterator[Rule]:
    """What there is to tell of services as they are now."""
    for service in subjects.estate.services.values():
        yield from _now(subjects, service)


def norm_rules(subjects: Subjects) -> Iterator[Rule]:
    """What there is to tell of services in the running period of their agreements."""
    for service in subjects.estate.services.values():
        yield from _period(subjects, service)


def _now(subjects: Subjects, service: Service) -> Iterator[Rule]:
    priority, id_ = priority_of(service), service.id
    quiet = f"\nunless {in_maintenance([id_])}\nunless {excused(id_)}"
    fails = down_until_up(names.SERVICE_STATE, alerts.SERVICE_DOWN, service=id_) + quiet
    out = out_of_hours([id_])
    severity = severity_of(priority)
    yield _rule(subjects, service, alerts.SERVICE_DOWN, f"({fails})\nunless {out}", severity, priority, "true")
    yield _rule(subjects, service, alerts.SERVICE_DOWN, f"({fails})\nand {out}", WARNING, priority, "false")
    lower = less_urgent(priority)
    unknown = f"max({select(names.SERVICE_STATE, service=id_, state='unknown')}) == 1" + quiet
    yield _rule(subjects, service, alerts.SERVICE_UNWATCHED, unknown, WARNING, lower, wait=UNWATCHED_FOR, keep=KEPT)
    worse = f"max({select(names.SERVICE_DEGRADED, service=id_)}) == 1" + quiet
    yield _rule(subjects, service, alerts.SERVICE_DEGRADED, worse, WARNING, lower, keep=KEPT)
    if (redundancy(service.up_when, lambda _: True).full or 0) > 0:
        yield _rule(subjects, service, alerts.REDUNDANCY_LOST, less_redundant(id_), WARNING, lower, keep=KEPT)


def _period(subjects: Subjects, service: Service) -> Iterator[Rule]:
    """A budget is spent within agreed hours, in jumps, and has an end: so it is held against the whole period, not
    against the last hours as a rolling one would be."""

    def of(family: Family, calculated: str = "max", **more: str) -> str:
        return f"{calculated}({select(family, service=service.id, period='current', **more)})"

    left, budget = of(names.SERVICE_BUDGET_LEFT, "min"), of(names.SERVICE_BUDGET)
    lost = f"{of(names.SERVICE_VERDICT, verdict='missed')} == 1"
    down, unknown = of(names.SERVICE_DOWN), of(names.SERVICE_UNKNOWN)
    below = f"{of(names.SERVICE_AVAILABILITY_HIGH)} < {of(names.SERVICE_NORM)}"
    burning = f"({left} < {_HALF} * {budget})\nand {below}\nunless {lost}"
    pending = f"{of(names.SERVICE_VERDICT, verdict='pending')} == 1"
    at_risk = f"({left} < {_FIFTH} * {budget})\nand {pending}"
    watched = f"{of(names.SERVICE_UP)} + {down} + {unknown} > {_A_DAY_S}"
    unproven = f"({unknown} > 0 and {down} + {unknown} > {budget})"
    low = f"({unproven}\n  or ({of(names.SERVICE_COVERAGE, 'min')} < {_WATCHED} and {watched}))\nunless {lost}"
    priority = less_urgent(priority_of(service))
    for alert, expr in (
        (alerts.BUDGET_BURNING, burning),
        (alerts.NORM_AT_RISK, at_risk),
        (alerts.NORM_LOST, lost),
        (alerts.COVERAGE_LOW, low),
    ):
        yield _rule(subjects, service, alert, expr, WARNING, priority, keep=KEPT)


def _rule(
    subjects: Subjects,
    service: Service,
    alert: str,
    expr: str,
    severity: str,
    priority: int,
    in_hours: str = alerts.NONE,
    *,
    wait: str = "",
    keep: str = "",
) -> Rule:
    agreement = subjects.estate.agreements[service.agreement]
    told = labels(severity, priority, service.id, "service", owner=agreement.supplier, in_hours=in_hours)
    norm = f"{float(agreement.norm * 100):.6f}".rstrip("0").rstrip(".") + "%"
    fill = {"name": titled(service.id, service.name), "norm": norm}
    return Rule(alert, expr, told, fill, subjects.facts_of_service(service), wait=wait, keep=keep)
