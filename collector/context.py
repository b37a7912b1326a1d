"""What a probe gets besides its options: the time it has, and the shared instruments of its event loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from availability.heartbeats import HeartbeatReport
from availability.outcome import Outcome
from collector.snmp_sessions import SnmpSessions


@dataclass(frozen=True, slots=True)
class Echoes:
    """What a burst of ICMP echo requests gave: round trips in milliseconds, in the order sent; None was lost."""

    round_trips_ms: tuple[float | None, ...]


Echo = float | Outcome | None
"""What one echo request gave: its round trip in milliseconds, an Outcome (unreachable, not sent), None for silence."""

Cancel = Callable[[], object]
"""Ends what was begun, without an answer; harmless once it has ended."""


class Pinger(Protocol):
    """One raw or datagram ICMP socket per address family, shared by all checks."""

    async def ping(
        self, address: str, packets: int, timeout: float, source: str | None, spacing: float | None = None
    ) -> Echoes | Outcome:
        """Echo requests to a literal address; an Outcome where nothing could be sent. `timeout` and `spacing`, the time
        between two of them, in seconds."""

    def begin(self, address: str, timeout: float, source: str | None, done: Callable[[Echo], None]) -> Cancel:
        """One echo request without a task: `done` is called once, later, from the event loop, unless cancelled."""


class Resolver(Protocol):
    """Names to addresses, off the event loop."""

    async def resolve(self, host: str, ip_version: str) -> list[str]:
        """Literal addresses of `host`, best first; OSError (socket.gaierror) where it does not resolve.

        `ip_version` is "any", "4" or "6". A literal address comes back as it is, without waiting.
        """


class LastReports(Protocol):
    """What jobs reported of themselves, for the checks that wait for it."""

    def now_ms(self) -> int:
        """Milliseconds since 1970, UTC, by the clock that reports are held against."""

    def last_good(self, check: str) -> HeartbeatReport | None:
        """The good report with the latest instant; None where there is none."""

    def last(self, check: str) -> HeartbeatReport | None:
        """The report with the latest instant, good or not."""

    def waiting_since(self, check: str) -> int:
        """Since when the check is looked at (epoch milliseconds)."""

    def accepts(self, check: str) -> bool:
        """Whether a report can come in at all: there is a token for it."""


@dataclass(slots=True)
class Bugs:
    """Exceptions that escaped from probes, counted by the probe's module: each is a mistake of ours."""

    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Context:
    """`timeout` is the time the whole look may take, in seconds; it is enforced around the probe by `look`.

    `check` is the id of the check that looks; `reports` is None where nobody receives any. `snmp`
    keeps sessions with agents from one look to the next.
    """

    timeout: float
    pinger: Pinger
    resolver: Resolver
    bugs: Bugs = field(default_factory=Bugs)
    check: str = ""
    reports: LastReports | None = None
    snmp: SnmpSessions = field(default_factory=SnmpSessions)


ProbeFunction = Callable[[Any, Context], Awaitable[Outcome]]

BeginFunction = Callable[[Any, Context, Callable[[Outcome], None]], Callable[[], Cancel] | None]
"""Prepares looks that need no task: every call of what it returns begins one, which calls back once, later and within
its time, with its outcome. None where these options do need a task."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One line of the table of probes: the function, the frozen dataclass of its options, and what it uses.

    `opens_socket` is False for what holds no descriptor while it waits (icmp shares one, heartbeat has none):
    such probes are not counted against the bound on open sockets. `begin` is a shorter way to the same outcome, for
    what is probed by the ten thousand. `loads` names the modules that the first look would load, for a schedule to
    load before it begins: a hundred milliseconds of loading would make everything else late. What `runs_program` is
    counted against the bound on programs that run at once.
    """

    probe: ProbeFunction
    options: type[Any]
    opens_socket: bool = True
    begin: BeginFunction | None = None
    loads: tuple[str, ...] = ()
    runs_program: bool = False
