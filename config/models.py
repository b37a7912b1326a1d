"""The sections of a configuration and their keys: the type, the default and the meaning of each, in one place.

The reader validates with these models and the reference of the configuration is printed from them. What they make is
the border's own; the rooms behind get the plain values of config.settings and availability.estate.
"""

from __future__ import annotations

from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from availability.estate import GoodFriday, LiberationDay, Merge
from config.cmdb import CmdbSection
from config.deadman import DeadmanSection
from config.licences import LicenceSection
from config.mqtt import MqttSection
from config.oncall import OnCallSection
from config.promises import AgreementSection, MaintenanceSection, RecoverySection, ServiceSection
from config.section import Section
from config.settings import PLUGINS_AT_ONCE
from config.templates import TemplateSection, UseSection
from config.traps import TrapsSection
from config.types import Count, Duration, Flag, Secret, Text, span
from config.values import Day, Email, Id, Listen, Version, Zone

LinkKind = Literal["intermunicipal", "intramunicipal", "local", "gemnet", "internet"]
"""The five kinds of network of ICT NML DVO 2018, 4.6."""


class Retention(Section):
    """How long what is not proof is kept; outcomes are always kept."""

    latency: Duration | None = Field(None, description="how long the latencies of single probes are kept")


class CalendarSection(Section):
    """The one calendar of holidays: for windows, working time and duty."""

    country: Literal["NL"] = Field("NL", description="whose holidays")
    liberation_day: LiberationDay = Field(
        "yearly", description="whether 5 May is a holiday every year, or only in years divisible by five"
    )
    good_friday: GoodFriday = Field("working", description="whether Good Friday is a working day or a holiday")


class Contact(Section):
    """How an organisation is reached."""

    email: Email | None = Field(None, description="where its reports go")


class OrganisationSection(Section):
    """A municipality, a supplier, a department: who owns, uses or answers for something."""

    id: Id = Field(description="how the other sections refer to it")
    name: Text | None = Field(None, description="what people call it", json_schema_extra={"otherwise": "the id"})
    role: Text = Field("", description="a label for people: supplier, participant, customer")
    contact: Contact | None = Field(None, description="how it is reached")


class SiteSection(Section):
    """A place where components, lines and vantages are."""

    id: Id = Field(description="how the other sections refer to it")
    name: Text | None = Field(None, description="what people call it", json_schema_extra={"otherwise": "the id"})
    kind: Text = Field("", description="a label for people: datacentre, office, provider")


class VantageSection(Section):
    """A place that probes."""

    id: Id = Field(description="what `run --vantage` and `from` call it")
    site: Id | None = Field(None, description="where it stands; without one it counts as elsewhere for everything")
    retired: Flag = Field(False, description="true: it probes no longer, and its facts keep their site")


INTERVAL_MS = 30_000
TIMEOUT_MS = 5_000
FALL = 3
RISE = 2
STALE_INTERVALS = 3


def _inherited(description: str, otherwise: str) -> Any:
    """A key that checks inherit from `defaults`, and what holds where it is written nowhere."""
    return Field(None, description=description, json_schema_extra={"otherwise": otherwise})


class Pace(Section):
    """How a check is repeated and how its outcomes become a state; under `defaults` for all, at a check for one."""

    interval: Duration | None = _inherited("from one look to the next", f"`{span(INTERVAL_MS)}`")
    timeout: Duration | None = _inherited("how long one look may take, at most the interval", f"`{span(TIMEOUT_MS)}`")
    fall: Count | None = _inherited("failures in a row that make it down", f"`{FALL}`")
    rise: Count | None = _inherited("successes in a row that make it up", f"`{RISE}`")
    stale_after: Duration | None = _inherited(
        "how long an observation speaks, at least the interval", f"{STALE_INTERVALS} × interval"
    )
    vantages_agree: Merge | None = _inherited("how many of the vantages that know must see it up", "`any`")
    retry_interval: Duration | None = _inherited(
        "after a first failure, look again this soon; at most the interval", "interval"
    )


class CheckSection(Pace):
    """A question asked again and again; the keys of its probe stand beside these."""

    id: Id = Field(description="its name, unique among checks")
    probe: Text = Field(description="how it looks: the name of a probe, such as icmp or http")
    from_: list[Id] | None = Field(
        None,
        alias="from",
        min_length=1,
        description="the vantages it is probed from",
        json_schema_extra={"otherwise": "all not retired"},
    )
    counts: Flag = Field(True, description="false: watched and alerted, but no part of the component's state")
    degraded_latency: Duration | None = Field(
        None, description="a look that took longer than this and is ok all the same makes it degraded"
    )


class AssetSection(Section):
    """What the register of equipment knows (ICT NML DVO 2018, 4.3.1)."""

    make: Text | None = Field(None, description="who made it")
    type: Text | None = Field(None, description="which model it is")
    supplier: Text | None = Field(None, description="who sold it")
    purchased: Day | None = Field(None, description="when it was bought")
    property_of: Text | None = Field(None, description="whose thing it is; `owner` answers for its downtime")
    serial: Text | None = Field(None, description="its serial number")


class _OwnKeys(Section):
    """What a component or link says of itself."""

    id: Id = Field(description="its name, unique among components, links, services and failover_pairs")
    name: Text = Field("", description="what people call it")
    site: Id | None = Field(None, description="where it stands")
    owner: Id | None = Field(None, description="the organisation that answers for its downtime")
    behind: list[Id] = Field(
        [],
        description="components and links it is reached through: while one is down, not seeing it is no news",
    )
    asset: AssetSection | None = Field(None, description="what the register of equipment knows of it")
    runbook: Text | None = Field(None, description="where it is written what to do when it fails")
    checks: list[Any] | None = Field(None, description="how it is watched; either these or an `up_when` over other ids")
    up_when: Any = Field(
        None, description="with checks: all, any or {at_least: k} of them; without: an expression over other ids"
    )


class PartSection(UseSection, _OwnKeys):
    """What components and links share."""


class ComponentSection(PartSection):
    """Something that runs: a switch, a server, an application, a backup job."""

    kind: Text = Field("", description="a label for people: network, server, storage, application, backup")


class LinkSection(PartSection):
    """A network or a line."""

    kind: LinkKind | None = Field(None, description="which of the five kinds of network it belongs to")
    between: list[Id] = Field([], min_length=2, max_length=2, description="the two sites it connects")


class PairSection(Section):
    """Two parts of which one takes over from the other (ICT NML DVO 2018, 4.1.4)."""

    id: Id = Field(description="its name, unique among components, links, services and failover_pairs")
    name: Text = Field("", description="what people call it")
    primary: Id = Field(description="what delivers the function as a rule")
    standby: Id = Field(description="what takes over")
    function: Id | None = Field(None, description="what users notice; without it: primary or standby")
    within: Duration = Field(description="how long a takeover may take, day and night")
    test_every: Duration | None = Field(None, description="how often the takeover must be tested")


class HeartbeatsSection(Section):
    """What the reports of jobs share."""

    token: Secret | None = Field(
        None, description="what a report must show, by reference, where its check has no token of its own"
    )


class PluginsSection(Section):
    """What monitoring plugins share."""

    at_once: Count = Field(PLUGINS_AT_ONCE, description="how many run at once; others wait for their turn")


class FileSection(Section):
    """The whole file."""

    version: Version = Field(description="the version of this grammar, which is 1")
    timezone: Zone = Field(ZoneInfo("Europe/Amsterdam"), description="for periods, dates and recurring maintenance")
    store: Text = Field(
        "sqlite:///waakvlam.db", description="where facts are kept: sqlite:///FILE or postgresql://user@host/database"
    )
    spool: Text | None = Field(
        None,
        description="the folder in which facts wait while the store does not take them; with a store on a server "
        "waakvlam-spool beside this file, else facts wait in memory",
    )
    listen: Listen = Field(
        ("127.0.0.1", 9770), description="where /metrics, health, API and status page are; port 0 takes a free one"
    )
    retention: Retention | None = Field(None, description="how long latencies are kept")
    calendar: CalendarSection | None = Field(None, description="which holidays are recognised")
    organisations: list[OrganisationSection] | None = Field(None, description="who owns, uses and answers")
    sites: list[SiteSection] | None = Field(None, description="where things are")
    vantages: list[VantageSection] | None = Field(
        None, min_length=1, description="places that probe; without this section there is one, local"
    )
    defaults: Pace | None = Field(None, description="what checks inherit")
    templates: list[TemplateSection] = Field([], description="components and links that are written once")
    components: list[ComponentSection] = Field([], description="what is watched")
    links: list[LinkSection] = Field([], description="networks and lines")
    failover_pairs: list[PairSection] = Field([], description="what takes over from what")
    agreements: list[AgreementSection] = Field([], description="what was promised")
    services: list[ServiceSection] = Field([], description="what it was promised for")
    maintenance: list[MaintenanceSection] = Field([], description="announced work")
    recovery: RecoverySection | None = Field(None, description="reaction and recovery times")
    cmdb: CmdbSection | None = Field(None, description="the register of equipment, as a file")
    licences: list[LicenceSection] = Field([], description="the register of licences")
    heartbeats: HeartbeatsSection | None = Field(None, description="who may report for heartbeat checks")
    plugins: PluginsSection | None = Field(None, description="how many programs run at once")
    traps: TrapsSection | None = Field(None, description="where traps of SNMP are received")
    deadman: DeadmanSection | None = Field(None, description="which place outside hears that the collector is alive")
    mqtt: MqttSection | None = Field(None, description="the broker through which other vantages report")
    oncall: OnCallSection | None = Field(None, description="who is told of a disturbance, and when")
