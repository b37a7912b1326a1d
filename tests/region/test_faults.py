"""Every fault of the story, one after the other, on real namespaces, broker and PostgreSQL: seen as it happens, and
afterwards the facts agree with the journal of what truly was."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

import pytest

from availability.edges import to_ms
from availability.judge import judge
from availability.periods import period_at
from availability.states import DOWN, UNKNOWN, UP
from exporters.report_json import report_json
from tests.region.rooted import LATE_MS, PACE, need_region
from waakvlam.demo_region.afterwards import compared
from waakvlam.demo_region.comparison import Comparison, down_spans
from waakvlam.demo_region.journal import now_ms
from waakvlam.demo_region.region import Region, running
from waakvlam.demo_region.story import STORY, Step, play
from waakvlam.setup import load_settings


@pytest.fixture(scope="module")
def region() -> Iterator[Region]:
    need_region()
    with running("postgresql", PACE) as region:
        yield region


@pytest.fixture(scope="module")
def afterwards(region: Region) -> Comparison:
    settings = load_settings(region.config)
    return compared(region, settings, region.watched_from, now_ms(), LATE_MS)


@pytest.mark.parametrize("step", STORY, ids=lambda step: step.sentence)
def test_what_happens_is_seen(region: Region, step: Step) -> None:
    play(region, step)


def test_nothing_was_refused_dropped_or_missed(region: Region) -> None:
    status = region.status()
    assert status is not None
    troubles = ("refused", "dropped", "thinned", "aside", "missing_batches")
    told: Mapping[str, object] = {agent["agent"]: [agent[key] for key in troubles] for agent in status["agents"]}
    assert told == {name: [{}, 0, 0, 0, 0] for name in ("venlo", "weert")}


def test_facts_and_states_agree_with_the_journal(afterwards: Comparison) -> None:
    assert afterwards.differences() == []
    assert sum(end - start for part in afterwards.leaves() for start, end in afterwards.watched(part)) > 60_000


def test_the_town_hall_that_was_cut_off_was_up_all_the_time(afterwards: Comparison) -> None:
    assert afterwards.evaluation.states["counter-weert"].spans(DOWN, until=now_ms()) == []


def test_what_only_an_agent_could_see_while_the_broker_was_away_is_known(
    region: Region, afterwards: Comparison
) -> None:
    *_, truly = down_spans(region.journal.changes(), "storage-venlo", now_ms())
    (said,) = afterwards.evaluation.states["storage-venlo"].spans(DOWN, until=now_ms())
    assert max(abs(said[0] - truly[0]), abs(said[1] - truly[1])) < LATE_MS


def test_what_nobody_watched_is_unknown(region: Region, afterwards: Comparison) -> None:
    ((_, again),) = down_spans(region.journal.changes(), "vantage roermond", now_ms())
    states = afterwards.evaluation.states
    assert states["storage-roermond"].at(again - 500) == UNKNOWN
    assert states["storage-venlo"].at(again - 500) == UP


def test_what_the_centre_tells_from_memory_is_what_the_store_holds(region: Region) -> None:
    told = region.asked("/api/v1/report")
    as_of = to_ms(datetime.fromisoformat(told["period"]["as_of"]))
    settings = load_settings(region.config)
    facts = compared(region, settings, region.watched_from, as_of, LATE_MS).facts
    timezone = settings.estate.timezone
    report = judge(settings.estate, facts, period_at(as_of, "month", timezone), as_of)
    assert told["services"] == json.loads(report_json(report, timezone))["services"]
