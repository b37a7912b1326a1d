"""Writes figures for people: percentages and durations, exact, and never rounded in anybody's favour."""

from __future__ import annotations

from fractions import Fraction
from math import floor

NONE = "–"
"""What is printed where a figure does not exist: nothing was agreed or nothing is known."""


def percent(ratio: Fraction | None, digits: int = 2) -> str:
    """A ratio as a percentage, rounded down at its last digit, so that 97.9996% never reads 98.00% (section 7)."""
    if ratio is None:
        return NONE
    scale: int = 10**digits
    units = ratio.numerator * 100 * scale // ratio.denominator
    sign = "-" if units < 0 else ""
    whole, rest = divmod(abs(units), scale)
    return f"{sign}{whole}.{rest:0{digits}d}%" if digits else f"{sign}{whole}%"


def duration(milliseconds: int) -> str:
    """A length of time to the millisecond, such as `9 h 55 min 12 s` or `0.250 s`; nothing is rounded away."""
    sign = "-" if milliseconds < 0 else ""
    seconds, thousandths = divmod(abs(milliseconds), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    last = f"{seconds}.{thousandths:03d} s" if thousandths else f"{seconds} s"
    if hours:
        return f"{sign}{hours} h {minutes} min {last}"
    return f"{sign}{minutes} min {last}" if minutes else f"{sign}{last}"


def hours_minutes(milliseconds: int | Fraction) -> str:
    """Hours and whole minutes, rounded down: a budget never reads larger than it is, also where it is overdrawn."""
    minutes = floor(milliseconds) // 60_000
    sign = "-" if minutes < 0 else ""
    hours, minutes = divmod(abs(minutes), 60)
    return f"{sign}{hours} h {minutes:02d} min"


def seconds(milliseconds: int | Fraction) -> int | float:
    """Milliseconds as a number of seconds to the millisecond; a fraction of one is rounded down.

    A budget is the only figure with such a fraction, and rounding down keeps `budget - down = budget_left` exact.
    """
    whole = milliseconds if isinstance(milliseconds, int) else floor(milliseconds)
    return whole / 1000 if whole % 1000 else whole // 1000


def norm(ratio: Fraction) -> str:
    """A norm with all the digits it was written with (six at most), such as `98.0%` or `99.995%`."""
    text = percent(ratio, 6).removesuffix("%").rstrip("0")
    return f"{text}0%" if text.endswith(".") else f"{text}%"


def floor_ratio(ratio: Fraction, decimals: int = 4) -> float:
    """A ratio rounded down, as a number: what a spreadsheet shows as a percentage with `decimals - 2` digits."""
    scale: int = 10**decimals
    return floor(ratio * scale) / scale
