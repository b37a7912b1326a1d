"""Components, links and services from their parts (docs/semantics.md, section 4): three-valued logic."""

from __future__ import annotations

import pytest

from availability.estate import Expression
from tests.availability.worlds import World, all_of, any_of, at_least

PAIR = {"a": "ooo---xxx", "b": "o-xo-xo-x"}
TRIPLE = {
    "a": "ooooooxxx---",
    "b": "oooxx-xx-x--",
    "c": "ox-x--x---o-",
}
SENTENCES: dict[str, tuple[Expression, dict[str, str], str]] = {
    "all is down if one part is, else unknown if one part is, else up": (all_of("a", "b"), PAIR, "U?D??DDDD"),
    "any is up if one part is, else unknown if one part is, else down": (any_of("a", "b"), PAIR, "UUUU??U?D"),
    "at least one of two is any": (at_least(1, "a", "b"), PAIR, "UUUU??U?D"),
    "at least two of two is all": (at_least(2, "a", "b"), PAIR, "U?D??DDDD"),
    "at least two of three is down when two no longer can be": (
        at_least(2, "a", "b", "c"),
        TRIPLE,
        "UUUD??DD??" + "??",
    ),
    "a single part is itself": (all_of("a"), PAIR, "UUU???DDD"),
    "any of alls": (any_of(all_of("a", "b"), "c"), TRIPLE, "UUUD" + "??D???U?"),
    "all of anys": (all_of(any_of("a", "b"), any_of("b", "c")), TRIPLE, "UUUD??DD??" + "??"),
    "at least inside at least": (at_least(2, at_least(2, "a", "b", "c"), "a"), TRIPLE, "UUUD??DDD" + "???"),
    "a part that is named twice counts twice": (at_least(2, "a", "a", "b"), PAIR, "UUU???DDD"),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_expressions(sentence: str) -> None:
    expression, seen, expected = SENTENCES[sentence]
    world = World()
    for id_, drawing in seen.items():
        world.leaf(id_, drawing)
    world.service(expression)
    assert world.picture(slots=len(expected)) == expected


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_same_in_a_composite(sentence: str) -> None:
    expression, seen, expected = SENTENCES[sentence]
    world = World()
    for id_, drawing in seen.items():
        world.leaf(id_, drawing)
    world.composite("whole", expression).service(all_of("whole"))
    assert world.picture(slots=len(expected)) == expected


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_same_over_checks(sentence: str) -> None:
    expression, seen, expected = SENTENCES[sentence]
    world = World()
    world.checked("app", expression, *(world.check(id_, drawing) for id_, drawing in seen.items()))
    assert world.picture(slots=len(expected)) == expected


def test_a_check_that_is_watched_and_not_judged_takes_no_part() -> None:
    world = World()
    ping = world.check("ping", "oooo")
    world.checked("app", all_of("ping"), ping, world.check("certificate", "xx-o", counts=False))
    assert world.picture(slots=4) == "UUUU"


def test_a_reference_may_name_a_service() -> None:
    world = World().leaf("a", "oox-").leaf("b", "oxox")
    world.service(any_of("a", "b"), "inner").service(all_of("inner", "b"), "outer")
    assert world.picture("inner", slots=4) == "UUU?"
    assert world.picture("outer", slots=4) == "UDUD"


def test_a_composite_may_stand_on_a_service() -> None:
    world = World().leaf("a", "oox-").service(all_of("a"), "inner")
    world.composite("shell", all_of("inner")).service(all_of("shell"), "outer")
    assert world.picture("outer", slots=4) == "UUD?"


def test_the_order_in_which_parts_are_written_does_not_matter() -> None:
    world = World().composite("whole", all_of("late")).leaf("late", "oxo")
    assert world.service(all_of("whole")).picture(slots=3) == "UDU"


def test_a_service_that_is_named_has_its_state_day_and_night_whatever_its_own_hours() -> None:
    world = World().leaf("a", "oxo").service(all_of("a"), "inner", until=0)
    world.service(all_of("inner"), "outer")
    assert world.picture("outer", slots=3) == "UDU"


CIRCLES: dict[str, World] = {
    "a line behind itself": World().leaf("a", "o", behind=("a",)),
    "two lines behind each other": World().leaf("a", "o", behind=("b",)).leaf("b", "o", behind=("a",)),
    "two composites of each other": World().composite("a", all_of("b")).composite("b", all_of("a")),
    "a service of itself": World().service(all_of("service")),
    "a line behind what rests on it": World().leaf("a", "o", behind=("b",)).composite("b", all_of("a")),
}


@pytest.mark.parametrize("sentence", CIRCLES)
def test_nothing_may_depend_on_itself(sentence: str) -> None:
    with pytest.raises(ValueError, match="depends on itself"):
        CIRCLES[sentence].report()
