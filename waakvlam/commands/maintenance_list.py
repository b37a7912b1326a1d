"""What `waakvlam maintenance list` prints: the records that hold, and the trail of those that were entered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.text import Text

from availability.estate import Estate, Maintenance, Recurring, Weekly
from availability.trail import Entry, Record, records
from exporters.figures import NONE
from exporters.fitted import Fitted
from exporters.local_time import LocalTime
from exporters.recurrence import WEEKDAYS, told_days
from exporters.report_table import until, when
from waakvlam.entering import asking, told_person

_VERBS = {"add": "added", "withdraw": "withdrawn", "approve": "approved"}


def as_document(estate: Estate, trail: Sequence[Entry], *, everything: bool) -> str:
    """The list as JSON; instants carry the offset of the configuration's time zone."""
    zone = LocalTime(estate.timezone)
    listed = [_configured(record, zone) for record in estate.maintenance]
    listed += [_held(record, estate, zone) for record in _holding(trail)]
    document: dict[str, object] = {"maintenance": listed}
    if everything:
        document["trail"] = [_entry(entry, zone) for entry in trail]
    return json.dumps(document, ensure_ascii=False, indent=1)


def as_tables(estate: Estate, trail: Sequence[Entry], *, everything: bool) -> Group:
    """The list for people."""
    zone = ZoneInfo(estate.timezone)
    columns = ("Record", "Category", "From", "To", "Affects", "Reason", "Ticket", "Entered by", "Approval")
    table = Fitted(columns, spare=("Ticket", "Reason", "Category"))
    for record in estate.maintenance:
        start, end = _times(record, zone)
        affects = ", ".join(record.affects)
        cells = (record.id, record.category, start, end, affects, record.reason, record.ticket)
        table.add(*cells, "the configuration", "needs none")
    for held in _holding(trail):
        record, added = held.as_maintenance(), held.added
        start, end = _times(record, zone)
        who = f"{told_person(added)}, {when(added.entered_at, zone)}"
        affects, ticket = ", ".join(record.affects), held.work.ticket
        approval = _approval(held, estate)
        table.add(record.id, record.category, start, end, affects, record.reason, ticket, who, approval)
    shown: list[RenderableType] = [table] if table.rows else [Text("No maintenance is recorded.")]
    if everything:
        shown += [Text("\nThe trail", "bold"), _trail_table(trail, zone)] if trail else [Text("\nThe trail is empty.")]
    return Group(*shown)


def _trail_table(trail: Sequence[Entry], zone: ZoneInfo) -> Fitted:
    table = Fitted(("When", "Who", "What", "Record", "Details"))
    for entry in trail:
        work = entry.work
        details = [entry.reason] if entry.reason else []
        if work is not None:
            span = f"{when(work.start_ms, zone)} to {until(work.start_ms, work.end_ms, zone)}"
            details = [work.category, span, ", ".join(work.affects), *details]
            details += [work.ticket] if work.ticket else []
            details += [f"announced {when(work.notice_ms, zone)}"] if work.notice_ms is not None else []
        cells = (when(entry.entered_at, zone), told_person(entry), _VERBS[entry.action], entry.record)
        table.add(*cells, "; ".join(details))
    return table


def _holding(trail: Sequence[Entry]) -> list[Record]:
    return [record for record in records(trail).values() if record.withdrawn is None]


def _approval(record: Record, estate: Estate) -> str:
    if record.approved is not None:
        return f"by {told_person(record.approved)}"
    waiting = asking(estate, record.work.category)
    return f"waits, for {', '.join(waiting)}" if waiting else "needs none"


def _times(record: Maintenance, zone: ZoneInfo) -> tuple[str, str]:
    if record.every is not None:
        slot = record.every.slot
        return ",\n".join(told_days(record.every)), f"{_clock(slot.start)} to {_clock(slot.end)}"
    if record.start_ms is None:
        return NONE, NONE
    return when(record.start_ms, zone), until(record.start_ms, record.end_ms, zone)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _configured(record: Maintenance, zone: LocalTime) -> dict[str, object]:
    return {
        "id": record.id,
        "source": "configuration",
        "category": record.category,
        "from": zone.iso_or_none(record.start_ms),
        "to": zone.iso_or_none(record.end_ms),
        "every": _every(record.every) if record.every else None,
        "affects": list(record.affects),
        "reason": record.reason,
        "ticket": record.ticket or None,
        "notice": zone.iso_or_none(record.notice_ms),
        "approval": "not_required",
    }


def _every(every: Weekly | Recurring) -> dict[str, object]:
    days: dict[str, object]
    if isinstance(every, Weekly):
        days = {"days": [WEEKDAYS[day] for day in sorted(every.days)]}
    else:
        rule = every.rule
        days = {
            "rule": rule.text,
            "starting": rule.starting.isoformat() if rule.starting else None,
            "until": rule.until.isoformat() if rule.until else None,
        }
    return {
        **days,
        "from": _clock(every.slot.start),
        "to": _clock(every.slot.end),
        "holidays": "included" if every.without_holidays is None else "excluded",
        "except": [day.isoformat() for day in sorted(every.exceptions)],
    }


def _held(record: Record, estate: Estate, zone: LocalTime) -> dict[str, object]:
    added, approved = record.added, record.approved
    waiting = [] if approved else asking(estate, record.work.category)
    return {
        "id": added.record,
        "source": "store",
        **_about(added, zone),
        "every": None,
        "entered_by": added.entered_by,
        "through": added.through or None,
        "entered_at": zone.iso(added.entered_at),
        "approval": "approved" if approved else "waiting" if waiting else "not_required",
        "waiting_for": waiting,
        "approved_by": approved.entered_by if approved else None,
        "approved_at": zone.iso(approved.entered_at) if approved else None,
    }


def _entry(entry: Entry, zone: LocalTime) -> dict[str, object]:
    return {
        "at": zone.iso(entry.entered_at),
        "who": entry.entered_by,
        "through": entry.through or None,
        "action": entry.action,
        "id": entry.record,
        **_about(entry, zone),
    }


def _about(entry: Entry, zone: LocalTime) -> dict[str, object]:
    work = entry.work
    if work is None:
        return {"reason": entry.reason}
    return {
        "category": work.category,
        "from": zone.iso(work.start_ms),
        "to": zone.iso(work.end_ms),
        "affects": list(work.affects),
        "reason": entry.reason,
        "ticket": work.ticket or None,
        "notice": zone.iso_or_none(work.notice_ms),
    }
