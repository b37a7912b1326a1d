"""When centres could not see each other, and what they saw then."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability.outcome import Status
from availability.ports import Row
from availability.splits import CONTACT_EVERY_MS as EVERY
from availability.splits import Difference, Split, View, splits
from availability.states import DOWN, UP
from availability.timeline import Timeline

OK, FAILED = int(Status.OK), int(Status.FAILED)


def contacts(text: str, begin: int = 0) -> list[Row]:
    """A sign for every two contacts: `+` reached, `-` not reached, a space for none noted."""
    rows: list[Row] = []
    for index, sign in enumerate("".join(sign * 2 for sign in text)):
        status = {"+": OK, "-": FAILED}.get(sign)
        at = begin + index * EVERY
        if status is None:
            continue
        if rows and rows[-1][3] == status and at == rows[-1][0] + rows[-1][2] * EVERY:
            first, _, length, _ = rows[-1]
            rows[-1] = (first, EVERY, length + 1, status)
        else:
            rows.append((at, 0, 1, status))
    return rows


CASES = {
    "a centre that always reached the store was never cut off": ("++++++", "++++++", []),
    "it is cut off from the first contact that failed to the first that succeeds": (
        "++---++",
        "+++++++",
        [("roermond", 2, 5, ("venlo",))],
    ),
    "a store that is slow for a moment is no split": ("++--+++", "+++++++", []),
    "one that is cut off at the end was so until the last contact": (
        "++---",
        "+++++",
        [("roermond", 2, 5, ("venlo",))],
    ),
    "one that was cut off a moment later did not reach it": (
        "+-----+",
        "++----+",
        [("roermond", 1, 6, ()), ("venlo", 2, 6, ())],
    ),
    "where both are cut off nobody reached it": (
        "+----+",
        "+----+",
        [("roermond", 1, 5, ()), ("venlo", 1, 5, ())],
    ),
    "one that was cut off for a part of it reached it otherwise": (
        "+-------+",
        "+++---+++",
        [("roermond", 1, 8, ("venlo",)), ("venlo", 3, 6, ())],
    ),
    "a centre that did not run says nothing": ("++         +++", "++++++++++++++", []),
    "one that stopped while it was cut off was cut off until then": (
        "+---          +++",
        "+++++++++++++++++",
        [("roermond", 1, 4, ("venlo",))],
    ),
    "without another that runs it is no split": ("+---+", "     ", []),
}


@pytest.mark.parametrize(("own", "other", "expected"), CASES.values(), ids=CASES)
def test_splits(own: str, other: str, expected: list[tuple[str, int, int, tuple[str, ...]]]) -> None:
    found = splits({"roermond": contacts(own), "venlo": contacts(other)}, (), 0, 1_000_000)
    assert [(each.centre, each.start // EVERY // 2, each.end // EVERY // 2, each.reached) for each in found] == expected


def test_a_split_that_reaches_into_the_period_is_told_whole_and_others_are_not() -> None:
    told = {"roermond": contacts("+---+---+---+"), "venlo": contacts("+" * 13)}
    found = splits(told, (), 12 * EVERY, 14 * EVERY)
    assert [(each.start // EVERY // 2, each.end // EVERY // 2) for each in found] == [(5, 8)]


def test_it_says_on_what_the_vantages_differed_and_for_how_long() -> None:
    told = {"roermond": contacts("+-----+"), "venlo": contacts("+++++++")}
    up = Timeline.made([0], [UP])
    fell = Timeline.made([0, 4_000, 9_000], [UP, DOWN, UP])
    late = Timeline.made([5_000], [DOWN])
    views = {
        "lijn": {"roermond": up, "venlo": fell},
        "app": {"roermond": late, "venlo": fell},
        "same": {"roermond": fell, "venlo": fell},
        "one": {"venlo": fell},
    }
    (found,) = splits(told, views.items(), 0, 100_000)
    assert found == Split(
        "roermond",
        2_000,
        12_000,
        ("venlo",),
        (
            Difference("app", 3_000, (View("roermond", 0, 7_000, 3_000), View("venlo", 5_000, 5_000, 0))),
            Difference("lijn", 5_000, (View("roermond", 10_000, 0, 0), View("venlo", 5_000, 5_000, 0))),
        ),
    )


@given(st.text("+- ", max_size=40), st.text("+- ", max_size=40))
def test_whatever_was_noted_a_split_lies_where_contacts_failed_and_another_ran(own: str, other: str) -> None:
    rows = {"roermond": contacts(own), "venlo": contacts(other)}
    for each in splits(rows, (), 0, 1_000_000):
        mine, theirs = (own, other) if each.centre == "roermond" else (other, own)
        within = range(each.start // EVERY // 2, each.end // EVERY // 2)
        assert mine[within[0]] == "-" and "+" not in mine[within[0] : within[-1] + 1]
        assert len(within) >= 3 and theirs[within[0] : within[-1] + 1].strip()
        reached = theirs[within[0] : within[-1] + 1].count("+") * 2 >= 5
        assert each.reached == (tuple({"venlo", "roermond"} - {each.centre}) if reached else ())
