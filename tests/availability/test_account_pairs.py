"""The last test of a pair and when the next is due, and how fast services answered (docs/semantics.md, section 10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from availability.account import PairAccount, Response
from availability.estate import ResponseTime, Slot
from availability.periods import parse_period
from availability.ports import LatencySummary
from availability.responses import agreed_so_far, with_responses
from availability.spans import Span
from tests.availability.worlds import AMSTERDAM, DAY, MINUTE, START, World, all_of, drawn, opened, slot

OCTOBER = parse_period("2026-10", AMSTERDAM)
YEAR = 366 * DAY


def pair(primary: str = "oooxxxoooo", every: int | None = YEAR, start: int = START) -> World:
    """A pair whose primary fails for three minutes while its standby goes on."""
    world = World().leaf("one", drawn(primary, start)).leaf("two", drawn("o" * len(primary), start)).pair("one", "two")
    world.pairs[0] = replace(world.pairs[0], test_every_ms=every, name="The pair")
    return world


def told(world: World, as_of: int | None = None) -> PairAccount:
    (account,) = world.account(as_of).pairs
    return account


def test_the_last_test_is_told_with_when_the_next_is_due() -> None:
    account = told(pair().work("pair", start=3, end=4, category="failover_test"))
    assert account.last_test is not None
    assert (account.last_test.started_at, account.last_test.outcome) == (slot(3), "seamless")
    assert (account.pair, account.name, account.within_ms) == ("pair", "The pair", 4 * MINUTE)
    assert (account.test_due_at, account.test_overdue) == (slot(3) + YEAR, False)


def test_a_test_before_the_period_is_told() -> None:
    world = pair().work("pair", start=3, end=4, category="failover_test")
    world.period = "2027-09"
    account = told(world, slot(0) + 350 * DAY)
    assert account.last_test is not None
    assert (account.last_test.started_at, account.test_overdue) == (slot(3), False)


@pytest.mark.parametrize(("late", "overdue"), [(-1, False), (0, True), (1, True)])
def test_a_test_is_overdue_from_the_instant_at_which_it_is_due(late: int, overdue: bool) -> None:
    world = pair(every=10 * MINUTE).work("pair", start=3, end=4, category="failover_test")
    assert told(world, slot(13) + late).test_overdue is overdue


def test_of_several_tests_it_is_the_last_that_began_up_to_as_of() -> None:
    world = pair("oxooxoox").work("one", start=0, end=8, category="failover_test")
    found = {minute: told(world, slot(minute)).last_test for minute in (0, 1, 3, 5, 8)}
    started = {minute: None if test is None else test.started_at for minute, test in found.items()}
    assert started == {0: None, 1: None, 3: slot(1), 5: slot(4), 8: slot(7)}


def test_a_takeover_that_was_no_test_is_none() -> None:
    assert told(pair()).last_test is None


def test_where_there_never_was_a_test_it_was_due_at_the_first_fact() -> None:
    account = told(pair("--oooxxx"))
    assert (account.last_test, account.test_due_at, account.test_overdue) == (None, slot(0), True)


def test_the_first_fact_may_be_of_the_function() -> None:
    world = pair("..oooo")
    world.leaf("two", "...ooo").leaf("function", ".ooooo")
    world.pairs[0] = replace(world.pairs[0], function="function")
    assert told(world).test_due_at == slot(1)


def test_where_there_is_no_fact_a_test_is_due_now() -> None:
    account = told(pair(""), slot(7))
    assert (account.test_due_at, account.test_overdue) == (slot(7), True)


def test_where_no_test_is_asked_for_none_is_due() -> None:
    account = told(pair(every=None).work("pair", start=3, end=4, category="failover_test"))
    assert account.last_test is not None
    assert (account.test_due_at, account.test_overdue) == (None, False)


def test_a_weekly_test_is_found_however_long_ago() -> None:
    world = pair().weekly("pair", days=(1,), hours=Slot(540, 550), category="failover_test")
    world.period = "2028-10"
    account = told(world)
    assert account.last_test is not None
    assert (account.last_test.started_at, account.test_overdue) == (slot(3), True)


def test_a_pair_without_a_name_is_named_by_its_id() -> None:
    world = pair()
    world.pairs[0] = replace(world.pairs[0], name="")
    assert told(world).name == "pair"


def test_agreed_time_so_far_ends_at_as_of() -> None:
    world = World().leaf("app", "o").agreed(opened(60)).service(all_of("app"), since=slot(10), until=slot(50))
    estate = world.estate()
    assert agreed_so_far(estate, "service", OCTOBER, OCTOBER.end + DAY) == [(slot(10), slot(50))]
    assert agreed_so_far(estate, "service", OCTOBER, slot(20)) == [(slot(10), slot(20))]
    assert agreed_so_far(estate, "service", OCTOBER, slot(10)) == []
    assert agreed_so_far(estate, "service", OCTOBER, OCTOBER.start - DAY) == []


def measured() -> World:
    """A service for which a mean of 800 ms was agreed, and one for which nothing was."""
    world = World().leaf("app", "oooo").agreed(opened(4)).service(all_of("app")).service(all_of("app"), "second")
    world.services["service"] = replace(world.services["service"], response_time=ResponseTime("app-ping", 800))
    return world


def responses(mean: float | None, asked: list[tuple[str, Sequence[Span]]] | None = None) -> dict[str, Response | None]:
    world = measured()

    def latencies(check: str, spans: Sequence[Span]) -> LatencySummary:
        if asked is not None:
            asked.append((check, spans))
        return LatencySummary(0 if mean is None else 4, mean, mean)

    account = with_responses(world.account(slot(3)), world.estate(), latencies)
    return {id_: service.response for id_, service in account.services.items()}


def test_only_what_was_agreed_is_measured_within_agreed_time_so_far() -> None:
    asked: list[tuple[str, Sequence[Span]]] = []
    assert responses(700.0, asked) == {"service": Response("app-ping", 4, 700.0, 700.0, 800), "second": None}
    assert asked == [("app-ping", [(slot(0), slot(3))])]


@pytest.mark.parametrize(("mean", "within"), [(799.9, True), (800.0, False), (None, None)])
def test_the_mean_must_stay_below_what_was_agreed(mean: float | None, within: bool | None) -> None:
    response = responses(mean)["service"]
    assert response is not None
    assert response.within is within


def test_without_asking_there_is_no_response() -> None:
    assert measured().surrounding().response is None
