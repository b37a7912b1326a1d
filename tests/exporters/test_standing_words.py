"""How a part stands, for people: what is up and yet not as it should be is told, and nothing else of what is up."""

from __future__ import annotations

import pytest

from availability.ports import Degradation, Direction, PartState, Redundancy
from availability.states import DOWN, UNKNOWN, UP
from exporters.standing_words import is_as_it_should_be, why, word

LOSSY = Degradation(1, "packet_loss", "ring-ping: more than 5% lost")


def ends(there: int, back: int, degraded: bool = False) -> tuple[Direction, ...]:
    return Direction("a", "b", ("x",), there, 1, False), Direction("b", "a", ("y",), back, 1, degraded)


CASES: dict[str, tuple[PartState, str, str, bool]] = {
    "up": (PartState("ring", UP, 1, "", ""), "up", "", True),
    "down": (PartState("ring", DOWN, 1, "no_data", "x"), "down", "no data: x", False),
    "degraded": (
        PartState("ring", UP, 1, "", "", LOSSY),
        "up, degraded",
        "packet loss: ring-ping: more than 5% lost",
        False,
    ),
    "one of two lines lost": (
        PartState("lines", UP, 1, "", "", None, Redundancy(0, 1, ("b",))),
        "up",
        "b is not up: none of the others may fail",
        False,
    ),
    "two of five lost": (
        PartState("lines", UP, 1, "", "", None, Redundancy(2, 4, ("b", "d"))),
        "up",
        "b, d are not up: 2 more may fail",
        False,
    ),
    "nothing that could be lost": (PartState("x", UP, 1, "", "", None, Redundancy(0, 0, ())), "up", "", True),
    "up both ways": (PartState("ring", UP, 1, "", "", directions=ends(UP, UP)), "up", "", True),
    "one way is down": (PartState("ring", UP, 1, "", "", directions=ends(UP, DOWN)), "up", "b to a is down", False),
    "one way is up": (PartState("ring", DOWN, 1, "", "", directions=ends(UP, DOWN)), "down", "a to b is up", False),
    "one way nobody knows": (PartState("ring", UP, 1, "", "", directions=ends(UP, UNKNOWN)), "up", "", True),
    "one way is degraded": (
        PartState("ring", UP, 1, "", "", directions=ends(UP, UP, degraded=True)),
        "up",
        "b to a is degraded",
        False,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_told(case: str) -> None:
    state, called, told, well = CASES[case]
    assert (word(state), why(state, spoken=True), is_as_it_should_be(state)) == (called, told, well)
