"""The report of random small worlds equals, to the millisecond, what docs/semantics.md says read instant by instant."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from availability import walk
from availability.judge import judge
from availability.report import Figures, Report
from availability.states import STATE_NAMES
from tests.availability import oracle_states
from tests.availability.oracle import judged_by_the_text
from tests.availability.random_worlds import DAY, UNIT, RandomWorld, leaf_parts, observations, worlds

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


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(worlds())
def test_the_report_is_what_the_text_says(world: RandomWorld) -> None:
    compare(world)


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(st.data())
def test_a_walk_in_pieces_looked_at_in_between_is_the_walk_of_the_whole(data: st.DataObject) -> None:
    unit = data.draw(st.sampled_from((UNIT, DAY)))
    rows = data.draw(observations(0, unit))
    check = data.draw(leaf_parts("app", [], unit)).checks[0]
    whole, pieces = walk.start(check), walk.start(check)
    walk.advance(whole, rows)
    for first, step, count, status in rows:
        cut = data.draw(st.integers(0, count))
        if cut:
            walk.advance(pieces, [(first, step if cut > 1 else 0, cut, status)])
            walk.seen(pieces)
        if cut < count:
            left = count - cut
            walk.advance(pieces, [(first + step * cut, step if left > 1 else 0, left, status)])
    expected = oracle_states.walk(check, rows, rows[-1][0] + rows[-1][1] * rows[-1][2])
    for seen in (walk.seen(whole), walk.seen(pieces)):
        assert list(seen.unconfirmed) == expected.unconfirmed
        for instant in {
            edge + shift for start, end, _ in expected.states for edge in (start, end) for shift in (-1, 0)
        }:
            assert STATE_NAMES[seen.state.at(instant)] == expected.at(instant).lower()
        weeks = {answer + shift for answer in expected.answers for shift in (-1, 0, 7 * DAY - 1, 7 * DAY)}
        for instant in weeks:
            answered = any(start <= instant < end for start, end in seen.answered)
            assert answered == expected.answered_in_the_seven_days_before(instant)


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
