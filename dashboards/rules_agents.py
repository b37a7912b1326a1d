"""Alerts on agents that look from other vantages and report through a broker."""

from __future__ import annotations

from collections.abc import Iterator

from config.mqtt_settings import Agent
from dashboards import alert_names as alerts
from dashboards.alert_names import WARNING
from dashboards.rules_model import Rule, labels
from dashboards.rules_queries import select
from dashboards.rules_subjects import Subjects
from dashboards.rules_weight import AT_MOST_URGENT, LOWEST
from exporters import agent_names as names

_ALMOST_FULL = 0.5


def agent_rules(subjects: Subjects) -> Iterator[Rule]:
    """What there is to tell of agents; that nobody looks at a service any more is told of the service."""
    mqtt = subjects.settings.mqtt
    for agent in mqtt.agents if mqtt is not None else ():
        id_ = agent.id
        there = f"max({select(names.PRESENCE, agent=id_, presence='here')}) == 0"
        # A machine that restarts is gone for less.
        yield _rule(subjects, agent, alerts.AGENT_GONE, there, AT_MOST_URGENT, wait="5m")
        full = f"max({select(names.FULLNESS, agent=id_)}) > {_ALMOST_FULL}"
        gave_up = f"max(increase({select(names.DROPPED, agent=id_)}[15m])) > 0"
        yield _rule(subjects, agent, alerts.AGENT_BACKLOG, f"{full}\nor {gave_up}", AT_MOST_URGENT)
        refused = f"sum by (reason) (increase({select(names.REFUSED, agent=id_)}[15m])) > 0"
        yield _rule(subjects, agent, alerts.AGENT_REFUSED, refused, AT_MOST_URGENT)
        # A change reaches both ends one after the other.
        other = f"max({select(names.SAME_CONFIG, agent=id_)}) == 0"
        yield _rule(subjects, agent, alerts.AGENT_CONFIGURATION, other, LOWEST, wait="10m")


def _rule(subjects: Subjects, agent: Agent, alert: str, expr: str, priority: int, *, wait: str = "") -> Rule:
    vantage = subjects.estate.vantages.get(agent.vantage)
    site = vantage.site if vantage else None
    told = labels(WARNING, priority, agent.id, "agent", site=site)
    return Rule(alert, expr, told, {"name": agent.id}, subjects.facts(site=[site] if site else []), wait=wait)
