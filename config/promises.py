"""The sections of a configuration that say what was promised, and what is excused: agreements, services, maintenance,
recovery times."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from availability.estate import Calendar, Per, Recurring, Slot, Weekly
from availability.recurrence import Rule, first_day
from availability.windows import comes_on
from config.help_desk import IncidentsSection
from config.rules import RuleText, needs_a_start, starting_on
from config.section import Section, wrong
from config.types import Duration, Percentage, Text
from config.values import Category, Clock, ClockEnd, Day, Days, Id, LimitText, Moment, Norm, Priority, Zone

SPECIAL_DAYS_LIMIT = 1000
EXCEPTIONS_LIMIT = 1000


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


class UpgradesSection(Section):
    """What was agreed about upgrades of production (Midden-Groningen SLA 3.5 and 3.7)."""

    at_most: Duration = Field(description="how long one may take, outside `recovery.working_hours`")


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
    upgrades: UpgradesSection | None = Field(None, description="what was agreed about upgrades of production")
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
    environment_of: Id | None = Field(
        None, description="the service that this is another environment of; their response times stand side by side"
    )
    response_time: ResponseTimeSection | None = Field(None, description="how fast it must answer")
    since: Moment | None = Field(None, description="before this it has no agreed time")
    until: Moment | None = Field(None, description="from this on it has no agreed time")

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise wrong("until", "must be after since")
        return self


class EverySection(SlotSection):
    """A slot that comes back, on days of the week or by a rule of RFC 5545, in the configuration's time zone."""

    days: Days = Field(frozenset(range(7)), description="daily, workdays, weekend or a list of mon to sun")
    rule: RuleText | None = Field(None, description="on which days it starts, instead of `days`")
    starting: Day | None = Field(
        None, description="the first day on which the rule can fall, from which COUNT and INTERVAL count"
    )
    until: Day | None = Field(None, description="the last day on which the rule can fall, if not in the rule as UNTIL")
    holidays: Literal["included", "excluded"] = Field(
        "included", description="whether it starts on the calendar's holidays too"
    )
    except_: list[Day] = Field(
        [], alias="except", max_length=EXCEPTIONS_LIMIT, description="days on which it does not start"
    )

    @model_validator(mode="after")
    def _days_or_rule(self) -> Self:
        if self.rule is None:
            for key in ("starting", "until"):
                if getattr(self, key) is not None:
                    raise wrong(key, "belongs to a rule: leave it out, or write the days as one (FREQ=WEEKLY;BYDAY=SU)")
        else:
            if "days" in self.model_fields_set:
                raise wrong("days", "and rule both say when it starts: keep one of the two")
            _refuse_unusable(self.rule, self.starting, self.until)
        every = replace(self.every(None), exceptions=frozenset())
        for number, day in enumerate(self.except_):
            if not comes_on(every, day):
                raise wrong("except", f"names {day}, on which it does not start anyway: leave that day out")
            if day in self.except_[:number]:
                raise wrong("except", f"names {day} twice: name it once")
        return self

    def every(self, calendar: Calendar | None) -> Weekly | Recurring:
        """As the judge takes it; `calendar` is the one whose holidays are left out where that is asked for."""
        without = calendar if self.holidays == "excluded" else None
        exceptions = frozenset(self.except_)
        if self.rule is None:
            return Weekly(self.days, self.slot(), without, exceptions)
        return Recurring(_whole(self.rule, self.starting, self.until), self.slot(), without, exceptions)


def _refuse_unusable(rule: Rule, starting: date | None, until: date | None) -> None:
    why = needs_a_start(rule)
    if starting is None and why:
        raise wrong("starting", f"is missing: {why}; give it, such as 2026-01-04")
    if until is not None and (rule.until is not None or rule.count is not None):
        given = "UNTIL" if rule.until is not None else "COUNT"
        raise wrong("until", f"and {given} in the rule both say when it ends: keep one of the two")
    last = until or rule.until
    if starting is not None and last is not None and last < starting:
        raise wrong("until" if until else "rule", "ends before the first day, which is starting")
    if first_day(_whole(rule, starting, until)) is None:
        raise wrong("rule", "never comes: no day within 400 years fits it")


def _whole(rule: Rule, starting: date | None, until: date | None) -> Rule:
    rule = starting_on(rule, starting) if starting else rule
    return replace(rule, until=until) if until else rule


class MaintenanceSection(Section):
    """Work that was announced: once (`from` and `to`) or again and again (`every`)."""

    id: Id = Field(description="its name")
    category: Category = Field(description="what agreements call it under `excluded`; failover_test marks a test")
    from_: Moment | None = Field(None, alias="from", description="when it starts")
    to: Moment | None = Field(None, description="when it ends")
    every: EverySection | None = Field(None, description="the slot that comes back, instead of from and to")
    affects: list[Id] = Field(min_length=1, description="components, links, services and failover_pairs")
    reason: Text = Field("", description="why")
    ticket: Text = Field("", description="the ticket or change it goes by")
    notice: Moment | None = Field(None, description="when it was announced")

    @model_validator(mode="after")
    def _once_or_recurring(self) -> Self:
        if self.every is not None:
            if self.from_ is not None or self.to is not None:
                raise wrong("every", "excludes from and to: give either the recurring slot or the one stretch")
        elif self.from_ is None and self.to is None:
            raise wrong("from", "is missing: give from and to, or every for a recurring slot")
        elif self.from_ is None or self.to is None:
            raise wrong("to" if self.to is None else "from", "is missing: work that is done once has from and to")
        elif self.to <= self.from_:
            raise wrong("to", "must be after from")
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
    incidents: IncidentsSection | None = Field(None, description="how the help desk's export of incidents reads")
