"""The trail of maintenance that was entered by command, and what of it holds (docs/semantics.md, section 6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from availability.estate import Estate, Maintenance

Action = Literal["add", "withdraw", "approve"]


@dataclass(frozen=True, slots=True)
class Work:
    """What a record is about; instants in epoch milliseconds."""

    category: str
    start_ms: int
    end_ms: int
    affects: tuple[str, ...]
    ticket: str = ""
    notice_ms: int | None = None
    """When it was announced."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trail: what somebody did to `record`, when (epoch milliseconds) and why."""

    record: str
    action: Action
    entered_by: str
    """The account whose process entered it."""
    entered_at: int
    reason: str = ""
    through: str = ""
    """Who root said to be; a hint that counts against two people being two, never for it."""
    work: Work | None = None
    """Of an addition."""


@dataclass(frozen=True, slots=True)
class Record:
    """What became of one record."""

    added: Entry
    work: Work
    withdrawn: Entry | None = None
    approved: Entry | None = None

    def as_maintenance(self) -> Maintenance:
        """As the judge takes it, whether it holds or not."""
        work, added = self.work, self.added
        return Maintenance(
            id=added.record,
            category=work.category,
            affects=work.affects,
            reason=added.reason,
            start_ms=work.start_ms,
            end_ms=work.end_ms,
            approved=self.approved is not None,
            entered_by=added.entered_by,
            entered_at=added.entered_at,
            approved_by=self.approved.entered_by if self.approved else "",
            approved_at=self.approved.entered_at if self.approved else None,
            ticket=work.ticket,
            notice_ms=work.notice_ms,
        )


def same_person(one: Entry, other: Entry) -> bool:
    """Whether both may be one person: the same account, or one account that acted through the other."""
    return not ({one.entered_by, one.through} - {""}).isdisjoint({other.entered_by, other.through})


def records(trail: Iterable[Entry]) -> dict[str, Record]:
    """Every record of `trail` by its id, in the order in which they were added.

    An approval by who entered the record is none, whoever wrote it into the store.
    """
    found: dict[str, Record] = {}
    for entry in trail:
        record = found.get(entry.record)
        if entry.work is not None:
            found.setdefault(entry.record, Record(entry, entry.work))
        elif record is None:
            continue
        elif entry.action == "withdraw":
            found[entry.record] = replace(record, withdrawn=record.withdrawn or entry)
        elif entry.action == "approve" and not same_person(record.added, entry):
            found[entry.record] = replace(record, approved=record.approved or entry)
    return found


def with_trail(estate: Estate, trail: Iterable[Entry]) -> Estate:
    """`estate` with the records of `trail` that were not withdrawn; ids that it no longer has are left out of them.

    It is the very same estate where there are none.
    """
    known = {*estate.parts, *estate.services, *(pair.id for pair in estate.pairs)}
    held = []
    for record in records(trail).values():
        affects = tuple(id_ for id_ in record.work.affects if id_ in known)
        if record.withdrawn is None and affects:
            held.append(replace(record.as_maintenance(), affects=affects))
    return replace(estate, maintenance=(*estate.maintenance, *held)) if held else estate
