"""One check from several vantages (docs/semantics.md, section 3): merging, reachability, dark sites."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from availability.estate import Merge
from availability.outcome import Status
from tests.availability.worlds import DAY, MINUTE, World, all_of, any_of, at_least, drawn, slot

MERGED: dict[str, tuple[Merge, Mapping[str, str], str]] = {
    "any is up if one sees it up": ("any", {"a": "ooxx", "b": "oxox"}, "UUUD"),
    "all is up if every one does": ("all", {"a": "ooxx", "b": "oxox"}, "UDDD"),
    "two of three are not all": ("all", {"a": "ooox", "b": "ooxx", "c": "oxxx"}, "UDDD"),
    "half is no majority": ("majority", {"a": "ooxx", "b": "oxox"}, "UDDD"),
    "two of three are a majority": ("majority", {"a": "ooox", "b": "ooxx", "c": "oxxx"}, "UUDD"),
    "all leaves out who is unknown": ("all", {"a": "o-x-", "b": "oox-"}, "UUD?"),
    "majority counts only those who know": ("majority", {"a": "o-o-", "b": "oooo", "c": "xxxx"}, "UDUD"),
    "one failure among the unknown is down for any": ("any", {"a": "x---", "b": "--x-"}, "D?D?"),
    "a vantage that was never configured counts": ("all", {"local": "oooo", "stranger": "oxxo"}, "UDDU"),
    "a vantage that never observed is left out": ("all", {"local": "oxox", "asleep": ""}, "UDUD"),
}


@pytest.mark.parametrize("sentence", MERGED)
def test_merging(sentence: str) -> None:
    agree, seen, expected = MERGED[sentence]
    assert World().leaf("app", seen, agree=agree).picture(slots=4) == expected


def test_every_vantage_is_walked_by_itself_before_they_are_merged() -> None:
    world = World().leaf("app", {"a": "ooxoxooo", "b": "ooxoxooo"}, fall=2, rise=2)
    assert world.picture(slots=8) == "UUuUuUUU"
    interleaved = World().leaf("app", {"a": "oo.x.oo.", "b": "oox.x.oo"}, fall=2, rise=2)
    assert "D" not in interleaved.picture()


def test_facts_of_a_check_that_no_component_has_any_longer_are_not_read() -> None:
    world = World().leaf("app", "oooo")
    world.check("forgotten", "xxxx")
    assert world.picture(slots=4) == "UUUU"


def two_sites() -> World:
    return World().vantage("north-1", "north").vantage("south-1", "south").vantage("roof")


REACHED: dict[str, tuple[str | None, dict[str, str], str, str]] = {
    "a down seen from another site while the line is down is unknown": (
        "south",
        {"north-1": "oxxxxo"},
        "ooxxoo",
        "UD??DU",
    ),
    "a down seen from beside it stands": ("north", {"north-1": "oxxxxo"}, "ooxxoo", "UDDDDU"),
    "a vantage without a site is elsewhere": ("south", {"roof": "oxxxxo"}, "ooxxoo", "UD??DU"),
    "a component without a site is elsewhere": (None, {"north-1": "oxxxxo"}, "ooxxoo", "UD??DU"),
    "no site is not the same site as no site": (None, {"roof": "oxxxxo"}, "ooxxoo", "UD??DU"),
    "a vantage that was never configured is elsewhere": ("south", {"stranger": "oxxxxo"}, "ooxxoo", "UD??DU"),
    "an up seen through a line that is down stands": ("south", {"north-1": "oooooo"}, "oxxxxo", "UUUUUU"),
    "a line that is unknown excuses nothing": ("south", {"north-1": "oxxxxo"}, "o-x--o", "UD?DDU"),
    "who stands beside it is believed": ("south", {"north-1": "oxxxxo", "south-1": "oooxxo"}, "ooxxoo", "UUUDDU"),
    "who stands beside it and is up makes it up": (
        "south",
        {"north-1": "xxxxxx", "south-1": "oooooo"},
        "xxxxxx",
        "U" * 6,
    ),
}


@pytest.mark.parametrize("sentence", REACHED)
def test_behind_a_line(sentence: str) -> None:
    site, seen, line, expected = REACHED[sentence]
    world = two_sites().leaf("line", {"north-1": line}).leaf("app", seen, site=site, behind=("line",))
    assert world.service(all_of("app")).picture(slots=6) == expected


def test_an_unreachable_down_is_left_out_before_the_vantages_are_merged() -> None:
    world = two_sites().leaf("line", {"north-1": "oxxo"})
    seen = {"north-1": "oxxo", "south-1": "oooo"}
    world.leaf("app", seen, site="south", behind=("line",), agree="all")
    assert world.service(all_of("app")).picture(slots=4) == "UUUU"


def test_only_the_link_is_a_cause() -> None:
    world = World().leaf("line", "ooxxoo").leaf("app", "ooxxoo", behind=("line",))
    assert world.outages() == [(2, 4, ("line",))]


def test_behind_is_transitive() -> None:
    world = World().leaf("far", "oxxxo").leaf("near", "oxxxo", behind=("far",)).leaf("app", "oxxxo", behind=("near",))
    world.service(all_of("near"), "of-near").service(all_of("app"), "of-app")
    assert world.picture("of-near", slots=5) == "U???U"
    assert world.picture("of-app", slots=5) == "U???U"


def test_behind_is_transitive_through_what_stays_up() -> None:
    world = World().leaf("far", "oxxxo").leaf("near", "ooooo", behind=("far",)).leaf("app", "oxxxo", behind=("near",))
    assert world.service(all_of("app")).picture(slots=5) == "U???U"


def test_behind_a_ring_that_is_down_only_when_both_lines_are() -> None:
    world = World().leaf("g1", "oxxxo").leaf("g2", "ooxoo").composite("ring", any_of("g1", "g2"))
    world.leaf("app", "oxxxo", behind=("ring",))
    assert world.service(all_of("app")).picture(slots=5) == "UD?DU"


def test_what_a_composite_is_behind_its_component_is_behind_too() -> None:
    world = World().leaf("tower", "oxxxo").leaf("g1", "ooooo").leaf("g2", "ooooo")
    world.composite("ring", at_least(1, "g1", "g2"), behind=("tower",)).leaf("app", "oxxxo", behind=("ring",))
    assert world.service(all_of("app")).picture(slots=5) == "U???U"


def test_any_of_several_lines_that_is_down_is_enough() -> None:
    world = World().leaf("one", "oxoo").leaf("two", "ooxo").leaf("app", "oxxx", behind=("one", "two"))
    assert world.service(all_of("app")).picture(slots=4) == "U??D"


def dark(beside: str | dict[str, str], far: str = "oxxxxo", line: str = "oxxxxo", site: str = "south") -> str:
    """A component in the south, seen from the north over a line, and from beside it until it goes dark."""
    world = two_sites().vantage("south-old", "south", retired=True).leaf("line", {"north-1": line})
    near = {"south-1": beside} if isinstance(beside, str) else beside
    world.leaf("app", {"north-1": far, **near}, site=site, behind=("line",), stale=2 * MINUTE)
    return world.service(all_of("app")).picture(slots=6)


def test_in_a_dark_site_the_down_stands() -> None:
    assert dark("o") == "UUDDDU"
    assert dark("oo-") == "UUDDDU"


def test_a_failed_answer_from_beside_makes_a_site_dark_as_well() -> None:
    assert dark("x") == "UDDDDU"


def test_what_could_not_look_is_no_answer() -> None:
    assert dark("-") == "U????U"


def test_while_the_one_beside_it_knows_the_site_is_not_dark() -> None:
    assert dark("oooooo") == "UUUUUU"
    assert dark("xxxxxx") == "UDDDDU"


def test_the_silence_of_one_beside_it_is_enough_while_another_speaks() -> None:
    world = two_sites().vantage("south-2", "south").leaf("line", {"north-1": "xxxx"})
    seen = {"north-1": "xxxx", "south-1": "o-..", "south-2": "oooo"}
    world.leaf("app", seen, site="south", behind=("line",), agree="all")
    assert world.service(all_of("app")).picture(slots=4) == "UDDD"


def test_a_retired_vantage_keeps_its_site() -> None:
    assert dark({"south-old": "o"}) == "UUDDDU"


def test_a_vantage_elsewhere_that_goes_silent_makes_nothing_dark() -> None:
    assert dark({"roof": "o-"}) == "U????U"
    assert dark({"stranger": "o-"}) == "U????U"


def test_a_component_without_a_site_is_never_dark() -> None:
    world = two_sites().leaf("line", {"roof": "oxxo"})
    world.leaf("app", {"north-1": "oxxo", "roof": "o-.."}, behind=("line",))
    assert world.service(all_of("app")).picture(slots=4) == "U??U"


def test_an_answer_for_another_check_makes_nothing_dark() -> None:
    world = two_sites().leaf("line", {"north-1": "oxxo"})
    ping = world.check("ping", {"north-1": "oxxo"})
    page = world.check("page", {"south-1": "o-.."}, counts=False)
    world.checked("app", all_of("ping"), ping, page, site="south", behind=("line",))
    assert world.service(all_of("app")).picture(slots=4) == "U??U"


def test_a_dark_site_is_forgotten_seven_days_after_its_last_answer() -> None:
    failing = "x" * 6
    world = two_sites().leaf("line", {"north-1": failing})
    for shift, expected in ((0, "??????"), (3, "DDD???"), (5, "DDDDD?"), (6, "DDDDDD")):
        beside = [(slot(shift) - 7 * DAY, 0, 1, Status.OK)]
        world.leaf("app", {"north-1": drawn(failing), "south-1": beside}, site="south", behind=("line",))
        assert world.service(all_of("app")).picture(slots=6) == expected


def test_every_answer_starts_the_seven_days_again() -> None:
    failing = "x" * 6
    world = two_sites().leaf("line", {"north-1": failing})
    beside = [(slot(2) - 7 * DAY, 0, 1, Status.OK), (slot(2) - 2 * DAY, 0, 1, Status.FAILED)]
    world.leaf("app", {"north-1": drawn(failing), "south-1": beside}, site="south", behind=("line",))
    assert world.service(all_of("app")).picture(slots=6) == "DDDDDD"


def test_an_answer_that_comes_later_does_not_make_the_past_dark() -> None:
    assert dark("...o..", far="xxxxxx", line="xxxxxx") == "???UUD"


def test_one_answer_of_a_vantage_that_is_still_unknown_makes_its_site_dark() -> None:
    world = two_sites().leaf("line", {"north-1": "xxxxx"})
    ping = world.check("ping", {"north-1": "xxxxx", "south-1": "..o.."}, rise=2)
    world.checked("app", all_of("ping"), ping, site="south", behind=("line",))
    assert world.service(all_of("app")).picture(slots=5) == "??DDD"
