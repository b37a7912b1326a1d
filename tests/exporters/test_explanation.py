"""An explanation in words, as a tree on eighty columns, and as JSON."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from availability.explaining import Explanation
from availability.outcome import Outcome, Reason, could_not_look, failed
from availability.ports import LatencySummary
from exporters.explanation import explanation_tree
from exporters.explanation_json import explanation_json
from exporters.explanation_words import ExplanationWords
from exporters.harmless import HARMLESS
from tests.availability.explanations import explained
from tests.availability.worlds import AMSTERDAM, World, all_of, any_of, at_least

GOLDEN = Path(__file__).parent / "golden"
NOW = 5.5
WHY: dict[str, Outcome] = {
    "app-ping": failed(Reason.BAD_STATUS, "status 503"),
    "mail-ping": could_not_look(Reason.NO_PERMISSION, "not permitted"),
}


def north_and_south() -> World:
    return World().vantage("north", "dc-north").vantage("south", "dc-south")


def an_outage() -> Explanation:
    world = north_and_south().leaf("app", {"north": "ooxxxx", "south": "ooxxxx"}, site="dc-south", fall=3)
    world.leaf("gemnet-north", {"north": "oooooo"}).leaf("gemnet-south", {"south": "oooxxx"})
    world.composite("gemnet", any_of("gemnet-north", "gemnet-south")).service(all_of("app", "gemnet"), "brp")
    return explained(world, "brp", NOW, WHY, latency=LatencySummary(120, 223.6, 314.9))


def out_of_reach() -> Explanation:
    world = north_and_south().leaf("ring", {"north": "oxxxxx"})
    world.leaf("app", {"north": "oxxxxx"}, site="dc-south", behind=("ring",)).service(all_of("app"), "brp")
    return explained(world, "brp", NOW, WHY, {"app-ping": ("north", "south")})


def a_dark_site() -> Explanation:
    world = north_and_south().leaf("ring", {"north": "oxxxxx"})
    world.leaf("app", {"north": "oxxxxx", "south": "oo...."}, site="dc-south", behind=("ring",))
    return explained(world.service(all_of("app"), "brp"), "brp", NOW, WHY)


def excused_work() -> Explanation:
    world = north_and_south().leaf("app", {"north": "oxxxxx"}).leaf("line", "oooooo")
    world.service(all_of("app", "line"), "brp").agreed(excluded=("customer_request",)).work("app", start=1, end=90)
    return explained(world, "brp", NOW, WHY)


def a_takeover() -> Explanation:
    world = north_and_south().leaf("one", {"north": "ooxxxx"}).leaf("two", {"south": "oooooo"})
    world.leaf("function", {"north": "ooxxoo", "south": "ooxxoo"}, rise=2).pair("one", "two", "function", id_="uitwijk")
    return explained(world, "uitwijk", NOW)


GOLDENS: dict[str, Callable[[], Explanation]] = {
    "an outage": an_outage,
    "out of reach": out_of_reach,
    "a dark site": a_dark_site,
    "excused work": excused_work,
    "a takeover": a_takeover,
}


def drawn(explanation: Explanation, width: int = 80, *, brief: bool = False) -> str:
    text = io.StringIO()
    console = Console(file=text, width=width, no_color=True, highlight=False)
    console.push_render_hook(HARMLESS)
    console.print(explanation_tree(explanation, AMSTERDAM, brief=brief))
    return "".join(line.rstrip() + "\n" for line in text.getvalue().splitlines())


@pytest.mark.parametrize("name", GOLDENS)
def test_a_tree_fits_eighty_columns(name: str) -> None:
    text = drawn(GOLDENS[name]())
    assert max(map(len, text.splitlines())) <= 80
    assert text == (GOLDEN / f"explain-{name.replace(' ', '-')}.txt").read_text(encoding="utf-8")


def world_of(**pictures: str) -> World:
    world = World()
    for id_, picture in pictures.items():
        world.leaf(id_, picture, fall=2)
    return world.service(all_of(*pictures), "brp")


SUMMARIES: dict[str, tuple[Callable[[], Explanation], str]] = {
    "all is well": (lambda: explained(world_of(app="oooooo"), "brp", NOW), "brp is up since 09:00:00."),
    "one cause": (
        lambda: explained(world_of(app="ooxxxx", db="oooooo"), "brp", NOW, WHY),
        "brp is down since 09:02:00 because app-ping fails from local: status 503. Nothing else is to blame: db is up.",
    ),
    "more causes than a sentence holds": (
        lambda: explained(world_of(**dict.fromkeys("abcde", "ooxxxx")), "brp", NOW),
        "brp is down since 09:02:00 because a-ping fails from local: timeout; and b-ping fails from local: timeout; "
        "and c-ping fails from local: timeout, and 2 more.",
    ),
    "failures that are not confirmed": (
        lambda: explained(world_of(app="ooooox"), "brp", NOW),
        "brp is up since 09:00:00. app-ping fails from local, 1 of the 2 failures that make it down.",
    ),
    "a dead spare": (
        lambda: explained(World().leaf("a", "oooooo").leaf("b", "ooxxxx").service(any_of("a", "b"), "brp"), "brp", NOW),
        "brp is up since 09:00:00. Without consequence for it, b is down.",
    ),
    "nobody looks any more": (
        lambda: explained(world_of(app="oo...."), "brp", NOW),
        "brp is unknown since 09:04:00 because app-ping was not looked at after 09:01:00.",
    ),
    "nobody ever looked": (
        lambda: explained(World().leaf("app").service(all_of("app"), "brp"), "brp", NOW),
        "brp is unknown because app-ping was never looked at.",
    ),
    "a permission that is missing": (
        lambda: explained(world_of(mail="oo----"), "brp", NOW, WHY),
        "brp is unknown since 09:02:00 because mail-ping could not be looked at from local: not permitted.",
    ),
    "too few looks to say": (
        lambda: explained(World().leaf("app", ".....o", rise=2).service(all_of("app"), "brp"), "brp", NOW),
        "brp is unknown because app-ping has not been seen often enough to say.",
    ),
    "a line that one participant needs": (
        lambda: explained(
            World().leaf("a", "oooooo").leaf("line", "ooxxxx").service(all_of("a"), "brp", needs={"weert": ("line",)}),
            "brp",
            NOW,
        ),
        "brp is up since 09:00:00. For weert it is down since 09:02:00: it needs line.",
    ),
    "on another day": (
        lambda: explained(World().leaf("app", "oooooo", stale=10**9).service(all_of("app"), "brp"), "brp", 1000),
        "brp is up since 2026-10-06 09:00:00.",
    ),
}


@pytest.mark.parametrize("case", SUMMARIES.values(), ids=SUMMARIES)
def test_the_summary_is_a_sentence(case: tuple[Callable[[], Explanation], str]) -> None:
    make, sentence = case
    assert ExplanationWords(make(), AMSTERDAM).summary() == sentence


RULES = {
    "all of 2: all up": (all_of("up", "up2"), "U"),
    "all of 3: 1 down, 1 unknown": (all_of("up", "down", "unknown"), "D"),
    "any of 2: met, 1 down": (any_of("up", "down"), "U"),
    "any of 2: not met, 2 down": (any_of("down", "down2"), "D"),
    "at least 2 of 3: undecided, 1 down, 1 unknown": (at_least(2, "up", "down", "unknown"), "?"),
    "at least 1 of 2: met": (at_least(1, "up", "up2"), "U"),
}


@pytest.mark.parametrize("words", RULES)
def test_a_rule_in_words(words: str) -> None:
    rule, _ = RULES[words]
    world = World().leaf("up", "oooooo").leaf("up2", "oooooo").leaf("down", "xxxxxx").leaf("down2", "xxxxxx")
    told = explained(world.leaf("unknown", "o").service(rule), "service", NOW)
    assert ExplanationWords(told, AMSTERDAM).rule(told.nodes["service"].rule) == words


def test_what_is_well_is_left_out_in_brief() -> None:
    brief, whole = drawn(an_outage(), brief=True), drawn(an_outage())
    assert "app-ping" in brief
    assert "gemnet-south-ping" in brief  # it is down, so what it is part of is not well
    assert "gemnet-north-ping" in whole
    assert "gemnet-north-ping" not in brief


def test_many_that_are_well_share_a_line_in_brief() -> None:
    told = explained(world_of(**dict.fromkeys("abcdef", "oooooo"), app="ooxxxx"), "brp", NOW)
    lines = drawn(told, brief=True).splitlines()
    assert lines[5:7] == ["brp down since 09:02:00, all of 7: 1 down", "├── a, b, c and 3 more up"]
    assert not any(line.startswith("├── d") for line in lines)
    assert "└── app down since 09:02:00, to blame" in lines
    assert "├── d up since 09:00:00" in drawn(told).splitlines()


def test_a_part_is_drawn_out_once() -> None:
    world = World().leaf("disk", "oooxxx")
    world.composite("left", all_of("disk")).composite("right", all_of("disk")).service(any_of("left", "right"))
    text = drawn(explained(world, "service", NOW))
    assert text.count("disk-ping down") == 1
    assert text.count("see above") == 1


def test_a_tower_of_parts_is_cut_where_no_line_could_hold_it() -> None:
    world = World().leaf("p0", "oooxxx")
    for number in range(1, 2000):
        world.composite(f"p{number}", all_of(f"p{number - 1}"))
    text = drawn(explained(world.service(all_of("p1999")), "service", NOW))
    assert "`waakvlam explain p1988` tells what is below" in re.sub(r"\s*[│└├─]*\s*\n[\s│└├─]*", " ", text)
    assert len(text.splitlines()) < 60


def test_text_of_strangers_steers_no_terminal() -> None:
    why = {"app-ping": failed(Reason.BAD_RESPONSE, "\x1b[2Jgone \u202egnorw")}
    text = drawn(explained(world_of(app="ooxxxx"), "brp", NOW, why))
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_json_holds_all_that_is_told() -> None:
    told = out_of_reach()
    document = json.loads(explanation_json(told, north_and_south().leaf("app", site="dc-south").estate(), AMSTERDAM))
    assert (document["id"], document["type"], document["state"]) == ("brp", "service", "unknown")
    assert document["at"] == "2026-10-06T09:05:30+02:00"
    assert (document["undecided"], document["in_between"]) == (["app"], ["ring"])
    app = next(part for part in document["parts"] if part["id"] == "app")
    (check,) = app["checks"]
    assert (check["blocked_by"], check["silent_beside"]) == (["ring"], [])
    assert app["behind"] == [{"id": "ring", "state": "down"}]
    assert check["vantages"] == [
        {
            "id": "north",
            "site": "dc-north",
            "beside": False,
            "state": "down",
            "counts_as": "unknown",
            "since": "2026-10-06T09:01:00+02:00",
            "run": {"outcome": "failed", "count": 5, "needed": 1, "since": "2026-10-06T09:01:00+02:00"},
            "last": {
                "at": "2026-10-06T09:05:00+02:00",
                "outcome": "failed",
                "reason": "bad_status",
                "detail": "status 503",
            },
        },
        {
            "id": "south",
            "site": "dc-south",
            "beside": True,
            "state": "unknown",
            "counts_as": "unknown",
            "since": None,
            "run": None,
            "last": None,
        },
    ]


def test_json_of_work_and_of_a_pair() -> None:
    estate = World().estate()
    work = json.loads(explanation_json(excused_work(), estate, AMSTERDAM))
    assert work["presumed"] == {"agreement": "up"}
    assert work["maintenance"] == [
        {
            "id": "work-0",
            "category": "customer_request",
            "reason": "",
            "until": "2026-10-06T10:30:00+02:00",
            "affects": ["app"],
            "agreements": {"agreement": "excluded"},
        }
    ]
    pair = json.loads(explanation_json(a_takeover(), estate, AMSTERDAM))
    assert pair["pair"] == {
        "primary": "one",
        "standby": "two",
        "function": "function",
        "interrupted_since": None,
        "last_event_started_at": "2026-10-06T09:02:00+02:00",
        "last_test_started_at": None,
    }
