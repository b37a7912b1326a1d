"""The account of a period as plain values: a report with everything that explains and surrounds its figures.

Times are integers as in availability/report.py: milliseconds for durations, epoch milliseconds (UTC) for instants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from availability.page_accounts import PageAccount
from availability.recovery import RecoveryReport
from availability.report import Failover, Figures, Judged, Outage, Report, Verdict
from availability.spans import Span
from availability.splits import Split


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where a running period is heading, its verdict being `pending`."""

    availability: Fraction | None
    """Of the whole period, if what is still to come goes as what was watched of it so far."""
    lost_at: int | None
    """When at that pace the norm is lost for certain; None where that is not within the period."""
    earliest_lost_at: int | None
    """When it would be lost if everything were down from `as_of` on."""


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A stretch of agreed time within the period of which nobody knows whether the service was up."""

    start: int
    end: int
    unknown_ms: int
    """The agreed time in it; less than its length where it goes on over hours that are not agreed."""
    parts: tuple[str, ...]
    """The components and links with checks that were unknown and left it undecided, sorted."""
    reason: Literal["no_data", "unreachable"]
    """`unreachable` where for every one of those some vantage's failure was no news because of what it is behind."""


@dataclass(frozen=True, slots=True)
class OwnerShare:
    """An organisation's share of a service: as if only its own parts had failed (the downtime of the others is up)."""

    owner: str
    judged: Judged
    """`down` is the time in which one of its parts was a cause (section 7); held against the same norm."""
    shared_ms: int
    """Of that, the time in which a part of another owner was a cause as well."""


@dataclass(frozen=True, slots=True)
class PartReport:
    """A component or link of a service's chain by itself, under the agreement of that service."""

    id: str
    name: str
    owner: str | None
    judged: Judged
    caused_ms: int
    """Downtime of the service of which it was a cause."""
    outages: Sequence[Outage]


@dataclass(frozen=True, slots=True)
class Response:
    """How fast a service answered within its agreed time so far (Midden-Groningen SLA 3.5 and annex)."""

    check: str
    count: int
    mean_ms: float | None
    p95_ms: float | None
    mean_below_ms: int

    @property
    def within(self) -> bool | None:
        """Whether the mean stayed below what was agreed; None where nothing was measured."""
        return None if self.mean_ms is None else self.mean_ms < self.mean_below_ms


@dataclass(frozen=True, slots=True)
class ParticipantAccount:
    """What surrounds the figures of one participant with parts of its own."""

    forecast: Forecast | None
    outages: Sequence[Outage]
    """Of the service as this participant has it."""


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """What surrounds the figures of one service."""

    forecast: Forecast | None
    """None unless its verdict is pending."""
    months: tuple[tuple[str, Figures], ...]
    """Label and figures of the months of a quarter or a year; empty for a month."""
    unwatched: Sequence[Unwatched]
    owners: tuple[OwnerShare, ...]
    """Those that have a part in its chain, sorted by id, also with nothing down."""
    unowned_ms: int
    """Downtime of which no cause has an owner."""
    participants: Mapping[str, ParticipantAccount]
    """Those with parts of their own, by id."""
    chain: tuple[PartReport, ...] | None = None
    """Every component and link with checks that it rests on, or that a participant needs besides, sorted; None unless
    asked for."""
    response: Response | None = None
    """None where none was agreed."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """What one exclusion did to one service."""

    service: str
    covered_ms: int
    """Excluded time that fell within it."""
    told: Judged
    """As reported."""
    without: Judged
    """As it would be judged if this exclusion alone did not count: the same where another one covers it as well."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A maintenance record that excuses, or a part that an agreement assumes up, and what that changed."""

    id: str
    kind: Literal["maintenance", "assumed"]
    category: str
    """Of maintenance; empty for a part that is assumed up."""
    affects: tuple[str, ...]
    spans: tuple[Span, ...]
    """When it applied within the period so far; of a part that is assumed up, the whole of it."""
    reason: str
    ticket: str
    entered_by: str
    """Empty where it stands in the configuration."""
    entered_at: int | None
    approved_by: str
    approved_at: int | None
    notice_ms: int | None
    services: tuple[Excluded, ...]
    """Those of which it excluded anything."""


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """Work within the agreed hours of services that it touches, and every upgrade (Midden-Groningen SLA 3.5, 3.7)."""

    id: str
    category: str
    start: int
    end: int
    """One stretch of it, whole, also where it began before or goes on after the period."""
    reason: str
    services: tuple[tuple[str, int], ...]
    """The services it touches, with the agreed time that it takes of each within the period."""
    office_ms: int
    """Time of it within office hours."""
    too_long: bool
    """An upgrade of more than was agreed."""
    in_office_hours: bool
    """An upgrade within office hours, where that was agreed against."""


@dataclass(frozen=True, slots=True)
class PairAccount:
    """What surrounds the events of one failover pair."""

    pair: str
    name: str
    within_ms: int
    last_test: Failover | None
    """The last test that began up to `as_of`, also before the period."""
    test_due_at: int | None
    """When the next is due: `test_every` after the last; None where none is asked for. Where there never was one,
    it was due at the first fact there is of the pair, or at `as_of` where there is none."""
    test_overdue: bool


@dataclass(frozen=True, slots=True)
class RestatedService:
    """A service whose figures or verdict are no longer those that were frozen; verdicts as they are told."""

    service: str
    participant: str | None
    closed_availability: float | None
    closed_verdict: Verdict | None
    availability: float | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Closed:
    """That the period was closed, and whether it would be told otherwise now."""

    closed_at: int
    closed_by: str
    digest: str
    restated: tuple[RestatedService, ...]
    """Empty where nothing changed."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of the chain of closed months, to hold against a store years later."""

    period: str
    digest: str


@dataclass(frozen=True, slots=True)
class Account:
    """A report with all that surrounds it; `services` and `pairs` in the order of the report."""

    report: Report
    services: Mapping[str, ServiceAccount]
    exclusions: tuple[Exclusion, ...] = ()
    planned: tuple[PlannedWork, ...] = ()
    pairs: tuple[PairAccount, ...] = ()
    environments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """A service to its other environments, to hold their response times side by side."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Organisations by id, as people call them."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """The owner of each component and link that has one, by id: whose an outage was by its causes."""
    recovery: RecoveryReport | None = None
    pages: tuple[PageAccount, ...] = ()
    """The pages that began in the period; none where the account is of some services only."""
    splits: tuple[Split, ...] = ()
    """When centres could not see each other; none where the account is of some services only."""
    closed: tuple[tuple[str, Closed], ...] = ()
    """The months within the period that were closed, by label."""
    head: Head | None = None
    what_if: tuple[str, ...] = ()
    """What was assumed otherwise than configured or entered; then nothing of this was agreed."""
