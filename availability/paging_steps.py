"""What time does to a page: it goes to the next level, is told again, and is asked about (docs/paging.md)."""

from __future__ import annotations

from dataclasses import replace

from availability.paging import Acknowledged, Ended, Entry, Notice, NoticeKind, Page, Pages
from availability.paging_intake import ending
from availability.paging_ports import Duty

UNHEARD_MS = 24 * 3_600_000
UNHEARD_QUIET_MS = 5 * UNHEARD_MS
"""A page of which Alertmanager says nothing for so long is taken as over: it does not tell of the end of what was
silenced or inhibited meanwhile. The configuration that `waakvlam alertmanager` writes repeats far more often; what is
no disturbance, it tells in office hours only, so that the longest row of holidays has to be waited for."""


def step(pages: Pages, now: int, duty: Duty) -> list[Entry]:
    """What is to be noted because it is `now`."""
    entries: list[Entry] = []
    for page in pages.values():
        if page.ended is not None:
            continue
        if now - page.heard_at > (UNHEARD_MS if page.is_disturbance else UNHEARD_QUIET_MS):
            entries += ending(page, now, Ended("unheard"))
            continue
        due = _escalation(page, now, duty) + _reminders(page, now, duty)
        entries += [
            Entry(page.id, now, replace(notice, number=number))
            for number, notice in enumerate(due, len(page.notices) + 1)
        ]
    return entries


def acknowledge(page: Page, now: int, by: Acknowledged) -> list[Entry]:
    """What is to be noted of an acknowledgement: nothing where somebody has it, or it is over."""
    if page.acknowledged is not None or page.ended is not None:
        return []
    return [Entry(page.id, now, by)]


def close(page: Page, now: int, by: str) -> list[Entry]:
    """What is to be noted where somebody closes a page by hand; nothing where it is over."""
    return [] if page.ended is not None else ending(page, now, Ended("closed", by))


def _escalation(page: Page, now: int, duty: Duty) -> list[Notice]:
    """Who is told because nobody took it up in time, or because nobody of those told so far can be reached."""
    if page.acknowledged is not None or not (page.is_disturbance or duty.is_working_time(now)):
        return []
    told = page.told("duty")
    waited = now - page.noticed_at >= duty.acknowledge_within_ms(page.priority)
    if not waited and told and not _nobody_reachable(page):
        return []
    reached = max((notice.level for notice in page.notices if notice.audience == "duty"), default=0)
    if not page.is_major:
        for level in range(reached + 1, duty.levels + 1):
            if new := [person for person in duty.at_level(level, now) if person not in told]:
                return [_to(person, level, "escalated") for person in dict.fromkeys(new)]
    return _again(page, now, duty, told) if waited else []


def _again(page: Page, now: int, duty: Duty, told: tuple[str, ...]) -> list[Notice]:
    """Everybody was told: the same people again, and whoever came on duty since."""
    levels = {person: level for level in range(duty.levels, 0, -1) for person in duty.at_level(level, now)}
    if not told and not levels:
        levels = dict.fromkeys(duty.everybody(), duty.levels)
    turn = 1 + max((notice.round for notice in page.notices if notice.kind == "repeat"), default=0)
    before = {notice.to: notice.level for notice in page.notices if notice.audience == "duty"}
    return [_to(person, before[person], "repeat", turn) for person in told] + [
        _to(person, level, "escalated") for person, level in levels.items() if person not in told
    ]


def _nobody_reachable(page: Page) -> bool:
    notices = [notice for notice in page.notices if notice.audience == "duty"]
    return all(page.delivery(notice.number).dropped for notice in notices)


def _reminders(page: Page, now: int, duty: Duty) -> list[Notice]:
    """The last reminder that is due, to whoever has it, or else to all who were told (Midden-Groningen SLA 3.3)."""
    if not page.is_major:
        return []
    count = 1 + max((notice.round for notice in page.notices if notice.kind == "reminder"), default=0)
    due = duty.reminder_due(page.priority, page.opened_at, count)
    if due is None or due > now:
        return []
    while (later := duty.reminder_due(page.priority, page.opened_at, count + 1)) is not None and later <= now:
        count += 1
    told = page.told("duty")
    has_it = page.acknowledged.person if page.acknowledged else ""
    levels = {notice.to: notice.level for notice in page.notices if notice.audience == "duty"}
    return [_to(person, levels[person], "reminder", count) for person in ((has_it,) if has_it in told else told)]


def _to(person: str, level: int, kind: NoticeKind, round_: int = 0) -> Notice:
    """Its number is given where it is put behind the others."""
    return Notice(0, kind, person, level, "duty", round_)
