"""What may be entered into the maintenance trail: an addition, a withdrawal, an approval, or a sentence why not."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from availability.edges import from_ms
from availability.estate import Estate
from availability.trail import Entry, Record, records, same_person
from config.entered import EntryRefused, Given
from config.problems import nearest, shown
from waakvlam.person import Person


class Entering:
    """Entries by `person` at `now` (epoch milliseconds), for the trail of `estate`, which is as configured.

    Every method takes the trail so far and raises EntryRefused where the entry cannot be.
    """

    def __init__(self, estate: Estate, person: Person, now: int) -> None:
        self._configured = {record.id: record for record in estate.maintenance}
        self._estate = estate
        self._person = person
        self._now = now

    def add(self, trail: Sequence[Entry], given: Given) -> Entry:
        """The addition of what was given, under its id or one that is free."""
        taken = records(trail)
        id_ = given.id or self._free(taken)
        if id_ in self._configured:
            raise EntryRefused(f"--id: {shown(id_)} stands in the configuration: give this one another id")
        if id_ in taken:
            was = "that was withdrawn " if taken[id_].withdrawn else ""
            raise EntryRefused(f"--id: {shown(id_)} is taken by a record {was}already: give this one another id")
        return self._entry(id_, given)

    def withdraw(self, trail: Sequence[Entry], id_: str, reason: str) -> Entry:
        """The withdrawal of a record that holds."""
        record = self._record(trail, id_, "take it out there, and a running collector takes that up on SIGHUP")
        if record.withdrawn is not None:
            raise EntryRefused(f"{shown(id_)} was withdrawn already, by {self._by(record.withdrawn)}")
        return Entry(id_, "withdraw", self._person.account, self._now, reason, self._person.through)

    def approve(self, trail: Sequence[Entry], id_: str) -> Entry:
        """The approval of a record that waits for it."""
        record = self._record(trail, id_, "it needs no approval")
        if record.withdrawn is not None:
            raise EntryRefused(
                f"{shown(id_)} was withdrawn, by {self._by(record.withdrawn)}: nothing is left to approve"
            )
        if record.approved is not None:
            raise EntryRefused(f"{shown(id_)} was approved already, by {self._by(record.approved)}")
        if not asking(self._estate, record.work.category):
            raise EntryRefused(
                f"{shown(id_)} needs no approval: no agreement with `corrections: {{approval: required}}` excludes "
                f"{record.work.category}"
            )
        entry = Entry(id_, "approve", self._person.account, self._now, "", self._person.through)
        if same_person(record.added, entry):
            raise EntryRefused(
                f"{shown(id_)} was entered by {told_person(record.added)}, and you are {self._person}: "
                "somebody else has to approve it"
            )
        return entry

    def _entry(self, id_: str, given: Given) -> Entry:
        person = self._person
        return Entry(id_, "add", person.account, self._now, given.reason, person.through, given.work)

    def _free(self, taken: dict[str, Record]) -> str:
        """work-20261031-1, or the next number of that day."""
        day = f"{from_ms(self._now, ZoneInfo(self._estate.timezone)):%Y%m%d}"
        number = 1
        while (id_ := f"work-{day}-{number}") in taken or id_ in self._configured:
            number += 1
        return id_

    def _record(self, trail: Sequence[Entry], id_: str, configured: str) -> Record:
        found = records(trail)
        if id_ in found:
            return found[id_]
        if id_ in self._configured:
            raise EntryRefused(f"{shown(id_)} stands in the configuration: {configured}")
        near = nearest(id_, list(found))
        raise EntryRefused(
            f"no maintenance record {shown(id_)} was added: "
            + (f"did you mean {shown(near)}?" if near else "see `waakvlam maintenance list --all`")
        )

    def _by(self, entry: Entry) -> str:
        at = from_ms(entry.entered_at, ZoneInfo(self._estate.timezone))
        return f"{told_person(entry)} on {at:%Y-%m-%d %H:%M}"


def told_person(entry: Entry) -> str:
    """Who made an entry, for people."""
    return str(Person(entry.entered_by, entry.through))


def asking(estate: Estate, category: str) -> list[str]:
    """The agreements under which a record of `category` excuses only once approved."""
    return [
        agreement.id
        for agreement in estate.agreements.values()
        if agreement.approval_required and category in agreement.excluded
    ]
