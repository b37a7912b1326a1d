"""What a configuration file says, read and validated: plain values for the rooms that use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from availability.estate import Estate
from availability.recovery import Targets
from config.mqtt_settings import Mqtt
from config.oncall_settings import OnCall
from config.secret_refs import SecretRef as SecretRef

PLUGINS_AT_ONCE = 50
"""Monitoring plugins that run at the same time, where nothing else is configured."""


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """How one check is probed. `options` is the frozen dataclass of its probe, filled and validated.

    Times in milliseconds; `vantages` are the ids it is probed from; `part` is the component or link it belongs to.
    `retry_interval_ms` None: a failure is not followed up faster than the interval. What was ok and took longer than
    `degraded_latency_ms` was degraded.
    """

    id: str
    part: str
    probe: str
    options: object
    interval_ms: int
    timeout_ms: int
    retry_interval_ms: int | None
    vantages: tuple[str, ...]
    degraded_latency_ms: int | None = None


@dataclass(frozen=True, slots=True)
class TrapUser:
    """In whose name a trap of SNMP version 3 may come; without `priv_key` unencrypted, without `engine` from anyone."""

    name: str
    auth: str
    auth_key: SecretRef
    priv: str = "aes128"
    priv_key: SecretRef | None = None
    engine: bytes | None = None


@dataclass(frozen=True, slots=True)
class Traps:
    """Where traps of SNMP are received, (host, port), the community that they must show, and the users of version 3."""

    listen: tuple[str, int]
    community: SecretRef | None
    users: tuple[TrapUser, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadman:
    """Which address outside the site is asked as a sign of life, and how often."""

    url: SecretRef
    every_ms: int
    method: Literal["GET", "POST"] = "GET"


@dataclass(frozen=True, slots=True)
class Organisation:
    id: str
    name: str
    role: str = ""
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    name: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Asset:
    """What the register of equipment knows of a component (ICT NML DVO 2018, 4.3.1)."""

    make: str | None = None
    type: str | None = None
    supplier: str | None = None
    purchased: str | None = None
    property_of: str | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class Licence:
    """A line of the register of licences (ICT NML DVO 2018, 4.3.1); good up to and including `until`, None for ever."""

    id: str
    what: str
    supplier: str | None = None
    count: int | None = None
    until: date | None = None
    property_of: str | None = None


@dataclass(frozen=True)
class Cmdb:
    """Where the register of equipment is, and how its export reads.

    `columns` are the keys of `config.cmdb.CmdbColumnsSection` whose column is called otherwise than the key.
    `date_format` is that of strptime, empty for ISO 8601.
    """

    file: Path
    columns: Mapping[str, str]
    date_format: str


@dataclass(frozen=True)
class HelpDesk:
    """How the help desk's export of incidents reads.

    `columns` maps id, reported, closed, reacted, service, priority, environment, summary and waiting to the name of
    the column, those that it has. `date_format` is that of strptime, empty for ISO 8601; `timezone` is that of times
    without an offset.
    """

    columns: Mapping[str, str]
    waiting_between: tuple[tuple[str, str], ...]
    """Pairs of columns that hold when an incident began and ended to wait for the customer."""
    delimiter: str
    encoding: str
    timezone: str
    date_format: str
    services: Mapping[str, str | None]
    """Words of the help desk; None for what is about no service of the configuration."""
    priorities: Mapping[str, int]
    environments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Expansion:
    """Entries of `section` that were not written out: how many, of which template, from what list on which line.

    `template` is empty where none was used; `source` is empty, and the line 0, for uses one by one.
    """

    section: str
    template: str
    source: str
    line: int
    count: int


@dataclass(frozen=True, slots=True)
class EnteredOtherwise:
    """What is assumed of a maintenance record that was entered by command."""

    path: str
    """As it was given."""
    record: str
    approved: bool | None
    """None: that it is not there."""


@dataclass(frozen=True)
class Settings:
    """A whole configuration. `store_url` is absolute; `listen` is (host, port)."""

    path: Path
    store_url: str
    listen: tuple[str, int]
    estate: Estate
    checks: Mapping[str, CheckSpec]
    organisations: Mapping[str, Organisation] = field(default_factory=dict)
    sites: Mapping[str, Site] = field(default_factory=dict)
    assets: Mapping[str, Asset] = field(default_factory=dict)
    licences: tuple[Licence, ...] = ()
    latency_retention_ms: int | None = None
    recovery: Targets | None = None
    help_desk: HelpDesk | None = None
    """None where the configuration does not say how its export reads."""
    cmdb: Cmdb | None = None
    heartbeat_token: SecretRef | None = None
    """What a report must show for a check without a token of its own."""
    plugins_at_once: int = PLUGINS_AT_ONCE
    traps: Traps | None = None
    """None where nobody listens for traps of SNMP."""
    deadman: Deadman | None = None
    """None where no place outside hears that the collector is alive."""
    mqtt: Mqtt | None = None
    """None where nobody observes from elsewhere and reports by a broker."""
    oncall: OnCall | None = None
    """None where nobody is paged."""
    spool: Path | None = None
    """Where facts wait on disk while the store does not take them; None where they wait in memory."""
    digest: str = ""
    """SHA-256 of the file as read, with its files of targets, so that two places can tell whether they use the same."""
    expansions: tuple[Expansion, ...] = ()
    """What templates and lists of it expanded to."""
    what_if: tuple[str, ...] = ()
    """What was assumed otherwise than the file says, as it was given."""
    entered_otherwise: tuple[EnteredOtherwise, ...] = ()
    """What of it is about the trail of maintenance (config/what_if_trail.py)."""
