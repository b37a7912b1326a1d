"""What a report tells of pages: those that began in its period, as they were known at its instant."""

from __future__ import annotations

from availability.page_accounts import page_accounts
from availability.paging import Acknowledged, Entry
from availability.paging_steps import acknowledge
from availability.periods import parse_period
from tests.availability.paging_worlds import MINUTE, World, alert, firing, resolved

OCTOBER = parse_period("2026-10", "Europe/Amsterdam")


def told() -> list[Entry]:
    """A page of September, and one of October that was told after a minute and taken up after five."""
    world = World()
    world.now = OCTOBER.start - MINUTE
    world.take(firing(alert("early")))
    world.now = OCTOBER.start
    world.take(firing(alert("app"), alert("early")))
    world.now += MINUTE
    world.deliver()
    world.now += 4 * MINUTE
    (page,) = (page for page in world.pages.values() if page.opened_at == OCTOBER.start)
    world.note(acknowledge(page, world.now, Acknowledged("Anna", "link", "anna")))
    world.now += MINUTE
    world.take(resolved("app", "early"))
    return world.log


def test_a_page_belongs_to_the_period_in_which_it_began() -> None:
    (page,) = page_accounts(told(), OCTOBER, OCTOBER.end)
    assert page.about == ("app is down",) and page.told == ("anna",)
    assert (page.to_page_ms, page.to_acknowledge_ms) == (MINUTE, 5 * MINUTE)
    assert page.ended_at == OCTOBER.start + 6 * MINUTE


def test_what_came_later_was_not_known_then() -> None:
    (page,) = page_accounts(told(), OCTOBER, OCTOBER.start + 2 * MINUTE)
    assert page.to_page_ms == MINUTE
    assert (page.to_acknowledge_ms, page.acknowledged_by, page.ended_at) == (None, None, None)
    assert page_accounts(told(), OCTOBER, OCTOBER.start - 1) == ()
