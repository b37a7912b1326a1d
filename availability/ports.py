"""What the rooms on both sides of a wall need of each other, as protocols; wired in the front door."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from availability.outcome import Outcome, Reason, Status
from availability.recovery import Registered
from availability.spans import Span
from availability.trail import Entry

Row = tuple[int, int, int, int]
"""(first, step, count, status): `count` observations at first, first+step, ...; milliseconds; status as `Status`."""


class Run(NamedTuple):
    """Equal outcomes on schedule, one row of the store: `length` observations at `first`, `first + step`, ..."""

    first: int
    step: int
    """Milliseconds between neighbours; 0 exactly where `length` is 1."""
    length: int
    """How many observations."""
    status: Status
    reason: Reason | None
    detail: str

    @property
    def last(self) -> int:
        return self.first + self.step * (self.length - 1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Facts of one check from one vantage on their way into a store.

    `runs` are in order of time and do not interleave. `latencies` are (instant, milliseconds) pairs, in order of
    time, of those observations that were timed.
    """

    check: str
    vantage: str
    runs: Sequence[Run]
    latencies: Sequence[tuple[int, float]] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """What adding batches did: observations that were new, already there, and in conflict with another outcome."""

    added: int
    known: int
    conflicts: int


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """The latencies of a check within some time: how many, their mean (exact) and 95th percentile (within 5%).

    Milliseconds; None where there was nothing to measure.
    """

    count: int
    mean_ms: float | None
    p95_ms: float | None


class FactSource(Protocol):
    """Rows in order of time by (check, vantage): a mapping, or what reads one series after the other from a store."""

    def items(self) -> Iterable[tuple[tuple[str, str], Sequence[Row]]]:
        """Each of them once; it may be asked for again."""


class FactStore(Protocol):
    """Observations as a set; adding is set union, so late, repeated, split or shuffled batches do no harm."""

    def add(self, batches: Collection[Batch]) -> Merged:
        """Merge in one transaction: all of it or nothing."""

    def rows(self, until: int | None = None, since: int | None = None) -> Mapping[tuple[str, str], list[Row]]:
        """(check, vantage) to its rows in order of time; those that start after `until` or end before `since` left
        out."""

    def series(
        self, until: int | None = None, since: int | None = None, keys: Container[tuple[str, str]] | None = None
    ) -> Iterator[tuple[tuple[str, str], list[Row]]]:
        """The same one after the other, of one state of the store; only those in `keys` where that is given."""

    def extents(self) -> Mapping[tuple[str, str], Span]:
        """(check, vantage) to the first and the last instant at which there is an observation."""

    def runs(self, check: str, vantage: str, since: int | None = None) -> list[Run]:
        """The rows of one check from one vantage with their reasons, from those that end at or after `since`."""

    def latencies(self, check: str, spans: Sequence[Span]) -> LatencySummary:
        """What all vantages measured of a check within `spans`, by quarters of an hour."""


class MaintenanceTrail(Protocol):
    """What was entered about maintenance by command; it is only ever added to."""

    def trail(self) -> list[Entry]:
        """Everything that was ever entered, in that order."""

    def enter(self, decide: Callable[[Sequence[Entry]], Entry]) -> Entry:
        """Append what `decide` makes of the trail so far, in one transaction; where it raises, nothing."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What registering incidents did: those that were new, that stood otherwise than before, and that did not."""

    new: int
    changed: int
    known: int


class IncidentRegister(Protocol):
    """What the help desk registered; it is only ever added to, and the latest version of an incident counts."""

    def incidents(self) -> list[Registered]:
        """Every incident as it stands now."""

    def register(self, incidents: Collection[Registered], by: str, at: int) -> Registration:
        """Append those that are new or stand otherwise, in one transaction: who did so, and when (epoch
        milliseconds)."""


@dataclass(frozen=True, slots=True)
class PartState:
    """The state of one component, link or service now."""

    id: str
    state: int
    since: int | None
    """Since when (epoch milliseconds); None where it was never otherwise."""
    reason: str
    detail: str


class CheckState(NamedTuple):
    """The last outcome and the state of one check from one vantage now."""

    check: str
    part: str
    vantage: str
    state: int
    since: int | None
    at: int | None
    """Slot of the last outcome (epoch milliseconds)."""
    outcome: Outcome | None
