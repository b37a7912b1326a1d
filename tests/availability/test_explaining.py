"""Why something is what it is: rules, causes, vantages, what stands in between, maintenance and presumption."""

from __future__ import annotations

from dataclasses import replace

import pytest

from availability.estate import Expression, Slot, Weekly
from availability.evaluation import Evaluation
from availability.explaining import Explanation, Group, subject
from availability.judge import observe
from availability.looked import GoingOn, VantageView
from availability.outages import causes
from availability.outcome import Status
from availability.states import DOWN, UNKNOWN, UP
from tests.availability.explanations import explained
from tests.availability.worlds import (
    EVERY_DAY,
    World,
    all_of,
    any_of,
    at_least,
    slot,
)

NOW = 5.5


def counted(group: Group) -> tuple[str, int, int, int, int]:
    return group.rule, group.needed, group.up, group.down, group.unknown


def three(picture_a: str, picture_b: str, picture_c: str, rule: Expression) -> Explanation:
    world = World().leaf("a", picture_a).leaf("b", picture_b).leaf("c", picture_c).service(rule)
    return explained(world, "service", NOW)


RULES = {
    "all, one down": (("oooooo", "ooxxxx", "oooooo"), all_of("a", "b", "c"), ("all", 3, 2, 1, 0), DOWN, ("b",)),
    "all, one unwatched": (("oooooo", "oo....", "oooooo"), all_of("a", "b", "c"), ("all", 3, 2, 0, 1), UNKNOWN, ()),
    "any, a dead spare": (("oooooo", "ooxxxx", "oo...."), any_of("a", "b", "c"), ("any", 1, 1, 1, 1), UP, ()),
    "two of three, two down": (
        ("xxxxxx", "ooxxxx", "oooooo"),
        at_least(2, "a", "b", "c"),
        ("at_least", 2, 1, 2, 0),
        DOWN,
        ("a", "b"),
    ),
    "two of three, one down and one unwatched": (
        ("xxxxxx", "oo....", "oooooo"),
        at_least(2, "a", "b", "c"),
        ("at_least", 2, 1, 1, 1),
        UNKNOWN,
        (),
    ),
}


@pytest.mark.parametrize("case", RULES.values(), ids=RULES)
def test_a_rule_says_how_its_members_stand(
    case: tuple[tuple[str, str, str], Expression, tuple[str, int, int, int, int], int, tuple[str, ...]],
) -> None:
    pictures, rule, counts, state, to_blame = case
    told = three(*pictures, rule)
    node = told.nodes["service"]
    assert counted(node.rule) == counts
    assert (told.state, node.rule.state, told.causes) == (state, state, to_blame)
    assert [id_ for id_, one in told.nodes.items() if one.cause] == [*to_blame]


def test_an_expression_in_an_expression_is_a_group_of_its_own() -> None:
    told = three("xxxxxx", "oooooo", "xxxxxx", all_of(any_of("a", "b"), "c"))
    inner, last = told.nodes["service"].rule.members
    assert isinstance(inner, Group)
    assert (inner.members, counted(inner), inner.state) == (("a", "b"), ("any", 1, 1, 1, 0), UP)
    assert last == "c"
    assert told.causes == ("c",)  # `a` is down as well, and to blame for nothing


def test_each_part_is_told_once_however_many_ways_lead_to_it() -> None:
    world = World().leaf("disk", "oooxxx")
    world.composite("left", all_of("disk")).composite("right", all_of("disk")).service(any_of("left", "right"))
    told = explained(world, "service", NOW)
    assert [*told.nodes] == ["service", "left", "disk", "right"]
    assert told.causes == ("disk",)


def test_what_does_not_bear_on_it_is_not_told() -> None:
    world = World().leaf("a", "oooooo").leaf("b", "xxxxxx").service(all_of("a")).service(all_of("b"), "other")
    assert [*explained(world, "service", NOW).nodes] == ["service", "a"]


def sight(told: Explanation, part: str, vantage: str = "local") -> VantageView:
    (view,) = told.nodes[part].checks
    return next(one for one in view.vantages if one.id == vantage)


RUNS = {
    "confirmed failures": ("ooxxxx", GoingOn(Status.FAILED, 4, 3, slot(2)), DOWN),
    "failures that are not enough yet": ("ooooxx", GoingOn(Status.FAILED, 2, 3, slot(4)), UP),
    "a success that is not enough yet": ("oxxxxo", GoingOn(Status.OK, 1, 2, slot(5)), DOWN),
    "settled successes": ("oooooo", GoingOn(Status.OK, 6, 2, slot(0)), UP),
    "a look that could not be made ends a run": ("ooooo-", None, UNKNOWN),
    "a look that is too long ago": ("oo....", None, UNKNOWN),
}


@pytest.mark.parametrize("case", RUNS.values(), ids=RUNS)
def test_a_vantage_says_which_run_goes_on(case: tuple[str, GoingOn | None, int]) -> None:
    picture, run, state = case
    told = explained(World().leaf("a", picture, fall=3, rise=2), "a", NOW)
    one = sight(told, "a")
    assert (one.run, one.state) == (run, state)


def test_an_observation_speaks_up_to_the_instant_and_not_at_it() -> None:
    world = World().leaf("a", "ooo", stale=3 * 60_000)
    assert sight(explained(world, "a", 4.99), "a").run is not None
    assert sight(explained(world, "a", 5), "a").run is None


def test_what_was_observed_later_is_not_known_yet() -> None:
    world = World().leaf("a", "ooxxxx", fall=3)
    told = explained(world, "a", 3.5)
    assert told.state == UP
    assert sight(told, "a").run == GoingOn(Status.FAILED, 2, 3, slot(2))
    last = sight(told, "a").last
    assert last is not None
    assert last.at == slot(3)


def test_a_vantage_that_is_to_look_and_never_did_is_told() -> None:
    world = World().vantage("south").leaf("a", "oooooo")
    told = explained(world, "a", NOW, expected={"a-ping": ("south", "local")})
    assert [one.id for one in told.nodes["a"].checks[0].vantages] == ["south", "local"]
    assert (sight(told, "a", "south").last, sight(told, "a", "south").state) == (None, UNKNOWN)


def test_a_vantage_that_no_longer_looks_is_left_out_once_it_says_nothing() -> None:
    world = World().vantage("old").leaf("a", {"local": "oooooo", "old": "oo"})
    told = explained(world, "a", NOW, expected={"a-ping": ("local",)})
    assert [one.id for one in told.nodes["a"].checks[0].vantages] == ["local"]


def ring(app: dict[str, str], ring_seen: str = "oxxxxx") -> World:
    """An application in the south, behind a ring, looked at from both sides."""
    world = World().vantage("north", "dc-north").vantage("south", "dc-south")
    world.leaf("ring", {"north": ring_seen})
    return world.leaf("app", app, site="dc-south", behind=("ring",)).service(all_of("app"))


def test_what_cannot_be_reached_names_what_stands_in_between() -> None:
    told = explained(ring({"north": "oxxxxx"}), "service", NOW)
    (view,) = told.nodes["app"].checks
    assert (told.state, told.undecided, told.causes) == (UNKNOWN, ("app",), ())
    assert (view.blocked_by, view.dark) == (("ring",), ())
    assert (sight(told, "app", "north").state, sight(told, "app", "north").counted) == (DOWN, UNKNOWN)
    assert told.in_between == ("ring",)
    assert told.nodes["ring"].state == DOWN


def test_whoever_stands_beside_it_is_believed() -> None:
    told = explained(ring({"north": "oxxxxx", "south": "oxxxxx"}), "service", NOW)
    (view,) = told.nodes["app"].checks
    assert (told.state, told.causes) == (DOWN, ("app",))
    assert [one.id for one in view.failing] == ["south"]


def test_a_dark_site_is_named() -> None:
    told = explained(ring({"north": "oxxxxx", "south": "oo...."}), "service", NOW)
    (view,) = told.nodes["app"].checks
    assert (told.state, told.causes) == (DOWN, ("app",))
    assert (view.blocked_by, view.dark) == (("ring",), ("south",))
    assert sight(told, "app", "north").counted == DOWN


def test_what_silences_what_silences_is_told_as_well() -> None:
    world = World().vantage("north", "dc-north").leaf("core", {"north": "oxxxxx"})
    world.leaf("line", {"north": "oxxxxx"}, behind=("core",)).leaf("app", {"north": "oxxxxx"}, behind=("line",))
    told = explained(world, "app", NOW)
    assert told.nodes["app"].checks[0].blocked_by == ("core",)  # the line is itself out of reach
    assert told.in_between == ("core",)


def test_work_that_is_excluded_presumes_it_up() -> None:
    world = World().leaf("a", "oxxxxx").leaf("b", "oooooo").service(all_of("a", "b"))
    told = explained(world.agreed(excluded=("customer_request",)).work("a", start=1, end=9), "service", NOW)
    (applies,) = told.maintenance
    assert (applies.record.id, applies.affects, applies.until) == ("work-0", ("a",), slot(9))
    assert applies.under == (("agreement", "excluded"),)
    assert told.presumed == told.nodes["a"].presumed == (("agreement", UP),)
    assert told.nodes["b"].presumed == ()


def test_work_that_no_agreement_excludes_presumes_nothing() -> None:
    told = explained(World().leaf("a", "oxxxxx").service(all_of("a")).work("a", start=1, end=9), "service", NOW)
    assert told.maintenance[0].under == (("agreement", "counts"),)
    assert told.presumed == ()


def test_work_that_waits_for_approval_is_told_as_such() -> None:
    world = World().leaf("a", "oxxxxx").service(all_of("a")).agreed(excluded=("customer_request",))
    world.work("a", start=1, end=9)
    world.agreement = replace(world.agreement, approval_required=True)
    world.records = [replace(record, approved=False) for record in world.records]
    told = explained(world, "service", NOW)
    assert told.maintenance[0].under == (("agreement", "awaits_approval"),)
    assert told.presumed == ()


@pytest.mark.parametrize(("start", "end"), [(0, 5.5), (5.6, 9)], ids=["over", "to come"])
def test_work_at_another_time_is_not_told(start: float, end: float) -> None:
    world = World().leaf("a", "oxxxxx").service(all_of("a")).work("a", start=start, end=end)
    assert explained(world, "service", NOW).maintenance == ()


def test_work_on_what_stands_in_between_or_on_the_pair_is_told() -> None:
    world = ring({"north": "oxxxxx"}).leaf("spare", "oooooo").pair("app", "spare", id_="takeover")
    world.work("ring", start=1, end=9).work("takeover", start=1, end=9).work("spare", start=1, end=9)
    told = explained(world, "service", NOW)
    assert [one.affects for one in told.maintenance] == [("ring",), ("takeover",)]


RECURRING = {
    "until the end of the slot": (Weekly(EVERY_DAY, Slot(480, 600)), slot(60)),
    "day after day, so that it has no end": (Weekly(EVERY_DAY, Slot(0, 1440)), None),
}


@pytest.mark.parametrize("case", RECURRING.values(), ids=RECURRING)
def test_recurring_work_says_until_when(case: tuple[Weekly, int | None]) -> None:
    every, until = case
    world = World().leaf("a", "oooooo").service(all_of("a"))
    world.weekly("a", days=tuple(every.days), hours=every.slot)
    (applies,) = explained(world, "service", NOW).maintenance
    assert applies.until == until


def test_a_participant_that_lacks_its_line_is_told_while_the_service_is_up() -> None:
    world = World().leaf("a", "oooooo").leaf("line", "ooxxxx").leaf("other", "oooooo")
    world.service(all_of("a"), needs={"weert": ("line",), "venlo": ("other",)})
    told = explained(world, "service", NOW)
    (lacks,) = told.participants
    assert (lacks.participant, lacks.state, lacks.since, lacks.parts) == ("weert", DOWN, slot(2), ("line",))
    assert told.nodes["line"].state == DOWN
    assert "other" not in told.nodes


def test_a_check_is_told_with_its_part() -> None:
    world = World()
    judged, watched = world.check("http", "oooooo"), world.check("cert", "ooxxxx", counts=False)
    world.checked("web", all_of("http"), judged, watched).service(all_of("web"))
    told = explained(world, "cert", NOW)
    assert (told.kind, told.state, told.roots, told.causes) == ("check", DOWN, ("web",), ())
    assert told.check is not None
    assert (told.check.id, told.check.counts, told.check.since) == ("cert", False, slot(2))
    assert told.nodes["web"].state == UP


PAIRS = {
    "by its function": ("function", ("function", "one", "two"), DOWN, ("function",)),
    "by either without one": (None, ("one", "two"), UP, ()),
}


@pytest.mark.parametrize("case", PAIRS.values(), ids=PAIRS)
def test_a_pair_is_told(case: tuple[str | None, tuple[str, ...], int, tuple[str, ...]]) -> None:
    function, roots, state, to_blame = case
    world = World().leaf("one", "ooxxxx").leaf("two", "oooooo").leaf("function", "ooxxxx")
    told = explained(world.pair("one", "two", function), "pair", NOW)
    assert (told.kind, told.roots, told.state, told.causes) == ("pair", roots, state, to_blame)
    assert told.pair_now is not None and told.pair_now.last is not None
    assert told.pair_now.last.started_at == slot(2)


def test_nothing_ever_observed_is_unknown_since_ever() -> None:
    told = explained(World().leaf("a"), "a", NOW)
    assert (told.state, told.since, told.undecided) == (UNKNOWN, None, ("a",))


def test_an_id_that_is_not_there_is_none() -> None:
    with pytest.raises(KeyError):
        subject(World().leaf("a").estate(), "b")


def test_a_part_comes_before_a_check_of_the_same_name() -> None:
    world = World()
    check = world.check("web", "oooooo")
    world.checked("web", all_of("web"), check)
    assert subject(world.estate(), "web") == ("component", ("web",))
    assert subject(world.estate(), "service") == ("service", ("service",))


def test_what_is_to_blame_is_what_a_report_names() -> None:
    """The very same walk through DOWN parts, at every slot of a world with a bit of everything."""
    world = ring({"north": "ooxxoo", "south": "ooxxxo"}, "oooxxx").leaf("a", "oxxoox").leaf("b", "oooxxo")
    world.service(all_of(any_of("a", "b"), "app"))
    estate = world.estate()
    expression = estate.services["service"].up_when
    states = set()
    for number in range(10):
        at = slot(number + 0.5)
        told = explained(world, "service", number + 0.5)
        evaluation = Evaluation(estate, observe(estate, world.facts, at))
        state = evaluation.states["service"].at(at)
        blamed = tuple(causes(evaluation, expression, [(at, at + 1)])) if state == DOWN else ()
        assert (told.state, told.causes) == (state, blamed)
        states.add(state)
    assert states == {DOWN, UNKNOWN, UP}
