"""Figures and verdicts (docs/semantics.md, section 7), counted by hand in minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from availability.estate import Per, Slot, Window
from availability.judge import judge
from availability.outcome import Status
from availability.periods import parse_period
from availability.report import Judged, Verdict
from tests.availability.worlds import (
    AMSTERDAM,
    DAY,
    MINUTE,
    START,
    World,
    all_of,
    any_of,
    at,
    drawn,
    minutes,
    opened,
    slot,
    through,
)

OCTOBER = parse_period("2026-10", AMSTERDAM)


def promised(drawing: str, norm: str = "98/100", length: int = 0) -> World:
    """A service that is agreed for as many minutes as are drawn and no more."""
    return World().leaf("app", drawing).agreed(opened(length or len(drawing)), norm=norm)


def verdict(world: World, as_of: int | None = None) -> Verdict | None:
    return world.told(as_of=as_of).judged.verdict


def test_the_four_ratios() -> None:
    figures = promised("ooooooxx--").figures()
    assert minutes(figures) == {"up": 6, "down": 2, "unknown": 2}
    assert figures.availability == Fraction(6, 8)
    assert figures.availability_low == Fraction(6, 10)
    assert figures.availability_high == Fraction(8, 10)
    assert figures.coverage == Fraction(8, 10)


def test_agreed_is_the_sum_of_the_four_classes() -> None:
    figures = promised("ooxx--").agreed(excluded=("customer_request",)).work("app", start=3, end=5).figures()
    assert minutes(figures) == {"up": 2, "down": 1, "unknown": 1, "excluded": 2}
    assert figures.agreed_ms == 6 * MINUTE
    assert figures.availability_low == Fraction(2, 4)


def test_ratios_are_null_where_their_denominator_is_zero() -> None:
    unknown = promised("----").figures()
    assert unknown.availability is None
    low, high, coverage = unknown.availability_low, unknown.availability_high, unknown.coverage
    assert (low, high, coverage) == (Fraction(0), Fraction(1), Fraction(0))
    excluded = promised("xxx").agreed(excluded=("customer_request",)).work("app", start=0, end=3).figures()
    assert minutes(excluded) == {"excluded": 3}
    ratios = (excluded.availability, excluded.availability_low, excluded.availability_high, excluded.coverage)
    assert ratios == (None, None, None, None)


OVER: dict[str, tuple[str, str, Verdict]] = {
    "the norm is met when it is hit exactly": ("o" * 98 + "xx", "98/100", "met"),
    "one minute short is missed": ("o" * 97 + "xxx", "98/100", "missed"),
    "a third that no float can hold": ("oox", "2/3", "met"),
    "met with unwatched time that would not matter": ("oooooooo-x", "8/10", "met"),
    "low below and high at the norm is undetermined": ("ooooooo--x", "9/10", "undetermined"),
    "low below and high above the norm is undetermined": ("ooooooooo-", "95/100", "undetermined"),
    "high below the norm is missed": ("ooooooo-xx", "9/10", "missed"),
    "nothing up and nothing down is no data": ("-----", "98/100", "no_data"),
    "something down and the rest unwatched is not": ("x---------", "90/100", "undetermined"),
    "as much up as down is not nothing": ("ooooo" + "xxxxx", "9/10", "missed"),
    "a norm of all the time allows no minute": ("oooox", "1", "missed"),
    "a norm of all the time can be met": ("ooooo", "1", "met"),
}


@pytest.mark.parametrize("sentence", OVER)
def test_the_verdict_of_a_period_that_is_over(sentence: str) -> None:
    drawing, norm, expected = OVER[sentence]
    assert verdict(promised(drawing, norm)) == expected


def test_one_millisecond_short_of_the_norm_is_missed() -> None:
    for late, expected in ((0, "met"), (1, "missed")):
        back = slot(2) + late
        rows = [through(Status.FAILED, slot(0), back, 30_000), through(Status.OK, back, slot(100))]
        world = World().leaf("app", rows).agreed(opened(100))
        assert world.figures().down_ms == 2 * MINUTE + late
        assert verdict(world) == expected


def test_no_data_when_all_was_excluded() -> None:
    world = promised("xxx").agreed(excluded=("customer_request",)).work("app", start=0, end=3)
    assert verdict(world) == "no_data"


RUNNING: dict[str, tuple[str, str, float, Verdict]] = {
    "lost even if all the rest is up": ("xxoooooooo", "9/10", 2, "missed"),
    "not yet lost at exactly the norm": ("xooooooooo", "9/10", 1, "pending"),
    "unwatched time may have been up": ("-----ooooo", "9/10", 5, "pending"),
    "unwatched time does not save what is lost": ("xx--------", "9/10", 6, "missed"),
    "safe even if all the rest is down": ("oooooxxxxx", "5/10", 5, "met"),
    "not yet safe one minute before": ("oooooxxxxx", "5/10", 4, "pending"),
    "unwatched time makes nothing safe": ("oooo-----x", "5/10", 9, "pending"),
    "nothing yet agreed is pending": ("oooooooooo", "9/10", -5, "pending"),
    "all agreed time past, what is unknown stays pending": ("ooooooooo-", "95/100", 600, "pending"),
    "all agreed time past and nothing known is pending": ("----------", "98/100", 600, "pending"),
    "all agreed time past and enough up is met": ("oooooooooo", "98/100", 600, "met"),
    "all agreed time past and too much down is missed": ("xooooooooo", "98/100", 600, "missed"),
}


@pytest.mark.parametrize("sentence", RUNNING)
def test_the_verdict_while_the_period_runs(sentence: str) -> None:
    drawing, norm, as_of, expected = RUNNING[sentence]
    assert verdict(promised(drawing, norm), slot(as_of)) == expected


def test_excluded_time_is_out_of_the_running_verdict() -> None:
    world = promised("xxoo------", "9/10").agreed(excluded=("customer_request",)).work("app", start=0, end=2)
    assert verdict(world, slot(4)) == "pending"
    all_excluded = promised("xx").agreed(excluded=("customer_request",)).work("app", start=0, end=2)
    assert verdict(all_excluded, slot(600)) == "no_data"


def test_a_running_period_without_agreed_time_has_no_data() -> None:
    world = World().leaf("app", "oooo").agreed(opened(4)).service(all_of("app"), until=START)
    assert verdict(world, slot(2)) == "no_data"


def test_a_period_is_over_at_its_end_and_runs_until_then() -> None:
    world = promised("ooooooooo-", "95/100")
    assert verdict(world, OCTOBER.end - 1) == "pending"
    assert verdict(world, OCTOBER.end) == "undetermined"


def test_the_rest_is_what_is_agreed_from_as_of_on() -> None:
    world = promised("oooooooooo")
    assert minutes(world.figures(slot(-60))) == {"rest": 10}
    assert minutes(world.figures(slot(0))) == {"rest": 10}
    assert minutes(world.figures(slot(4))) == {"up": 4, "rest": 6}
    assert minutes(world.figures(slot(10))) == {"up": 10}
    assert world.figures(slot(4) + 1).rest_ms == 6 * MINUTE - 1


def test_before_the_period_all_of_it_is_to_come() -> None:
    world = World().leaf("app", "xxx")
    assert minutes(world.figures(OCTOBER.start - DAY)) == {"rest": (31 * 24 + 1) * 60}
    assert verdict(world, OCTOBER.start - DAY) == "pending"


MONTHS = {"2026-10": date(2026, 10, 6), "2026-11": date(2026, 11, 6), "2026-12": date(2026, 12, 6)}


def quarter(*drawings: str, as_of: int | None = None, norm: str = "9/10") -> Judged:
    """The last quarter of 2026 for an agreement by the month, ten minutes in each; an empty drawing is no minute."""
    world = World(period="2026-Q4")
    rows = [row for day, seen in zip(MONTHS.values(), drawings, strict=True) for row in drawn(seen, nine(day))]
    days = {day: Slot(540, 550) for day, seen in zip(MONTHS.values(), drawings, strict=True) if seen}
    world.leaf("app", rows).agreed(Window(frozenset(), Slot(0, 1440), special_days=days), norm=norm)
    return world.told(as_of=as_of).judged


def nine(day: date) -> int:
    """Nine o'clock in Amsterdam."""
    return at(f"{day}T09:00+0{2 if day.month == 10 else 1}:00")


GOOD, BAD, HALF, BLIND = "o" * 10, "x" * 10, "ooooo-----", "-" * 10
QUARTERS: dict[str, tuple[tuple[str, str, str], Verdict, list[Verdict]]] = {
    "met if every part is": ((GOOD, GOOD, GOOD), "met", ["met", "met", "met"]),
    "a good month does not pay for a bad one": ((GOOD, BAD, GOOD), "missed", ["met", "missed", "met"]),
    "missed before undetermined": ((HALF, BAD, GOOD), "missed", ["undetermined", "missed", "met"]),
    "undetermined before no data": ((HALF, GOOD, BLIND), "undetermined", ["undetermined", "met", "no_data"]),
    "no data before met": ((GOOD, BLIND, GOOD), "no_data", ["met", "no_data", "met"]),
    "missed before no data": ((BLIND, BLIND, BAD), "missed", ["no_data", "no_data", "missed"]),
    "a part without agreed time is left out": ((GOOD, "", GOOD), "met", ["met", "met"]),
    "a single part that is left": (("", "", BAD), "missed", ["missed"]),
}


@pytest.mark.parametrize("sentence", QUARTERS)
def test_a_quarter_of_months(sentence: str) -> None:
    drawings, whole, parts = QUARTERS[sentence]
    judged = quarter(*drawings)
    assert judged.parts is not None
    assert (judged.verdict, [part.verdict for part in judged.parts]) == (whole, parts)
    agreed = [label for label, seen in zip(MONTHS, drawings, strict=True) if seen]
    assert [part.label for part in judged.parts] == agreed
    assert sum(part.figures.up_ms for part in judged.parts) == judged.figures.up_ms


def test_a_quarter_that_would_be_met_as_a_whole_is_missed_by_one_month() -> None:
    judged = quarter(GOOD, "oooooooxxx", GOOD, norm="8/10")
    assert judged.figures.availability == Fraction(27, 30)
    assert judged.verdict == "missed"


def test_a_running_quarter_is_judged_month_by_month() -> None:
    middle_of_november = at("2026-11-20T12:00+01:00")
    judged = quarter(GOOD, HALF, GOOD, as_of=middle_of_november)
    assert judged.parts is not None
    assert [part.verdict for part in judged.parts] == ["met", "pending", "pending"]
    assert judged.verdict == "pending"
    assert quarter(HALF, GOOD, GOOD, as_of=middle_of_november).verdict == "undetermined"
    assert quarter(BLIND, GOOD, GOOD, as_of=middle_of_november).verdict == "pending"
    assert quarter(GOOD, BAD, GOOD, as_of=middle_of_november).verdict == "missed"


def test_a_part_whose_time_is_all_to_come_is_not_left_out() -> None:
    judged = quarter(GOOD, GOOD, GOOD, as_of=OCTOBER.end)
    assert judged.parts is not None
    assert [minutes(part.figures) for part in judged.parts] == [{"up": 10}, {"rest": 10}, {"rest": 10}]


def test_a_part_of_which_half_is_past_is_not_left_out() -> None:
    judged = quarter(GOOD, GOOD, GOOD, as_of=nine(MONTHS["2026-11"]) + 5 * MINUTE)
    assert judged.parts is not None
    assert minutes(judged.parts[1].figures) == {"up": 5, "rest": 5}


def test_a_part_that_is_wholly_excluded_is_not_left_out() -> None:
    world = World(period="2026-Q4").leaf("app", BAD).agreed(opened(10), excluded=("customer_request",))
    judged = world.work("app", start=0, end=10).told().judged
    assert judged.parts is not None
    assert [(part.label, part.verdict) for part in judged.parts] == [("2026-10", "no_data")]
    assert judged.verdict == "no_data"


def test_where_no_part_has_agreed_time_nothing_is_known() -> None:
    judged = quarter("", "", "")
    assert (judged.verdict, judged.parts) == ("no_data", ())


LENGTHS: list[tuple[str, Per, list[str]]] = [
    ("2026-10", "month", []),
    ("2026-Q4", "quarter", []),
    ("2026", "year", []),
    ("2026-Q3", "month", ["2026-07", "2026-08", "2026-09"]),
    ("2026", "quarter", ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]),
    ("2026", "month", [f"2026-{month:02d}" for month in range(1, 13)]),
]


@pytest.mark.parametrize(("period", "per", "labels"), LENGTHS)
def test_a_period_that_holds_several_has_a_verdict_per_part(period: str, per: Per, labels: list[str]) -> None:
    world = World(period=period).leaf("app", "oo")
    world.agreement = replace(world.agreement, per=per)
    judged = world.told().judged
    assert [part.label for part in judged.parts or ()] == labels
    assert (judged.parts is None) == (not labels)
    assert judged.verdict is not None


@pytest.mark.parametrize(("period", "per"), [("2026-10", "quarter"), ("2026-10", "year"), ("2026-Q4", "year")])
def test_a_period_shorter_than_the_agreements_has_figures_and_no_verdict(period: str, per: Per) -> None:
    world = World(period=period).leaf("app", "oo")
    world.agreement = replace(world.agreement, per=per)
    judged = world.told().judged
    assert (judged.verdict, judged.parts) == (None, None)
    assert judged.figures.up_ms == 4 * MINUTE


def test_the_budget_is_of_the_whole_period_less_what_was_excluded_so_far() -> None:
    world = World().leaf("app", "x" * 13 + "o" * 87).agreed(opened(100), excluded=("customer_request",))
    world.work("app", start=0, end=10)
    figures = world.figures()
    assert minutes(figures) == {"up": 87, "down": 3, "excluded": 10}
    assert figures.budget_ms == Fraction(18, 10) * MINUTE
    assert figures.budget_left_ms == Fraction(-12, 10) * MINUTE
    early = world.figures(slot(5))
    assert minutes(early) == {"excluded": 5, "rest": 95}
    assert early.budget_ms == early.budget_left_ms == Fraction(19, 10) * MINUTE


def test_the_budget_of_a_period_that_has_not_begun_is_whole() -> None:
    assert promised("o" * 50).figures(0).budget_left_ms == MINUTE


UNCONFIRMED = {
    "of one leaf": (("ooxxoo", "oooooo"), "UUuuUU"),
    "of two leaves at once it counts once": (("ooxxoo", "oxxooo"), "UuuuUU"),
    "while the service is down it does not count": (("ooxxoo", "oxxxxo"), "UDDDDU"),
}


@pytest.mark.parametrize("sentence", UNCONFIRMED)
def test_unconfirmed_failing(sentence: str) -> None:
    (first, second), expected = UNCONFIRMED[sentence]
    world = World().leaf("a", first, fall=3).leaf("b", second, fall=3)
    assert world.picture(slots=6).replace("?", "") == expected


def test_unconfirmed_from_any_vantage_counts_though_another_sees_it_up() -> None:
    world = World().leaf("app", {"north": "ooxxoo", "south": "oooooo"}, fall=3)
    assert world.picture(slots=6) == "UUuuUU"


def test_unconfirmed_of_a_check_that_is_not_judged_does_not_count() -> None:
    world = World()
    ping, certificate = world.check("ping", "oooooo"), world.check("certificate", "ooxxoo", fall=3, counts=False)
    assert world.checked("app", all_of("ping"), ping, certificate).picture(slots=6) == "UUUUUU"


def test_unconfirmed_of_a_spare_and_of_a_leaf_of_a_leaf_counts() -> None:
    world = World().leaf("a", "oooooo").leaf("spare", "ooxxoo", fall=3)
    world.composite("both", any_of("a", "spare")).service(all_of("both"), "inner").service(all_of("inner"), "outer")
    assert world.picture("outer", slots=6) == "UUuuUU"


def test_unconfirmed_of_a_line_that_the_service_is_only_behind_does_not_count() -> None:
    world = World().leaf("line", "ooxxoo", fall=3).leaf("app", "oooooo", behind=("line",)).service(all_of("app"))
    assert world.picture(slots=6) == "UUUUUU"


def test_unconfirmed_of_what_a_participant_needs_counts_for_that_participant() -> None:
    world = World().leaf("app", "oooooo").leaf("line", "ooxxoo", fall=3)
    world.service(all_of("app"), needs={"venlo": ("line",)})
    assert world.picture(slots=6) == "UUUUUU"
    assert world.picture(participant="venlo", slots=6) == "UUuuUU"


def test_unconfirmed_time_is_counted_within_agreed_time() -> None:
    world = World().leaf("app", "ooxxxoo", fall=4).agreed(opened(3))
    assert world.figures().unconfirmed_failed_ms == MINUTE


def test_a_participant_without_needs_is_not_judged_again() -> None:
    world = World().leaf("app", "ooxo").leaf("line", "oxoo")
    world.service(all_of("app"), needs={"venlo": (), "weert": ("line",)})
    assert [user.id for user in world.told().participants] == ["weert"]
    assert world.picture(slots=4) == "UUDU"
    assert world.picture(participant="weert", slots=4) == "UDDU"


def test_all_that_a_participant_needs_is_added() -> None:
    world = World().leaf("app", "ooooo").leaf("line", "oxooo").leaf("desk", "oo-oo")
    world.service(any_of("app", "line"), needs={"weert": ("line", "desk")})
    assert world.picture(participant="weert", slots=5) == "UD?UU"


def test_a_participant_has_a_verdict_of_its_own() -> None:
    world = World().leaf("app", "oooooooooo").leaf("line", "xxoooooooo").agreed(opened(10), norm="9/10")
    told = world.service(all_of("app"), needs={"weert": ("line",)}).told()
    (weert,) = told.participants
    assert (told.judged.verdict, weert.judged.verdict) == ("met", "missed")
    assert minutes(weert.judged.figures) == {"up": 8, "down": 2}
    assert (told.outages, told.downtime_by_owner_ms) == ((), {})


def test_a_report_of_some_services_says_the_same_of_them() -> None:
    world = World().leaf("a", "oxo").leaf("b", "oxx").service(all_of("a"), "first").service(all_of("b"), "second")
    whole = world.report()
    some = judge(world.estate(), world.facts, whole.period, whole.as_of, ["second"])
    assert some.services == whole.services[1:]


def test_a_service_without_a_name_is_named_by_its_id() -> None:
    world = World().leaf("app", "o").service(all_of("app"))
    assert world.told().name == "service"
    world.services["service"] = replace(world.services["service"], name="Tax desk")
    assert world.told().name == "Tax desk"
