"""The files of alert rules: valid whatever things are called, complete in labels and texts, about known metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from collector.probes import OPTIONS
from config.reader import read
from config.settings import Settings
from dashboards import alert_names as alerts
from dashboards.rules import WORDS, Wanted, files, one_file, rule_groups
from dashboards.rules_model import HELD, KEPT, LANGUAGES, Group, Rule, literal
from dashboards.rules_text import rule_file, scalar
from exporters.names import FAMILIES
from tests.dashboards.programs import promtool
from tests.dashboards.rule_cases import CASES

HOUSE = Path(__file__).parents[2]
ESTATES = {
    "alerts": Path(__file__).parent / "alerts.yaml",
    "whole": HOUSE / "tests" / "config" / "whole.yaml",
    **{path.stem: path for path in (HOUSE / "config" / "examples").glob("*.yaml")},
}
OF_PROMETHEUS = {"up": {"job", "instance"}, "ALERTS": {"alertname", "alertstate", "id"}}
FAMILY = {family.name: family for family in FAMILIES}
NAMES = [
    "{{ $labels.id }}",
    "}} {{",
    'it\'s "5" \\ 7% {',
    "Überlingen 🔥 'x'",
    "{{",
    "a: b # c",
    "\u2028\u0085\x7f",
    "<name>",
]
"""Names of which each has broken a template, a quoting or a line somewhere."""


def settings_of(name: str) -> Settings:
    return read(ESTATES[name], OPTIONS)


def every_rule(settings: Settings) -> list[Rule]:
    return [rule for group in rule_groups(settings, Wanted()) for rule in group.rules]


def oddly_named(settings: Settings) -> Settings:
    """The same estate with a name that is hard to write for everything that has one."""
    names = iter(NAMES * 10)
    estate = settings.estate
    return replace(
        settings,
        estate=replace(
            estate,
            parts={
                id_: replace(part, name=next(names), kind=next(names), runbook=next(names))
                for id_, part in estate.parts.items()
            },
            services={id_: replace(service, name=next(names)) for id_, service in estate.services.items()},
            pairs=tuple(replace(pair, name=next(names)) for pair in estate.pairs),
        ),
        sites={id_: replace(site, name=next(names)) for id_, site in settings.sites.items()},
        organisations={id_: replace(one, name=next(names)) for id_, one in settings.organisations.items()},
    )


def crowded(settings: Settings) -> Settings:
    """A thousand services on the same parts."""
    (first, *_) = settings.estate.services.values()
    services = {f"service-{n}": replace(first, id=f"service-{n}") for n in range(1000)}
    return replace(settings, estate=replace(settings.estate, services=services))


def bare(settings: Settings) -> Settings:
    """Nothing is configured."""
    estate = replace(settings.estate, parts={}, services={}, pairs=(), agreements={})
    nothing = {"checks": {}, "sites": {}, "oncall": None, "licences": (), "mqtt": None, "deadman": None}
    return replace(settings, estate=estate, **nothing)  # type: ignore[arg-type]  # of different fields


def test_promtool_takes_every_file(tmp_path: Path) -> None:
    texts = {name: one_file(settings_of(name), Wanted()) for name in ESTATES}
    texts["odd"] = one_file(oddly_named(settings_of("alerts")), Wanted("en", "https://wiki.example/alerts"))
    texts["crowded"] = one_file(crowded(settings_of("alerts")), Wanted())
    texts["bare"] = one_file(bare(settings_of("alerts")), Wanted())
    for name, text in texts.items():
        (tmp_path / f"{name}.yml").write_text(text, encoding="utf-8")
    checked = promtool("check", "rules", *(f"{name}.yml" for name in texts), folder=tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert "FAILED" not in checked.stdout + checked.stderr
    assert checked.stdout.count("SUCCESS") == len(texts)


def test_names_come_out_of_templates_as_they_went_in(tmp_path: Path) -> None:
    """Prometheus expands the very file that is written, for every name that is hard to write."""
    settings = settings_of("alerts")
    (rule,) = [rule for rule in every_rule(settings) if rule.alert == alerts.WATCHDOG]
    odd = [
        replace(rule, alert=alerts.COMPONENT_DOWN, labels={**rule.labels, "id": str(n), "kind": literal(name)},
                fill={"name": name}, runbook=name)
        for n, name in enumerate(NAMES)
    ]  # fmt: skip
    (tmp_path / "odd.yml").write_text(rule_file([Group("odd", "1m", tuple(odd))], WORDS, "en", ""), encoding="utf-8")
    words = {language: WORDS[language][alerts.COMPONENT_DOWN] for language in LANGUAGES}
    expected = []
    for n, name in enumerate(NAMES):
        told = {"runbook_url": name}
        for suffix, language in (("", "en"), ("_nl", "nl"), ("_en", "en")):
            said = words[language]
            told[f"summary{suffix}"] = said.summary.replace("<name>", name)
            told[f"description{suffix}"] = f"{said.meaning} {said.action}"
        labels = {**rule.labels, "id": str(n), "kind": name}
        expected.append({"exp_labels": labels, "exp_annotations": told})
    case = {"eval_time": "5m", "alertname": alerts.COMPONENT_DOWN, "exp_alerts": expected}
    tests = {"rule_files": ["odd.yml"], "evaluation_interval": "1m", "tests": [{"alert_rule_test": [case]}]}
    (tmp_path / "odd.test").write_text(yaml.safe_dump(tests, allow_unicode=True), encoding="utf-8")
    ran = promtool("test", "rules", "odd.test", folder=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_what_alerts_say_of_their_values(tmp_path: Path) -> None:
    settings = settings_of("alerts")
    (tmp_path / "rules.yml").write_text(one_file(settings, Wanted("nl", "https://wiki.example/a")), encoding="utf-8")
    labels = {rule.alert: dict(rule.labels) for rule in every_rule(settings)}
    nl = (
        "De functie is onderbroken; van de afgesproken tijd rest 1h 25m 0s. Wijk nu uit als de primaire kant niet op "
        "tijd terug is. Primair: app-noord. Reserve: app-zuid. Eigenaar: Beheer BV (beheer). Diensten: "
        "Basisregistratie (brp)."
    )
    en = (
        "The function is interrupted; 1h 25m 0s are left of the agreed time. Take over now if the primary will not be "
        "back in time. Primary: app-noord. Standby: app-zuid. Owner: Beheer BV (beheer). Services: Basisregistratie "
        "(brp)."
    )
    told = {
        "summary": "Functie onderbroken, de helft van 4h is voorbij: Uitwijk applicatie (uitwijk)",
        "description": nl,
        "summary_nl": "Functie onderbroken, de helft van 4h is voorbij: Uitwijk applicatie (uitwijk)",
        "description_nl": nl,
        "summary_en": "Function interrupted, half of 4h is gone: Uitwijk applicatie (uitwijk)",
        "description_en": en,
        "runbook_url": "https://wiki.example/a#waakvlamfailoverhalfway",
    }
    alert = {"exp_labels": labels[alerts.FAILOVER_HALFWAY], "exp_annotations": told}
    series = {"event_active": "1+0x20", "deadline_timestamp_seconds": "5700+0x20"}
    cases = [
        {
            "input_series": [
                {"series": f'waakvlam_failover_{name}{{pair="uitwijk"}}', "values": values}
                for name, values in series.items()
            ],
            "alert_rule_test": [
                {"eval_time": "10m", "alertname": alerts.FAILOVER_HALFWAY, "exp_alerts": [alert]},
            ],
        }
    ]
    tests = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": cases}
    (tmp_path / "rules.test").write_text(yaml.safe_dump(tests), encoding="utf-8")
    ran = promtool("test", "rules", "rules.test", folder=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def inner(node: Any) -> Iterator[Any]:
    """Every selector of an expression."""
    if isinstance(node, promql.VectorSelector):
        yield node
    elif isinstance(node, promql.MatrixSelector):
        yield node.vector_selector
    elif isinstance(node, promql.BinaryExpr):
        yield from inner(node.lhs)
        yield from inner(node.rhs)
    elif isinstance(node, promql.Call):
        for argument in node.args:
            yield from inner(argument)
    elif isinstance(node, promql.AggregateExpr | promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr):
        yield from inner(node.expr)


def unknown_in(name: str, labels: set[str]) -> set[str]:
    """What of a selector no collector exports."""
    if name in OF_PROMETHEUS:
        return labels - OF_PROMETHEUS[name]
    base = re.sub(r"_(bucket|count|sum)$", "", name)
    family = FAMILY.get(name) or (FAMILY.get(base) if FAMILY.get(base, FAMILIES[0]).type == "histogram" else None)
    return {name} if family is None else labels - {*family.labels, "instance", "le"}


@pytest.mark.parametrize("name", ESTATES)
def test_every_metric_and_label_is_one_that_is_exported(name: str) -> None:
    for rule in every_rule(settings_of(name)):
        for selector in inner(promql.parse(rule.expr)):
            labels = {matcher.name for matcher in selector.matchers.matchers}
            assert not unknown_in(selector.name, labels), f"{rule.alert}: {rule.expr}"


def test_the_cases_too_are_about_what_is_exported() -> None:
    for case in CASES.values():
        for series in case.series:
            name, _, labels = series.partition("{")
            assert not unknown_in(name, set(re.findall(r'(\w+)="', labels))), series


@pytest.mark.parametrize("name", ESTATES)
def test_every_alert_has_every_label_and_says_all_in_two_languages(name: str) -> None:
    settings = settings_of(name)
    told = yaml.safe_load(one_file(settings, Wanted("en", "https://wiki.example/alerts")))
    for group in told["groups"]:
        for rule in group["rules"]:
            labels, said = rule["labels"], rule["annotations"]
            assert set(alerts.LABELS) <= set(labels)
            assert all(isinstance(value, str) and value for value in labels.values())
            assert labels["severity"] in alerts.SEVERITIES
            assert re.fullmatch("[1-9]", labels["priority"])
            assert labels["in_hours"] in ("true", "false", alerts.NONE)
            assert said["summary"] == said["summary_en"]
            assert said["description"] == said["description_en"]
            assert "runbook_url" in said
            for key in ("summary", "description"):
                assert said[f"{key}_nl"] != said[f"{key}_en"] or rule["alert"] == alerts.WATCHDOG
            assert not re.search(r"<[a-z_]+>", " ".join(said.values()))


def test_what_is_told_apart_by_hours_is_told_once_at_a_time() -> None:
    by_subject: dict[tuple[str, str], list[str]] = {}
    for rule in every_rule(settings_of("alerts")):
        if rule.labels["in_hours"] != alerts.NONE:
            by_subject.setdefault((rule.alert, rule.labels["id"]), []).append(rule.labels["in_hours"])
    assert by_subject
    assert all(hours == ["true", "false"] for hours in by_subject.values())


def test_nothing_waits_twice() -> None:
    """States waited for `fall` already; what holds the last word through a gap needs no `keep_firing_for`."""
    for rule in every_rule(settings_of("alerts")):
        pages = rule.labels["severity"] == alerts.CRITICAL and rule.labels["source"] == alerts.COLLECTOR_SAYS
        if pages and rule.alert != alerts.CERTIFICATE_EXPIRED:
            assert (rule.wait, rule.keep) == ("", "")
            assert f"[{HELD}]" in rule.expr
        elif rule.labels["source"] == alerts.COLLECTOR_SAYS:
            assert rule.keep in ("", KEPT)


def test_words_of_both_languages_are_about_the_same_alerts_and_fill_in_the_same() -> None:
    names = {value for name, value in vars(alerts).items() if name.isupper() and str(value).startswith("Waakvlam")}
    assert WORDS["nl"].keys() == WORDS["en"].keys() == names
    for alert in names:
        asked = [
            {token for text in (said.summary, said.meaning, said.action) for token in re.findall(r"<\w+>|\$\w+", text)}
            for said in (WORDS["nl"][alert], WORDS["en"][alert])
        ]
        assert asked[0] == asked[1], alert


def test_an_estate_without_something_has_no_group_for_it() -> None:
    settings = settings_of("alerts")
    assert [group.name for group in rule_groups(bare(settings), Wanted())] == [
        "waakvlam-watchdog",
        "waakvlam-collector",
    ]
    assert len(rule_groups(settings, Wanted())) == 13


def test_many_rules_are_evaluated_side_by_side_and_less_often() -> None:
    settings = settings_of("alerts")
    many = [group for group in rule_groups(crowded(settings), Wanted()) if group.name.startswith("waakvlam-services")]
    assert [group.name for group in many] == ["waakvlam-services", *(f"waakvlam-services-{n}" for n in range(2, 5))]
    assert {group.interval for group in many} == {"30s"}
    assert [len(group.rules) for group in many] == [1000] * 4
    (few,) = [group for group in rule_groups(settings, Wanted()) if group.name == "waakvlam-services"]
    assert few.interval == "15s"
    assert sorted(files(crowded(settings), Wanted())) == sorted(files(settings, Wanted()))


def test_the_rules_of_the_example_are_those_that_are_committed() -> None:
    written = files(settings_of("ict-nml"), Wanted())
    folder = HOUSE / "dashboards" / "rules"
    assert {path.name for path in folder.iterdir()} == set(written), "run `make dashboards`"
    for name, text in written.items():
        assert (folder / name).read_text(encoding="utf-8") == text, f"{name}: run `make dashboards`"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_out_of_yaml(text: str) -> None:
    assert yaml.safe_load(f"a: {scalar(text)}") == {"a": text}
    assert "\n" not in scalar(text)


def test_what_covers_another_is_an_alert_itself() -> None:
    names = set(WORDS["en"])
    for covered, by in alerts.COVERED_BY.items():
        assert {covered, *by} <= names
        assert covered not in by


@pytest.mark.parametrize(
    ("listed", "found"),
    [("ring", True), ("a,ring", True), ("ring,z", True), ("a,ring,z", True), ("ring-2", False), ("a-ring", False),
     ("none", False)],
)  # fmt: skip
def test_a_list_is_found_by_any_of_its_ids_and_by_no_other(listed: str, found: bool) -> None:
    assert bool(re.fullmatch(alerts.one_of("ring"), listed)) is found
