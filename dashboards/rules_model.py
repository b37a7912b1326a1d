"""What an alert rule of Prometheus is before it is written: its expression, labels and texts in two languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dashboards.alert_names import (
    BEHIND,
    BETWEEN,
    COLLECTOR_SAYS,
    ID,
    IN_HOURS,
    KIND,
    LABELS,
    NONE,
    OWNER,
    PRIORITY,
    SERVICES,
    SEVERITY,
    SITE,
    SOURCE,
)

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = ("nl", "en")

HELD = "10m"
"""How long the last word holds of a collector that cannot be asked. Prometheus forgets a series at the first scrape
that fails; an outage that seems over because nobody looks would be told as its end."""
QUIET = "3m"
"""The same for what keeps an alert quiet, such as maintenance. A record that is withdrawn has no series any more, so it
must not hold for long."""
KEPT = "5m"
"""How long an alert that wakes nobody goes on after its last sign, over scrapes that failed."""

_TOKEN = re.compile(r"<([a-z_]+)>")


@dataclass(frozen=True, slots=True)
class Words:
    """What an alert says in one language: in a line, what is meant, and what to do.

    `<name>` and the like stand for what a rule fills in; `{{ }}` is Prometheus' own.
    """

    summary: str
    meaning: str
    action: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert rule. `labels` has every label; `fill` says per language what stands for the tokens of its words, and
    `facts` what is known of what it is about."""

    alert: str
    expr: str
    labels: Mapping[str, str]
    fill: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[Language, str] = field(default_factory=dict)
    wait: str = ""
    """Its `for`: only where no `fall` or `rise` came before it."""
    keep: str = ""
    """Its `keep_firing_for`."""
    runbook: str = ""
    """Where it is written what to do about this very thing; empty where the alert's own page must do."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated together, every `interval`."""

    name: str
    interval: str
    rules: tuple[Rule, ...]


def labels(
    severity: str,
    priority: int,
    id_: str,
    kind: str,
    *,
    owner: str | None = None,
    site: str | None = None,
    behind: str = NONE,
    between: str = NONE,
    services: str = NONE,
    in_hours: str = NONE,
    source: str = COLLECTOR_SAYS,
) -> dict[str, str]:
    """Every label of an alert, in the order of `LABELS`, with what a template would read made harmless."""
    values = {
        SEVERITY: severity,
        PRIORITY: str(priority),
        OWNER: owner or NONE,
        SITE: site or NONE,
        ID: id_,
        KIND: literal(kind) or NONE,
        BEHIND: behind,
        BETWEEN: between,
        SERVICES: services,
        IN_HOURS: in_hours,
        SOURCE: source,
    }
    return {name: values[name] for name in LABELS}


def literal(text: str) -> str:
    """`text` as a template of Prometheus that gives it back: a brace in a name begins no action."""
    return text.replace("{", '{{"{"}}')


def filled(text: str, fill: Mapping[str, str]) -> str:
    """`text` with its tokens replaced by what they stand for; KeyError for a token that is not filled."""
    return _TOKEN.sub(lambda match: literal(fill[match[1]]), text)


def titled(id_: str, name: str) -> str:
    """A name with its id, for who has to find it back."""
    return f"{name} ({id_})" if name and name != id_ else id_
