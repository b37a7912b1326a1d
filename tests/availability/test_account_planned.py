"""Planned work in agreed hours, and upgrades (docs/semantics.md, section 10; Midden-Groningen SLA 3.5 and 3.7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from availability.account import PlannedWork
from availability.accounting import account
from availability.estate import Maintenance, Service, Slot, Window
from availability.judge import judge
from tests.availability.random_worlds import RandomWorld, worlds
from tests.availability.test_against_oracle import QUIET
from tests.availability.worlds import (
    EVERY_DAY,
    HOUR,
    MINUTE,
    World,
    all_of,
    any_of,
    at,
    in_slots,
    opened,
    slot,
)


def promised() -> World:
    """A service from 09:00 to 10:00 on one Tuesday, with a spare, and a line that it is behind."""
    world = World().leaf("line").leaf("app", behind=("line",)).leaf("spare").leaf("other").agreed(opened(60))
    return world.service(any_of("app", "spare"))


def told(world: World, as_of: int | None = None) -> tuple[PlannedWork, ...]:
    return world.account(as_of).planned


def test_work_is_told_with_the_agreed_time_it_takes_and_whole() -> None:
    (work,) = told(promised().work("app", start=-30, end=10, category="planned"))
    assert (work.id, work.category, in_slots(work.start), in_slots(work.end)) == ("work-0", "planned", -30, 10)
    assert work.services == (("service", 10 * MINUTE),)


TOUCHES = {
    "the service itself": "service",
    "a part of its expression": "app",
    "a spare": "spare",
    "what a part is behind": "line",
}


@pytest.mark.parametrize("what", TOUCHES)
def test_work_touches(what: str) -> None:
    assert [work.id for work in told(promised().work(TOUCHES[what], start=0, end=1, category="planned"))] == ["work-0"]


def test_work_touches_a_service_through_a_service_and_a_composite() -> None:
    world = promised().composite("both", all_of("service")).service(all_of("both"), "outer")
    (work,) = told(world.work("line", start=0, end=1, category="planned"))
    assert work.services == (("service", MINUTE), ("outer", MINUTE))


NOT_TOLD: dict[str, Callable[[World], World]] = {
    "on a part that no service rests on": lambda w: w.work("other", start=0, end=1, category="planned"),
    "outside the agreed hours": lambda w: w.work("app", start=60, end=90, category="planned"),
    "of a failover test": lambda w: w.work("app", start=0, end=1, category="failover_test"),
    "that ends before it starts": lambda w: w.work("app", start=2, end=1, category="planned"),
    "that ends where it starts": lambda w: w.work("app", start=2, end=2, category="planned"),
    "on what only a composite stands behind": lambda w: (
        w.leaf("road").composite("gate", all_of("app"), behind=("road",)).service(all_of("gate"))
        .work("road", start=0, end=1, category="planned")
    ),
    "an upgrade in another month": lambda w: w.work("app", start=-10_000, end=-9_000, category="upgrade"),
}  # fmt: skip


@pytest.mark.parametrize("what", NOT_TOLD)
def test_work_is_not_told(what: str) -> None:
    assert told(NOT_TOLD[what](promised())) == ()


def test_work_that_is_excused_is_told_too() -> None:
    world = promised().agreed(excluded=("customer_request",)).work("app", start=0, end=1)
    assert [work.category for work in told(world)] == ["customer_request"]


def test_work_that_is_still_to_come_is_told() -> None:
    assert len(told(promised().work("app", start=30, end=40, category="planned"), slot(0))) == 1


def test_work_that_begins_before_the_service_exists_takes_only_what_is_agreed() -> None:
    world = promised().service(all_of("app"), since=slot(20), until=slot(25))
    (work,) = told(world.work("app", start=0, end=60, category="planned"))
    assert work.services == (("service", 5 * MINUTE),)


def test_work_over_the_end_of_the_month_is_told_in_both_whole() -> None:
    world = promised().agreed(Window(EVERY_DAY, Slot(0, 1440)))
    start, end = at("2026-10-31T20:00+01:00"), at("2026-11-01T02:00+01:00")
    world.records.append(Maintenance("night", "planned", ("app",), start_ms=start, end_ms=end))
    (october,) = told(world)
    world.period = "2026-11"
    (november,) = told(world)
    assert (october.start, october.end) == (november.start, november.end) == (start, end)
    assert (october.services, november.services) == ((("service", 4 * HOUR),), (("service", 2 * HOUR),))


def test_weekly_work_is_told_each_time_it_takes_agreed_hours() -> None:
    world = promised().agreed(Window(frozenset((1,)), Slot(540, 600)))
    world.weekly("app", days=(1,), hours=Slot(590, 660), category="planned")
    assert [(in_slots(work.start), work.services) for work in told(world)] == [
        (50 + day * 1440 + change, (("service", 10 * MINUTE),)) for day, change in ((0, 0), (7, 0), (14, 0), (21, 60))
    ]


def test_weekly_work_at_the_edge_of_the_month_is_told_whole() -> None:
    world = promised().agreed(Window(EVERY_DAY, Slot(0, 1440)))
    world.weekly("app", days=(2,), hours=Slot(1380, 120), category="planned")
    world.period = "2026-09"
    work = told(world)[-1]
    assert (work.start, work.end) == (at("2026-09-30T23:00+02:00"), at("2026-10-01T02:00+02:00"))
    assert work.services == (("service", HOUR),)


def test_overlapping_records_are_told_each_by_itself() -> None:
    world = promised().work("app", start=0, end=10, category="planned").work("app", start=5, end=15, category="planned")
    assert [work.services for work in told(world)] == [(("service", 10 * MINUTE),)] * 2


def upgrade(start: str, end: str, *, at_most: int | None = 4 * HOUR, environment: str = "production") -> PlannedWork:
    """An upgrade of a service that is agreed in the evening, and of a spare environment that is agreed never."""
    world = promised()
    world.agreement = replace(world.agreement, upgrade_at_most_ms=at_most)
    world.services["service"] = replace(world.services["service"], environment=environment)
    world.records.append(Maintenance("up", "upgrade", ("app",), start_ms=at(start), end_ms=at(end)))
    (work,) = told(world)
    return work


def test_every_upgrade_is_told_also_outside_the_agreed_hours_and_of_what_nothing_rests_on() -> None:
    (work,) = told(promised().work("other", start=600, end=660, category="upgrade"))
    assert (work.services, work.too_long, work.in_office_hours) == ((), False, False)
    assert upgrade("2026-10-06T20:00+02:00", "2026-10-06T21:00+02:00").services == (("service", 0),)


def test_an_upgrade_may_take_exactly_as_long_as_was_agreed() -> None:
    assert not upgrade("2026-10-06T20:00+02:00", "2026-10-07T00:00+02:00").too_long
    assert upgrade("2026-10-06T20:00+02:00", "2026-10-07T00:00:00.001+02:00").too_long


def test_an_upgrade_over_a_clock_change_is_as_long_as_it_takes() -> None:
    assert upgrade("2026-10-25T00:00+02:00", "2026-10-25T04:00+01:00").too_long


def test_an_upgrade_in_office_hours_is_told_with_the_time_in_them() -> None:
    work = upgrade("2026-10-06T16:00+02:00", "2026-10-06T19:00+02:00")
    assert (work.office_ms, work.in_office_hours) == (2 * HOUR, True)


OUTSIDE = {
    "in the evening": ("2026-10-06T18:00+02:00", "2026-10-06T20:00+02:00"),
    "at the weekend": ("2026-10-10T10:00+02:00", "2026-10-10T12:00+02:00"),
}


@pytest.mark.parametrize("when", OUTSIDE)
def test_an_upgrade_outside_office_hours(when: str) -> None:
    work = upgrade(*OUTSIDE[when])
    assert (work.office_ms, work.in_office_hours) == (0, False)


def test_an_upgrade_on_a_holiday_is_outside_office_hours() -> None:
    world = promised()
    world.agreement = replace(world.agreement, upgrade_at_most_ms=4 * HOUR)
    world.period = "2026-12"
    start, end = at("2026-12-25T10:00+01:00"), at("2026-12-25T12:00+01:00")
    world.records.append(Maintenance("up", "upgrade", ("app",), start_ms=start, end_ms=end))
    assert [(work.office_ms, work.in_office_hours) for work in told(world)] == [(0, False)]


def test_where_nothing_was_agreed_about_upgrades_none_is_too_long() -> None:
    work = upgrade("2026-10-06T09:00+02:00", "2026-10-06T18:00+02:00", at_most=None)
    assert (work.office_ms, work.too_long, work.in_office_hours) == (9 * HOUR, False, False)


def test_an_upgrade_of_a_test_environment_may_take_longer() -> None:
    work = upgrade("2026-10-06T09:00+02:00", "2026-10-06T18:00+02:00", environment="test")
    assert (work.too_long, work.in_office_hours) == (False, False)


def test_only_an_upgrade_is_too_long_or_in_office_hours() -> None:
    world = promised().work("app", start=0, end=600, category="planned")
    world.agreement = replace(world.agreement, upgrade_at_most_ms=HOUR)
    (work,) = told(world)
    assert (work.office_ms, work.too_long, work.in_office_hours) == (9 * HOUR, False, False)


def test_of_several_agreements_the_shortest_upgrade_counts() -> None:
    world = promised().work("app", start=600, end=720, category="upgrade")
    estate = world.estate()
    agreements = {
        "agreement": replace(world.agreement, upgrade_at_most_ms=4 * HOUR),
        "stricter": replace(world.agreement, id="stricter", upgrade_at_most_ms=HOUR),
    }
    stricter = Service("stricter", "stricter", all_of("app"))
    estate = replace(estate, agreements=agreements, services={**estate.services, "stricter": stricter})
    report = world.report()

    def too_long(*services: str) -> bool:
        return account(estate, {}, report.period, report.as_of, services).planned[0].too_long

    assert (too_long("service"), too_long("stricter"), too_long("service", "stricter")) == (False, True, True)


def test_work_comes_in_order_of_time() -> None:
    world = promised().work("app", start=20, end=21, category="planned").work("app", start=5, end=6, category="planned")
    assert [work.id for work in told(world)] == ["work-1", "work-0"]


def test_work_of_many_years_is_told() -> None:
    world = promised().agreed(Window(frozenset(), Slot(0, 1440), special_days={date(2026, 10, 6): Slot(540, 600)}))
    start, end = at("1971-01-01T00:00Z"), at("9000-01-01T00:00Z")
    world.records.append(Maintenance("always", "upgrade", ("app",), start_ms=start, end_ms=end))
    (work,) = told(world)
    assert (work.start, work.end, work.services) == (start, end, (("service", HOUR),))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(worlds())
def test_in_any_world_the_work_told_takes_what_down_time_there_would_be(world: RandomWorld) -> None:
    """Were a service down all the time, excluding the category would exclude exactly what the work takes of it."""
    for work in account(world.estate, world.facts, world.period, world.as_of).planned:
        record = replace(
            next(one for one in world.estate.maintenance if one.id == work.id),
            start_ms=work.start, end_ms=work.end, every=None,
        )  # fmt: skip
        for id_, taken in work.services:
            service = world.estate.services[id_]
            agreement = replace(
                world.estate.agreements[service.agreement], excluded=frozenset({work.category}), assumes_up=frozenset()
            )
            estate = replace(
                world.estate,
                agreements={**world.estate.agreements, agreement.id: agreement},
                maintenance=(replace(record, affects=(id_,)),),
            )
            (report,) = judge(estate, {}, world.period, world.period.end, [id_]).services
            assert report.judged.figures.excluded_ms == taken
