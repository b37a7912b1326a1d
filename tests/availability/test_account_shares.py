"""Whose downtime it was, participants, parts by themselves, and months (docs/semantics.md, section 10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings

from availability.account import Account, OwnerShare
from availability.accounting import account, account_of
from availability.estate import Per, Service, Slot, Window
from availability.evaluation import Evaluation
from availability.judge import judge, observe
from availability.report import Figures
from tests.availability.random_worlds import RandomWorld, worlds
from tests.availability.test_against_oracle import QUIET
from tests.availability.worlds import (
    MINUTE,
    World,
    all_of,
    any_of,
    at,
    drawn,
    in_slots,
    minutes,
    opened,
    slot,
)


def of(world: World, owner: str, as_of: int | None = None) -> OwnerShare:
    return next(share for share in world.surrounding(as_of=as_of).owners if share.owner == owner)


def chain(norm: str = "9/10") -> World:
    """Red is down for two minutes, blue for three, of which they share one; nobody owns what is down in the end."""
    world = World().agreed(opened(20), norm=norm)
    world.leaf("a", "oxxooooooooooooooooo", owner="red").leaf("b", "ooxxxooooooooooooooo", owner="blue")
    return world.leaf("c", "oooooooooxoooooo-ooo").leaf("d", "o" * 20, owner="green")


def test_a_share_is_as_if_only_its_own_parts_had_failed() -> None:
    world = chain()
    assert minutes(world.figures()) == {"up": 14, "down": 5, "unknown": 1}
    assert minutes(of(world, "red").judged.figures) == {"up": 17, "down": 2, "unknown": 1}
    assert minutes(of(world, "blue").judged.figures) == {"up": 16, "down": 3, "unknown": 1}


def test_the_time_that_two_owners_share_is_told_to_both() -> None:
    world = chain()
    assert [(share.owner, share.shared_ms / MINUTE) for share in world.surrounding().owners] == [
        ("blue", 1), ("green", 0), ("red", 1)
    ]  # fmt: skip


def test_downtime_that_nobody_owns_is_told_by_itself() -> None:
    assert chain().surrounding().unowned_ms == MINUTE


def test_downtime_beside_which_an_owner_failed_too_is_owned() -> None:
    world = chain()
    world.leaf("c", "oxxooooooooooooooooo")
    assert world.surrounding().unowned_ms == 0
    assert of(world, "red").shared_ms == MINUTE


def test_an_owner_with_nothing_down_has_a_share_of_nothing() -> None:
    green = of(chain(), "green")
    assert (green.judged.figures.down_ms, green.judged.verdict, green.shared_ms) == (0, "met", 0)


def test_each_is_held_against_the_norm_of_the_service() -> None:
    world = chain()
    assert world.told().judged.verdict == "missed"
    assert [(share.owner, share.judged.verdict) for share in world.surrounding().owners] == [
        ("blue", "missed"), ("green", "met"), ("red", "undetermined")
    ]  # fmt: skip


def test_while_the_period_runs_a_share_is_pending_where_the_service_is_lost() -> None:
    world = chain("8/10")
    assert world.told(as_of=slot(12)).judged.verdict == "missed"
    assert of(world, "red", as_of=slot(12)).judged.verdict == "pending"


def test_a_spare_that_was_dead_while_its_twin_was_up_is_nobodys_downtime() -> None:
    world = World().leaf("a", "oxxo", owner="red").leaf("b", "oooo", owner="blue").agreed(opened(4))
    world.service(any_of("a", "b"))
    assert [share.judged.figures.down_ms for share in world.surrounding().owners] == [0, 0]


def test_an_owner_of_a_part_outside_the_chain_has_no_share() -> None:
    world = World().leaf("a", "oxxo", owner="red").leaf("line", "oxxo", owner="blue").agreed(opened(4))
    world.service(all_of("a"), needs={"venlo": ("line",)})
    assert [share.owner for share in world.surrounding().owners] == ["red"]


def test_of_a_quarter_a_share_has_a_verdict_per_month() -> None:
    days = {date(2026, month, 6): Slot(540, 550) for month in (10, 11, 12)}
    world = World(period="2026-Q4").agreed(Window(frozenset(), Slot(0, 1440), special_days=days), norm="9/10")
    november, december = at("2026-11-06T09:00+01:00"), at("2026-12-06T09:00+01:00")
    good = "o" * 10
    world.leaf("a", [*drawn("xxoooooooo"), *drawn(good, november), *drawn(good, december)], owner="red")
    world.leaf("b", [*drawn(good), *drawn("xxxooooooo", november), *drawn(good, december)], owner="blue")
    assert world.told().judged.verdict == "missed"
    red, blue = of(world, "red").judged, of(world, "blue").judged
    assert [part.verdict for part in red.parts or ()] == ["missed", "met", "met"]
    assert [part.verdict for part in blue.parts or ()] == ["met", "missed", "met"]
    assert [part.figures.down_ms / MINUTE for part in blue.parts or ()] == [0, 3, 0]
    assert (red.verdict, blue.verdict) == ("missed", "missed")


def test_a_period_without_a_verdict_gives_shares_without_one() -> None:
    world = chain()
    world.agreement = replace(world.agreement, per="year")
    assert {share.judged.verdict for share in world.surrounding().owners} == {None}


def test_a_participant_has_the_outages_that_it_has() -> None:
    world = World().leaf("app", "oxoooo").leaf("line", "oooxxo", owner="red").agreed(opened(6))
    world.service(all_of("app"), needs={"venlo": ("line",), "weert": ()})
    told = world.surrounding().participants
    assert list(told) == ["venlo"]
    assert [(in_slots(one.start), one.down_ms / MINUTE, one.causes) for one in told["venlo"].outages] == [
        (1, 1, ("app",)), (3, 2, ("line",))
    ]  # fmt: skip


def test_a_chain_is_told_only_when_asked_for() -> None:
    assert chain().surrounding().chain is None


def test_every_part_of_a_chain_is_judged_by_itself() -> None:
    told = chain().surrounding(chain=True).chain
    assert told is not None
    assert [(part.id, part.owner, part.judged.figures.down_ms / MINUTE, part.judged.verdict) for part in told] == [
        ("a", "red", 2, "met"), ("b", "blue", 3, "missed"), ("c", None, 1, "met"), ("d", "green", 0, "met")
    ]  # fmt: skip


def test_a_part_that_failed_beside_its_twin_was_down_and_caused_nothing() -> None:
    world = World().leaf("a", "oxxxo").leaf("b", "oooxo").agreed(opened(5)).service(any_of("a", "b"))
    first, second = world.surrounding(chain=True).chain or ()
    assert (first.judged.figures.down_ms, first.caused_ms) == (3 * MINUTE, MINUTE)
    assert (second.judged.figures.down_ms, second.caused_ms) == (MINUTE, MINUTE)
    assert [(in_slots(one.start), one.causes) for one in first.outages] == [(1, ("a",))]


def test_a_part_falls_under_the_hours_and_the_excuses_of_the_service() -> None:
    world = World().leaf("a", "xxxxxxxx").agreed(opened(6), excluded=("customer_request",)).work("a", start=0, end=2)
    world.service(all_of("a"), since=slot(1), until=slot(5))
    (part,) = world.surrounding(chain=True).chain or ()
    assert minutes(part.judged.figures) == {"excluded": 1, "down": 3}


@pytest.mark.parametrize("per", ["month", "quarter", "year"])
@pytest.mark.parametrize(("period", "length"), [("2026-10", 0), ("2026-Q4", 3), ("2026", 12)])
def test_the_months_of_a_longer_period_are_told_whatever_the_agreement_is_by(
    per: Per, period: str, length: int
) -> None:
    world = World(period=period).leaf("app", "oxo")
    world.agreement = replace(world.agreement, per=per)
    months = world.surrounding().months
    assert len(months) == length
    if length:
        (october,) = (figures for label, figures in months if label == "2026-10")
        assert october.down_ms == MINUTE


def test_a_month_without_agreed_time_is_told_as_well() -> None:
    world = World(period="2026-Q4").leaf("app", "oxo").agreed(opened(3))
    assert [(label, minutes(figures)) for label, figures in world.surrounding().months] == [
        ("2026-10", {"up": 2, "down": 1}), ("2026-11", {}), ("2026-12", {})
    ]  # fmt: skip


def test_the_owners_of_all_parts_are_told() -> None:
    assert chain().account().owners == {"a": "red", "b": "blue", "d": "green"}


def test_other_environments_stand_with_the_service_they_are_one_of() -> None:
    world = World().leaf("app", "o").service(all_of("app"), "first").service(all_of("app"), "second")
    for id_ in ("test", "acceptance"):
        world.services[id_] = Service(id_, "agreement", all_of("app"), environment=id_, environment_of="first")
    assert world.account().environments == {"first": ("test", "acceptance")}


def test_of_the_environments_only_those_that_are_reported_are_told() -> None:
    world = World().leaf("app", "o").service(all_of("app"), "first")
    for id_ in ("test", "acceptance"):
        world.services[id_] = Service(id_, "agreement", all_of("app"), environment=id_, environment_of="first")
    told = world.report()

    def environments(*services: str) -> dict[str, tuple[str, ...]]:
        return dict(account(world.estate(), world.facts, told.period, told.as_of, services).environments)

    assert environments("first", "test") == {"first": ("test",)}
    assert environments("acceptance", "test") == {}


def accounted(world: RandomWorld) -> Account:
    return account(world.estate, world.facts, world.period, world.as_of, chain=True)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(worlds())
def test_in_any_world_the_shares_are_those_of_the_report(world: RandomWorld) -> None:
    told = accounted(world)
    for service in told.report.services:
        surrounding = told.services[service.id]
        figures = service.judged.figures
        down = {share.owner: share.judged.figures.down_ms for share in surrounding.owners}
        assert {owner: time for owner, time in down.items() if time} == service.downtime_by_owner_ms
        assert list(down) == sorted(down)
        assert surrounding.unowned_ms + sum(down.values()) >= figures.down_ms
        for share in surrounding.owners:
            own = share.judged.figures
            assert (own.judged_ms, own.unknown_ms, own.rest_ms) == (
                figures.judged_ms,
                figures.unknown_ms,
                figures.rest_ms,
            )
            assert 0 <= share.shared_ms <= own.down_ms
            assert [part.label for part in share.judged.parts or ()] == [
                part.label for part in service.judged.parts or ()
            ]
            assert sum(part.figures.down_ms for part in share.judged.parts or ()) == (
                own.down_ms if share.judged.parts else 0
            )


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(worlds())
def test_in_any_world_the_months_sum_to_the_whole(world: RandomWorld) -> None:
    told = accounted(world)
    for service in told.report.services:
        months = [figures for _, figures in told.services[service.id].months]
        assert len(months) == (3 if "Q" in world.period.label else 0)
        if months:
            assert sums(months) == sums([service.judged.figures])


def sums(several: list[Figures]) -> list[int]:
    names = ("up_ms", "down_ms", "unknown_ms", "excluded_ms", "rest_ms", "unconfirmed_failed_ms")
    return [sum(getattr(figures, name) for figures in several) for name in names]


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(worlds())
def test_in_any_world_a_part_by_itself_is_a_service_of_that_part(world: RandomWorld) -> None:
    told = accounted(world)
    for service in world.estate.services.values():
        for part in told.services[service.id].chain or ():
            alone = replace(service, id="alone", up_when=all_of(part.id), participants=())
            estate = replace(world.estate, services={**world.estate.services, "alone": alone})
            (report,) = judge(estate, world.facts, world.period, world.as_of, ["alone"]).services
            assert (part.judged, part.outages) == (report.judged, report.outages)
            assert part.caused_ms <= told.services[service.id].unowned_ms + sum(
                share.judged.figures.down_ms for share in told.services[service.id].owners
            )


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(worlds())
def test_in_any_world_a_participant_has_the_outages_of_a_service_with_all_it_needs(world: RandomWorld) -> None:
    told = accounted(world)
    for service in world.estate.services.values():
        for user in service.participants:
            if user.needs:
                alone = replace(service, id="alone", up_when=all_of(service.id, *user.needs), participants=())
                estate = replace(world.estate, services={**world.estate.services, "alone": alone})
                (report,) = judge(estate, world.facts, world.period, world.as_of, ["alone"]).services
                assert told.services[service.id].participants[user.id].outages == report.outages


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(worlds())
def test_an_account_around_a_report_that_was_made_is_the_same_account(world: RandomWorld) -> None:
    report = judge(world.estate, world.facts, world.period, world.as_of)
    evaluation = Evaluation(world.estate, observe(world.estate, world.facts, world.as_of))
    assert account_of(evaluation, report, chain=True) == accounted(world)


def test_a_norm_hit_exactly_by_a_share_is_met() -> None:
    world = World().leaf("a", "x" + "o" * 9, owner="red").leaf("b", "oxx" + "o" * 7, owner="blue").agreed(opened(10))
    world.agreed(norm="9/10")
    assert of(world, "red").judged.figures.availability == Fraction(9, 10)
    assert (of(world, "red").judged.verdict, of(world, "blue").judged.verdict) == ("met", "missed")
