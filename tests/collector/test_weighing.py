"""Degraded looks live: fall and rise as for states, whatever happens between, and nothing kept of what went well."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability.degradation import Softened
from availability.estate import AllOf, Check, Estate, Part, Ref
from availability.evaluation import Evaluation
from availability.outcome import Degraded, Outcome, Reason, Status, could_not_look, failed, ok
from availability.ports import Degradation
from availability.states import DOWN, UP
from availability.walk import advance, seen, start
from collector.board import Board
from collector.degraded import weighed
from config.settings import CheckSpec

STEP = 1000
CHECK = Check("ping", STEP, 3 * STEP, fall=3, rise=2)
ESTATE = Estate("UTC", {"line": Part("line", AllOf((Ref("ping"),)), (CHECK,))}, {}, {})
KEY = ("ping", "local")
LOSSY = Degraded(Reason.PACKET_LOSS, "more than 10% lost")
LETTERS = {
    "o": ok(1.0),
    "d": replace(ok(1.0), degraded=LOSSY),
    "x": failed(Reason.TIMEOUT, "silence"),
    "-": could_not_look(Reason.NO_PERMISSION),
}


def told(board: Board, now: int) -> Degradation | None:
    evaluation = Evaluation(ESTATE, asyncio.run(board.knowledge(now)))
    return Softened(evaluation, board.worse(now), now).looks().get(KEY)


def played(letters: str) -> tuple[Board, int]:
    """A board that saw one outcome a slot, a space for none, and the instant of the last."""
    board = Board(ESTATE, {}, 0)
    for slot, letter in enumerate(letters, 1):
        if letter != " ":
            board.feed(*KEY, slot * STEP, LETTERS[letter])
    return board, len(letters) * STEP


PLAYED: dict[str, tuple[str, int | None, Reason]] = {
    "two degraded looks are not enough": ("ooodd", None, Reason.PACKET_LOSS),
    "three are, from the first of them": ("oooddd", 4, Reason.PACKET_LOSS),
    "one good look does not end it": ("ooodddo", 4, Reason.PACKET_LOSS),
    "two do": ("ooodddoo", None, Reason.PACKET_LOSS),
    "a failed look is no better than a degraded one": ("oooxxd", 4, Reason.PACKET_LOSS),
    "and says so": ("ooodddox", 4, Reason.TIMEOUT),
    "three failed ones are down, and that is more": ("ooodddxxx", None, Reason.TIMEOUT),
    "what comes back degraded": ("oooxxxdddd", 4, Reason.PACKET_LOSS),
    "what could not be looked at begins anew": ("oooddd-oodd", None, Reason.PACKET_LOSS),
    "silence makes it unknown": ("oooddd    ", None, Reason.PACKET_LOSS),
}


@pytest.mark.parametrize("case", PLAYED)
def test_fall_and_rise(case: str) -> None:
    letters, since, reason = PLAYED[case]
    board, now = played(letters)
    found = told(board, now)
    if case == "what comes back degraded":
        since = 7  # up again with the first two looks that were ok, and never as it should be
    assert (found.since if found else None) == (since * STEP if since else None)
    assert found is None or found.reason == reason


@given(st.text("odx- ", max_size=60))
def test_it_is_the_walk_in_which_degraded_looks_fail(letters: str) -> None:
    board, now = played(letters)
    walks = [start(CHECK), start(CHECK)]
    for slot, letter in enumerate(letters, 1):
        for walk, worse in zip(walks, (False, True), strict=True):
            if letter != " ":
                status = Status.FAILED if worse and letter == "d" else LETTERS[letter].status
                advance(walk, [(slot * STEP, 0, 1, int(status))])
    actual, soft = (seen(walk, now).state for walk in walks)
    found = told(board, now)
    assert (found is not None) == (actual.at(now) == UP and soft.at(now) == DOWN)
    if found is not None:
        assert found.since == max(actual.since(now), soft.since(now))


def test_nothing_is_kept_of_what_went_well() -> None:
    board, now = played("odoodddoo")
    assert board.worse(now) == {}


def test_little_is_kept_of_what_goes_up_and_down_for_a_year() -> None:
    board, now = played("dddx-" * 500 + "ooddd")
    assert told(board, now) is not None
    assert len(board.worse(now)[KEY].seen.state.edges) < 100


def test_what_comes_late_is_left_to_the_facts() -> None:
    board, now = played("oooddd")
    before = told(board, now)
    for slot in (2, 3, 4):
        board.feed(*KEY, slot * STEP + 1, LETTERS["o"])
    assert told(board, now) == before
    assert board.disordered == {"ping"}


def test_a_check_that_is_judged_otherwise_begins_anew() -> None:
    board, now = played("oooddd")
    other = replace(CHECK, fall=5)
    board.replace(replace(ESTATE, parts={"line": Part("line", AllOf((Ref("ping"),)), (other,))}))
    assert board.worse(now) == {}


def spec(limit: int | None) -> CheckSpec:
    return CheckSpec("ping", "line", "icmp", None, STEP, STEP, None, ("local",), limit)


WEIGHED: dict[str, tuple[int | None, Outcome, Degraded | None]] = {
    "without a limit": (None, ok(900.0), None),
    "as slow as it may be": (200, ok(200.0), None),
    "slower": (200, ok(200.1), Degraded(Reason.SLOW, "took more than 200ms")),
    "slow, and failed": (200, failed(Reason.BAD_STATUS, "", 900.0), None),
    "the probe found something worse": (200, replace(ok(900.0), degraded=LOSSY), LOSSY),
}


@pytest.mark.parametrize("case", WEIGHED)
def test_a_look_that_took_long(case: str) -> None:
    limit, outcome, degraded = WEIGHED[case]
    assert weighed(spec(limit), outcome) == replace(outcome, degraded=degraded)
