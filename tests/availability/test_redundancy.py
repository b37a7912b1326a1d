"""What may still fail: worked cases, and any expression against trying every set of parts."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability.estate import AllOf, AnyOf, AtLeast, Expression, Ref
from availability.evaluation import evaluate, references
from availability.ports import Redundancy
from availability.redundancy import REPEATED_AT_MOST, fewest_failures, redundancy
from availability.states import DOWN, UNKNOWN, UP
from availability.timeline import NEVER, Timeline


def refs(ids: str) -> tuple[Ref, ...]:
    return tuple(map(Ref, ids))


TWO_LINES = AnyOf(refs("ab"))
CASES: dict[str, tuple[Expression, str, Redundancy]] = {
    "two lines, both up": (TWO_LINES, "ab", Redundancy(1, 1, ())),
    "two lines, one up": (TWO_LINES, "a", Redundancy(0, 1, ("b",))),
    "two lines, none up": (TWO_LINES, "", Redundancy(None, 1, ("a", "b"))),
    "all of three": (AllOf(refs("abc")), "abc", Redundancy(0, 0, ())),
    "two of five, all up": (AtLeast(2, refs("abcde")), "abcde", Redundancy(3, 3, ())),
    "two of five, three up": (AtLeast(2, refs("abcde")), "ace", Redundancy(1, 3, ("b", "d"))),
    "a chain is as strong as its weakest link": (AllOf((Ref("a"), AnyOf(refs("bc")))), "abc", Redundancy(0, 0, ())),
    "two double lines": (AllOf((AnyOf(refs("ab")), AnyOf(refs("cd")))), "abcd", Redundancy(1, 1, ())),
    "two lines through one switch": (
        AnyOf((AllOf(refs("as")), AllOf(refs("bs")))),
        "abs",
        Redundancy(0, 0, ()),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_may_fail(case: str) -> None:
    expression, up, expected = CASES[case]
    assert redundancy(expression, lambda id_: id_ in up) == expected


def test_it_is_lost_where_less_may_fail_than_it_was_made_for() -> None:
    assert Redundancy(0, 1, ("b",)).is_lost
    assert not Redundancy(1, 1, ()).is_lost
    assert not Redundancy(0, 0, ()).is_lost
    assert not Redundancy(None, 1, ("a", "b")).is_lost, "it is down: that is worse, and told as such"


def expressions(ids: str) -> st.SearchStrategy[Expression]:
    def of(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        several = st.lists(parts, min_size=1, max_size=4).map(tuple)
        return st.one_of(
            several.map(AllOf),
            several.map(AnyOf),
            several.flatmap(lambda all_: st.integers(1, len(all_)).map(lambda count: AtLeast(count, all_))),
        )

    return st.recursive(st.sampled_from(refs(ids)), of, max_leaves=10)


def is_up(expression: Expression, states: dict[str, int]) -> bool:
    """By the rules that states are judged by."""
    timelines = {id_: Timeline.made([NEVER], [state]) for id_, state in states.items()}
    return evaluate(expression, timelines).at(0) == UP


@given(expressions("abcdef"), st.lists(st.sampled_from([DOWN, UNKNOWN, UP]), min_size=6, max_size=6))
def test_it_is_what_trying_every_set_of_parts_finds(expression: Expression, values: list[int]) -> None:
    states = dict(zip("abcdef", values, strict=True))
    up = sorted({id_ for id_ in references(expression) if states[id_] == UP})
    tried = (failed for size in range(len(up) + 1) for failed in combinations(up, size))
    fewest = next(len(failed) for failed in tried if not is_up(expression, {**states, **dict.fromkeys(failed, DOWN)}))
    assert fewest_failures(expression, lambda id_: states[id_] == UP) == fewest


def test_what_is_too_entangled_is_not_told() -> None:
    ids = [f"part-{number}" for number in range(REPEATED_AT_MOST + 1)]
    tangled = AnyOf((AllOf(tuple(map(Ref, ids))), AtLeast(2, tuple(map(Ref, ids)))))
    assert redundancy(tangled, lambda _: True) == Redundancy(None, None, ())
    assert redundancy(tangled, lambda id_: id_ != "part-0") == Redundancy(REPEATED_AT_MOST - 2, None, ("part-0",))
