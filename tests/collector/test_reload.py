"""A list of targets that changes under a collector: what did not change keeps its slots, its looks and its state."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from availability.outcome import Outcome, ok
from collector.board import Board
from collector.clock import phase_ms
from collector.engine import Engine
from collector.probes import OPTIONS
from config.reader import read
from config.settings import CheckSpec, Settings
from tests.collector.virtual import NOON, World, during, run

ESTATE = """\
version: 1
templates:
  - id: switch
    parameters: [host, {name: fall, default: "3"}]
    component: {checks: [{id: "{id}-tcp", probe: tcp, host: "{host}", port: 22, fall: "{fall}"}]}
components: [{use: switch, for_each: {csv: switches.csv}}]
"""


@dataclass(frozen=True)
class Look:
    """A look at what was configured, which takes four seconds."""

    at: object

    async def __call__(self) -> Outcome:
        await asyncio.sleep(4)
        return ok(1.0)


def reading(folder: Path, rows: dict[str, str]) -> Settings:
    (folder / "switches.csv").write_text("id,host,fall\n" + "".join(f"{id_},{row}\n" for id_, row in rows.items()))
    (folder / "estate.yaml").write_text(ESTATE)
    return read(folder / "estate.yaml", OPTIONS)


def looking(settings: Settings) -> list[CheckSpec]:
    return [replace(spec, probe="socket", options=Look(spec.options)) for spec in settings.checks.values()]


def test_one_row_of_two_hundred_changes(tmp_path: Path) -> None:
    rows = {f"sw-{number}": f"192.0.2.{number}," for number in range(200)}
    before = reading(tmp_path, rows)
    changed = {**rows, "sw-7": "198.51.100.7,", "sw-8": "192.0.2.8,5", "sw-new": "192.0.2.250,"}
    del changed["sw-9"]
    after = reading(tmp_path, changed)
    board = Board(before.estate, {}, NOON)

    async def body(world: World) -> tuple[World, Engine]:
        def take(spec: CheckSpec, slot: int, outcome: Outcome) -> None:
            world.sink(spec, slot, outcome)
            board.feed(spec.id, "local", slot, outcome)

        engine = world.engine(looking(before), sink=take, sockets=1000)
        walks = {}

        def reload() -> None:
            walks.update({check: board.series(check, "local") for check in before.checks})
            assert engine.under_way > 10, "there are looks under way when it comes"
            board.replace(after.estate)
            engine.replace(looking(after))
            assert board.disordered == {"sw-8-tcp", "sw-new-tcp"}, "of others, what is known goes on"
            assert all(board.series(check, "local") is walks[check] for check in after.checks if check in walks)

        await during(engine, 200, (100.5, reload))
        return world, engine

    world, engine = run(body)
    assert (engine.stats.missed, engine.stats.overlapping, engine.stats.clock_jumps) == (0, 0, 0)
    assert engine.stats.lateness.max < 0.1
    for id_ in rows.keys() - {"sw-7", "sw-9"}:
        slots = world.slots(f"{id_}-tcp")
        assert {slot % 30_000 for slot in slots} == {phase_ms(f"{id_}-tcp", 30_000)}
        assert {later - earlier for earlier, later in pairwise(slots)} == {30_000}, "not one is missing or late"
        assert slots[-1] > NOON + 165_000
    assert max(world.slots("sw-9-tcp")) < NOON + 100_500
    assert min(world.slots("sw-new-tcp")) > NOON + 100_500
