"""Classes of agreed time (docs/semantics.md, section 6): who is presumed up, and what that excuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from availability.estate import Maintenance, Service, Slot
from availability.judge import judge
from availability.outcome import Status
from availability.periods import parse_period
from tests.availability.worlds import AMSTERDAM, MINUTE, World, all_of, any_of, at, at_least, slot, through


def excusing(*categories: str) -> World:
    return World().agreed(excluded=categories or ("customer_request",))


def test_up_is_up_whatever_was_planned() -> None:
    assert excusing().leaf("app", "oxxo").work("app", start=0, end=4).picture(slots=4) == "UEEU"


def test_maintenance_counts_as_down_unless_the_agreement_says_otherwise() -> None:
    assert World().leaf("app", "oxxo").work("app", start=0, end=4).picture(slots=4) == "UDDU"
    other = excusing("customer_request").leaf("app", "oxxo").work("app", start=0, end=4, category="planned")
    assert other.picture(slots=4) == "UDDU"


def test_maintenance_excuses_only_while_it_lasts() -> None:
    assert excusing().leaf("app", "oxxxxo").work("app", start=2, end=4).picture(slots=6) == "UDEEDU"


def test_unwatched_time_under_excused_work_is_excluded() -> None:
    assert excusing().leaf("app", "o---o").work("app", start=2, end=3).picture(slots=5) == "U?E?U"


def test_every_class_of_the_table() -> None:
    """State of `app` in the first row, of `other` in the second; `app` is under excused work from slot 3."""
    world = excusing().leaf("app", "o-xo-xo-xo-x").leaf("other", "oooooo---xxx").work("app", start=3, end=12)
    assert world.picture(slots=12) == "U?DUEE???DDD"


def test_a_disk_that_dies_during_somebody_elses_work_still_counts() -> None:
    world = excusing().leaf("app", "oxxxo").leaf("disk", "ooxoo").work("app", start=0, end=5)
    assert world.picture(slots=5) == "UEDEU"


def test_work_on_one_twin_excuses_while_the_other_is_dead() -> None:
    world = excusing().leaf("a", "oxxo").leaf("b", "ooxx").service(any_of("a", "b")).work("a", start=0, end=4)
    assert world.picture(slots=4) == "UUEU"


def test_a_presumed_part_counts_wherever_it_stands() -> None:
    world = excusing().leaf("a", "oxxo").leaf("b", "ooxo").leaf("c", "oooo")
    world.composite("inner", all_of("a", "c")).service(all_of("inner"), "shared")
    world.service(at_least(2, all_of("shared"), any_of("b", "a"), "c"))
    assert world.picture(slots=4) == "UUDU"
    assert world.work("a", start=0, end=4).picture(slots=4) == "UUEU"


def test_work_on_a_composite_takes_it_as_up_and_not_its_parts() -> None:
    world = excusing().leaf("a", "oxxo").composite("shell", all_of("a")).work("shell", start=0, end=4)
    world.service(all_of("shell"), "through").service(all_of("shell", "a"), "both")
    assert world.picture("through", slots=4) == "UEEU"
    assert world.picture("both", slots=4) == "UDDU"


def test_what_the_agreement_assumes_up_is_so_always() -> None:
    world = World().leaf("app", "ooxxo").leaf("power", "oxxoo").agreed(assumes_up=("power",))
    assert world.picture(slots=5) == "UEDDU"


def test_an_assumed_part_that_is_unknown_is_excluded_too() -> None:
    world = World().leaf("app", "oooo").leaf("power", "o--o").agreed(assumes_up=("power",))
    assert world.picture(slots=4) == "UEEU"


def test_what_is_assumed_in_one_agreement_is_not_in_another() -> None:
    world = World().leaf("power", "oxxo").service(all_of("power"), "strict").service(all_of("power"), "mild")
    estate = world.agreed(assumes_up=("power",)).estate()
    assert world.picture("mild", slots=4) == "UEEU"
    assert estate.agreements["agreement"].assumes_up == {"power"}
    assert world.agreed(assumes_up=()).picture("strict", slots=4) == "UDDU"


def test_down_with_a_presumed_state_that_is_unknown_is_unknown() -> None:
    world = excusing().leaf("app", "oxxo").leaf("disk", "oo-o").work("app", start=0, end=4)
    assert world.picture(slots=4) == "UE?U"


def test_what_was_only_unreachable_because_of_excused_work_is_excused() -> None:
    world = excusing().leaf("line", "oxxxo").leaf("app", "oxxxo", behind=("line",)).service(all_of("app"))
    assert world.picture(slots=5) == "U???U"
    assert world.work("line", start=1, end=3).picture(slots=5) == "UEE?U"


def test_what_is_assumed_up_excuses_what_stands_behind_it() -> None:
    world = World().leaf("line", "oxxo").leaf("app", "oxxo", behind=("line",)).service(all_of("app"))
    assert world.agreed(assumes_up=("line",)).picture(slots=4) == "UEEU"


def test_a_supplier_is_excused_only_for_what_stands_behind_the_line() -> None:
    world = excusing().leaf("line", "oxxo").leaf("app", "oxxo").service(all_of("app")).work("line", start=0, end=4)
    assert world.picture(slots=4) == "UDDU"


def test_silence_behind_an_excused_line_is_not_excused() -> None:
    world = excusing().leaf("line", "oxxxo").leaf("app", "o-x-o", behind=("line",)).service(all_of("app"))
    assert world.work("line", start=0, end=5).picture(slots=5) == "U?E?U"


def test_every_line_that_is_down_must_be_excused() -> None:
    world = excusing().leaf("one", "oxxxo").leaf("two", "ooxoo").leaf("app", "oxxxo", behind=("one", "two"))
    world.service(all_of("app")).work("one", start=0, end=5)
    assert world.picture(slots=5) == "UE?EU"
    assert world.work("two", start=0, end=5).picture(slots=5) == "UEEEU"


def test_a_line_behind_a_line_that_is_unknown_needs_no_excuse() -> None:
    world = excusing().leaf("far", "oxxo").leaf("near", "oxxo", behind=("far",)).leaf("app", "oxxo", behind=("near",))
    world.service(all_of("app"))
    assert world.work("far", start=0, end=4).picture(slots=4) == "UEEU"


def test_a_ring_is_excused_as_soon_as_its_presumed_state_is_up() -> None:
    world = excusing().leaf("g1", "oxxo").leaf("g2", "oxxo").composite("ring", any_of("g1", "g2"))
    world.leaf("app", "oxxo", behind=("ring",)).service(all_of("app"))
    assert world.picture(slots=4) == "U??U"
    assert world.work("g1", start=1, end=2).picture(slots=4) == "UE?U"


def test_a_chain_of_lines_is_not_excused_by_work_on_one_of_them() -> None:
    world = excusing().leaf("g1", "oxxo").leaf("g2", "oxxo").composite("path", all_of("g1", "g2"))
    world.leaf("app", "oxxo", behind=("path",)).service(all_of("app")).work("g1", start=0, end=4)
    assert world.picture(slots=4) == "U??U"
    assert world.work("g2", start=0, end=4).picture(slots=4) == "UEEU"


def test_the_excuse_of_a_line_reaches_through_the_line_that_the_service_needs_too() -> None:
    world = excusing().leaf("line", "oxxo").leaf("app", "oxxo", behind=("line",)).work("line", start=0, end=4)
    assert world.service(all_of("line", "app")).picture(slots=4) == "UEEU"


def test_who_saw_it_from_beside_is_believed() -> None:
    world = excusing().vantage("here", "north").vantage("there", "south").leaf("line", {"here": "oxxxxo"})
    world.leaf("app", {"here": "oxxxxo", "there": "oooxxo"}, site="south", behind=("line",))
    world.service(all_of("app")).work("line", start=0, end=6)
    assert world.picture(slots=6) == "UUUDDU"


def test_a_dark_site_behind_an_excused_line_counts() -> None:
    world = excusing().vantage("here", "north").vantage("there", "south").leaf("line", {"here": "oxxo"})
    world.leaf("app", {"here": "oxxo", "there": "o-.."}, site="south", behind=("line",))
    world.service(all_of("app")).work("line", start=0, end=4)
    assert world.picture(slots=4) == "UDDU"


def test_a_line_that_is_unknown_neither_hides_nor_excuses() -> None:
    world = excusing().leaf("line", "o--o").leaf("app", "oxxo", behind=("line",)).service(all_of("app"))
    assert world.work("line", start=0, end=4).picture(slots=4) == "UDDU"


def test_a_check_that_is_up_from_elsewhere_needs_no_excuse() -> None:
    world = excusing().leaf("line", "oxxo").work("line", start=0, end=4)
    world.leaf("app", {"local": "oxxo", "other": "oooo"}, behind=("line",)).service(all_of("app"))
    assert world.picture(slots=4) == "UUUU"


def test_one_check_that_was_unreachable_and_one_that_failed() -> None:
    world = excusing().vantage("there", "south").leaf("line", "oxxo").work("line", start=0, end=4)
    ping, page = world.check("ping", "oxxo"), world.check("page", {"there": "ooxo"})
    world.checked("app", all_of("ping", "page"), ping, page, site="south", behind=("line",)).service(all_of("app"))
    assert world.picture(slots=4) == "UEDU"


def test_work_that_names_the_service_takes_all_of_it_as_up() -> None:
    world = excusing().leaf("a", "oxxo").leaf("b", "o-xo").work("service", start=0, end=4)
    assert world.service(all_of("a", "b")).picture(slots=4) == "UEEU"


def test_work_that_names_the_service_does_not_take_up_what_a_participant_needs() -> None:
    world = excusing().leaf("app", "oxxo").leaf("line", "ooxo").work("service", start=0, end=4)
    world.service(all_of("app"), needs={"venlo": ("line",)})
    assert world.picture(slots=4) == "UEEU"
    assert world.picture(participant="venlo", slots=4) == "UEDU"


def test_work_on_what_a_participant_needs_excuses_it_for_that_participant() -> None:
    world = excusing().leaf("app", "ooxo").leaf("line", "oxxo").work("line", start=0, end=4)
    world.service(all_of("app"), needs={"venlo": ("line",)})
    assert world.picture(slots=4) == "UUDU"
    assert world.picture(participant="venlo", slots=4) == "UEDU"


def test_work_that_names_a_service_counts_where_another_service_refers_to_it() -> None:
    world = excusing().leaf("a", "oxxo").leaf("b", "ooxo").service(all_of("a"), "inner")
    world.service(all_of("inner", "b"), "outer").work("inner", start=0, end=4)
    assert world.picture("outer", slots=4) == "UEDU"


SPANS: dict[str, tuple[list[tuple[float, float]], str]] = {
    "reversed is never": ([(5, 2)], "UDDDDDDU"),
    "empty is never": ([(3, 3)], "UDDDDDDU"),
    "touching is as one": ([(2, 4), (4, 6)], "UDEEEEDU"),
    "overlapping is as one": ([(2, 5), (3, 6)], "UDEEEEDU"),
    "nested is the outer one": ([(2, 6), (3, 4)], "UDEEEEDU"),
    "twice the same is once": ([(2, 4), (2, 4)], "UDEEDDDU"),
    "apart leaves what is between": ([(2, 3), (5, 6)], "UDEDDEDU"),
    "the end is not included, to half a slot": ([(2, 4.5)], "UDEE*DDU"),
}


@pytest.mark.parametrize("sentence", SPANS)
def test_records_together(sentence: str) -> None:
    spans, expected = SPANS[sentence]
    world = excusing().leaf("app", "oxxxxxxo")
    for start, end in spans:
        world.work("app", start=start, end=end)
    assert world.picture(slots=8) == expected


def test_records_of_several_parts_together_excuse_the_service() -> None:
    world = excusing().leaf("a", "oxxxo").leaf("b", "oxxxo").work("a", start=1, end=3).work("b", start=2, end=4)
    assert world.picture(slots=5) == "UDEDU"


def excused_weekly(start: str, end: str, days: tuple[int, ...], hours: Slot, period: str = "2026-10") -> float:
    """Excluded minutes of a service that fails from `start` to `end` and is promised just then."""
    world = excusing().leaf("app", [through(Status.FAILED, at(start), at(end))]).weekly("app", days=days, hours=hours)
    world.period = period
    figures = world.service(all_of("app"), since=at(start), until=at(end)).figures()
    assert figures.agreed_ms == at(end) - at(start) == figures.down_ms + figures.excluded_ms
    return figures.excluded_ms / MINUTE


def test_weekly_work_holds_on_its_days_only() -> None:
    assert excused_weekly("2026-10-05T00:00Z", "2026-10-12T00:00Z", (1, 3), Slot(540, 600)) == 120
    assert excused_weekly("2026-10-05T00:00Z", "2026-10-06T00:00Z", (1, 3), Slot(540, 600)) == 0


def test_weekly_work_past_midnight_belongs_to_the_day_it_starts_on() -> None:
    night = Slot(1380, 570)  # Monday 23:00 to Tuesday 09:30
    assert excused_weekly("2026-10-05T00:00+02:00", "2026-10-07T00:00+02:00", (0,), night) == 630
    assert excused_weekly("2026-10-06T00:00+02:00", "2026-10-07T00:00+02:00", (0,), night) == 570
    world = excusing().leaf("app", "x" * 40).weekly("app", days=(0,), hours=night)
    assert world.picture(slots=31) == "E" * 30 + "D"


def test_weekly_work_has_the_edges_of_windows_when_the_clocks_change() -> None:
    assert excused_weekly("2026-10-24T22:00Z", "2026-10-25T10:00Z", (6,), Slot(150, 165)) == 75
    assert excused_weekly("2026-03-28T22:00Z", "2026-03-29T10:00Z", (6,), Slot(150, 240), "2026-03") == 60
    assert excused_weekly("2026-10-24T22:00Z", "2026-10-25T23:00Z", (6,), Slot(0, 1440)) == 25 * 60


def test_weekly_work_runs_on_holidays_too() -> None:
    assert excused_weekly("2026-04-27T00:00Z", "2026-04-28T00:00Z", (0,), Slot(600, 660), "2026-04") == 60


def test_work_outside_agreed_time_excludes_nothing() -> None:
    world = excusing().leaf("app", "xxxx").work("app", start=0, end=4)
    told = world.service(all_of("app"), since=slot(1), until=slot(3)).told()
    assert (told.judged.figures.agreed_ms, told.judged.figures.excluded_ms) == (2 * MINUTE, 2 * MINUTE)


def test_several_categories_may_be_excused() -> None:
    world = excusing("customer_request", "failover_test").leaf("app", "xxxx")
    world.work("app", start=0, end=1).work("app", start=1, end=2, category="failover_test")
    assert world.work("app", start=2, end=3, category="planned").picture(slots=4) == "EEDD"


def waiting(required: bool = True, category: str = "customer_request", affects: str = "app") -> World:
    """An agreement that asks for approval or does not, and a record that nobody approved."""
    world = excusing().leaf("app", "oxxo")
    world.agreement = replace(world.agreement, approval_required=required)
    world.records.append(
        Maintenance("work", category, (affects,), start_ms=slot(0), end_ms=slot(4), approved=False, entered_by="anna")
    )
    return world


def test_a_record_that_waits_for_approval_excuses_nothing() -> None:
    assert waiting().picture(slots=4) == "UDDU"


def test_once_approved_it_excuses() -> None:
    world = waiting()
    world.records = [replace(record, approved=True) for record in world.records]
    assert world.picture(slots=4) == "UEEU"


def test_an_agreement_that_asks_for_no_approval_counts_it_at_once() -> None:
    assert waiting(required=False).picture(slots=4) == "UEEU"


def test_of_two_agreements_only_the_one_that_asks_for_approval_waits() -> None:
    world = waiting().service(all_of("app"))
    lenient = replace(world.agreement, id="lenient", approval_required=False)
    estate = world.estate()
    estate = replace(
        estate,
        agreements={**estate.agreements, "lenient": lenient},
        services={**estate.services, "other": Service("other", "lenient", all_of("app"))},
    )
    period = parse_period("2026-10", AMSTERDAM)
    report = judge(estate, world.facts, period, period.end)
    excluded = {service.id: service.judged.figures.excluded_ms for service in report.services}
    assert excluded["other"] == 2 * MINUTE
    assert excluded["service"] == 0


def test_what_waits_excuses_nothing_that_stands_behind_it_either() -> None:
    world = waiting(affects="line").leaf("line", "oxxo")
    world.parts["app"] = replace(world.parts["app"], behind=("line",))
    world.service(all_of("app"))
    assert world.picture(slots=4) == "U??U"
    world.records = [replace(record, approved=True) for record in world.records]
    assert world.picture(slots=4) == "UEEU"


def test_a_failover_test_needs_no_approval_to_be_one() -> None:
    world = waiting(category="failover_test", affects="app").leaf("spare", "oooo").pair("app", "spare")
    assert world.event().test
