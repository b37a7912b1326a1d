"""Every alert fires when it should and is silent when it should be, by Prometheus' own evaluation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from collector.probes import OPTIONS
from config.reader import read
from dashboards import alert_names
from dashboards.rules import WORDS, Wanted, rule_groups
from dashboards.rules_fingerprint import fingerprint
from dashboards.rules_model import Group
from dashboards.rules_text import rule_file
from tests.dashboards.programs import promtool
from tests.dashboards.rule_cases import CASES, Case

ESTATE = Path(__file__).parent / "alerts.yaml"
ALERTS = {value for name, value in vars(alert_names).items() if name.isupper() and str(value).startswith("Waakvlam")}


def _values(text: str, own: int) -> str:
    """Our shorthand as promtool reads it: `1x20` stands for 21 samples of 1."""
    return re.sub(r"(?<=\d)x(?=\d)", "+0x", text.replace("FINGERPRINT", str(own))) if "+" not in text else text


def _test(number: int, case: Case, own: int) -> dict[str, object]:
    firing = f'ALERTS{{alertname="{case.alert}",alertstate="firing"}}'
    expected = [each.split() for each in sorted(case.fires)]
    return {
        "interval": "1m",
        "input_series": [{"series": series, "values": _values(values, own)} for series, values in case.series.items()],
        "promql_expr_test": [
            {
                "expr": f"count by (id, severity, in_hours) ({firing}) > 0 # case {number}.",
                "eval_time": case.at,
                "exp_samples": [
                    {"labels": f'{{id="{id_}",in_hours="{in_hours}",severity="{severity}"}}', "value": 1}
                    for id_, severity, in_hours in expected
                ],
            }
        ],
    }


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What promtool says of all cases at once; each alert is alone with its rules, or it would take ten times as
    long."""
    folder = tmp_path_factory.mktemp("rules")
    settings = read(ESTATE, OPTIONS)
    own = fingerprint(settings)
    groups = rule_groups(settings, Wanted())
    for alert in sorted(ALERTS):
        of_alert = tuple(rule for group in groups for rule in group.rules if rule.alert == alert)
        assert of_alert, f"the estate has no {alert}"
        rules = rule_file([Group("of-alert", "1m", of_alert)], WORDS, "nl", "")
        (folder / f"{alert}.rules").write_text(rules, encoding="utf-8")
        tests = [_test(number, case, own) for number, case in enumerate(CASES.values()) if case.alert == alert]
        document = {"rule_files": [f"{alert}.rules"], "evaluation_interval": "1m", "tests": tests}
        (folder / f"{alert}.test").write_text(yaml.safe_dump(document), encoding="utf-8")
    ran = promtool("test", "rules", *(f"{alert}.test" for alert in sorted(ALERTS)), folder=folder)
    said = ran.stdout + ran.stderr
    assert said.count("Unit Testing:") == len(ALERTS), said
    assert ran.returncode == 0 or "# case " in said, said
    return said


@pytest.mark.parametrize("sentence", CASES)
def test_an_alert_fires_where_it_should(sentence: str, said: str) -> None:
    number = list(CASES).index(sentence)
    about = [part for part in said.split("expr: ") if f"# case {number}." in part]
    assert not about, f"{CASES[sentence].alert}, {sentence}: {about[0]}"


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_is_silent() -> None:
    firing = {case.alert for case in CASES.values() if case.fires}
    silent = {case.alert for case in CASES.values() if not case.fires}
    assert firing == ALERTS
    # That the watchdog is never silent is what it is for.
    assert silent == ALERTS - {alert_names.WATCHDOG}
