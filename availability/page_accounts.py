"""What a report tells of pages: how soon somebody was told, and how soon somebody had it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from availability.paging import Entry, fold
from availability.periods import Period


@dataclass(frozen=True, slots=True)
class PageAccount:
    """A page that began in the period, as it was known at the report's instant; None where that had not come about.

    Instants in epoch milliseconds; `about` are the ids of what failed.
    """

    id: str
    opened_at: int
    priority: int
    about: tuple[str, ...]
    told: tuple[str, ...]
    told_at: int | None
    """When the first message to somebody who must act was handed over."""
    acknowledged_at: int | None
    acknowledged_by: str | None
    ended_at: int | None

    @property
    def to_page_ms(self) -> int | None:
        return None if self.told_at is None else self.told_at - self.opened_at

    @property
    def to_acknowledge_ms(self) -> int | None:
        return None if self.acknowledged_at is None else self.acknowledged_at - self.opened_at


def page_accounts(log: Iterable[Entry], period: Period, as_of: int) -> tuple[PageAccount, ...]:
    """The pages of `period` in order of time, from what was noted up to `as_of` (epoch milliseconds)."""
    pages = fold({}, (entry for entry in log if entry.at <= as_of))
    return tuple(
        PageAccount(
            id=page.id,
            opened_at=page.opened_at,
            priority=page.priority,
            about=tuple(dict.fromkeys(alert.id or alert.name for alert in page.alerts)),
            told=page.told("duty"),
            told_at=page.first_sent_at,
            acknowledged_at=page.acknowledged_at,
            acknowledged_by=page.acknowledged.by if page.acknowledged else None,
            ended_at=page.ended_at,
        )
        for page in sorted(pages.values(), key=lambda page: page.opened_at)
        if period.start <= page.opened_at < period.end
    )
