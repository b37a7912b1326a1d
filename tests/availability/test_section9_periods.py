"""Which period an incident belongs to, and the norm that the incidents of a period are held against (section 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest

from availability.incidents import earliest_report
from availability.outcome import Status
from availability.periods import parse_period
from availability.ports import Row
from availability.recovery import (
    Limit,
    PriorityLimits,
    PriorityShare,
    Targets,
)
from availability.working_time import WorkingTime
from tests.availability.incident_worlds import TARGETS, call, down, only, told
from tests.availability.worlds import AMSTERDAM, DAY, HOUR, MINUTE, World, any_of, at, through

PERIODS = {
    "closed before the limit": ("2026-10-30T17:00+01:00", "2026-10-30T18:00+01:00", "2026-10"),
    "reported in October, closed in November within its limit": (
        "2026-10-30T17:00+01:00",
        "2026-11-02T09:00+01:00",
        "2026-11",
    ),
    "its limit passed in October": ("2026-10-29T17:00+01:00", "2026-11-02T09:00+01:00", "2026-10"),
    "its limit passed in November, never closed": ("2026-10-30T17:00+01:00", None, "2026-11"),
    "closed at the instant the month begins": ("2026-10-30T17:00+01:00", "2026-11-01T00:00+01:00", "2026-11"),
}


@pytest.mark.parametrize("case", PERIODS)
def test_an_incident_belongs_to_one_period(case: str) -> None:
    reported, closed, expected = PERIODS[case]
    world = World().leaf("app", "oo")
    belonging = [
        period
        for period in ("2026-09", "2026-10", "2026-11", "2026-12")
        if told(world, call(reported, closed), period=period).incidents
    ]
    assert belonging == [expected]


def test_an_incident_that_is_open_within_its_limit_belongs_to_none_yet() -> None:
    world = World().leaf("app", "oo")
    due = at("2026-10-06T13:00+02:00")
    assert not told(world, call("2026-10-06T09:00+02:00"), as_of=due).incidents
    assert only(told(world, call("2026-10-06T09:00+02:00"), as_of=due + 1)).recovery == "missed"


def test_an_outage_belongs_to_the_period_in_which_it_was_over() -> None:
    world = down("2026-10-30T17:30+01:00", "2026-11-01T12:00+01:00")
    assert not told(world).incidents
    assert only(told(world, period="2026-11")).recovery == "within"
    late = down("2026-10-29T08:00+01:00", "2026-11-01T12:00+01:00")
    assert only(told(late)).recovery == "missed"
    assert not told(late, period="2026-11").incidents


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        # A report on Monday 16 November has its tenth working day on Monday 30 November, before the month.
        (TARGETS.priorities, "2026-11-17T00:00+01:00"),
        ({1: PriorityLimits(recovery=Limit(Fraction(4), "working hours"))}, "2026-11-30T14:00:00.001+01:00"),
        ({1: PriorityLimits(recovery=Limit(Fraction(48), "hours"))}, "2026-11-29T00:00+01:00"),
        ({1: PriorityLimits(recovery=Limit(Fraction(200), "working days"))}, None),
        ({}, "2026-12-01T00:00+01:00"),
    ],
    ids=["ten working days", "four working hours", "48 hours", "200 working days", "none"],
)
def test_how_far_back_an_incident_of_a_period_can_begin(
    limits: dict[int, PriorityLimits], expected: str | None
) -> None:
    working = WorkingTime.of(World().leaf("app", "oo").estate())
    start = parse_period("2026-12", AMSTERDAM).start
    found = earliest_report(Targets(Fraction(85, 100), limits), working, start)
    if expected is not None:
        assert found == at(expected)
    for each in limits.values():
        limit = each.recovery or each.reaction
        assert limit is None or working.due(found - 1, limit) < start


def test_a_limit_without_end_reaches_back_as_far_as_any() -> None:
    working = WorkingTime.of(World().leaf("app", "oo").estate())
    targets = Targets(Fraction(1), {1: PriorityLimits(recovery=Limit(Fraction(10**6), "working days"))})
    start = parse_period("2026-12", AMSTERDAM).start
    assert start - 90 * 366 * DAY < earliest_report(targets, working, start) < start - 19 * 366 * DAY


def test_what_was_confirmed_after_the_month_was_over_belongs_to_the_next() -> None:
    end = parse_period("2026-10", AMSTERDAM).end
    start = end - 5 * MINUTE
    rows: dict[str, Sequence[Row]] = {
        "a": [through(Status.FAILED, start, end - MINUTE), through(Status.OK, end - MINUTE, end + HOUR)],
        "b": [
            through(Status.FAILED, end - 2 * MINUTE, end + 9 * MINUTE),
            through(Status.OK, end + 9 * MINUTE, end + HOUR),
        ],
    }
    world = World().leaf("a", rows["a"], fall=3).leaf("b", rows["b"], fall=4).service(any_of("a", "b"))
    belonging = [period for period in ("2026-10", "2026-11") if told(world, period=period).incidents]
    assert belonging == ["2026-11"]


@pytest.mark.parametrize(("missed", "verdict"), [(3, "met"), (4, "missed")])
def test_exactly_85_percent_is_met(missed: int, verdict: str) -> None:
    within = [
        replace(call("2026-10-06T09:00+02:00", "2026-10-06T10:00+02:00", 1 + n % 2), id=f"W{n}")
        for n in range(20 - missed)
    ]
    late = [replace(call("2026-10-06T09:00+02:00", "2026-10-09T10:00+02:00"), id=f"L{n}") for n in range(missed)]
    report = told(World().leaf("app", "oo"), *within, *late)
    assert report.verdict == verdict
    assert report.total == PriorityShare(0, 20, 20 - missed)
    assert report.total.share == Fraction(20 - missed, 20)
    assert [share.priority for share in report.priorities] == [1, 2, 3, 4]
    assert sum(share.incidents for share in report.priorities) == 20
    assert report.priorities[2].share is None


def test_while_the_period_runs_the_verdict_is_pending() -> None:
    world = World().leaf("app", "oo")
    end = parse_period("2026-10", AMSTERDAM).end
    late = call("2026-10-06T09:00+02:00", "2026-10-09T10:00+02:00")
    assert told(world, late, as_of=end - 1).verdict == "pending"
    assert told(world, late, as_of=end).verdict == "missed"
    assert told(world, as_of=end).verdict == "no_data"
