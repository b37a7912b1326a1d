"""Pages without a collector: who is on duty, what comes in, and a clock that is turned by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from availability.paging import Alert, Begun, Entry, Failed, Page, Sent, fold
from availability.paging_intake import take
from availability.paging_ports import Notification
from availability.paging_sending import Ready, begun, ready
from availability.paging_steps import step

MINUTE = 60_000
HOUR = 60 * MINUTE


@dataclass
class Crew:
    """Three levels of one person each, and a help desk in office hours."""

    people: dict[int, list[str]] = field(default_factory=lambda: {1: ["anna"], 2: ["bram"], 3: ["chris"]})
    office: bool = False
    desk: list[str] = field(default_factory=lambda: ["desk"])
    organisations: list[str] = field(default_factory=lambda: ["weert", "venlo"])

    @property
    def levels(self) -> int:
        return max(self.people, default=0)

    def first(self, at: int) -> Sequence[str]:
        return self.desk if self.office else self.people.get(1, [])

    def in_office_hours(self, at: int) -> bool:
        return self.office

    def is_working_time(self, at: int) -> bool:
        return self.office

    def at_level(self, level: int, at: int) -> Sequence[str]:
        return self.people.get(level, [])

    def everybody(self) -> Sequence[str]:
        return ["anna", "bram", "chris"]

    def acknowledge_within_ms(self, priority: int) -> int:
        return 10 * MINUTE

    def reminder_due(self, priority: int, opened_at: int, count: int) -> int | None:
        return opened_at + count * {1: 1, 2: 8}[priority] * HOUR if priority <= 2 else None

    def participants(self, alerts: Sequence[Alert]) -> Sequence[str]:
        return self.organisations


def alert(fingerprint: str, priority: int = 3, starts_at: int = 0, severity: str = "critical") -> Alert:
    return Alert(fingerprint, starts_at, f"{fingerprint} is down", priority, severity)


def firing(*alerts: Alert, group: str = "night", omitted: int = 0, **resolved: int) -> Notification:
    return Notification(group, alerts, resolved, omitted)


def resolved(*fingerprints: str, group: str = "night", at: int = 10**15) -> Notification:
    return Notification(group, (), dict.fromkeys(fingerprints, at))


class World:
    """A log of entries that is folded as a collector does, and the post that goes out of it."""

    def __init__(self, crew: Crew | None = None) -> None:
        self.crew = crew or Crew()
        self.now = 1_000_000
        self.log: list[Entry] = []
        self.pages: dict[str, Page] = {}
        self.under_way: set[tuple[str, int]] = set()
        self.post: list[tuple[str, str, str, bool]] = []
        """What was sent: to whom, what, by which channel, and whether as a repeat."""
        self.channels: dict[str, list[str]] = {}
        self.before: list[Entry] = []
        self.doubtful = False
        """Whether every third failure leaves open if it arrived."""

    def note(self, entries: Sequence[Entry]) -> None:
        self.log += entries
        self.pages = fold(self.pages, entries)
        assert fold({}, self.log) == self.pages  # what is read back is what it was

    def take(self, notification: Notification) -> None:
        self.note(take(self.pages, notification, self.now, self.crew, len(self.pages) + 1))

    def pass_time(self, milliseconds: int) -> None:
        self.now += milliseconds
        self.note(step(self.pages, self.now, self.crew))

    def begin(self) -> list[Ready]:
        """What is to be sent now, noted as begun."""
        found = ready(self.pages, self.now, lambda n: self.channels.get(n.to, ["mail"]), "here", self.under_way)
        self.before = list(self.log)
        self.note(begun(found, self.now, "here"))
        begun_now = [one for one in found if isinstance(one, Ready)]
        for one in begun_now:
            assert one.repeated == self.may_have_arrived(one), (
                "what may have come before says so, and nothing else does"
            )
        self.under_way |= {(one.page.id, one.notice.number) for one in begun_now}
        return begun_now

    def may_have_arrived(self, one: Ready) -> bool:
        """Whether an earlier attempt has no outcome, or one that nobody can be sure of."""
        unknown = pending = False
        for entry in self.before:
            if entry.page != one.page.id or getattr(entry.event, "notice", 0) != one.notice.number:
                continue
            match entry.event:
                case Begun():
                    unknown, pending = unknown or pending, True
                case Failed(arrived=arrived):
                    unknown, pending = unknown or arrived, False
        return unknown or pending

    def deliver(self, works: Callable[[Ready], bool] = lambda _: True) -> None:
        """Send until there is nothing left to be sent now."""
        while found := self.begin():
            for one in found:
                self.finish(one, works(one))

    def finish(self, one: Ready, works: bool = True) -> None:
        number = one.notice.number
        in_doubt = self.doubtful and len(self.log) % 3 == 0
        outcome = Sent(number, one.channel) if works else Failed(number, one.channel, "no", in_doubt)
        if works:
            self.post.append((one.notice.to, one.notice.kind, one.channel, one.repeated))
        self.under_way.discard((one.page.id, number))
        self.note([Entry(one.page.id, self.now, outcome)])

    def crash(self) -> None:
        """Another process goes on with what was noted."""
        self.under_way.clear()
        self.pages = fold({}, self.log)

    def heard(self, *kinds: str) -> list[str]:
        """Who got mail of these kinds, in that order."""
        return [to for to, kind, _, _ in self.post if kind in kinds]


__all__ = ["HOUR", "MINUTE", "Begun", "Crew", "World", "alert", "firing", "resolved"]
