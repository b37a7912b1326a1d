"""Alerts on the watchman: the collector itself, its rules, the delivery of pages, and the watchdog."""

from __future__ import annotations

from collections.abc import Iterator

from dashboards import alert_names as alerts
from dashboards.alert_names import CRITICAL, INFO, PROMETHEUS_SAYS, WARNING
from dashboards.rules_fingerprint import fingerprint
from dashboards.rules_model import Rule, labels
from dashboards.rules_queries import select
from dashboards.rules_subjects import Subjects
from dashboards.rules_weight import AT_MOST_URGENT, LOWEST
from exporters import centre_names, names
from exporters.names import Family

_BLIND = 2
"""The priority of what makes blind: no user is hit, and nobody would know."""
_STALE_S = 300
"""Judgements are made at least every minute or two, however large the estate."""
_LATE_RATIO = 0.01
_COUNTED = "15m"
"""How far back what is counted is looked at, and so how long such an alert lasts."""


def collector_rules(subjects: Subjects, job: str) -> Iterator[Rule]:
    """What there is to tell of the collectors that Prometheus scrapes as `job`, and of these rules."""
    # A restart takes seconds, and no fall or rise stands between a scrape that failed and this.
    up = f'up{{job="{job}"}}'
    yield _rule(alerts.COLLECTOR_GONE, f"{up} == 0\nor absent({up})", CRITICAL, _BLIND, wait="1m")
    judged = _each(names.JUDGED_AT)
    never = f"({_each(names.BUILD_INFO)} unless {judged})"
    stale = f"time() - {judged} > {_STALE_S}\nor {never}"
    yield _rule(alerts.JUDGEMENT_STALE, stale, CRITICAL, _BLIND, wait="1m")
    # What tells that it does not keep pace has waited already.
    stuck = f"{_each(names.SCHEDULE_KEEPS_PACE, 'min')} == 0"
    yield _rule(alerts.SCHEDULE_STUCK, stuck, CRITICAL, _BLIND)
    yield _rule(alerts.SCHEDULE_LATE, _late(), WARNING, AT_MOST_URGENT, keep="10m")
    # A flush that failed is made up for by the next, some seconds later.
    failing = f"{_each(names.STORE_HEALTHY, 'min')} == 0"
    yield _rule(alerts.STORE_FAILING, failing, CRITICAL, _BLIND, wait="1m")
    # One that is cut off hears nobody: gone is who nobody hears.
    gone = f"max by (centre) ({select(centre_names.HEARD)}) == 0"
    yield _rule(alerts.CENTRE_GONE, gone, WARNING, AT_MOST_URGENT, wait="5m")
    # A take-over takes a quarter of a minute.
    nobody = f"max({select(centre_names.LEADER)}) == 0"
    yield _rule(alerts.NOBODY_LEADS, nobody, CRITICAL, _BLIND, wait="1m")
    refused = f"{_each(names.CONFIG_RELOAD_SUCCESS, 'min')} == 0"
    yield _rule(alerts.CONFIGURATION_REFUSED, refused, WARNING, AT_MOST_URGENT)
    # A collector is reloaded before Prometheus is, or after.
    outdated = f"{_each(names.ESTATE_FINGERPRINT)} != {fingerprint(subjects.settings)}"
    yield _rule(alerts.RULES_OUTDATED, outdated, WARNING, AT_MOST_URGENT, wait="5m")
    yield _rule(alerts.BACKGROUND_FAILING, _grown(names.BACKGROUND_FAILURES, "instance, task"), WARNING, AT_MOST_URGENT)
    yield _rule(alerts.CLOCK_JUMPED, _grown(names.CLOCK_JUMPS, "instance"), WARNING, LOWEST)
    yield _rule(alerts.PROBE_BUG, _grown(names.PROBE_BUGS, "instance"), WARNING, LOWEST)


def deadman_rules() -> Iterator[Rule]:
    """What there is to tell of the signs of life for the place outside."""
    failed = f"sum by (instance) (increase({select(names.DEADMAN_PINGS, outcome='failed')}[{_COUNTED}])) > 0"
    yield _rule(alerts.DEADMAN_FAILING, failed, WARNING, AT_MOST_URGENT)


def page_rules() -> Iterator[Rule]:
    """What there is to tell of the way to the people on duty."""
    waiting = f"{_each(names.PAGES_PENDING)} > 0"
    yield _rule(alerts.PAGES_WAITING, waiting, CRITICAL, _BLIND, kind="pages", wait="5m")
    failed = f"sum by (channel) (increase({select(names.PAGE_DELIVERIES, outcome='failed')}[{_COUNTED}])) > 0"
    yield _rule(alerts.PAGE_DELIVERY_FAILING, failed, WARNING, AT_MOST_URGENT, kind="pages")


def watchdog_rules() -> Iterator[Rule]:
    """The alert that is always there, so that its absence tells that the chain is broken."""
    yield _rule(alerts.WATCHDOG, "vector(1)", INFO, LOWEST, kind="watchdog")


def _each(family: Family, calculated: str = "max") -> str:
    """What every collector says, without what tells one version of it from the next."""
    return f"{calculated} by (instance) ({select(family)})"


def _grown(family: Family, by: str) -> str:
    return f"sum by ({by}) (increase({select(family)}[{_COUNTED}])) > 0"


def _late() -> str:
    """The share of looks that began more than a second late, or not at all."""
    name = names.SCHEDULE_LATENESS.name

    def grown(series: str) -> str:
        return f"sum by (instance) (increase({series}[10m]))"

    looks, in_time = grown(f"{name}_count"), grown(f'{name}_bucket{{le="1.0"}}')
    skipped = grown(select(names.PROBES_SKIPPED))
    return f"1 - {in_time}\n  / ({looks} + {skipped})\n  > {_LATE_RATIO}"


def _rule(
    alert: str, expr: str, severity: str, priority: int, *, kind: str = "collector", wait: str = "", keep: str = ""
) -> Rule:
    told = labels(severity, priority, "waakvlam", kind, source=PROMETHEUS_SAYS)
    return Rule(alert, expr, told, wait=wait, keep=keep)
