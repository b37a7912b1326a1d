"""Which notices are to be sent now, and by which channel (docs/paging.md).

What one person is told of a page goes out in order, one after the other: nobody hears the end before the beginning.
What failed goes to the person's next channel at once, and once all of them failed it begins anew, ever more slowly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import NamedTuple

from availability.paging import FIRST_NEWS, Begun, Delivery, Dropped, Entry, Notice, Page, Pages

PAUSES_MS = (10_000, 30_000, 60_000, 120_000, 300_000)
"""After every channel failed for the first, second, ... time; the last again and again."""
LEASE_MS = 120_000
"""For so long what another collector has begun is left to it: no attempt lasts longer."""
GIVE_UP_MS = 72 * 3_600_000
"""What could not be sent for so long after a page was over is not sent any more."""

Channels = Callable[[Notice], Sequence[str]]
"""The names of the channels of whom a notice is for, the first one first."""
UnderWay = Set[tuple[str, int]]
"""Notices that this process is sending: page and number."""


class Ready(NamedTuple):
    """A notice to be sent now. `repeated` where it may have come through before."""

    page: Page
    notice: Notice
    channel: str
    repeated: bool


def ready(
    pages: Pages, now: int, channels: Channels, sender: str, under_way: UnderWay, lease_ms: int = LEASE_MS
) -> list[Ready | Entry]:
    """What `sender` has to send now, and what is to be noted of notices that will not be sent.

    What another collector has begun is left to it for `lease_ms`: 0 where it cannot be at it any more.
    """
    found: list[Ready | Entry] = []
    for page in pages.values():
        waiting: set[tuple[str, str]] = set()
        for notice in page.notices:
            delivery = page.delivery(notice.number)
            recipient = (notice.audience, notice.to)
            if delivery.is_settled or recipient in waiting:
                continue
            if dropped := _pointless(page, notice, now):
                if (page.id, notice.number) not in under_way:
                    found.append(Entry(page.id, now, dropped))
                continue
            waiting.add(recipient)
            if (page.id, notice.number) not in under_way and _is_due(
                delivery, now, sender, len(channels(notice)), lease_ms
            ):
                found.append(_attempt(page, notice, delivery, now, channels(notice)))
    return found


def begun(found: Sequence[Ready | Entry], now: int, sender: str) -> list[Entry]:
    """What is to be noted before anything of `found` is sent."""
    return [
        Entry(one.page.id, now, Begun(one.notice.number, one.channel, sender)) if isinstance(one, Ready) else one
        for one in found
    ]


def pending(pages: Pages) -> int:
    """How many notices are still to be delivered."""
    return sum(not page.delivery(notice.number).is_settled for page in pages.values() for notice in page.notices)


def _pointless(page: Page, notice: Notice, now: int) -> Dropped | None:
    """What is noted where there is no point in sending it any more."""
    if page.ended_at is not None and now - page.ended_at > GIVE_UP_MS:
        return Dropped(notice.number, "it could not be delivered for too long", lost=True)
    if notice.kind in FIRST_NEWS or notice.kind == "end":
        return None
    if page.ended is not None:
        return Dropped(notice.number, "the page is over")
    if notice.kind == "repeat" and page.acknowledged is not None:
        return Dropped(notice.number, "somebody has it")
    later = (each for each in page.notices if each.to == notice.to and each.number > notice.number)
    if any(each.kind == notice.kind for each in later):
        return Dropped(notice.number, "a later one says the same")
    return None


def _is_due(delivery: Delivery, now: int, sender: str, count: int, lease_ms: int) -> bool:
    if delivery.begun_at and delivery.sender != sender:
        return now - delivery.begun_at >= lease_ms
    if delivery.begun_at or not count or not delivery.failures:
        return True
    rounds, within = divmod(delivery.failures, count)
    return within > 0 or now - delivery.failed_at >= PAUSES_MS[min(rounds, len(PAUSES_MS)) - 1]


def _attempt(page: Page, notice: Notice, delivery: Delivery, now: int, channels: Sequence[str]) -> Ready | Entry:
    if not channels:
        return Entry(page.id, now, Dropped(notice.number, "there is no channel to reach them by", lost=True))
    repeated = delivery.uncertain or delivery.begun_at > 0
    if delivery.begun_at and delivery.channel in channels:
        return Ready(page, notice, delivery.channel, repeated)
    return Ready(page, notice, channels[delivery.failures % len(channels)], repeated)
