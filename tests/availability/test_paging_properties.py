"""Whatever comes in, fails or stops halfway: no page is lost, and every end comes once to whoever heard the start."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from availability.paging import FIRST_NEWS, Acknowledged, Begun, Dropped, Sent
from availability.paging_ports import Notification
from availability.paging_sending import GIVE_UP_MS, pending
from availability.paging_steps import acknowledge, close
from tests.availability.paging_worlds import HOUR, MINUTE, Crew, World, alert

FINGERPRINTS = ("ring", "core", "app", "disk")

notifications = st.builds(
    lambda group, states, priority, severity, omitted: Notification(
        group,
        tuple(alert(name, priority, severity=severity) for name, state in states.items() if state == "firing"),
        {name: 10**15 for name, state in states.items() if state == "resolved"},
        omitted,
    ),
    st.sampled_from(["night", "day"]),
    st.dictionaries(st.sampled_from(FINGERPRINTS), st.sampled_from(["firing", "resolved"]), max_size=4),
    st.integers(1, 4),
    st.sampled_from(["critical", "warning", ""]),
    st.integers(0, 1),
)
events = st.one_of(
    st.tuples(st.just("take"), notifications),
    st.tuples(st.just("wait"), st.sampled_from([1000, MINUTE, 10 * MINUTE, HOUR, 30 * HOUR])),
    st.tuples(st.just("send"), st.lists(st.booleans(), min_size=1, max_size=4)),
    st.tuples(st.just("crash"), st.none()),
    st.tuples(st.just("office"), st.booleans()),
    st.tuples(st.just("holes"), st.sets(st.integers(1, 3))),
    st.tuples(st.just("ack"), st.sampled_from(["anna", "bram", "somebody"])),
    st.tuples(st.just("close"), st.none()),
)
SHORT = GIVE_UP_MS - 40 * HOUR
"""Less than what could not be sent is kept for."""


def play(world: World, happened: list[tuple[str, object]]) -> None:
    for name, value in happened:
        match name, value:
            case "take", Notification() as notification:
                world.take(notification)
            case "wait", int() as milliseconds:
                world.pass_time(milliseconds)
            case "send", list() as outcomes:
                for one, works in zip(world.begin(), outcomes * 100, strict=False):
                    world.finish(one, works)
                world.crash()  # what was begun beyond these was never noted
            case "crash", _:
                world.begin()
                world.crash()
            case "office", bool() as office:
                world.crew.office = office
            case "holes", set() as levels:
                world.crew.people = {n: [] if n in levels else [p] for n, p in enumerate(("anna", "bram", "chris"), 1)}
            case _, person:
                for page in list(world.pages.values()):
                    if name == "ack":
                        world.note(acknowledge(page, world.now, Acknowledged(str(person), "link", str(person))))
                    else:
                        world.note(close(page, world.now, "somebody"))


def settle(world: World) -> None:
    """Everything ends, and the post works again."""
    for group in ("night", "day"):
        world.take(Notification(group, (), dict.fromkeys(FINGERPRINTS, 10**15)))
    while pending(world.pages):
        world.deliver()
        world.now += 10 * MINUTE


@settings(max_examples=150, deadline=None)
@given(st.lists(events, max_size=12))
def test_no_page_is_lost_and_every_end_comes_once(happened: list[tuple[str, object]]) -> None:
    world = World()
    world.doubtful = True
    waited = 0
    for name, value in happened:
        waited += value if name == "wait" and isinstance(value, int) else 0
    play(world, happened)
    settle(world)
    for page in world.pages.values():
        assert page.ended is not None
        told = {(notice.audience, notice.to) for notice in page.notices if notice.kind in FIRST_NEWS}
        ends = Counter((notice.audience, notice.to) for notice in page.notices if notice.kind == "end")
        assert ends == Counter(dict.fromkeys(told, 1)), "everybody who heard of it hears the end once"
        assert page.told("duty"), "somebody who must act is told of every page"
        if waited < SHORT:
            for notice in page.notices:
                if notice.kind in FIRST_NEWS or notice.kind == "end":
                    assert page.delivery(notice.number).sent_at is not None
                    assert not page.delivery(notice.number).dropped


@settings(max_examples=150, deadline=None)
@given(st.lists(events, max_size=12))
def test_nothing_is_sent_twice_unless_it_stopped_halfway(happened: list[tuple[str, object]]) -> None:
    world = World()
    play(world, happened)
    settle(world)
    sent = Counter((entry.page, entry.event.notice) for entry in world.log if isinstance(entry.event, Sent))
    assert all(times == 1 for times in sent.values()), "what was noted as sent is never sent again"
    open_attempts: set[tuple[str, int]] = set()
    for entry in world.log:
        match entry.event:
            case Begun(notice=number):
                open_attempts.add((entry.page, number))
            case Dropped(notice=number):
                assert (entry.page, number) not in sent
    assert sent.keys() <= open_attempts, "nothing is sent that was not noted before"


@settings(max_examples=100, deadline=None)
@given(st.lists(events, max_size=10))
def test_what_fires_is_always_in_an_open_page(happened: list[tuple[str, object]]) -> None:
    world = World(Crew(organisations=[]))
    for one in happened:
        play(world, [one])
        if one[0] == "take" and isinstance(one[1], Notification):
            held = [name for page in world.pages.values() if page.ended is None for name in page.groups]
            for each in one[1].firing:
                assert held.count(each.fingerprint) == 1
        for page in world.pages.values():
            assert [notice.number for notice in page.notices] == list(range(1, len(page.notices) + 1))
            assert (page.ended is not None) or page.groups


@settings(max_examples=60, deadline=None)
@given(st.lists(notifications, min_size=1, max_size=6))
def test_the_same_notification_twice_is_once(coming: list[Notification]) -> None:
    once, twice = World(), World()
    for notification in coming:
        once.take(notification)
        twice.take(notification)
        twice.take(notification)
    assert once.pages == twice.pages
