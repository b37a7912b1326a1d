"""Whether the hours of a service are agreed now, until when, and whether it is excused."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability.edges import to_ms
from availability.estate import Agreement, AllOf, Check, Estate, Maintenance, Part, Ref, Service, Slot, Window
from availability.evaluation import Evaluation
from availability.service_now import HORIZON_MS, Hours, excused_now, hours_now
from availability.windows import agreed_spans

ZONE = "Europe/Amsterdam"
OFFICE = Agreement(
    "office", Fraction(9, 10), Window(frozenset(range(5)), Slot(480, 1080), holidays_excluded=True), ZONE
)
ALWAYS = replace(
    OFFICE, id="always", window=Window(frozenset(range(7)), Slot(0, 1440)), excluded=frozenset({"planned"})
)
NEVER_AGAIN = replace(OFFICE, id="never", window=Window(frozenset(), Slot(0, 1440)))


def at(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))


def estate(
    agreement: Agreement, *maintenance: Maintenance, since: int | None = None, until: int | None = None
) -> Estate:
    check = Check("app-ping", 1000, 3000)
    return Estate(
        ZONE,
        {"app": Part("app", AllOf((Ref("app-ping"),)), (check,))},
        {"brp": Service("brp", agreement.id, Ref("app"), since_ms=since, until_ms=until)},
        {agreement.id: agreement},
        maintenance=maintenance,
    )


@pytest.mark.parametrize(
    ("now", "inside", "change"),
    [
        ("2026-11-11T12:00:00+01:00", True, "2026-11-11T18:00:00+01:00"),
        ("2026-11-11T08:00:00+01:00", True, "2026-11-11T18:00:00+01:00"),
        ("2026-11-11T07:59:59+01:00", False, "2026-11-11T08:00:00+01:00"),
        ("2026-11-11T18:00:00+01:00", False, "2026-11-12T08:00:00+01:00"),
        ("2026-11-13T18:00:00+01:00", False, "2026-11-16T08:00:00+01:00"),
        ("2026-12-24T20:00:00+01:00", False, "2026-12-28T08:00:00+01:00"),
        ("2026-10-24T12:00:00+02:00", False, "2026-10-26T08:00:00+01:00"),
    ],
    ids=[
        "in office hours",
        "at the instant at which they begin",
        "a second before",
        "at the instant at which they end",
        "a weekend comes",
        "Christmas and a weekend come",
        "the clocks go back meanwhile",
    ],
)
def test_hours_of_an_office(now: str, inside: bool, change: str) -> None:
    assert hours_now(estate(OFFICE), at(now), {}) == {"brp": Hours(inside, at(change))}


def test_hours_without_an_end_have_no_change() -> None:
    assert hours_now(estate(ALWAYS), at("2026-11-11T12:00:00+01:00"), {}) == {"brp": Hours(True, None)}
    assert hours_now(estate(NEVER_AGAIN), at("2026-11-11T12:00:00+01:00"), {}) == {"brp": Hours(False, None)}


def test_a_service_that_begins_or_ends_has_hours_only_meanwhile() -> None:
    since, until = at("2026-11-11T12:00:00+01:00"), at("2026-11-12T12:00:00+01:00")
    young = estate(ALWAYS, since=since, until=until)
    assert hours_now(young, since - 1, {})["brp"] == Hours(False, since)
    assert hours_now(young, since, {})["brp"] == Hours(True, until)
    assert hours_now(young, until, {})["brp"] == Hours(False, None)


@given(st.integers(at("2026-10-20T00:00:00+02:00"), at("2027-01-10T00:00:00+01:00")), st.integers(0, 4 * 86_400_000))
def test_what_was_said_before_is_what_would_be_said_now(now: int, later: int) -> None:
    world = estate(OFFICE)
    then = now + later
    assert hours_now(world, then, hours_now(world, now, {})) == hours_now(world, then, {})
    (span,) = agreed_spans(OFFICE, world.calendar, then, then + 1) or [(0, 0)]
    assert hours_now(world, then, {})["brp"].inside == (span[1] > span[0])
    assert later < HORIZON_MS


NOW = at("2026-11-11T12:00:00+01:00")


def work(category: str, affects: str, end: int = NOW + 1000) -> Maintenance:
    return Maintenance("work", category, (affects,), start_ms=NOW - 1000, end_ms=end)


@pytest.mark.parametrize(
    ("maintenance", "excused"),
    [
        ((), False),
        ((work("planned", "app"),), True),
        ((work("planned", "brp"),), True),
        ((work("planned", "app", NOW),), False),
        ((work("unplanned", "app"),), False),
    ],
    ids=["no work", "work on what it needs", "work on itself", "work that is over", "work that is not excused"],
)
def test_what_is_not_up_is_excused_by_what_the_agreement_excludes(
    maintenance: tuple[Maintenance, ...], excused: bool
) -> None:
    world = estate(ALWAYS, *maintenance)
    assert excused_now(Evaluation(world, {}), NOW) == ({"brp"} if excused else set())
