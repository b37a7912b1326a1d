"""The centre was away for a day: what the outbox of an agent holds is drained, and the month is what it would have
been, to the millisecond."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from availability import facts
from availability.facts import Observation
from availability.judge import judge
from availability.outcome import Reason, Status
from availability.periods import parse_period
from availability.ports import Batch
from collector.store import open_store
from collector.transport.receiver import Receiver
from config.settings import Settings
from tests.collector.mosquitto import Mosquitto, mosquitto
from tests.collector.transporting import agent, going, new_outbox, now_ms, stored, until
from waakvlam.setup import load_settings

CHECKS = 100
INTERVAL_MS = 30_000
DAY_MS = 86_400_000
FLUSH = 20
"""Observations of one check that are written at once. An agent writes oftener, which is more of the same."""
DAY = int(datetime(2026, 10, 13, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture(scope="module")
def broker() -> Iterator[Mosquitto]:
    with mosquitto() as running:
        yield running


def estate(folder: Path) -> Settings:
    """Each check is a service by itself, so that each has a month of its own."""
    components = [
        {"id": f"part-{number}", "checks": [
            {"id": f"check-{number}", "probe": "tcp", "host": "192.0.2.1", "port": 1, "from": ["roermond", "venlo"]}]}
        for number in range(CHECKS)
    ]  # fmt: skip
    window = {"days": "daily", "from": "00:00", "to": "24:00"}
    document = {
        "version": 1, "timezone": "Europe/Amsterdam", "store": "sqlite:///facts.db",
        "vantages": [{"id": "roermond"}, {"id": "venlo"}],
        "defaults": {"interval": "30s", "timeout": "5s", "fall": 3, "rise": 2},
        "components": components,
        "agreements": [{"id": "norm", "norm": "98.0%", "window": window, "per": "month"}],
        "services": [{"id": f"service-{number}", "agreement": "norm", "up_when": {"all": [f"part-{number}"]},
                      "since": "2026-10-12"} for number in range(CHECKS)],
    }  # fmt: skip
    path = folder / "estate.yaml"
    path.write_text(yaml.safe_dump(document))
    return load_settings(path)


def outcomes(number: int, vantage: str) -> list[Observation]:
    """A day of one check: mostly well, with outages of all lengths, and looks that gave nothing."""
    dice = random.Random(f"{number} {vantage}")
    seen: list[Observation] = []
    status, left = Status.OK, 0
    for slot in range(DAY, DAY + DAY_MS, INTERVAL_MS):
        if not left:
            status = dice.choices([Status.OK, Status.FAILED, Status.NONE], [6, 3, 1])[0]
            left = dice.randint(1, 900 if status is Status.OK else 40)
        left -= 1
        reason = {Status.FAILED: Reason.TIMEOUT, Status.NONE: Reason.NO_DESCRIPTOR}.get(status)
        seen.append(Observation(slot + number, status, reason, ""))
    return seen


def batches(seen: list[list[Observation]], vantage: str, slots: slice = slice(None)) -> list[Batch]:
    """What was observed of all checks in these slots of the day."""
    found = []
    for number, observations in enumerate(seen):
        own = observations[slots]
        timed = [(one.at, 1.0 + number) for one in own if one.status is Status.OK]
        found.append(Batch(f"check-{number}", vantage, facts.encode(own), timed))
    return found


async def test_a_day_of_a_hundred_checks_comes_late_and_the_month_is_the_same(
    broker: Mosquitto, tmp_path: Path
) -> None:
    settings = estate(tmp_path)
    undisturbed = open_store(f"sqlite:///{tmp_path / 'undisturbed.db'}", create=True)
    late = open_store(f"sqlite:///{tmp_path / 'late.db'}", create=True)
    here, there = ([outcomes(number, vantage) for number in range(CHECKS)] for vantage in ("roermond", "venlo"))
    for store in (undisturbed, late):
        store.add(batches(here, "roermond"))
    undisturbed.add(batches(there, "venlo"))
    outbox = new_outbox(tmp_path)
    for first in range(0, DAY_MS // INTERVAL_MS, FLUSH):
        outbox.add(batches(there, "venlo", slice(first, first + FLUSH)))
    assert outbox.state().observations == CHECKS * DAY_MS // INTERVAL_MS
    receiver = Receiver(broker.mqtt(in_flight=8), "centre-roermond", late, now_ms)
    async with going(receiver, agent(broker, outbox, in_flight=8)):
        await until(lambda: not outbox.state().batches, "the outbox is empty")
    outbox.close()
    period = parse_period("2026-10", settings.estate.timezone)
    month, expected = (judge(settings.estate, store.rows(), period, period.end) for store in (late, undisturbed))
    assert month == expected
    figures = [service.judged.figures for service in expected.services]
    assert min(sum(one.down_ms for one in figures), sum(one.up_ms for one in figures)) > 3_600_000
    assert stored(late) == stored(undisturbed)
    spans = [(0, 1 << 42)]
    assert [late.latencies(f"check-{n}", spans) for n in range(CHECKS)] == [
        undisturbed.latencies(f"check-{n}", spans) for n in range(CHECKS)
    ]
    for store in (undisturbed, late):
        store.close()
