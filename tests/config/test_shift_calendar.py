"""Shifts from an iCalendar: who is meant, when it is, and that nothing in it makes reading endless."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from availability.duty import Shift
from availability.edges import to_ms
from config.shift_calendar import EVENTS_LIMIT, SIZE_LIMIT, CalendarError, Shifts, read_shifts
from tests.config.calendars import PEOPLE, TWO_IN_TURN, calendar, event, weekly

ZONE = "Europe/Amsterdam"


def ms(moment: str) -> int:
    return to_ms(datetime.fromisoformat(moment))


NOW = ms("2026-11-01T12:00Z")


def read(data: bytes) -> Shifts:
    return read_shifts(data, PEOPLE, ZONE, NOW)


def test_two_people_in_turn_without_end_hand_over_at_eight_all_year() -> None:
    found = read(TWO_IN_TURN)
    assert found.shifts[:2] == (
        Shift(ms("2026-01-05T08:00+01:00"), ms("2026-01-12T08:00+01:00"), "noor"),
        Shift(ms("2026-01-12T08:00+01:00"), ms("2026-01-19T08:00+01:00"), "sam"),
    )
    assert Shift(ms("2026-03-23T08:00+01:00"), ms("2026-03-30T08:00+02:00"), "sam") in found.shifts
    assert Shift(ms("2026-10-19T08:00+02:00"), ms("2026-10-26T08:00+01:00"), "sam") in found.shifts
    assert found.shifts[-1].start > ms("2027-11-15T00:00Z"), "as far ahead as turns are followed"
    assert (found.doubled, found.nobodys) == ((), ())


DAY = ("20261102T080000", "20261103T080000")
NAMED = {
    "by name": (event("Noor de Wit", *DAY), "noor"),
    "by name, however it is written": (event("NOOR DE WIT", *DAY), "noor"),
    "by id": (event("sam", *DAY), "sam"),
    "by address": (event("sam@beheer.example", *DAY), "sam"),
    "by name among other words": (event("Piket: Noor de Wit (beheer)", *DAY), "noor"),
    "by attendee, whatever the summary says": (
        event("Piket sam", *DAY, "ATTENDEE;CN=X:mailto:NOOR@beheer.example"),
        "noor",
    ),
    "by the name of the attendee": (event("Piket", *DAY, "ATTENDEE;CN=Sam Bakker:mailto:s@elsewhere.example"), "sam"),
    "by the attendee who is known": (
        event("Piket", *DAY, "ATTENDEE:mailto:x@elsewhere.example", "ATTENDEE:mailto:sam@beheer.example"),
        "sam",
    ),
}


@pytest.mark.parametrize(("lines", "person"), NAMED.values(), ids=NAMED)
def test_whose_shift_it_is(lines: list[str], person: str) -> None:
    assert read(calendar(lines)).shifts == (Shift(ms("2026-11-02T08:00+01:00"), ms("2026-11-03T08:00+01:00"), person),)


NOBODYS = ("Teamoverleg", "Samenwerking", "Noor de Wit en Sam Bakker", "")


@pytest.mark.parametrize("summary", NOBODYS)
def test_an_event_that_names_nobody_or_several_counts_for_nothing(summary: str) -> None:
    found = read(calendar(event(summary, *DAY), event("sam", "20261104T080000", "20261105T080000")))
    assert [shift.person for shift in found.shifts] == ["sam"]
    assert found.nobodys == (summary,)


WHEN = {
    "in UTC": (
        ["DTSTART:20261102T070000Z", "DTEND:20261102T080000Z"],
        "2026-11-02T08:00+01:00",
        "2026-11-02T09:00+01:00",
    ),
    "with a duration": (
        ["DTSTART:20261102T070000Z", "DURATION:PT2H"],
        "2026-11-02T08:00+01:00",
        "2026-11-02T10:00+01:00",
    ),
    "without a time zone": (
        ["DTSTART:20261102T080000", "DTEND:20261102T090000"],
        "2026-11-02T08:00+01:00",
        "2026-11-02T09:00+01:00",
    ),
    "whole days": (
        ["DTSTART;VALUE=DATE:20261024", "DTEND;VALUE=DATE:20261026"],
        "2026-10-24T00:00+02:00",
        "2026-10-26T00:00+01:00",
    ),
    "a day without an end": (["DTSTART;VALUE=DATE:20261102"], "2026-11-02T00:00+01:00", "2026-11-03T00:00+01:00"),
    "in the words of another system": (
        ["DTSTART;TZID=W. Europe Standard Time:20261102T080000", "DURATION:PT1H"],
        "2026-11-02T08:00+01:00",
        "2026-11-02T09:00+01:00",
    ),
}


@pytest.mark.parametrize(("lines", "start", "end"), WHEN.values(), ids=WHEN)
def test_when_it_is(lines: list[str], start: str, end: str) -> None:
    assert read(calendar([*lines, "SUMMARY:sam"])).shifts == (Shift(ms(start), ms(end), "sam"),)


def test_exceptions_moved_and_cancelled_events() -> None:
    rule = "RRULE:FREQ=WEEKLY;COUNT=3"
    monday = event("sam", "20261102T080000", "20261103T080000", rule, "EXDATE;TZID=Europe/Amsterdam:20261109T080000")
    gone = event("noor", "20261104T080000", "20261105T080000", "STATUS:CANCELLED")
    starts = [shift.start for shift in read(calendar(monday, gone)).shifts]
    assert starts == [ms("2026-11-02T08:00+01:00"), ms("2026-11-16T08:00+01:00")]


def test_of_two_at_once_whoever_begins_last_has_it_and_it_is_told() -> None:
    found = read(calendar(event("noor", "20261102T080000", "20261109T080000"), event("sam", *DAY)))
    assert [shift.person for shift in found.shifts] == ["sam", "noor"]
    late = read(calendar(event("noor", "20261101T080000", "20261109T080000"), event("sam", *DAY)))
    assert [shift.person for shift in late.shifts] == ["noor", "sam", "noor"]
    assert late.doubled == ((ms("2026-11-02T08:00+01:00"), ms("2026-11-03T08:00+01:00")),)


DAILY = ["DTSTART:20200101T080000Z", "DURATION:PT1H", "SUMMARY:sam", "RRULE:FREQ=DAILY"]
ZONE_OF_SECONDS = (
    "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0100\r\n"
    "TZOFFSETTO:+0100\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)
REFUSED = {
    "a page to log in on": (b"<html>Log in</html>", "is no iCalendar: it does not begin with BEGIN:VCALENDAR"),
    "nothing at all": (b"", "is no iCalendar: it does not begin with BEGIN:VCALENDAR"),
    "no text": (b"\xff\xfe\x00", "is not UTF-8: is it an iCalendar?"),
    "too large": (b"x" * (SIZE_LIMIT + 1), "is larger than 1024 KiB: no rota needs that"),
    "cut off in the middle": (TWO_IN_TURN[:90], "cannot be followed: "),
    "no event": (calendar(), "has no shift within a year of now"),
    "all long ago": (calendar(event("sam", "20200101T080000", "20200102T080000")), "has no shift within a year of now"),
    "about nobody": (
        calendar(event("Overleg", *DAY)),
        "names nobody of `oncall.people`: its events are about `Overleg`",
    ),
    "a time zone that nobody knows": (
        calendar(event("sam", *DAY, zone="Mars/Olympus")),
        "the event `sam` has a DTSTART in the time zone `Mars/Olympus`, which nobody knows: name one such as "
        "Europe/Amsterdam, or give its VTIMEZONE",
    ),
    "no beginning": (calendar(["SUMMARY:sam"]), "the event `sam` has no beginning (DTSTART)"),
    "a beginning that is none": (
        calendar(["DTSTART:2026", "SUMMARY:sam"]),
        "the event `sam` has a DTSTART that cannot be",
    ),
    "every hour": (
        calendar(["DTSTART:20260101T080000Z", "DURATION:PT1H", "SUMMARY:sam", "RRULE:FREQ=HOURLY"]),
        "line 10: the rule `FREQ=HOURLY` has FREQ=HOURLY, which is finer than a day: write YEARLY, MONTHLY, WEEKLY or "
        "DAILY",
    ),
    "a time zone that changes every second": (
        calendar(DAILY, before=ZONE_OF_SECONDS),
        "line 10: the rule `FREQ=SECONDLY`",
    ),
    "a day that never comes": (
        calendar([*DAILY[:3], "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"]),
        "the event `sam` has a rule that never comes: no day within 400 years fits it",
    ),
    "two rules in one": (calendar([*DAILY, "RRULE:FREQ=WEEKLY"]), "the event `sam` has several lines RRULE"),
    "since the middle ages": (
        calendar(["DTSTART:14530529T080000Z", "DURATION:PT1H", "SUMMARY:sam", "RRULE:FREQ=DAILY"]),
        "the event `sam` repeats since 1453-05-29: let it begin in 2000 or later",
    ),
    "too many events": (
        calendar(*[event("sam", *DAY)] * (EVENTS_LIMIT + 1)),
        f"has {EVENTS_LIMIT + 1} events: at most",
    ),
    "too many that repeat": (calendar(*[DAILY] * 20), "repeats to more than 20000 shifts: no rota needs that"),
}


@pytest.mark.parametrize(("data", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(CalendarError) as refusal:
        read(data)
    assert str(refusal.value).startswith(said)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_whatever_it_holds_it_is_read_or_refused(data: st.DataObject) -> None:
    """A good calendar with pieces cut out of it, doubled or replaced."""
    good = bytearray(calendar(weekly("noor", "20260105", "20260112"), event("sam", *DAY), DAILY))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(good)))
        end = data.draw(st.integers(start, min(len(good), start + 40)))
        good[start:end] = data.draw(st.one_of(st.binary(max_size=8), st.just(bytes(good[start:end]) * 2)))
    try:
        found = read(bytes(good))
    except CalendarError:
        return
    assert all(shift.start < shift.end and shift.person in PEOPLE for shift in found.shifts)
