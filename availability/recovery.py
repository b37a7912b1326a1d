"""Reaction and recovery times in working time (docs/semantics.md, section 9), as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from availability.spans import Span

LimitUnit = Literal["hours", "working hours", "working days"]
"""`hours` are those of the clock, day and night."""
IncidentVerdict = Literal["within", "missed"]


@dataclass(frozen=True, slots=True)
class Limit:
    """A reaction or recovery limit: `amount` of clock hours, working hours or working days."""

    amount: Fraction
    unit: LimitUnit


@dataclass(frozen=True, slots=True)
class PriorityLimits:
    reaction: Limit | None = None
    recovery: Limit | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """An incident as the help desk has it. Instants in epoch milliseconds; None where it is not (yet) known."""

    id: str
    reported_at: int
    service: str | None = None
    """Of the configuration; None where it is about no service in it."""
    environment: str | None = None
    """None: that of the service."""
    priority: int | None = None
    """None: that of the service."""
    summary: str = ""
    reacted_at: int | None = None
    closed_at: int | None = None
    waiting: tuple[tuple[int, int | None], ...] = ()
    """When it waited for the customer; without an end while it still does."""
    reactions_kept: bool = True
    """False where the help desk does not keep when somebody took it up; then nobody knows of any incident."""


@dataclass(frozen=True, slots=True)
class Incident:
    """A disturbance: from an outage of a service, or registered by the help desk, or both, which counts once."""

    id: str
    """The help desk's, or the service and the instant at which the outage began."""
    source: Literal["outage", "registered", "both"]
    service: str | None
    environment: str
    priority: int | None
    summary: str
    """Empty of an outage that nobody registered."""
    reported_at: int
    reacted_at: int | None
    closed_at: int | None
    waiting: tuple[Span, ...] = ()
    """When it waited for the customer."""
    outage_starts: tuple[int, ...] = ()
    """The outages that are part of it."""
    reactions_kept: bool = True
    """Whether it is known when somebody took it up; False of an outage that nobody registered."""


def priority_in(environment: str, priority: int | None) -> int | None:
    """The priority that counts: in a test environment always the fourth (Midden-Groningen SLA 3.3)."""
    return 4 if environment == "test" else priority


@dataclass(frozen=True, slots=True)
class JudgedIncident:
    """An incident against its limits; None where there is no such limit, or nothing is known to hold against it."""

    incident: Incident
    reaction_due: int | None
    recovery_due: int | None
    reaction: IncidentVerdict | None
    recovery: IncidentVerdict | None
    counts: bool
    """Whether it is part of the share: production, and a priority with a limit of which it is known whether it was
    held. An outage that nobody registered has no reaction, so a limit for the reaction alone says nothing of it."""

    @property
    def missed(self) -> bool:
        return "missed" in (self.reaction, self.recovery)


@dataclass(frozen=True, slots=True)
class PriorityShare:
    """The incidents of one priority that count in the period, and how many of them were within their limits."""

    priority: int
    incidents: int
    within: int

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.within, self.incidents) if self.incidents else None


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """The incidents that belong to a period, held against the norm (Midden-Groningen SLA 3.3)."""

    norm: Fraction
    priorities: tuple[PriorityShare, ...]
    """Every priority that has limits, also without an incident."""
    total: PriorityShare
    """All of them; its `priority` is 0."""
    verdict: Literal["met", "missed", "pending", "no_data"]
    incidents: tuple[JudgedIncident, ...]
    """All that belong to the period, those that do not count included, by the instant of report."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What was agreed on reaction and recovery."""

    norm: Fraction
    priorities: Mapping[int, PriorityLimits]
