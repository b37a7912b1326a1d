"""On which local days a recurrence rule falls (RFC 5545, section 3.3.10, as far as it is about whole days).

Each day is tried by itself, so the cost is that of the days asked for, however far from the first they lie.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

Frequency = Literal["YEARLY", "MONTHLY", "WEEKLY", "DAILY"]

HORIZON_DAYS = 400 * 365 + 97
"""How far a rule is looked ahead, which is 400 years: after that the calendar repeats itself."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule whose days follow from it alone: what its first day implies (RFC 5545) stands among its parts.

    An empty part limits nothing. Numbers below zero count from the end; weekdays count from 0, which is Monday.
    """

    text: str
    """As it was written."""
    frequency: Frequency
    interval: int = 1
    count: int | None = None
    """It ends with this many days, those that are excepted included; counted from `starting`."""
    starting: date | None = None
    """The first day on which it can fall, and from whose year, month, week or day `interval` counts."""
    until: date | None = None
    """The last day on which it can fall."""
    week_start: int = 0
    months: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    weekdays: tuple[tuple[int, int], ...] = ()
    """(which one in its month or year, weekday); the first is 0 for every one."""
    positions: tuple[int, ...] = ()
    """Which of the days that fit in one year, month, week or day."""


def falls_on(rule: Rule, day: date) -> bool:
    """Whether `day` is one of the rule's days."""
    if rule.until is not None and day > rule.until:
        return False
    if not _recurs_on(rule, day):
        return False
    return rule.count is None or day <= _last_day(rule)


def first_day(rule: Rule) -> date | None:
    """The first day of the rule, without `starting` from the year 2000 on; None where 400 years hold none."""
    return next((day for day in _ahead(rule) if falls_on(rule, day)), None)


@lru_cache(maxsize=256)
def _last_day(rule: Rule) -> date:
    """The day with which the count of `rule` is full; what lies beyond 400 years is not counted."""
    left = rule.count or 0
    for day in _ahead(rule):
        if _recurs_on(rule, day):
            left -= 1
            if not left:
                return day
    return _horizon(rule)


def _ahead(rule: Rule) -> Iterator[date]:
    first = _start(rule).toordinal()
    last = min(rule.until or date.max, _horizon(rule)).toordinal()
    return map(date.fromordinal, range(first, last + 1))


def _start(rule: Rule) -> date:
    return rule.starting or date(2000, 1, 1)


def _horizon(rule: Rule) -> date:
    return date.fromordinal(min(_start(rule).toordinal() + HORIZON_DAYS, date.max.toordinal()))


def _recurs_on(rule: Rule, day: date) -> bool:
    """Whether `day` is one of the rule's days but for how it ends."""
    if rule.starting is not None:
        if day < rule.starting:
            return False
        if rule.interval > 1 and (_stretch(rule, day) - _stretch(rule, rule.starting)) % rule.interval:
            return False
    return _fits(rule, day) and (not rule.positions or day in _chosen(rule, _stretch(rule, day)))


def _stretch(rule: Rule, day: date) -> int:
    """The number of the year, month, week or day that `day` lies in; 1 January of the year 1 was a Monday."""
    match rule.frequency:
        case "YEARLY":
            return day.year
        case "MONTHLY":
            return day.year * 12 + day.month - 1
        case "WEEKLY":
            return (day.toordinal() - 1 - rule.week_start) // 7
        case "DAILY":
            return day.toordinal()


@lru_cache(maxsize=1024)
def _chosen(rule: Rule, stretch: int) -> frozenset[date]:
    """The days of one year, month, week or day that stand at one of the rule's positions."""
    fitting = [day for day in _days_of(rule, stretch) if _fits(rule, day)]
    indices = {position - 1 if position > 0 else len(fitting) + position for position in rule.positions}
    return frozenset(day for index, day in enumerate(fitting) if index in indices)


def _days_of(rule: Rule, stretch: int) -> Iterator[date]:
    match rule.frequency:
        case "YEARLY":
            first, length = date(stretch, 1, 1).toordinal(), _days_in_year(stretch)
        case "MONTHLY":
            year, month = divmod(stretch, 12)
            first, length = date(year, month + 1, 1).toordinal(), monthrange(year, month + 1)[1]
        case "WEEKLY":
            first, length = stretch * 7 + 1 + rule.week_start, 7
        case "DAILY":
            first, length = stretch, 1
    last = min(first + length - 1, date.max.toordinal())
    return map(date.fromordinal, range(max(first, 1), last + 1))


def _fits(rule: Rule, day: date) -> bool:
    """Whether every part that limits days admits `day`."""
    if rule.months and day.month not in rule.months:
        return False
    if rule.weekdays and not _is_weekday(rule, day):
        return False
    if rule.month_days and not _counted(day.day, monthrange(day.year, day.month)[1], rule.month_days):
        return False
    if rule.year_days and not _counted(_day_of_year(day), _days_in_year(day.year), rule.year_days):
        return False
    return not rule.weeks or _is_in_week(rule, day)


def _counted(number: int, length: int, wanted: tuple[int, ...]) -> bool:
    """Whether the `number`th of `length` is wanted, counted from the start or, below zero, from the end."""
    return number in wanted or number - length - 1 in wanted


def _is_weekday(rule: Rule, day: date) -> bool:
    weekday = day.weekday()
    which = tuple(ordinal for ordinal, wanted in rule.weekdays if wanted == weekday)
    if not which or 0 in which:
        return bool(which)
    if rule.frequency == "MONTHLY" or rule.months:
        number, length = day.day, monthrange(day.year, day.month)[1]
    else:
        number, length = _day_of_year(day), _days_in_year(day.year)
    return (number - 1) // 7 + 1 in which or -((length - number) // 7 + 1) in which


def _is_in_week(rule: Rule, day: date) -> bool:
    """Whether the week of `day` has a wanted number: the year's first has at least four days in it (ISO 8601)."""
    into_week = (day.weekday() - rule.week_start) % 7
    middle = day.toordinal() - into_week + 3
    if middle > date.max.toordinal():
        return False
    counts_in = date.fromordinal(middle)  # the day of the week that always lies in the year the week counts in
    length = _days_in_year(counts_in.year)
    number = _day_of_year(counts_in)
    return _counted((number - 1) // 7 + 1, (number - 1) // 7 + 1 + (length - number) // 7, rule.weeks)


def _day_of_year(day: date) -> int:
    return day.toordinal() - date(day.year, 1, 1).toordinal() + 1


def _days_in_year(year: int) -> int:
    return 366 if isleap(year) else 365
