"""Sketches of latencies: small, exact in count and sum, within 5% elsewhere, and the same in any grouping."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.store.sketch import HOUR_MS, SLOT_MS, Hour, Sketch, pack, quarters, unpack

microseconds = st.integers(0, 86_400_000_000)


def sketch_of(values: list[int]) -> Sketch:
    result = Sketch()
    for value in values:
        result.add(value)
    return result


def content(sketch: Sketch) -> tuple[int, int, dict[int, int]]:
    return sketch.count, sketch.total_us, sketch.buckets


@given(st.lists(st.integers(1, 86_400_000_000), min_size=1), st.fractions(Fraction(1, 100), 1))
def test_a_quantile_is_at_most_5_percent_off(values: list[int], share: Fraction) -> None:
    exact = sorted(values)[ceil(share * len(values)) - 1]
    assert sketch_of(values).quantile_us(share) == pytest.approx(exact, rel=0.0501)


@given(st.lists(microseconds), st.lists(microseconds), st.lists(microseconds))
def test_merging_is_counting_all_in_any_grouping(a: list[int], b: list[int], c: list[int]) -> None:
    left, right = sketch_of(a), sketch_of(b)
    left.merge(right)
    left.merge(sketch_of(c))
    right.merge(sketch_of(c))
    other = sketch_of(a)
    other.merge(right)
    assert content(left) == content(other) == content(sketch_of([*c, *b, *a]))


@given(st.lists(microseconds, min_size=1))
def test_packing_loses_nothing(values: list[int]) -> None:
    sketch = sketch_of(values)
    assert content(unpack(pack(sketch))) == content(sketch)


@given(st.lists(st.tuples(st.integers(0, HOUR_MS - 1), st.integers(0, 10**7)), min_size=1))
def test_an_hour_can_be_put_away_after_every_latency(timed: list[tuple[int, int]]) -> None:
    blob = b""
    whole = Hour()
    for instant, value in timed:
        hour = Hour(blob)
        hour.add(instant, value / 1000)
        blob = hour.pack()
        whole.add(instant, value / 1000)
    assert whole.pack() == blob
    for slot in range(4):
        values = [value for instant, value in timed if instant // SLOT_MS == slot]
        assert [content(unpack(packed)) for found, packed in quarters(blob) if found == slot] == (
            [content(sketch_of(values))] if values else []
        )


def test_a_usual_quarter_takes_few_bytes() -> None:
    sketch = sketch_of([20_000 + 300 * n for n in range(29)] + [5_000_000])
    assert len(pack(sketch)) <= 16


def test_nothing_has_no_quantile() -> None:
    with pytest.raises(ValueError, match="nothing was counted"):
        Sketch().quantile_us(Fraction(1, 2))
    assert Sketch().summary().mean_ms is None
