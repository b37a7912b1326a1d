"""Pages for people and programs: what they were about, who was told when and by what, and who took them up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.text import Text

from availability.paging import (
    Acknowledged,
    Begun,
    Cleared,
    Dropped,
    Ended,
    Entry,
    Event,
    Failed,
    Heard,
    Notice,
    Opened,
    Page,
    Sent,
)
from exporters.cells import one_line
from exporters.figures import NONE
from exporters.fitted import Fitted
from exporters.json_figures import Document
from exporters.local_time import LocalTime
from exporters.paging.message import summary
from exporters.report_table import when

_SECOND_MS = 1000


def pages_json(pages: Iterable[Page], timezone: str) -> str:
    """Every page, the last one first, as JSON; instants carry the offset of `timezone`."""
    zone = LocalTime(timezone)
    return json.dumps({"pages": [page_document(page, zone) for page in pages]}, ensure_ascii=False, indent=1)


def page_json(page: Page, log: Sequence[Entry], timezone: str) -> str:
    """One page with all that was noted of it."""
    zone = LocalTime(timezone)
    noted = [
        {"at": zone.iso(entry.at), "event": type(entry.event).__name__.lower(), **asdict(entry.event)} for entry in log
    ]
    return json.dumps({**page_document(page, zone), "log": noted}, ensure_ascii=False, indent=1)


def page_document(page: Page, zone: LocalTime) -> Document:
    """A page as a JSON object; None where there is no such thing (yet). Seconds count from when it began."""
    return {
        "id": page.id,
        "opened_at": zone.iso(page.opened_at),
        "priority": page.priority,
        "alerts": [
            {
                "name": alert.name,
                "id": alert.id or None,
                "site": alert.site or None,
                "severity": alert.severity or None,
                "priority": alert.priority,
                "services": list(alert.services),
                "starts_at": zone.iso(alert.starts_at),
                "summary": dict(alert.summary),
            }
            for alert in page.alerts
        ],
        "told": [*page.told("duty")],
        "participants": [*page.told("participant")],
        "seconds_to_page": _seconds(page.opened_at, page.first_sent_at),
        "acknowledged_by": page.acknowledged.by if page.acknowledged else None,
        "acknowledged_at": zone.iso_or_none(page.acknowledged_at),
        "seconds_to_acknowledge": _seconds(page.opened_at, page.acknowledged_at),
        "ended_at": zone.iso_or_none(page.ended_at),
        "end": page.ended.why if page.ended else None,
        "pending": sum(not page.delivery(notice.number).is_settled for notice in page.notices),
    }


def pages_table(pages: Sequence[Page], timezone: str) -> Fitted | Text:
    """A row per page, the last one first."""
    if not pages:
        return Text("There are no pages.")
    zone = ZoneInfo(timezone)
    columns = ("Page", "Began", "P", "About", "Told", "Told after", "Taken up by", "After", "Over")
    table = Fitted(columns, frozenset({"P"}), ("Told", "After", "Told after"))
    for page in pages:
        taken = page.acknowledged.by if page.acknowledged else ("-" if page.ended else "nobody yet")
        over = when(page.ended_at, zone) if page.ended_at is not None else "still on"
        told = ", ".join(page.told("duty"))
        to_page = _told_seconds(page.opened_at, page.first_sent_at)
        to_take = _told_seconds(page.opened_at, page.acknowledged_at)
        about = "; ".join(summary(alert, "en") for alert in page.alerts[:3])
        cells = (page.id, when(page.opened_at, zone), str(page.priority), about, told, to_page, taken, to_take, over)
        table.add(*map(one_line, cells))
    return table


def page_table(page: Page, log: Sequence[Entry], timezone: str) -> Group:
    """One page: what it is about, and then all that was noted of it in order of time."""
    zone = ZoneInfo(timezone)
    notices = {notice.number: notice for notice in page.notices}
    table = Fitted(("When", "What", "Details"))
    for entry in log:
        what, details = _told(entry.event, notices)
        table.add(when(entry.at, zone), what, one_line(details))
    alerts = [Text(f"  {one_line(alert.name)}: {summary(alert, 'en')}") for alert in page.alerts]
    return Group(Text(f"{page.id}, priority {page.priority}", "bold"), *alerts, Text(""), table)


def _told(event: Event, notices: dict[int, Notice]) -> tuple[str, str]:
    def whom(number: int) -> str:
        return f"{notices[number].kind} to {notices[number].to}" if number in notices else str(number)

    match event:
        case Opened(alerts=alerts):
            return "began", f"{len(alerts)} alerts" if len(alerts) != 1 else alerts[0].name
        case Heard(fingerprints=still):
            return "still reported", f"{len(still)} of its alerts"
        case Cleared(fingerprints=over, resolved=is_resolved):
            return "resolved" if is_resolved else "no longer reported", f"{len(over)} of its alerts"
        case Notice(kind=kind, to=to, level=level, round=turn):
            which = f", level {level}" if level else ""
            return "to be told", f"{to} ({kind}{f' {turn}' if turn else ''}{which})"
        case Begun(notice=number, channel=channel):
            return "sending", f"{whom(number)} by {channel}"
        case Sent(notice=number, channel=channel):
            return "sent", f"{whom(number)} by {channel}"
        case Failed(notice=number, channel=channel, reason=reason):
            return "failed", f"{whom(number)} by {channel}: {reason}"
        case Dropped(notice=number, reason=reason):
            return "not sent", f"{whom(number)}: {reason}"
        case Acknowledged(by=by, through=through):
            return "taken up", f"by {by} ({through})"
        case Ended(why=why, by=by):
            return "over", f"{why} by {by}" if by else why


def _seconds(since: int, until: int | None) -> float | None:
    return None if until is None else (until - since) / _SECOND_MS


def _told_seconds(since: int, until: int | None) -> str:
    if until is None:
        return NONE
    seconds = round((until - since) / _SECOND_MS)
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
