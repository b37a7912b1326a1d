"""Recurring maintenance by RFC 5545 (docs/semantics.md, section 6), held against tables and another library."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from availability.estate import Calendar, Maintenance, Recurring, Slot, Weekly
from availability.recurrence import HORIZON_DAYS, Rule, falls_on, first_day
from availability.windows import comes_on, maintenance_spans
from config.rules import parse_rule, starting_on
from tests.availability.worlds import AMSTERDAM, at


def rule(text: str, starting: str | None = None) -> Rule:
    parsed = parse_rule(text)
    return starting_on(parsed, date.fromisoformat(starting)) if starting else parsed


def days(text: str, first: str, last: str, starting: str | None = None) -> list[str]:
    """Its days from `first` to `last`, both included."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    tried = (start + timedelta(days=number) for number in range((end - start).days + 1))
    return [str(day) for day in tried if falls_on(rule(text, starting), day)]


TABLES: dict[str, tuple[str, str | None, str, str, list[str]]] = {
    "the first Sunday of a month": (
        "FREQ=MONTHLY;BYDAY=1SU",
        None,
        "2026-01-01",
        "2026-06-30",
        ["2026-01-04", "2026-02-01", "2026-03-01", "2026-04-05", "2026-05-03", "2026-06-07"],
    ),
    "the last working day of a month": (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        None,
        "2026-01-01",
        "2026-06-30",
        ["2026-01-30", "2026-02-27", "2026-03-31", "2026-04-30", "2026-05-29", "2026-06-30"],
    ),
    "every other week, counted from the first day": (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU",
        "2026-01-11",
        "2026-01-01",
        "2026-03-01",
        ["2026-01-11", "2026-01-25", "2026-02-08", "2026-02-22"],
    ),
    "every other week on two days, weeks from Monday": (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO",
        "1997-08-05",
        "1997-08-01",
        "1997-08-31",
        ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"],
    ),
    "the same with weeks from Sunday": (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
        "1997-08-05",
        "1997-08-01",
        "1997-08-31",
        ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"],
    ),
    "29 February comes every four years, and not in 2100": (
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        None,
        "2092-01-01",
        "2108-12-31",
        ["2092-02-29", "2096-02-29", "2104-02-29", "2108-02-29"],
    ),
    "the 31st comes in long months only": (
        "FREQ=MONTHLY;BYMONTHDAY=31",
        None,
        "2026-01-01",
        "2026-08-31",
        ["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31", "2026-08-31"],
    ),
    "the last day but one of a month": (
        "FREQ=MONTHLY;BYMONTHDAY=-2",
        None,
        "2028-01-01",
        "2028-03-31",
        ["2028-01-30", "2028-02-28", "2028-03-30"],
    ),
    "Friday the thirteenth": (
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        None,
        "2026-01-01",
        "2026-12-31",
        ["2026-02-13", "2026-03-13", "2026-11-13"],
    ),
    "the first Sunday and every Monday of a month are both meant": (
        "FREQ=MONTHLY;BYDAY=1SU,MO",
        None,
        "2026-02-01",
        "2026-02-28",
        ["2026-02-01", "2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23"],
    ),
    "the twentieth Monday of a year": (
        "FREQ=YEARLY;BYDAY=20MO",
        None,
        "1997-01-01",
        "1999-12-31",
        ["1997-05-19", "1998-05-18", "1999-05-17"],
    ),
    "the Monday of week 20": (
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        None,
        "1997-01-01",
        "1999-12-31",
        ["1997-05-12", "1998-05-11", "1999-05-17"],
    ),
    "the Monday of week 53, where a year has one": (
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO",
        None,
        "2014-01-01",
        "2021-12-31",
        ["2015-12-28", "2020-12-28"],
    ),
    "the Monday of week 1 can lie in December": (
        "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO",
        None,
        "2023-01-01",
        "2026-12-31",
        ["2023-01-02", "2024-01-01", "2024-12-30", "2025-12-29"],
    ),
    "days of the year from its start and its end": (
        "FREQ=YEARLY;BYYEARDAY=60,-1",
        None,
        "2027-01-01",
        "2028-12-31",
        ["2027-03-01", "2027-12-31", "2028-02-29", "2028-12-31"],
    ),
    "a count is full after so many days": (
        "FREQ=DAILY;INTERVAL=10;COUNT=5",
        "1997-09-02",
        "1997-01-01",
        "1998-12-31",
        ["1997-09-02", "1997-09-12", "1997-09-22", "1997-10-02", "1997-10-12"],
    ),
    "the last day is included": (
        "FREQ=WEEKLY;BYDAY=SU;UNTIL=20260118",
        None,
        "2026-01-01",
        "2026-02-28",
        ["2026-01-04", "2026-01-11", "2026-01-18"],
    ),
    "a month takes its day from the first one": (
        "FREQ=MONTHLY",
        "2026-01-31",
        "2026-01-01",
        "2026-05-31",
        ["2026-01-31", "2026-03-31", "2026-05-31"],
    ),
    "a week takes its day from the first one": (
        "FREQ=WEEKLY",
        "2026-01-07",
        "2026-01-01",
        "2026-01-31",
        ["2026-01-07", "2026-01-14", "2026-01-21", "2026-01-28"],
    ),
    "a year takes its day and month from the first one": (
        "FREQ=YEARLY;INTERVAL=2",
        "2026-03-15",
        "2026-01-01",
        "2031-12-31",
        ["2026-03-15", "2028-03-15", "2030-03-15"],
    ),
    "a position counts in the whole week, also in one that began before the first day": (
        "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1",
        "2026-01-07",
        "2026-01-01",
        "2026-01-31",
        ["2026-01-12", "2026-01-19", "2026-01-26"],
    ),
    "every third month from November on": (
        "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1",
        "2025-11-01",
        "2025-01-01",
        "2026-12-31",
        ["2025-11-01", "2026-02-01", "2026-05-01", "2026-08-01", "2026-11-01"],
    ),
}


@pytest.mark.parametrize("sentence", TABLES)
def test_the_days_of_a_rule(sentence: str) -> None:
    text, starting, first, last, expected = TABLES[sentence]
    assert days(text, first, last, starting) == expected


def record(text: str, start: int, end: int, starting: str | None = None) -> Maintenance:
    return Maintenance("slot", "planned", ("app",), every=Recurring(rule(text, starting), Slot(start, end)))


def hm(hours: int, minutes: int = 0) -> int:
    return hours * 60 + minutes


SPANS: dict[str, tuple[Maintenance, str, str, list[tuple[str, str]]]] = {
    "the last Sunday of March loses the hour that the clocks skip": (
        record("FREQ=MONTHLY;BYDAY=-1SU", hm(1), hm(5)),
        "2026-03-01T00:00+01:00",
        "2026-05-01T00:00+02:00",
        [
            ("2026-03-29T01:00+01:00", "2026-03-29T05:00+02:00"),
            ("2026-04-26T01:00+02:00", "2026-04-26T05:00+02:00"),
        ],
    ),
    "an edge that the clocks skip moves to the jump": (
        record("FREQ=MONTHLY;BYDAY=-1SU", hm(2, 30), hm(4)),
        "2026-03-01T00:00+01:00",
        "2026-04-01T00:00+02:00",
        [("2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00")],
    ),
    "the last Sunday of October has the hour that comes twice, both times": (
        record("FREQ=MONTHLY;BYDAY=-1SU", hm(2, 30), hm(2, 45)),
        "2026-10-01T00:00+02:00",
        "2026-11-01T00:00+01:00",
        [("2026-10-25T02:30+02:00", "2026-10-25T02:45+01:00")],
    ),
    "over midnight into the next month, cut where the period ends": (
        record("FREQ=MONTHLY;BYMONTHDAY=-1", hm(22), hm(6)),
        "2026-10-01T00:00+02:00",
        "2026-11-01T00:00+01:00",
        [
            ("2026-10-01T00:00+02:00", "2026-10-01T06:00+02:00"),
            ("2026-10-31T22:00+01:00", "2026-11-01T00:00+01:00"),
        ],
    ),
    "over midnight into the night in which the clocks go back": (
        record("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", hm(22), hm(6), "2026-10-10"),
        "2026-10-12T00:00+02:00",
        "2026-11-02T00:00+01:00",
        [("2026-10-24T22:00+02:00", "2026-10-25T06:00+01:00")],
    ),
}


@pytest.mark.parametrize("sentence", SPANS)
def test_the_edges_of_a_slot(sentence: str) -> None:
    slot, start, end, expected = SPANS[sentence]
    found = maintenance_spans(slot, AMSTERDAM, at(start), at(end))
    assert found == [(at(first), at(last)) for first, last in expected]


def test_now_is_asked_for_an_instant() -> None:
    slot = record("FREQ=MONTHLY;BYDAY=1SU;COUNT=2", hm(22), hm(6), "2026-10-01")
    for instant, runs in {
        "2026-10-04T21:59:59+02:00": False,
        "2026-10-05T05:59+02:00": True,
        "2026-11-02T06:00+01:00": False,
        "2026-12-06T23:00+01:00": False,
    }.items():
        assert bool(maintenance_spans(slot, AMSTERDAM, at(instant), at(instant) + 1)) is runs, instant


def test_holidays_and_exceptions_are_left_out_and_count_all_the_same() -> None:
    fridays = rule("FREQ=WEEKLY;BYDAY=FR;COUNT=3", "2026-12-18")
    christmas = Recurring(fridays, Slot(0, 60), without_holidays=Calendar())
    assert [comes_on(christmas, date(2026, 12, day)) for day in (18, 25)] == [True, False]
    assert comes_on(christmas, date(2027, 1, 8)) is False, "the count is full, Christmas and New Year's Day included"
    excepted = Recurring(fridays, Slot(0, 60), exceptions=frozenset({date(2026, 12, 18)}))
    assert [comes_on(excepted, date(2026, 12, day)) for day in (18, 25)] == [False, True]
    weekly = Weekly(frozenset({4}), Slot(0, 60), Calendar(), frozenset({date(2026, 12, 18)}))
    assert [comes_on(weekly, date(2026, 12, day)) for day in (11, 18, 25)] == [True, False, False]


def test_a_rule_that_never_comes_has_no_first_day() -> None:
    assert first_day(rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")) is None
    assert first_day(rule("FREQ=MONTHLY;BYDAY=6SU")) is None
    assert first_day(rule("FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29", "2027-01-01")) is None
    assert first_day(rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29")) == date(2000, 2, 29)


def test_a_count_that_cannot_be_filled_ends_after_400_years() -> None:
    leap_days = rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=10000", "2000-01-01")
    assert falls_on(leap_days, date(2396, 2, 29))
    assert not falls_on(leap_days, date(2000, 1, 1) + timedelta(days=HORIZON_DAYS + 4 * 366))


def test_the_last_year_there_is_can_be_asked_for() -> None:
    last = rule("FREQ=YEARLY;BYWEEKNO=52,-1;BYDAY=MO,FR;BYSETPOS=-1")
    assert [day for day in (date(9999, 12, 27), date(9999, 12, 31)) if falls_on(last, day)]
    assert falls_on(rule("FREQ=DAILY;COUNT=5", "9999-12-30"), date.max)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules that RFC 5545 allows and that the other library reads as it is written."""
    frequency = draw(st.sampled_from(("YEARLY", "MONTHLY", "WEEKLY", "DAILY")))
    parts = [f"FREQ={frequency}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 5))}")
    ending = draw(st.sampled_from(("", "", "COUNT=7", "UNTIL=20270615")))
    parts += [ending] if ending else []
    if draw(st.booleans()):
        parts.append(f"WKST={draw(st.sampled_from(('MO', 'SU', 'WE')))}")
    if draw(st.integers(0, 3)) == 3:
        parts.append(f"BYMONTH={listed(draw, st.integers(1, 12))}")
    weeks = frequency == "YEARLY" and draw(st.integers(0, 3)) == 3
    if weeks:
        parts.append(f"BYWEEKNO={listed(draw, signed(53))}")
    names = st.sampled_from(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))
    if weeks or draw(st.booleans()):
        which = not weeks and frequency in ("YEARLY", "MONTHLY") and draw(st.booleans())
        # Beside BYMONTH the number is one of the month, and the other library runs off its end for a higher one.
        of_month = frequency == "MONTHLY" or any(part.startswith("BYMONTH=") for part in parts)
        highest = 5 if of_month else 53
        day = st.tuples(signed(highest), names).map(lambda pair: f"{pair[0]}{pair[1]}") if which else names
        parts.append(f"BYDAY={listed(draw, day)}")
    if frequency != "WEEKLY" and draw(st.integers(0, 3)) == 3:
        parts.append(f"BYMONTHDAY={listed(draw, signed(31))}")
    if frequency == "YEARLY" and draw(st.integers(0, 3)) == 3:
        parts.append(f"BYYEARDAY={listed(draw, signed(366))}")
    limited = any(part.startswith(("BYDAY", "BYMONTH", "BYYEARDAY")) for part in parts)
    # In the first, broken week the other library counts positions from the first day on.
    if limited and frequency != "WEEKLY" and draw(st.integers(0, 3)) == 3:
        parts.append(f"BYSETPOS={listed(draw, signed(4))}")
    return ";".join(parts)


def signed(highest: int) -> st.SearchStrategy[int]:
    return st.integers(1, highest) | st.integers(-highest, -1)


def listed(draw: st.DrawFn, pieces: st.SearchStrategy[object]) -> str:
    return ",".join(map(str, draw(st.lists(pieces, min_size=1, max_size=4, unique=True))))


@settings(deadline=None, max_examples=150)
@given(text=rules(), starting=st.dates(date(2024, 1, 1), date(2026, 12, 31)))
def test_another_library_reads_rules_alike(text: str, starting: date) -> None:
    mine = starting_on(parse_rule(text), starting)
    assume(first_day(mine) is not None)  # the other one searches to the year 9999 for what never comes
    end = datetime(2029, 12, 31)
    theirs = []
    for moment in rrulestr(text, dtstart=datetime(starting.year, starting.month, starting.day)):
        if moment > end:
            break
        theirs.append(moment.date())
    tried = (starting + timedelta(days=number) for number in range((end.date() - starting).days + 1))
    assert [day for day in tried if falls_on(mine, day)] == theirs
