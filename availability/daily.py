"""A period of an agreement day by day: what each day came to, and what it left of the budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from availability.backups import days_between
from availability.estate import Service
from availability.figures import figures
from availability.periods import Period
from availability.report import Figures
from availability.spans import clip, total
from availability.terms import Case, Terms


@dataclass(frozen=True)
class Day:
    """One local day of `service` within `period` of its agreement, as far as it has passed.

    `figures` are of the day alone, without what was unconfirmed. Budgets are those of the period as they stood when
    the day ended, by what is known now; milliseconds.
    """

    service: Service
    period: Period
    label: str
    start: int
    end: int
    figures: Figures
    budget_ms: Fraction
    down_so_far_ms: int

    @cached_property
    def budget_left_ms(self) -> Fraction:
        """The budget less what was down since the period began."""
        return self.budget_ms - self.down_so_far_ms


def service_days(terms: Terms, service: Service) -> Iterator[Day]:
    """The days of the period of `terms`, one of the agreement's own, that have begun; none where nothing is agreed in
    the whole of it."""
    case = Case(terms, service)
    period, norm = terms.period, case.agreement.norm
    agreed = total(case.agreed)
    if not agreed:
        return
    down = excluded = 0
    for day, start, end in days_between(period.start, terms.now, terms.evaluation.estate.timezone):
        begin, until = max(start, period.start), min(end, period.end)
        span = Period(day.isoformat(), period.per, begin, until)
        of_day = figures(clip(case.agreed, begin, until), case.whole.classes, (), span, terms.as_of, norm)
        down += of_day.down_ms
        excluded += of_day.excluded_ms
        yield Day(service, period, span.label, begin, until, of_day, (1 - norm) * (agreed - excluded), down)
