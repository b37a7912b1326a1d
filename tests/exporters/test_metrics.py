"""The page of metrics: the same text as the library's, whatever the labels, and never long in one go."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.utils import floatToGoString

from availability.outcome import Status
from availability.ports import CheckState
from availability.states import UP
from exporters import names
from exporters.agent_names import AGENT_FAMILIES
from exporters.centre_names import CENTRE_FAMILIES
from exporters.exposition import number, prefers_openmetrics
from exporters.names import FAMILIES, Family
from exporters.prometheus import Exposition, process_registry
from exporters.source import CheckRow
from tests.exporters.conftest import NOON

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"


def by_the_library(page: str, openmetrics: bool = False) -> str:
    """The same samples, read back and written by prometheus-client."""

    class Read:
        def collect(self) -> Iterable[Metric]:
            return text_string_to_metric_families(page)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Read())
    return (openmetrics_latest(registry) if openmetrics else generate_latest(registry)).decode()


def test_the_page_is_what_the_library_writes(source: Any) -> None:
    page = Exposition(source).page().decode()
    assert page == by_the_library(page)
    assert Exposition(source).page(openmetrics=True).decode() == by_the_library(page, openmetrics=True)


def test_ten_thousand_checks_are_what_the_library_writes_also_from_the_cache(large: Any) -> None:
    exposition = Exposition(large)
    first = exposition.page().decode()
    assert first.count("waakvlam_check_up{") == 10_000
    assert first == by_the_library(first)
    assert exposition.page().decode() == first


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_label_comes_back_as_it_was(source: Any, check: str, part: str, vantage: str) -> None:
    state = CheckState(check, part, vantage, UP, None, None, None)
    source.checks_ = [CheckRow(state, "icmp", {(Status.OK, None): 3})]
    page = Exposition(source).page().decode()
    (sample,) = next(
        family.samples for family in text_string_to_metric_families(page) if family.name == "waakvlam_check_outcomes"
    )
    assert (sample.labels["check"], sample.labels["part"], sample.labels["vantage"]) == (check, part, vantage)


@given(st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**17), 10**17)))
def test_a_number_is_written_as_the_library_does(value: float) -> None:
    assert number(value) == floatToGoString(value)
    assert float(number(value)) == float(value)


def test_since_when_follows_the_state(source: Any) -> None:
    exposition = Exposition(source)
    family = "waakvlam_state_since_timestamp_seconds"
    page = exposition.page().decode()
    assert f'{family}{{id="brp-venlo"}} {floatToGoString(NOON / 1000)}\n' in page
    assert f'{family}{{id="brp-roermond"}}' not in page, "it never was otherwise"
    source.parts_ = [replace(part, since=NOON + 60_000) for part in source.parts_]
    again = exposition.page().decode()
    assert f'{family}{{id="brp-venlo"}} {floatToGoString(NOON / 1000 + 60)}\n' in again, "not kept from before"


def test_what_does_not_exist_has_no_sample(source: Any) -> None:
    page = Exposition(source).page().decode()
    assert 'waakvlam_service_availability_ratio{agreement="standaard",period="current",service="post"}' not in page
    assert 'waakvlam_check_up{check="ring-ping"' not in page, "what could not be looked at is neither up nor down"
    assert 'waakvlam_check_up{check="ring-new"' not in page
    assert 'waakvlam_failover_protected{pair="post-uitwijk"}' not in page
    assert 'waakvlam_failover_test_due_timestamp_seconds{pair="brp-uitwijk"}' not in page
    assert 'waakvlam_service_window_change_timestamp_seconds{agreement="standaard",service="post"}' not in page
    source.standing_ = None
    assert "waakvlam_service_verdict" not in Exposition(source).page().decode()


def test_states_pairs_and_verdicts_are_told(source: Any) -> None:
    page = Exposition(source).page().decode()
    for line in (
        'waakvlam_component_state{id="brp-venlo",kind="application",owner="ict-nml",site="dc-venlo",state="down"} 1.0',
        'waakvlam_component_state{id="brp-venlo",kind="application",owner="ict-nml",site="dc-venlo",state="up"} 0.0',
        'waakvlam_link_state{between="dc-roermond,dc-venlo",id="ring",kind="network",owner="",state="unknown"} 1.0',
        'waakvlam_service_state{agreement="standaard",service="brp",state="up"} 1.0',
        'waakvlam_service_verdict{agreement="standaard",period="previous",service="brp",verdict="missed"} 1.0',
        'waakvlam_service_budget_left_seconds{agreement="standaard",period="current",service="brp"} -1.0',
        'waakvlam_failover_takeover_seconds{pair="brp-uitwijk"} 4200.0',
        'waakvlam_failover_protected{pair="brp-uitwijk"} 1.0',
        'waakvlam_failover_deadline_timestamp_seconds{pair="brp-uitwijk"} 1.7913816e+09',
        'waakvlam_maintenance_active{id="ring"} 0.0',
        'waakvlam_check_loss_ratio{check="line-ping",part="line-1",probe="icmp",vantage="local"} 0.2',
        'waakvlam_check_jitter_seconds{check="line-ping",part="line-1",probe="icmp",vantage="local"} 0.00225',
        'waakvlam_part_degraded{id="line-1",kind="gemnet",owner="",site=""} 1.0',
        'waakvlam_part_degraded{id="lines",kind="gemnet",owner="",site=""} 0.0',
        'waakvlam_service_degraded{agreement="standaard",service="brp"} 1.0',
        'waakvlam_redundancy_left{id="lines"} 0.0',
        'waakvlam_redundancy_full{id="lines"} 1.0',
        'waakvlam_check_measure{check="copy",label="C:\\\\ \\"free\\"",part="brp-roermond",'
        'probe="heartbeat",unit="ratio",vantage="local"} 0.57',
        'waakvlam_heartbeat_last_timestamp_seconds{check="copy",part="brp-roermond",probe="heartbeat",vantage="local"} '
        "1.7913672e+09",
        'waakvlam_heartbeat_due_timestamp_seconds{check="copy",part="brp-roermond",probe="heartbeat",vantage="local"} '
        "1.7914608e+09",
        'waakvlam_heartbeat_missing_timestamp_seconds{check="copy",part="brp-roermond",probe="heartbeat",'
        'vantage="local"} 1.7914644e+09',
        'waakvlam_service_in_window{agreement="standaard",service="brp"} 1.0',
        'waakvlam_service_in_window{agreement="standaard",service="post"} 0.0',
        'waakvlam_service_window_change_timestamp_seconds{agreement="standaard",service="brp"} 1.7914068e+09',
        'waakvlam_service_excused{agreement="standaard",service="brp"} 0.0',
        'waakvlam_service_excused{agreement="standaard",service="post"} 1.0',
        'waakvlam_failover_within_seconds{pair="brp-uitwijk"} 14400.0',
        "waakvlam_estate_fingerprint 2.81474976710655e+14",
        'waakvlam_failover_test_due_timestamp_seconds{pair="post-uitwijk"} 1.8229896e+09',
        'waakvlam_schedule_lateness_seconds_bucket{le="+Inf"} 1.000013e+06',
        "waakvlam_schedule_keeps_pace 0.0",
        'waakvlam_deadman_pings_total{outcome="sent"} 3.0',
        "waakvlam_deadman_last_timestamp_seconds 1.7913672e+09",
    ):
        assert f"{line}\n" in page


def test_labels_follow_a_configuration_that_changes(source: Any) -> None:
    exposition = Exposition(source)
    exposition.page()
    parts = dict(source.estate_.parts)
    parts["brp-venlo"] = replace(parts["brp-venlo"], owner="ander")
    source.estate_ = replace(source.estate_, parts=parts)
    source.checks_ = [source.checks_[0]._replace(probe="tls")]
    page = exposition.page().decode()
    assert 'id="brp-venlo",kind="application",owner="ander"' in page
    assert 'check="brp-http",part="brp-roermond",probe="tls"' in page
    assert 'probe="http"' not in page
    assert 'check="venlo-tcp"' not in page


def test_lines_follow_what_is_degraded_and_what_redundancy_is_left(source: Any) -> None:
    exposition = Exposition(source)
    exposition.page()
    source.parts_ = [replace(state, degraded=None, redundancy=None) for state in source.parts_]
    page = exposition.page().decode()
    assert 'waakvlam_part_degraded{id="line-1",kind="gemnet",owner="",site=""} 0.0' in page
    assert "waakvlam_redundancy_left" not in page


async def test_the_loop_turns_while_ten_thousand_checks_are_written(large: Any) -> None:
    exposition = Exposition(large, process_registry())
    await exposition.scrape()
    longest, turns, running = 0.0, 0, True

    async def watch() -> None:
        nonlocal longest, turns
        before = time.perf_counter()
        while running:
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - before)
            before = time.perf_counter()
            turns += 1

    watcher = asyncio.create_task(watch())
    pieces = await exposition.scrape()
    running = False
    await watcher
    assert sum(map(len, pieces)) > 1_000_000
    assert turns > 40
    assert longest < 0.25, "generous: it measures 8 ms where nothing else runs"


async def test_many_scrapes_at_once_cost_two(source: Any) -> None:
    written = 0
    checks = source.checks

    def counted() -> Any:
        nonlocal written
        written += 1
        return checks()

    source.checks = counted
    exposition = Exposition(source)
    pages = await asyncio.gather(*(exposition.scrape(openmetrics=n % 2 == 1) for n in range(50)))
    assert written <= 2
    assert b"".join(pages[1]).endswith(b"# EOF\n")
    await exposition.scrape()
    assert written <= 3, "nothing is kept from one scrape to the next"


@pytest.mark.parametrize(
    ("accept", "openmetrics"),
    [
        ("", False),
        ("*/*", False),
        ("text/plain", False),
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
            "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            True,
        ),
        ("application/openmetrics-text;version=0.0.1", False),
        ("application/openmetrics-text;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.5", False),
        ("application/openmetrics-text; q=0", False),
        ("application/openmetrics-text;q=nonsense", False),
        (";;,=,;q=,application/openmetrics-text", True),
    ],
)
def test_the_format_is_what_the_client_asks_for(accept: str, openmetrics: bool) -> None:
    assert prefers_openmetrics(accept) is openmetrics


def test_every_metric_is_in_the_list_and_named_by_the_rules() -> None:
    defined = [value for value in vars(names).values() if isinstance(value, Family)]
    assert list(FAMILIES) == [*defined, *AGENT_FAMILIES, *CENTRE_FAMILIES]
    for family in FAMILIES:
        assert family.name.startswith("waakvlam_")
        assert (family.type == "counter") == family.name.endswith("_total")
        assert tuple(sorted(family.labels)) == family.labels
        assert family.help.endswith(".")


def test_a_full_source_exports_every_metric(source: Any) -> None:
    page = Exposition(source).page().decode()
    assert set(re.findall(r"^# TYPE (\S+)", page, re.MULTILINE)) == {family.name for family in FAMILIES}


def test_the_documentation_holds_every_metric_as_it_is() -> None:
    lines = [line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("| `waakvlam_")]
    assert lines == [
        f"| `{family.name}` | {family.type} | {', '.join(f'`{label}`' for label in family.labels)} | {family.help} |"
        for family in FAMILIES
    ]
