"""Agreed service time (docs/semantics.md, section 5): edges, clock changes, holidays, special days, since and until."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from availability.calendar import holidays_of
from availability.estate import AllOf, Calendar, Ref, Service, Slot, Window
from tests.availability.worlds import ALWAYS, AMSTERDAM, EVERY_DAY, HOUR, World, at

MONDAY_TO_FRIDAY = frozenset(range(5))
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def hours(
    window: Window,
    period: str = "2026-10",
    *,
    timezone: str = AMSTERDAM,
    calendar: Calendar | None = None,
    since: str | None = None,
    until: str | None = None,
) -> float:
    """Agreed hours of a period, all of it still to come."""
    world = World(period=period, calendar=calendar or Calendar()).leaf("app")
    world.service(all_app(), since=at(since) if since else None, until=at(until) if until else None)
    world.agreement = replace(world.agreement, window=window, timezone=timezone)
    return world.figures(as_of=0).rest_ms / HOUR


def all_app() -> AllOf:
    return AllOf((Ref("app"),))


def between(window: Window, start: str, end: str, period: str = "2026-10", timezone: str = AMSTERDAM) -> float:
    """Agreed hours between two instants."""
    return hours(window, period, timezone=timezone, since=start, until=end)


def daily(start: str, end: str, days: frozenset[int] = EVERY_DAY, holidays_excluded: bool = False) -> Window:
    return Window(days, slot(start, end), holidays_excluded)


def slot(start: str, end: str) -> Slot:
    first, last = (int(text[:2]) * 60 + int(text[3:]) for text in (start, end))
    return Slot(first, last)


def single(day: date, start: str, end: str) -> Window:
    return Window(frozenset(), ALWAYS, special_days={day: slot(start, end)})


WHOLE_PERIODS: dict[str, tuple[str, Window, float]] = {
    "daily 07:00 to 23:00 in October": ("2026-10", daily("07:00", "23:00"), 31 * 16),
    "a month in which the clocks go back has an hour more": ("2026-10", daily("00:00", "24:00"), 31 * 24 + 1),
    "a month in which the clocks go forward has an hour less": ("2026-03", daily("00:00", "24:00"), 31 * 24 - 1),
    "February has 28 days": ("2026-02", daily("09:00", "17:00"), 28 * 8),
    "February of a leap year has 29": ("2028-02", daily("09:00", "17:00"), 29 * 8),
    "Monday to Friday in October 2026 are 22 days": ("2026-10", daily("09:00", "17:00", MONDAY_TO_FRIDAY), 22 * 8),
    "Sundays in October 2026 are 4": ("2026-10", daily("09:00", "17:00", frozenset({6})), 4 * 8),
    "an end that is the start runs round to the next day": ("2026-02", daily("06:00", "06:00"), 28 * 24),
    "from midnight to midnight is a day": ("2026-02", daily("00:00", "00:00"), 28 * 24),
    "nights of February, cut at both ends of the month": ("2026-02", daily("22:00", "06:00"), 28 * 8),
    "a night in which the clocks go back has an hour more": ("2026-10", daily("22:00", "06:00"), 31 * 8 + 1),
    "a night in which the clocks go forward has an hour less": ("2026-03", daily("22:00", "06:00"), 31 * 8 - 1),
    "the last quarter has the hour of October": ("2026-Q4", daily("00:00", "24:00"), 92 * 24 + 1),
    "a year has as many hours as days, both clock changes made": ("2026", daily("00:00", "24:00"), 365 * 24),
    "a leap year has a day more": ("2028", daily("00:00", "24:00"), 366 * 24),
    "no days at all": ("2026-10", Window(frozenset(), ALWAYS), 0),
}


@pytest.mark.parametrize("sentence", WHOLE_PERIODS)
def test_whole_periods(sentence: str) -> None:
    period, window, expected = WHOLE_PERIODS[sentence]
    assert hours(window, period) == expected


EDGES: dict[str, tuple[str, Window, float]] = {
    "a start that the clocks skip moves to the jump": ("2026-03", single(SPRING, "02:30", "04:00"), 1),
    "an end that the clocks skip moves to the jump": ("2026-03", single(SPRING, "01:00", "02:30"), 1),
    "hours that are skipped whole are none": ("2026-03", single(SPRING, "02:10", "02:50"), 0),
    "the jump itself is where the skipped hour begins": ("2026-03", single(SPRING, "02:00", "03:00"), 0),
    "hours around the skipped one": ("2026-03", single(SPRING, "01:30", "03:30"), 1),
    "a start that occurs twice is the first": ("2026-10", single(AUTUMN, "02:30", "04:00"), 2.5),
    "an end that occurs twice is the last": ("2026-10", single(AUTUMN, "01:00", "02:30"), 2.5),
    "both edges in the doubled hour": ("2026-10", single(AUTUMN, "02:15", "02:45"), 1.5),
    "hours around the doubled one": ("2026-10", single(AUTUMN, "01:30", "03:30"), 3),
    "02:00 as an end occurs twice": ("2026-10", single(AUTUMN, "01:00", "02:00"), 2),
    "03:00 as a start occurs once": ("2026-10", single(AUTUMN, "03:00", "04:00"), 1),
    "24:00 is the end of the day": ("2026-10", single(date(2026, 10, 6), "20:00", "24:00"), 4),
    "the whole day the clocks go back": ("2026-10", single(AUTUMN, "00:00", "24:00"), 25),
    "the whole day the clocks go forward": ("2026-03", single(SPRING, "00:00", "24:00"), 23),
    "past midnight into the doubled hour": ("2026-10", single(date(2026, 10, 24), "23:00", "02:30"), 4.5),
    "past midnight into the skipped hour": ("2026-03", single(date(2026, 3, 28), "23:00", "02:30"), 3),
    "past midnight on the last day is cut": ("2026-10", single(date(2026, 10, 31), "22:00", "06:00"), 2),
    "from the day before the period, what falls in it": ("2026-10", single(date(2026, 9, 30), "22:00", "06:00"), 6),
    "24:00 on the day before the period": ("2026-10", single(date(2026, 9, 30), "22:00", "24:00"), 0),
    "a day after the period": ("2026-10", single(date(2026, 11, 1), "00:00", "24:00"), 0),
}


@pytest.mark.parametrize("sentence", EDGES)
def test_edges(sentence: str) -> None:
    period, window, expected = EDGES[sentence]
    assert hours(window, period) == expected


def test_a_skipped_start_is_the_instant_of_the_jump() -> None:
    window = single(SPRING, "02:30", "04:00")
    assert between(window, "2026-03-29T00:00Z", "2026-03-29T01:00Z", "2026-03") == 0
    assert between(window, "2026-03-29T01:00Z", "2026-03-29T02:00Z", "2026-03") == 1


def test_a_doubled_edge_is_placed_in_utc() -> None:
    window = single(AUTUMN, "02:15", "02:45")
    assert between(window, "2026-10-25T00:15Z", "2026-10-25T01:45Z") == 1.5
    assert between(window, "2026-10-25T00:00Z", "2026-10-25T00:15Z") == 0


def test_a_midnight_that_the_clocks_skip_is_the_jump_for_24_00_and_for_00_00() -> None:
    # Cairo goes from 24:00 on Thursday 23 April 2026 (22:00Z) to 01:00 on Friday
    evening, morning = single(date(2026, 4, 23), "20:00", "24:00"), single(date(2026, 4, 24), "00:00", "02:00")
    assert between(evening, "2026-04-23T18:00Z", "2026-04-23T22:00Z", "2026-04", "Africa/Cairo") == 4
    assert hours(evening, "2026-04", timezone="Africa/Cairo") == 4
    assert between(morning, "2026-04-23T22:00Z", "2026-04-23T23:00Z", "2026-04", "Africa/Cairo") == 1
    assert hours(morning, "2026-04", timezone="Africa/Cairo") == 1


def test_the_day_on_which_hours_start_decides_whether_they_count() -> None:
    fridays = daily("22:00", "06:00", frozenset({4}))
    assert between(fridays, "2026-10-09T22:00+02:00", "2026-10-10T06:00+02:00") == 8
    assert between(fridays, "2026-10-10T06:00+02:00", "2026-10-16T22:00+02:00") == 0
    closed_after = replace(fridays, special_days={date(2026, 10, 10): None})
    assert between(closed_after, "2026-10-09T22:00+02:00", "2026-10-10T06:00+02:00") == 8
    closed_itself = replace(fridays, special_days={date(2026, 10, 9): None})
    assert between(closed_itself, "2026-10-09T22:00+02:00", "2026-10-10T06:00+02:00") == 0


def test_windows_that_overlap_are_united() -> None:
    window = Window(EVERY_DAY, slot("22:00", "06:00"), special_days={date(2026, 10, 7): slot("05:00", "23:00")})
    assert between(window, "2026-10-06T22:00+02:00", "2026-10-07T23:00+02:00") == 25
    assert between(window, "2026-10-07T05:00+02:00", "2026-10-07T06:00+02:00") == 1


def test_windows_that_touch_make_one() -> None:
    assert hours(Window(EVERY_DAY, slot("12:00", "12:00")), "2026-02") == 28 * 24


def test_the_agreements_time_zone_moves_its_windows_and_not_the_period() -> None:
    window = daily("00:00", "24:00")
    assert hours(window, "2026-10", timezone="America/New_York") == 31 * 24 + 1
    assert between(daily("09:00", "10:00"), "2026-10-06T13:00Z", "2026-10-06T14:00Z", timezone="America/New_York") == 1
    last = single(date(2026, 10, 31), "17:00", "24:00")  # in New York; October ends at 19:00 there
    assert hours(last, timezone="America/New_York") == 2


def test_maintenance_runs_in_the_configurations_time_zone_whatever_the_agreements() -> None:
    world = World().leaf("app").weekly("app", days=(1,), hours=slot("09:00", "10:00"))
    world.agreed(excluded=("customer_request",))
    world.agreement = replace(world.agreement, timezone="America/New_York")
    assert world.figures().excluded_ms == 4 * HOUR
    assert world.picture(slots=2) == "EE"


SINCE_UNTIL: dict[str, tuple[str | None, str | None, float]] = {
    "without either the whole period": (None, None, 31 * 16),
    "before since there is none": ("2026-10-31T00:00+01:00", None, 16),
    "from until on there is none": (None, "2026-10-02T00:00+02:00", 16),
    "both are instants, also inside a window": ("2026-10-06T09:30+02:00", "2026-10-06T10:45+02:00", 1.25),
    "until before since leaves nothing": ("2026-10-07T00:00+02:00", "2026-10-06T00:00+02:00", 0),
    "since after the period leaves nothing": ("2026-11-01T00:00+01:00", None, 0),
    "until at the period's first instant leaves nothing": (None, "2026-10-01T00:00+02:00", 0),
    "both outside the period change nothing": ("2025-01-01T00:00Z", "2030-01-01T00:00Z", 31 * 16),
}


@pytest.mark.parametrize("sentence", SINCE_UNTIL)
def test_since_and_until(sentence: str) -> None:
    since, until, expected = SINCE_UNTIL[sentence]
    assert hours(daily("07:00", "23:00"), since=since, until=until) == expected


EASTER = {
    2020: date(2020, 4, 12),
    2021: date(2021, 4, 4),
    2022: date(2022, 4, 17),
    2023: date(2023, 4, 9),
    2024: date(2024, 3, 31),
    2025: date(2025, 4, 20),
    2026: date(2026, 4, 5),
    2027: date(2027, 3, 28),
    2028: date(2028, 4, 16),
    2029: date(2029, 4, 1),
    2030: date(2030, 4, 21),
}
"""The days below are written from the calendar, not computed: month and day of each holiday that moves."""
MOVING: Mapping[int, tuple[str, ...]] = {
    # Easter Monday, King's Day, Ascension Day, Whit Sunday, Whit Monday
    2020: ("04-13", "04-27", "05-21", "05-31", "06-01"),
    2021: ("04-05", "04-27", "05-13", "05-23", "05-24"),
    2022: ("04-18", "04-27", "05-26", "06-05", "06-06"),
    2023: ("04-10", "04-27", "05-18", "05-28", "05-29"),
    2024: ("04-01", "04-27", "05-09", "05-19", "05-20"),
    2025: ("04-21", "04-26", "05-29", "06-08", "06-09"),
    2026: ("04-06", "04-27", "05-14", "05-24", "05-25"),
    2027: ("03-29", "04-27", "05-06", "05-16", "05-17"),
    2028: ("04-17", "04-27", "05-25", "06-04", "06-05"),
    2029: ("04-02", "04-27", "05-10", "05-20", "05-21"),
    2030: ("04-22", "04-27", "05-30", "06-09", "06-10"),
}
GOOD_FRIDAY = {
    2020: "04-10",
    2021: "04-02",
    2022: "04-15",
    2023: "04-07",
    2024: "03-29",
    2025: "04-18",
    2026: "04-03",
    2027: "03-26",
    2028: "04-14",
    2029: "03-30",
    2030: "04-19",
}


def dutch(year: int, *more: str) -> set[date]:
    days = ("01-01", "12-25", "12-26", *MOVING[year], *more)
    return {EASTER[year], *(date.fromisoformat(f"{year}-{day}") for day in days)}


@pytest.mark.parametrize("year", EASTER)
def test_the_holidays_of_a_year(year: int) -> None:
    lustrum = ("05-05",) if year in (2020, 2025, 2030) else ()
    assert holidays_of(year, Calendar()) == dutch(year, "05-05")
    assert holidays_of(year, Calendar(liberation_day="lustrum")) == dutch(year, *lustrum)
    assert holidays_of(year, Calendar(good_friday="holiday")) == dutch(year, "05-05", GOOD_FRIDAY[year])


def test_kings_day_on_a_sunday_moves_to_saturday() -> None:
    for year, day in ((2014, 26), (2025, 26), (2031, 26), (2024, 27), (2026, 27)):
        april = {holiday for holiday in holidays_of(year, Calendar()) if holiday.month == 4 and holiday.day > 25}
        assert date(year, 4, day) in april
        assert len(april) == 1


def test_excluded_holidays_have_no_agreed_time() -> None:
    office = daily("09:00", "17:00", MONDAY_TO_FRIDAY)
    excluded = replace(office, holidays_excluded=True)
    assert hours(office, "2026-05") == 21 * 8
    # Tuesday 5 May, Thursday 14 May (Ascension) and Monday 25 May (Whit)
    assert hours(excluded, "2026-05") == 18 * 8
    assert hours(excluded, "2026-05", calendar=Calendar(liberation_day="lustrum")) == 19 * 8
    # Monday 6 April (Easter) and Monday 27 April (King's Day); Good Friday only where it is a holiday
    assert hours(office, "2026-04") == 22 * 8
    assert hours(excluded, "2026-04") == 20 * 8
    assert hours(excluded, "2026-04", calendar=Calendar(good_friday="holiday")) == 19 * 8
    # Friday 25 December; the 26th is a Saturday
    assert hours(excluded, "2026-12") == 22 * 8


def test_a_holiday_takes_away_the_hours_that_start_on_it_and_not_the_night_before() -> None:
    nights = Window(EVERY_DAY, slot("22:00", "06:00"), holidays_excluded=True)
    assert between(nights, "2026-12-24T22:00+01:00", "2026-12-25T06:00+01:00", "2026-12") == 8
    assert between(nights, "2026-12-25T06:00+01:00", "2026-12-27T06:00+01:00", "2026-12") == 0


SPECIAL: dict[str, tuple[date, Slot | None, float]] = {
    "a special day has its own hours instead": (date(2026, 3, 18), slot("06:00", "24:00"), 22 * 8 - 8 + 18),
    "a special day may be closed": (date(2026, 3, 18), None, 21 * 8),
    "a special day wins over the days of the week": (date(2026, 3, 21), slot("10:00", "12:00"), 22 * 8 + 2),
    "closing a day that has no hours changes nothing": (date(2026, 3, 22), None, 22 * 8),
}


@pytest.mark.parametrize("sentence", SPECIAL)
def test_special_days(sentence: str) -> None:
    day, special, expected = SPECIAL[sentence]
    office = daily("09:00", "17:00", MONDAY_TO_FRIDAY)
    assert hours(replace(office, special_days={day: special}), "2026-03") == expected


def test_a_special_day_wins_over_a_holiday() -> None:
    kings_day = {date(2026, 4, 27): slot("12:00", "14:00")}
    office = Window(MONDAY_TO_FRIDAY, slot("09:00", "17:00"), holidays_excluded=True, special_days=kings_day)
    assert hours(office, "2026-04") == 20 * 8 + 2


def test_nothing_is_judged_outside_agreed_time() -> None:
    world = World().leaf("app", "ooxx").agreed(single(date(2026, 10, 6), "09:01", "09:03"))
    assert world.picture(slots=4) == " UD "


def test_a_service_keeps_its_hours_whatever_the_hours_of_what_it_refers_to() -> None:
    world = World().leaf("app").service(all_app(), "young", since=at("2026-10-31T00:00+01:00"))
    world.services["old"] = Service("old", "agreement", AllOf((Ref("young"),)))
    assert world.told("old", as_of=0).judged.figures.rest_ms == (31 * 24 + 1) * HOUR
