"""The judgement of a period as plain values: what every exporter tells and nobody recomputes.

Times are integers: milliseconds for durations, milliseconds since the epoch (UTC) for instants. Ratios are exact
fractions or None where their denominator is zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from availability.estate import Maintenance
from availability.periods import Period

Verdict = Literal["met", "missed", "undetermined", "pending", "no_data"]
FailoverVerdict = Literal["met", "missed", "undetermined", "pending"]
FailoverOutcome = Literal["seamless", "taken_over", "recovered", "interrupted"]


@dataclass(frozen=True, slots=True)
class Figures:
    """Agreed time by class and what follows from it (docs/semantics.md, section 7)."""

    up_ms: int
    down_ms: int
    unknown_ms: int
    excluded_ms: int
    rest_ms: int
    """Agreed time still to come."""
    unconfirmed_failed_ms: int
    norm: Fraction

    @property
    def agreed_ms(self) -> int:
        return self.up_ms + self.down_ms + self.unknown_ms + self.excluded_ms

    @property
    def judged_ms(self) -> int:
        """What the lower and upper bound are shares of: all but the excluded time."""
        return self.up_ms + self.down_ms + self.unknown_ms

    @property
    def availability(self) -> Fraction | None:
        return _ratio(self.up_ms, self.up_ms + self.down_ms)

    @property
    def availability_low(self) -> Fraction | None:
        return _ratio(self.up_ms, self.judged_ms)

    @property
    def availability_high(self) -> Fraction | None:
        return _ratio(self.up_ms + self.unknown_ms, self.judged_ms)

    @property
    def coverage(self) -> Fraction | None:
        return _ratio(self.up_ms + self.down_ms, self.judged_ms)

    @property
    def budget_ms(self) -> Fraction:
        """Time that may be down: of the whole period's agreed time, less what was excluded so far."""
        return (1 - self.norm) * (self.judged_ms + self.rest_ms)

    @property
    def budget_left_ms(self) -> Fraction:
        return self.budget_ms - self.down_ms


def _ratio(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


@dataclass(frozen=True, slots=True)
class PartOfPeriod:
    """One of the agreement's own periods inside a longer report."""

    label: str
    figures: Figures
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """Figures with their verdict; `parts` only where the period holds several of the agreement's."""

    figures: Figures
    verdict: Verdict | None
    parts: tuple[PartOfPeriod, ...] | None


class Outage(NamedTuple):
    """A stretch in which the service was down, and what of it fell in each class within the period's agreed time."""

    start: int
    end: int | None
    down_ms: int
    excluded_ms: int
    unknown_ms: int
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParticipantReport:
    id: str
    judged: Judged


@dataclass(frozen=True, slots=True)
class ServiceReport:
    id: str
    name: str
    agreement: str
    norm: Fraction
    judged: Judged
    participants: tuple[ParticipantReport, ...]
    downtime_by_owner_ms: Mapping[str, int]
    outages: Sequence[Outage]


@dataclass(frozen=True, slots=True)
class Failover:
    """One event of a pair (section 8); `seconds` and `seconds_low` in milliseconds here."""

    pair: str
    started_at: int
    ended_at: int | None
    restored_at: int | None
    interrupted_ms: int
    interrupted_low_ms: int
    outcome: FailoverOutcome
    verdict: FailoverVerdict
    test: bool


@dataclass(frozen=True, slots=True)
class PairReport:
    pair: str
    protected_ratio: Fraction | None


@dataclass(frozen=True, slots=True)
class Pending:
    """A maintenance record that waits for approval under `agreements`; `would_change` are the services that would be
    judged otherwise, as they would be."""

    record: Maintenance
    agreements: tuple[str, ...]
    would_change: tuple[ServiceReport, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A period, judged as of an instant."""

    period: Period
    as_of: int
    services: tuple[ServiceReport, ...]
    failovers: tuple[Failover, ...]
    pairs: tuple[PairReport, ...]
    pending: tuple[Pending, ...] = ()
