"""A page from its beginning to its end: who is told what, and when."""

from __future__ import annotations

from availability.paging import Acknowledged
from availability.paging_sending import GIVE_UP_MS, LEASE_MS, PAUSES_MS, pending, ready
from availability.paging_steps import UNHEARD_MS, acknowledge, close
from tests.availability.paging_worlds import HOUR, MINUTE, Crew, World, alert, firing, resolved


def acked(world: World, person: str, page: str = "page-1") -> None:
    world.note(acknowledge(world.pages[page], world.now, Acknowledged(person, "link", person)))


def test_outside_office_hours_the_one_on_duty_is_told_and_hears_the_end() -> None:
    world = World()
    world.take(firing(alert("app")))
    world.deliver()
    world.take(resolved("app"))
    world.deliver()
    assert world.post == [("anna", "start", "mail", False), ("anna", "end", "mail", False)]
    assert world.pages["page-1"].ended is not None and world.pages["page-1"].ended.why == "resolved"


def test_in_office_hours_the_help_desk_is_told_first_and_then_the_levels() -> None:
    world = World(Crew(office=True))
    world.take(firing(alert("app")))
    world.deliver()
    assert world.heard("start") == ["desk"]
    for _ in range(3):
        world.pass_time(10 * MINUTE)
        world.deliver()
    assert world.heard("escalated") == ["anna", "bram", "chris"]


def test_priority_1_is_told_to_all_levels_and_the_participants_at_once() -> None:
    world = World(Crew(office=True))
    world.take(firing(alert("brp", 1)))
    world.deliver()
    assert world.heard("start") == ["desk", "anna", "bram", "chris", "weert", "venlo"]
    world.take(resolved("brp"))
    world.deliver()
    assert world.heard("end") == ["desk", "anna", "bram", "chris", "weert", "venlo"]


def test_participants_are_not_told_of_priority_3() -> None:
    world = World()
    world.take(firing(alert("printer", 3)))
    assert [notice.to for notice in world.pages["page-1"].notices] == ["anna"]


def test_a_warning_is_for_the_office_whatever_its_priority() -> None:
    world = World(Crew(office=True))
    world.take(firing(alert("spare", 1, severity="warning")))
    world.deliver()
    assert world.heard("start") == ["desk"]
    world.crew.office = False
    world.pass_time(10 * HOUR)
    world.deliver()
    assert world.heard("escalated", "repeat", "reminder") == []
    world.crew.office = True
    world.pass_time(HOUR)
    world.deliver()
    assert world.heard("escalated") == ["anna"]
    world.pass_time(UNHEARD_MS)
    assert world.pages["page-1"].ended is None


def test_without_an_acknowledgement_it_goes_up_and_then_round_again() -> None:
    world = World()
    world.take(firing(alert("app")))
    for _ in range(4):
        world.deliver()
        world.pass_time(10 * MINUTE)
    world.deliver()
    assert world.heard("start", "escalated") == ["anna", "bram", "chris"]
    assert world.heard("repeat") == ["anna", "bram", "chris"] * 2


def test_an_acknowledgement_stops_it() -> None:
    world = World()
    world.take(firing(alert("app")))
    world.deliver()
    acked(world, "anna")
    world.pass_time(HOUR)
    world.deliver()
    assert world.heard("start", "escalated", "repeat") == ["anna"]
    world.take(resolved("app"))
    world.deliver()
    assert world.heard("end") == ["anna"]


def test_the_second_acknowledgement_changes_nothing() -> None:
    world = World()
    world.take(firing(alert("app")))
    acked(world, "anna")
    acked(world, "bram")
    assert world.pages["page-1"].acknowledged == Acknowledged("anna", "link", "anna")


def test_of_priority_1_who_has_it_is_asked_about_progress_every_hour() -> None:
    world = World()
    world.take(firing(alert("brp", 1)))
    world.deliver()
    acked(world, "bram")
    for _ in range(3):
        world.pass_time(HOUR)
        world.deliver()
    assert world.heard("reminder") == ["bram"] * 3


def test_reminders_that_were_missed_come_as_one() -> None:
    world = World()
    world.take(firing(alert("brp", 1)))
    world.deliver()
    acked(world, "bram")
    world.pass_time(5 * HOUR + MINUTE)
    world.deliver()
    assert world.heard("reminder") == ["bram"]
    assert [n.round for n in world.pages["page-1"].notices if n.kind == "reminder"] == [5]


def test_a_level_without_anybody_is_passed_over() -> None:
    world = World(Crew(people={1: [], 2: [], 3: ["chris"]}))
    world.take(firing(alert("app")))
    assert world.pages["page-1"].told("duty") == ("chris",)


def test_where_nobody_is_on_duty_everybody_is_told() -> None:
    world = World(Crew(people={1: [], 2: [], 3: []}))
    world.take(firing(alert("app")))
    assert world.pages["page-1"].told("duty") == ("anna", "bram", "chris")


def test_who_cannot_be_reached_is_passed_over_at_once() -> None:
    world = World()
    world.channels["anna"] = []
    world.take(firing(alert("app")))
    world.deliver()
    world.pass_time(1000)
    world.deliver()
    assert world.heard("escalated") == ["bram"]


def test_the_same_again_is_no_new_page() -> None:
    world = World()
    for _ in range(3):
        world.take(firing(alert("app")))
        world.pass_time(MINUTE)
    assert len(world.pages) == 1
    for _ in range(3):
        world.take(resolved("app"))
    world.deliver()
    assert world.heard("start", "end") == ["anna", "anna"]


def test_what_comes_in_together_is_one_page_and_what_comes_later_another() -> None:
    world = World()
    world.take(firing(alert("ring"), alert("core")))
    world.take(firing(alert("ring"), alert("core"), alert("disk")))
    assert [[each.fingerprint for each in page.alerts] for page in world.pages.values()] == [["ring", "core"], ["disk"]]


def test_a_page_is_over_when_the_last_of_its_alerts_is() -> None:
    world = World()
    world.take(firing(alert("ring"), alert("core")))
    world.take(firing(alert("core"), ring=5))
    assert world.pages["page-1"].ended is None
    assert [each.fingerprint for each in world.pages["page-1"].firing] == ["core"]
    world.take(resolved("core"))
    assert world.pages["page-1"].ended is not None


def test_the_route_of_the_day_goes_on_with_what_the_night_began() -> None:
    world = World()
    world.take(firing(alert("app"), group="night"))
    world.take(firing(alert("app"), group="day"))
    assert len(world.pages) == 1
    world.take(firing(alert("other"), group="night"))  # which says nothing of it any more
    assert world.pages["page-1"].ended is None
    world.take(resolved("app", group="day"))
    assert world.pages["page-1"].ended is not None


def test_what_its_group_reports_no_longer_is_over() -> None:
    world = World()
    world.take(firing(alert("app"), alert("disk")))
    world.take(firing(alert("new")))
    page = world.pages["page-1"]
    assert page.ended is not None and page.ended.why == "unreported"


def test_what_was_left_out_of_a_message_is_not_over() -> None:
    world = World()
    world.take(firing(alert("app")))
    world.take(firing(alert("new"), omitted=4))
    assert world.pages["page-1"].ended is None


def test_a_late_message_of_an_earlier_end_ends_nothing() -> None:
    world = World()
    world.take(firing(alert("app", starts_at=5_000)))
    world.take(resolved("app", at=4_000))
    assert world.pages["page-1"].ended is None


def test_what_fires_after_its_end_is_a_new_page() -> None:
    world = World()
    world.take(firing(alert("app")))
    world.take(resolved("app"))
    world.take(firing(alert("app")))
    assert list(world.pages) == ["page-1", "page-2"]
    assert world.pages["page-2"].ended is None


def test_a_page_of_which_nothing_is_heard_any_more_is_told_to_be_over() -> None:
    world = World()
    world.take(firing(alert("app")))
    world.deliver()
    acked(world, "anna")
    world.pass_time(UNHEARD_MS + 1)
    world.deliver()
    assert world.heard("end") == ["anna"]


def test_a_page_that_is_still_reported_goes_on() -> None:
    world = World()
    world.take(firing(alert("app")))
    for _ in range(10):
        world.pass_time(UNHEARD_MS // 2)
        world.take(firing(alert("app")))
    assert world.pages["page-1"].ended is None


def test_closing_by_hand_tells_the_end_once() -> None:
    world = World()
    world.take(firing(alert("app")))
    world.note(close(world.pages["page-1"], world.now, "anna"))
    assert close(world.pages["page-1"], world.now, "anna") == []
    world.deliver()
    assert world.heard("start", "end") == ["anna", "anna"]


def test_what_fails_goes_to_the_next_channel_at_once_and_then_begins_anew_more_slowly() -> None:
    world = World()
    world.channels["anna"] = ["mail", "sms"]
    tried: list[str] = []

    def refused(one: object) -> bool:
        tried.append(one.channel)  # type: ignore[attr-defined]  # a Ready
        return False

    world.take(firing(alert("app")))
    world.deliver(refused)
    assert tried == ["mail", "sms"]
    for pause in (*PAUSES_MS, PAUSES_MS[-1]):
        world.now += pause - 1
        world.deliver(refused)
        assert len(tried) % 2 == 0 and tried[-1] == "sms"
        before = len(tried)
        world.now += 1
        world.deliver(refused)
        assert tried[before:] == ["mail", "sms"]
    world.now += PAUSES_MS[-1]
    world.deliver()
    assert world.post == [("anna", "start", "mail", False)]


def test_the_end_waits_for_the_beginning() -> None:
    world = World()
    world.take(firing(alert("app")))
    world.deliver(lambda _: False)
    world.take(resolved("app"))
    assert world.begin() == []
    world.now += PAUSES_MS[0]
    world.deliver()
    assert world.heard("start", "end") == ["anna", "anna"]


def test_what_was_begun_and_never_noted_is_sent_again_as_a_repeat() -> None:
    world = World()
    world.take(firing(alert("app")))
    world.begin()
    world.crash()
    world.deliver()
    assert world.post == [("anna", "start", "mail", True)]


def test_what_another_collector_has_begun_is_left_to_it_for_a_while() -> None:
    world = World()
    world.take(firing(alert("app")))
    world.begin()

    def found(now: int) -> list[object]:
        return list(ready(world.pages, now, lambda _: ["mail"], "elsewhere", frozenset()))

    assert found(world.now + LEASE_MS - 1) == []
    (late,) = found(world.now + LEASE_MS)
    assert late.repeated  # type: ignore[attr-defined]  # a Ready


def test_repeats_that_could_not_be_sent_are_not_saved_up() -> None:
    world = World()
    world.take(firing(alert("brp", 1)))
    world.deliver()
    for _ in range(5):
        world.pass_time(10 * MINUTE)
    world.deliver()
    assert world.heard("repeat") == ["anna", "bram", "chris"]


def test_nothing_is_tried_for_ever_once_it_is_over() -> None:
    world = World()
    world.take(firing(alert("app")))
    world.take(resolved("app"))
    world.deliver(lambda _: False)
    assert pending(world.pages) == 2
    world.now += GIVE_UP_MS + 1
    world.deliver()
    assert pending(world.pages) == 0 and not world.post
