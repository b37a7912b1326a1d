"""Every exclusion, what it covered and what would be without it (docs/semantics.md, section 10)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from availability.account import Excluded, Exclusion
from availability.accounting import account
from availability.estate import Estate, Maintenance, Slot
from availability.judge import judge
from tests.availability.random_worlds import RandomWorld, worlds
from tests.availability.test_against_oracle import QUIET
from tests.availability.worlds import MINUTE, World, all_of, any_of, in_slots, minutes, opened, slot


def promised(*drawings: str, assumes_up: tuple[str, ...] = ()) -> World:
    """A service that needs a part for each drawing; what the customer asked for is excused."""
    world = World().agreed(opened(len(drawings[0])), excluded=("customer_request",), assumes_up=assumes_up)
    for name, drawing in zip("abcd", drawings, strict=False):
        world.leaf(name, drawing)
    return world


def told(world: World, as_of: int | None = None) -> dict[str, Exclusion]:
    return {one.id: one for one in world.account(as_of).exclusions}


def changed(exclusion: Exclusion) -> dict[str, tuple[float, dict[str, float]]]:
    """Per service what was covered, in minutes, and the figures that would be."""
    return {one.service: (one.covered_ms / MINUTE, minutes(one.without.figures)) for one in exclusion.services}


def test_a_record_is_told_with_what_it_covered_and_what_would_be_without_it() -> None:
    world = promised("oxxxxo").work("a", start=0, end=3)
    exclusion = told(world)["work-0"]
    assert changed(exclusion) == {"service": (2, {"up": 2, "down": 4})}
    assert minutes(exclusion.services[0].told.figures) == {"up": 2, "down": 2, "excluded": 2}
    assert exclusion.spans == ((slot(0), slot(3)),)


def test_who_entered_it_who_approved_it_and_why_are_told() -> None:
    world = promised("oxxo")
    record = Maintenance(
        "R1", "customer_request", ("a",), "restore", slot(1), slot(2), entered_by="anna", entered_at=1, ticket="T-7",
        approved_by="bert", approved_at=2, notice_ms=3,
    )  # fmt: skip
    world.records.append(record)
    exclusion = told(world)["R1"]
    assert (exclusion.reason, exclusion.ticket, exclusion.notice_ms) == ("restore", "T-7", 3)
    assert (exclusion.entered_by, exclusion.entered_at) == ("anna", 1)
    assert (exclusion.approved_by, exclusion.approved_at) == ("bert", 2)
    assert (exclusion.kind, exclusion.category, exclusion.affects) == ("maintenance", "customer_request", ("a",))


def test_one_that_changed_nothing_is_told_without_services() -> None:
    world = promised("oooo").work("a", start=1, end=2)
    assert [(one.id, one.services) for one in told(world).values()] == [("work-0", ())]


NOT_TOLD: dict[str, tuple[float, float, str]] = {
    "of a category that is not excused": (1, 2, "planned"),
    "outside the period": (-10_000, -9_000, "customer_request"),
    "after the instant as of which is told": (5, 6, "customer_request"),
    "that ends where it starts": (1, 1, "customer_request"),
    "that ends before it starts": (2, 1, "customer_request"),
}


@pytest.mark.parametrize("what", NOT_TOLD)
def test_a_record_is_not_told(what: str) -> None:
    start, end, category = NOT_TOLD[what]
    assert told(promised("oxxooooo").work("a", start=start, end=end, category=category), slot(5)) == {}


def test_a_record_that_waits_for_approval_is_no_exclusion() -> None:
    world = promised("oxxo")
    world.agreement = replace(world.agreement, approval_required=True)
    world.records.append(
        Maintenance("R1", "customer_request", ("a",), start_ms=slot(0), end_ms=slot(4), approved=False)
    )
    assert told(world) == {}


def test_overlapping_maintenance_changes_nothing_by_itself_where_another_covers_it() -> None:
    world = promised("oxxxxo").work("a", start=1, end=4).work("a", start=2, end=5)
    assert minutes(world.figures()) == {"up": 2, "excluded": 4}
    found = told(world)
    assert changed(found["work-0"]) == {"service": (3, {"up": 2, "down": 1, "excluded": 3})}
    assert changed(found["work-1"]) == {"service": (3, {"up": 2, "down": 1, "excluded": 3})}


def test_nested_maintenance_changes_nothing() -> None:
    world = promised("oxxxxo").work("a", start=1, end=5).work("a", start=2, end=3)
    (inner,) = told(world)["work-1"].services
    assert (inner.covered_ms, inner.without) == (MINUTE, inner.told)


def test_touching_maintenance_covers_each_its_own() -> None:
    world = promised("oxxxxo").work("a", start=1, end=3).work("a", start=3, end=5)
    assert [changed(one)["service"] for one in told(world).values()] == [(2, {"up": 2, "down": 2, "excluded": 2})] * 2


def test_the_same_time_may_need_two_records() -> None:
    world = promised("oxxo", "oxxo").work("a", start=1, end=3).work("b", start=1, end=3)
    assert [changed(one)["service"] for one in told(world).values()] == [(2, {"up": 2, "down": 2})] * 2


def test_a_record_covers_nothing_of_a_service_that_it_does_not_touch() -> None:
    world = promised("oxxo", "oxxo").service(all_of("a"), "first").service(all_of("b"), "second")
    world.work("a", start=1, end=3).work("b", start=1, end=2)
    assert {id_: list(changed(one)) for id_, one in told(world).items()} == {"work-0": ["first"], "work-1": ["second"]}


def test_a_record_of_a_service_is_an_exclusion_of_those_that_rest_on_it() -> None:
    world = (
        promised("oxxo").service(all_of("a"), "inner").service(all_of("inner"), "outer").work("inner", start=1, end=2)
    )
    assert list(changed(told(world)["work-0"])) == ["inner", "outer"]


def test_a_line_that_is_assumed_up_is_told_with_what_stood_behind_it() -> None:
    world = World().leaf("line", "oxxo").leaf("app", "oxxo", behind=("line",)).service(all_of("app"))
    world.agreed(opened(4), assumes_up=("line",))
    (exclusion,) = world.account().exclusions
    assert (exclusion.id, exclusion.kind, exclusion.category) == ("line", "assumed", "")
    assert changed(exclusion) == {"service": (2, {"up": 2, "unknown": 2})}


def test_what_is_assumed_up_is_told_for_the_period_so_far() -> None:
    world = promised("oooo", assumes_up=("a",))
    told_ = world.report()
    assert [one.spans for one in world.account().exclusions] == [((told_.period.start, told_.period.end),)]
    assert [one.spans for one in world.account(slot(2)).exclusions] == [((told_.period.start, slot(2)),)]
    assert world.account(told_.period.start).exclusions == ()


def test_a_weekly_record_is_told_with_each_time_it_applied() -> None:
    world = promised("oxxo").weekly("a", days=(1,), hours=Slot(540, 541))
    assert [in_slots(start) / 1440 for start, _ in told(world)["work-0"].spans] == [0, 7, 14, 21 + 60 / 1440]


def test_a_record_of_a_line_that_was_down_behind_a_twin_covers_nothing() -> None:
    world = promised("oxxo", "oooo").service(any_of("a", "b")).work("a", start=1, end=3)
    assert told(world)["work-0"].services == ()


def test_records_come_in_their_order_and_what_is_assumed_up_after_them() -> None:
    world = promised("oooo", "oooo", "oooo", assumes_up=("c", "b")).work("b", start=2, end=3).work("a", start=0, end=1)
    assert list(told(world)) == ["work-0", "work-1", "b", "c"]


def test_a_period_without_exclusions_has_none() -> None:
    assert promised("oxxo").account().exclusions == ()


def without(estate: Estate, exclusion: Exclusion, agreement: str) -> Estate:
    """The estate as if one agreement had never had the exclusion."""
    if exclusion.kind == "maintenance":
        return replace(estate, maintenance=tuple(one for one in estate.maintenance if one.id != exclusion.id))
    old = estate.agreements[agreement]
    new = replace(old, assumes_up=old.assumes_up - {exclusion.id})
    return replace(estate, agreements={**estate.agreements, agreement: new})


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(worlds())
def test_in_any_world_leaving_one_out_is_judging_an_estate_without_it(world: RandomWorld) -> None:
    surrounding = account(world.estate, world.facts, world.period, world.as_of)
    reported = {service.id: service for service in surrounding.report.services}
    for exclusion in surrounding.exclusions:
        changed = {one.service: one for one in exclusion.services}
        for id_, service in reported.items():
            estate = without(world.estate, exclusion, service.agreement)
            (otherwise,) = judge(estate, world.facts, world.period, world.as_of, [id_]).services
            if id_ in changed:
                one = changed[id_]
                assert one == Excluded(id_, one.covered_ms, service.judged, otherwise.judged)
                assert 0 < one.covered_ms <= service.judged.figures.excluded_ms
            else:
                assert otherwise.judged.figures.excluded_ms == service.judged.figures.excluded_ms
