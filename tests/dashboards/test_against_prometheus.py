"""Every question of every dashboard, asked of a real Prometheus that scrapes a running collector: it returns data.

What would rightly return nothing is there because the estate has the fault in it.
"""

from __future__ import annotations

import json
import math
import re
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from dashboards.preview import draw
from dashboards.wrong import WRONG, what_is_wrong
from tests.dashboards.grafana_files import (
    BUILT_IN,
    HISTORY,
    PROMETHEUS,
    Asked,
    filled,
    load,
    panels,
    questions,
    variables,
)
from tests.dashboards.whole_estate import running
from tests.exporters.test_real_prometheus import program
from tests.ports import free_port
from tests.waakvlam.commands import listen_address, metric, wait_until

CHOSEN = {"part": "app"}
"""What is looked at where a dashboard is about one thing."""
OTHER_PARTS = (
    (re.compile("redundancy_left"), "lines"),
    (re.compile("maintenance_active"), "switch"),
    (re.compile("check_measure"), "busy"),
    (re.compile('outcome="none"'), "silent"),
    (re.compile('outcome="failed"|outcome!="ok"'), "old"),
)
"""Questions about one thing that only another has an answer to."""
NEEDS_ICMP = re.compile("check_(loss|jitter)")
TOLD_ELSEWHERE = re.compile("waakvlam_(agent|page|deadman|licence)")
"""What this estate has not: test_beside_against_prometheus.py asks for it."""


@dataclass(frozen=True)
class Asking:
    """A Prometheus that has scraped for a while, the collector it scrapes, and whether ICMP may be sent here."""

    base: str
    face: str
    collector: subprocess.Popen[str] | None
    icmp: bool

    def answer(self, path: str, **parameters: str) -> Any:
        text = f"{self.base}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(text, timeout=10) as reply:
            return json.load(reply)["data"]

    def now(self, expr: str) -> list[Any]:
        result = self.answer("query", query=expr)["result"]
        assert isinstance(result, list)
        return result

    def through_time(self, expr: str) -> list[Any]:
        now = time.time()
        result = self.answer("query_range", query=expr, start=str(now - 15), end=str(now), step="1")["result"]
        assert isinstance(result, list)
        return result


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    prometheus = program("prometheus")
    folder = tmp_path_factory.mktemp("estate")
    with running(folder) as (path, process):
        config = folder / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
            f'scrape_configs: [{{job_name: waakvlam, static_configs: [{{targets: ["{listen_address(path)}"]}}]}}]\n'
        )
        port = free_port()
        said = (folder / "prometheus.log").open("wb")
        server = subprocess.Popen(
            [
                prometheus,
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=said,
            stderr=said,
        )
        try:
            icmp = metric(path, "waakvlam_check_loss_ratio") is not None
            asking = Asking(f"http://127.0.0.1:{port}", f"http://{listen_address(path)}", process, icmp)
            wait_until(lambda: scrapes(asking) >= 4, 60)
            process.send_signal(signal.SIGHUP)  # a configuration is taken into use
            before = scrapes(asking)
            wait_until(lambda: asking.through_time("changes(waakvlam_config_reload_timestamp_seconds[1m]) > 0"), 60)
            wait_until(lambda: scrapes(asking) >= before + 3, 60)
            yield asking
        finally:
            server.kill()  # its data is thrown away
            server.wait()
            said.close()


def scrapes(asking: Asking) -> float:
    try:
        found = asking.now("count_over_time(waakvlam_build_info[1h])")
    except OSError:
        return 0  # it is still starting
    return float(found[0]["value"][1]) if found else 0


def values(path: Path, expr: str) -> Mapping[str, str]:
    """Of the variables of a dashboard: all where there can be several, else one that has an answer."""
    chosen = {
        one["name"]: ".*" if one.get("multi") else CHOSEN[one["name"]]
        for one in variables(load(path))
        if one["type"] == "query"
    }
    for sought, part in OTHER_PARTS:
        if chosen.get("part") == CHOSEN["part"] and sought.search(expr):
            chosen["part"] = part
    return chosen | BUILT_IN


PROMETHEUS_NOW = next(path for path in PROMETHEUS if path.stem == "waakvlam-now")
EVERY = [asked for path in PROMETHEUS for asked in questions(path)]


def asked_of(asking: Asking, asked: Asked, **chosen: str) -> list[Any]:
    path = next(path for path in PROMETHEUS if path.stem == asked.board)
    expr = filled(asked.expr, {**values(path, asked.expr), **chosen})
    return asking.now(expr) if asked.instant else asking.through_time(expr)


@pytest.mark.parametrize("path", PROMETHEUS, ids=lambda path: path.stem)
def test_every_question_returns_data(asking: Asking, path: Path) -> None:
    nothing = []
    for asked in questions(path):
        if NEEDS_ICMP.search(asked.expr) and not asking.icmp:
            continue
        if TOLD_ELSEWHERE.search(asked.expr) and asked.title != "What is wrong":
            continue
        found = asked_of(asking, asked)
        samples = [value for series in found for _, value in series.get("values") or [series["value"]]]
        if all(math.isnan(float(value)) for value in samples):
            nothing.append(str(asked))
    assert not nothing, "\n".join(nothing)


@pytest.mark.parametrize("path", PROMETHEUS, ids=lambda path: path.stem)
def test_every_variable_offers_values(asking: Asking, path: Path) -> None:
    for variable in variables(load(path)):
        if variable["type"] == "query":
            asked = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"])
            assert asked
            offered = asking.answer(f"label/{asked[2]}/values", **{"match[]": asked[1]})
            assert offered and all(offered), variable["name"]
            if not variable["multi"]:
                assert CHOSEN[variable["name"]] in offered


def meant(panel: Mapping[str, Any], letter: str) -> set[str] | None:
    """The values for which a panel has words, of one of its questions; None where it shows numbers."""
    mappings = panel["fieldConfig"]["defaults"].get("mappings") or []
    if panel["type"] == "table":
        organize = next(one["options"] for one in panel["transformations"] if one["id"] == "organize")
        title = organize["renameByName"].get(f"Value #{letter}", organize["renameByName"].get("Value"))
        for override in panel["fieldConfig"]["overrides"]:
            if override["matcher"]["options"] == title:
                mappings = [m for one in override["properties"] if one["id"] == "mappings" for m in one["value"]]
    return {value for mapping in mappings if mapping["type"] == "value" for value in mapping["options"]} or None


def test_every_value_that_comes_has_its_word(asking: Asking) -> None:
    told: set[str] = set()
    for path in PROMETHEUS:
        for panel in panels(load(path)):
            for target in panel["targets"]:
                words = meant(panel, target["refId"])
                if words is None:
                    continue
                asked = Asked(path.stem, panel["title"], target["expr"], True, panel)
                came = {series["value"][1] for series in asked_of(asking, asked)}
                assert came <= words, f"{asked}: {came - words}"
                told |= {f"{panel['title']}: {value}" for value in came}
    assert {f"Services: {value}" for value in "0125"} <= told, "down, up, unknown and degraded"


def test_tables_join_rows_that_are_unique(asking: Asking) -> None:
    for path in PROMETHEUS:
        for panel in panels(load(path)):
            if panel["type"] != "table":
                continue
            key = next(one["options"]["byField"] for one in panel["transformations"] if one["id"] == "joinByField")
            seen: set[str] = set()
            first: list[str] = []
            for target in panel["targets"]:
                asked = Asked(path.stem, panel["title"], target["expr"], True, panel)
                found = asked_of(asking, asked, part="old" if path.stem == "waakvlam-part" else ".*")
                rows = [series["metric"].get(key) for series in found]
                assert None not in rows and len(set(rows)) == len(rows), f"{asked}: {rows}"
                first = first or rows
                assert set(rows) <= set(first), f"{asked}: has rows that the first has not"
                others = {label for series in found for label in series["metric"]} - {key}
                assert not others & seen, f"{asked}: {others & seen} would come twice"
                seen |= others


def test_what_is_wrong_is_told_in_its_order(asking: Asking) -> None:
    (asked,) = [one for one in EVERY if one.title == "What is wrong" and one.expr == what_is_wrong()]
    answer = sorted(asked_of(asking, asked), key=lambda series: float(series["value"][1]))
    found = {series["metric"]["id"]: WRONG[series["value"][1]].text for series in answer}
    assert found == {
        "lost": "▼ service down",
        "old-pair": "▼ takeover overdue",
        "line-2": "▼ link down",
        "old": "▼ component down",
        "old-spare": "▼ component down",
        "old-function": "▼ component down",
        "copy-late": "▼ component down",
        "app": "▼ certificate ends within 7 days",
        "guessed": "? service unknown",
        "slow": "◆ service degraded",
        "busy": "◆ degraded",
        "lines": "◆ redundancy lost",
        "silent": "? unknown",
    }
    assert list(found)[:3] == ["lost", "old-pair", "line-2"], "users first"


def test_the_picture_shows_what_prometheus_answered(asking: Asking) -> None:
    drawn = ElementTree.fromstring(draw(load(PROMETHEUS_NOW), asking.base))
    words = [element.text for element in drawn.iter() if element.tag.endswith("text")]
    assert {"What is wrong", "▼ service down", "lost", "▲ up", "? unknown", "◆ partly down", "dc-north"} <= set(words)


def test_data_centres_are_told_apart(asking: Asking) -> None:
    (asked,) = [one for one in EVERY if one.title == "Data centres"]
    found = {series["metric"]["site"]: float(series["value"][1]) for series in asked_of(asking, asked)}
    assert found == {"dc-north": 5, "dc-south": 5}


def told_by(asking: Asking, url: str) -> list[Any]:
    """The rows that the collector's API answers a question of the Infinity data source with."""
    now = int(time.time() * 1000)
    filled_in = {"__from": str(now - 40 * 86_400_000), "__to": str(now), "service": "lost"}
    months = {
        name: datetime.fromtimestamp(int(filled_in[name]) / 1000, UTC).strftime("%Y-%m") for name in ("__from", "__to")
    }
    asked = re.sub(r"\$\{(\w+):date:YYYY-MM\}", lambda found: months[found[1]], url)
    asked = re.sub(r"\$\{(\w+)\}", lambda found: filled_in[found[1]], asked)
    with urllib.request.urlopen(asking.face + asked, timeout=30) as reply:
        rows = json.load(reply)["rows"]
        assert isinstance(rows, list)
        return rows


def test_history_finds_its_columns_in_the_api(asking: Asking) -> None:
    board = load(HISTORY[0])
    targets = [target for panel in panels(board) for target in panel["targets"]]
    (service,) = [one for one in variables(board) if one["type"] == "query"]
    targets.append(service["query"]["infinityQuery"])
    for target in targets:
        rows = told_by(asking, target["url"])
        assert rows, target["url"]
        for column in target["columns"]:
            values = [row[column["selector"]] for row in rows]
            if column["type"] in ("number", "timestamp_epoch"):
                assert all(value is None or isinstance(value, int | float) for value in values), column
    assert {row["id"] for row in rows if row["type"] == "service"} == {"good", "lost", "slow", "guessed"}


def test_when_the_collector_is_gone_nothing_looks_good(asking: Asking) -> None:
    """The last of this file: nothing is told afterwards."""
    assert asking.collector
    asking.collector.kill()
    wait_until(lambda: not asking.now("waakvlam_build_info"))
    (wrong,) = [one for one in EVERY if one.title == "What is wrong" and one.expr == what_is_wrong()]
    told = {WRONG[series["value"][1]].text for series in asked_of(asking, wrong)}
    assert told == {"▼ collector gone: nothing it told is new", "▼ no collector answers"}
    for path in PROMETHEUS:
        for asked in questions(path):
            if asked.panel.get("type") == "stat" and asked.title != "Reached":
                assert asked_of(asking, asked) == [], f"{asked}: an old value would look new"
    (reached,) = [one for one in EVERY if one.title == "Reached"]
    assert asked_of(asking, reached)[0]["value"][1] == "0"
