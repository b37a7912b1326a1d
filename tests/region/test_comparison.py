"""What does not agree with the journal is found: a comparison that finds nothing would prove nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from availability.judge import Facts
from availability.outcome import Status
from availability.ports import Row
from config.settings import Settings
from waakvlam.demo_region.comparison import Allowed, Comparison
from waakvlam.demo_region.files import Pace, write_config
from waakvlam.demo_region.journal import Change
from waakvlam.demo_region.places import LINES, SERVERS
from waakvlam.setup import load_settings

SECOND = 1000
LONG = 100 * SECOND
STEP = 500
WATCHERS = ("vantage roermond", "vantage venlo", "vantage weert")
OK, FAILED = int(Status.OK), int(Status.FAILED)
CHECK = ("brp-venlo-http", "venlo")

Changes = list[Change]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("region")
    return load_settings(write_config(folder, "sqlite:///region.db", Pace(STEP, 4 * SECOND), 0))


def all_up() -> Changes:
    names = [*(server.name for server in SERVERS), *(line.name for line in LINES), *WATCHERS]
    return [Change(name, True, -10 * SECOND, -10 * SECOND) for name in names]


def change(name: str, is_up: bool, second: float) -> Change:
    at = int(second * SECOND)
    return Change(name, is_up, at, at + 20)


def steady(settings: Settings) -> dict[tuple[str, str], list[Row]]:
    """Everything answers everybody all the time."""
    rows: list[Row] = [(0, STEP, LONG // STEP, OK)]
    return {(spec.id, vantage): list(rows) for spec in settings.checks.values() for vantage in spec.vantages}


def between(start: float, end: float, status: int) -> Row:
    first = int(start * SECOND)
    return first, STEP, int((end - start) * SECOND) // STEP, status


def found(settings: Settings, facts: Facts, changes: Changes) -> list[str]:
    ordered = sorted(changes, key=lambda change: change.done)
    allowed = Allowed(late=1500, stale_after=4 * SECOND)
    return Comparison(settings.estate, facts, ordered, 0, LONG, allowed).differences()


DEAD = [change("brp-venlo", False, 30), change("brp-venlo", True, 40)]
SEEN_DEAD = [between(0, 30.5, OK), between(30.5, 40.5, FAILED), between(40.5, 100, OK)]
FROM_ROERMOND = ("brp-venlo-http", "roermond")
RING = [("ring-east", "roermond"), ("ring-west", "venlo"), ("brp-roermond-http", "venlo")]
AWAY = [change("vantage venlo", False, 30), change("vantage venlo", True, 60)]
VENLO_ALONE = [("brp-venlo-http", "venlo"), ("storage-venlo-tcp", "venlo"), ("brp-roermond-http", "venlo"),
               ("ring-west", "venlo"), ("line-venlo-in", "venlo"), ("counter-weert-http", "venlo")]  # fmt: skip

AGREEING: dict[str, tuple[Changes, dict[tuple[str, str], list[Row]]]] = {
    "nothing happened": ([], {}),
    "a server died and everybody saw it": (DEAD, {CHECK: SEEN_DEAD, FROM_ROERMOND: SEEN_DEAD}),
    "a look that had begun when the server died failed": (
        [change("brp-venlo", False, 30.2), change("brp-venlo", True, 40)],
        {
            CHECK: [between(0, 30, OK), between(30, 40.5, FAILED), between(40.5, 100, OK)],
            FROM_ROERMOND: SEEN_DEAD,
        },
    ),
    "an agent was away and nothing is told of that time": (
        AWAY, {key: [between(0, 30, OK), between(60.5, 100, OK)] for key in VENLO_ALONE}
    ),
    "an agent that was killed had not written its last seconds": (
        AWAY, {key: [between(0, 27, OK), between(60.5, 100, OK)] for key in VENLO_ALONE}
    ),
    "an agent was killed before it had written that a server was repaired": (
        [change("storage-venlo", False, 20), change("storage-venlo", True, 28), *AWAY],
        {key: [between(0, 27, OK), between(60.5, 100, OK)] for key in VENLO_ALONE}
        | {("storage-venlo-tcp", "venlo"): [between(0, 20.5, OK), between(20.5, 27, FAILED), between(60.5, 100, OK)]},
    ),
    "the ring was cut, and each side saw its own": (
        [change("ring", False, 30), change("ring", True, 40)],
        dict.fromkeys([*RING, FROM_ROERMOND], SEEN_DEAD),
    ),
}  # fmt: skip

DIFFERING: dict[str, tuple[Changes, dict[tuple[str, str], list[Row]], str]] = {
    "a server died and nobody saw it": (DEAD, {}, "brp-venlo is up"),
    "an observation says ok of a dead server": (
        DEAD,
        {CHECK: [*SEEN_DEAD[:1], between(30.5, 36, FAILED), between(36, 36.5, OK), between(36.5, 40.5, FAILED),
                 SEEN_DEAD[2]], FROM_ROERMOND: SEEN_DEAD},
        "brp-venlo-http from venlo at 36000 is OK, but it did not answer all the time",
    ),
    "a server is said to be down that was not": ([], {CHECK: SEEN_DEAD, FROM_ROERMOND: SEEN_DEAD}, "brp-venlo is down"),
    "a blip that never was": (
        [], {CHECK: [between(0, 30, OK), between(30, 30.5, FAILED), between(30.5, 100, OK)]},
        "brp-venlo-http from venlo at 30000 is FAILED, but it answered all the time",
    ),
    "a server is believed to be down long after its agent was killed": (
        [change("storage-venlo", False, 20), change("storage-venlo", True, 28), *AWAY],
        {key: [between(0, 27, OK), between(60.5, 100, OK)] for key in VENLO_ALONE}
        | {("storage-venlo-tcp", "venlo"): [between(0, 20.5, OK), between(20.5, 38, FAILED), between(60.5, 100, OK)]},
        "storage-venlo is down",
    ),
    "the end of an outage is told ten seconds late": (
        DEAD,
        {key: [SEEN_DEAD[0], between(30.5, 50.5, FAILED), between(50.5, 100, OK)] for key in (CHECK, FROM_ROERMOND)},
        "brp-venlo is down",
    ),
    "what an agent saw is lost": (
        [], {("storage-venlo-tcp", "venlo"): [between(0, 30, OK), between(60, 100, OK)]}, "storage-venlo is unknown"
    ),
    "something is told of a time in which nobody watched": (
        AWAY, {key: [between(0, 30, OK), between(60.5, 100, OK)] for key in VENLO_ALONE if "storage" not in key[0]},
        "storage-venlo is up",
    ),
    "a look got through a ring that was cut": (
        [change("ring", False, 30), change("ring", True, 40)],
        dict.fromkeys(RING, SEEN_DEAD),
        "brp-venlo-http from roermond",
    ),
}  # fmt: skip


@pytest.mark.parametrize("world", AGREEING)
def test_what_agrees_is_let_pass(settings: Settings, world: str) -> None:
    changes, facts = AGREEING[world]
    assert found(settings, {**steady(settings), **facts}, [*all_up(), *changes]) == []


@pytest.mark.parametrize("world", DIFFERING)
def test_what_differs_is_found(settings: Settings, world: str) -> None:
    changes, facts, sentence = DIFFERING[world]
    told = found(settings, {**steady(settings), **facts}, [*all_up(), *changes])
    assert any(one.startswith(sentence) for one in told), told


def test_the_estate_knows_no_part_that_the_journal_does_not(settings: Settings) -> None:
    leaves = {part.id for part in settings.estate.parts.values() if part.checks}
    assert leaves == {server.name for server in SERVERS} | {line.name for line in LINES}


def test_the_configuration_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    path = write_config(tmp_path, "sqlite:///region.db", Pace(400, 4000), 0)
    assert load_settings(path).checks["ring-east"].interval_ms == 400
