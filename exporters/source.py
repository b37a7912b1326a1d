"""What the exporters need to be told: a protocol that the front door fulfils, and the plain rows it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from availability.agents import AgentState
from availability.centres import CentresNow
from availability.estate import Estate
from availability.outcome import Reason, Status
from availability.ports import CheckState, PartState
from availability.report import PairReport, Report, ServiceReport
from availability.service_now import Hours


class CheckRow(NamedTuple):
    """One check from one vantage: its state and last outcome, its probe's name, and what came out since the start.

    `outcomes` counts by (status, reason); it is read, never kept. `within_ms` and `grace_ms` are those of a heartbeat.
    """

    state: CheckState
    probe: str
    outcomes: Mapping[tuple[Status, Reason | None], int]
    within_ms: int | None = None
    grace_ms: int = 0


@dataclass(frozen=True, slots=True)
class PairState:
    """A failover pair now; instants in epoch milliseconds, None where there is no such thing or it is not known."""

    id: str
    event_active: bool
    takeover_ms: int | None
    """Length of the longest interruption of the last event, so far."""
    deadline: int | None
    """When the interruption that lasts now becomes longer than agreed."""
    protected: bool | None
    """Whether the standby could take over: it is up."""
    last_test: int | None
    within_ms: int
    """How long a takeover may take."""
    test_due: int | None
    """Until when the next test must have begun; None where none is required."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The last judgement that was made: every service in the running and in the last whole period of its agreement.

    `pairs` is about the running month; `hours` is about every service, `excused` are the ids of those that are not up
    only because of what their agreement excuses now.
    """

    as_of: int
    current: tuple[ServiceReport, ...] = ()
    previous: tuple[ServiceReport, ...] = ()
    pairs: tuple[PairReport, ...] = ()
    hours: Mapping[str, Hours] = field(default_factory=dict)
    excused: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Distribution:
    """Counts per bucket: `counts[i]` is up to `bounds[i]` (seconds) and above the bound before; one more for the rest.

    Neither is cumulative; `total_s` is the sum of all that was counted.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total_s: float


@dataclass(frozen=True, slots=True)
class PagingHealth:
    """How paging does. `deliveries` counts by (channel, outcome) since the start; `oldest_ms` is how long the oldest
    page waits that nobody took up, 0 without one."""

    pending: int
    """Notices that are still to be delivered."""
    unacknowledged: int
    oldest_ms: int
    taken_up: int
    """Open pages that somebody has."""
    deliveries: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Health:
    """How the collector itself does; counters since the start, None where there is nothing to tell yet."""

    version: str
    lateness: Distribution
    probes_in_flight: int
    probes_skipped: int
    probe_bugs: int
    clock_jumps: int
    store_healthy: bool
    store_flush_s: float | None
    store_pending: int
    config_reload_success: bool
    config_loaded_at: int | None
    """When the configuration in use was read (epoch milliseconds)."""
    background_failures: Mapping[str, int] = field(default_factory=dict)
    """How often work beside probing and storing (judging, mending, ...) was ended by an exception."""
    traps: Mapping[str, int] = field(default_factory=dict)
    """Datagrams received as traps of SNMP, by what came of them; empty where nobody listens."""
    paging: PagingHealth | None = None
    """None where nobody is on call."""
    licences: Mapping[str, int] = field(default_factory=dict, kw_only=True)
    """By id when the licences of the register end (epoch milliseconds), those that do."""
    estate_fingerprint: int | None = None
    """What rules of alerts that fit the configuration in use expect."""
    keeps_pace: bool = True
    """Whether the schedule does all that signs of life are given for."""
    deadman: Mapping[str, int] = field(default_factory=dict)
    """Signs of life for the place outside the site, by what came of them; empty where none is configured."""
    deadman_last: int | None = None
    """When the last one got there (epoch milliseconds)."""
    agents: Sequence[AgentState] = ()
    """Those that observe at other vantages."""
    centres: CentresNow | None = None
    """Who leads of the centres on one store; None where that is nobody's matter."""


class MetricsSource(Protocol):
    """The collector as its exporters see it.

    All but `report` answer at once from memory. What they return must not change while it is being read, since it
    is read in slices with other work in between: an iterable goes over a copy of what the collector holds.
    """

    def estate(self) -> Estate:
        """What is configured now."""

    def checks(self) -> Iterable[CheckRow]:
        """Every check from every vantage that this process probes, in the configuration's order."""

    def parts(self) -> Iterable[PartState]:
        """Every component, link and service now."""

    def standing(self) -> Standing | None:
        """None before the first judgement."""

    def pairs(self) -> Iterable[PairState]:
        """Every failover pair now."""

    def maintenance(self) -> Mapping[str, bool]:
        """Every part or service that a maintenance record names, and whether one of its records runs now."""

    def health(self) -> Health:
        """The collector's own health."""

    def not_ready(self) -> Sequence[str]:
        """What keeps it from being ready, a whole sentence each; empty where the configuration is loaded and facts
        are being stored."""

    async def report(self, period: str | None) -> Report:
        """The judgement of a period as users type it (None: the running month), as of now, off the event loop.

        ValueError with the remedy for what is no period.
        """
