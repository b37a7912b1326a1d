"""What Alertmanager says becomes pages: which begin, which go on and which are over (docs/paging.md).

A page has the alerts it began with. An alert that fires and is in no open page begins one, together with the others of
the same notification. Groups may change under an alert (the route for the night ends, the one for the day begins), so
an alert is known by its own fingerprint, and what any group says of it counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from availability.paging import (
    FIRST_NEWS,
    Alert,
    Audience,
    Cleared,
    Ended,
    EndReason,
    Entry,
    Heard,
    Notice,
    Opened,
    Page,
    Pages,
    fold,
)
from availability.paging_ports import Duty, Notification

HEARD_EVERY_MS = 5 * 60_000
"""That an open page is still reported is noted so often at most."""


def take(pages: Pages, notification: Notification, now: int, duty: Duty, number: int) -> list[Entry]:
    """What is to be noted of a notification that came in `now`; `number` is that of the next page.

    Saying the same again changes nothing. What fires after it was resolved is a new page, also where it claims to have
    begun before: a page too many does less harm than one that is missing.
    """
    entries: list[Entry] = []
    for page in pages.values():
        if page.ended is None:
            entries += _heard(page, notification, now)
    pages = fold(pages, entries)
    for page in list(pages.values()):
        if page.ended is None and not page.groups:
            entries += ending(page, now, Ended(_why(page, notification)))
    known = {fingerprint for page in pages.values() if page.ended is None for fingerprint in page.groups}
    new = tuple(alert for alert in notification.firing if alert.fingerprint not in known)
    if new:
        entries += _opening(f"page-{number}", notification, new, now, duty)
    return entries


def ending(page: Page, now: int, ended: Ended) -> list[Entry]:
    """The end of a page, and its notices: one to everybody who was told, or is still to be told, that it began."""
    number = len(page.notices)
    entries = [Entry(page.id, now, ended)]
    heard = {(n.audience, n.to): n.level for n in page.notices if n.kind in FIRST_NEWS}
    for (audience, to), level in heard.items():
        number += 1
        entries.append(Entry(page.id, now, Notice(number, "end", to, level, audience)))
    return entries


def first_told(at: int, duty: Duty, *, everybody: bool) -> list[tuple[str, int]]:
    """Who is told that a page began, with their level: all levels at once where it is for `everybody`
    (Midden-Groningen SLA 3.3, 3.4), else the first that has somebody on duty; where none has, all people there are."""
    told: dict[str, int] = {}
    if duty.in_office_hours(at):
        told = dict.fromkeys(duty.first(at), 0)
    for level in range(1, duty.levels + 1):
        if told and not everybody:
            break
        for person in duty.at_level(level, at):
            told.setdefault(person, level)
    return list((told or dict.fromkeys(duty.everybody(), duty.levels)).items())


def _heard(page: Page, notification: Notification, now: int) -> list[Entry]:
    """What a notification says of the alerts of an open page."""
    group, entries = notification.group, []
    firing = {alert.fingerprint for alert in notification.firing}
    began = {alert.fingerprint: alert.starts_at for alert in page.alerts}
    over = tuple(
        fingerprint
        for fingerprint in page.groups
        # Who was over before it began is an old message that comes again.
        if fingerprint not in firing and notification.resolved.get(fingerprint, -1) >= began[fingerprint]
    )
    if over:
        entries.append(Entry(page.id, now, Cleared(group, over, resolved=True)))
    still = tuple(fingerprint for fingerprint in page.groups if fingerprint in firing)
    if any(group not in page.groups[each] for each in still) or (still and now - page.heard_at >= HEARD_EVERY_MS):
        entries.append(Entry(page.id, now, Heard(group, still)))
    if not notification.omitted:
        spoken = firing | notification.resolved.keys()
        silent = tuple(each for each, reporting in page.groups.items() if group in reporting and each not in spoken)
        if silent:
            entries.append(Entry(page.id, now, Cleared(group, silent, resolved=False)))
    return entries


def _why(page: Page, notification: Notification) -> EndReason:
    return "resolved" if any(alert.fingerprint in notification.resolved for alert in page.alerts) else "unreported"


def _opening(id_: str, notification: Notification, alerts: tuple[Alert, ...], now: int, duty: Duty) -> list[Entry]:
    """A new page with the notices that it begins with."""
    major = [alert for alert in alerts if alert.is_major]
    told = first_told(now, duty, everybody=bool(major))
    notices: list[tuple[str, int, Audience]] = [(person, level, "duty") for person, level in told]
    if major:
        notices += [(organisation, 0, "participant") for organisation in _once(duty.participants(major))]
    return [
        Entry(id_, now, Opened(notification.group, alerts, notification.omitted)),
        *(
            Entry(id_, now, Notice(number, "start", to, level, audience))
            for number, (to, level, audience) in enumerate(notices, 1)
        ),
    ]


def _once(ids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(ids))
