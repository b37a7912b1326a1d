"""What paging needs of a store, of those on duty and of the outside, as protocols; wired in the front door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from availability.paging import Alert, Entry, Page


class PageStore(Protocol):
    """Everything that was noted of pages, as a log that is only ever added to."""

    def pages_known(self, since: int) -> tuple[list[Entry], int]:
        """All that was noted of the pages that are not over, or of which something was noted at or after `since`
        (epoch milliseconds), in that order, and the number of the last entry that there is of any page."""

    def advance_pages(
        self, number: int, decide: Callable[[Sequence[Entry]], Sequence[Entry]], term: int = 0
    ) -> tuple[list[Entry], int]:
        """Hand `decide` what was noted behind the first `number` entries and append what it makes of that, in one
        transaction: all that is behind `number` then, and the number of the last one. Where `decide` raises, nothing
        is noted; nor where `term`, in which the one who asks leads, is no longer that of who leads (0: no matter)."""

    def page_entries_after(self, number: int) -> tuple[list[Entry], int]:
        """What was noted behind the first `number` entries, in that order, and the number of the last one."""


class Duty(Protocol):
    """Who has to be told at an instant, and how long they get."""

    @property
    def levels(self) -> int:
        """How many levels of escalation there are."""

    def first(self, at: int) -> Sequence[str]:
        """Who is told first of what can wait for the next level: the help desk in office hours, else level 1."""

    def in_office_hours(self, at: int) -> bool:
        """Whether `first` is the help desk."""

    def is_working_time(self, at: int) -> bool:
        """Whether what can wait for office hours is to be seen to now."""

    def at_level(self, level: int, at: int) -> Sequence[str]:
        """The people of a level, from 1."""

    def everybody(self) -> Sequence[str]:
        """All people there are, for when nobody is on duty."""

    def acknowledge_within_ms(self, priority: int) -> int:
        """How long to wait for somebody to take a page up before the next step."""

    def reminder_due(self, priority: int, opened_at: int, count: int) -> int | None:
        """When the `count`-th reminder (from 1) of a page is due; None where that priority has none."""

    def participants(self, alerts: Sequence[Alert]) -> Sequence[str]:
        """The organisations that use what these alerts are about, and want to be told."""


@dataclass(frozen=True, slots=True)
class Notification:
    """What Alertmanager says of one group of alerts: those that fire, and when those that it resolved were over.

    `omitted` alerts were left out of it.
    """

    group: str
    firing: tuple[Alert, ...]
    resolved: Mapping[str, int]
    omitted: int = 0


Acknowledgement = Literal["taken", "already", "over", "unknown", "refused", "expired", "unstored"]
"""What came of a link: it is theirs now; somebody had it; the page is over; there is none; the link was altered; it is
too old; it could not be stored."""


@dataclass(frozen=True, slots=True)
class Link:
    """What an acknowledgement link says; `signature` proves that it was made here."""

    page: str
    person: str
    until: int
    """When it stops being valid (epoch seconds)."""
    signature: str


class PageDesk(Protocol):
    """Takes alerts and acknowledgements that come in over HTTP."""

    @property
    def public_host(self) -> str:
        """The name under which links lead here from elsewhere; empty where none is configured."""

    async def admits(self, token: bytes) -> bool:
        """Whether `token` opens the webhook; where none is configured, nothing does."""

    async def take(self, notification: Notification) -> bool:
        """Store what comes of it, and only then say so; False where it could not be stored."""

    async def look_at(self, link: Link) -> tuple[Acknowledgement, Page | None]:
        """What acknowledging would come to now (`taken`: it can be); nothing is changed."""

    async def acknowledge(self, link: Link) -> tuple[Acknowledgement, Page | None]:
        """Take the page up, once that is stored; with the page as it stands."""
