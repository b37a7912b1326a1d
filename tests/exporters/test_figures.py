"""Percentages and durations never flatter: the last digit is rounded down, whatever the size."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.figures import duration, floor_ratio, hours_minutes, norm, percent, seconds


@pytest.mark.parametrize(
    ("ratio", "digits", "text"),
    [
        (None, 2, "–"),
        (Fraction(979_996, 1_000_000), 2, "97.99%"),
        (Fraction(98, 100), 2, "98.00%"),
        (Fraction(1_749_887_999, 1_785_600_000), 2, "97.99%"),
        (Fraction(1), 2, "100.00%"),
        (1 - Fraction(1, 10**18), 2, "99.99%"),
        (Fraction(0), 2, "0.00%"),
        (Fraction(1, 3), 0, "33%"),
        (Fraction(2, 3), 5, "66.66666%"),
    ],
)
def test_a_percentage_is_rounded_down_at_its_last_digit(ratio: Fraction | None, digits: int, text: str) -> None:
    assert percent(ratio, digits) == text


@given(st.fractions(0, 1), st.integers(0, 8))
def test_a_printed_percentage_is_never_more_than_it_is_and_less_than_one_digit_short(
    ratio: Fraction, digits: int
) -> None:
    printed = Fraction(percent(ratio, digits).removesuffix("%")) / 100
    assert printed <= ratio < printed + Fraction(1, 10 ** (digits + 2))


@given(st.fractions(0, 1), st.fractions(0, 1))
def test_a_ratio_below_a_norm_of_two_digits_never_reads_as_that_norm(ratio: Fraction, other: Fraction) -> None:
    agreed = Fraction(percent(other).removesuffix("%")) / 100
    if ratio < agreed:
        assert percent(ratio) != percent(agreed)
        assert floor_ratio(ratio) < float(agreed)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 s"),
        (250, "0.250 s"),
        (59_999, "59.999 s"),
        (60_000, "1 min 0 s"),
        (35_712_000, "9 h 55 min 12 s"),
        (3_600_001, "1 h 0 min 0.001 s"),
        (-7_488_000, "-2 h 4 min 48 s"),
    ],
)
def test_a_duration_keeps_every_millisecond(milliseconds: int, text: str) -> None:
    assert duration(milliseconds) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 h 00 min"),
        (59_999, "0 h 00 min"),
        (Fraction(35_712_000), "9 h 55 min"),
        (Fraction(1, 3), "0 h 00 min"),
        (-1, "-0 h 01 min"),
        (-7_488_000, "-2 h 05 min"),
    ],
)
def test_a_budget_never_reads_larger_than_it_is(milliseconds: int | Fraction, text: str) -> None:
    assert hours_minutes(milliseconds) == text


@pytest.mark.parametrize(
    ("ratio", "text"), [("0.98", "98.0%"), ("0.995", "99.5%"), ("0.99995", "99.995%"), ("1", "100.0%"), ("0", "0.0%")]
)
def test_a_norm_is_printed_with_the_digits_it_has(ratio: str, text: str) -> None:
    assert norm(Fraction(ratio)) == text


def test_seconds_have_milliseconds_and_whole_ones_are_whole() -> None:
    assert seconds(35_712_000) == 35_712
    assert isinstance(seconds(35_712_000), int)
    assert seconds(1_250) == 1.25
    assert seconds(Fraction(2_500, 3)) == 0.833
    assert seconds(-1_500) == -1.5


@given(st.integers(0, 10**11), st.fractions(0, 1), st.integers(0, 10**11))
def test_what_is_left_of_a_budget_is_the_budget_less_what_was_down(agreed: int, share: Fraction, down: int) -> None:
    budget = share * agreed
    assert round(seconds(budget - down) * 1000) == round(seconds(budget) * 1000) - down
