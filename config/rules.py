"""Reads recurrence rules as RFC 5545 writes them (section 3.3.10), as far as they are about whole days."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, get_args

from pydantic import PlainValidator

from availability.recurrence import Frequency, Rule
from config.problems import nearest, shown

RULE_LIMIT = 1000
"""Characters of a rule at most."""
INTERVAL_LIMIT = 1000
COUNT_LIMIT = 10_000

_FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)
_FINER = ("HOURLY", "MINUTELY", "SECONDLY", "BYHOUR", "BYMINUTE", "BYSECOND")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEKDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,3}", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)
_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)", re.ASCII)
_NUMBERED = {
    "BYMONTH": ("months", 12, False),
    "BYWEEKNO": ("weeks", 53, True),
    "BYYEARDAY": ("year_days", 366, True),
    "BYMONTHDAY": ("month_days", 31, True),
    "BYSETPOS": ("positions", 366, True),
}
"""By part: the field of a rule, the highest number, and whether it may be counted from the end."""
_PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_NUMBERED)
_NOT_WITH = {
    "BYWEEKNO": ("MONTHLY", "WEEKLY", "DAILY"),
    "BYYEARDAY": ("MONTHLY", "WEEKLY", "DAILY"),
    "BYMONTHDAY": ("WEEKLY",),
}
"""What RFC 5545 refuses."""


def parse_rule(text: Any) -> Rule:
    """The rule that `text` writes, without a first day; ValueError that says what is wrong with it."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError("must be a rule of RFC 5545, such as FREQ=MONTHLY;BYDAY=1SU")
    if len(text) > RULE_LIMIT:
        raise ValueError(f"is longer than {RULE_LIMIT} characters")
    parts = _parts_of(text.strip().upper())
    frequency = _frequency(parts)
    fields: dict[str, Any] = {name: _numbers(part, parts[part]) for part, (name, _, _) in _NUMBERED.items()}
    rule = Rule(
        text=text.strip(),
        frequency=frequency,
        interval=_whole("INTERVAL", parts["INTERVAL"], INTERVAL_LIMIT) or 1,
        count=_whole("COUNT", parts["COUNT"], COUNT_LIMIT),
        until=_until(parts["UNTIL"]),
        week_start=_week_start(parts["WKST"]),
        weekdays=_weekdays(parts["BYDAY"]),
        **fields,
    )
    _hold_together(rule, parts)
    return rule


RuleText = Annotated[Rule, PlainValidator(parse_rule)]
"""A rule of RFC 5545 on whole days."""


def needs_a_start(rule: Rule) -> str | None:
    """Why the rule has no days of its own without a first one; None where it has."""
    if rule.count is not None:
        return "COUNT counts from a first day"
    if rule.interval > 1:
        return "INTERVAL counts from a first day"
    if _names_no_day(rule):
        return "the rule names no day of its own, and takes that of its first"
    return None


def starting_on(rule: Rule, day: date) -> Rule:
    """`rule` from `day` on, with what that day implies written out (RFC 5545, 3.3.10)."""
    implied: dict[str, Any] = {}
    if _names_no_day(rule):
        if rule.frequency == "WEEKLY":
            implied["weekdays"] = ((0, day.weekday()),)
        else:
            implied["month_days"] = (day.day,)
        if rule.frequency == "YEARLY" and not rule.months:
            implied["months"] = (day.month,)
    return replace(rule, starting=day, **implied)


def _names_no_day(rule: Rule) -> bool:
    named = rule.weekdays or rule.month_days or rule.year_days or rule.weeks
    return rule.frequency != "DAILY" and not named


def _parts_of(text: str) -> dict[str, str]:
    """What is given for each part; empty for those that are not."""
    for prefix, instead in (("RRULE:", "leave that out"), ("DTSTART", "give the first day as `starting` instead")):
        if text.startswith(prefix):
            raise ValueError(f"starts with {prefix.rstrip(':')}: {instead}, and write the rule alone from FREQ= on")
    parts = dict.fromkeys(_PARTS, "")
    for part in text.split(";"):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not name:
            raise ValueError("has an empty part: take a semicolon out")
        if name in _FINER:
            raise ValueError(f"has {name}, which is finer than a day: the hours are those of from and to")
        if name not in parts:
            raise ValueError(f"has {shown(name)}, which is no part of a rule: {_meant(name)}")
        if not equals or not value:
            raise ValueError(f"has {name} without a value: write {name}=...")
        if parts[name]:
            raise ValueError(f"has {name} twice: keep one of the two")
        parts[name] = value
    return parts


def _meant(name: str) -> str:
    near = nearest(name, [part.lower() for part in _PARTS])
    return f"did you mean {near.upper()}?" if near else f"the parts are {', '.join(_PARTS)}"


def _frequency(parts: dict[str, str]) -> Frequency:
    given = parts["FREQ"]
    if not given:
        raise ValueError("has no FREQ: start it with FREQ=MONTHLY, or YEARLY, WEEKLY or DAILY")
    if given in _FINER:
        raise ValueError(f"has FREQ={given}, which is finer than a day: write YEARLY, MONTHLY, WEEKLY or DAILY")
    for frequency in _FREQUENCIES:
        if given == frequency:
            return frequency
    raise ValueError(f"has FREQ={shown(given)}: write YEARLY, MONTHLY, WEEKLY or DAILY")


def _whole(name: str, text: str, limit: int) -> int | None:
    if not text:
        return None
    if _COUNT.fullmatch(text) and 1 <= int(text) <= limit:
        return int(text)
    raise ValueError(f"has {name}={shown(text)}: write a whole number from 1 to {limit}")


def _numbers(name: str, text: str) -> tuple[int, ...]:
    _, limit, signed = _NUMBERED[name]
    numbers = []
    for piece in text.split(",") if text else ():
        number = int(piece) if _NUMBER.fullmatch(piece.strip()) else 0
        if not 1 <= (abs(number) if signed else number) <= limit:
            from_the_end = f", or from -1 to -{limit} to count from the end" if signed else ""
            raise ValueError(f"has {name}={shown(piece)}: write numbers from 1 to {limit}{from_the_end}")
        numbers.append(number)
    return tuple(dict.fromkeys(numbers))


def _weekdays(text: str) -> tuple[tuple[int, int], ...]:
    weekdays = []
    for piece in text.split(",") if text else ():
        match = _WEEKDAY.fullmatch(piece.strip())
        which = int(match[1]) if match and match[1] else 0
        if not match or (match[1] and not 1 <= abs(which) <= 53):
            raise ValueError(
                f"has BYDAY={shown(piece)}: write MO, TU, WE, TH, FR, SA or SU, or which of them, such as 1SU or -1FR"
            )
        weekdays.append((which, _WEEKDAYS.index(match[2])))
    return tuple(dict.fromkeys(weekdays))


def _week_start(text: str) -> int:
    if not text:
        return 0
    if text in _WEEKDAYS:
        return _WEEKDAYS.index(text)
    raise ValueError(f"has WKST={shown(text)}: write MO, TU, WE, TH, FR, SA or SU")


def _until(text: str) -> date | None:
    if not text:
        return None
    match = _DATE.fullmatch(text)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise ValueError(f"has UNTIL={shown(text)}, a day that does not exist") from None
    raise ValueError(f"has UNTIL={shown(text)}: write the last day, such as 20261231, without a time")


def _hold_together(rule: Rule, parts: dict[str, str]) -> None:
    """What the parts say of each other (RFC 5545, 3.3.10)."""
    if rule.count is not None and rule.until is not None:
        raise ValueError("has COUNT and UNTIL: keep one of the two")
    for name, frequencies in _NOT_WITH.items():
        if parts[name] and rule.frequency in frequencies:
            raise ValueError(f"has {name} with FREQ={rule.frequency}: RFC 5545 does not allow that")
    if any(which for which, _ in rule.weekdays):
        if rule.frequency in ("WEEKLY", "DAILY"):
            raise ValueError(
                f"has BYDAY={shown(parts['BYDAY'])} with FREQ={rule.frequency}: which one of them, only a month or a "
                "year can say"
            )
        if rule.weeks:
            raise ValueError("has BYWEEKNO with numbered days: write the days alone, such as BYDAY=MO")
    if rule.weeks and not rule.weekdays:
        raise ValueError("has BYWEEKNO without BYDAY: say which days of the week, such as BYDAY=MO")
    if rule.positions and not any((rule.weekdays, rule.month_days, rule.year_days, rule.months)):
        raise ValueError("has BYSETPOS without another BY part: say of which days, such as BYDAY=MO,TU,WE,TH,FR")
