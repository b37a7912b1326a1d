"""A page: one disturbance that somebody is told of, as the fold over everything that was noted about it.

What happens is only ever noted (`Entry`), and what holds follows from all that was (`fold`). So a page that is read
back from a store is the page it was before (docs/paging.md). Instants are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

NoticeKind = Literal["start", "escalated", "repeat", "reminder", "end"]
"""What a notice says: it began; nobody took it up, so it is yours now; still nobody has; how does it go; it is over."""
Audience = Literal["duty", "participant"]
"""Somebody who must act, or an organisation that is told (Midden-Groningen SLA 3.5)."""
EndReason = Literal["resolved", "unreported", "unheard", "closed"]
"""Every alert was resolved; the last were no longer reported; nothing was heard for long; somebody closed it."""
Through = Literal["link", "command"]

FIRST_NEWS: frozenset[NoticeKind] = frozenset({"start", "escalated"})
"""What somebody hears first of a page; who hears it hears of the end too."""
HIGHEST = 2
"""Disturbances of priorities up to this one are told to all levels at once (Midden-Groningen SLA 3.3, 3.4)."""
_NO_DISTURBANCE = frozenset({"warning", "info"})
"""Severities of what is to be seen to in office hours: it can become a disturbance, and is none."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as it came in. `priority` is 1 (highest) to 9; texts are by language, empty where none was given."""

    fingerprint: str
    starts_at: int
    name: str = ""
    priority: int = 3
    severity: str = ""
    site: str = ""
    id: str = ""
    kind: str = ""
    owner: str = ""
    services: tuple[str, ...] = ()
    """Those that depend on what it is about."""
    summary: Mapping[str, str] = field(default_factory=dict)
    description: Mapping[str, str] = field(default_factory=dict)
    runbook: str = ""

    @property
    def is_disturbance(self) -> bool:
        """Whether somebody is hit by it now; what says nothing of its severity is believed to be serious."""
        return self.severity not in _NO_DISTURBANCE

    @property
    def is_major(self) -> bool:
        """Whether everybody is told of it at once."""
        return self.is_disturbance and self.priority <= HIGHEST


@dataclass(frozen=True, slots=True)
class Opened:
    """A page began with these alerts, which stay its own; `omitted` more were left out of what came in."""

    group: str
    alerts: tuple[Alert, ...]
    omitted: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """Alerts of the page were reported again, by this group."""

    group: str
    fingerprints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cleared:
    """Alerts are no more: `resolved`, or else no longer reported by `group`."""

    group: str
    fingerprints: tuple[str, ...]
    resolved: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody has to be told something. `number` counts within the page, from 1; `to` is a person, or an organisation
    where `audience` says so; `level` is 0 for the help desk; `round` counts repeats and reminders."""

    number: int
    kind: NoticeKind
    to: str
    level: int
    audience: Audience = "duty"
    round: int = 0


@dataclass(frozen=True, slots=True)
class Begun:
    """A notice is about to be sent by a channel; whoever stops before the outcome is noted cannot know it."""

    notice: int
    channel: str
    sender: str


@dataclass(frozen=True, slots=True)
class Sent:
    notice: int
    channel: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be sent; `arrived` where nobody knows whether it came through all the same."""

    notice: int
    channel: str
    reason: str
    arrived: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """A notice that will not be sent any more, and why; `lost` where somebody should have had it."""

    notice: int
    reason: str
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody has it. `person` is the id of somebody on duty, empty for whoever else it is."""

    by: str
    through: Through
    person: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """It is over; `by` is who closed it by hand."""

    why: EndReason
    by: str = ""


Event = Opened | Heard | Cleared | Notice | Begun | Sent | Failed | Dropped | Acknowledged | Ended


class Entry(NamedTuple):
    """What was noted of a page, and when."""

    page: str
    at: int
    event: Event


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far a notice came."""

    failures: int = 0
    failed_at: int = 0
    begun_at: int = 0
    """When the attempt began that has no outcome yet; 0 without one."""
    channel: str = ""
    """Of the last attempt."""
    sender: str = ""
    uncertain: bool = False
    """Whether it may have come through in an attempt that was not noted as sent."""
    sent_at: int | None = None
    dropped: str = ""
    reason: str = ""
    """Why the last attempt failed."""

    @property
    def is_settled(self) -> bool:
        return self.sent_at is not None or bool(self.dropped)


NOT_TRIED = Delivery()


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it stands."""

    id: str
    opened_at: int
    alerts: tuple[Alert, ...]
    omitted: int
    groups: Mapping[str, frozenset[str]]
    """Fingerprints of the alerts that still fire, and the groups that report each."""
    heard_at: int
    notices: tuple[Notice, ...] = ()
    noticed_at: int = 0
    """When somebody who must act was last told something new, or told again."""
    deliveries: Mapping[int, Delivery] = field(default_factory=dict)
    acknowledged: Acknowledged | None = None
    acknowledged_at: int | None = None
    ended: Ended | None = None
    ended_at: int | None = None

    @property
    def priority(self) -> int:
        """That of its highest alert."""
        return min(alert.priority for alert in self.alerts)

    @property
    def is_disturbance(self) -> bool:
        """Whether it is about anything that cannot wait for office hours."""
        return any(alert.is_disturbance for alert in self.alerts)

    @property
    def is_major(self) -> bool:
        """Whether everybody is told of it at once."""
        return any(alert.is_major for alert in self.alerts)

    @property
    def firing(self) -> tuple[Alert, ...]:
        """The alerts that are not over yet."""
        return tuple(alert for alert in self.alerts if alert.fingerprint in self.groups)

    @property
    def first_sent_at(self) -> int | None:
        """When the first person who must act was told; None where nobody was yet."""
        sent = [
            at
            for notice in self.notices
            if notice.audience == "duty" and notice.kind in FIRST_NEWS
            if (at := self.delivery(notice.number).sent_at) is not None
        ]
        return min(sent, default=None)

    def delivery(self, notice: int) -> Delivery:
        """How far the notice of that number came."""
        return self.deliveries.get(notice, NOT_TRIED)

    def told(self, audience: Audience) -> tuple[str, ...]:
        """Who was told that it began, or is about to be, in that order."""
        heard = (notice.to for notice in self.notices if notice.audience == audience and notice.kind in FIRST_NEWS)
        return tuple(dict.fromkeys(heard))


Pages = Mapping[str, Page]


def fold(pages: Pages, entries: Iterable[Entry]) -> dict[str, Page]:
    """`pages` with what was noted since, in that order; what is about a page that is not there says nothing."""
    folded = dict(pages)
    for entry in entries:
        if isinstance(entry.event, Opened):
            folded.setdefault(entry.page, _opened(entry, entry.event))
        elif entry.page in folded:
            folded[entry.page] = _with(folded[entry.page], entry.at, entry.event)
    return folded


def _opened(entry: Entry, event: Opened) -> Page:
    groups = {alert.fingerprint: frozenset({event.group}) for alert in event.alerts}
    return Page(entry.page, entry.at, event.alerts, event.omitted, groups, heard_at=entry.at)


def _with(page: Page, at: int, event: Event) -> Page:
    match event:
        case Heard():
            reported = dict(page.groups)
            for fingerprint in event.fingerprints:
                if fingerprint in reported:
                    reported[fingerprint] |= {event.group}
            return replace(page, groups=reported, heard_at=at)
        case Cleared():
            return replace(page, groups=_without(page.groups, event), heard_at=at)
        case Notice():
            acts = event.audience == "duty" and event.kind in ("start", "escalated", "repeat")
            return replace(page, notices=(*page.notices, event), noticed_at=at if acts else page.noticed_at)
        case Acknowledged() if page.acknowledged is None:
            return replace(page, acknowledged=event, acknowledged_at=at)
        case Ended() if page.ended is None:
            return replace(page, ended=event, ended_at=at)
        case Begun() | Sent() | Failed() | Dropped():
            delivery = _delivered(page.delivery(event.notice), at, event)
            return replace(page, deliveries={**page.deliveries, event.notice: delivery})
    return page


def _without(groups: Mapping[str, frozenset[str]], event: Cleared) -> dict[str, frozenset[str]]:
    """What still fires: what is resolved is over, what one group reports no longer may be known to another."""
    left = {}
    for fingerprint, reporting in groups.items():
        if fingerprint in event.fingerprints:
            reporting = frozenset() if event.resolved else reporting - {event.group}
        if reporting:
            left[fingerprint] = reporting
    return left


def _delivered(before: Delivery, at: int, event: Begun | Sent | Failed | Dropped) -> Delivery:
    match event:
        case Begun():
            unknown = before.uncertain or before.begun_at > 0
            return replace(before, begun_at=at, channel=event.channel, sender=event.sender, uncertain=unknown)
        case Sent():
            return replace(before, begun_at=0, channel=event.channel, sent_at=at)
        case Failed():
            return replace(
                before,
                begun_at=0,
                channel=event.channel,
                failures=before.failures + 1,
                failed_at=at,
                uncertain=before.uncertain or event.arrived,
                reason=event.reason,
            )
        case Dropped():
            return replace(before, begun_at=0, dropped=event.reason)
