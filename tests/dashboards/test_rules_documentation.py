"""docs/alerting.md tells of every alert, and as it is."""

from __future__ import annotations

import re
from pathlib import Path

from collector.probes import OPTIONS
from config.reader import read
from dashboards.rules import Wanted, rule_groups
from dashboards.rules_documentation import PAGE, with_headings
from dashboards.rules_words_en import WORDS

TEXT = PAGE.read_text(encoding="utf-8")
ROWS = [re.split(r" *\| *", line.strip("| ")) for line in TEXT.splitlines() if line.startswith("| [`Waakvlam")]
ESTATE = Path(__file__).parent / "alerts.yaml"


def test_every_alert_has_its_heading() -> None:
    assert with_headings(TEXT) == TEXT, "run `make docs`"
    assert re.findall(r"^### (\w+)$", TEXT, re.MULTILINE) == list(WORDS)


def test_the_table_holds_every_alert_and_leads_to_its_heading() -> None:
    assert [row[0] for row in ROWS] == [f"[`{alert}`](#{alert.lower()})" for alert in WORDS]


def test_the_table_says_the_severity_and_priority_that_rules_have() -> None:
    told = {row[0].split("`")[1]: (row[2], row[3]) for row in ROWS}
    for group in rule_groups(read(ESTATE, OPTIONS), Wanted()):
        for rule in group.rules:
            severity, priority = told[rule.alert]
            assert rule.labels["severity"] in severity
            expected = {"*p*": "1234", "*l*": "34"}.get(priority, priority)
            assert rule.labels["priority"] in expected, rule.alert


def test_every_label_is_told() -> None:
    for group in rule_groups(read(ESTATE, OPTIONS), Wanted()):
        for rule in group.rules:
            assert all(f"`{label}`" in TEXT for label in rule.labels)
