"""Alerts on failover pairs: a takeover that runs, with its clock, a pair without protection, and tests that are due."""

from __future__ import annotations

from collections.abc import Iterator

from availability.estate import FailoverPair
from config.types import span
from dashboards import alert_names as alerts
from dashboards.alert_names import WARNING, listed
from dashboards.rules_model import KEPT, Rule, labels, titled
from dashboards.rules_queries import held, in_maintenance, seconds, select
from dashboards.rules_subjects import Subjects
from dashboards.rules_weight import AT_MOST_URGENT, LOWEST, less_urgent, severity_of
from exporters import names

_TEST_LEAD_S = 30 * 86_400


def failover_rules(subjects: Subjects) -> Iterator[Rule]:
    """What there is to tell of failover pairs."""
    for pair in subjects.estate.pairs:
        yield from _event(subjects, pair)
        yield from _protection(subjects, pair)
        if pair.test_every_ms is not None:
            yield from _tests(subjects, pair)


def _event(subjects: Subjects, pair: FailoverPair) -> Iterator[Rule]:
    """A test that was announced is nobody's page while it is in time; one that takes too long is told like any."""
    priority = subjects.weights.of[pair.id].priority
    severity = severity_of(priority)
    announced = in_maintenance([pair.id, pair.primary])
    active, deadline = select(names.FAILOVER_EVENT_ACTIVE, pair=pair.id), select(names.FAILOVER_DEADLINE, pair=pair.id)
    running = f"max({active}) == 1\nunless max({deadline})\nunless {announced}"
    lower = less_urgent(priority)
    yield _rule(subjects, pair, alerts.FAILOVER_RUNNING, running, WARNING, lower, at=pair.primary, keep=KEPT)
    # A deadline is there only while the function is interrupted. The last one holds until a collector that answers
    # has none any more.
    over = f"unless (max({active}) unless max({deadline}))"
    left = f"max({held(names.FAILOVER_DEADLINE, pair=pair.id)}) - time()"
    interrupted = f"({left}\n{over})\nunless {announced}"
    yield _rule(subjects, pair, alerts.FAILOVER_INTERRUPTED, interrupted, severity, priority, at=pair.primary)
    half = f"{left} < {seconds(pair.within_ms / 2)}\n{over}"
    yield _rule(subjects, pair, alerts.FAILOVER_HALFWAY, half, severity, priority)
    yield _rule(subjects, pair, alerts.FAILOVER_OVERDUE, f"{left} < 0\n{over}", severity, priority)


def _protection(subjects: Subjects, pair: FailoverPair) -> Iterator[Rule]:
    down = f"max({select(names.FAILOVER_PROTECTED, pair=pair.id)}) == 0"
    expr = f"{down}\nunless {in_maintenance([pair.id, pair.standby])}"
    priority = less_urgent(subjects.weights.of[pair.id].priority)
    yield _rule(subjects, pair, alerts.PAIR_UNPROTECTED, expr, WARNING, priority, at=pair.standby, keep=KEPT)


def _tests(subjects: Subjects, pair: FailoverPair) -> Iterator[Rule]:
    due = f"max({select(names.FAILOVER_TEST_DUE, pair=pair.id)})"
    lead = min(_TEST_LEAD_S, (pair.test_every_ms or 0) / 4000)
    soon = f"{due} - time() < {seconds(1000 * lead)}\nand {due} >= time()"
    yield _rule(subjects, pair, alerts.FAILOVER_TEST_DUE, soon, WARNING, LOWEST, keep=KEPT)
    overdue = f"time() - {due} > 0"
    yield _rule(subjects, pair, alerts.FAILOVER_TEST_OVERDUE, overdue, WARNING, AT_MOST_URGENT, keep=KEPT)


def _rule(
    subjects: Subjects,
    pair: FailoverPair,
    alert: str,
    expr: str,
    severity: str,
    priority: int,
    *,
    at: str = "",
    keep: str = "",
) -> Rule:
    """`at` is the side it is about, whose place can explain it; the clock of a takeover stops for no explanation."""
    estate = subjects.estate
    primary, side = estate.parts.get(pair.primary), estate.parts.get(at)
    told = labels(
        severity,
        priority,
        pair.id,
        "pair",
        owner=primary.owner if primary else None,
        site=side.site if side else None,
        behind=listed(subjects.weights.behind[at]) if side else alerts.NONE,
        services=listed(subjects.weights.of[pair.id].services) if at else alerts.NONE,
    )
    fill = {"name": titled(pair.id, pair.name), "within": span(pair.within_ms)}
    facts = subjects.facts(
        primary=[pair.primary],
        standby=[pair.standby],
        owner=[primary.owner] if primary and primary.owner else [],
        services=subjects.weights.of[pair.id].services,
    )
    return Rule(alert, expr, told, fill, facts, keep=keep, runbook=(primary.runbook if primary else None) or "")
