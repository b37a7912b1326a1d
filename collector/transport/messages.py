"""The messages between agents and the centre, and the topics they go by (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from collector.transport.fields import VERSION, ProtocolError, pack, unpack

_GREATEST_ID = (1 << 63) - 1
_LATEST_MS = 1 << 53
_RANGES_LIMIT = 10_000

Refusal = Literal["malformed", "oversized", "version", "agent", "vantage", "clock", "future", "crowded"]
"""Why the centre does not take a message."""
TRY_AGAIN: frozenset[Refusal] = frozenset({"version", "agent", "vantage", "clock", "crowded"})
"""What may be put right at either end, so that the same message is taken later; the others never will be."""
Presence = Literal["here", "stopped", "gone"]
"""`stopped` says an agent of itself, `gone` the broker of one that it lost."""

Span = tuple[int, int]
"""Sequences from the first to the second, both included."""


@dataclass(frozen=True, slots=True)
class Topics:
    """The names of topics below the prefix of the configuration."""

    prefix: str

    def facts(self, agent: str) -> str:
        """Batches of an agent; `+` for those of all."""
        return f"{self.prefix}/v{VERSION}/facts/{agent}"

    def status(self, agent: str) -> str:
        """How an agent does, retained; `+` for all."""
        return f"{self.prefix}/v{VERSION}/status/{agent}"

    def ack(self, agent: str) -> str:
        """What the centre answers an agent."""
        return f"{self.prefix}/v{VERSION}/ack/{agent}"

    def config(self, agent: str) -> str:
        """The configuration that an agent is to use, retained."""
        return f"{self.prefix}/v{VERSION}/config/{agent}"

    def agent_of(self, topic: str) -> tuple[str, str]:
        """The kind of a topic below the prefix and the agent it names; empty where it is none of ours."""
        kind, _, agent = topic.removeprefix(f"{self.prefix}/v{VERSION}/").partition("/")
        return (kind, agent) if "/" not in agent else ("", "")


@dataclass(frozen=True, slots=True)
class FactsMessage:
    """A batch. `offset` is how far the clock of the agent is ahead of the centre's (milliseconds; None: not known
    yet); `oldest` is the first sequence that the agent still holds."""

    agent: str
    vantage: str
    start: int
    sequence: int
    oldest: int
    sent: int
    offset: int | None
    rows: bytes

    def packed(self) -> bytes:
        content = {name: getattr(self, name) for name in self.__slots__}
        return pack({"version": VERSION, **content})


def read_facts(data: bytes) -> FactsMessage:
    """ProtocolError where it is no batch of this version; its rows are not looked into."""
    fields = unpack(data)
    fields.expect_version()
    sequence = fields.integer("sequence", 1)
    return FactsMessage(
        agent=fields.text("agent", 100),
        vantage=fields.text("vantage", 100),
        start=fields.integer("start", 1, _GREATEST_ID),
        sequence=sequence,
        oldest=fields.integer("oldest", 1, sequence),
        sent=fields.integer("sent", 0, _LATEST_MS),
        offset=fields.integer_or_none("offset", -_LATEST_MS, _LATEST_MS),
        rows=fields.binary("rows"),
    )


@dataclass(frozen=True, slots=True)
class StatusMessage:
    """How an agent does. Counters are since the start of its program; `nonce` and `sent` are for the answer that
    measures its clock. Of one that is gone only the name is known."""

    agent: str
    state: Presence
    nonce: int = 0
    sent: int = 0
    offset: int | None = None
    program: str = ""
    """Its version of waakvlam."""
    config: str = ""
    """The digest of the configuration it uses."""
    checks: int = 0
    waiting: int = 0
    """Observations in its outbox."""
    oldest: int | None = None
    """The last instant in the first batch that waits (epoch milliseconds)."""
    fullness: float = 0.0
    """The share of the room of its outbox that is taken."""
    thinned: int = 0
    """Observations that lost their latency to save room."""
    dropped: int = 0
    """Observations that were given up: the outbox was full."""
    aside: int = 0
    """Observations kept aside: refused, or made with a clock that was wrong."""
    in_flight: int = 0
    """Looks under way."""
    late_ms: int = 0
    """How late its looks began, at the 99th percentile."""

    def packed(self) -> bytes:
        content = {name: getattr(self, name) for name in self.__slots__}
        return pack({"version": VERSION, **content})


def read_status(data: bytes) -> StatusMessage:
    """ProtocolError where it is no status of this version."""
    fields = unpack(data)
    fields.expect_version()
    state = fields.text("state", 20)
    agent = fields.text("agent", 100)
    if state not in get_args(Presence):
        raise ProtocolError(f"state: is none of {', '.join(get_args(Presence))}")
    if state == "gone":
        return StatusMessage(agent, "gone")
    return StatusMessage(
        agent=agent,
        state="here" if state == "here" else "stopped",
        nonce=fields.integer("nonce"),
        sent=fields.integer("sent", 0, _LATEST_MS),
        offset=fields.integer_or_none("offset", -_LATEST_MS, _LATEST_MS),
        program=fields.text("program", 50),
        config=fields.text("config", 64),
        checks=fields.integer("checks"),
        waiting=fields.integer("waiting"),
        oldest=fields.integer_or_none("oldest", 0, _LATEST_MS),
        fullness=fields.ratio("fullness"),
        thinned=fields.integer("thinned"),
        dropped=fields.integer("dropped"),
        aside=fields.integer("aside"),
        in_flight=fields.integer("in_flight"),
        late_ms=fields.integer("late_ms"),
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """These batches of an outbox are stored for good."""

    start: int
    sequences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """This batch is not taken, and why."""

    start: int
    sequence: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Time:
    """The clock of the centre (epoch milliseconds) when it saw the status with this nonce."""

    nonce: int
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """The centre is there again: the agent tells how it does, and sends again what is not acknowledged."""


Answer = Stored | Refused | Time | Call


def pack_answer(answer: Answer) -> bytes:
    """An answer as bytes."""
    content = {name: getattr(answer, name) for name in answer.__slots__}
    return pack({"version": VERSION, "kind": type(answer).__name__.lower(), **content})


def read_answer(data: bytes) -> Answer:
    """ProtocolError where it is no answer of this version."""
    fields = unpack(data)
    fields.expect_version()
    kind = fields.text("kind", 20)
    if kind == "time":
        return Time(fields.integer("nonce"), fields.integer("at", 0, _LATEST_MS))
    if kind == "call":
        return Call()
    start = fields.integer("start", 1, _GREATEST_ID)
    if kind == "refused":
        return Refused(start, fields.integer("sequence", 1), fields.text("reason", 50), fields.text("detail", 500))
    if kind != "stored":
        raise ProtocolError("kind: is none of stored, refused, time, call")
    spans: list[Span] = []
    for entry in fields.entries("sequences", _RANGES_LIMIT):
        if not (isinstance(entry, list) and list(map(type, entry)) == [int, int] and 1 <= entry[0] <= entry[1]):
            raise ProtocolError("sequences: holds what is no [first, last]")
        spans.append((entry[0], entry[1]))
    return Stored(start, tuple(spans))


def as_spans(sequences: Sequence[int]) -> tuple[Span, ...]:
    """Sequences, in any order, as ranges in order."""
    spans: list[Span] = []
    for number in sorted(set(sequences)):
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return tuple(spans)
