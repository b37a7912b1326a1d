"""The alert rules of a configuration, as the files that Prometheus loads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from config.settings import Settings
from dashboards import rules_words_en, rules_words_nl
from dashboards.rules_collector import collector_rules, page_rules, watchdog_rules
from dashboards.rules_failover import failover_rules
from dashboards.rules_model import Group, Language, Rule, Words
from dashboards.rules_parts import component_rules, datacentre_rules, link_rules
from dashboards.rules_registers import certificate_rules, job_rules
from dashboards.rules_services import norm_rules, service_rules
from dashboards.rules_subjects import Subjects
from dashboards.rules_text import rule_file

WORDS: Mapping[Language, Mapping[str, Words]] = {"nl": rules_words_nl.WORDS, "en": rules_words_en.WORDS}
PREFIX = "waakvlam-"
"""Of groups and files, so that they can lie among others."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How rules are written: the language of what has no language in its name, the page with a heading for every
    alert (empty: none), and the job under which Prometheus scrapes the collector."""

    language: Language = "nl"
    runbooks: str = ""
    job: str = "waakvlam"


def rule_groups(settings: Settings, wanted: Wanted) -> tuple[Group, ...]:
    """The groups of `settings`; what it has none of has no group. What pages is looked at most often."""
    subjects = Subjects(settings)
    pages = page_rules() if settings.oncall is not None else ()
    groups = (
        _group("watchdog", "15s", watchdog_rules()),
        _group("collector", "30s", collector_rules(subjects, wanted.job)),
        _group("pages", "30s", pages),
        _group("datacentres", "15s", datacentre_rules(subjects)),
        _group("links", "15s", link_rules(subjects)),
        _group("components", "15s", component_rules(subjects)),
        _group("services", "15s", service_rules(subjects)),
        _group("failover", "15s", failover_rules(subjects)),
        _group("norms", "1m", norm_rules(subjects)),
        _group("jobs", "1m", job_rules(subjects)),
        _group("certificates", "5m", certificate_rules(subjects)),
    )
    return tuple(group for group in groups if group.rules)


def _group(name: str, interval: str, rules: Iterable[Rule]) -> Group:
    return Group(PREFIX + name, interval, tuple(rules))


def one_file(settings: Settings, wanted: Wanted) -> str:
    """All groups in the text of one file."""
    return rule_file(rule_groups(settings, wanted), WORDS, wanted.language, wanted.runbooks)


def files(settings: Settings, wanted: Wanted) -> dict[str, str]:
    """A file for each group, by its name."""
    return {
        f"{group.name}.yml": rule_file([group], WORDS, wanted.language, wanted.runbooks)
        for group in rule_groups(settings, wanted)
    }
