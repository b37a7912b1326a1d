"""Degraded: up, and not up if degraded looks had failed; by vantage, check, component, link and service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from availability.degradation import Worse
from availability.estate import AllOf, AnyOf, AtLeast, Check, Estate, Expression, Merge, Part, Ref, Service, Vantage
from availability.evaluation import Evaluation
from availability.outcome import Degraded, Reason
from availability.ports import Degradation, Direction, Redundancy
from availability.standing import Standing, part_states
from availability.states import DOWN, STATE_NAMES, UNKNOWN, UP
from availability.timeline import Timeline
from availability.walk import Seen

BEGUN, TURNED, NOW = 1000, 5000, 9000
LOSSY = Degraded(Reason.PACKET_LOSS, "more than 10% lost")
LETTERS = {"u": UP, "d": UP, "x": DOWN, "?": UNKNOWN}
"""Up, up but degraded, down, unknown."""


def known(state: int) -> Seen:
    return Seen(Timeline.made([BEGUN], [state]) if state != UNKNOWN else Timeline.made([], []), [], [])


def worse() -> Worse:
    return Worse(Seen(Timeline.made([BEGUN, TURNED], [UP, DOWN]), [], []), LOSSY)


def part(id_: str, up_when: Expression | None = None, merge: Merge = "any", **more: object) -> Part:
    check = Check(f"{id_}-ping", 1000, 3000, vantages_agree=merge)
    found = Part(id_, AllOf((Ref(check.id),)), (check,)) if up_when is None else Part(id_, up_when)
    return replace(found, **more)  # type: ignore[arg-type]  # the keys are those of a Part


def stand(parts: list[Part], looks: Mapping[str, str], services: Mapping[str, Expression] | None = None) -> Standing:
    """`looks` has a letter per vantage (roermond, then venlo) for each part that is looked at."""
    vantages = {"roermond": Vantage("roermond", "dc-roermond"), "venlo": Vantage("venlo", "dc-venlo")}
    estate = Estate(
        "UTC",
        {one.id: one for one in parts},
        {id_: Service(id_, "norm", expression) for id_, expression in (services or {}).items()},
        {},
        vantages=vantages,
    )
    letters = {
        (f"{id_}-ping", vantage): letter
        for id_, each in looks.items()
        for vantage, letter in zip(vantages, each, strict=False)
        if letter != " "
    }
    seen_by: dict[str, dict[str, Seen]] = {}
    for (check, vantage), letter in letters.items():
        seen_by.setdefault(check, {})[vantage] = known(LETTERS[letter])
    found = {key: worse() for key, letter in letters.items() if letter == "d"}
    return part_states(Evaluation(estate, seen_by), lambda *_: None, NOW, worse=found)


MERGED: dict[str, tuple[Merge, str, bool]] = {
    "the only vantage finds it so": ("any", "d", True),
    "one of two does, and one is enough": ("any", "du", False),
    "both do": ("any", "dd", True),
    "the other does not know": ("any", "d?", True),
    "the other finds it down": ("any", "dx", True),
    "one of two does, and both must find it up": ("all", "du", True),
    "one of two does, and that is no majority": ("majority", "du", True),
    "none does": ("all", "uu", False),
}


@pytest.mark.parametrize("case", MERGED)
def test_a_check_over_its_vantages(case: str) -> None:
    merge, letters, expected = MERGED[case]
    told = stand([part("line", merge=merge)], {"line": letters})
    assert told.parts["line"].state == UP
    lossy = Degradation(TURNED, "packet_loss", "line-ping: more than 10% lost")
    assert told.parts["line"].degraded == (lossy if expected else None)
    finds = {
        ("line-ping", vantage) for vantage, letter in zip(("roermond", "venlo"), letters, strict=False) if letter == "d"
    }
    assert told.degraded.keys() == finds


def test_what_is_down_is_not_degraded() -> None:
    told = stand([part("line", merge="all")], {"line": "dx"})
    assert told.parts["line"].state == DOWN
    assert told.parts["line"].degraded is None


WHOLES: dict[str, tuple[Expression, str, bool]] = {
    "one of a double line": (AnyOf((Ref("a"), Ref("b"))), "du", False),
    "the one that is left of a double line": (AnyOf((Ref("a"), Ref("b"))), "dx", True),
    "the one of a double line that is known": (AnyOf((Ref("a"), Ref("b"))), "d?", True),
    "both of a double line": (AnyOf((Ref("a"), Ref("b"))), "dd", True),
    "one in a chain": (AllOf((Ref("a"), Ref("b"))), "du", True),
    "one of three of which two are needed": (AtLeast(2, (Ref("a"), Ref("b"), Ref("c"))), "duu", False),
    "two of three of which two are needed": (AtLeast(2, (Ref("a"), Ref("b"), Ref("c"))), "ddu", True),
}


@pytest.mark.parametrize("case", WHOLES)
def test_a_whole_over_its_parts(case: str) -> None:
    expression, letters, expected = WHOLES[case]
    parts = [part(id_) for id_ in "abc"[: len(letters)]]
    looks = dict(zip("abc", letters, strict=False))
    told = stand([*parts, part("whole", expression)], looks, {"service": AllOf((Ref("whole"),))})
    named = ", ".join(id_ for id_, letter in looks.items() if letter == "d")
    degraded = told.parts["whole"].degraded
    assert degraded == (Degradation(TURNED, "part_degraded", named) if expected else None)
    assert (told.parts["service"].degraded is not None) == expected


def test_what_is_watched_and_not_judged_degrades_nothing() -> None:
    line = part("line")
    quiet = replace(line, up_when=AllOf((Ref("other"),)), checks=(*line.checks, Check("other", 1000, 3000)))
    assert stand([quiet], {"line": "d"}).parts["line"].degraded is None


def test_what_nothing_happened_to_follows_when_it_is_no_longer_degraded() -> None:
    first = stand([part("line"), part("other")], {"line": "d", "other": "u"})
    again = part_states(first.evaluation, lambda *_: None, NOW, first)
    assert first.parts["line"].degraded is not None
    assert again.parts["line"].degraded is None
    assert again.parts["other"] is first.parts["other"]
    third = part_states(first.evaluation, lambda *_: None, NOW, again, {("line-ping", "roermond"): worse()})
    assert third.parts == first.parts


def test_a_double_line_tells_what_is_left() -> None:
    told = stand([part("a"), part("b"), part("whole", AnyOf((Ref("a"), Ref("b"))))], {"a": "u", "b": "?"})
    assert told.parts["whole"].redundancy == Redundancy(0, 1, ("b",))
    assert told.parts["a"].redundancy is None


ENDS: dict[str, tuple[str, list[tuple[str, str, bool]]]] = {
    "up both ways": ("uu", [("dc-roermond", "up", False), ("dc-venlo", "up", False)]),
    "one way is down": ("ux", [("dc-roermond", "up", False), ("dc-venlo", "down", False)]),
    "one way is degraded": ("ud", [("dc-roermond", "up", False), ("dc-venlo", "up", True)]),
    "one way nobody knows": ("u?", [("dc-roermond", "up", False), ("dc-venlo", "unknown", False)]),
    "an agent stands at one end": ("x", [("dc-roermond", "down", False)]),
    "nobody has looked": ("", []),
}


@pytest.mark.parametrize("case", ENDS)
def test_a_link_from_both_ends(case: str) -> None:
    letters, expected = ENDS[case]
    ring = part("ring", between=("dc-roermond", "dc-venlo"), is_link=True)
    directions = stand([ring], {"ring": letters}).parts["ring"].directions
    assert [(each.start, STATE_NAMES[each.state], each.degraded) for each in directions] == expected


def test_each_end_has_its_own_checks() -> None:
    """The usual way: one check from each end, to an address at the other."""
    there, back = Check("there", 1000, 3000), Check("back", 1000, 3000)
    ring = Part("ring", AllOf((Ref("there"), Ref("back"))), (there, back), between=("dc-roermond", "dc-venlo"))
    vantages = {"r": Vantage("r", "dc-roermond"), "v": Vantage("v", "dc-venlo"), "w": Vantage("w")}
    estate = Estate("UTC", {"ring": ring}, {}, {}, vantages=vantages)
    seen_by = {"there": {"r": known(UP), "w": known(DOWN)}, "back": {"v": known(DOWN)}}
    told = part_states(Evaluation(estate, seen_by), lambda *_: None, NOW)
    assert told.parts["ring"].state == DOWN
    assert told.parts["ring"].directions == (
        Direction("dc-roermond", "dc-venlo", ("r",), UP, BEGUN, False),
        Direction("dc-venlo", "dc-roermond", ("v",), DOWN, BEGUN, False),
    )


def test_an_end_that_cannot_reach_it_because_of_what_lies_before_knows_nothing() -> None:
    ring = part("ring", between=("dc-roermond", "dc-venlo"), behind=("switch",))
    told = stand([part("switch"), ring], {"switch": "x", "ring": "xu"})
    assert [STATE_NAMES[each.state] for each in told.parts["ring"].directions] == ["unknown", "up"]
