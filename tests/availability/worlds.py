"""A builder of small worlds in slots of a minute, and pictures of how every slot was judged.

Observations are drawn, one character a slot: `o` ok, `x` failed, `-` could not look, `.` no observation. A picture
has one character a slot too: `U` up, `u` up while a failing run was unconfirmed, `D` down, `?` unknown, `E` excluded,
` ` no agreed time, `*` a mixture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction

from availability.account import Account, ServiceAccount
from availability.accounting import account
from availability.estate import (
    Agreement,
    AllOf,
    AnyOf,
    AtLeast,
    Calendar,
    Check,
    Estate,
    Expression,
    FailoverPair,
    Maintenance,
    Merge,
    Part,
    Participant,
    Ref,
    Service,
    Slot,
    Vantage,
    Weekly,
    Window,
)
from availability.judge import judge
from availability.outcome import Status
from availability.periods import parse_period
from availability.ports import Row
from availability.report import Failover, Figures, Report, ServiceReport

SECOND = 1_000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
AMSTERDAM = "Europe/Amsterdam"
ALWAYS = Slot(0, 1440)
EVERY_DAY = frozenset(range(7))
ROUND_THE_CLOCK = Window(EVERY_DAY, ALWAYS)
MEANING = {"o": Status.OK, "x": Status.FAILED, "-": Status.NONE}


def at(text: str) -> int:
    """Epoch milliseconds of an instant written with its offset."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


START = at("2026-10-06T07:00Z")
"""A Tuesday at 09:00 in Amsterdam: the first slot of every world."""


def slot(number: float) -> int:
    """The instant at which a slot begins."""
    return START + round(number * MINUTE)


def drawn(picture: str, start: int = START, step: int = MINUTE) -> list[Row]:
    """A drawing of observations as rows, equal neighbours in one row."""
    rows: list[Row] = []
    for number, mark in enumerate(picture):
        if mark == ".":
            continue
        instant, status = start + number * step, MEANING[mark]
        if rows and rows[-1][3] == status and rows[-1][0] + rows[-1][2] * step == instant:
            rows[-1] = (rows[-1][0], step, rows[-1][2] + 1, status)
        else:
            rows.append((instant, 0, 1, status))
    return rows


def through(status: Status, start: int, end: int, step: int = MINUTE) -> Row:
    """Observations every `step` from `start` until before `end`."""
    count = -(-(end - start) // step)
    return start, step if count > 1 else 0, count, status


def ref(*ids: str) -> tuple[Ref, ...]:
    return tuple(Ref(id_) for id_ in ids)


def all_of(*parts: str | Expression) -> AllOf:
    return AllOf(tuple(Ref(part) if isinstance(part, str) else part for part in parts))


def any_of(*parts: str | Expression) -> AnyOf:
    return AnyOf(tuple(Ref(part) if isinstance(part, str) else part for part in parts))


def at_least(count: int, *parts: str | Expression) -> AtLeast:
    return AtLeast(count, tuple(Ref(part) if isinstance(part, str) else part for part in parts))


def opened(minutes: int, day: date = date(2026, 10, 6), start: int = 540) -> Window:
    """Hours on a single day (09:00 in Amsterdam is the first slot) and on no other."""
    return Window(frozenset(), ALWAYS, special_days={day: Slot(start, start + minutes)})


@dataclass
class World:
    """A mutable estate with its observations; `report` and `picture` judge it."""

    parts: dict[str, Part] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    facts: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    pairs: list[FailoverPair] = field(default_factory=list)
    records: list[Maintenance] = field(default_factory=list)
    vantages: dict[str, Vantage] = field(default_factory=lambda: {"local": Vantage("local")})
    agreement: Agreement = field(
        default_factory=lambda: Agreement("agreement", Fraction(98, 100), ROUND_THE_CLOCK, AMSTERDAM)
    )
    calendar: Calendar = field(default_factory=Calendar)
    period: str = "2026-10"
    length: int = 0

    def vantage(self, id_: str, site: str | None = None, retired: bool = False) -> World:
        self.vantages[id_] = Vantage(id_, site, retired)
        return self

    def check(
        self,
        id_: str,
        seen: str | Sequence[Row] | Mapping[str, str | Sequence[Row]],
        *,
        fall: int = 1,
        rise: int = 1,
        stale: int = 3 * MINUTE,
        agree: Merge = "any",
        counts: bool = True,
    ) -> Check:
        """A check with what each vantage saw; without vantages `local` saw it."""
        for vantage, what in (seen if isinstance(seen, Mapping) else {"local": seen}).items():
            self.facts[id_, vantage] = drawn(what) if isinstance(what, str) else list(what)
            self.length = max(self.length, len(what) if isinstance(what, str) else 0)
        return Check(id_, MINUTE, stale, fall, rise, agree, counts)

    def leaf(
        self,
        id_: str,
        seen: str | Sequence[Row] | Mapping[str, str | Sequence[Row]] = (),
        *,
        site: str | None = None,
        owner: str | None = None,
        behind: tuple[str, ...] = (),
        fall: int = 1,
        rise: int = 1,
        stale: int = 3 * MINUTE,
        agree: Merge = "any",
    ) -> World:
        """A component with one check, which by default believes every single observation."""
        check = self.check(f"{id_}-ping", seen, fall=fall, rise=rise, stale=stale, agree=agree)
        return self.checked(id_, all_of(check.id), check, site=site, owner=owner, behind=behind)

    def checked(
        self,
        id_: str,
        up_when: Expression,
        *checks: Check,
        site: str | None = None,
        owner: str | None = None,
        behind: tuple[str, ...] = (),
    ) -> World:
        """A component with checks."""
        self.parts[id_] = Part(id_, up_when, checks, site=site, owner=owner, behind=behind)
        return self

    def composite(self, id_: str, up_when: Expression, behind: tuple[str, ...] = ()) -> World:
        self.parts[id_] = Part(id_, up_when, behind=behind)
        return self

    def service(
        self,
        up_when: Expression,
        id_: str = "service",
        needs: Mapping[str, tuple[str, ...]] | None = None,
        since: int | None = None,
        until: int | None = None,
    ) -> World:
        participants = tuple(Participant(user, ids) for user, ids in (needs or {}).items())
        self.services[id_] = Service(
            id_, "agreement", up_when, participants=participants, since_ms=since, until_ms=until
        )
        return self

    def agreed(
        self,
        window: Window | None = None,
        *,
        norm: str | None = None,
        excluded: tuple[str, ...] | None = None,
        assumes_up: tuple[str, ...] | None = None,
    ) -> World:
        """Change the agreement."""
        old = self.agreement
        self.agreement = replace(
            old,
            window=window or old.window,
            norm=Fraction(norm) if norm else old.norm,
            excluded=old.excluded if excluded is None else frozenset(excluded),
            assumes_up=old.assumes_up if assumes_up is None else frozenset(assumes_up),
        )
        return self

    def work(self, *affects: str, start: float = 0, end: float = 0, category: str = "customer_request") -> World:
        """Maintenance between two slots."""
        id_ = f"work-{len(self.records)}"
        self.records.append(Maintenance(id_, category, affects, start_ms=slot(start), end_ms=slot(end)))
        return self

    def weekly(self, *affects: str, days: tuple[int, ...], hours: Slot, category: str = "customer_request") -> World:
        id_ = f"work-{len(self.records)}"
        self.records.append(Maintenance(id_, category, affects, every=Weekly(frozenset(days), hours)))
        return self

    def pair(
        self, primary: str, standby: str, function: str | None = None, within: float = 4, id_: str = "pair"
    ) -> World:
        """A pair that must take over within some slots."""
        self.pairs.append(FailoverPair(id_, primary, standby, round(within * MINUTE), function))
        return self

    def estate(self) -> Estate:
        """Without a service of its own, the world has one that needs every part."""
        services = self.services or {"service": Service("service", "agreement", all_of(*self.parts))}
        return Estate(
            AMSTERDAM,
            dict(self.parts),
            dict(services),
            {"agreement": self.agreement},
            tuple(self.pairs),
            tuple(self.records),
            dict(self.vantages),
            self.calendar,
        )

    def report(self, as_of: int | None = None) -> Report:
        """The report as of an instant, by default of a month later."""
        period = parse_period(self.period, AMSTERDAM)
        return judge(self.estate(), self.facts, period, period.end + 30 * DAY if as_of is None else as_of)

    def account(self, as_of: int | None = None, *, chain: bool = False) -> Account:
        """The account as of an instant, by default of a month later."""
        period = parse_period(self.period, AMSTERDAM)
        as_of = period.end + 30 * DAY if as_of is None else as_of
        return account(self.estate(), self.facts, period, as_of, chain=chain)

    def surrounding(self, id_: str = "service", as_of: int | None = None, *, chain: bool = False) -> ServiceAccount:
        """What surrounds the figures of one service."""
        return self.account(as_of, chain=chain).services[id_]

    def told(self, id_: str = "service", as_of: int | None = None) -> ServiceReport:
        """What is reported of one service."""
        return next(service for service in self.report(as_of).services if service.id == id_)

    def figures(self, as_of: int | None = None) -> Figures:
        return self.told(as_of=as_of).judged.figures

    def outages(self, as_of: int | None = None) -> list[tuple[float, float | None, tuple[str, ...]]]:
        """Start and end in slots, and causes."""
        return [
            (in_slots(outage.start), None if outage.end is None else in_slots(outage.end), outage.causes)
            for outage in self.told(as_of=as_of).outages
        ]

    def failovers(self, as_of: int | None = None) -> list[Failover]:
        return list(self.report(as_of).failovers)

    def event(self, as_of: int | None = None) -> Failover:
        """The only event of the only pair."""
        (event,) = self.failovers(as_of)
        return event

    def picture(
        self, id_: str = "service", *, participant: str | None = None, slots: int = 0, as_of: int | None = None
    ) -> str:
        """How each slot was judged, up to three slots after the drawings unless told.

        Every slot is judged on its own: by a service that is the pictured one, agreed for that slot only.
        """
        estate = self.estate()
        pictured = estate.services[id_]
        since, until = pictured.since_ms or 0, pictured.until_ms or 1 << 60
        numbers = range(slots or self.length + 3)
        single = {
            f"slot-{number}": replace(
                pictured,
                id=f"slot-{number}",
                up_when=Ref(id_),
                since_ms=max(since, slot(number)),
                until_ms=min(until, slot(number + 1)),
            )
            for number in numbers
        }
        estate = replace(estate, services={**estate.services, **single})
        period = parse_period(self.period, AMSTERDAM)
        report = judge(estate, self.facts, period, period.end if as_of is None else as_of)
        told = {service.id: service for service in report.services}
        marks = []
        for number in numbers:
            service = told[f"slot-{number}"]
            if participant is None:
                marks.append(_mark(service.judged.figures))
            else:
                (user,) = (user for user in service.participants if user.id == participant)
                marks.append(_mark(user.judged.figures))
        return "".join(marks)


def in_slots(instant: int) -> float:
    """An instant as the number of slots since the first."""
    return (instant - START) / MINUTE


def minutes(figures: Figures) -> dict[str, float]:
    """The classes of agreed time that are not empty, in minutes."""
    told = {
        "up": figures.up_ms,
        "down": figures.down_ms,
        "unknown": figures.unknown_ms,
        "excluded": figures.excluded_ms,
        "rest": figures.rest_ms,
    }
    return {name: value / MINUTE for name, value in told.items() if value}


def _mark(figures: Figures) -> str:
    unconfirmed = figures.unconfirmed_failed_ms
    marks = [
        ("U", figures.up_ms - unconfirmed),
        ("u", unconfirmed),
        ("D", figures.down_ms),
        ("?", figures.unknown_ms),
        ("E", figures.excluded_ms),
    ]
    found = [mark for mark, value in marks if value]
    return found[0] if len(found) == 1 else "*" if found else " "
