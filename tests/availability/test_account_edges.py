"""The account where calendars, clocks and ends are hard (docs/semantics.md, sections 5 to 7 and 10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from availability.estate import Slot, Window
from availability.outcome import Status
from availability.periods import parse_period
from tests.availability.worlds import (
    AMSTERDAM,
    DAY,
    EVERY_DAY,
    HOUR,
    World,
    all_of,
    at,
    minutes,
    slot,
    through,
)

OCTOBER = parse_period("2026-10", AMSTERDAM)
UP, DOWN = Status.OK, Status.FAILED


def test_a_component_that_exists_for_part_of_the_period_is_unknown_before_it_was_watched() -> None:
    middle = at("2026-10-16T00:00+02:00")
    world = World().leaf("old", [through(UP, OCTOBER.start, OCTOBER.end, HOUR)], stale=HOUR)
    world.leaf("new", [through(UP, middle, OCTOBER.end, HOUR)], stale=HOUR)
    assert minutes(world.figures()) == {"up": (16 * 24 + 1) * 60, "unknown": 15 * 24 * 60}
    (before,) = world.surrounding().unwatched
    assert (before.start, before.end, before.parts) == (OCTOBER.start, middle, ("new",))


def test_a_service_that_exists_for_part_of_the_period_has_agreed_time_only_then() -> None:
    since, until = at("2026-10-16T00:00+02:00"), at("2026-10-20T00:00+02:00")
    world = World().leaf("app", [through(UP, since, until, HOUR)], stale=HOUR)
    world.service(all_of("app"), since=since, until=until)
    assert minutes(world.figures()) == {"up": 4 * 24 * 60}
    assert world.surrounding().unwatched == ()


def test_a_service_that_ends_before_the_period_does_has_its_forecast_until_then() -> None:
    world = World().leaf("app", [through(UP, OCTOBER.start, slot(0))]).agreed(norm="1/2")
    world.service(all_of("app"), until=at("2026-10-07T00:00+02:00"))
    # Up for 5 days and 9 hours of 6 days is safe; of a norm of all but an hour not.
    assert world.surrounding(as_of=slot(0)).forecast is None
    forecast = world.agreed(norm="143/144").surrounding(as_of=slot(0)).forecast
    assert forecast is not None
    assert forecast.earliest_lost_at == slot(60) + 1


def test_the_february_of_a_leap_year_has_29_days_in_a_quarter_and_in_a_year() -> None:
    day = at("2028-02-29T00:00+01:00")
    for period in ("2028-Q1", "2028"):
        world = World(period=period).leaf("app", [through(DOWN, day, day + DAY, HOUR)], stale=HOUR)
        february = dict(world.surrounding().months)["2028-02"]
        assert february.agreed_ms == 29 * DAY
        assert february.down_ms == DAY


def test_the_months_of_a_leap_year_sum_to_366_days() -> None:
    world = World(period="2028").leaf("app")
    assert sum(figures.agreed_ms for _, figures in world.surrounding().months) == 366 * DAY


def test_a_window_over_midnight_over_a_clock_change_is_an_hour_longer_in_autumn_and_shorter_in_spring() -> None:
    night = Window(EVERY_DAY, Slot(22 * 60, 6 * 60))
    for evening, hours in (("2026-10-24T22:00+02:00", 9), ("2026-03-28T22:00+01:00", 7)):
        begun = at(evening)
        world = World(period=evening[:7]).agreed(night)
        world.leaf("app", [through(UP, begun, begun + hours * HOUR, HOUR)], stale=HOUR)
        assert world.figures().up_ms == hours * HOUR
        before, after = world.surrounding().unwatched
        assert (before.end, after.start) == (begun - 16 * HOUR, begun + (hours + 16) * HOUR)


def test_a_norm_hit_exactly_is_met_and_a_millisecond_less_is_missed() -> None:
    hundred = Window(frozenset(), Slot(0, 1440), special_days={date(2026, 10, 6): Slot(540, 640)})
    for late, verdict in ((0, "met"), (1, "missed")):
        world = World().agreed(hundred, norm="98/100")
        rows = [through(DOWN, slot(0), slot(2)), through(UP, slot(2) + late, slot(101))]
        world.leaf("app", rows, owner="red")
        (red,) = world.surrounding().owners
        assert (world.told().judged.verdict, red.judged.verdict) == (verdict, verdict)


def closing() -> World:
    """Down from an hour before the end of October until an hour into November."""
    world = World().agreed(norm="1/2")
    up = through(UP, OCTOBER.end - 2 * HOUR, OCTOBER.end - HOUR)
    down = through(DOWN, OCTOBER.end - HOUR, OCTOBER.end + HOUR)
    return world.leaf("app", [up, down, through(UP, OCTOBER.end + HOUR, OCTOBER.end + 2 * HOUR)], owner="red")


def test_a_closing_report_in_the_middle_of_an_outage_tells_it_without_an_end() -> None:
    world = closing()
    (outage,) = world.told(as_of=OCTOBER.end).outages
    assert (outage.start, outage.end, outage.down_ms) == (OCTOBER.end - HOUR, None, HOUR)
    surrounding = world.surrounding(as_of=OCTOBER.end, chain=True)
    assert surrounding.forecast is None
    assert [part.caused_ms for part in surrounding.chain or ()] == [HOUR]
    assert [share.judged.figures.down_ms for share in surrounding.owners] == [HOUR]


def test_a_closing_report_made_again_after_the_outage_differs_in_its_end_alone() -> None:
    world = closing()
    early, late = world.told(as_of=OCTOBER.end), world.told(as_of=OCTOBER.end + 3 * HOUR)
    assert late.outages[0].end == OCTOBER.end + HOUR
    ended = (late.outages[0]._replace(end=None),)
    assert replace(early, outages=tuple(early.outages)) == replace(late, outages=ended)
