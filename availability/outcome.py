"""What one look at one target gave: the closed vocabulary every probe answers in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import NamedTuple

from availability.certificates import Shown

DETAIL_LIMIT = 200
"""Characters of detail kept with an outcome; a probe's longer text is cut here."""


class Status(IntEnum):
    """The answer itself; of two answers for one instant the greater wins (docs/semantics.md, section 1)."""

    NONE = 0
    OK = 1
    FAILED = 2


class Reason(StrEnum):
    """Why an outcome was not ok: a closed list, so that it can be a label and a filter."""

    # failed: the target was looked at and did not do what was agreed
    TIMEOUT = "timeout"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    RESET = "reset"
    CLOSED = "closed"
    DNS_FAILURE = "dns_failure"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_EXPIRED = "tls_expired"
    TLS_NAME_MISMATCH = "tls_name_mismatch"
    TLS_EXPIRES_SOON = "tls_expires_soon"
    TLS_FAILURE = "tls_failure"
    BAD_STATUS = "bad_status"
    BODY_MISMATCH = "body_mismatch"
    HEADER_MISMATCH = "header_mismatch"
    TOO_LARGE = "too_large"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BAD_RESPONSE = "bad_response"
    ANSWER_MISMATCH = "answer_mismatch"
    WRONG_CREDENTIALS = "wrong_credentials"
    WRONG_HOST_KEY = "wrong_host_key"
    QUERY_FAILED = "query_failed"
    NO_SUCH_OBJECT = "no_such_object"
    UNSYNCHRONISED = "unsynchronised"
    CLOCK_OFFSET = "clock_offset"
    PACKET_LOSS = "packet_loss"
    SLOW = "slow"
    JITTER = "jitter"
    MISSING = "missing"
    """A report that was due did not come."""
    LATE = "late"
    """A report is due, and has time left."""
    WARNING = "warning"
    """A plugin that says warning."""
    FAILED = "failed"
    """A plugin that says critical, or an imported observation, that gives no better word."""

    # none: nothing was learnt about the target
    NO_PERMISSION = "no_permission"
    NO_DESCRIPTOR = "no_descriptor"
    NO_ADDRESS_FAMILY = "no_address_family"
    NO_SECRET = "no_secret"
    UNSUPPORTED = "unsupported"
    CLOCK_JUMP = "clock_jump"
    PROBE_BUG = "probe_bug"
    COULD_NOT_LOOK = "could_not_look"
    """A plugin that says unknown, or an imported observation without an answer, that gives no better word."""


class Measure(NamedTuple):
    """A figure that a look brought along, such as the performance data of a plugin."""

    label: str
    value: float
    """In base units: seconds, bytes, a ratio for what was a percentage."""
    unit: str = ""
    """`seconds`, `bytes`, `ratio`, `count` for a counter, empty for a plain number; else as it was given."""


class Burst(NamedTuple):
    """What a burst of packets gave; milliseconds, None where too few came back to tell.

    `jitter_ms` is the mean absolute difference between the round trips of replies that follow on each other, in the
    order in which they were asked for; what was lost is left out.
    """

    sent: int
    came: int
    jitter_ms: float | None

    @property
    def loss(self) -> float:
        """The share that was lost."""
        return (self.sent - self.came) / self.sent


class Degraded(NamedTuple):
    """Why a look was worse than it should be; `detail` is a short stable sentence, as of an outcome."""

    reason: Reason
    detail: str


NO_PHASES: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a probe returns; a failure is a value, never an exception.

    `latency_ms` is the time the whole look took (milliseconds, monotonic clock), None where nothing was
    timed. `phases` splits it where the protocol has phases (`resolve`, `connect`, `tls`, `first_byte`,
    `transfer`, `key_exchange`, `login`; milliseconds). `reason` is None exactly where `status` is OK. `detail` is one
    short stable sentence (no times, no counters that differ at every look), so that equal outcomes compare equal.
    `not_after_ms` is the first end of validity among `certificates`, `reported_ms` the instant of the last good
    report of a heartbeat (epoch milliseconds). `measures` are figures of this look, each label once; they are shown and
    not stored, like `burst` and `degraded`: the latter says of a look that was OK why it was worse than it should be.
    """

    status: Status
    reason: Reason | None = None
    latency_ms: float | None = None
    detail: str = ""
    phases: Mapping[str, float] = field(default_factory=lambda: NO_PHASES)
    not_after_ms: int | None = None
    measures: tuple[Measure, ...] = ()
    reported_ms: int | None = None
    burst: Burst | None = None
    degraded: Degraded | None = None
    certificates: tuple[Shown, ...] = ()
    """What servers showed of themselves, each place once; the register keeps that."""


def ok(latency_ms: float | None = None, phases: Mapping[str, float] = NO_PHASES) -> Outcome:
    """The target did what was agreed."""
    return Outcome(Status.OK, None, latency_ms, "", phases)


def failed(reason: Reason, detail: str = "", latency_ms: float | None = None) -> Outcome:
    """The target was looked at and failed, because of `reason`."""
    return Outcome(Status.FAILED, reason, latency_ms, detail[:DETAIL_LIMIT])


def could_not_look(reason: Reason, detail: str = "") -> Outcome:
    """Nothing was learnt about the target."""
    return Outcome(Status.NONE, reason, None, detail[:DETAIL_LIMIT])
