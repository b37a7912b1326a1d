"""What is judged, free of any configuration format: parts, services, agreements, pairs, maintenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Literal

from availability.recurrence import Rule

Merge = Literal["any", "all", "majority"]
Per = Literal["month", "quarter", "year"]
LiberationDay = Literal["yearly", "lustrum"]
GoodFriday = Literal["working", "holiday"]


@dataclass(frozen=True, slots=True)
class Ref:
    """A part of an expression by its id: a check (inside a component), or a component, link or service."""

    id: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """Up only while every part is (docs/semantics.md, section 4)."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Up while one part is."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Up while `count` of the parts are."""

    count: int
    parts: tuple[Expression, ...]


Expression = Ref | AllOf | AnyOf | AtLeast


@dataclass(frozen=True, slots=True)
class Vantage:
    """A place that probes. Without a site it counts as elsewhere for every component."""

    id: str
    site: str | None = None
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """How the observations of one check become a state (section 2). Times in milliseconds."""

    id: str
    interval_ms: int
    stale_after_ms: int
    fall: int = 3
    rise: int = 2
    vantages_agree: Merge = "any"
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """A component or a link: either `checks`, with `up_when` over the ids of those that count, or none, with
    `up_when` over other components, links and services."""

    id: str
    up_when: Expression
    checks: tuple[Check, ...] = ()
    name: str = ""
    kind: str = ""
    is_link: bool = False
    site: str | None = None
    owner: str | None = None
    behind: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    runbook: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """From `start` to `end` in minutes after midnight; 1440 is 24:00.

    An end at or before the start runs into the next day.
    """

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Window:
    """Agreed hours: on `days` (0 is Monday), less holidays if so agreed.

    `special_days` win over both; None is a day that is closed.
    """

    days: frozenset[int]
    slot: Slot
    holidays_excluded: bool = False
    special_days: Mapping[date, Slot | None] = field(default_factory=dict)


OFFICE_HOURS = Window(frozenset(range(5)), Slot(8 * 60, 18 * 60), holidays_excluded=True)
"""Working days from 08:00 to 18:00 without holidays (Midden-Groningen SLA, annex)."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which Dutch holidays are recognised (section 5)."""

    country: str = "NL"
    liberation_day: LiberationDay = "yearly"
    good_friday: GoodFriday = "working"


@dataclass(frozen=True, slots=True)
class Agreement:
    """The norm (a fraction of 1), when it holds, over which period, and what it excuses."""

    id: str
    norm: Fraction
    window: Window
    timezone: str
    per: Per = "month"
    excluded: frozenset[str] = frozenset()
    assumes_up: frozenset[str] = frozenset()
    supplier: str | None = None
    upgrade_at_most_ms: int | None = None
    """How long an upgrade of production may take, outside office hours (Midden-Groningen SLA 3.5, 3.7); None where
    that was not agreed."""
    approval_required: bool = False
    """Whether a maintenance record that was entered by command excuses only once a second person approved it."""


@dataclass(frozen=True, slots=True)
class Participant:
    """Who uses a service, and the parts it needs besides (the line to its town hall)."""

    id: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResponseTime:
    """Mean latency (milliseconds) of one check within service hours (Midden-Groningen SLA 3.5, annex)."""

    check: str
    mean_below_ms: int


@dataclass(frozen=True, slots=True)
class Service:
    """What a customer was promised. `since_ms` and `until_ms` are instants (epoch milliseconds, UTC)."""

    id: str
    agreement: str
    up_when: Expression
    name: str = ""
    participants: tuple[Participant, ...] = ()
    priority: int | None = None
    environment: str = "production"
    environment_of: str | None = None
    """The service that this is another environment of, to hold their response times side by side."""
    response_time: ResponseTime | None = None
    since_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class FailoverPair:
    """Two parts of which one takes over from the other within `within_ms` (section 8)."""

    id: str
    primary: str
    standby: str
    within_ms: int
    function: str | None = None
    name: str = ""
    test_every_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Weekly:
    """A slot that comes back on days of the week, in the configuration's time zone."""

    days: frozenset[int]
    slot: Slot
    without_holidays: Calendar | None = None
    """The calendar whose holidays are left out; None leaves none out."""
    exceptions: frozenset[date] = frozenset()
    """Days on which it does not start."""


@dataclass(frozen=True, slots=True)
class Recurring:
    """A slot that comes back by a rule of RFC 5545, in the configuration's time zone."""

    rule: Rule
    slot: Slot
    without_holidays: Calendar | None = None
    """As of a weekly one; a day that is left out still counts for a rule with a count (RFC 5545, EXDATE)."""
    exceptions: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Announced work: once (`start_ms` to `end_ms`, epoch milliseconds) or again and again (`every`)."""

    id: str
    category: str
    affects: tuple[str, ...]
    reason: str = ""
    start_ms: int | None = None
    end_ms: int | None = None
    every: Weekly | Recurring | None = None
    approved: bool = True
    """False while an agreement that requires approval does not count it."""
    entered_by: str = ""
    """Who entered it by command; empty where it stands in the configuration."""
    entered_at: int | None = None
    approved_by: str = ""
    approved_at: int | None = None
    ticket: str = ""
    notice_ms: int | None = None
    """When it was announced."""


@dataclass(frozen=True)
class Estate:
    """Everything that is judged. `parts` holds components and links by id; the order of all is the file's."""

    timezone: str
    parts: Mapping[str, Part]
    services: Mapping[str, Service]
    agreements: Mapping[str, Agreement]
    pairs: tuple[FailoverPair, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    vantages: Mapping[str, Vantage] = field(default_factory=lambda: {"local": Vantage("local")})
    calendar: Calendar = Calendar()
    office_hours: Window = OFFICE_HOURS
    """Working time: for recovery limits, and when an upgrade is in the way."""
