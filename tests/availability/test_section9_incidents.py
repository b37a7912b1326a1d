"""Incidents from outages and from the help desk, each once, against their limits (section 9)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from availability.evaluation import Evaluation
from availability.judge import observe
from availability.outage_incidents import outage_incidents
from availability.recovery import (
    PriorityShare,
    Registered,
)
from availability.states import DOWN, UP
from tests.availability.incident_worlds import AFTER, call, down, incidents, only, the_incident, told
from tests.availability.random_worlds import RandomWorld, worlds
from tests.availability.worlds import World, all_of, any_of, at, slot

# When an outage was reported, and when it was over.


def test_an_outage_is_reported_when_it_was_confirmed_and_not_when_it_began() -> None:
    incident = the_incident(World().leaf("app", "oooxxxxooo", fall=3, rise=2).service(all_of("app")))
    assert (incident.source, incident.service, incident.outage_starts) == ("outage", "service", (slot(3),))
    assert (incident.reported_at, incident.closed_at) == (slot(5), slot(7))
    assert incident.id == "service 2026-10-06T09:03:00+02:00"


def test_a_service_is_down_only_when_the_second_of_its_two_parts_is_known_to_be() -> None:
    world = World().leaf("a", "ooxxxxxxxxoo", fall=3).leaf("b", "ooooxxxxooooo", fall=4).service(any_of("a", "b"))
    assert the_incident(world).reported_at == slot(7)


def test_failures_that_were_confirmed_only_after_each_other_count_from_the_last_confirmation() -> None:
    # a was known to be down from 4 to 7 and b from 8 on; afterwards it is clear that both were from 5 to 7.
    world = World().leaf("a", "ooxxxxxoooooo", fall=3).leaf("b", "ooooxxxxxooo", fall=5).service(any_of("a", "b"))
    incident = the_incident(world)
    assert incident.outage_starts == (slot(4),)
    assert (incident.reported_at, incident.closed_at) == (slot(8), slot(8))


def test_an_outage_that_lasts_is_not_closed() -> None:
    world = World().leaf("app", "oooxxxxx", fall=3).service(all_of("app"))
    assert the_incident(world, slot(7)).closed_at is None


def test_what_goes_unknown_is_closed_at_the_first_up_and_is_one_incident() -> None:
    world = World().leaf("app", "oooxxx-oo", fall=1).service(all_of("app"))
    assert the_incident(world).closed_at == slot(7)
    world = World().leaf("app", "ooxx-....xx-...oo", fall=1).service(all_of("app"))
    incident = the_incident(world)
    assert (incident.reported_at, incident.closed_at) == (slot(2), slot(15))
    assert incident.outage_starts == (slot(2), slot(9))
    assert the_incident(world, slot(14)).closed_at is None


def test_two_outages_with_a_recovery_between_are_two_incidents() -> None:
    assert len(incidents(World().leaf("app", "ooxxooxxoo").service(all_of("app")))) == 2


def test_an_outage_all_of_which_was_excused_is_no_incident() -> None:
    world = World().leaf("app", "ooxxxxoo").service(all_of("app")).agreed(excluded=("customer_request",))
    assert not incidents(world.work("app", start=1, end=6))
    partly = World().leaf("app", "ooxxxxoo").service(all_of("app")).agreed(excluded=("customer_request",))
    assert the_incident(partly.work("app", start=1, end=4)).reported_at == slot(2)
    assumed = World().leaf("app", "ooxxxxoo").service(all_of("app")).agreed(assumes_up=("app",))
    assert not incidents(assumed)


def test_a_service_has_no_incidents_before_it_began_and_after_it_ended() -> None:
    seen = "ooxxooooxxooooxxoo"
    world = World().leaf("app", seen, fall=2).service(all_of("app"), since=slot(6), until=slot(12))
    assert the_incident(world).outage_starts == (slot(8),)
    begun = World().leaf("app", seen, fall=2).service(all_of("app"), since=slot(3.5), until=slot(4))
    assert the_incident(begun).reported_at == slot(3.5)


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_no_estate_knew_of_an_outage_sooner_than_judging_step_by_step_says(world: RandomWorld) -> None:
    estate, facts, as_of = world.estate, world.facts, world.as_of
    estate = replace(
        estate,
        maintenance=(),
        agreements={id_: replace(one, assumes_up=frozenset()) for id_, one in estate.agreements.items()},
        services={id_: replace(one, since_ms=None, until_ms=None) for id_, one in estate.services.items()},
    )
    evaluation = Evaluation(estate, observe(estate, facts, as_of))
    observed = {
        first + step * index for rows in facts.values() for first, step, count, _ in rows for index in range(count)
    }
    found = outage_incidents(evaluation, facts, as_of, lambda service, disturbance: True)
    for incident in found[:2]:
        service = incident.service or ""
        start = incident.outage_starts[0]
        end = next(end for begin, end in evaluation.states[service].spans(DOWN, until=as_of) if begin == start)
        instants = sorted({start, *(instant for instant in observed if start <= instant < end)})
        instants = [*instants[:40], incident.reported_at - 1, incident.reported_at]
        known = [
            instant
            for instant in instants
            if start <= instant < end
            and Evaluation(estate, observe(estate, facts, instant)).states[service].at(instant) == DOWN
        ]
        assert incident.reported_at >= start
        if incident.reported_at < end and known:
            assert min(known) == incident.reported_at
        else:
            assert not known
        if incident.closed_at is not None and incident.closed_at != incident.reported_at:
            assert evaluation.states[service].at(incident.closed_at) == UP


# What the help desk registered.


def test_an_outage_that_was_registered_too_counts_once() -> None:
    world = down("2026-10-06T10:00+02:00", "2026-10-06T11:00+02:00")
    call = Registered(
        "M1",
        at("2026-10-06T10:20+02:00"),
        "service",
        priority=2,
        summary="no answer",
        reacted_at=at("2026-10-06T10:30+02:00"),
        closed_at=at("2026-10-06T12:00+02:00"),
    )
    judged = only(told(world, call))
    incident = judged.incident
    assert (incident.id, incident.source, incident.summary, incident.priority) == ("M1", "both", "no answer", 2)
    assert incident.reported_at == at("2026-10-06T10:02+02:00")
    assert incident.closed_at == call.closed_at
    assert incident.outage_starts == (at("2026-10-06T10:00+02:00"),)
    assert (judged.reaction_due, judged.reaction) == (at("2026-10-06T11:02+02:00"), "within")
    assert (judged.recovery_due, judged.recovery) == (at("2026-10-08T18:00+02:00"), "within")


def test_an_earlier_call_is_the_report_of_both() -> None:
    world = down("2026-10-06T10:00+02:00", "2026-10-06T11:00+02:00")
    call = Registered("M1", at("2026-10-06T09:50+02:00"), "service", closed_at=at("2026-10-06T10:30+02:00"))
    assert only(told(world, call)).incident.reported_at == call.reported_at


@pytest.mark.parametrize(
    ("service", "reported", "closed"),
    [
        ("other", "2026-10-06T10:20+02:00", "2026-10-06T12:00+02:00"),
        (None, "2026-10-06T10:20+02:00", "2026-10-06T12:00+02:00"),
        ("service", "2026-10-06T11:00+02:00", "2026-10-06T12:00+02:00"),
        ("service", "2026-10-06T09:00+02:00", "2026-10-06T10:00+02:00"),
    ],
    ids=["another service", "no service", "after it was over", "closed before it began"],
)
def test_it_counts_twice_where_service_or_time_differ(service: str | None, reported: str, closed: str) -> None:
    world = down("2026-10-06T10:00+02:00", "2026-10-06T11:00+02:00")
    report = told(world, Registered("M1", at(reported), service, priority=1, closed_at=at(closed)))
    assert sorted(each.incident.source for each in report.incidents) == ["outage", "registered"]


def test_a_call_that_was_closed_as_it_came_is_still_at_its_instant() -> None:
    world = down("2026-10-06T10:00+02:00", "2026-10-06T11:00+02:00")
    noted = at("2026-10-06T10:30+02:00")
    assert only(told(world, Registered("M1", noted, "service", closed_at=noted))).incident.source == "both"


def test_several_calls_of_one_outage_each_count_and_the_first_has_the_outage() -> None:
    world = down("2026-10-06T10:00+02:00", "2026-10-06T11:00+02:00")
    closed = at("2026-10-06T12:00+02:00")
    calls = [Registered(f"M{n}", at(f"2026-10-06T10:{n}0+02:00"), "service", closed_at=closed) for n in (3, 1, 2)]
    report = told(world, *calls)
    assert [(each.incident.id, each.incident.source) for each in report.incidents] == [
        ("M1", "both"),
        ("M2", "registered"),
        ("M3", "registered"),
    ]
    assert report.total == PriorityShare(0, 3, 3)


def test_several_outages_of_one_call_are_all_part_of_it() -> None:
    world = World().leaf("app", "ooxxooxxooxxoo").service(all_of("app"))
    call = Registered("M1", slot(1), "service", closed_at=slot(8))
    report = told(world, call)
    assert [each.incident.outage_starts for each in report.incidents] == [(slot(2), slot(6)), (slot(10),)]


def test_of_the_help_desk_only_what_was_known_then_counts() -> None:
    call = Registered(
        "M1",
        at("2026-10-06T09:00+02:00"),
        priority=2,
        reacted_at=at("2026-10-06T09:30+02:00"),
        closed_at=at("2026-10-06T15:00+02:00"),
        waiting=((at("2026-10-06T10:00+02:00"), None),),
    )
    world = World().leaf("app", "oo")
    assert not told(world, call, as_of=at("2026-10-06T08:59+02:00")).incidents
    assert not told(world, call, as_of=at("2026-10-06T12:00+02:00")).incidents
    judged = only(told(world, call))
    assert judged.incident.waiting == ((at("2026-10-06T10:00+02:00"), AFTER),)
    assert judged.recovery == "within"


@settings(max_examples=100, deadline=None)
@given(
    st.text("oox-.", min_size=5, max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 25)), max_size=6)
)
def test_every_outage_and_every_call_is_counted_exactly_once(seen: str, calls: list[tuple[int, int]]) -> None:
    world = World().leaf("app", f"o{seen}oo", fall=2).service(all_of("app"))
    registered = [
        Registered(f"M{number}", slot(start), "service", closed_at=slot(start + length))
        for number, (start, length) in enumerate(calls)
    ]
    counted = [judged.incident for judged in told(world, *registered, period="2026").incidents]
    alone = incidents(world)
    assert sorted(each.id for each in counted if each.source != "outage") == sorted(each.id for each in registered)
    assert sorted(start for each in counted for start in each.outage_starts) == sorted(
        start for each in alone for start in each.outage_starts
    )
    for each in alone:
        shared = [
            call
            for call in registered
            if call.reported_at < (each.closed_at or AFTER)
            and max(call.closed_at or 0, call.reported_at + 1) > each.outage_starts[0]
        ]
        (with_it,) = [one for one in counted if each.outage_starts[0] in one.outage_starts]
        first = min(shared, key=lambda call: (call.reported_at, call.id), default=None)
        assert with_it.id == (first.id if first else each.id)
        assert with_it.reported_at <= each.reported_at


# Against the limits.


REACTED = at("2026-10-06T10:00+02:00")
VERDICTS: dict[str, tuple[Registered, tuple[str | None, str | None]]] = {
    "closed at exactly the limit": (call("2026-10-06T09:00+02:00", "2026-10-06T13:00+02:00"), (None, "within")),
    "closed a millisecond later": (call("2026-10-06T09:00+02:00", "2026-10-06T13:00:00.001+02:00"), (None, "missed")),
    "never closed": (call("2026-10-06T09:00+02:00"), (None, "missed")),
    "reaction at exactly the limit": (
        call("2026-10-06T09:00+02:00", "2026-10-06T17:00+02:00", 2, reacted_at=REACTED),
        ("within", "within"),
    ),
    "reaction too late": (
        call("2026-10-06T09:00+02:00", "2026-10-06T17:00+02:00", 2, reacted_at=REACTED + 1),
        ("missed", "within"),
    ),
    "closed within the time to react is a reaction": (
        call("2026-10-06T09:00+02:00", "2026-10-06T09:30+02:00", 2),
        ("within", "within"),
    ),
    "no reaction": (call("2026-10-06T09:00+02:00", "2026-10-06T17:00+02:00", 2), ("missed", "within")),
    "no reaction, where the help desk keeps none": (
        call("2026-10-06T09:00+02:00", "2026-10-06T17:00+02:00", 2, reactions_kept=False),
        (None, "within"),
    ),
    "closed at once, where the help desk keeps none": (
        call("2026-10-06T09:00+02:00", "2026-10-06T09:10+02:00", 2, reactions_kept=False),
        ("within", "within"),
    ),
    "waiting for the customer": (
        call(
            "2026-10-06T09:00+02:00",
            "2026-10-07T09:00+02:00",
            1,
            waiting=((at("2026-10-06T10:00+02:00"), at("2026-10-07T08:00+02:00")),),
        ),
        (None, "within"),
    ),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_verdicts(case: str) -> None:
    registered, expected = VERDICTS[case]
    judged = only(told(World().leaf("app", "oo"), registered))
    assert (judged.reaction, judged.recovery) == expected
    assert judged.counts
    assert judged.missed == ("missed" in expected)


def test_nobody_knows_of_a_reaction_to_an_outage_that_nobody_registered() -> None:
    world = down("2026-10-06T10:00+02:00", "2026-10-06T16:00+02:00")
    judged = only(told(world, priority=2))
    assert (judged.reaction, judged.recovery, judged.counts) == (None, "within", True)
    assert not only(told(world, priority=3)).counts


@pytest.mark.parametrize(
    ("priority", "environment", "judged_as"),
    [(1, "acceptance", 1), (1, "test", 4), (None, "production", None), (5, "production", 5), (9, "production", 9)],
)
def test_what_does_not_count(priority: int | None, environment: str, judged_as: int | None) -> None:
    world = down("2026-10-06T10:00+02:00", "2026-10-06T16:00+02:00")
    report = told(world, priority=priority, environment=environment)
    judged = only(report)
    assert (judged.counts, judged.incident.priority) == (False, judged_as)
    assert (report.verdict, report.total) == ("no_data", PriorityShare(0, 0, 0))
    named = told(World().leaf("app", "oo"), call("2026-10-06T10:00+02:00", "2026-10-06T11:00+02:00"), priority=None)
    assert only(named).counts
