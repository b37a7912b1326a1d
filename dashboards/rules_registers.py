"""Alerts on what has a date: backups, restore tests and other jobs that report themselves, and certificates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from availability.backups import BACKUP, RESTORE_TEST
from availability.estate import Part
from config.settings import CheckSpec
from dashboards import alert_names as alerts
from dashboards.alert_names import CRITICAL, WARNING, listed
from dashboards.rules_model import KEPT, Rule, labels, titled
from dashboards.rules_parts import HEARTBEAT
from dashboards.rules_queries import in_maintenance, seconds, select
from dashboards.rules_subjects import Subjects
from dashboards.rules_weight import AT_MOST_URGENT, LOWEST
from exporters import names

_DAY_S = 86_400
_RESTORE_LEAD_S = 14 * _DAY_S
_LICENCE_LEAD_S = 30 * _DAY_S
_SEEN_FOR = "2d"
"""How long what was seen of a certificate holds: a server that does not answer has not renewed it."""
SHOWN_TO = frozenset({"http", "imap", "ldap", "smtp", "tls"})
"""The probes to which a server shows a certificate."""


class _Kind(NamedTuple):
    late: str
    missing: str
    failed: str


_KINDS: Mapping[str, _Kind] = {
    BACKUP: _Kind(alerts.BACKUP_LATE, alerts.BACKUP_MISSING, alerts.BACKUP_FAILED),
    RESTORE_TEST: _Kind(alerts.RESTORE_TEST_DUE, alerts.RESTORE_TEST_OVERDUE, alerts.RESTORE_TEST_FAILED),
}
_OTHER = _Kind(alerts.JOB_LATE, alerts.JOB_MISSING, alerts.JOB_FAILED)


def job_rules(subjects: Subjects) -> Iterator[Rule]:
    """What there is to tell of jobs that report themselves."""
    for part in subjects.estate.parts.values():
        for spec in subjects.checks_of(part):
            if spec.probe == HEARTBEAT:
                yield from _job(subjects, part, spec)


def _job(subjects: Subjects, part: Part, spec: CheckSpec) -> Iterator[Rule]:
    kind = _KINDS.get(part.kind, _OTHER)
    due = f"max({select(names.HEARTBEAT_DUE, check=spec.id)})"
    missing = f"time() - max({select(names.HEARTBEAT_MISSING, check=spec.id)}) >= 0"
    quiet = f"unless {in_maintenance([part.id])}"
    if part.kind == RESTORE_TEST:
        within = getattr(spec.options, "within", 0)
        lead = min(_RESTORE_LEAD_S, within / 4000)
        late = f"{due} - time() < {seconds(1000 * lead)}\nunless {missing}"
    else:
        late = f"time() - {due} >= 0\nunless {missing}"
    yield _rule(subjects, part, kind.late, f"({late})\n{quiet}", WARNING, LOWEST, check=spec.id)
    # A job that never reported has no time at which it is missing; its check says that it is.
    up, last = select(names.CHECK_UP, check=spec.id), select(names.HEARTBEAT_LAST, check=spec.id)
    never = f"(max({up}) == 0\n  unless max({last}))"
    gone = f"({missing}\nor {never})\n{quiet}"
    yield _rule(subjects, part, kind.missing, gone, WARNING, AT_MOST_URGENT, check=spec.id)
    failed = f"max({select(names.PART_DEGRADED, id=part.id)}) == 1\nand {due} > time()\n{quiet}"
    yield _rule(subjects, part, kind.failed, failed, WARNING, AT_MOST_URGENT, check=spec.id)


def certificate_rules(subjects: Subjects) -> Iterator[Rule]:
    """What there is to tell of certificates that components and links show."""
    for part in subjects.estate.parts.values():
        if any(shows_certificates(spec) for spec in subjects.checks_of(part)):
            yield from _certificates(subjects, part)


def shows_certificates(spec: CheckSpec) -> bool:
    """Whether a look can be shown a certificate."""
    return spec.probe in SHOWN_TO and not str(getattr(spec.options, "url", "https:")).startswith("http:")


def _certificates(subjects: Subjects, part: Part) -> Iterator[Rule]:
    seen = f"last_over_time({select(names.CERTIFICATE_NOT_AFTER, part=part.id)}[{_SEEN_FOR}])"
    left = f"min by (check) ({seen}) - time()"
    weight = subjects.weights.of[part.id]
    yield _rule(subjects, part, alerts.CERTIFICATE_EXPIRING, _between(left, 7 * _DAY_S, 21 * _DAY_S), WARNING, LOWEST)
    soon = _between(left, 0, 7 * _DAY_S)
    yield _rule(subjects, part, alerts.CERTIFICATE_EXPIRING_SOON, soon, WARNING, AT_MOST_URGENT)
    yield _rule(subjects, part, alerts.CERTIFICATE_EXPIRED, f"{left} <= 0", weight.severity, weight.priority)


def licence_rules(subjects: Subjects) -> Iterator[Rule]:
    """What there is to tell of licences that end."""
    for licence in subjects.settings.licences:
        if licence.until is None:
            continue
        left = f"max({select(names.LICENCE_UNTIL, id=licence.id)}) - time()"
        fill = {"name": titled(licence.id, licence.what)}
        for alert, expr, priority in (
            (alerts.LICENCE_ENDING, _between(left, 0, _LICENCE_LEAD_S), LOWEST),
            (alerts.LICENCE_ENDED, f"{left} <= 0", AT_MOST_URGENT),
        ):
            yield Rule(alert, expr, labels(WARNING, priority, licence.id, "licence"), fill, keep=KEPT)


def _between(left: str, low_s: int, high_s: int) -> str:
    return f"({left} <= {high_s}) > {low_s}"


def _rule(
    subjects: Subjects, part: Part, alert: str, expr: str, severity: str, priority: int, *, check: str = ""
) -> Rule:
    told = labels(
        severity,
        priority,
        part.id,
        part.kind or "component",
        owner=part.owner,
        site=part.site,
        behind=listed(subjects.weights.behind[part.id]) if severity == CRITICAL else alerts.NONE,
        services=listed(subjects.weights.of[part.id].services) if severity == CRITICAL else alerts.NONE,
    )
    if check:
        told["check"] = check
    fill = {"name": titled(part.id, part.name)}
    return Rule(alert, expr, told, fill, subjects.facts_of(part), keep=KEPT, runbook=part.runbook or "")
