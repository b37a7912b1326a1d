"""What the rooms on both sides of a wall need of each other, as protocols; wired in the front door."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from availability.heartbeats import HeartbeatReport, Stage
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


class FactSink(Protocol):
    """Takes observations as a set: adding is set union, so late, repeated, split or shuffled batches do no harm."""

    def add(self, batches: Collection[Batch]) -> Merged:
        """Merge in one transaction: all of it or nothing."""


class FactStore(FactSink, Protocol):
    """The same, and gives them back."""

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


LastPair = tuple[HeartbeatReport | None, HeartbeatReport | None]
"""The last good report of a job and its last one of all, by their instants."""


class HeartbeatStore(Protocol):
    """What jobs reported of themselves: a set that is only ever added to."""

    def report(self, reports: Iterable[HeartbeatReport]) -> int:
        """Add those that are not there, in one transaction; how many that were."""

    def last_reports(self, checks: Iterable[str]) -> Mapping[str, LastPair]:
        """Of each of `checks` the good report with the latest instant, and the one with the latest of all."""

    def last_report_number(self) -> int:
        """How many reports there are."""

    def reports_after(self, number: int) -> tuple[list[HeartbeatReport], int]:
        """What was added behind the first `number`, in that order, and the number of the last one."""


Admission = Literal["admitted", "wrong token", "unknown check"]
"""Whether a report may come in; that a check is unknown is only told to who has a token of another."""


@dataclass(frozen=True, slots=True)
class HeartbeatStanding:
    """Where a job stands after its report: until when the last good one is on time, and when it becomes missing
    (epoch milliseconds; None where no good one has come)."""

    stage: Stage
    due: int | None
    missing_at: int | None


class HeartbeatInbox(Protocol):
    """Takes what jobs report of themselves."""

    vantage: str
    """Where it stands."""

    def now_ms(self) -> int:
        """Milliseconds since 1970, UTC, by the clock that reports are held against."""

    async def admit(self, check: str, token: bytes) -> Admission:
        """Whether `token` opens `check`; it takes as long for every check, whether there is one or not."""

    async def take(self, report: HeartbeatReport) -> HeartbeatStanding | None:
        """Store the report of a check that was admitted, and only then say where the job stands; None where it could
        not be stored, and then nothing of it is known."""


class Degradation(NamedTuple):
    """Why something that is up is worse than it should be, and since when (epoch milliseconds)."""

    since: int | None
    reason: str
    detail: str


class Redundancy(NamedTuple):
    """How much of what a whole consists of may fail.

    `left` is how many more of its parts may, whichever they are, before it is not up: None where it is not up now.
    `full` is that number with every part up. `not_up` are the parts that are not. Both numbers are None where the
    expression is too entangled to say.
    """

    left: int | None
    full: int | None
    not_up: tuple[str, ...]

    @property
    def is_lost(self) -> bool:
        """Whether it is up, and less may fail than it was made for."""
        return self.left is not None and self.full is not None and self.left < self.full


class Direction(NamedTuple):
    """A link as seen from one of the two sites that it connects; `since` in epoch milliseconds."""

    start: str
    end: str
    vantages: tuple[str, ...]
    state: int
    since: int | None
    degraded: bool


@dataclass(frozen=True, slots=True)
class PartState:
    """The state of one component, link or service now.

    `degraded` is None unless it is up and worse than it should be, `redundancy` None where it has checks of its own;
    `directions` are those of a link between two sites, from the ends from which somebody looks.
    """

    id: str
    state: int
    since: int | None
    """Since when (epoch milliseconds); None where it was never otherwise."""
    reason: str
    detail: str
    degraded: Degradation | None = None
    redundancy: Redundancy | None = None
    directions: tuple[Direction, ...] = ()


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
    degraded: Degradation | None = None
