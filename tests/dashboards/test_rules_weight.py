"""How urgent an alert is, by what rests on the part that it is about."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from availability.estate import (
    Agreement,
    AllOf,
    AnyOf,
    AtLeast,
    Check,
    Estate,
    Expression,
    FailoverPair,
    Part,
    Participant,
    Ref,
    Service,
    Slot,
    Window,
)
from dashboards.alert_names import CRITICAL, WARNING
from dashboards.rules_weight import LISTED_AT_MOST, Weight, weigh

NORM = Agreement("norm", Fraction(98, 100), Window(frozenset(range(7)), Slot(0, 1440)), "Europe/Amsterdam")


def leaf(id_: str, *behind: str) -> Part:
    check = Check(f"{id_}-ping", 1000, 3000)
    return Part(id_, AllOf((Ref(check.id),)), (check,), behind=behind)


def all_of(*ids: str) -> Expression:
    return AllOf(tuple(map(Ref, ids)))


def any_of(*ids: str) -> Expression:
    return AnyOf(tuple(map(Ref, ids)))


def estate(up_when: Expression, *more: Part, priority: int | None = 1, **service: object) -> Estate:
    parts = [leaf("a"), leaf("b"), leaf("c"), leaf("line"), leaf("far", "line"), leaf("farther", "far"), *more]
    brp = replace(Service("brp", "norm", up_when, priority=priority), **service)  # type: ignore[arg-type]  # any field
    return Estate("Europe/Amsterdam", {part.id: part for part in parts}, {"brp": brp}, {"norm": NORM})


TWINS = Part("twins", any_of("a", "b"))
CASES = {
    "it is all there is": (estate(all_of("a")), "a", Weight(1, ("brp",), ("brp",)), CRITICAL),
    "one of two that are both needed": (estate(all_of("a", "b")), "b", Weight(1, ("brp",), ("brp",)), CRITICAL),
    "one of two of which either will do": (estate(any_of("a", "b")), "a", Weight(3, ("brp",), ()), WARNING),
    "one of three of which two are needed": (
        estate(AtLeast(2, tuple(map(Ref, "abc")))), "a", Weight(3, ("brp",), ()), WARNING),
    "one of three that are all needed": (
        estate(AtLeast(3, tuple(map(Ref, "abc")))), "a", Weight(1, ("brp",), ("brp",)), CRITICAL),
    "it stands in every alternative": (
        estate(AnyOf((all_of("a", "b"), all_of("a", "c")))), "a", Weight(1, ("brp",), ("brp",)), CRITICAL),
    "it stands in one alternative": (
        estate(AnyOf((all_of("a", "b"), all_of("a", "c")))), "b", Weight(3, ("brp",), ()), WARNING),
    "it is one of a double whole": (estate(all_of("twins"), TWINS), "a", Weight(3, ("brp",), ()), WARNING),
    "it is the double whole": (estate(all_of("twins"), TWINS), "twins", Weight(1, ("brp",), ("brp",)), CRITICAL),
    "nothing rests on it": (estate(all_of("a")), "c", Weight(4, (), ()), WARNING),
    "what the service rests on is behind it": (estate(any_of("a", "far")), "line", Weight(1, (), ("brp",)), CRITICAL),
    "that is behind what is behind it": (estate(any_of("a", "farther")), "line", Weight(1, (), ("brp",)), CRITICAL),
    "only what nobody rests on is behind it": (estate(all_of("a")), "line", Weight(3, (), ()), WARNING),
    "a participant needs it besides": (
        estate(all_of("a"), participants=(Participant("weert", ("line",)),)),
        "line", Weight(1, (), ("brp",)), CRITICAL),
    "it is a twin, and a participant needs it": (
        estate(any_of("a", "b"), participants=(Participant("weert", ("a",)),)),
        "a", Weight(1, ("brp",), ("brp",)), CRITICAL),
    "the service has priority 3": (estate(all_of("a"), priority=3), "a", Weight(3, ("brp",), ("brp",)), CRITICAL),
    "the service has priority 4": (estate(all_of("a"), priority=4), "a", Weight(4, ("brp",), ("brp",)), WARNING),
    "the service has priority 4, and it has a twin": (
        estate(any_of("a", "b"), priority=4), "a", Weight(4, ("brp",), ()), WARNING),
    "somebody forgot the priority": (estate(all_of("a"), priority=None), "a", Weight(2, ("brp",), ("brp",)), CRITICAL),
    "it is a test environment": (
        estate(all_of("a"), environment="test"), "a", Weight(4, ("brp",), ("brp",)), WARNING),
}  # fmt: skip


@pytest.mark.parametrize("sentence", CASES)
def test_what_a_part_weighs(sentence: str) -> None:
    world, id_, expected, severity = CASES[sentence]
    found = weigh(world).of[id_]
    assert (found, found.severity) == (expected, severity)


def test_the_sides_of_a_pair_carry_what_its_function_carries() -> None:
    world = replace(estate(all_of("c")), pairs=(FailoverPair("pair", "a", "b", 1000, "c"),))
    weights = weigh(world).of
    assert weights["a"] == weights["b"] == Weight(3, ("brp",), ())
    assert weights["pair"] == Weight(1, ("brp",), ("brp",))


def test_a_pair_has_a_term_also_where_no_service_rests_on_it() -> None:
    world = replace(estate(all_of("c")), pairs=(FailoverPair("pair", "a", "b", 1000),))
    assert weigh(world).of["pair"] == Weight(2, (), ())


def test_of_a_crowd_those_of_the_highest_priority_are_named() -> None:
    world = estate(all_of("a"), priority=4)
    crowd = {f"s-{n:03}": replace(world.services["brp"], id=f"s-{n:03}", priority=2) for n in range(60)}
    found = weigh(replace(world, services={**world.services, **crowd})).of["a"]
    assert len(found.services) == len(found.hit) == LISTED_AT_MOST
    assert "brp" not in found.services
