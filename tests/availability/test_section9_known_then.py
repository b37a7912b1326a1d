"""What was known at an instant is what judging as of that instant says, whatever the estate."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from availability.estate import Check
from availability.evaluation import Evaluation
from availability.judge import observe
from availability.known_then import KnownThen, known
from availability.states import DOWN, UNKNOWN, UP
from availability.walk import advance, seen, start
from tests.availability.random_worlds import UNIT, RandomWorld, observations, worlds
from tests.availability.worlds import MINUTE, drawn, slot

CHECK = Check("check", MINUTE, 3 * MINUTE, fall=3, rise=2)


def test_a_state_is_known_from_the_observation_that_confirmed_it() -> None:
    told = known(CHECK, drawn("ooxooxxxoxoo"), slot(100))
    assert [(edge - slot(0)) // MINUTE for edge in told.seen.state.edges] == [1, 7, 11, 14]
    assert list(told.seen.state.values) == [UP, DOWN, UP, UNKNOWN]
    assert told.confirmed == [(slot(5), slot(7))]


@settings(max_examples=300, deadline=None)
@given(
    observations(0, UNIT),
    st.sampled_from((1, 2, 3)),
    st.sampled_from((1, 2, 3)),
    st.sampled_from((3 * UNIT, UNIT, 5 * UNIT + 1, 8 * 86_400_000)),
    st.integers(-50, 400),
)
def test_of_one_check(rows: list[tuple[int, int, int, int]], fall: int, rise: int, stale: int, units: int) -> None:
    check = Check("check", UNIT, stale, fall, rise)
    instant = units * UNIT
    walk = start(check)
    advance(walk, rows, instant)
    told = seen(walk, instant)
    assert known(check, rows, 1 << 60).seen.state.at(instant) == told.state.at(instant)
    assert known(check, rows, instant).seen.state.at(instant) == told.state.at(instant)
    answered = [any(begin <= instant < end for begin, end in spans) for spans in (told.answered,)]
    answered_known = any(begin <= instant < end for begin, end in known(check, rows, 1 << 60).seen.answered)
    assert answered == [answered_known]


@settings(max_examples=150, deadline=None)
@given(worlds(), st.data())
def test_of_a_whole_estate(world: RandomWorld, data: st.DataObject) -> None:
    estate, facts = world.estate, world.facts
    whole = Evaluation(estate, observe(estate, facts, world.as_of))
    then = KnownThen(whole, facts, estate.services, world.as_of)
    instants = {edge for id_ in estate.services for edge in then.states[id_].edges}
    instants |= {edge for id_ in estate.services for edge in whole.states[id_].edges}
    near = sorted(instant for instant in instants if abs(instant) < world.as_of)
    for instant in data.draw(st.lists(st.sampled_from(near), max_size=6)) if near else []:
        for at in (instant - 1, instant, instant + 1):
            if at <= world.as_of:
                judged = Evaluation(estate, observe(estate, facts, at))
                for id_ in estate.services:
                    assert then.states[id_].at(at) == judged.states[id_].at(at), (id_, at)
