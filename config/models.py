"""The sections of a configuration and their keys: the type, the default and the meaning of each, in one place.

The reader validates with these models and the reference of the configuration is printed from them. What they make is
the border's own; the rooms behind get the plain values of config.settings and availability.estate.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from availability.estate import GoodFriday, LiberationDay, Merge, Per, Slot
from config.types import Count, Duration, Flag, Percentage, Text, span
from config.values import (
    Category,
    Clock,
    ClockEnd,
    Day,
    Days,
    Email,
    Id,
    LimitText,
    Listen,
    Moment,
    Norm,
    Priority,
    Version,
    Zone,
)

SPECIAL_DAYS_LIMIT = 1000

LinkKind = Literal["intermunicipal", "intramunicipal", "local", "gemnet", "internet"]
"""The five kinds of network of ICT NML DVO 2018, 4.6."""


class Section(BaseModel):
    """What every section shares: no key but its own, and no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)


def _wrong(key: str, message: str) -> PydanticCustomError:
    """What is wrong with one key in the light of another."""
    return PydanticCustomError("at_key", "{message}", {"key": key, "message": message})


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


class AssetSection(Section):
    """What the register of equipment knows (ICT NML DVO 2018, 4.3.1)."""

    make: Text | None = Field(None, description="who made it")
    type: Text | None = Field(None, description="which model it is")
    supplier: Text | None = Field(None, description="who sold it")
    purchased: Day | None = Field(None, description="when it was bought")
    property_of: Text | None = Field(None, description="whose thing it is; `owner` answers for its downtime")
    serial: Text | None = Field(None, description="its serial number")


class PartSection(Section):
    """What components and links share."""

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


class SlotSection(Section):
    """Hours of one day."""

    from_: Clock = Field(alias="from", description="the start, HH:MM")
    to: ClockEnd = Field(description="the end, HH:MM or 24:00; at or before the start: on the next day")

    def slot(self) -> Slot:
        """As the judge takes it."""
        return Slot(self.from_, self.to)


def _closed(value: Any) -> Any:
    if value == "closed":
        return None
    if isinstance(value, dict):
        return value
    raise ValueError('must be closed or other hours, such as {from: "06:00", to: "22:00"}')


SpecialDay = Annotated[SlotSection | None, BeforeValidator(_closed)]


class WindowSection(SlotSection):
    """When the agreement holds."""

    days: Days = Field(frozenset(range(7)), description="daily, workdays, weekend or a list of mon to sun")
    holidays: Literal["included", "excluded"] = Field("included", description="whether the calendar's holidays count")
    special_days: dict[Day, SpecialDay] = Field(
        {},
        max_length=SPECIAL_DAYS_LIMIT,
        description="dates with other hours or `closed`; they win over days and holidays",
    )


class CorrectionsSection(Section):
    """How maintenance records that are entered by command come to count."""

    approval: Literal["none", "required"] = Field(
        "none", description="whether a record excuses downtime only once a second person approved it"
    )


class AgreementSection(Section):
    """What was promised: how much, when, and what is excused."""

    id: Id = Field(description="how services refer to it")
    norm: Norm = Field(description="the share of agreed time that must be up")
    timezone: Zone | None = Field(
        None, description="for its windows only", json_schema_extra={"otherwise": "that of the file"}
    )
    window: WindowSection = Field(description="when the agreement holds")
    per: Per = Field("month", description="the period that the norm is held against")
    excluded: list[Category] = Field([], description="categories of maintenance that excuse downtime")
    assumes_up: list[Id] = Field([], description="components, links and services whose failure excuses downtime")
    supplier: Id | None = Field(None, description="the organisation that made the promise")
    corrections: CorrectionsSection | None = Field(
        None, description="how records of `waakvlam maintenance` come to count"
    )


class ParticipantSection(Section):
    """A user of a service with lines of its own."""

    id: Id = Field(description="the organisation")
    needs: list[Id] = Field([], description="parts it needs besides, such as the line to its town hall")


def _participant(value: Any) -> Any:
    return {"id": value} if isinstance(value, str) else value


class ResponseTimeSection(Section):
    """How fast a service must answer (Midden-Groningen SLA 3.5 and annex)."""

    check: Id = Field(description="the check whose latency is meant")
    mean_below: Duration = Field(description="the mean latency within service hours must stay below this")


class ServiceSection(Section):
    """What a customer was promised."""

    id: Id = Field(description="its name, unique among components, links, services and failover_pairs")
    name: Text = Field("", description="what people call it")
    agreement: Id = Field(description="the agreement it falls under")
    up_when: Any = Field(description="an expression over components, links and services")
    participants: list[Annotated[ParticipantSection, BeforeValidator(_participant)]] = Field(
        [], description="who uses it: ids of organisations, or {id, needs} where one needs parts of its own"
    )
    priority: Priority | None = Field(None, description="the priority of its incidents")
    environment: Literal["production", "acceptance", "test"] = Field(
        "production", description="which environment it is; incidents outside production don't count"
    )
    response_time: ResponseTimeSection | None = Field(None, description="how fast it must answer")
    since: Moment | None = Field(None, description="before this it has no agreed time")
    until: Moment | None = Field(None, description="from this on it has no agreed time")

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise _wrong("until", "must be after since")
        return self


class WeeklySection(SlotSection):
    """A slot that comes back every week, in the configuration's time zone."""

    days: Days = Field(frozenset(range(7)), description="daily, workdays, weekend or a list of mon to sun")


class MaintenanceSection(Section):
    """Work that was announced: once (`from` and `to`) or every week (`every`)."""

    id: Id = Field(description="its name")
    category: Category = Field(description="what agreements call it under `excluded`; failover_test marks a test")
    from_: Moment | None = Field(None, alias="from", description="when it starts")
    to: Moment | None = Field(None, description="when it ends")
    every: WeeklySection | None = Field(None, description="the weekly slot, instead of from and to")
    affects: list[Id] = Field(min_length=1, description="components, links, services and failover_pairs")
    reason: Text = Field("", description="why")

    @model_validator(mode="after")
    def _once_or_weekly(self) -> Self:
        if self.every is not None:
            if self.from_ is not None or self.to is not None:
                raise _wrong("every", "excludes from and to: give either the weekly slot or the one stretch")
        elif self.from_ is None and self.to is None:
            raise _wrong("from", "is missing: give from and to, or every for a weekly slot")
        elif self.from_ is None or self.to is None:
            raise _wrong("to" if self.to is None else "from", "is missing: work that is done once has from and to")
        elif self.to <= self.from_:
            raise _wrong("to", "must be after from")
        return self


class PriorityLimitsSection(Section):
    """How fast incidents of one priority must be taken up and solved."""

    reaction: LimitText | None = Field(None, description="until somebody works on it")
    recovery: LimitText | None = Field(None, description="until it works again")


OFFICE_HOURS = {"days": "workdays", "from": "08:00", "to": "18:00", "holidays": "excluded"}
"""Midden-Groningen SLA, annex."""


class RecoverySection(Section):
    """Reaction and recovery per priority (Midden-Groningen SLA 3.3)."""

    norm: Percentage = Field(Fraction(85, 100), description="the share of incidents that must be within their limits")
    working_hours: WindowSection = Field(
        OFFICE_HOURS,
        validate_default=True,
        description="working time",
        json_schema_extra={"otherwise": "workdays 08:00-18:00 without holidays"},
    )
    priorities: dict[Priority, PriorityLimitsSection] = Field(
        {}, description="the limits per priority, 1 is the highest"
    )


class FileSection(Section):
    """The whole file."""

    version: Version = Field(description="the version of this grammar, which is 1")
    timezone: Zone = Field(ZoneInfo("Europe/Amsterdam"), description="for periods, dates and weekly maintenance")
    store: Text = Field(
        "sqlite:///waakvlam.db", description="where facts are kept: sqlite:///FILE or postgresql://user@host/database"
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
    components: list[ComponentSection] = Field([], description="what is watched")
    links: list[LinkSection] = Field([], description="networks and lines")
    failover_pairs: list[PairSection] = Field([], description="what takes over from what")
    agreements: list[AgreementSection] = Field([], description="what was promised")
    services: list[ServiceSection] = Field([], description="what it was promised for")
    maintenance: list[MaintenanceSection] = Field([], description="announced work")
    recovery: RecoverySection | None = Field(None, description="reaction and recovery times")
