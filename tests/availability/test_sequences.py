"""Outages and unwatched stretches that are made when they are looked at are the same however one looks."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings

from availability.accounting import account
from tests.availability.random_worlds import RandomWorld, worlds
from tests.availability.worlds import World

QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(worlds())
def test_one_by_one_they_are_what_they_are_together(world: RandomWorld) -> None:
    told = account(world.estate, world.facts, world.period, world.as_of, chain=True)
    for service in told.report.services:
        about = told.services[service.id]
        looked_at: list[Sequence[object]] = [service.outages, about.unwatched]
        looked_at += [part.outages for part in about.chain or ()]
        looked_at += [user.outages for user in about.participants.values()]
        for sequence in looked_at:
            together = tuple(sequence)
            assert [sequence[index] for index in range(len(sequence))] == list(together)
            assert sequence[1:] == together[1:]
            assert sequence == together


def test_they_differ_where_one_of_them_does() -> None:
    told, other = World().leaf("app", "oxxooxo").told().outages, World().leaf("app", "oxxooxx").told().outages
    assert told == World().leaf("app", "oxxooxo").told().outages
    assert told != other
    assert told != tuple(other)
    assert told != list(told)
    assert told[-1] == tuple(told)[-1]
