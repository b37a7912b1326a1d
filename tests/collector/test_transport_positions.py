"""How far an outbox has come in: counts of what is missing, still to come, and came twice, whatever the order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.transport.positions import Position


def after(*sequences: int, oldest: int = 1) -> Position:
    position = Position()
    for sequence in sequences:
        position = position.taken(sequence, min(oldest, sequence))
    return position


@pytest.mark.parametrize(
    ("what", "position", "expected"),
    [
        ("in order", after(1, 2, 3), Position(3)),
        ("out of order", after(3, 1, 2), Position(3)),
        ("a hole", after(1, 4, 5, 7), Position(1, ((4, 5), (7, 7)))),
        ("a hole that is filled", after(1, 4, 5, 2, 3), Position(5)),
        ("one that came again", after(1, 2, 1, 2), Position(2, repeated=2)),
        ("one ahead that came again", after(1, 4, 4), Position(1, ((4, 4),), repeated=1)),
        ("what the agent gave up", after(1, 4).taken(6, 6), Position(4 + 2, missing=3)),
        ("an outbox that was long in use", Position().taken(100, 100), Position(100, missing=99)),
    ],
)
def test_positions(what: str, position: Position, expected: Position) -> None:
    assert position == expected, what


def test_a_hole_is_told_as_long_as_it_may_be_filled() -> None:
    assert after(1, 4, 5, 7).hole == 3
    assert after(1, 2).hole == 0


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_the_order_does_not_matter(sequences: list[int]) -> None:
    position = after(*sequences)
    came = set(sequences)
    assert position.repeated == len(sequences) - len(came)
    assert position.missing == 0
    ahead = {number for first, last in position.ahead for number in range(first, last + 1)}
    assert set(range(1, position.through + 1)) | ahead == came
    assert position.hole == len(set(range(1, max(came) + 1)) - came)


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=60))
def test_everything_came_is_missing_or_is_to_come(taken: list[tuple[int, int]]) -> None:
    position, came, settled = Position(), set[int](), 0
    for sequence, oldest in taken:
        position = position.taken(sequence, min(sequence, oldest))
        came.add(sequence)
        settled = max(settled, min(sequence, oldest) - 1)
    ahead = sum(last - first + 1 for first, last in position.ahead)
    assert position.through >= settled
    assert position.through + ahead >= len(came)
    assert 0 <= position.missing <= 40
