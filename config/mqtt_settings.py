"""What a configuration says of the broker, the centre and the agents: plain values for those who use them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from config.secret_refs import SecretRef

Ingest = Literal["here", "workers"]
"""Who stores what agents send: the collector at the centre, or `waakvlam ingest` beside it."""


@dataclass(frozen=True, slots=True)
class BrokerTls:
    """How the connection to the broker is verified; without `ca_file` by the authorities that the machine trusts."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent: the vantage it may speak for, and its credential at the broker."""

    id: str
    vantage: str
    username: str
    password: SecretRef | None = None


@dataclass(frozen=True, slots=True)
class Outbox:
    """Where an agent keeps what the centre has not stored yet, and how large that may become."""

    file: Path | None
    """None: a file beside the configuration, named after the vantage."""
    limit_bytes: int


@dataclass(frozen=True, slots=True)
class Mqtt:
    """The broker and who speaks through it. `tls` None: the connection is not encrypted."""

    host: str
    port: int
    tls: BrokerTls | None
    topic: str
    username: str | None
    password: SecretRef | None
    agents: tuple[Agent, ...]
    outbox: Outbox
    clock_within_ms: int
    """How far the clock of an agent may be from the centre's."""
    in_flight: int
    """Batches of one agent that may be under way without an acknowledgement."""
    ingest: Ingest = "here"
    signing_key: SecretRef | None = None
    """With which the centre signs the configuration that it gives to agents; None: it gives none."""
    verify_key: Path | None = None
    """By which an agent takes its checks from the centre; None: it takes those of its own file."""

    def agent_at(self, vantage: str) -> Agent | None:
        """The agent that speaks for `vantage`."""
        return next((agent for agent in self.agents if agent.vantage == vantage), None)
