"""Every way in gives the same facts: the collector's own looks, a CSV file, and what an agent sends; in any store."""

from __future__ import annotations

import asyncio
import csv
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from availability import facts
from availability.facts import Observation
from availability.outcome import Outcome, Reason, Status
from availability.ports import Batch, Run
from collector.importing import import_observations
from collector.recorder import Recorder
from collector.store import SqlStore
from collector.transport.messages import FactsMessage
from collector.transport.rows import in_pieces, pack_rows
from collector.transport.storing import store_messages
from tests.collector.stores import Place, opened

NOON = 1_790_000_000_000
DAY = 86_400_000
CHECKS = ("a", "b")
Seen = tuple[str, int, Status, Reason | None, str, float | None]
_OK = {Status.OK: "true", Status.FAILED: "false", Status.NONE: ""}


def observed(seed: int) -> list[Seen]:
    """What two checks gave: on schedule mostly, with failures, looks that gave nothing, and one instant twice."""
    dice = random.Random(seed)
    seen: list[Seen] = []
    for check in CHECKS:
        for number in range(120):
            at = NOON + number * 30_000 + (dice.randrange(5) if dice.random() < 0.05 else 0)
            what = dice.random()
            if what < 0.8:
                seen.append((check, at, Status.OK, None, "", round(dice.uniform(1, 50), 3)))
            elif what < 0.9:
                seen.append((check, at, Status.FAILED, Reason.TIMEOUT, "", None))
            else:
                seen.append((check, at, Status.NONE, Reason.COULD_NOT_LOOK, "", None))
            if dice.random() < 0.1:
                seen.append((check, at, Status.FAILED, Reason.TIMEOUT, "", None))
    return seen


def by_recorder(seen: Sequence[Seen], store: SqlStore, _: Path) -> None:
    async def record() -> None:
        recorder = Recorder(store)
        for check, at, status, reason, detail, latency in seen:
            recorder.record(check, "venlo", at, Outcome(status, reason, latency, detail))
        running = asyncio.create_task(recorder.run())
        recorder.stop()
        await running

    asyncio.run(record())


def by_file(seen: Sequence[Seen], store: SqlStore, folder: Path) -> None:
    path = folder / "seen.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("at", "check", "vantage", "ok", "latency_ms", "detail"))
        for check, at, status, reason, _, latency in seen:
            writer.writerow((at / 1000, check, "venlo", _OK[status], "" if latency is None else latency, reason or ""))
    import_observations(path, store, CHECKS, ["venlo"], NOON + DAY)


def by_agent(seen: Sequence[Seen], store: SqlStore, _: Path) -> None:
    """In several messages, shuffled, some of them twice."""
    batches = []
    for check in CHECKS:
        mine = [one for one in seen if one[0] == check]
        # As the recorder of the agent does: of two outcomes for one instant the stronger stays.
        runs = facts.encode(Observation(*one[1:5]) for one in mine)
        won = {at: status for at, status, _, _ in facts.expand(runs)}
        timed = sorted((one[1], one[5]) for one in mine if one[5] is not None and won[one[1]] is one[2])
        batches.append(Batch(check, "venlo", runs, timed))
    messages = [
        FactsMessage("venlo", "venlo", 7, number, 1, NOON, 0, pack_rows(piece).packed)
        for number, piece in enumerate(in_pieces(batches, 30), 1)
    ]
    messages += messages[::3]
    random.Random(1).shuffle(messages)
    for first in range(0, len(messages), 4):
        assert not store_messages(store, messages[first : first + 4], NOON, NOON + DAY).refused


WAYS: dict[str, Callable[[Sequence[Seen], SqlStore, Path], None]] = {
    "its own looks": by_recorder,
    "a file": by_file,
    "an agent": by_agent,
}


@pytest.fixture
def store(place: Place) -> Iterator[SqlStore]:
    store = opened(place)
    yield store
    store.close()


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_gives_the_same_facts(store: SqlStore, tmp_path: Path, way: str) -> None:
    seen = observed(seed=20261120)
    WAYS[way](seen, store, tmp_path)
    for check in CHECKS:
        mine = [one for one in seen if one[0] == check]
        runs: list[Run] = facts.encode(Observation(*one[1:5]) for one in mine)
        assert store.runs(check, "venlo") == runs
        won = {at: status for at, status, _, _ in facts.expand(runs)}
        timed = {one[1]: one[5] for one in mine if one[5] is not None and won[one[1]] is Status.OK}
        summary = store.latencies(check, [(NOON - DAY, NOON + DAY)])
        assert summary.count == len(timed)
        assert summary.mean_ms == pytest.approx(sum(value for value in timed.values() if value) / len(timed), abs=1e-3)


def test_what_came_of_agents_is_noted_with_the_facts(store: SqlStore) -> None:
    rows = pack_rows([Batch("a", "venlo", [Run(NOON, 0, 1, Status.OK, None, "")])]).packed
    messages = [FactsMessage("venlo", "venlo", 7, number, 1, NOON, 0, rows) for number in (1, 3, 3, 6)]
    result = store_messages(store, messages, NOON, NOON + DAY)
    position = result.positions["venlo", 7]
    assert (position.through, position.ahead, position.repeated, position.hole) == (1, ((3, 3), (6, 6)), 1, 3)
    later = FactsMessage("venlo", "venlo", 7, 7, 7, NOON, 0, rows)
    other = FactsMessage("venlo", "venlo", 8, 1, 1, NOON, 0, rows)
    result = store_messages(store, [later, other], NOON, NOON + DAY)
    assert (result.positions["venlo", 7].through, result.positions["venlo", 7].missing) == (7, 3)
    assert (result.positions["venlo", 8].through, result.positions["venlo", 8].missing) == (1, 0)
