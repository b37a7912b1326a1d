"""Time of which nobody knows whether the service was up, and what left it undecided (docs/semantics.md, section 10)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings

from availability.accounting import account
from availability.estate import Expression, Ref, Slot, Window
from availability.evaluation import Evaluation
from availability.judge import observe
from availability.outages import causes
from availability.states import DOWN, UNKNOWN
from availability.tracing import trace
from tests.availability.oracle import Oracle
from tests.availability.oracle_states import Instant
from tests.availability.random_worlds import RandomWorld, worlds
from tests.availability.test_against_oracle import QUIET
from tests.availability.worlds import MINUTE, World, all_of, any_of, at_least, in_slots, opened, slot

Told = list[tuple[float, float, float, tuple[str, ...], str]]


def told(world: World, as_of: int | None = None) -> Told:
    """Start, end and length in slots, parts and reason."""
    return [
        (in_slots(one.start), in_slots(one.end), one.unknown_ms / MINUTE, one.parts, one.reason)
        for one in world.surrounding(as_of=as_of).unwatched
    ]


NAMED: dict[str, tuple[World, Told]] = {
    "a gap is told with who left it": (
        World().leaf("app", "oo--oo").agreed(opened(6)),
        [(2, 4, 2, ("app",), "no_data")],
    ),
    "two gaps are two stretches": (
        World().leaf("app", "o-o--o").agreed(opened(6)),
        [(1, 2, 1, ("app",), "no_data"), (3, 5, 2, ("app",), "no_data")],
    ),
    "a stretch that two leaves leave undecided in turn is one": (
        World().leaf("a", "o--ooo").leaf("b", "ooo-oo").leaf("c", "oooooo").agreed(opened(6)),
        [(1, 4, 3, ("a", "b"), "no_data")],
    ),
    "a spare that is unknown while its twin is up is not named": (
        World().leaf("a", "oooo").leaf("b", "o--o").leaf("c", "o--o").agreed(opened(4))
        .service(all_of(any_of("a", "b"), "c")),
        [(1, 3, 2, ("c",), "no_data")],
    ),
    "what is unknown beside something down is not named": (
        World().leaf("a", "o--o").leaf("b", "oxxo").leaf("c", "o--o").agreed(opened(4))
        .service(any_of(all_of("a", "b"), "c")),
        [(1, 3, 2, ("c",), "no_data")],
    ),
    "the walk goes through parts and services": (
        World().leaf("a", "o-oo").leaf("b", "oooo").composite("both", all_of("a", "b")).agreed(opened(4))
        .service(all_of("both"), "inner").service(at_least(1, "inner")),
        [(1, 2, 1, ("a",), "no_data")],
    ),
    "what is excused is not named": (
        World().leaf("a", "o---").leaf("b", "oo-o").agreed(opened(4), excluded=("customer_request",))
        .work("a", start=0, end=4),
        [(2, 3, 1, ("b",), "no_data")],
    ),
    "a service that is down, where only what is excused hides why, is left open by what nobody saw": (
        World().leaf("a", "oxxo").leaf("b", "oo-o").agreed(opened(4), excluded=("customer_request",))
        .work("a", start=0, end=4),
        [(2, 3, 1, ("b",), "no_data")],
    ),
    "what stands behind a dead line is unreachable": (
        World().leaf("line", "oxxo").leaf("app", "oxxo", behind=("line",)).agreed(opened(4)).service(all_of("app")),
        [(1, 3, 2, ("app",), "unreachable")],
    ),
    "unreachable only where all that left it undecided are": (
        World().leaf("line", "oxxo").leaf("app", "oxxo", behind=("line",)).leaf("b", "oo-o").agreed(opened(4))
        .service(all_of("app", "b")),
        [(1, 3, 2, ("app", "b"), "no_data")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("sentence", NAMED)
def test_a_stretch_that_nobody_watched(sentence: str) -> None:
    world, expected = NAMED[sentence]
    assert told(world) == expected


def test_it_goes_on_over_the_night_and_counts_what_is_agreed() -> None:
    days = {date(2026, 10, day): Slot(540, 550) for day in (6, 7, 8)}
    world = World().leaf("app", "oooo").agreed(Window(frozenset(), Slot(0, 1440), special_days=days))
    last = 2 * 1440 + 10
    assert told(world) == [(6, last, 24, ("app",), "no_data")]


def test_a_night_in_which_it_was_known_parts_two_stretches() -> None:
    days = {date(2026, 10, day): Slot(540, 550) for day in (6, 7)}
    world = World().leaf("app", "oooo" + "." * 700 + "o").agreed(Window(frozenset(), Slot(0, 1440), special_days=days))
    assert told(world) == [(6, 10, 4, ("app",), "no_data"), (1440, 1450, 10, ("app",), "no_data")]


def test_nothing_from_as_of_on_is_told() -> None:
    world = World().leaf("app", "oo--").agreed(opened(60))
    assert told(world, slot(4)) == [(2, 4, 2, ("app",), "no_data")]
    assert told(world, slot(2)) == []


def test_nothing_before_the_service_existed_is_told() -> None:
    world = World().leaf("app", "oo----").agreed(opened(6)).service(all_of("app"), since=slot(4), until=slot(5))
    assert told(world) == [(4, 5, 1, ("app",), "no_data")]


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(worlds())
def test_in_any_world_the_stretches_hold_the_unknown_time_and_lie_apart(world: RandomWorld) -> None:
    surrounding = account(world.estate, world.facts, world.period, world.as_of)
    for service in surrounding.report.services:
        stretches = surrounding.services[service.id].unwatched
        assert sum(one.unknown_ms for one in stretches) == service.judged.figures.unknown_ms
        end = world.period.start
        for one in stretches:
            assert end <= one.start < one.end <= min(world.period.end, world.as_of)
            assert 0 < one.unknown_ms <= one.end - one.start
            assert one.parts
            assert list(one.parts) == sorted(set(one.parts))
            end = one.end


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(worlds())
def test_the_walk_through_parts_that_are_down_finds_the_causes(world: RandomWorld) -> None:
    evaluation = Evaluation(world.estate, observe(world.estate, world.facts, world.as_of))
    for id_ in world.estate.services:
        down = evaluation.states[id_].spans(DOWN)
        if down:
            assert trace(evaluation, evaluation.states, Ref(id_), down, DOWN) == causes(evaluation, Ref(id_), down)


def undecided(instant: Instant, expression: Expression) -> set[str]:
    """The leaves reached through UNKNOWN parts only, at one instant."""
    if instant.of(expression) != "UNKNOWN":
        return set()
    if isinstance(expression, Ref):
        world = instant.world
        return {expression.id} if world.is_leaf(expression.id) else undecided(instant, world.expression(expression.id))
    return {leaf for part in expression.parts for leaf in undecided(instant, part)}


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(worlds())
def test_the_walk_through_parts_that_are_unknown_finds_them_instant_by_instant(world: RandomWorld) -> None:
    oracle = Oracle(world.estate, world.facts, world.period, world.as_of)
    evaluation = Evaluation(world.estate, observe(world.estate, world.facts, world.as_of))
    for id_ in world.estate.services:
        unknown = evaluation.states[id_].spans(UNKNOWN)
        traced = trace(evaluation, evaluation.states, Ref(id_), unknown, UNKNOWN)
        for start, _, instant in oracle.past:
            found = {leaf for leaf, spans in traced.items() if any(first <= start < end for first, end in spans)}
            assert found == undecided(instant, Ref(id_))
