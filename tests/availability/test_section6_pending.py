"""What waits for approval (docs/semantics.md, section 6): told, with what it would change, changing nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from availability.estate import Maintenance
from availability.judge import judge
from tests.availability.random_worlds import RandomWorld, worlds
from tests.availability.worlds import MINUTE, World, all_of, any_of, slot


def world(*affects: str, category: str = "customer_request") -> World:
    """An agreement that asks for approval, and one record that nobody approved."""
    made = World().agreed(excluded=("customer_request",))
    made.agreement = replace(made.agreement, approval_required=True)
    made.records.append(
        Maintenance("work", category, affects, start_ms=slot(0), end_ms=slot(4), approved=False, entered_by="anna")
    )
    return made


def test_what_waits_is_told_with_the_figures_that_would_be() -> None:
    (waiting,) = world("app").leaf("app", "oxxo").report().pending
    assert (waiting.record.id, waiting.agreements) == ("work", ("agreement",))
    (service,) = waiting.would_change
    assert (service.judged.figures.excluded_ms, service.judged.figures.down_ms) == (2 * MINUTE, 0)


def test_what_waits_and_would_change_no_figure_is_told_too() -> None:
    (waiting,) = world("app").leaf("app", "oooo").report().pending
    assert waiting.would_change == ()


def test_only_the_services_that_would_change_are_named() -> None:
    made = world("app").leaf("app", "oxxo").leaf("other", "oxxo")
    made.service(all_of("app"), "first").service(all_of("other"), "second").service(any_of("app", "other"), "third")
    (waiting,) = made.report().pending
    assert [service.id for service in waiting.would_change] == ["first", "third"]


def test_a_category_that_excuses_nothing_waits_for_nobody() -> None:
    assert world("app", category="planned").leaf("app", "oxxo").report().pending == ()


def test_what_lies_outside_the_period_is_not_told() -> None:
    made = world("app").leaf("app", "oxxo")
    made.period = "2026-12"
    assert made.report().pending == ()


def test_without_an_agreement_that_asks_for_approval_nothing_waits() -> None:
    made = world("app").leaf("app", "oxxo")
    made.agreement = replace(made.agreement, approval_required=False)
    assert made.report().pending == ()


@given(worlds())
def test_a_record_that_waits_changes_no_more_than_one_that_is_not_there(random: RandomWorld) -> None:
    estate = replace(
        random.estate,
        agreements={id_: replace(one, approval_required=True) for id_, one in random.estate.agreements.items()},
        pairs=(),
    )
    waiting = replace(estate, maintenance=tuple(replace(one, approved=False) for one in estate.maintenance))
    without = replace(estate, maintenance=())
    reports = [judge(one, random.facts, random.period, random.as_of) for one in (waiting, without)]
    assert replace(reports[0], pending=()) == reports[1]
    told = {one.record.id for one in reports[0].pending}
    assert told <= {one.id for one in estate.maintenance}
