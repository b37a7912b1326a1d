"""Working time: when a limit of clock hours, working hours or working days passes (docs/semantics.md, section 9)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from availability.edges import from_ms, start_instant
from availability.estate import Calendar, Estate, Window
from availability.recovery import Limit
from availability.spans import Span, Spans, clip, subtract, union
from availability.windows import slot_of, slot_span

HOUR_MS = 3_600_000
FURTHEST_YEARS = 20
"""A limit that has not passed so long after the report counts as passed then: the search for it has to end."""
_LAST_YEAR = 9998
_TOGETHER = 100
"""Years that lie further apart are not worked out with all between them."""
_YEAR_MS = 366 * 86_400_000
_LONGEST_DAY_MS = 2 * 86_400_000
"""Hours that begin on one day are over by then, also where the clocks go back."""


class WorkingTime:
    """The working hours of a calendar, worked out for the years that were asked about.

    Not for several threads at a time. A working day is a day on which working hours begin.
    """

    def __init__(self, window: Window, calendar: Calendar, timezone: str) -> None:
        self._window = window
        self._calendar = calendar
        self._zone = ZoneInfo(timezone)
        self._years = range(0)
        self._covered = (0, 0)
        self._midnights: list[int] = []
        """Of every working day, in order."""
        self._closings: list[int] = []
        """The end of working hours of each of them."""
        self._hours: list[Span] = []
        self._starts: list[int] = []
        self._until: list[int] = [0]
        """Working time before each of `_hours`, and after the last."""

    @staticmethod
    def of(estate: Estate) -> WorkingTime:
        """That of `estate`: its office hours in its time zone."""
        return WorkingTime(estate.office_hours, estate.calendar, estate.timezone)

    def due(self, reported_at: int, limit: Limit, waiting: Spans = ()) -> int:
        """The last instant within `limit` (epoch milliseconds), for what was reported at `reported_at`.

        `waiting` is when it waited for the customer, each span with an end. It moves the limit by as much working
        time, and a limit in clock hours by as much time of the clock; waiting after the limit passed moves nothing.
        ValueError for a limit of part of a working day.
        """
        furthest = self._furthest(reported_at)
        waits = clip(union(waiting), reported_at, furthest) if waiting else []
        if limit.unit == "hours":
            return _passed(subtract([(reported_at, furthest)], waits), reported_at, _ms(limit), furthest)
        if limit.unit == "working hours":
            return self._after(reported_at, _ms(limit), waits)
        closing = self._closing(reported_at, limit)
        if not waits or closing == furthest:
            return closing
        return self._after(reported_at, self._before(closing) - self._before(reported_at), waits)

    def _closing(self, reported_at: int, limit: Limit) -> int:
        """The end of working hours of the n-th working day after the day of the report."""
        if limit.amount.denominator != 1 or limit.amount < 1:
            raise ValueError(f"a limit of {limit.amount} working days is none: it is a whole number of them")
        self._cover(reported_at, 1)
        for years in _further():
            index = bisect_right(self._midnights, reported_at) + int(limit.amount) - 1
            if index < len(self._closings):
                return self._closings[index]
            self._cover(reported_at, years)
        return self._furthest(reported_at)

    def _after(self, reported_at: int, amount: int, waits: Spans) -> int:
        """The instant at which `amount` of working time without `waits` has passed since the report."""
        if amount <= 0:
            return reported_at
        self._cover(reported_at, 1)
        for years in _further():
            reached = self._before(reported_at) + amount
            for start, end in waits:
                if self._before(start) >= reached:
                    break
                reached += self._before(end) - self._before(start)
            if reached <= self._until[-1]:
                index = bisect_left(self._until, reached) - 1
                return min(self._hours[index][0] + reached - self._until[index], self._furthest(reported_at))
            self._cover(reported_at, years)
        return self._furthest(reported_at)

    def _before(self, instant: int) -> int:
        """Working time before `instant`, from the first year that was worked out."""
        index = bisect_right(self._starts, instant) - 1
        if index < 0:
            return 0
        start, end = self._hours[index]
        return self._until[index] + min(end, instant) - start

    def _furthest(self, reported_at: int) -> int:
        return reported_at + FURTHEST_YEARS * _YEAR_MS

    def _cover(self, reported_at: int, years: int) -> None:
        """Work out the hours from the day before the report on to the end of the year `years` later."""
        if self._covered[0] <= reported_at and reported_at + years * _YEAR_MS <= self._covered[1]:
            return
        first = from_ms(reported_at - _LONGEST_DAY_MS, self._zone).year
        last = min(from_ms(reported_at, self._zone).year + years, _LAST_YEAR)
        if self._years and self._years[0] <= first and last <= self._years[-1]:
            return
        if self._years and first - self._years[-1] < _TOGETHER and self._years[0] - last < _TOGETHER:
            first, last = min(first, self._years[0]), max(last, self._years[-1])
        self._years = range(first, last + 1)
        self._covered = (
            start_instant(date(first, 1, 1), 0, self._zone) + _LONGEST_DAY_MS,
            start_instant(date(last + 1, 1, 1), 0, self._zone),
        )
        days = [
            (day, span)
            for day in _days(first, last)
            if (slot := slot_of(day, self._window, self._calendar)) is not None
            for span in [slot_span(day, slot, self._zone)]
            if span[0] < span[1]
        ]
        self._midnights = [start_instant(day, 0, self._zone) for day, _ in days]
        self._closings = [end for _, (_, end) in days]
        self._hours = union(span for _, span in days)
        self._starts = [start for start, _ in self._hours]
        self._until = [0, *accumulate(end - start for start, end in self._hours)]


def _ms(limit: Limit) -> int:
    return limit.amount.numerator * HOUR_MS // limit.amount.denominator


def _further() -> tuple[int, ...]:
    """Years after the report to look into, one after the other; the last turn looks no further."""
    return 4, FURTHEST_YEARS, FURTHEST_YEARS


def _days(first: int, last: int) -> list[date]:
    """Every day of the years `first` to `last`."""
    start = date(first, 1, 1)
    return [start + timedelta(days=number) for number in range((date(last + 1, 1, 1) - start).days)]


def _passed(free: Spans, reported_at: int, amount: int, furthest: int) -> int:
    """The instant at which `amount` has passed of `free`, which begins at or after the report."""
    if amount <= 0:
        return reported_at
    for start, end in free:
        if amount <= end - start:
            return start + amount
        amount -= end - start
    return furthest
