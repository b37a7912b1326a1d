"""Agents and the centre are killed at random moments while servers come and go: the facts agree with the journal."""

from __future__ import annotations

import random
import time

import pytest

from tests.region.rooted import LATE_MS, PACE, need_region
from waakvlam.demo_region.afterwards import compared
from waakvlam.demo_region.journal import now_ms
from waakvlam.demo_region.places import SERVERS
from waakvlam.demo_region.region import Kept, Region, running
from waakvlam.setup import load_settings


def kill_again_and_again(region: Region, times: int, seed: int) -> None:
    dice = random.Random(seed)
    sites = list(region.watchers)
    for number in range(times):
        server = dice.choice(SERVERS)
        region.stop_server(server.site, server.name)
        time.sleep(dice.uniform(0.1, 2.5))
        # Each of them in turn, whatever the dice say.
        victim = sites[number % len(sites)]
        region.kill(victim)
        if dice.random() < 0.3:
            region.begin_and_kill(victim, dice.uniform(0.0, 2.0))
        time.sleep(dice.uniform(0.0, 1.5))
        region.start_watcher(victim)
        time.sleep(dice.uniform(0.1, 1.0))
        region.restore_server(server.site, server.name)


def killed(store: Kept, times: int, seed: int, *, broker_is_away: bool = False) -> None:
    need_region()
    with running(store, PACE) as region:
        if broker_is_away:
            region.stop_broker()
        kill_again_and_again(region, times, seed)
        if broker_is_away:
            region.start_broker()
        region.until("everything is up again", lambda states: set(states.values()) == {"up"})
        comparison = compared(region, load_settings(region.config), region.watched_from, now_ms(), LATE_MS)
        assert comparison.differences() == [], f"seed {seed}"
        status = region.status()
        assert status is not None
        assert [(agent["refused"], agent["dropped"]) for agent in status["agents"]] == [({}, 0)] * 2


def test_killed_five_times() -> None:
    killed("sqlite", times=5, seed=time.time_ns())


@pytest.mark.soak
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
@pytest.mark.parametrize("seed", range(5))
def test_killed_a_hundred_times(store: Kept, seed: int) -> None:
    killed(store, times=10, seed=seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2))
def test_killed_while_the_broker_is_away_for_long(seed: int) -> None:
    # At a look every 400 ms a minute or more is what an hour is to the centre of a real region.
    killed("postgresql", times=20, seed=seed, broker_is_away=True)
