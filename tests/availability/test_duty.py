"""Somebody has duty at every instant, hand-overs stay at their hour over clock changes, and overrides win."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability.duty import Rota, Shift, Turn, Turns, holes, next_turn, on_duty, person_at, resolved, stretches
from availability.edges import from_ms, to_ms

ZONE = "Europe/Amsterdam"
AMSTERDAM = ZoneInfo(ZONE)
HOUR = 3_600_000
WEEK = 7 * 24 * HOUR


def ms(moment: str) -> int:
    return to_ms(datetime.fromisoformat(moment))


TURNS = Turns(("noor", "sam", "jip"), date(2026, 1, 5), 8 * 60, ZONE)
ROTA = Rota("beheer", "Beheer", TURNS)
WEEKEND = Shift(ms("2026-10-24T12:00+02:00"), ms("2026-10-25T12:00+01:00"), "kim")

AT = {
    "the first hand-over": ("2026-01-05T08:00+01:00", "noor"),
    "a millisecond before is the last one's": ("2026-01-05T07:59:59.999+01:00", "jip"),
    "a week later": ("2026-01-12T08:00+01:00", "sam"),
    "after everybody the first again": ("2026-01-26T08:00+01:00", "noor"),
    "the Sunday on which the clocks go forward": ("2026-03-29T12:00+02:00", "jip"),
    "the hand-over after it is at 08:00 by the new clock": ("2026-03-30T08:00+02:00", "noor"),
    "an hour before, which was 08:00 by the old clock": ("2026-03-30T07:00+02:00", "jip"),
    "the hand-over after the clocks went back": ("2026-10-26T08:00+01:00", "noor"),
    "an hour before that": ("2026-10-26T07:59+01:00", "jip"),
    "before the rota began, turns are counted back": ("2025-12-22T08:00+01:00", "sam"),
}


@pytest.mark.parametrize(("at", "person"), AT.values(), ids=AT)
def test_turns_by_weeks(at: str, person: str) -> None:
    assert person_at(ROTA, ms(at)) == person
    assert on_duty(ROTA, ms(at)).person == person


def test_a_turn_says_since_and_until_when_and_who_is_next() -> None:
    at = ms("2026-03-29T12:00+02:00")
    assert on_duty(ROTA, at) == Turn("jip", ms("2026-03-23T08:00+01:00"), ms("2026-03-30T08:00+02:00"))
    assert next_turn(ROTA, at) == Turn("noor", ms("2026-03-30T08:00+02:00"), ms("2026-04-06T08:00+02:00"))


def test_turns_of_several_weeks() -> None:
    rota = replace(ROTA, plan=replace(TURNS, weeks=2))
    assert [person_at(rota, ms(f"2026-01-{day:02d}T09:00+01:00")) for day in (5, 12, 19, 26)] == ["noor"] * 2 + [
        "sam"
    ] * 2


def test_an_override_wins_and_the_turn_goes_on_behind_it() -> None:
    rota = replace(ROTA, overrides=(WEEKEND,))
    before, during, after = WEEKEND.start - 1, WEEKEND.start, WEEKEND.end
    assert [person_at(rota, at) for at in (before, during, after)] == ["jip", "kim", "jip"]
    assert on_duty(rota, before).until == WEEKEND.start
    assert next_turn(rota, before) == Turn("kim", WEEKEND.start, WEEKEND.end)
    assert on_duty(rota, after) == Turn("jip", WEEKEND.end, ms("2026-10-26T08:00+01:00"))


def test_an_override_by_whoever_has_duty_anyway_changes_nothing() -> None:
    rota = replace(ROTA, overrides=(replace(WEEKEND, person="jip"),))
    assert on_duty(rota, WEEKEND.start) == on_duty(ROTA, WEEKEND.start)


def test_one_person_alone_has_duty_without_a_known_end() -> None:
    rota = Rota("r", "r", replace(TURNS, people=("noor",)))
    assert on_duty(rota, ms("2026-05-01T00:00Z")) == Turn("noor", None, None)
    assert next_turn(rota, ms("2026-05-01T00:00Z")) is None


def test_shifts_leave_holes_and_a_turn_of_nobody_tells_of_it() -> None:
    rota = Rota("r", "r", (Shift(0, 10 * HOUR, "noor"), Shift(12 * HOUR, 20 * HOUR, "sam")))
    assert holes(rota, 0, 30 * HOUR) == [(10 * HOUR, 12 * HOUR), (20 * HOUR, 30 * HOUR)]
    assert person_at(rota, 11 * HOUR) is None
    assert on_duty(rota, 11 * HOUR) == Turn(None, 10 * HOUR, 12 * HOUR)
    assert next_turn(rota, HOUR) == Turn(None, 10 * HOUR, 12 * HOUR)
    assert holes(replace(rota, overrides=(Shift(9 * HOUR, 13 * HOUR, "jip"),)), 0, 20 * HOUR) == []


def test_a_rota_whose_calendar_was_never_loaded_has_nobody() -> None:
    assert on_duty(Rota("r", "r", ()), 0) == Turn(None, None, None)


OVERLAPS = {
    "none": ([Shift(0, 5, "a"), Shift(5, 9, "b")], [Shift(0, 5, "a"), Shift(5, 9, "b")], []),
    "whoever begins last has it": (
        [Shift(0, 5, "a"), Shift(3, 9, "b")],
        [Shift(0, 3, "a"), Shift(3, 9, "b")],
        [(3, 5)],
    ),
    "a short one inside a long one": (
        [Shift(0, 9, "a"), Shift(3, 5, "b")],
        [Shift(0, 3, "a"), Shift(3, 5, "b"), Shift(5, 9, "a")],
        [(3, 5)],
    ),
    "the same person twice is no overlap": ([Shift(0, 5, "a"), Shift(3, 9, "a")], [Shift(0, 9, "a")], []),
    "one without length is none": ([Shift(3, 3, "a"), Shift(5, 4, "a")], [], []),
}


@pytest.mark.parametrize(("shifts", "kept", "doubled"), OVERLAPS.values(), ids=OVERLAPS)
def test_overlaps(shifts: list[Shift], kept: list[Shift], doubled: list[tuple[int, int]]) -> None:
    assert resolved(shifts) == (tuple(kept), doubled)
    assert resolved(reversed(shifts)) == (tuple(kept), doubled)


instants = st.integers(ms("2025-01-01T00:00Z"), ms("2028-01-01T00:00Z"))
people = st.sampled_from(["noor", "sam", "jip", "kim"])


@st.composite
def shifts(draw: st.DrawFn) -> tuple[Shift, ...]:
    drawn = draw(st.lists(st.tuples(instants, st.integers(1, 20 * WEEK), people), max_size=6))
    return resolved(Shift(start, start + length, person) for start, length, person in drawn)[0]


@st.composite
def rotas(draw: st.DrawFn) -> Rota:
    turns = Turns(
        tuple(draw(st.lists(people, min_size=1, max_size=5))),
        date(2026, 1, 1) + timedelta(days=draw(st.integers(-400, 400))),
        draw(st.integers(0, 1439)),
        draw(st.sampled_from([ZONE, "UTC", "America/New_York", "Australia/Lord_Howe"])),
        draw(st.integers(1, 5)),
    )
    return Rota("r", "r", draw(st.one_of(st.just(turns), shifts())), draw(shifts()))


@given(rotas(), instants, st.integers(1, 60 * WEEK))
def test_every_instant_is_covered_once(rota: Rota, start: int, length: int) -> None:
    found = stretches(rota, start, start + length)
    assert (found[0].start, found[-1].end) == (start, start + length)
    for before, after in pairwise(found):
        assert before.end == after.start
        assert before.person != after.person
    for shift in found:
        for at in (shift.start, (shift.start + shift.end) // 2, shift.end - 1):
            assert person_at(rota, at) == (shift.person or None)
    if isinstance(rota.plan, Turns):
        assert all(shift.person for shift in found)


@given(rotas(), instants)
def test_what_is_next_begins_where_this_ends(rota: Rota, at: int) -> None:
    turn = on_duty(rota, at)
    assert turn.person == person_at(rota, at)
    following = next_turn(rota, at)
    if turn.until is None:
        assert following is None
    else:
        assert at < turn.until
        assert following is not None
        assert (following.since, following.person) == (turn.until, person_at(rota, turn.until))
        assert person_at(rota, turn.until - 1) == turn.person != following.person


@given(instants)
def test_a_hand_over_is_at_its_hour_of_its_day_all_year_round(at: int) -> None:
    until = on_duty(ROTA, at).until
    assert until is not None
    local = from_ms(until, AMSTERDAM)
    assert (local.weekday(), local.hour, local.minute) == (0, 8, 0)


@given(rotas(), shifts(), instants)
def test_an_override_changes_nothing_outside_itself(rota: Rota, overrides: tuple[Shift, ...], at: int) -> None:
    plain, overridden = replace(rota, overrides=()), replace(rota, overrides=overrides)
    inside = [shift.person for shift in overrides if shift.start <= at < shift.end]
    assert person_at(overridden, at) == (inside[0] if inside else person_at(plain, at))
