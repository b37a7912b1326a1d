"""Options of probes as a reader needs them: small ones, so that its messages are tested apart from the real probes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from config.types import Count, Duration, FilePath, Flag, Host, Pattern, Percentage, Port, Secret, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Icmp:
    """Ping a host."""

    host: Host
    packets: Count = 1
    max_loss: Percentage | None = None
    max_latency: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tcp:
    """Connect."""

    host: Host
    port: Port = field(metadata={"help": "The port to connect to."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Snmp:
    """Read an object."""

    host: Host
    oid: Text
    community: Secret

    def __post_init__(self) -> None:
        if not self.oid[:1].isdigit():
            raise ValueError("oid must be given in numbers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who asks."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    user: Text
    password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """Ask for a page."""

    url: Text
    status: tuple[Count, ...] = (200,)
    headers: Mapping[Text, Text | Secret] = field(default_factory=dict)
    body_matches: Pattern | None = None
    ca_file: FilePath | None = None
    login: Login | None = None
    verify: Flag = True


PROBES: Mapping[str, type] = {"icmp": Icmp, "tcp": Tcp, "snmp": Snmp, "http": Http}
