"""What is known now is what a report would say: the board walks as the judge does, and mends what came out of order."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from availability.estate import AllOf, Check, Estate, Part, Ref
from availability.facts import encode
from availability.judge import observe
from availability.outcome import Outcome, Reason, Status, could_not_look, failed, ok
from availability.ports import Row
from availability.standing import LastLook
from availability.states import DOWN, UNKNOWN, UP
from availability.walk import Seen
from collector.board import Board, walk_through

STEP = 1000
CHECK = Check("ping", STEP, 3 * STEP, fall=2, rise=2)
ESTATE = Estate("UTC", {"app": Part("app", AllOf((Ref("ping"),)), (CHECK,))}, {}, {})
KEY = ("ping", "local")
OUTCOMES = {
    Status.OK: ok(1.0),
    Status.FAILED: failed(Reason.REFUSED),
    Status.NONE: could_not_look(Reason.NO_PERMISSION),
}


def seen(board: Board, now: int = 100 * STEP) -> Seen:
    return asyncio.run(board.knowledge(now))["ping"]["local"]


def rows(outcomes: dict[int, Status]) -> dict[tuple[str, str], list[Row]]:
    runs = encode((at, status, None, "") for at, status in sorted(outcomes.items()))
    return {KEY: [(run.first, run.step, run.length, int(run.status)) for run in runs]}


@given(
    st.dictionaries(
        st.integers(1, 60).map(lambda slot: slot * STEP), st.sampled_from(list(Status)), min_size=1, max_size=40
    ),
    st.integers(0, 60),
)
def test_fed_one_by_one_or_loaded_it_knows_what_the_judge_knows(outcomes: dict[int, Status], loaded: int) -> None:
    before = {at: status for at, status in outcomes.items() if at <= loaded * STEP}
    board = Board(ESTATE, rows(before) if before else {}, 100 * STEP)
    for at in sorted(outcomes.keys() - before.keys()):
        board.feed(*KEY, at, OUTCOMES[outcomes[at]])
    assert seen(board) == observe(ESTATE, rows(outcomes))["ping"]["local"]
    assert not board.disordered


def test_an_outcome_before_the_newest_waits_for_the_store() -> None:
    board = Board(ESTATE, {}, 0)
    for at in (1000, 2000, 3000, 2500):
        board.feed(*KEY, at, ok())
    assert board.disordered == {"ping"}
    assert board.begin_mending() == {"ping"}
    board.feed(*KEY, 4000, ok())
    stored = [(1000, 1000, 3, int(Status.OK)), (3500, 0, 1, int(Status.FAILED))]
    board.mend(walk_through(ESTATE, {KEY: stored}, 3600))
    assert not board.disordered
    facts = {KEY: [(1000, 1000, 3, 1), (3500, 0, 1, 2), (4000, 0, 1, 1)]}
    assert seen(board) == observe(ESTATE, facts)["ping"]["local"]


def test_while_facts_cannot_be_read_everything_stays_as_it_is_and_waits() -> None:
    board = Board(ESTATE, {}, 0)
    for at in (1000, 2000, 3000, 2500):
        board.feed(*KEY, at, ok())
    board.begin_mending()
    board.feed(*KEY, 4000, ok())
    board.give_up()
    assert seen(board) == observe(ESTATE, {KEY: [(1000, 1000, 4, 1)]})["ping"]["local"]
    assert board.disordered == {"ping"}


def test_what_is_first_seen_while_facts_are_read_is_kept() -> None:
    board = Board(ESTATE, {}, 0)
    board.disorder_all()
    board.begin_mending()
    board.feed(*KEY, 3000, failed(Reason.REFUSED))
    board.mend(walk_through(ESTATE, {KEY: [(1000, 0, 1, 1), (2000, 0, 1, 2)]}, 2500))
    assert seen(board) == observe(ESTATE, {KEY: [(1000, 0, 1, 1), (2000, 1000, 2, 2)]})["ping"]["local"]


def test_another_vantage_appears_when_its_facts_are_read() -> None:
    board = Board(ESTATE, {}, 0)
    board.feed(*KEY, 1000, ok())
    board.disorder_all()
    board.begin_mending()
    other = ("ping", "venlo")
    facts: dict[tuple[str, str], list[Row]] = {KEY: [(1000, 0, 1, 1)], other: [(1000, 1000, 2, 2)]}
    board.mend(walk_through(ESTATE, facts, 2500))
    assert asyncio.run(board.knowledge(2500)) == observe(ESTATE, facts, 2500)


def test_facts_that_are_gone_from_the_store_are_gone() -> None:
    board = Board(ESTATE, {}, 0)
    for at in (1000, 2000, 3000):
        board.feed(*KEY, at, ok())
    board.disorder_all()
    board.begin_mending()
    board.feed(*KEY, 4000, ok())
    board.mend({})
    assert seen(board) == observe(ESTATE, {KEY: [(4000, 0, 1, 1)]})["ping"]["local"]


def test_facts_of_the_future_are_not_believed_yet() -> None:
    board = Board(ESTATE, {KEY: [(1000, 1000, 10, int(Status.FAILED))]}, 1500)
    assert seen(board).state.at(1400) == UNKNOWN
    board.feed(*KEY, 2000, failed(Reason.TIMEOUT))
    assert seen(board).state.at(1400) == DOWN


def test_the_future_is_read_when_it_comes() -> None:
    """The clock was set back: what was observed before that lies ahead, and is as true as what is observed now."""
    facts: dict[tuple[str, str], list[Row]] = {KEY: [(1000, 1000, 5, 1), (6000, 1000, 5, 2), (11_000, 1000, 2, 1)]}
    board = Board(ESTATE, facts, 2500)
    assert seen(board, 2900) == observe(ESTATE, facts, 2500)["ping"]["local"]
    assert not board.disordered
    assert seen(board, 3000)
    assert board.disordered == {"ping"}
    for now in (3000, 6500, 11_000, 20_000):
        board.disorder_all()
        board.begin_mending()
        board.mend(walk_through(ESTATE, facts, now))
        assert seen(board, now) == observe(ESTATE, facts, now)["ping"]["local"]
        assert bool(board.disordered) is False
    assert seen(board, 30_000).state.at(30_000) == UNKNOWN
    assert not board.disordered


def test_a_new_estate_keeps_what_is_judged_as_before() -> None:
    board = Board(ESTATE, {}, 0)
    for at in (1000, 2000, 3000):
        board.feed(*KEY, at, ok())
    board.replace(ESTATE)
    assert seen(board).state.at(3000) == UP
    assert not board.disordered


def test_a_check_that_is_judged_otherwise_is_walked_again() -> None:
    board = Board(ESTATE, {}, 0)
    for at in (1000, 2000, 3000):
        board.feed(*KEY, at, ok())
    stricter = replace(CHECK, rise=4)
    board.replace(replace(ESTATE, parts={"app": replace(ESTATE.parts["app"], checks=(stricter,))}))
    assert board.begin_mending() == {"ping"}
    board.mend(walk_through(board.estate, {KEY: [(1000, 1000, 3, int(Status.OK))]}, 3500))
    assert seen(board).state.at(3000) == UNKNOWN


def test_what_was_read_for_another_configuration_is_read_again() -> None:
    board = Board(ESTATE, {}, 0)
    for at in (1000, 2000, 3000):
        board.feed(*KEY, at, ok())
    board.disorder_all()
    board.begin_mending()
    walked = walk_through(ESTATE, {KEY: [(1000, 1000, 3, int(Status.OK))]}, 3500)
    stricter = replace(CHECK, rise=4)
    board.replace(replace(ESTATE, parts={"app": replace(ESTATE.parts["app"], checks=(stricter,))}))
    board.mend(walked)
    assert board.disordered == {"ping"}


def test_every_vantage_is_still_heard_after_a_reload() -> None:
    facts: dict[tuple[str, str], list[Row]] = {KEY: [(1000, 1000, 3, 2)], ("ping", "venlo"): [(1000, 1000, 3, 1)]}
    board = Board(ESTATE, facts, 3500)
    assert asyncio.run(board.knowledge(3500)) == observe(ESTATE, facts, 3500)
    board.replace(ESTATE)
    assert asyncio.run(board.knowledge(3500)) == observe(ESTATE, facts, 3500)


def test_a_check_that_is_configured_again_has_its_facts_read() -> None:
    board = Board(ESTATE, {}, 0)
    board.replace(Estate("UTC", {}, {}, {}))
    board.replace(ESTATE)
    assert board.disordered == {"ping"}


def test_of_what_nobody_watches_the_same_is_told() -> None:
    board = Board(ESTATE, {KEY: [(1000, 1000, 3, 1)], ("ping", "venlo"): [(1000, 1000, 3, 0)]}, 3500)

    async def twice() -> bool:
        return (await board.knowledge(50_000))["ping"] is (await board.knowledge(60_000))["ping"]

    assert asyncio.run(twice())
    board.changed.clear()
    board.feed("ping", "venlo", 4000, could_not_look(Reason.UNSUPPORTED))
    assert not board.changed.is_set()


def test_what_is_gone_is_forgotten() -> None:
    board = Board(ESTATE, {}, 0)
    board.feed(*KEY, 1000, ok())
    board.replace(Estate("UTC", {}, {}, {}))
    board.feed(*KEY, 2000, ok())
    assert asyncio.run(board.knowledge(3000)) == {}
    assert board.look(*KEY) is None


def test_outcomes_are_counted_by_reason() -> None:
    board = Board(ESTATE, {}, 0)
    outcomes: list[Outcome] = [ok(), failed(Reason.REFUSED), failed(Reason.REFUSED)]
    for slot, outcome in enumerate(outcomes, 1):
        board.feed(*KEY, slot * STEP, outcome)
    series = board.series(*KEY)
    assert series is not None
    assert series.counts == {(Status.OK, None): 1, (Status.FAILED, Reason.REFUSED): 2}
    assert board.look(*KEY) == LastLook(3 * STEP, outcomes[-1])
