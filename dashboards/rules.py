"""The alert rules of a configuration, as the files that Prometheus loads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from config.settings import Settings
from dashboards import rules_words_en, rules_words_nl
from dashboards.rules_agents import agent_rules
from dashboards.rules_collector import collector_rules, deadman_rules, page_rules, watchdog_rules
from dashboards.rules_failover import failover_rules
from dashboards.rules_model import Group, Language, Rule, Words
from dashboards.rules_parts import component_rules, datacentre_rules, link_rules
from dashboards.rules_registers import certificate_rules, job_rules, licence_rules
from dashboards.rules_services import norm_rules, service_rules
from dashboards.rules_subjects import Subjects
from dashboards.rules_text import rule_file

WORDS: Mapping[Language, Mapping[str, Words]] = {"nl": rules_words_nl.WORDS, "en": rules_words_en.WORDS}
PREFIX = "waakvlam-"
"""Of groups and files, so that they can lie among others."""
_SOON, _LATER = "15s", "30s"
_MANY = 2000
"""Rules of a subject from which on they are evaluated half as often: they take Prometheus 0.3 ms each."""
_TOGETHER = 1000
"""Rules of a group at most."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How rules are written: the language of what has no language in its name, the page with a heading for every
    alert (empty: none), and the job under which Prometheus scrapes the collector."""

    language: Language = "nl"
    runbooks: str = ""
    job: str = "waakvlam"


def rule_groups(settings: Settings, wanted: Wanted) -> tuple[Group, ...]:
    """The groups of `settings`; what it has none of has no group."""
    return tuple(group for groups in _by_subject(settings, wanted).values() for group in groups)


def _by_subject(settings: Settings, wanted: Wanted) -> dict[str, tuple[Group, ...]]:
    """The groups of each subject, by its name. What pages is looked at most often."""
    subjects = Subjects(settings)
    collector = [
        *collector_rules(subjects, wanted.job),
        *(deadman_rules() if settings.deadman is not None else ()),
    ]
    pages = page_rules() if settings.oncall is not None else ()
    found = {
        "watchdog": _groups("watchdog", _SOON, watchdog_rules()),
        "collector": _groups("collector", "30s", collector),
        "agents": _groups("agents", "30s", agent_rules(subjects)),
        "pages": _groups("pages", "30s", pages),
        "datacentres": _groups("datacentres", _SOON, datacentre_rules(subjects)),
        "links": _groups("links", _SOON, link_rules(subjects)),
        "components": _groups("components", _SOON, component_rules(subjects)),
        "services": _groups("services", _SOON, service_rules(subjects)),
        "failover": _groups("failover", _SOON, failover_rules(subjects)),
        "norms": _groups("norms", "1m", norm_rules(subjects)),
        "jobs": _groups("jobs", "1m", job_rules(subjects)),
        "certificates": _groups("certificates", "5m", certificate_rules(subjects)),
        "licences": _groups("licences", "5m", licence_rules(subjects)),
    }
    return {subject: groups for subject, groups in found.items() if groups}


def _groups(subject: str, interval: str, rules: Iterable[Rule]) -> tuple[Group, ...]:
    """The rules of a subject, in groups that Prometheus evaluates side by side."""
    every = list(rules)
    if interval == _SOON and len(every) > _MANY:
        interval = _LATER
    return tuple(
        Group(f"{PREFIX}{subject}" + (f"-{start // _TOGETHER + 1}" if start else ""), interval, tuple(slice_))
        for start in range(0, len(every), _TOGETHER)
        if (slice_ := every[start : start + _TOGETHER])
    )


def one_file(settings: Settings, wanted: Wanted) -> str:
    """All groups in the text of one file."""
    return rule_file(rule_groups(settings, wanted), WORDS, wanted.language, wanted.runbooks)


def files(settings: Settings, wanted: Wanted) -> dict[str, str]:
    """A file for each subject, by its name."""
    return {
        f"{PREFIX}{subject}.yml": rule_file(groups, WORDS, wanted.language, wanted.runbooks)
        for subject, groups in _by_subject(settings, wanted).items()
    }
