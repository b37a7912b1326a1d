"""Reads a configuration of Alertmanager as Alertmanager does: its hours, and what keeps silent behind what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from config.settings import Settings
from dashboards.alertmanager import Wanted, alertmanager
from dashboards.rules import Wanted as RulesWanted
from dashboards.rules import rule_groups

Alert = Mapping[str, str]
_MATCHER = re.compile(r'([a-z_]+)(=~|!~|!=|=)"(.*)"')


def written(settings: Settings, year: int = 2026) -> dict[str, Any]:
    whole: dict[str, Any] = yaml.safe_load(alertmanager(settings, Wanted(year)))
    return whole


def holds(matchers: Iterable[str], alert: Alert) -> bool:
    return all(_holds(matcher, alert) for matcher in matchers)


def _holds(matcher: str, alert: Alert) -> bool:
    parsed = _MATCHER.fullmatch(matcher)
    assert parsed, matcher
    label, operator, value = parsed.groups()
    has = alert.get(label, "")
    if operator in ("=", "!="):
        return (has == value) is (operator == "=")
    return (re.fullmatch(value, has) is not None) is (operator == "=~")


def covers(rule: Mapping[str, Any], source: Alert, target: Alert) -> bool:
    """Whether `source` keeps `target` silent by this rule; two that are both sides of it do not."""
    sources, targets = rule["source_matchers"], rule["target_matchers"]
    if not holds(sources, source) or not holds(targets, target):
        return False
    if any(source.get(label, "") != target.get(label, "") for label in rule.get("equal", ())):
        return False
    return not (holds(targets, source) and holds(sources, target))


def silent(rules: Sequence[Mapping[str, Any]], target: Alert, firing: Iterable[Alert]) -> bool:
    return any(covers(rule, source, target) for rule in rules for source in firing)


def spoken(rules: Sequence[Mapping[str, Any]], firing: Sequence[Alert]) -> list[str]:
    """The alerts that are told, as `name id`."""
    return sorted(f"{alert['alertname']} {alert['id']}" for alert in firing if not silent(rules, alert, firing))


def every_alert(settings: Settings) -> list[Alert]:
    """One of every alert that the rules of these settings can raise."""
    rules = [rule for group in rule_groups(settings, RulesWanted()) for rule in group.rules]
    return [{"alertname": rule.alert, **rule.labels} for rule in rules]


def is_active(intervals: Sequence[Mapping[str, Any]], at: datetime) -> bool:
    return any(_contains(interval, at) for interval in intervals)


def _contains(interval: Mapping[str, Any], at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(interval["location"]))
    minute = local.hour * 60 + local.minute
    return (
        any(_minutes(one["start_time"]) <= minute < _minutes(one["end_time"]) for one in interval["times"])
        and any(_within(days, local.day) for days in interval["days_of_month"])
        and str(local.month) in interval["months"]
        and str(local.year) in interval["years"]
    )


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _within(days: str, day: int) -> bool:
    first, _, last = days.partition(":")
    return int(first) <= day <= int(last or first)
