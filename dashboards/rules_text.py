"""Writes rule files of Prometheus: YAML that reads well and is the same text every time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from dashboards.rules_model import LANGUAGES, Group, Language, Rule, Words, filled

HEADER = "# Written by `waakvlam rules`: change the configuration and write this again."


def rule_file(
    groups: Iterable[Group], words: Mapping[Language, Mapping[str, Words]], language: Language, runbooks: str
) -> str:
    """The text of one rule file. `runbooks` is the address of the page on which every alert has a heading; empty where
    there is none."""
    lines = [HEADER, "groups:"]
    for group in groups:
        lines += [f"  - name: {group.name}", f"    interval: {group.interval}", "    rules:"]
        for rule in group.rules:
            lines += _rule(rule, told_by(rule, words, language, runbooks))
    return "\n".join(lines) + "\n"


def told_by(
    rule: Rule, words: Mapping[Language, Mapping[str, Words]], language: Language, runbooks: str
) -> dict[str, str]:
    """What the alert says: summary and description in `language` and in each language, and where to read on."""
    told: dict[str, str] = {}
    for each in LANGUAGES:
        say = words[each][rule.alert]
        parts = [filled(say.meaning, rule.fill), filled(say.action, rule.fill), rule.facts.get(each, "")]
        told[f"summary_{each}"] = filled(say.summary, rule.fill)
        told[f"description_{each}"] = " ".join(part for part in parts if part)
    found = {"summary": told[f"summary_{language}"], "description": told[f"description_{language}"], **told}
    runbook = rule.runbook or (f"{runbooks}#{rule.alert.lower()}" if runbooks else "")
    if runbook:
        found["runbook_url"] = filled("<runbook>", {"runbook": runbook})
    return found


def _rule(rule: Rule, told: Mapping[str, str]) -> Iterator[str]:
    yield f"      - alert: {rule.alert}"
    yield "        expr: |-"
    for line in rule.expr.splitlines():
        yield f"          {line}"
    if rule.wait:
        yield f"        for: {rule.wait}"
    if rule.keep:
        yield f"        keep_firing_for: {rule.keep}"
    yield "        labels:"
    for name, value in rule.labels.items():
        yield f"          {name}: {scalar(value)}"
    yield "        annotations:"
    for name, value in told.items():
        yield f"          {name}: {scalar(value)}"


def scalar(text: str) -> str:
    """`text` between quotes as YAML reads it back, on one line."""
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    # What is beyond the first plane has no escape in JSON that YAML knows; it needs none.
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return json.dumps(char)[1:-1]
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
