"""The log book of backups: what came of every day, how long copies are kept, and the restore tests by quarter."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability.backups import DayStatus, Job, Retention, days_between, job_log, restore_log
from availability.edges import to_ms
from availability.heartbeats import HeartbeatReport

ZONE = "Europe/Amsterdam"
HOUR = 3_600_000
DAY = 24 * HOUR


def ms(text: str) -> int:
    """Local time without an offset."""
    moment = datetime.fromisoformat(text)
    return to_ms(moment.replace(tzinfo=ZoneInfo(ZONE)) if moment.tzinfo is None else moment)


START, END = ms("2026-11-01"), ms("2026-12-01")
DAILY = Job("copy", "backup", "", "", 26 * HOUR, 2 * HOUR, None, START, [(START, END)])


def done(at: str, good: bool = True, **more: object) -> HeartbeatReport:
    return replace(HeartbeatReport("copy", ms(at), good, ms(at), "venlo"), **more)


def failed(at: str) -> HeartbeatReport:
    return done(at, good=False)


Told = tuple[DayStatus, int | None]

DAYS: dict[str, tuple[list[HeartbeatReport], str, list[Told]]] = {
    "every night": (
        [done("2026-11-09T02:00"), done("2026-11-10T02:10"), done("2026-11-11T01:50")],
        "2026-11-12",
        [("done", None), ("done", None), ("done", None)],
    ),
    "a night without": (
        [done("2026-11-09T02:00"), done("2026-11-11T02:00")],
        "2026-11-12",
        [("done", None), ("missing", 20 * HOUR), ("done", 22 * HOUR)],
    ),
    "later than due the same day": (
        [done("2026-11-09T02:00"), done("2026-11-10T15:00"), done("2026-11-11T02:00")],
        "2026-11-12",
        [("done", None), ("late", 11 * HOUR), ("done", None)],
    ),
    "exactly when it is due": (
        [done("2026-11-09T02:00"), done("2026-11-10T04:00"), done("2026-11-11T06:00:00.001")],
        "2026-11-12",
        [("done", None), ("done", None), ("late", 1)],
    ),
    "late over midnight": (
        [done("2026-11-09T21:30"), done("2026-11-11T00:10")],
        "2026-11-12",
        [("done", None), ("late", 30 * 60_000), ("done", 40 * 60_000)],
    ),
    "a failure alone": (
        [done("2026-11-09T02:00"), failed("2026-11-10T02:00"), done("2026-11-11T02:00")],
        "2026-11-12",
        [("done", None), ("failed", None), ("done", 22 * HOUR)],
    ),
    "a failure that was made good the same day": (
        [done("2026-11-09T02:00"), failed("2026-11-10T02:00"), done("2026-11-10T03:00"), done("2026-11-11T02:00")],
        "2026-11-12",
        [("done", None), ("done", None), ("done", None)],
    ),
    "the day that runs": (
        [done("2026-11-09T02:00"), done("2026-11-10T02:00")],
        "2026-11-11T03:59",
        [("done", None), ("done", None), ("pending", None)],
    ),
    "the day that runs, late": (
        [done("2026-11-09T02:00"), done("2026-11-10T02:00")],
        "2026-11-11T05:00",
        [("done", None), ("done", None), ("late", HOUR)],
    ),
    "the day that runs, missing": (
        [done("2026-11-09T02:00"), done("2026-11-10T02:00")],
        "2026-11-11T06:00",
        [("done", None), ("done", None), ("missing", 2 * HOUR)],
    ),
    "days to come": ([done("2026-11-09T02:00")], "2026-11-09T12:00", [("done", None)]),
    "never": ([], "2026-11-12", [("missing", None)] * 3),
}


@pytest.mark.parametrize("case", DAYS)
def test_what_came_of_every_day(case: str) -> None:
    reports, now, told = DAYS[case]
    days = list(days_between(ms("2026-11-09"), ms("2026-11-12"), ZONE))
    log = job_log(DAILY, reports, days, ms(now))
    assert [(each.status, each.late_ms) for each in log.days] == told
    assert [each.day.day for each in log.days] == [9, 10, 11][: len(told)]
    assert [report for each in log.days for report in each.reports] == reports


def test_a_weekly_job_has_days_without_a_report() -> None:
    weekly = replace(DAILY, within_ms=8 * DAY)
    days = list(days_between(ms("2026-11-08"), ms("2026-11-12"), ZONE))
    log = job_log(weekly, [done("2026-11-08T05:00")], days, END)
    assert [each.status for each in log.days] == ["done", "not_due", "not_due", "not_due"]


def test_a_job_that_is_new_is_awaited_before_it_is_missing() -> None:
    new = replace(DAILY, since=ms("2026-11-09T12:00"), looks=[(ms("2026-11-09T12:00"), END)])
    days = list(days_between(ms("2026-11-08"), ms("2026-11-12"), ZONE))
    assert [each.status for each in job_log(new, [], days, END).days] == ["unwatched", "awaited", "missing", "missing"]


def test_where_nobody_looked_nobody_knows() -> None:
    looks = [(START, ms("2026-11-09T18:00")), (ms("2026-11-11T06:00"), END)]
    absent = replace(DAILY, looks=looks)
    days = list(days_between(ms("2026-11-09"), ms("2026-11-13"), ZONE))
    log = job_log(absent, [done("2026-11-09T02:00"), done("2026-11-12T02:00")], days, END)
    assert [each.status for each in log.days] == ["done", "unwatched", "missing", "done"]
    assert [each.status for each in job_log(replace(DAILY, since=None, looks=[]), [], days, END).days] == [
        "unwatched"
    ] * 4


def test_a_report_by_night_belongs_to_its_local_day_also_where_the_clocks_change() -> None:
    days = list(days_between(ms("2026-10-24"), ms("2026-10-27"), ZONE))
    assert [end - start for _, start, end in days] == [DAY, 25 * HOUR, DAY]
    job = replace(DAILY, since=ms("2026-10-01"), looks=[(ms("2026-10-01"), END)])
    nights = [done("2026-10-24T02:30"), done("2026-10-25T02:30:00+01:00"), done("2026-10-26T00:00")]
    log = job_log(job, nights, days, END)
    assert [(each.day, len(each.reports)) for each in log.days] == [
        (date(2026, 10, 24), 1),
        (date(2026, 10, 25), 1),
        (date(2026, 10, 26), 1),
    ]


def test_days_are_whole_whatever_instants_are_asked_for() -> None:
    days = list(days_between(ms("2026-11-09T13:00"), ms("2026-11-11T00:00:00.001"), ZONE))
    assert [day.isoformat() for day, _, _ in days] == ["2026-11-09", "2026-11-10", "2026-11-11"]
    assert days[0][1] == ms("2026-11-09")


KEEPING: dict[str, tuple[int | None, list[HeartbeatReport], Retention]] = {
    "nothing agreed": (None, [done("2026-11-09T02:00")], "not_configured"),
    "nothing told": (60 * DAY, [done("2026-11-09T02:00")], "not_reported"),
    "no reports": (60 * DAY, [], "not_reported"),
    "as long as agreed": (7 * DAY, [done("2026-11-09T02:00", oldest_copy=ms("2026-11-02T02:00"))], "kept"),
    "less by a round": (7 * DAY, [done("2026-11-09T02:00", oldest_copy=ms("2026-11-03T02:00"))], "kept"),
    "less by more, with backups for long enough": (
        3 * DAY,
        [done("2026-11-02T02:00"), done("2026-11-09T02:00", oldest_copy=ms("2026-11-08T02:00"))],
        "short",
    ),
    "less by more, and backups are young": (
        60 * DAY,
        [done("2026-11-02T02:00"), done("2026-11-09T02:00", oldest_copy=ms("2026-11-02T02:00"))],
        "growing",
    ),
    "the last one that tells counts": (
        3 * DAY,
        [
            done("2026-11-02T02:00", oldest_copy=ms("2026-11-02T02:00")),
            done("2026-11-09T02:00", oldest_copy=ms("2026-11-05T02:00")),
            done("2026-11-10T02:00"),
        ],
        "kept",
    ),
}


@pytest.mark.parametrize("case", KEEPING)
def test_how_long_copies_are_kept(case: str) -> None:
    keep, reports, retention = KEEPING[case]
    days = list(days_between(ms("2026-11-09"), ms("2026-11-12"), ZONE))
    assert job_log(replace(DAILY, keep_ms=keep), reports, days, END).retention == retention


def test_restore_tests_are_one_a_quarter() -> None:
    job = replace(DAILY, since=ms("2026-02-01"), looks=[(ms("2026-02-01"), END)])
    tests = [done("2026-05-20T11:00"), failed("2026-08-10T11:00"), done("2026-10-01T00:00")]
    log = restore_log(job, tests, ms("2025-12-31"), ms("2027-06-01"), ms("2026-11-20"), ZONE)
    assert [(each.period.label, each.status) for each in log.quarters] == [
        ("2025-Q4", "unwatched"),
        ("2026-Q1", "missing"),
        ("2026-Q2", "done"),
        ("2026-Q3", "missing"),
        ("2026-Q4", "done"),
    ]
    assert [len(each.reports) for each in log.quarters] == [0, 0, 1, 1, 1]
    assert log.last == tests[2]
    assert log.due == ms("2027-01-02"), "the end of 1 January"


def test_a_quarter_that_runs_is_open() -> None:
    log = restore_log(DAILY, [], ms("2026-11-01"), ms("2026-12-01"), ms("2026-11-20"), ZONE)
    assert [(each.period.label, each.status) for each in log.quarters] == [("2026-Q4", "pending")]
    assert (log.last, log.due) == (None, None)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        ("2026-11-30T10:00", "2027-03-01"),
        ("2026-11-15T23:59", "2027-02-16"),
        ("2027-11-30T10:00", "2028-03-01"),
        ("2026-12-31T00:00", "2027-04-01"),
        ("2026-09-14T11:00", "2026-12-15"),
    ],
)
def test_a_quarter_later(last: str, due: str) -> None:
    log = restore_log(DAILY, [done(last)], ms(last), ms(last) + DAY, ms(last) + DAY, ZONE)
    assert log.due == ms(due)


instants = st.lists(st.tuples(st.integers(START, END), st.booleans()), max_size=30)


@given(instants, st.integers(START, END + DAY))
def test_every_report_is_on_its_day_and_every_day_has_a_word(given: list[tuple[int, bool]], now: int) -> None:
    reports = [HeartbeatReport("copy", at, good, at, "venlo") for at, good in sorted(set(given))]
    days = list(days_between(START, END + 1, ZONE))
    log = job_log(DAILY, reports, days, now)
    assert len(log.days) == sum(start < now for _, start, _ in days)
    for each, (day, start, end) in zip(log.days, days, strict=False):
        assert each.day == day
        assert list(each.reports) == [report for report in reports if start <= report.at < end]
        good = any(report.good for report in each.reports)
        assert (each.status in ("done", "late")) or not good
        assert (each.status == "failed") is (bool(each.reports) and not good)
