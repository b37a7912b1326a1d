"""Runs of observations are a set: whatever the order, repetition or split, the facts are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability import facts
from availability.facts import Observation
from availability.outcome import Reason, Status
from availability.ports import Run

OK = (Status.OK, None, "")
TIMEOUT = (Status.FAILED, Reason.TIMEOUT, "")
REFUSED = (Status.FAILED, Reason.REFUSED, "connection refused")
OTHER_PORT = (Status.FAILED, Reason.REFUSED, "connection refused by proxy")
NOT_LOOKED = (Status.NONE, Reason.NO_PERMISSION, "")
CONTENTS = (OK, TIMEOUT, REFUSED, OTHER_PORT, NOT_LOOKED)

# Instants that lie on a schedule, beside it and far from it, so that runs, gaps and interleaving all occur.
instants = st.one_of(st.integers(0, 40).map(lambda n: n * 30_000), st.integers(0, 40), st.integers(-(10**12), 10**13))
observations = st.builds(lambda at, content: Observation(at, *content), instants, st.sampled_from(CONTENTS))
sets = st.lists(observations, max_size=60)


def by_rule(these: list[Observation]) -> dict[int, Observation]:
    """The set that `these` are, straight from the rule."""
    result: dict[int, Observation] = {}
    for one in these:
        present = result.get(one.at)
        if present is None or (one.status, one.reason or "", one.detail) > (
            present.status,
            present.reason or "",
            present.detail,
        ):
            result[one.at] = one
    return result


def one_by_one(these: list[Observation]) -> list[Run]:
    """Runs made by appending single observations in order of time."""
    runs: list[Run] = []
    for _, (at, *content) in sorted(by_rule(these).items()):
        facts.append(runs, Run(at, 0, 1, *content))
    return runs


@given(sets)
def test_observations_come_back_one_by_one(these: list[Observation]) -> None:
    runs = facts.encode(these)
    assert facts.ordered(runs)
    assert list(facts.expand(runs)) == [one for _, one in sorted(by_rule(these).items())]


@given(sets, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(these: list[Observation], random) -> None:
    again = these + [one for one in these if random.random() < 0.5]
    random.shuffle(again)
    assert facts.encode(again) == facts.encode(these)


@given(st.lists(sets, max_size=5), st.randoms(use_true_random=False))
def test_a_split_does_not_matter(parts: list[list[Observation]], random) -> None:
    whole = facts.encode([one for part in parts for one in part])
    random.shuffle(parts)
    merged: list[Run] = []
    for part in parts:
        merged = facts.merge(merged, facts.encode(part)).runs
    assert merged == whole


@given(sets, sets, sets)
def test_grouping_does_not_matter(a: list[Observation], b: list[Observation], c: list[Observation]) -> None:
    x, y, z = facts.encode(a), facts.encode(b), facts.encode(c)
    assert facts.merge(facts.merge(x, y).runs, z).runs == facts.merge(x, facts.merge(y, z).runs).runs


@given(sets, sets)
def test_merging_counts_what_is_new_known_and_in_conflict(left: list[Observation], right: list[Observation]) -> None:
    mine, yours = by_rule(left), by_rule(right)
    union = facts.merge(facts.encode(left), facts.encode(right))
    fresh = sorted(set(yours) - set(mine))
    assert [one.at for one in facts.expand(union.fresh)] == fresh
    assert union.added == len(fresh)
    assert union.known == sum(mine.get(at) == one for at, one in yours.items())
    assert union.conflicts == len(yours) - union.added - union.known


@given(sets)
def test_runs_do_not_depend_on_whether_runs_or_single_observations_are_appended(these: list[Observation]) -> None:
    assert facts.encode(these) == one_by_one(these)
    split: list[Run] = []
    for run in facts.encode(these):
        half = run.length // 2
        if half:
            facts.append(split, run._replace(length=half, step=run.step if half > 1 else 0))
            run = facts.after(run, half)
        facts.append(split, run)
    assert split == facts.encode(these)


@given(sets, instants)
def test_an_instant_finds_its_observation(these: list[Observation], instant: int) -> None:
    runs = facts.encode(these)
    expected = by_rule(these)
    for at in [instant, *expected]:
        found = facts.at(runs, at)
        assert (found[3:] if found else None) == (expected[at][1:] if at in expected else None)


@given(sets, st.lists(instants, unique=True))
def test_values_are_kept_where_there_is_an_observation(these: list[Observation], some: list[int]) -> None:
    timed = [(at, float(at)) for at in sorted({*some, *(one.at for one in these)})]
    held = by_rule(these)
    assert list(facts.within(timed, facts.encode(these))) == [pair for pair in timed if pair[0] in held]


CONFLICTS = {
    "failed wins over ok": (OK, TIMEOUT, TIMEOUT),
    "failed wins over none": (NOT_LOOKED, TIMEOUT, TIMEOUT),
    "ok wins over none": (NOT_LOOKED, OK, OK),
    "of two failures the reason that sorts last stays": (REFUSED, TIMEOUT, TIMEOUT),
    "of one reason the detail that sorts last stays": (REFUSED, OTHER_PORT, OTHER_PORT),
}


@pytest.mark.parametrize("sentence", CONFLICTS)
def test_conflict(sentence: str) -> None:
    one, other, winner = CONFLICTS[sentence]
    for first, second in ((one, other), (other, one)):
        union = facts.merge([Run(0, 10, 5, *first)], [Run(20, 0, 1, *second)])
        assert facts.at(union.runs, 20)[3:] == winner
        assert (union.added, union.known, union.conflicts) == (0, 0, 1)
        assert facts.encode([Observation(7, *first), Observation(7, *second)]) == [Run(7, 0, 1, *winner)]


MERGES = {
    "an observation at the end of a run extends it": (
        [Run(0, 30, 10, *OK)],
        [Run(300, 0, 1, *OK)],
        [Run(0, 30, 11, *OK)],
    ),
    "an observation before a run becomes its first": (
        [Run(30, 30, 10, *OK)],
        [Run(0, 0, 1, *OK)],
        [Run(0, 30, 11, *OK)],
    ),
    "a run that fills the gap joins both sides": (
        [Run(0, 30, 3, *OK), Run(180, 30, 3, *OK)],
        [Run(90, 30, 3, *OK)],
        [Run(0, 30, 9, *OK)],
    ),
    "runs half a step apart become one of half the step": (
        [Run(0, 60, 3, *OK)],
        [Run(30, 60, 3, *OK)],
        [Run(0, 30, 6, *OK)],
    ),
    "a failure inside a run splits it": (
        [Run(0, 30, 5, *OK)],
        [Run(60, 0, 1, *TIMEOUT)],
        [Run(0, 30, 2, *OK), Run(60, 0, 1, *TIMEOUT), Run(90, 30, 2, *OK)],
    ),
    "a weaker run inside a stronger one changes nothing": (
        [Run(0, 30, 5, *OK)],
        [Run(30, 60, 2, *NOT_LOOKED)],
        [Run(0, 30, 5, *OK)],
    ),
}


@pytest.mark.parametrize("sentence", MERGES)
def test_merge(sentence: str) -> None:
    left, right, expected = MERGES[sentence]
    assert facts.merge(left, right).runs == expected
    assert facts.merge(right, left).runs == expected


def test_a_year_is_merged_without_taking_it_apart() -> None:
    year = Run(0, 1, 10**12, *OK)
    failure = Run(5 * 10**11, 1, 10, *TIMEOUT)
    union = facts.merge([year], [failure, Run(10**12, 1, 10**12, *OK)])
    assert [run.length for run in union.runs] == [5 * 10**11, 10, 15 * 10**11 - 10]
    assert (union.added, union.conflicts) == (10**12, 10)


DISORDER = {
    "later before earlier": [Run(30, 0, 1, *OK), Run(0, 0, 1, *OK)],
    "interleaved": [Run(0, 30, 3, *OK), Run(45, 30, 3, *TIMEOUT)],
    "the same instant twice": [Run(0, 30, 2, *OK), Run(30, 0, 1, *OK)],
    "a step of nothing": [Run(0, 0, 2, *OK)],
    "nothing at all": [Run(0, 30, 0, *OK)],
}


@pytest.mark.parametrize("sentence", DISORDER)
def test_disorder_is_recognised(sentence: str) -> None:
    assert not facts.ordered(DISORDER[sentence])


@given(sets, st.integers(0, 1_300_000), st.integers(0, 1_300_000))
def test_a_cut_is_exact(these: list[Observation], start: int, end: int) -> None:
    cut = [piece for run in facts.encode(these) if (piece := facts.between(run, start, end))]
    assert facts.ordered(cut)
    assert list(facts.expand(cut)) == [one for one in facts.expand(facts.encode(these)) if start <= one.at < end]
