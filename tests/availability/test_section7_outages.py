"""Outages, their causes and their owners (docs/semantics.md, section 7)."""

from __future__ import annotations

import pytest

from availability.estate import Expression
from availability.outcome import Status
from availability.periods import parse_period
from tests.availability.worlds import (
    AMSTERDAM,
    DAY,
    HOUR,
    MINUTE,
    World,
    all_of,
    any_of,
    at_least,
    in_slots,
    opened,
    slot,
    through,
)

OCTOBER = parse_period("2026-10", AMSTERDAM)


def failing(start: int, end: int) -> World:
    """Up for an hour, down from `start` to `end`, up for an hour."""
    rows = [
        through(Status.OK, start - HOUR, start),
        through(Status.FAILED, start, end),
        through(Status.OK, end, end + HOUR),
    ]
    return World().leaf("app", rows)


def test_an_outage_is_a_maximal_stretch() -> None:
    assert World().leaf("app", "oxxooxo").outages() == [(1, 3, ("app",)), (5, 6, ("app",))]


def test_unknown_time_divides_outages() -> None:
    assert World().leaf("app", "oxx-xxo").outages() == [(1, 3, ("app",)), (4, 6, ("app",))]


def test_an_outage_ends_where_nobody_watches_any_longer() -> None:
    assert World().leaf("app", "oxx").outages() == [(1, 5, ("app",))]


def test_failures_that_follow_each_other_make_one_outage_with_all_causes() -> None:
    world = World().leaf("b", "oxxooo").leaf("a", "oooxxo")
    assert world.outages() == [(1, 5, ("a", "b"))]


def test_an_outage_that_lasts_at_as_of_has_no_end() -> None:
    world = World().leaf("app", "ooxxxxoo")
    assert world.outages(slot(4)) == [(2, None, ("app",))]
    assert world.outages(slot(6) - 1) == [(2, None, ("app",))]


def test_an_outage_that_ends_at_as_of_has_an_end() -> None:
    world = World().leaf("app", "ooxxxxoo")
    assert world.outages(slot(6)) == [(2, 6, ("app",))]
    gone_stale = World().leaf("app", "oox")
    assert gone_stale.outages(slot(5)) == [(2, 5, ("app",))]
    assert gone_stale.outages(slot(5) - 1) == [(2, None, ("app",))]


def test_a_recovery_that_is_not_confirmed_at_as_of_has_not_ended_the_outage() -> None:
    world = World().leaf("app", "ooxxxxoo", fall=3, rise=2)
    assert world.outages(slot(6)) == [(2, None, ("app",))]
    assert world.outages(slot(7)) == [(2, 6, ("app",))]


def test_an_outage_is_not_clipped_by_windows() -> None:
    world = World().leaf("app", "oxxxxxxo").agreed(opened(2, start=543))
    (outage,) = world.told().outages
    assert (outage.start, outage.end) == (slot(1), slot(7))
    assert (outage.down_ms, outage.excluded_ms, outage.unknown_ms) == (2 * MINUTE, 0, 0)


def test_an_outage_wholly_outside_agreed_time_is_listed() -> None:
    world = World().leaf("app", "oxxo").agreed(opened(5, start=600))
    (outage,) = world.told().outages
    assert (outage.start, outage.end, outage.down_ms) == (slot(1), slot(3), 0)


def test_an_outage_is_not_clipped_by_since_and_until() -> None:
    world = World().leaf("app", "oxxxxo").service(all_of("app"), since=slot(2), until=slot(3))
    (outage,) = world.told().outages
    assert (outage.start, outage.end, outage.down_ms) == (slot(1), slot(5), MINUTE)
    before = World().leaf("app", "oxxxxo").service(all_of("app"), since=slot(1000))
    assert before.outages() == [(1, 5, ("app",))]


def test_an_outage_is_not_clipped_by_the_period_and_counts_only_what_falls_in_it() -> None:
    early = failing(OCTOBER.start - 20 * MINUTE, OCTOBER.start + 5 * MINUTE).told().outages
    assert [(outage.start, outage.end, outage.down_ms) for outage in early] == [
        (OCTOBER.start - 20 * MINUTE, OCTOBER.start + 5 * MINUTE, 5 * MINUTE)
    ]
    late = failing(OCTOBER.end - 5 * MINUTE, OCTOBER.end + 20 * MINUTE).told().outages
    assert [(outage.start, outage.end, outage.down_ms) for outage in late] == [
        (OCTOBER.end - 5 * MINUTE, OCTOBER.end + 20 * MINUTE, 5 * MINUTE)
    ]


def test_an_outage_that_outlasts_the_period_and_lasts_at_as_of_has_no_end() -> None:
    world = failing(OCTOBER.end - 5 * MINUTE, OCTOBER.end + 20 * MINUTE)
    (outage,) = world.told(as_of=OCTOBER.end + 10 * MINUTE).outages
    assert (outage.start, outage.end, outage.down_ms) == (OCTOBER.end - 5 * MINUTE, None, 5 * MINUTE)
    (at_the_end,) = world.told(as_of=OCTOBER.end).outages
    assert (at_the_end.end, at_the_end.down_ms) == (None, 5 * MINUTE)


def test_an_outage_that_only_touches_the_period_is_not_listed() -> None:
    assert failing(OCTOBER.start - 20 * MINUTE, OCTOBER.start).told().outages == ()
    assert failing(OCTOBER.end, OCTOBER.end + 20 * MINUTE).told().outages == ()
    assert len(failing(OCTOBER.start - 20 * MINUTE, OCTOBER.start + 1).told().outages) == 1
    assert len(failing(OCTOBER.end - 1, OCTOBER.end + 20 * MINUTE).told().outages) == 1


def test_an_outage_of_another_month_is_not_listed() -> None:
    assert failing(OCTOBER.start - 10 * DAY, OCTOBER.start - 9 * DAY).told().outages == ()
    assert failing(OCTOBER.end + 9 * DAY, OCTOBER.end + 10 * DAY).told().outages == ()


def test_an_outage_that_begins_after_as_of_is_not_listed() -> None:
    assert World().leaf("app", "ooxxo").outages(slot(2) - 1) == []


def test_an_outage_that_began_before_a_period_that_has_not_begun_is_not_listed_there() -> None:
    world = failing(OCTOBER.start - 20 * MINUTE, OCTOBER.start + 5 * MINUTE)
    assert world.told(as_of=OCTOBER.start - MINUTE).outages == ()


def test_what_of_an_outage_fell_in_each_class() -> None:
    world = World().leaf("app", "oxxxxxxo").leaf("disk", "oooo-ooo").agreed(excluded=("customer_request",))
    world.work("app", start=3, end=6)
    (outage,) = world.told().outages
    assert (outage.start, outage.end) == (slot(1), slot(7))
    assert (outage.down_ms, outage.excluded_ms, outage.unknown_ms) == (3 * MINUTE, 2 * MINUTE, MINUTE)


CAUSES: dict[str, tuple[Expression, dict[str, str], tuple[str, ...]]] = {
    "every part of all that was down": (all_of("a", "b", "c"), {"a": "oxo", "b": "oxo", "c": "ooo"}, ("a", "b")),
    "every part of any": (any_of("a", "b"), {"a": "xxo", "b": "oxo"}, ("a", "b")),
    "a dead spare is none while its twin is up": (
        all_of(any_of("a", "b"), "c"),
        {"a": "oxo", "b": "ooo", "c": "oxo"},
        ("c",),
    ),
    "a dead spare is none while its twin is unknown": (
        all_of(any_of("a", "b"), "c"),
        {"a": "oxo", "b": "o-o", "c": "oxo"},
        ("c",),
    ),
    "twins that are both dead are": (
        all_of(any_of("b", "a"), "c"),
        {"a": "oxo", "b": "oxo", "c": "ooo"},
        ("a", "b"),
    ),
    "what is down inside at_least that is down": (
        at_least(2, "a", "b", "c"),
        {"a": "oxo", "b": "ooo", "c": "oxo"},
        ("a", "c"),
    ),
    "what is down inside at_least that is not, is none": (
        all_of(at_least(2, "a", "b", "c"), "d"),
        {"a": "oxo", "b": "ooo", "c": "ooo", "d": "oxo"},
        ("d",),
    ),
    "what is unknown is none": (all_of("a", "b"), {"a": "o-o", "b": "oxo"}, ("b",)),
}


@pytest.mark.parametrize("sentence", CAUSES)
def test_causes(sentence: str) -> None:
    expression, seen, expected = CAUSES[sentence]
    world = World()
    for id_, drawing in seen.items():
        world.leaf(id_, drawing)
    assert world.service(expression).outages() == [(1, 2, expected)]


@pytest.mark.parametrize("sentence", CAUSES)
def test_causes_through_composites_and_services(sentence: str) -> None:
    expression, seen, expected = CAUSES[sentence]
    world = World()
    for id_, drawing in seen.items():
        world.leaf(id_, drawing)
    world.composite("whole", expression).service(all_of("whole"), "inner").service(all_of("inner"))
    assert world.outages() == [(1, 2, expected)]


def test_a_twin_that_dies_later_makes_the_spare_a_cause_from_then_on() -> None:
    world = World().leaf("a", "oxxxxo", owner="red").leaf("b", "oooxxo").leaf("c", "oxxooo")
    world.service(all_of(any_of("a", "b"), "c"))
    told = world.told()
    assert world.outages() == [(1, 5, ("a", "b", "c"))]
    assert told.downtime_by_owner_ms == {"red": 2 * MINUTE}


def test_causes_are_of_the_whole_outage_also_before_the_period() -> None:
    edge = OCTOBER.start
    world = failing(edge - 20 * MINUTE, edge - 10 * MINUTE)
    rows = [
        through(Status.OK, edge - HOUR, edge - 15 * MINUTE),
        through(Status.FAILED, edge - 15 * MINUTE, edge + 5 * MINUTE),
        through(Status.OK, edge + 5 * MINUTE, edge + HOUR),
    ]
    (outage,) = world.leaf("disk", rows).told().outages
    assert (outage.start, outage.causes) == (edge - 20 * MINUTE, ("app", "disk"))


def test_a_cause_that_only_comes_after_as_of_is_none_yet() -> None:
    world = World().leaf("a", "oxxxo").leaf("b", "ooxxo")
    assert world.outages(slot(2) - 1) == [(1, None, ("a",))]
    assert world.outages(slot(3)) == [(1, None, ("a", "b"))]


def test_a_line_with_checks_is_a_cause_and_what_is_unreachable_behind_it_is_not() -> None:
    world = World().leaf("line", "oxxo").leaf("app", "oxxo", behind=("line",))
    assert world.service(all_of("app", "line")).outages() == [(1, 3, ("line",))]


def shares(world: World) -> dict[str, float]:
    return {owner: share / MINUTE for owner, share in world.told().downtime_by_owner_ms.items()}


def test_the_shares_of_owners_may_overlap() -> None:
    world = World().leaf("a", "oxxoo", owner="red").leaf("b", "ooxxo", owner="blue")
    assert shares(world) == {"red": 2, "blue": 2}
    assert world.figures().down_ms == 3 * MINUTE


def test_two_leaves_of_one_owner_count_once() -> None:
    world = World().leaf("a", "oxxoo", owner="red").leaf("b", "ooxxo", owner="red")
    assert shares(world) == {"red": 3}


def test_owners_without_a_share_and_leaves_without_an_owner_are_left_out() -> None:
    world = World().leaf("a", "oxoo").leaf("b", "oooo", owner="blue").leaf("c", "ooxo", owner="red")
    assert shares(world) == {"red": 1}


def test_only_down_time_is_shared() -> None:
    world = World().leaf("a", "oxxxxo", owner="red").agreed(opened(4), excluded=("customer_request",))
    world.work("a", start=1, end=2)
    assert shares(world) == {"red": 2}
    excused = World().leaf("a", "oxxo", owner="red").agreed(excluded=("customer_request",)).work("a", start=0, end=4)
    assert shares(excused) == {}


def test_the_owner_of_a_dead_spare_has_no_share() -> None:
    world = World().leaf("a", "oxxo", owner="red").leaf("b", "oooo", owner="blue").leaf("c", "oxxo", owner="green")
    assert shares(world.service(all_of(any_of("a", "b"), "c"))) == {"green": 2}


def test_the_shares_of_owners_end_at_as_of_and_at_the_periods_end() -> None:
    world = World().leaf("a", "oxxxxo", owner="red")
    assert world.told(as_of=slot(3)).downtime_by_owner_ms == {"red": 2 * MINUTE}
    assert world.told(as_of=slot(1)).downtime_by_owner_ms == {}
    late = failing(OCTOBER.end - 5 * MINUTE, OCTOBER.end + 20 * MINUTE)
    owned = World().leaf("app", late.facts["app-ping", "local"], owner="red")
    assert shares(owned) == {"red": 5}


def test_an_outage_that_lasts_after_the_period_leaves_an_earlier_one_its_end() -> None:
    world = failing(OCTOBER.end - HOUR, OCTOBER.end - HOUR // 2)
    world.facts["app-ping", "local"].append(
        through(Status.FAILED, OCTOBER.end + 2 * HOUR, OCTOBER.end + 3 * HOUR),
    )
    (outage,) = world.told(as_of=OCTOBER.end + 2 * HOUR + 5 * MINUTE).outages
    assert outage.end == OCTOBER.end - HOUR // 2


def test_every_outage_has_its_own_causes_and_classes() -> None:
    world = World().leaf("a", "oxxoooooxxo").leaf("b", "ooooxxoooxo").agreed(excluded=("customer_request",))
    world.work("a", start=1, end=2).work("b", start=4, end=5).work("a", "b", start=8, end=9)
    told = [
        (in_slots(outage.start), outage.down_ms, outage.excluded_ms, outage.causes) for outage in world.told().outages
    ]
    assert told == [
        (1, MINUTE, MINUTE, ("a",)),
        (4, MINUTE, MINUTE, ("b",)),
        (8, MINUTE, MINUTE, ("a", "b")),
    ]
    plain = World().leaf("a", "oxxoooooxxo").leaf("b", "ooooxxoooxo")
    assert [(outage.down_ms, outage.causes) for outage in plain.told().outages] == [
        (2 * MINUTE, ("a",)),
        (2 * MINUTE, ("b",)),
        (2 * MINUTE, ("a", "b")),
    ]


def test_a_leaf_that_is_reached_by_several_ways_is_one_cause() -> None:
    world = World().leaf("a", "oxxoxo", owner="red").composite("left", all_of("a")).composite("right", any_of("a"))
    world.service(all_of("left", "right", "a"))
    assert world.outages() == [(1, 3, ("a",)), (4, 5, ("a",))]
    assert shares(world) == {"red": 3}
