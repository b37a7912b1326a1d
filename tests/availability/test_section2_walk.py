"""One check from one vantage (docs/semantics.md, section 2): runs, stretches, blips, and what nobody watched."""

from __future__ import annotations

import pytest

from availability.outcome import Status
from tests.availability.worlds import MINUTE, World, at, minutes, slot, through

SENTENCES = {
    "a run of at least `rise` successes is up from its first instant": ("oo", "UUUU?"),
    "fewer successes than `rise` leave the state unknown": ("o", "????"),
    "a run of at least `fall` failures is down from its first failed probe": ("ooxxxoo", "UUDDDUUUU?"),
    "more failures than `fall` change nothing further": ("ooxxxxxoo", "UUDDDDDUUUU?"),
    "down may be the first state of all": ("xxxoo", "DDDUUUU?"),
    "a blip is no outage, and is remembered as unconfirmed": ("ooxxoo", "UUuuUUUU?"),
    "short failing runs do not add up": ("ooxoxoxoo", "UUuUuUuUUUU?"),
    "one lucky reply in an outage is no recovery": ("ooxxxoxxx", "UUDDDDDDDDD?"),
    "short runs of both kinds keep an outage going": ("ooxxxoxxoxxxoo", "UUDDDDDDDDDDUUUU?"),
    "a short failing run after a lucky reply in an outage is not unconfirmed": ("ooxxxoxoo", "UUDDDDDUUUU?"),
    "a short failing run before anything is known stays unknown": ("xxoo", "??UUUU?"),
    "after an unknown beginning a lucky reply does not help": ("xxoxxxoo", "???DDDUUUU?"),
    "an unconfirmed run lasts to the stretch's end": ("ooxx", "UUuuuu?"),
    "an unconfirmed run lasts to the next run's first instant, however far": ("oox..oo", "UUuuuUUUU?"),
    "an outage lasts to the stretch's end": ("ooxxx", "UUDDDDD?"),
    "neighbours exactly `stale_after` apart are one stretch": ("oo..o", "UUUUUUU?"),
    "neighbours further apart are two, and the second starts unknown": ("oo...o", "UUUU?????"),
    "failures on both sides of a gap are not one run": ("ooxx...x", "UUuuuu?????"),
    "successes on both sides of a gap are not one run": ("xxxo....o", "DDDDDD??????"),
    "what could not look ends the state at once": ("ooo-", "UUU????"),
    "what could not look splits a run of failures": ("oox-xxoo", "UUu???UUUU?"),
    "what could not look splits a run of successes": ("o-o-o", "????????"),
    "a silent slot does not split": ("o.o.o.", "UUUUUUU??"),
    "after what could not look an outage must be confirmed again": ("xxx-xx", "DDD??????"),
    "what could not look after a stretch had gone stale changes nothing": ("oo....-oo", "UUUU???UUUU?"),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_walk(sentence: str) -> None:
    seen, expected = SENTENCES[sentence]
    assert World().leaf("app", seen, fall=3, rise=2).picture() == expected


def test_an_observation_speaks_for_at_most_stale_after() -> None:
    for stale in (1, 2, 5):
        world = World().leaf("app", "o", stale=stale * MINUTE)
        assert minutes(world.figures())["up"] == stale


def test_one_millisecond_more_than_stale_after_splits() -> None:
    def up(last: int) -> int:
        rows = [through(Status.OK, slot(0), slot(2)), (last, 0, 1, Status.OK)]
        return World().leaf("app", rows, rise=2).figures().up_ms

    assert up(slot(4)) == 7 * MINUTE
    assert up(slot(4) + 1) == 4 * MINUTE


def test_what_could_not_look_ends_a_state_to_the_millisecond() -> None:
    for shift, expected in ((1, 1), (3 * MINUTE - 1, 3 * MINUTE - 1), (3 * MINUTE, 3 * MINUTE)):
        world = World().leaf("app", [(slot(0), 0, 1, Status.OK), (slot(0) + shift, 0, 1, Status.NONE)])
        assert world.figures().up_ms == expected


def test_a_step_longer_than_stale_after_makes_every_observation_a_stretch_of_its_own() -> None:
    rows = [(slot(0), 5 * MINUTE, 3, Status.OK)]
    assert World().leaf("app", rows).picture(slots=15) == "UUU??UUU??UUU??"
    assert World().leaf("app", rows, rise=2).picture(slots=15) == "?" * 15
    failing = [(slot(0), 5 * MINUTE, 3, Status.FAILED)]
    assert World().leaf("app", failing).picture(slots=15) == "DDD??DDD??DDD??"
    assert World().leaf("app", failing, fall=2).picture(slots=15) == "?" * 15


def test_rows_of_equal_outcomes_are_one_run_whatever_their_steps() -> None:
    rows = [
        through(Status.OK, slot(0), slot(2)),
        (slot(2), 0, 1, Status.FAILED),
        (slot(3), 2 * MINUTE, 2, Status.FAILED),
        (slot(6), 0, 1, Status.OK),
    ]
    assert World().leaf("app", rows, fall=3).picture(slots=10) == "UUDDDDUUU?"


def test_a_run_that_is_split_over_rows_is_one_run() -> None:
    whole = [through(Status.FAILED, slot(0), slot(6))]
    halves = [through(Status.FAILED, slot(0), slot(3)), through(Status.FAILED, slot(3), slot(6))]
    for fall, expected in ((6, "DDDDDDDD?"), (7, "?????????")):
        assert World().leaf("app", whole, fall=fall).picture(slots=9) == expected
        assert World().leaf("app", halves, fall=fall).picture(slots=9) == expected


def test_an_observation_at_as_of_is_read_and_a_later_one_is_not() -> None:
    world = World().leaf("app", "ooxxxoo", fall=3, rise=2)
    assert minutes(world.figures(slot(4))).items() >= {"up": 2, "down": 2}.items()
    early = world.figures(slot(4) - 1)
    assert (early.up_ms, early.down_ms) == (4 * MINUTE - 1, 0)
    assert early.unconfirmed_failed_ms == 2 * MINUTE - 1


def test_a_later_observation_does_not_confirm_the_past_of_an_earlier_report() -> None:
    world = World().leaf("app", "xxoo", fall=3, rise=2)
    assert "up" not in minutes(world.figures(slot(3) - 1))
    assert minutes(world.figures(slot(3)))["up"] == 1


def test_a_run_that_began_before_the_period_is_dated_back_there() -> None:
    midnight = at("2026-10-01T00:00+02:00")
    rows = [
        through(Status.OK, midnight - 60 * MINUTE, midnight - 2 * MINUTE),
        through(Status.FAILED, midnight - 2 * MINUTE, midnight + 5 * MINUTE),
        through(Status.OK, midnight + 5 * MINUTE, midnight + 60 * MINUTE),
    ]
    told = World().leaf("app", rows, fall=6).told()
    assert [(outage.start, outage.down_ms) for outage in told.outages] == [(midnight - 2 * MINUTE, 5 * MINUTE)]


def test_a_check_without_observations_is_unknown() -> None:
    assert World().leaf("app").picture(slots=3) == "???"
