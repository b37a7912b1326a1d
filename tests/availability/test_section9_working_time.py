"""When a limit passes: worked examples of section 9, and a count of working minutes one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from availability.estate import OFFICE_HOURS, Calendar, Slot, Window
from availability.recovery import Limit
from availability.working_time import FURTHEST_YEARS, WorkingTime
from tests.availability.worlds import AMSTERDAM, DAY, HOUR, MINUTE, at

OFFICE = WorkingTime(OFFICE_HOURS, Calendar(), AMSTERDAM)
LUSTRUM = WorkingTime(OFFICE_HOURS, Calendar(liberation_day="lustrum"), AMSTERDAM)


def hours(amount: int | Fraction) -> Limit:
    return Limit(Fraction(amount), "hours")


def working_hours(amount: int | Fraction) -> Limit:
    return Limit(Fraction(amount), "working hours")


def working_days(amount: int) -> Limit:
    return Limit(Fraction(amount), "working days")


DUE = {
    "priority 1, reported at 16:00: 10:00 the next working day": (
        "2026-10-08T16:00+02:00",
        working_hours(4),
        "2026-10-09T10:00+02:00",
    ),
    "priority 1, reported after 18:00: 12:00 the next working day": (
        "2026-10-08T18:30+02:00",
        working_hours(4),
        "2026-10-09T12:00+02:00",
    ),
    "priority 1, reported at exactly 18:00: 12:00 the next working day": (
        "2026-10-08T18:00+02:00",
        working_hours(4),
        "2026-10-09T12:00+02:00",
    ),
    "priority 1, reported before 08:00: 12:00 that day": (
        "2026-10-08T03:00+02:00",
        working_hours(4),
        "2026-10-08T12:00+02:00",
    ),
    "priority 1, reported at 14:00: the end of that very day": (
        "2026-10-08T14:00+02:00",
        working_hours(4),
        "2026-10-08T18:00+02:00",
    ),
    "reported on a Friday evening: Monday": ("2026-10-09T21:00+02:00", working_hours(4), "2026-10-12T12:00+02:00"),
    "two working days from a Thursday: Monday at the end": (
        "2026-10-08T16:00+02:00",
        working_days(2),
        "2026-10-12T18:00+02:00",
    ),
    "the day of the report is no day of the limit, also before working hours": (
        "2026-10-08T00:00+02:00",
        working_days(1),
        "2026-10-09T18:00+02:00",
    ),
    "a working day from a Saturday: Monday": ("2026-10-10T12:00+02:00", working_days(1), "2026-10-12T18:00+02:00"),
    "a minute before midnight is the day before": ("2026-10-08T23:59+02:00", working_days(1), "2026-10-09T18:00+02:00"),
    "over Christmas 2026 (a Friday and a Saturday)": (
        "2026-12-24T16:00+01:00",
        working_hours(4),
        "2026-12-28T10:00+01:00",
    ),
    "over New Year's Day": ("2026-12-31T17:00+01:00", working_hours(2), "2027-01-04T09:00+01:00"),
    "ten working days over the end of the year": ("2026-12-23T10:00+01:00", working_days(10), "2027-01-08T18:00+01:00"),
    "King's Day on a Monday": ("2026-04-24T17:00+02:00", working_hours(2), "2026-04-28T09:00+02:00"),
    "King's Day moved to Saturday 26 April 2025: the Monday is worked": (
        "2025-04-25T17:00+02:00",
        working_hours(2),
        "2025-04-28T09:00+02:00",
    ),
    "Easter Monday": ("2026-04-02T17:00+02:00", working_days(2), "2026-04-07T18:00+02:00"),
    "5 May is a holiday": ("2026-05-04T17:00+02:00", working_hours(2), "2026-05-06T09:00+02:00"),
    "clocks go forward between: working hours are those of the clock on the wall": (
        "2026-03-27T17:00+01:00",
        working_hours(2),
        "2026-03-30T09:00+02:00",
    ),
    "clocks go back between": ("2026-10-23T17:00+02:00", working_hours(2), "2026-10-26T09:00+01:00"),
    "clock hours run through night and weekend": ("2026-10-09T22:00+02:00", hours(4), "2026-10-10T02:00+02:00"),
    "clock hours through the night the clocks go back are hours that pass": (
        "2026-10-25T01:00+02:00",
        hours(4),
        "2026-10-25T04:00+01:00",
    ),
    "part of an hour": ("2026-10-08T17:30+02:00", working_hours(Fraction(3, 2)), "2026-10-09T09:00+02:00"),
}


@pytest.mark.parametrize("case", DUE)
def test_due(case: str) -> None:
    reported, limit, due = DUE[case]
    assert OFFICE.due(at(reported), limit) == at(due)


def test_liberation_day_follows_the_calendar() -> None:
    assert LUSTRUM.due(at("2026-05-04T17:00+02:00"), working_hours(2)) == at("2026-05-05T09:00+02:00")


WAITING = {
    "an hour of working time moves working hours by an hour": (
        "2026-10-08T08:00+02:00",
        working_hours(4),
        [("2026-10-08T09:00+02:00", "2026-10-08T10:00+02:00")],
        "2026-10-08T13:00+02:00",
    ),
    "a night moves nothing": (
        "2026-10-08T16:00+02:00",
        working_hours(4),
        [("2026-10-08T18:00+02:00", "2026-10-09T08:00+02:00")],
        "2026-10-09T10:00+02:00",
    ),
    "waiting after the limit passed moves nothing": (
        "2026-10-08T08:00+02:00",
        working_hours(4),
        [("2026-10-08T12:00+02:00", "2026-10-08T17:00+02:00")],
        "2026-10-08T12:00+02:00",
    ),
    "waiting that reaches past the limit moves it by all of it": (
        "2026-10-08T08:00+02:00",
        working_hours(4),
        [("2026-10-08T11:00+02:00", "2026-10-08T17:30+02:00")],
        "2026-10-09T08:30+02:00",
    ),
    "waiting within what an earlier wait added": (
        "2026-10-08T08:00+02:00",
        working_hours(4),
        [("2026-10-08T09:00+02:00", "2026-10-08T10:00+02:00"), ("2026-10-08T12:30+02:00", "2026-10-08T13:30+02:00")],
        "2026-10-08T14:00+02:00",
    ),
    "waiting that overlaps counts once": (
        "2026-10-08T08:00+02:00",
        working_hours(4),
        [("2026-10-08T09:00+02:00", "2026-10-08T10:00+02:00"), ("2026-10-08T09:30+02:00", "2026-10-08T10:00+02:00")],
        "2026-10-08T13:00+02:00",
    ),
    "waiting before the report moves nothing": (
        "2026-10-08T08:00+02:00",
        working_hours(4),
        [("2026-10-07T09:00+02:00", "2026-10-08T09:00+02:00")],
        "2026-10-08T13:00+02:00",
    ),
    "working days move by working time": (
        "2026-10-08T16:00+02:00",
        working_days(2),
        [("2026-10-09T10:00+02:00", "2026-10-09T13:00+02:00")],
        "2026-10-13T11:00+02:00",
    ),
    "two whole days of waiting move working days by two days": (
        "2026-10-08T16:00+02:00",
        working_days(2),
        [("2026-10-09T08:00+02:00", "2026-10-12T18:00+02:00")],
        "2026-10-14T18:00+02:00",
    ),
    "clock hours move by time of the clock": (
        "2026-10-08T16:00+02:00",
        hours(4),
        [("2026-10-08T18:00+02:00", "2026-10-09T08:00+02:00")],
        "2026-10-09T10:00+02:00",
    ),
}


@pytest.mark.parametrize("case", WAITING)
def test_waiting_for_the_customer(case: str) -> None:
    reported, limit, waits, due = WAITING[case]
    assert OFFICE.due(at(reported), limit, [(at(start), at(end)) for start, end in waits]) == at(due)


def test_part_of_a_working_day_is_no_limit() -> None:
    with pytest.raises(ValueError, match="a limit of 1/2 working days is none"):
        OFFICE.due(0, Limit(Fraction(1, 2), "working days"))


NEVER_WORKED = WorkingTime(Window(frozenset(), Slot(480, 1080)), Calendar(), AMSTERDAM)


@pytest.mark.parametrize("limit", [hours(10**7), working_hours(10**6), working_days(10**5)], ids=lambda each: each.unit)
@pytest.mark.parametrize("waits", [(), ((at("2026-10-09T00:00Z"), at("2026-10-10T00:00Z")),)], ids=["", "waiting"])
def test_a_limit_that_is_never_reached_ends_the_search(limit: Limit, waits: tuple[tuple[int, int], ...]) -> None:
    reported = at("2026-10-08T08:00+02:00")
    for hours_of in (OFFICE, NEVER_WORKED):
        assert hours_of.due(reported, limit, waits) == reported + FURTHEST_YEARS * 366 * DAY


def test_at_the_end_of_the_calendar_the_search_ends_too() -> None:
    reported = at("9990-12-31T08:00+01:00")
    assert OFFICE.due(reported, working_hours(4)) == at("9990-12-31T12:00+01:00")
    assert OFFICE.due(reported, working_hours(10**6)) == reported + FURTHEST_YEARS * 366 * DAY
    assert NEVER_WORKED.due(reported, working_days(1)) == reported + FURTHEST_YEARS * 366 * DAY


# An independent count: every minute is asked by itself whether it is worked, with the holidays written out by hand.
HOLIDAYS = {
    *(date(2024, 12, day) for day in (25, 26)),
    *(date(2025, 1, 1), date(2025, 4, 20), date(2025, 4, 21), date(2025, 4, 26), date(2025, 5, 5)),
    *(date(2025, 5, 29), date(2025, 6, 8), date(2025, 6, 9), date(2025, 12, 25), date(2025, 12, 26)),
    *(date(2026, 1, 1), date(2026, 4, 5), date(2026, 4, 6), date(2026, 4, 27), date(2026, 5, 5)),
    *(date(2026, 5, 14), date(2026, 5, 24), date(2026, 5, 25), date(2026, 12, 25), date(2026, 12, 26)),
    *(date(2027, 1, 1), date(2027, 3, 28), date(2027, 3, 29), date(2027, 4, 27), date(2027, 5, 5), date(2027, 5, 6)),
}
NEAR = (
    "2024-12-27T00:00+01:00",
    "2025-04-25T12:00+02:00",  # King's Day moved to the 26th
    "2025-05-28T12:00+02:00",
    "2026-03-28T12:00+01:00",  # clocks forward
    "2026-04-25T00:00+02:00",
    "2026-10-24T12:00+02:00",  # clocks back
    "2026-12-24T12:00+01:00",
    "2026-12-31T12:00+01:00",
    "2027-03-27T12:00+01:00",  # clocks forward on Easter Sunday
)
WINDOWS = {
    "office": OFFICE_HOURS,
    "night shift": Window(frozenset(range(7)), Slot(22 * 60, 6 * 60), holidays_excluded=True),
    "small hours": Window(frozenset((5, 6)), Slot(60, 240), holidays_excluded=False),
    "with a long Saturday": Window(
        frozenset(range(5)),
        Slot(8 * 60, 18 * 60),
        True,
        {date(2026, 10, 24): Slot(6 * 60, 0), date(2026, 12, 28): None, date(2026, 4, 27): Slot(10 * 60, 12 * 60)},
    ),
}
CLOCKS = {name: WorkingTime(window, Calendar(), AMSTERDAM) for name, window in WINDOWS.items()}
ZONE = ZoneInfo(AMSTERDAM)


@cache
def wall_clock(minute: int) -> datetime:
    """What the clock on the wall says at the beginning of a minute (epoch)."""
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(ZONE).replace(tzinfo=None)


def day_hours(window: Window, day: date) -> Slot | None:
    if day in window.special_days:
        return window.special_days[day]
    worked = day.weekday() in window.days and not (window.holidays_excluded and day in HOLIDAYS)
    return window.slot if worked else None


def worked_on(window: Window, minute: int, day: date) -> bool:
    """Whether the minute that begins at `minute` (epoch) lies in the hours that begin on `day`."""
    hours_of = day_hours(window, day)
    if hours_of is None:
        return False
    length = (hours_of.end - hours_of.start - 1) % 1440 + 1
    wall = wall_clock(minute)
    opened = datetime(day.year, day.month, day.day) + timedelta(minutes=hours_of.start)
    return opened <= wall < opened + timedelta(minutes=length)


def worked(window: Window, minute: int) -> bool:
    today = wall_clock(minute).date()
    return worked_on(window, minute, today) or worked_on(window, minute, today - timedelta(days=1))


def counted(window: Window, reported: int, limit: Limit, waits: list[tuple[int, int]]) -> int:
    """The minute (epoch) at which the limit passes, by looking at one minute after the other."""
    left = int(limit.amount * 60)
    if limit.unit == "working days":
        days = 0
        last = wall_clock(reported).date()
        while days < limit.amount:
            last += timedelta(days=1)
            days += day_hours(window, last) is not None
        midnight = int(datetime(last.year, last.month, last.day, tzinfo=UTC).timestamp()) // 60
        closes = max(each for each in range(midnight - 120, midnight + 2880) if worked_on(window, each, last)) + 1
        left = sum(worked(window, each) for each in range(reported, closes))
    minute = reported
    while left:
        waiting = any(start <= minute < end for start, end in waits)
        left -= not waiting and (limit.unit == "hours" or worked(window, minute))
        minute += 1
    return minute


LIMITS = st.one_of(
    st.integers(1, 40).map(hours),
    st.integers(1, 240).map(lambda minutes: working_hours(Fraction(minutes, 10))),
    st.integers(1, 6).map(working_days),
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(WINDOWS)),
    st.sampled_from(NEAR),
    st.integers(-2 * 24 * 60, 2 * 24 * 60),
    LIMITS,
    st.lists(st.tuples(st.integers(-300, 5000), st.integers(0, 3000)), max_size=3),
)
def test_it_is_what_counting_the_minutes_gives(
    name: str, near: str, shift: int, limit: Limit, waits: list[tuple[int, int]]
) -> None:
    reported = at(near) // MINUTE + shift
    spans = [(reported + start, reported + start + length) for start, length in waits]
    expected = counted(WINDOWS[name], reported, limit, spans) * MINUTE
    given_spans = [(start * MINUTE, end * MINUTE) for start, end in spans]
    assert CLOCKS[name].due(reported * MINUTE, limit, given_spans) == expected
    fresh = WorkingTime(WINDOWS[name], Calendar(), AMSTERDAM)
    assert fresh.due(reported * MINUTE, limit, given_spans) == expected


@settings(deadline=None)
@given(st.sampled_from(NEAR), st.integers(-3 * DAY, 3 * DAY), LIMITS, st.integers(0, 5 * DAY), st.integers(0, 3 * HOUR))
def test_a_later_report_is_never_due_earlier_and_waiting_never_makes_it_so(
    near: str, shift: int, limit: Limit, start: int, length: int
) -> None:
    reported = at(near) + shift
    due = OFFICE.due(reported, limit)
    assert due <= OFFICE.due(reported + 1, limit)
    assert due <= OFFICE.due(reported, limit, [(reported + start, reported + start + length)])
