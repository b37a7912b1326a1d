"""The names of alerts, of their labels and of what these can say: what rules and Alertmanager's routes must agree on.

Every alert has every label of `LABELS`; one that does not apply is "none", never absent, because Alertmanager's `equal`
takes two absent labels for equal ones. A label that lists ids has them in the order of the alphabet with a comma
between; `one_of` is the expression that finds one of them.

What inhibition can use (all of it is known when a configuration is read):
- a data centre that is down covers every alert with its `site`, and the links that have it among `between`;
- a component or link that is down covers every alert that has its `id` among `behind`;
- a service that is down covers the alerts of parts and pairs that have its `id` among `services`: whoever is busy with
  the service sees them, and the other way round would hide that people are hurt;
- of what gets worse step by step, the later step covers the earlier ones with the same `id` (`COVERED_BY`);
- a collector that is gone covers what it told: all alerts with the label `source` "collector".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

NONE = "none"
"""What a label says that does not apply."""

SEVERITY = "severity"
PRIORITY = "priority"
OWNER = "owner"
SITE = "site"
ID = "id"
KIND = "kind"
BEHIND = "behind"
BETWEEN = "between"
SERVICES = "services"
IN_HOURS = "in_hours"
SOURCE = "source"

LABELS: tuple[str, ...] = (
    SEVERITY,
    PRIORITY,
    OWNER,
    SITE,
    ID,
    KIND,
    BEHIND,
    BETWEEN,
    SERVICES,
    IN_HOURS,
    SOURCE,
)
"""Every alert has all of these.

`severity` is one of `SEVERITIES`, `priority` 1 to 4. `owner` is an organisation, `site` a site. `kind` is that of a
component or link, or service, pair, datacentre, licence, agent, collector, pages or watchdog. `behind` lists what it is
reached through, `between` the sites that a link connects, `services` those that depend on it. `in_hours` is true or
false where there are agreed hours to hold it against. `source` is collector for what the collector says of the estate,
prometheus for what Prometheus says of the collector."""

CRITICAL = "critical"
"""Somebody must act now: users are hit, or will be by the next fault."""
WARNING = "warning"
"""Somebody must act in office hours."""
INFO = "info"
"""Nobody needs to act: it explains something else, or is only for the record."""
SEVERITIES = (CRITICAL, WARNING, INFO)

COLLECTOR_SAYS = "collector"
PROMETHEUS_SAYS = "prometheus"

DATACENTRE_DOWN = "WaakvlamDatacentreDown"
LINK_DOWN = "WaakvlamLinkDown"
LINK_DEGRADED = "WaakvlamLinkDegraded"
COMPONENT_DOWN = "WaakvlamComponentDown"
COMPONENT_DEGRADED = "WaakvlamComponentDegraded"
SERVICE_DOWN = "WaakvlamServiceDown"
SERVICE_UNWATCHED = "WaakvlamServiceUnwatched"
SERVICE_DEGRADED = "WaakvlamServiceDegraded"
REDUNDANCY_LOST = "WaakvlamRedundancyLost"

FAILOVER_RUNNING = "WaakvlamFailoverRunning"
FAILOVER_INTERRUPTED = "WaakvlamFailoverInterrupted"
FAILOVER_HALFWAY = "WaakvlamFailoverHalfway"
FAILOVER_OVERDUE = "WaakvlamFailoverOverdue"
PAIR_UNPROTECTED = "WaakvlamPairUnprotected"
FAILOVER_TEST_DUE = "WaakvlamFailoverTestDue"
FAILOVER_TEST_OVERDUE = "WaakvlamFailoverTestOverdue"

BACKUP_LATE = "WaakvlamBackupLate"
BACKUP_MISSING = "WaakvlamBackupMissing"
BACKUP_FAILED = "WaakvlamBackupFailed"
RESTORE_TEST_DUE = "WaakvlamRestoreTestDue"
RESTORE_TEST_OVERDUE = "WaakvlamRestoreTestOverdue"
RESTORE_TEST_FAILED = "WaakvlamRestoreTestFailed"
JOB_LATE = "WaakvlamJobLate"
JOB_MISSING = "WaakvlamJobMissing"
JOB_FAILED = "WaakvlamJobFailed"
CERTIFICATE_EXPIRING = "WaakvlamCertificateExpiring"
CERTIFICATE_EXPIRING_SOON = "WaakvlamCertificateExpiringSoon"
CERTIFICATE_EXPIRED = "WaakvlamCertificateExpired"
LICENCE_ENDING = "WaakvlamLicenceEnding"
LICENCE_ENDED = "WaakvlamLicenceEnded"

BUDGET_BURNING = "WaakvlamBudgetBurning"
NORM_AT_RISK = "WaakvlamNormAtRisk"
NORM_LOST = "WaakvlamNormLost"
COVERAGE_LOW = "WaakvlamCoverageLow"

COLLECTOR_GONE = "WaakvlamCollectorGone"
JUDGEMENT_STALE = "WaakvlamJudgementStale"
SCHEDULE_STUCK = "WaakvlamScheduleStuck"
SCHEDULE_LATE = "WaakvlamScheduleLate"
STORE_FAILING = "WaakvlamStoreFailing"
CENTRE_GONE = "WaakvlamCentreGone"
NOBODY_LEADS = "WaakvlamNobodyLeads"
CONFIGURATION_REFUSED = "WaakvlamConfigurationRefused"
RULES_OUTDATED = "WaakvlamRulesOutdated"
BACKGROUND_FAILING = "WaakvlamBackgroundFailing"
CLOCK_JUMPED = "WaakvlamClockJumped"
PROBE_BUG = "WaakvlamProbeBug"
DEADMAN_FAILING = "WaakvlamDeadmanFailing"
AGENT_GONE = "WaakvlamAgentGone"
AGENT_BACKLOG = "WaakvlamAgentBacklog"
AGENT_REFUSED = "WaakvlamAgentRefused"
AGENT_CONFIGURATION = "WaakvlamAgentConfiguration"
PAGES_WAITING = "WaakvlamPagesWaiting"
PAGE_DELIVERY_FAILING = "WaakvlamPageDeliveryFailing"
WATCHDOG = "WaakvlamWatchdog"

COVERED_BY: Mapping[str, tuple[str, ...]] = {
    LINK_DEGRADED: (LINK_DOWN,),
    COMPONENT_DEGRADED: (COMPONENT_DOWN,),
    SERVICE_DEGRADED: (SERVICE_DOWN,),
    SERVICE_UNWATCHED: (SERVICE_DOWN,),
    REDUNDANCY_LOST: (SERVICE_DOWN, COMPONENT_DOWN, LINK_DOWN),
    FAILOVER_RUNNING: (FAILOVER_INTERRUPTED, FAILOVER_HALFWAY, FAILOVER_OVERDUE),
    FAILOVER_INTERRUPTED: (FAILOVER_HALFWAY, FAILOVER_OVERDUE),
    FAILOVER_HALFWAY: (FAILOVER_OVERDUE,),
    BUDGET_BURNING: (NORM_AT_RISK, NORM_LOST),
    NORM_AT_RISK: (NORM_LOST,),
    COVERAGE_LOW: (NORM_LOST,),
    CERTIFICATE_EXPIRING: (CERTIFICATE_EXPIRING_SOON, CERTIFICATE_EXPIRED),
    CERTIFICATE_EXPIRING_SOON: (CERTIFICATE_EXPIRED,),
    SCHEDULE_LATE: (SCHEDULE_STUCK,),
    AGENT_CONFIGURATION: (AGENT_GONE,),
}
"""Which alerts say the same as another with the same `id`, only later and worse."""


def listed(ids: Iterable[str]) -> str:
    """What a label says that lists `ids`; they are written with letters, digits and `-` only."""
    return ",".join(sorted(set(ids))) or NONE


def one_of(id_: str) -> str:
    """The regular expression, anchored at both ends as Alertmanager and Prometheus do, of a list that has `id_`."""
    return f"(.*,)?{id_}(,.*)?"
