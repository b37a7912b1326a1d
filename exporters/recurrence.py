"""Recurring slots in words: on which days one starts, for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from availability.estate import Recurring, Weekly
from availability.recurrence import Rule

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = {"YEARLY": "year", "MONTHLY": "month", "WEEKLY": "week", "DAILY": "day"}
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}


def told_days(every: Weekly | Recurring) -> list[str]:
    """In pieces that stand one after the other: `every month on the 1st sun`, `from 2026-01-04`, `not on holidays`."""
    said = [_weekly(every.days)] if isinstance(every, Weekly) else _rule(every.rule)
    if every.without_holidays is not None:
        said.append("not on holidays")
    if every.exceptions:
        said.append(f"not on {_listed(map(str, sorted(every.exceptions)))}")
    return said


def _weekly(days: Iterable[int]) -> str:
    listed = [WEEKDAYS[day] for day in sorted(days)]
    return "every day" if len(listed) == len(WEEKDAYS) else f"every {', '.join(listed)}"


def _rule(rule: Rule) -> list[str]:
    unit = _UNITS[rule.frequency]
    said = f"every {unit}" if rule.interval == 1 else f"every {rule.interval} {unit}s"
    days = _days(rule)
    if rule.positions:
        days = f"the {_listed(map(_which, rule.positions))} of {days or 'its days'}"
    if days:
        said += f" on {days}"
    if rule.months:
        said += f" in {_listed(_MONTHS[month - 1] for month in rule.months)}"
    pieces = [said]
    if rule.count is not None:
        pieces.append(f"{rule.count} times" if rule.count > 1 else "once")
    if rule.starting is not None:
        pieces.append(f"from {rule.starting}")
    if rule.until is not None:
        pieces.append(f"until {rule.until}")
    return pieces


def _days(rule: Rule) -> str:
    """Every part that limits the days, one within the other."""
    said = []
    if rule.weekdays:
        said.append(_listed(_weekday(which, day) for which, day in rule.weekdays))
    if rule.month_days:
        said.append(f"{_numbered('day', rule.month_days)} of the month")
    if rule.year_days:
        said.append(f"{_numbered('day', rule.year_days)} of the year")
    if rule.weeks:
        said.append(_numbered("week", rule.weeks))
    return " that is ".join(said) if len(said) < 2 or not rule.weeks else ", in ".join(said)


def _weekday(which: int, day: int) -> str:
    return f"the {_which(which)} {WEEKDAYS[day]}" if which else WEEKDAYS[day]


def _numbered(unit: str, numbers: Sequence[int]) -> str:
    if all(number > 0 for number in numbers):
        return f"{unit}{'s' if len(numbers) > 1 else ''} {_listed(map(str, numbers))}"
    return f"the {_listed(map(_which, numbers))} {unit}"


def _which(number: int) -> str:
    """1st, 2nd, last, 2nd last."""
    if number == -1:
        return "last"
    count = abs(number)
    suffix = "th" if 10 < count % 100 < 14 else _SUFFIXES.get(count % 10, "th")
    return f"{count}{suffix}{' last' if number < 0 else ''}"


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
