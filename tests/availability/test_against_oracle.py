"""The report of random small worlds equals, to the millisecond, what docs/semantics.md says read instant by instant."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from availability.judge import judge
from availability.report import Figures, Report
from tests.availability.oracle import judged_by_the_text
from tests.availability.random_worlds import RandomWorld, worlds

QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def all_figures(report: Report) -> list[Figures]:
    judged = [service.judged for service in report.services]
    judged += [participant.judged for service in report.services for participant in service.participants]
    return [one.figures for one in judged] + [part.figures for one in judged for part in one.parts or ()]


def compare(world: RandomWorld) -> None:
    """One world through both."""
    told = judge(world.estate, world.facts, world.period, world.as_of)
    said = judged_by_the_text(world.estate, world.facts, world.period, world.as_of)
    for service, expected in zip(told.services, said.services, strict=True):
        for field in fields(service):
            assert getattr(service, field.name) == getattr(expected, field.name), (service.id, field.name)
    assert told.failovers == said.failovers
    assert told == said
    for figures in all_figures(told):
        classes = figures.up_ms + figures.down_ms + figures.unknown_ms + figures.excluded_ms
        assert figures.agreed_ms == classes
        assert min(figures.up_ms, figures.down_ms, figures.unknown_ms, figures.excluded_ms, figures.rest_ms) >= 0
        assert 0 <= figures.unconfirmed_failed_ms <= figures.up_ms


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(worlds())
def test_the_report_is_what_the_text_says(world: RandomWorld) -> None:
    compare(world)


@pytest.mark.soak
@settings(
    max_examples=3_000,
    deadline=None,
    database=None,
    suppress_health_check=QUIET,
    phases=(Phase.generate, Phase.shrink),
)
@given(worlds())
def test_thousands_of_reports_are_what_the_text_says(world: RandomWorld) -> None:
    compare(world)
