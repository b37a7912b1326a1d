"""Where a running period is heading (docs/semantics.md, section 10), held against stepping through what is to come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from availability.account import Forecast
from availability.accounting import account
from availability.estate import Slot, Window
from availability.figures import verdict
from availability.judge import judge
from availability.outcome import Status
from availability.periods import parse_period
from availability.report import Figures
from availability.spans import clip, total
from tests.availability.random_worlds import RandomWorld, worlds
from tests.availability.test_against_oracle import QUIET
from tests.availability.worlds import (
    AMSTERDAM,
    DAY,
    MINUTE,
    World,
    all_of,
    at,
    drawn,
    opened,
    slot,
    through,
)

OCTOBER = parse_period("2026-10", AMSTERDAM)


def promised(drawing: str, minutes: int, norm: str = "98/100") -> World:
    """A service that is agreed for some minutes of which the first are drawn."""
    return World().leaf("app", drawing).agreed(opened(minutes), norm=norm)


def forecast(world: World, as_of: float) -> Forecast:
    found = world.surrounding(as_of=slot(as_of)).forecast
    assert found is not None
    return found


def test_the_availability_is_that_of_what_was_watched() -> None:
    assert forecast(promised("oooooox---", 1000), 10).availability == Fraction(6, 7)


def test_the_norm_is_lost_in_the_millisecond_in_which_the_budget_is_exceeded() -> None:
    # 20 minutes of budget, of which one is gone; one minute in ten is down, so 190 minutes of pace are left.
    world = promised("ooooooooox", 1000)
    assert forecast(world, 10) == Forecast(Fraction(9, 10), slot(200) + 1, slot(29) + 1)


def test_a_pace_that_hits_the_norm_exactly_loses_nothing() -> None:
    world = promised("o" * 49 + "x", 100)
    told = forecast(world, 50)
    assert (told.availability, told.lost_at) == (Fraction(98, 100), None)
    assert told.earliest_lost_at == slot(51) + 1


def test_with_nothing_down_only_the_earliest_is_told() -> None:
    assert forecast(promised("oooo", 100), 4) == Forecast(Fraction(1), None, slot(6) + 1)


def test_where_nothing_was_watched_there_is_no_pace() -> None:
    assert forecast(promised("----", 100), 4) == Forecast(None, None, slot(6) + 1)


def test_before_the_period_there_is_no_pace_but_an_earliest() -> None:
    assert forecast(promised("", 100), -600) == Forecast(None, None, slot(2) + 1)


def test_what_nobody_watched_counts_as_up_as_the_verdict_has_it() -> None:
    # Half unwatched: with it down the norm would be lost, so nothing is certain before the budget itself is gone.
    assert forecast(promised("o" * 5 + "-" * 50, 100, norm="9/10"), 55).earliest_lost_at == slot(65) + 1


def test_unwatched_time_may_leave_too_little_to_lose_it_for_certain() -> None:
    assert forecast(promised("o" * 5 + "-" * 90, 100, norm="9/10"), 95).earliest_lost_at is None


def test_a_norm_of_all_the_time_is_lost_by_the_first_millisecond() -> None:
    assert forecast(promised("oooo", 100, norm="1"), 4) == Forecast(Fraction(1), None, slot(4) + 1)


def test_excluded_time_leaves_the_budget() -> None:
    world = promised("oooooxxxxx", 100, norm="9/10").agreed(excluded=("customer_request",))
    world.work("app", start=5, end=15)
    # Five minutes were excluded so far, so 95 are left to judge: 9.5 of budget.
    assert forecast(world, 10) == Forecast(Fraction(1), None, slot(19.5) + 1)


def test_the_time_runs_on_over_nights_that_are_not_agreed() -> None:
    two_days = Window(frozenset(), Slot(0, 1440), special_days={date(2026, 10, day): Slot(540, 640) for day in (6, 7)})
    world = World().leaf("app", "x" * 5 + "o" * 45).agreed(two_days, norm="8/10")
    # 40 minutes of budget, 35 left, at one in ten: 350 minutes, more than there are. All down: 35 minutes.
    assert forecast(world, 50) == Forecast(Fraction(9, 10), None, slot(85) + 1)
    assert forecast(world, 95).earliest_lost_at == at("2026-10-07T07:00Z") + 30 * MINUTE + 1


def test_a_loss_at_the_very_end_of_the_period_is_not_within_it() -> None:
    last = Window(frozenset(), Slot(0, 1440), special_days={date(2026, 10, 31): Slot(1430, 1440)})
    world = World().leaf("app", "", stale=DAY).agreed(last, norm="1/2")
    half = OCTOBER.end - 5 * MINUTE
    world.facts["app-ping", "local"] = [through(Status.OK, half - 5 * MINUTE - 1, half)]
    assert world.surrounding(as_of=half - 1).forecast == Forecast(Fraction(1), None, None)
    world.facts["app-ping", "local"].append(through(Status.FAILED, half - 1, OCTOBER.end))
    verdicts = [world.told(as_of=instant).judged.verdict for instant in (OCTOBER.end - 1, OCTOBER.end)]
    assert verdicts == ["pending", "missed"]


def test_a_period_that_is_over_or_decided_has_none() -> None:
    assert promised("oooo", 100).surrounding().forecast is None
    assert promised("oooo" + "x" * 9, 100).surrounding(as_of=slot(13)).forecast is None
    assert promised("o" * 99, 100).surrounding(as_of=slot(99)).forecast is None


def test_a_participant_has_one_of_its_own() -> None:
    world = promised("oooooooooo", 1000).leaf("line", "ooooooooox")
    world.service(all_of("app"), needs={"venlo": ("line",), "weert": ()})
    told = world.surrounding(as_of=slot(10))
    assert told.forecast == Forecast(Fraction(1), None, slot(30) + 1)
    assert {id_: user.forecast for id_, user in told.participants.items()} == {
        "venlo": Forecast(Fraction(9, 10), slot(200) + 1, slot(29) + 1)
    }


def quarter(as_of: int, november: str) -> Forecast | None:
    """The last quarter for an agreement by the month, a hundred minutes in each, of which October was bad enough."""
    days = {date(2026, month, 6): Slot(540, 640) for month in (10, 11, 12)}
    world = World(period="2026-Q4").agreed(Window(frozenset(), Slot(0, 1440), special_days=days), norm="9/10")
    rows = [*drawn("o" * 92 + "x" * 8), *drawn(november, at("2026-11-06T09:00+01:00"))]
    return world.leaf("app", rows).surrounding(as_of=as_of).forecast


def test_of_a_quarter_it_is_the_month_that_runs() -> None:
    six = at("2026-11-06T09:00+01:00")
    assert quarter(six + 10 * MINUTE, "o" * 9 + "x") == Forecast(Fraction(9, 10), None, six + 19 * MINUTE + 1)
    assert quarter(six + 10 * MINUTE, "o" * 8 + "xx") == Forecast(
        Fraction(8, 10), six + 50 * MINUTE + 1, six + 18 * MINUTE + 1
    )


def test_of_a_quarter_whose_month_is_safe_nothing_is_lost_in_it() -> None:
    assert quarter(at("2026-11-20T09:00+01:00"), "o" * 100) == Forecast(Fraction(1), None, None)


def test_of_a_quarter_that_one_month_lost_there_is_none() -> None:
    assert quarter(at("2026-11-20T09:00+01:00"), "x" * 100) is None


def test_a_month_of_an_agreement_by_the_quarter_has_none() -> None:
    world = promised("oooo", 100)
    world.agreement = replace(world.agreement, per="quarter")
    assert world.surrounding(as_of=slot(4)).forecast is None


DRAWINGS = st.text("oooooox-", min_size=1, max_size=40)
NORMS = st.sampled_from(("1/2", "2/3", "9/10", "98/100", "1"))


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(DRAWINGS, NORMS, st.integers(1, 30), st.booleans())
def test_the_earliest_loss_is_where_the_judge_begins_to_say_missed(
    drawing: str, norm: str, coming: int, broken: bool
) -> None:
    now = len(drawing)
    hours = {date(2026, 10, 6): Slot(540, 540 + now + coming)}
    if broken:
        hours[date(2026, 10, 7)] = Slot(540, 555)
    world = World().leaf("app", drawing).agreed(Window(frozenset(), Slot(0, 1440), special_days=hours), norm=norm)
    if world.told(as_of=slot(now)).judged.verdict != "pending":
        assert world.surrounding(as_of=slot(now)).forecast is None
        return
    found = forecast(world, now).earliest_lost_at
    world.facts["app-ping", "local"] = [*drawn(drawing), through(Status.FAILED, slot(now), OCTOBER.end)]

    def missed(instant: int) -> bool:
        return world.told(as_of=instant).judged.verdict == "missed"

    if found is None:
        assert not missed(OCTOBER.end - 1)
    else:
        assert missed(found)
        assert not missed(found - 1)


def at_pace(figures: Figures, passed: int) -> Figures:
    """What the figures will be after as much agreed time; fractions of a millisecond are kept."""
    pace = Fraction(figures.down_ms, figures.up_ms + figures.down_ms)
    up, down = figures.up_ms + (1 - pace) * passed, figures.down_ms + pace * passed
    return Figures(up, down, figures.unknown_ms, figures.excluded_ms, figures.rest_ms - passed, 0, figures.norm)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(DRAWINGS.filter(lambda seen: "x" in seen), NORMS, st.integers(1, 30))
def test_the_loss_at_this_pace_is_where_missed_would_begin_to_be_said(drawing: str, norm: str, coming: int) -> None:
    now = len(drawing)
    hours = {date(2026, 10, 6): Slot(540, 540 + now + coming), date(2026, 10, 9): Slot(540, 600)}
    world = World().leaf("app", drawing).agreed(Window(frozenset(), Slot(0, 1440), special_days=hours), norm=norm)
    told = world.told(as_of=slot(now)).judged
    if told.verdict != "pending":
        return
    agreed = [(slot(0), slot(now + coming)), (at("2026-10-09T07:00Z"), at("2026-10-09T08:00Z"))]

    def missed(instant: int) -> bool:
        passed = total(clip(agreed, slot(now), instant))
        return verdict(at_pace(told.figures, passed), OCTOBER, instant) == "missed"

    found = forecast(world, now).lost_at
    if found is None:
        assert not missed(OCTOBER.end - 1)
    else:
        assert missed(found)
        assert not missed(found - 1)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(worlds())
def test_in_any_world_only_what_is_pending_has_one_and_no_loss_at_a_pace_precedes_the_earliest(
    world: RandomWorld,
) -> None:
    told = account(world.estate, world.facts, world.period, world.as_of)
    assert told.report == judge(world.estate, world.facts, world.period, world.as_of)
    for service in told.report.services:
        surrounding = told.services[service.id]
        assert (surrounding.forecast is not None) == (service.judged.verdict == "pending")
        for user in service.participants:
            assert (surrounding.participants[user.id].forecast is not None) == (user.judged.verdict == "pending")
        if surrounding.forecast is not None and surrounding.forecast.lost_at is not None:
            assert surrounding.forecast.earliest_lost_at is not None
            assert (
                world.as_of < surrounding.forecast.earliest_lost_at <= surrounding.forecast.lost_at < world.period.end
            )
