"""What the Prometheus mixin world asks of dashboards, as tests on the committed files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest

from dashboards import places
from exporters.names import FAMILIES
from tests.dashboards.grafana_files import (
    BUILT_IN,
    EVERY,
    HISTORY,
    PROMETHEUS,
    Asked,
    filled,
    load,
    panels,
    questions,
    variables,
)

FAMILY = {family.name: family for family in FAMILIES}
SCRAPED = {"job", "instance"}
"""Labels that Prometheus itself adds."""
OF_THE_PROCESS = {
    "up",
    "process_start_time_seconds",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_max_fds",
}
"""Metrics of Prometheus and of the usual collector of processes."""
COUNTERS = {family.name for family in FAMILIES if family.type == "counter"} | {"process_cpu_seconds_total"}
COUNTERS |= {f"{family.name}_bucket" for family in FAMILIES if family.type == "histogram"}
ids = {"ids": lambda path: path.stem}
each_board = pytest.mark.parametrize("path", EVERY, **ids)
each_on_prometheus = pytest.mark.parametrize("path", PROMETHEUS, **ids)
KNOWN = {place.uid for place in (*places.PLACES, places.HISTORY)}


def parsed(asked: Asked) -> Any:
    """The question as PromQL understands it."""
    values = {variable["name"]: "x" for variable in variables(load(board_of(asked)))} | BUILT_IN
    return promql.parse(filled(asked.expr, values))


def board_of(asked: Asked) -> Path:
    return next(path for path in EVERY if path.stem == asked.board)


def walked(node: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Every part of an expression with what stands around it, the nearest last."""
    yield node, above
    inner: list[Any] = []
    if isinstance(node, promql.Call):
        inner = list(node.args)
    elif isinstance(node, promql.BinaryExpr):
        inner = [node.lhs, node.rhs]
    elif isinstance(node, promql.AggregateExpr | promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr):
        inner = [node.expr]
    elif isinstance(node, promql.MatrixSelector):
        inner = [node.vector_selector]
    for part in inner:
        yield from walked(part, (*above, node))


def every_question() -> list[Asked]:
    return [asked for path in PROMETHEUS for asked in questions(path)]


@each_board
def test_a_dashboard_is_where_it_is_said_to_be(path: Path) -> None:
    board = load(path)
    place = next(place for place in (*places.PLACES, places.HISTORY) if place.file == path.name)
    assert (board["uid"], board["title"], board["description"]) == (place.uid, place.title, place.description)
    assert len(board["uid"]) <= 40, "Grafana takes no longer one"
    assert board["schemaVersion"] == 42
    assert places.TAG in board["tags"]
    assert "id" not in board, "Grafana gives it one"


def test_every_dashboard_is_there_once() -> None:
    assert {path.name for path in PROMETHEUS} == {place.file for place in places.PLACES}
    assert [path.name for path in HISTORY] == [places.HISTORY.file]


@each_board
def test_there_is_one_data_source_and_it_is_chosen_at_the_top(path: Path) -> None:
    board = load(path)
    (source,) = [variable for variable in variables(board) if variable["type"] == "datasource"]
    assert (source["name"], source["label"]) == ("datasource", "Data Source")
    history = path in HISTORY
    kind = places.INFINITY if history else "prometheus"
    assert source["query"] == kind
    assert source["current"]["value"] == (places.HISTORY_UID if history else places.PROMETHEUS_UID)
    asking = [*panels(board), *(target for panel in panels(board) for target in panel["targets"])]
    asking += board["annotations"]["list"]
    asking += [variable for variable in variables(board) if variable["type"] != "datasource"]
    assert {(one["datasource"]["type"], one["datasource"]["uid"]) for one in asking} == {(kind, "${datasource}")}


@each_board
def test_every_panel_has_a_title_a_unit_and_a_sentence_that_explains_it(path: Path) -> None:
    seen = set()
    for panel in panels(load(path)):
        assert panel["title"] and panel["title"] not in seen
        seen.add(panel["title"])
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert re.fullmatch(r"[A-Z].{20,}\.", panel["description"]), panel["title"]


@each_board
def test_panels_and_questions_are_numbered(path: Path) -> None:
    board = load(path)
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(set(numbers)) == len(numbers) and min(numbers) > 0
    for panel in panels(board):
        letters = [target["refId"] for target in panel["targets"]]
        assert letters and len(set(letters)) == len(letters) and all(letters)


@each_board
def test_no_panel_lies_over_another_or_beside_the_grid(path: Path) -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in load(path)["panels"]:
        where = panel["gridPos"]
        assert where["x"] >= 0 and where["x"] + where["w"] <= 24, panel["title"]
        for x in range(where["x"], where["x"] + where["w"]):
            for y in range(where["y"], where["y"] + where["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies over {taken[x, y]}"
                taken[x, y] = panel["title"]


@each_board
def test_links_lead_to_dashboards_that_exist_and_set_variables_that_these_have(path: Path) -> None:
    has = {load(other)["uid"]: {variable["name"] for variable in variables(load(other))} for other in EVERY}
    links = re.findall(r'"url": "(/d/[^"]*)"', path.read_text(encoding="utf-8"))
    for url in links:
        uid = re.match(r"/d/([^?/]*)", url)
        assert uid and uid[1] in KNOWN, url
        for name in re.findall(r"var-(\w+)=", url):
            assert name in has[uid[1]], url
        assert "${datasource:queryparam}" in url and "${__url_time_range}" in url
    assert links or path.stem in (places.COLLECTOR.uid, places.HISTORY.uid, places.PART.uid)
    (menu,) = load(path)["links"]
    assert (menu["type"], menu["tags"]) == ("dashboards", [places.TAG])


@each_on_prometheus
def test_every_question_is_promql_with_variables_that_exist(path: Path) -> None:
    for asked in questions(path):
        parsed(asked)


@each_on_prometheus
def test_every_metric_and_label_is_one_that_is_exported(path: Path) -> None:
    for asked in questions(path):
        for node, _ in walked(parsed(asked)):
            if not isinstance(node, promql.VectorSelector):
                continue
            assert node.name, f"{asked} selects without a name"
            name = re.sub("_(bucket|count|sum)$", "", node.name) if node.name not in FAMILY else node.name
            assert name in FAMILY or name in OF_THE_PROCESS, f"{asked}: there is no metric {name}"
            labels = {matcher.name for matcher in node.matchers.matchers}
            known = {*FAMILY[name].labels, "le"} if name in FAMILY else set()
            assert labels <= known | SCRAPED, f"{asked}: {name} has no {labels - known - SCRAPED}"


def test_counters_stand_under_rate_or_increase_and_nothing_else_does() -> None:
    for asked in every_question():
        for node, above in walked(parsed(asked)):
            if not isinstance(node, promql.VectorSelector):
                continue
            calls = [outer.func.name for outer in above if isinstance(outer, promql.Call)]
            rated = {"rate", "increase"} & set(calls)
            if node.name in COUNTERS:
                # What came out of a check is also asked for its labels alone, times zero.
                assert rated or "* 0" in asked.expr, f"{asked}: {node.name} counts up"
            else:
                assert not rated, f"{asked}: {node.name} is no counter"


def test_rates_look_back_as_far_as_grafana_says() -> None:
    for asked in every_question():
        for back in re.findall(r"rate\([^\[]*\[([^\]]*)\]", asked.expr):
            assert back == "$__rate_interval", str(asked)


def test_ratios_are_not_averaged_over_services() -> None:
    for asked in every_question():
        assert not re.search(r"\bavg\b", asked.expr), str(asked)


@each_on_prometheus
def test_variables_ask_for_labels_that_exist(path: Path) -> None:
    for variable in variables(load(path)):
        if variable["type"] == "datasource":
            continue
        assert variable["label"] and variable["refresh"] == 2
        asked = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"])
        assert asked and asked[2] in {*FAMILY[asked[1]].labels, *SCRAPED}
        assert variable["definition"] == variable["query"]["query"]
        if variable["multi"]:
            assert variable["allValue"] == ".*", "what has no such label is shown too"


def test_a_variable_with_several_values_is_matched_as_an_expression() -> None:
    for path in PROMETHEUS:
        several = {one["name"] for one in variables(load(path)) if one.get("multi")}
        for asked in questions(path):
            for sign, name in re.findall(r'(=~|!~|!=|=)"\$(\w+)"', asked.expr):
                assert (sign == "=~") == (name in several), str(asked)


def test_walls_and_numbers_ask_how_it_is_now() -> None:
    """The last value of a range would go on to look good after the collector is gone."""
    for path in PROMETHEUS:
        for panel in panels(load(path)):
            if panel["type"] == "stat":
                assert all(target["instant"] and not target["range"] for target in panel["targets"]), panel["title"]
                assert panel["fieldConfig"]["defaults"]["noValue"] in ("? unknown", "none reported"), panel["title"]


def test_history_asks_what_the_api_offers() -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    for panel in panels(load(HISTORY[0])):
        (target,) = panel["targets"]
        path = target["url"].partition("?")[0]
        assert path.startswith("/api/v1/") and f"`{path}`" in text
        assert target["root_selector"] == "rows" and target["parser"] == "backend" and target["columns"]
        section = text.partition(f"### {path.rpartition('/')[2]}\n")[2].partition("\n### ")[0]
        if path.endswith("/days"):
            section += text.partition("### months\n")[2].partition("\n### ")[0]
        for column in target["columns"]:
            assert f"`{column['selector']}`" in section, f"{path} tells no {column['selector']}"
