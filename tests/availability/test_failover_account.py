"""The account of a failover event: its name, when it was known, what changed, how it was watched, what is not known."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability import facts
from availability.estate import FailoverPair, Maintenance
from availability.evaluation import Evaluation
from availability.facts import Observation
from availability.failover_account import FailoverAccount, Known, digest_of, failover_account
from availability.failover_events import events_of, first_fact, named, pair_account, parse_name
from availability.failover_timeline import clipped
from availability.judge import observe
from availability.outcome import Reason, Status
from availability.ports import Run
from availability.report import Failover
from availability.states import DOWN, UNKNOWN, UP
from tests.availability.worlds import DAY, HOUR, MINUTE, World, any_of, at, in_slots, slot

LATER = slot(200)


def event(started: int, *, test: bool = False) -> Failover:
    return Failover("pair", started, started + MINUTE, None, 0, 0, "seamless", "met", test)


def runs_of(world: World) -> dict[tuple[str, str], list[Run]]:
    """What was drawn, with a reason for all that was not ok."""
    reasons = {Status.FAILED: Reason.TIMEOUT, Status.NONE: Reason.NO_PERMISSION, Status.OK: None}
    return {
        key: [
            Run(first, step, count, Status(status), reasons[Status(status)], "the rack" if status == 2 else "")
            for first, step, count, status in rows
        ]
        for key, rows in world.facts.items()
    }


def account(world: World, as_of: int = LATER, number: int = 0) -> FailoverAccount:
    """The account of an event of the only pair."""
    estate = world.estate()
    evaluation = Evaluation(estate, observe(estate, world.facts, as_of))
    (pair,) = estate.pairs
    known = Known(evaluation, world.facts, runs_of(world), as_of)
    name, found = list(named(events_of(evaluation, pair, as_of)).items())[number]
    return failover_account(known, pair, name, found)


def watched(primary: str, function: str | None, standby: str = "o" * 20, within: float = 4) -> World:
    world = World().leaf("primary", primary, fall=2, rise=2).leaf("standby", standby)
    if function is not None:
        world.leaf("function", function, fall=2, rise=2)
    return world.pair("primary", "standby", None if function is None else "function", within)


def kinds(told: FailoverAccount) -> list[str]:
    return [doubt.kind for doubt in told.doubts]


def test_names_are_as_short_as_can_be_and_every_longer_form_is_understood() -> None:
    base = at("2026-10-12T14:03:05Z")
    events = [event(base), event(base + 20_000), event(base + 20_250), event(base + HOUR)]
    names = list(named(events))
    assert names == [
        "pair@20261012T140305Z",
        "pair@20261012T140325.000Z",
        "pair@20261012T140325.250Z",
        "pair@20261012T1503Z",
    ]
    for name, one in zip(names, events, strict=True):
        asked = parse_name(name)
        assert [other for other in events if asked.start <= other.started_at < asked.end] == [one]
    assert parse_name("pair@20261012T1503Z").end - parse_name("pair@20261012T1503Z").start == MINUTE


@given(st.lists(st.integers(0, 10 * MINUTE), unique=True, max_size=8))
def test_every_name_leads_back_to_its_event_alone(starts: list[int]) -> None:
    events = [event(at("2026-10-25T00:30Z") + start) for start in sorted(starts)]
    found = named(events)
    assert len(found) == len(events)
    for name, one in found.items():
        asked = parse_name(name)
        assert [other for other in events if asked.start <= other.started_at < asked.end] == [one]


@pytest.mark.parametrize(
    "text", ["", "pair", "@20261012T1403Z", "pair@", "pair@2026-10-12", "pair@20261012T1403", "pair@20261312T1403Z"]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is no event: "):
        parse_name(text)


def test_a_pair_id_may_hold_an_at_sign() -> None:
    assert parse_name("a@b@20261012T1403Z").pair == "a@b"


PAIR = FailoverPair("pair", "a", "b", HOUR, test_every_ms=366 * DAY)


def test_a_test_is_due_so_long_after_the_last_and_overdue_past_that_instant() -> None:
    last = at("2026-10-12T08:00Z")
    events = [event(last - DAY, test=True), event(last, test=True), event(last + DAY)]
    due = last + 366 * DAY
    on_time, late = (pair_account(PAIR, events, 0, instant) for instant in (due, due + 1))
    assert (on_time.last_test, on_time.test_due_at, on_time.test_overdue) == (events[1], due, False)
    assert late.test_overdue


def test_without_a_test_it_was_due_when_the_facts_began() -> None:
    told = pair_account(PAIR, [], 5, 100)
    assert (told.last_test, told.test_due_at, told.test_overdue) == (None, 5, True)
    assert pair_account(PAIR, [], None, 100).test_due_at == 100
    assert not pair_account(replace(PAIR, test_every_ms=None), [], 5, 100).test_overdue


def test_the_first_fact_is_that_of_what_the_pair_rests_on() -> None:
    world = watched("..ooxx", "...ooo", "....oo").leaf("elsewhere", "oooooo")
    estate = world.estate()
    evaluation = Evaluation(estate, observe(estate, world.facts))
    assert first_fact(evaluation, estate.pairs[0]) == slot(2)


def test_an_event_is_dated_back_and_known_with_the_failure_that_confirms_it() -> None:
    told = account(watched("oooxxxxxxxoooo", "ooooxxxxoooooo"))
    assert in_slots(told.event.started_at) == 3
    assert in_slots(told.confirmed_at) == 4
    assert told.interruptions == ((slot(4), slot(8)),)
    assert told.deadline == slot(8)
    assert (in_slots(told.extent[0]), in_slots(told.extent[1])) == (3, 10)


def test_an_event_that_was_known_long_after_it_began_is_found_so() -> None:
    world = watched("oox" + "." * 14 + "xx" + "oo", None)
    world.leaf("primary", "oox" + "." * 14 + "xx" + "oo", fall=2, rise=2, stale=HOUR)
    told = account(world)
    assert (in_slots(told.event.started_at), in_slots(told.confirmed_at)) == (2, 17)


def test_changes_of_all_three_are_one_story_in_order_of_time() -> None:
    told = account(watched("oooxxxxxxxoooo", "ooooxxxxoooooo", "oooooo-ooooooo"))
    story = [(in_slots(change.at), change.role, change.before, change.state) for change in told.timeline]
    assert story == [
        (-2, "primary", None, UNKNOWN),
        (-2, "function", None, UNKNOWN),
        (-2, "standby", None, UNKNOWN),
        (0, "primary", UNKNOWN, UP),
        (0, "function", UNKNOWN, UP),
        (0, "standby", UNKNOWN, UP),
        (3, "primary", UP, DOWN),
        (4, "function", UP, DOWN),
        (6, "standby", UP, UNKNOWN),
        (7, "standby", UNKNOWN, UP),
        (8, "function", DOWN, UP),
        (10, "primary", DOWN, UP),
    ]
    down = told.timeline[6]
    assert [(sight.check, sight.vantage, sight.reason, sight.detail, sight.count) for sight in down.sights] == [
        ("primary-ping", "local", "timeout", "the rack", 7)
    ]
    assert down.vantages == ("local",)
    assert [(sight.reason, sight.count) for sight in told.timeline[8].sights] == [("no_permission", 1)]
    assert [sight.reason for sight in told.timeline[0].sights] == ["no_data"]


def test_what_is_behind_a_line_that_is_down_is_told_as_such() -> None:
    world = World().vantage("here", "here").leaf("line", "oooxxxxooooo").leaf("standby", "o" * 12)
    world.leaf("primary", {"here": "oooxxxxxxooo"}, site="there", behind=("line",))
    told = account(world.pair("primary", "standby"))
    hidden = next(change for change in told.timeline if change.role == "primary" and change.before == UP)
    assert hidden.state == UNKNOWN
    assert [(sight.reason, sight.detail) for sight in hidden.sights] == [("unreachable", "line")]


def test_a_composite_is_told_by_the_parts_that_made_it() -> None:
    world = World().leaf("one", "ooxxxxoo").leaf("two", "oooooxoo").leaf("standby", "oooooooo")
    world.composite("primary", any_of("one", "two")).pair("primary", "standby")
    down = next(change for change in account(world).timeline if change.role == "primary" and change.state == DOWN)
    assert sorted(sight.check for sight in down.sights) == ["one-ping", "two-ping"]


def test_how_it_was_watched_counts_the_observations_of_the_event_only() -> None:
    told = account(watched("oooxxxxxxxoooo", "ooooxx-xoooooo"))
    counts = {one.check: (one.ok, one.failed, one.none, one.unknown_ms) for one in told.watched}
    assert counts["primary-ping"] == (0, 7, 0, 0)
    assert counts["standby-ping"] == (7, 0, 0, 0)
    assert counts["function-ping"][:3] == (3, 3, 1)
    assert counts["function-ping"][3] == told.unknown_ms["function"] > 0
    assert "function_unknown" in kinds(told)


def test_a_vantage_that_was_to_look_and_did_not_is_told() -> None:
    world = watched("oooxxxxxxxoooo", "ooooxxxxoooooo")
    estate = world.estate()
    evaluation = Evaluation(estate, observe(estate, world.facts, LATER))
    (pair,) = estate.pairs
    (found,) = events_of(evaluation, pair, LATER)
    expected = {"primary-ping": ("local", "far")}
    known = Known(evaluation, world.facts, runs_of(world), LATER, expected)
    told = failover_account(known, pair, "name", found)
    (silent,) = (doubt for doubt in told.doubts if doubt.kind == "silent")
    assert silent.ids == ("far",)
    assert next(one for one in told.watched if one.vantage == "far").unknown_ms == 7 * MINUTE


DOUBTS: dict[str, tuple[World, tuple[str, ...], tuple[str, ...]]] = {
    "a whole event seen from one place": (
        watched("oooxxxxxxxoooo", "ooooxxxxoooooo"),
        ("one_vantage", "precision"),
        ("lasting", "function_unknown", "no_function"),
    ),
    "one that lasts": (watched("oooxxxx", "oooxxxx"), ("lasting",), ()),
    "a pair without a function of its own": (watched("oooxxxxooo", None), ("no_function",), ("test_seamless",)),
    "a test that nothing took over in": (
        watched("oooxxxxooooo", "oooxxxxooooo").work("primary", end=12, category="failover_test"),
        ("test_recovered", "entered_by_nobody"),
        ("entered_late",),
    ),
    "a test that nobody noticed": (
        watched("oooxxxxooooo", "oooooooooooo").work("pair", end=12, category="failover_test"),
        ("test_seamless",),
        ("test_recovered",),
    ),
}


@pytest.mark.parametrize("sentence", DOUBTS)
def test_what_cannot_be_said_is_said(sentence: str) -> None:
    world, present, absent = DOUBTS[sentence]
    found = kinds(account(world, slot(6) if "lasting" in present else LATER))
    assert set(present) <= set(found)
    assert not set(absent) & set(found)


def test_a_record_entered_after_the_event_began_is_told_with_how_late() -> None:
    world = watched("oooxxxxooooo", "oooxxxooooo")
    record = Maintenance("late", "failover_test", ("pair",), start_ms=slot(0), end_ms=slot(9), entered_by="anna")
    for entered, late in ((slot(3), None), (slot(3) + 1, 1)):
        world.records = [replace(record, entered_at=entered)]
        told = account(world)
        assert told.event.test
        assert [doubt.ms for doubt in told.doubts if doubt.kind == "entered_late"] == ([late] if late else [])


def test_other_work_on_the_pair_is_told_beside_what_makes_it_a_test() -> None:
    world = watched("oooxxxxooooo", "oooxxxooooo")
    world.work("standby", start=4, end=5, category="planned").work("pair", end=9, category="failover_test")
    world.work("function", start=50, end=60, category="planned")
    told = account(world)
    assert [(one.record.category, one.marks_test) for one in told.records] == [
        ("failover_test", True),
        ("planned", False),
    ]


def test_services_that_rest_on_the_pair_are_told_with_those_who_need_more() -> None:
    world = watched("oooxxxxxxxoooo", "ooooxxxxoooooo").leaf("line", "ooooooooxxoooo").leaf("else", "oooooxoooooooo")
    world.service(any_of("function"), "brp", needs={"hall": ("line",), "desk": ()}).service(any_of("else"), "other")
    told = account(world)
    (brp,) = told.touched
    assert (brp.service, brp.figures.down_ms, brp.figures.agreed_ms) == ("brp", 4 * MINUTE, 7 * MINUTE)
    assert [(id_, figures.down_ms) for id_, figures in brp.participants] == [("hall", 6 * MINUTE), ("desk", 4 * MINUTE)]
    assert told.agreements == ("agreement",)


def test_protection_is_told_before_and_after_on_the_clock() -> None:
    told = account(watched("oooxxxxooo", "oooooooooo", "xoooooooox"))
    states = (told.protection.at_start, told.protection.at_end, told.protection.now)
    assert states == (UP, UP, UNKNOWN)
    assert told.protection.before == Fraction(2, 3)
    assert told.protection.after == Fraction(2, 5)


RUN = Run(slot(0), MINUTE, 10, Status.FAILED, Reason.TIMEOUT, "")


@given(st.integers(-3, 14), st.integers(-3, 14), st.booleans())
def test_a_clipped_run_holds_what_lies_within_and_nothing_else(start: int, end: int, between: bool) -> None:
    low, high = slot(start) + between, slot(end)
    piece = clipped(RUN, low, high)
    wanted = [one for one in facts.expand([RUN]) if low <= one.at < high]
    assert list(facts.expand([] if piece is None else [piece])) == wanted


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(Status)), max_size=30), st.integers(0, 40))
def test_the_digest_depends_on_the_observations_alone(seen: list[tuple[int, Status]], cut: int) -> None:
    observations = [Observation(slot(number), status) for number, status in seen]
    whole = facts.encode(observations)
    single = [Run(one.at, 0, 1, one.status, one.reason, one.detail) for one in facts.expand(whole)]
    window = (slot(0), slot(cut))
    assert digest_of({("c", "v"): whole}, window) == digest_of({("c", "v"): single}, window)
    fewer = [one for one in single if one.first < window[1]]
    assert digest_of({("c", "v"): fewer}, window) == digest_of({("c", "v"): single}, window)
    if fewer:
        assert digest_of({("c", "v"): fewer[1:]}, window) != digest_of({("c", "v"): single}, window)


def test_the_digest_can_be_computed_by_hand() -> None:
    line = f"c\tv\t{slot(1)}\t{MINUTE}\t9\t2\ttimeout\t\n"
    assert digest_of({("c", "v"): [RUN]}, (slot(1), slot(99))) == hashlib.sha256(line.encode()).hexdigest()
