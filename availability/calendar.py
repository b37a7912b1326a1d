"""The one calendar: which days are Dutch holidays (docs/semantics.md, section 5)."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from availability.estate import Calendar

_RECOGNISED = (
    "New Year's Day",
    "Easter Sunday",
    "Easter Monday",
    "King's Day",
    "Queen's Day",
    "Ascension Day",
    "Pentecost",
    "Pentecost Monday",
    "Christmas Day",
    "Second Day of Christmas",
)
"""The names under which the library lists what law or custom recognises nationally, 5 May and Good Friday apart."""


@lru_cache(maxsize=1024)
def holidays_of(year: int, calendar: Calendar) -> frozenset[date]:
    """The holidays of one year. ValueError for another country than the Netherlands."""
    if calendar.country != "NL":
        raise ValueError(f"no calendar for country {calendar.country!r}: only NL is known")
    # Imported here: only windows that exclude holidays pay for loading it.
    from holidays import country_holidays

    listed = country_holidays("NL", years=year, language="en_US")
    days = {day for name in _RECOGNISED for day in listed.get_named(name, lookup="exact")}
    if calendar.liberation_day == "yearly" or year % 5 == 0:
        days.add(date(year, 5, 5))
    if calendar.good_friday == "holiday":
        days.update(listed.get_named("Good Friday", lookup="exact"))
    return frozenset(days)
