"""The office hours in Alertmanager's file are those of the calendar: on any day, in any night."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from availability.edges import from_ms, to_ms
from availability.estate import OFFICE_HOURS, Calendar, Slot, Window
from availability.windows import window_spans
from dashboards.alertmanager_hours import YEARS, last_day, office_hours
from tests.dashboards.alertmanager_reading import is_active

AMSTERDAM = "Europe/Amsterdam"
MINUTE = 60_000
SPECIAL = {date(2026, 3, 18): Slot(450, 1440), date(2026, 12, 24): None, date(2026, 10, 25): Slot(60, 300)}

AT = {
    "a Monday in the morning": ("2026-11-23T09:00:00+01:00", True),
    "the minute at which they begin": ("2026-11-23T08:00:00+01:00", True),
    "the minute before": ("2026-11-23T07:59:59+01:00", False),
    "the minute at which they end": ("2026-11-23T18:00:00+01:00", False),
    "the last minute": ("2026-11-23T17:59:59+01:00", True),
    "a night": ("2026-11-23T03:00:00+01:00", False),
    "a Saturday": ("2026-11-21T12:00:00+01:00", False),
    "King's Day": ("2026-04-27T12:00:00+02:00", False),
    "Christmas Day": ("2026-12-25T12:00:00+01:00", False),
    "New Year's Day of the next year": ("2027-01-01T12:00:00+01:00", False),
    "the first Monday of summer time": ("2026-03-30T08:00:00+02:00", True),
    "an hour before, which was in them the week before": ("2026-03-30T07:30:00+02:00", False),
    "the first Monday of winter time": ("2026-10-26T17:30:00+01:00", True),
    "the last working day that is written": ("2028-12-29T12:00:00+01:00", True),
    "the year behind": ("2029-01-02T12:00:00+01:00", False),
}


@pytest.mark.parametrize(("at", "active"), AT.values(), ids=AT)
def test_office_hours(at: str, active: bool) -> None:
    hours = office_hours(OFFICE_HOURS, AMSTERDAM, Calendar(), 2026)
    assert is_active(hours, datetime.fromisoformat(at)) is active


WINDOWS = {
    "office hours, every minute": (OFFICE_HOURS, 1),
    "to midnight, with special days": (Window(frozenset(range(7)), Slot(1020, 1440), True, SPECIAL), 5),
    "over midnight": (Window(frozenset({4, 5}), Slot(1320, 360), True), 5),
    "day and night": (Window(frozenset(range(7)), Slot(0, 1440)), 5),
}


@pytest.mark.parametrize(("window", "minutes"), WINDOWS.values(), ids=WINDOWS)
def test_a_whole_year_is_that_of_the_calendar(window: Window, minutes: int) -> None:
    zone = ZoneInfo(AMSTERDAM)
    start, end = (to_ms(datetime(year, 1, 1, tzinfo=zone)) for year in (2026, 2027))
    by_day = hours_by_day(office_hours(window, AMSTERDAM, Calendar(), 2026))
    open_ = {at for a, b in window_spans(window, AMSTERDAM, Calendar(), start, end) for at in range(a, b, MINUTE)}
    moment, step = from_ms(start), timedelta(minutes=minutes)
    for at in range(start, end, minutes * MINUTE):
        local = moment.astimezone(zone)
        minute = local.hour * 60 + local.minute
        told = any(first <= minute < last for first, last in by_day.get((local.month, local.day), ()))
        assert told is (at in open_), local
        moment += step


def hours_by_day(intervals: list[dict[str, Any]]) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """The minutes of each day of 2026, so that they are not searched for every minute."""
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for interval in intervals:
        if interval["years"] == ["2026"]:
            (times,) = interval["times"]
            start, end = (int(times[key][:2]) * 60 + int(times[key][3:]) for key in ("start_time", "end_time"))
            for days in interval["days_of_month"]:
                first, _, last = days.partition(":")
                for day in range(int(first), int(last or first) + 1):
                    found.setdefault((int(interval["months"][0]), day), []).append((start, end))
    return found


def test_they_are_written_for_whole_years() -> None:
    years = {year for one in office_hours(OFFICE_HOURS, AMSTERDAM, Calendar(), 2027) for year in one["years"]}
    assert years == {str(2027 + number) for number in range(YEARS)}
    assert last_day(2027) == date(2029, 12, 31)


def test_a_holiday_that_the_calendar_adds_is_none_of_them() -> None:
    good_friday = datetime.fromisoformat("2026-04-03T12:00:00+02:00")
    for calendar, active in ((Calendar(), True), (Calendar(good_friday="holiday"), False)):
        assert is_active(office_hours(OFFICE_HOURS, AMSTERDAM, calendar, 2026), good_friday) is active


def test_hours_that_never_come_are_none() -> None:
    assert office_hours(Window(frozenset(), Slot(0, 60)), AMSTERDAM, Calendar(), 2026) == []
