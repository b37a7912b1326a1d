"""The script and the estate fit each other, and every fault is seen and repaired."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from collector.probes import OPTIONS
from config.reader import read
from config.settings import Settings
from waakvlam.demo.estate import STORE_NAME, write_config
from waakvlam.demo.plan import OVER_RING, OVER_WAN_WEERT, SERVERS, VENLO
from waakvlam.demo.script import BLIP_SECONDS, SCRIPT, script_seconds, timeline

PLANS = {plan.name: plan for plan in SERVERS}
FAULTS = ("stop", "hang", "break", "cut")
CONFIRMED_SECONDS = 3 + 1 + 0.8
"""Three looks, one of them just missed, and the last one's time-out."""


def test_every_step_is_of_servers_that_exist() -> None:
    for step in SCRIPT:
        assert set(step.servers) <= PLANS.keys()
        if step.action == "move":
            virtual, target = step.servers
            assert target in PLANS[virtual].targets


@pytest.mark.parametrize("length", [60.0, 120.0, 3600.0])
def test_every_fault_lasts_long_enough_and_is_repaired(length: float) -> None:
    broken: dict[str, float] = {}
    for due, step in timeline(length):
        for server in step.servers:
            if step.action in FAULTS:
                assert server not in broken, f"{server} is broken already"
                broken[server] = due
            elif step.action == "restore":
                lasted = due - broken.pop(server)
                blip = "blip" in step.sentence or lasted == pytest.approx(BLIP_SECONDS)
                assert blip or lasted >= CONFIRMED_SECONDS, f"{server}: {step.sentence}"
    assert not broken
    assert timeline(length)[-1][0] <= 0.9 * length


def test_the_function_ends_where_it_began() -> None:
    moves = [step.servers for step in SCRIPT if step.action == "move"]
    assert moves[-1] == ("brp-function", PLANS["brp-function"].targets[0])


def test_the_steps_come_in_order_and_their_sentences_fit_a_line() -> None:
    for length in (60.0, 3600.0):
        assert [step for _, step in timeline(length)] == sorted(SCRIPT, key=lambda step: step.share)
    assert max(len(step.sentence) for step in SCRIPT) <= 80 - len("▶ ")


def test_a_short_demo_is_not_played_faster_than_it_can_be_seen() -> None:
    assert [script_seconds(duration) for duration in (10.0, 60.0, 300.0, None)] == [60.0, 60.0, 300.0, 120.0]


def test_the_configuration_is_read_without_a_complaint(settings: Settings) -> None:
    assert settings.store_url.endswith(STORE_NAME)
    assert list(settings.estate.vantages) == ["roermond"]
    assert {spec.probe for spec in settings.checks.values()} == {"icmp", "tcp", "http", "tls", "dns"}
    kinds = {part.kind for part in settings.estate.parts.values() if part.is_link}
    assert kinds == {"intermunicipal", "intramunicipal", "local", "gemnet", "internet"}
    for service in settings.estate.services.values():
        assert service.since_ms == 1_793_000_000_000
        assert service.until_ms is None


def test_an_end_that_is_known_ends_the_agreed_time(tmp_path: Path, addresses: Mapping[str, tuple[str, int]]) -> None:
    settings = read(write_config(tmp_path, addresses, 1_793_000_000_000, 1_793_000_060_000), OPTIONS)
    assert {service.until_ms for service in settings.estate.services.values()} == {1_793_000_060_000}


def test_every_server_is_watched_and_every_watched_address_is_a_server(settings: Settings) -> None:
    text = settings.path.read_text()
    for plan in SERVERS:
        assert text.count(f"{plan.host},") + text.count(f"{plan.host}:") >= 1, plan.name
    assert set(PLANS) == {part.id for part in settings.estate.parts.values() if part.checks}


def test_what_the_script_takes_down_with_a_line_is_what_the_configuration_puts_behind_it(settings: Settings) -> None:
    parts = settings.estate.parts
    assert set(OVER_RING) == {"ring"} | {part.id for part in parts.values() if "ring" in part.behind}
    assert set(OVER_WAN_WEERT) == {"wan-weert"} | {part.id for part in parts.values() if "wan-weert" in part.behind}
    assert set(VENLO) == {plan.name for plan in SERVERS if plan.host.startswith("127.0.2.")}


def test_only_suppliers_that_do_not_exist_own_anything(settings: Settings) -> None:
    owners = {part.owner for part in settings.estate.parts.values()} - {None}
    assert owners == {"voorbeeld-beheer", "voorbeeld-netwerken", "voorbeeld-software"}
