"""Failover pairs (docs/semantics.md, section 8): events, interruptions, verdicts, outcomes, tests and protection."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest

from availability.estate import Slot, Window
from availability.outcome import Status
from availability.periods import parse_period
from tests.availability.worlds import AMSTERDAM, DAY, HOUR, MINUTE, World, all_of, any_of, in_slots, slot, through

OCTOBER = parse_period("2026-10", AMSTERDAM)


@dataclass(frozen=True)
class Told:
    """What is told of one event, in slots."""

    started: float
    ended: float | None
    seconds: float
    low: float
    restored: float | None
    outcome: str
    verdict: str


def watched(primary: str, function: str, standby: str = "o") -> World:
    world = World().leaf("primary", primary).leaf("standby", standby).leaf("function", function)
    return world.pair("primary", "standby", "function")


def told(world: World, as_of: float | None = None) -> list[Told]:
    """All events, as of a slot."""
    return [
        Told(
            in_slots(event.started_at),
            None if event.ended_at is None else in_slots(event.ended_at),
            event.interrupted_ms / MINUTE,
            event.interrupted_low_ms / MINUTE,
            None if event.restored_at is None else in_slots(event.restored_at),
            event.outcome,
            event.verdict,
        )
        for event in world.failovers(None if as_of is None else slot(as_of))
    ]


# The pair must take over within four slots. First the primary, below it the function.
EVENTS: dict[str, tuple[str, str, list[Told]]] = {
    "a primary that stays up makes no event": ("oooooo", "oxxxxo", []),
    "without an interruption it is seamless and met": (
        "oxxxoo",
        "oooooo",
        [Told(1, 4, 0, 0, None, "seamless", "met")],
    ),
    "taken over while the primary is still down": (
        "oxxxxxo",
        "oxxoooo",
        [Told(1, 6, 2, 2, 3, "taken_over", "met")],
    ),
    "recovered when the primary was back first": (
        "oxxooooo",
        "oxxxxooo",
        [Told(1, 3, 4, 4, 5, "recovered", "met")],
    ),
    "recovered when both come back at the same instant": (
        "oxxxoo",
        "oxxxoo",
        [Told(1, 4, 3, 3, 4, "recovered", "met")],
    ),
    "taken over though the primary is unknown by then": (
        "oxx--oo",
        "oxxxooo",
        [Told(1, 5, 3, 3, 4, "taken_over", "met")],
    ),
    "exactly within is met": ("oxxxxxxo", "oxxxxooo", [Told(1, 7, 4, 4, 5, "taken_over", "met")]),
    "one slot more is missed": ("oxxxxxxo", "oxxxxxoo", [Told(1, 7, 5, 5, 6, "taken_over", "missed")]),
    "unknown counts as not delivered and leaves it undetermined": (
        "oxxxxxxo",
        "oxx---oo",
        [Told(1, 7, 5, 2, 6, "taken_over", "undetermined")],
    ),
    "unknown within the limit is met": ("oxxxxxxo", "ox--oooo", [Told(1, 7, 3, 1, 4, "taken_over", "met")]),
    "the low figure is the longest stretch of down, not their sum": (
        "oxxxxxxxxo",
        "oxxx-xx-oo",
        [Told(1, 9, 7, 3, 8, "taken_over", "undetermined")],
    ),
    "down for longer than within is missed whatever is unknown around it": (
        "oxxxxxxxxo",
        "o-xxxxx-oo",
        [Told(1, 9, 7, 5, 8, "taken_over", "missed")],
    ),
    "an interruption that is unknown throughout": (
        "oxxxxxo",
        "oo--ooo",
        [Told(1, 6, 2, 0, 4, "taken_over", "met")],
    ),
    "of two interruptions the longest is told": (
        "oxxxxxxxxo",
        "oxooxxxooo",
        [Told(1, 9, 3, 3, 7, "taken_over", "met")],
    ),
    "of two equal ones the first is restored": (
        "oxxxxxxxxo",
        "oxxooxxooo",
        [Told(1, 9, 2, 2, 3, "taken_over", "met")],
    ),
    "the outcome is read at the end of the last interruption": (
        "oxxxxxxoooo",
        "oxxxooxxooo",
        [Told(1, 7, 3, 3, 4, "recovered", "met")],
    ),
    "interruptions are not added up": (
        "oxxxxxxxxxo",
        "oxxxoxxxooo",
        [Told(1, 10, 3, 3, 4, "taken_over", "met")],
    ),
    "one that began before the event is taken whole": (
        "oooxxxxo",
        "oxxxxxoo",
        [Told(3, 7, 5, 5, 6, "taken_over", "missed")],
    ),
    "one that ended after the event is taken whole": (
        "oxxooooo",
        "ooxxxxxo",
        [Told(1, 3, 5, 5, 7, "recovered", "missed")],
    ),
    "one that ends where the event begins touches it": (
        "ooxxxoo",
        "oxooooo",
        [Told(2, 5, 1, 1, 2, "taken_over", "met")],
    ),
    "one that ended before the event is not of it": (
        "oooxxoo",
        "oxooooo",
        [Told(3, 5, 0, 0, None, "seamless", "met")],
    ),
    "one that begins where the event ends touches it": (
        "oxxoooo",
        "oooxxoo",
        [Told(1, 3, 2, 2, 5, "recovered", "met")],
    ),
    "one that begins after the event is not of it": (
        "oxxoooo",
        "ooooxoo",
        [Told(1, 3, 0, 0, None, "seamless", "met")],
    ),
    "one that begins unknown where the event ends touches it too": (
        "oxxoooo",
        "ooo--oo",
        [Told(1, 3, 2, 0, 5, "recovered", "met")],
    ),
    "a primary that was only unknown makes no event": ("o---ooo", "ooooooo", []),
    "unknown on both sides makes no event": ("o---ooo", "oo--ooo", []),
    "an event begins at the first down of the primary": (
        "o--xxoo",
        "ooooooo",
        [Told(3, 5, 0, 0, None, "seamless", "met")],
    ),
    "or at the first down of the function": ("o---xoo", "ooxoooo", [Told(2, 5, 1, 1, 3, "taken_over", "met")]),
    "a function that was down already starts the event with the stretch": (
        "oo--xoo",
        "oxxxooo",
        [Told(2, 5, 3, 3, 4, "taken_over", "met")],
    ),
    "an event lasts to the end of the stretch, also where that is unknown": (
        "oxx--oo",
        "ooooooo",
        [Told(1, 5, 0, 0, None, "seamless", "met")],
    ),
    "down, unknown and down again are one event": (
        "ox--xoo",
        "ooooooo",
        [Told(1, 5, 0, 0, None, "seamless", "met")],
    ),
    "up between two makes two events": (
        "oxoxooo",
        "ooooooo",
        [Told(1, 2, 0, 0, None, "seamless", "met"), Told(3, 4, 0, 0, None, "seamless", "met")],
    ),
    "an interruption across two events is of both": (
        "oxoxooo",
        "oxxxxoo",
        [Told(1, 2, 4, 4, 5, "recovered", "met"), Told(3, 4, 4, 4, 5, "recovered", "met")],
    ),
    "unknown before both the event and the first down is left out": (
        "oooxxxo",
        "o--xxoo",
        [Told(3, 6, 2, 2, 5, "taken_over", "met")],
    ),
    "unknown before the event but after a first down is not": (
        "ooooxxo",
        "oxx-xoo",
        [Told(4, 6, 4, 2, 5, "taken_over", "met")],
    ),
    "unknown before the first down is left out though that comes before the event": (
        "ooooxxo",
        "o--xxoo",
        [Told(4, 6, 2, 2, 5, "taken_over", "met")],
    ),
    "unknown from the event on, before the first down, is not": (
        "ooxxxxo",
        "o---xoo",
        [Told(2, 6, 3, 1, 5, "taken_over", "met")],
    ),
    "unknown without any down is left out before the event": (
        "ooxxxxo",
        "o---ooo",
        [Told(2, 6, 2, 0, 4, "taken_over", "met")],
    ),
    "unknown that ends where the event begins is left out whole": (
        "ooxxxoo",
        "o-ooooo",
        [Told(2, 5, 0, 0, None, "seamless", "met")],
    ),
    "unknown since ever is left out before the event": ("ooxxoo", "...oo", [Told(2, 4, 1, 0, 3, "taken_over", "met")]),
}


@pytest.mark.parametrize("sentence", EVENTS)
def test_events(sentence: str) -> None:
    primary, function, expected = EVENTS[sentence]
    assert told(watched(primary, function)) == expected


# As of a slot: what was known then.
SO_FAR: dict[str, tuple[str, str, float, list[Told]]] = {
    "while it lasts it is pending and counted to as_of": (
        "oxxxxxx",
        "oxxxxxx",
        4,
        [Told(1, None, 3, 3, None, "interrupted", "pending")],
    ),
    "exactly within and lasting is pending": (
        "oxxxxxx",
        "oxxxxxx",
        5,
        [Told(1, None, 4, 4, None, "interrupted", "pending")],
    ),
    "down for longer than within is missed while it lasts": (
        "oxxxxxx",
        "oxxxxxx",
        6,
        [Told(1, None, 5, 5, None, "interrupted", "missed")],
    ),
    "longer than within for want of a view is pending": (
        "oxxxxxxx",
        "ox------",
        7,
        [Told(1, None, 6, 1, None, "interrupted", "pending")],
    ),
    "restored while the primary is still down": (
        "oxxxxxx",
        "oxxoooo",
        5,
        [Told(1, None, 2, 2, 3, "taken_over", "met")],
    ),
    "restored exactly at as_of": ("oxxxxxx", "oxxoooo", 3, [Told(1, None, 2, 2, 3, "taken_over", "met")]),
    "both back exactly at as_of": ("oxxoooo", "oxxoooo", 3, [Told(1, 3, 2, 2, 3, "recovered", "met")]),
    "the primary is back and the function not yet": (
        "oxxoooo",
        "oxxxxxx",
        4,
        [Told(1, 3, 3, 3, None, "interrupted", "pending")],
    ),
    "seamless so far": ("oxxxxxx", "ooooooo", 4, [Told(1, None, 0, 0, None, "seamless", "met")]),
    "an earlier and longer interruption was restored, another lasts": (
        "oxxxxxxx",
        "oxxxooxx",
        7,
        [Told(1, None, 3, 3, 4, "interrupted", "pending")],
    ),
    "of an ended and a lasting one of equal length the first counts": (
        "oxxxxxxx",
        "oxxoooxx",
        8,
        [Told(1, None, 2, 2, 3, "interrupted", "pending")],
    ),
    "a lasting one that is the longest is not restored": (
        "oxxxxxxx",
        "oxooxxxx",
        7,
        [Told(1, None, 3, 3, None, "interrupted", "pending")],
    ),
    "what comes after as_of is not known": ("ooxxxoo", "ooxxxoo", 1.5, []),
}


@pytest.mark.parametrize("sentence", SO_FAR)
def test_events_so_far(sentence: str) -> None:
    primary, function, as_of, expected = SO_FAR[sentence]
    assert told(watched(primary, function), as_of) == expected


def test_one_millisecond_more_than_within_is_missed() -> None:
    for late, verdict in ((0, "met"), (1, "missed")):
        back = slot(5) + late
        rows = [
            through(Status.OK, slot(0), slot(1)),
            through(Status.FAILED, slot(1), back),
            through(Status.OK, back, slot(9)),
        ]
        world = World().leaf("primary", "oxxxxxxxo").leaf("standby").leaf("function", rows)
        assert world.pair("primary", "standby", "function").event().verdict == verdict


def test_without_a_function_it_is_delivered_by_either() -> None:
    world = World().leaf("primary", "oxxxxoo").leaf("standby", "oxxoooo").pair("primary", "standby")
    assert told(world) == [Told(1, 5, 2, 2, 3, "taken_over", "met")]
    seamless = World().leaf("primary", "oxxxxoo").leaf("standby", "ooooooo").pair("primary", "standby")
    assert told(seamless) == [Told(1, 5, 0, 0, None, "seamless", "met")]
    blind = World().leaf("primary", "oxxxxoo").leaf("standby", "o--oooo").pair("primary", "standby")
    assert told(blind) == [Told(1, 5, 2, 0, 3, "taken_over", "met")]


def test_a_pair_may_name_composites_and_a_service_as_its_function() -> None:
    world = World().leaf("a", "oxxxo").leaf("b", "ooxxo").leaf("c", "oxooo")
    world.composite("first", any_of("a", "b")).composite("second", all_of("c")).service(any_of("b", "c"), "front")
    world.pair("first", "second", "front")
    assert told(world) == [Told(2, 4, 0, 0, None, "seamless", "met")]
    assert world.report().pairs[0].protected_ratio == Fraction(6, 7)


def test_an_event_belongs_to_the_period_in_which_it_started() -> None:
    def events(start: int, end: int) -> list[tuple[int, int | None]]:
        rows = [
            through(Status.OK, start - HOUR, start),
            through(Status.FAILED, start, end),
            through(Status.OK, end, end + HOUR),
        ]
        world = World().leaf("primary", rows).leaf("standby").pair("primary", "standby")
        return [(event.started_at, event.ended_at) for event in world.failovers()]

    start, end = OCTOBER.start, OCTOBER.end
    assert events(start - 1, start + HOUR) == []
    assert events(start, start + HOUR) == [(start, start + HOUR)]
    assert events(end - 1, end + HOUR) == [(end - 1, end + HOUR)]
    assert events(end, end + HOUR) == []


def test_what_happened_after_the_period_counts_for_an_event_that_started_in_it() -> None:
    start = OCTOBER.end - MINUTE
    rows = [through(Status.OK, start - HOUR, start), through(Status.FAILED, start, start + 2 * DAY)]
    world = World().leaf("primary", rows).leaf("standby").leaf("function", rows)
    event = world.pair("primary", "standby", "function").event(as_of=start + DAY)
    assert (event.interrupted_ms, event.outcome, event.verdict) == (DAY, "interrupted", "missed")


def test_an_event_whose_stretch_began_before_the_period_belongs_to_where_the_event_starts() -> None:
    edge = OCTOBER.start
    rows = [
        through(Status.OK, edge - HOUR, edge - 10 * MINUTE),
        (edge - 10 * MINUTE, 0, 1, Status.NONE),
        through(Status.FAILED, edge + MINUTE, edge + 3 * MINUTE),
        through(Status.OK, edge + 3 * MINUTE, edge + 9 * MINUTE),
    ]
    event = World().leaf("primary", rows).leaf("standby").pair("primary", "standby").event()
    assert (event.started_at, event.ended_at) == (edge + MINUTE, edge + 3 * MINUTE)


def test_the_clock_runs_day_and_night_and_nothing_is_excused() -> None:
    world = watched("oxxxxxxo", "oxxxxxoo").agreed(Window(frozenset(), Slot(0, 1440)), excluded=("customer_request",))
    world.work("pair", "primary", "function", start=0, end=8)
    assert told(world) == [Told(1, 7, 5, 5, 6, "taken_over", "missed")]


TESTS: dict[str, tuple[tuple[str, ...], str, float, float, bool]] = {
    "a record that names the pair": (("pair",), "failover_test", 0, 5, True),
    "a record that names the primary": (("primary",), "failover_test", 0, 5, True),
    "a record that names the standby": (("standby",), "failover_test", 0, 5, False),
    "a record that names the function": (("function",), "failover_test", 0, 5, False),
    "a record of another category": (("pair",), "customer_request", 0, 5, False),
    "an event at the record's first instant": (("pair",), "failover_test", 2, 5, True),
    "an event at the record's end": (("pair",), "failover_test", 0, 2, False),
    "an event before the record": (("pair",), "failover_test", 3, 9, False),
    "a record that ends before the event does": (("pair",), "failover_test", 1, 3, True),
    "a record that is reversed": (("pair",), "failover_test", 5, 0, False),
    "a record that names more": (("standby", "primary"), "failover_test", 0, 5, True),
}


@pytest.mark.parametrize("sentence", TESTS)
def test_failover_tests(sentence: str) -> None:
    affects, category, start, end, expected = TESTS[sentence]
    world = watched("ooxxoo", "oooooo").work(*affects, start=start, end=end, category=category)
    assert world.event().test is expected


def test_a_failover_test_may_be_weekly() -> None:
    world = watched("ooxxoo", "oooooo")
    tuesday = World(world.parts, facts=world.facts, pairs=world.pairs)
    assert tuesday.weekly("pair", days=(1,), hours=Slot(540, 600), category="failover_test").event().test
    monday = World(world.parts, facts=world.facts, pairs=world.pairs)
    assert not monday.weekly("pair", days=(0,), hours=Slot(540, 600), category="failover_test").event().test


def test_a_test_begins_with_its_event_and_not_with_the_unknown_time_before_it() -> None:
    world = watched("o-xxoo", "oooooo").work("pair", start=2, end=5, category="failover_test")
    assert world.event().test


def ratio(standby: str, as_of: int | None = None) -> Fraction | None:
    world = World().leaf("primary").leaf("standby", standby).pair("primary", "standby")
    return world.report(as_of).pairs[0].protected_ratio


def test_the_protected_ratio_is_up_out_of_known() -> None:
    assert ratio("oxxo-") == Fraction(2, 4)
    assert ratio("oo---xx-") == Fraction(2, 4)
    assert ratio("oooo-") == 1
    assert ratio("xx-") == 0


def test_the_protected_ratio_is_none_if_the_standby_was_never_known() -> None:
    assert ratio("") is None
    assert ratio("----") is None
    assert ratio("oooo", as_of=slot(0)) is None
    assert ratio("oooo", as_of=OCTOBER.start - DAY) is None


def test_the_protected_ratio_is_of_the_period_so_far() -> None:
    assert ratio("oxxx-", as_of=slot(1)) == 1
    assert ratio("oxxx-", as_of=slot(2)) == Fraction(1, 2)
    rows = [
        through(Status.FAILED, OCTOBER.start - HOUR, OCTOBER.start + MINUTE),
        (OCTOBER.start + MINUTE, 0, 1, Status.OK),
        (OCTOBER.start + 2 * MINUTE, 0, 1, Status.NONE),
        through(Status.OK, OCTOBER.end - 2 * MINUTE, OCTOBER.end + HOUR),
    ]
    world = World().leaf("primary").leaf("standby", rows).pair("primary", "standby")
    assert world.report().pairs[0].protected_ratio == Fraction(3, 4)


def test_the_protected_ratio_is_on_the_clock_and_not_within_windows() -> None:
    world = World().leaf("primary").leaf("standby", "ox-").pair("primary", "standby")
    world.agreed(Window(frozenset(), Slot(0, 1440)))
    assert world.report().pairs[0].protected_ratio == Fraction(1, 2)


def test_every_pair_has_its_own_events() -> None:
    world = watched("oxxoo", "ooooo").leaf("other", "ooxoo").pair("other", "standby", id_="second")
    assert sorted((event.pair, in_slots(event.started_at)) for event in world.failovers()) == [
        ("pair", 1),
        ("second", 2),
    ]
    assert [pair.pair for pair in world.report().pairs] == ["pair", "second"]
