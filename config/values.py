"""The types of keys that only the sections of a configuration have: ids, times of day, days, instants, limits.

Like those of config.types, each takes the text a user wrote and refuses what it cannot read with a sentence that says
what would be right.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from fractions import Fraction
from typing import Annotated, Any, TypeGuard
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, PlainValidator, ValidationInfo

from availability.edges import start_instant, to_ms
from availability.recovery import Limit
from config import types

_ID = re.compile(r"[a-z0-9-]{1,100}")
_CATEGORY = re.compile(r"[A-Za-z0-9_]{1,64}")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
_WORKING = re.compile(r"(\d{1,4}) working (hour|day)s?", re.ASCII)
_LISTEN = re.compile(r"(?:\[([^\[\]]+)\]|([^\[\]:]+)):(\d{1,5})", re.ASCII)
_EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9.-]{1,253}")
_YEARS = range(1970, 9999)
_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_SETS = {"daily": range(7), "workdays": range(5), "weekend": range(5, 7)}
_END_OF_DAY = 24 * 60


def is_id(value: Any) -> TypeGuard[str]:
    """Whether the value is written as an id must be."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _id(text: Any) -> str:
    if is_id(text):
        return str(text)
    raise ValueError("is no id: write lower case letters, digits and - (at most 100), such as core-roermond")


def _category(text: Any) -> str:
    if isinstance(text, str) and _CATEGORY.fullmatch(text):
        return text
    raise ValueError("is no category: write letters, digits and _ (at most 64), such as customer_request")


def _clock(text: Any) -> int:
    match = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if match:
        return int(match[1]) * 60 + int(match[2])
    if text == "24:00":
        raise ValueError("can only be an end: a day starts at 00:00")
    raise ValueError("is no time of day: write it as HH:MM, such as 07:00")


def _clock_end(text: Any) -> int:
    return _END_OF_DAY if text == "24:00" else _clock(text)


def _days(value: Any) -> frozenset[int]:
    if isinstance(value, str) and value in _DAY_SETS:
        return frozenset(_DAY_SETS[value])
    known = isinstance(value, list) and all(isinstance(day, str) and day in _DAY_NAMES for day in value)
    if not known or not value:
        raise ValueError("must be daily, workdays, weekend or a list such as [mon, tue, wed, thu, fri, sat, sun]")
    if len(set(value)) < len(value):
        raise ValueError("names a day twice")
    return frozenset(map(_DAY_NAMES.index, value))


def _date(text: Any) -> date:
    if isinstance(text, str) and _DATE.fullmatch(text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValueError("is a day that does not exist") from None
        if day.year in _YEARS:
            return day
        raise ValueError(f"lies outside the years {_YEARS[0]} to {_YEARS[-1]}")
    raise ValueError("is no date: write it as 2026-10-31")


def _moment(text: Any, info: ValidationInfo) -> int:
    """Milliseconds since the epoch; a date is its midnight in the zone that the reader gives as context."""
    match = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if not match:
        if not isinstance(text, str) or not _DATE.fullmatch(text):
            raise ValueError("is no instant: write it as 2026-11-10T23:00:00+01:00, or a date for its midnight")
        return start_instant(_date(text), 0, info.context["zone"] if info.context else ZoneInfo("UTC"))
    if not match[4]:
        raise ValueError("has no offset: add one, such as +01:00 or Z, or write a date alone for its midnight")
    _date(match[1])
    try:
        return to_ms(datetime.fromisoformat(text))
    except ValueError:
        raise ValueError("is an instant that does not exist") from None


def zone(text: Any) -> ZoneInfo:
    if isinstance(text, str) and _ZONE.fullmatch(text):
        try:
            return ZoneInfo(text)
        except (OSError, ValueError, LookupError):
            pass
    raise ValueError("is no time zone: write one by its name, such as Europe/Amsterdam or UTC")


def _norm(text: Any) -> Fraction:
    norm = types.percentage(text)
    if norm == 0:
        raise ValueError("must be more than 0%")
    return norm


def _limit(text: Any) -> Limit:
    match = _WORKING.fullmatch(text) if isinstance(text, str) else None
    if match and int(match[1]):
        return Limit(Fraction(match[1]), "working hours" if match[2] == "hour" else "working days")
    try:
        return Limit(Fraction(types.duration(text), 3_600_000), "hours")
    except ValueError:
        raise ValueError("is no limit: write 4h, 4 working hours or 2 working days") from None


def _listen(text: Any) -> tuple[str, int]:
    match = _LISTEN.fullmatch(text) if isinstance(text, str) else None
    if match and int(match[3]) <= 65535:
        try:
            return types.host(match[1] or match[2]), int(match[3])
        except ValueError:
            pass
    raise ValueError("is no address to listen on: write host:port, such as 127.0.0.1:9770 or [::1]:9770")


def _email(text: Any) -> str:
    if isinstance(text, str) and _EMAIL.fullmatch(text):
        return text
    raise ValueError("is no e-mail address: write one such as sla@venlo.example")


def _priority(text: Any) -> int:
    if isinstance(text, str) and text in tuple("123456789"):
        return int(text)
    raise ValueError("is no priority: write a number from 1 (highest) to 9")


def _version(text: Any) -> int:
    if text == "1":
        return 1
    raise ValueError("must be 1, the only version there is")


Id = Annotated[str, BeforeValidator(_id)]
"""Lower case letters, digits and -."""
Category = Annotated[str, BeforeValidator(_category)]
"""Letters, digits and _."""
Clock = Annotated[int, BeforeValidator(_clock)]
"""Minutes after midnight; written HH:MM."""
ClockEnd = Annotated[int, BeforeValidator(_clock_end)]
"""Minutes after midnight; written HH:MM, 24:00 included."""
Days = Annotated[frozenset[int], PlainValidator(_days)]
"""Weekdays, 0 is Monday; written daily, workdays, weekend or a list."""
Day = Annotated[date, PlainValidator(_date)]
Moment = Annotated[int, PlainValidator(_moment)]
"""Milliseconds since the epoch; written as an instant with its offset, or as a date that stands for its midnight."""
Zone = Annotated[ZoneInfo, PlainValidator(zone)]
Norm = Annotated[Fraction, PlainValidator(_norm)]
"""More than 0% and at most 100%, as a fraction of 1."""
LimitText = Annotated[Limit, PlainValidator(_limit)]
"""Clock hours (4h), working hours or working days."""
Listen = Annotated[tuple[str, int], PlainValidator(_listen)]
Email = Annotated[str, BeforeValidator(_email)]
Priority = Annotated[int, BeforeValidator(_priority)]
Version = Annotated[int, BeforeValidator(_version)]
