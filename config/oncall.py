"""The section of a configuration that says who is told of a disturbance, when, by what, and who comes next."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from availability.duty import Rota, Shift, Turns, resolved
from availability.estate import Window
from availability.recovery import Limit
from config.oncall_settings import (
    Channel,
    Language,
    Level,
    Links,
    OnCall,
    PersonOnCall,
    ShiftCalendar,
    Team,
    Watchdog,
    Webhook,
)
from config.oncall_values import (
    ACKNOWLEDGE_WITHIN_MS,
    PRIORITIES,
    CalendarUrl,
    LevelNumber,
    PublicUrl,
    WatchdogUrl,
    WebUrl,
    Weeks,
    Who,
    by_priority,
)
from config.promises import WindowSection
from config.section import Section, wrong
from config.types import Duration, FilePath, Flag, Secret, Text
from config.values import Clock, Day, Email, Id, LimitText, Moment, Priority

PEOPLE_LIMIT = 1000
ROTAS_LIMIT = 100
CHANNELS_LIMIT = 10
OVERRIDES_LIMIT = 1000
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
REMIND_EVERY = {1: Limit(Fraction(1), "working hours"), 2: Limit(Fraction(8), "working hours")}
"""Midden-Groningen SLA, 3.3."""


class ChannelSection(Section):
    """One way to reach somebody."""

    name: Id = Field(description="what it is called where deliveries are shown, such as sms")
    url: Secret = Field(description="the URL of an apprise service, by reference: it holds passwords and numbers")


class PersonOnCallSection(Section):
    """Somebody who is told; a shared mailbox is one too."""

    id: Id = Field(description="its name, unique among people, teams and rotas")
    name: Text | None = Field(None, description="what people call it", json_schema_extra={"otherwise": "the id"})
    channels: list[ChannelSection] = Field(
        [], max_length=CHANNELS_LIMIT, description="ways to reach it: the next one is tried where one fails"
    )
    email: Email | None = Field(
        None, description="a mail address, tried behind the channels; a calendar may name the person by it too"
    )
    language: Language | None = Field(
        None, description="of what is sent", json_schema_extra={"otherwise": "that of `oncall`"}
    )

    def settings(self, language: Language) -> PersonOnCall:
        """As paging takes it."""
        channels = [Channel(channel.name, channel.url) for channel in self.channels]
        if self.email is not None:
            channels.append(Channel("email", email=self.email))
        return PersonOnCall(self.id, self.name or self.id, tuple(channels), self.language or language, self.email)


class TeamSection(Section):
    """People who are told together."""

    id: Id = Field(description="its name, unique among people, teams and rotas")
    name: Text | None = Field(None, description="what people call it", json_schema_extra={"otherwise": "the id"})
    people: list[Id] = Field(min_length=1, max_length=PEOPLE_LIMIT, description="who is in it")


class HandoverSection(Section):
    """When duty passes on to the next."""

    day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = Field(description="the day of the week")
    at: Clock = Field(description="the time of day, which must come once on every such day")


class OverrideSection(Section):
    """A stretch in which somebody else has duty."""

    from_: Moment = Field(alias="from", description="when it starts")
    to: Moment = Field(description="when it ends")
    person: Id = Field(description="who has duty then")

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.to <= self.from_:
            raise wrong("to", "must be after from")
        return self


class ShiftCalendarSection(Section):
    """Shifts in an iCalendar (RFC 5545): each event is one person's duty, named by its attendee or its summary."""

    file: FilePath | None = Field(None, description="the calendar as a file")
    url: CalendarUrl | None = Field(
        None, description="the calendar on the web, https only; by reference where the address is a secret"
    )
    keep: FilePath | None = Field(
        None, description="with url: the file that keeps the last good copy, for when the calendar cannot be had"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.file is None and self.url is None:
            raise wrong("file", "is missing: give the file that the calendar is in, or its url and keep")
        if self.file is not None and self.url is not None:
            raise wrong("url", "and file both say where the calendar is: keep one of the two")
        if self.url is not None and self.keep is None:
            raise wrong("keep", "is missing: name the file that keeps the last good copy of the calendar")
        if self.file is not None and self.keep is not None:
            raise wrong("keep", "belongs to a url: a file is read where it is, leave it out")
        return self


class RotaSection(Section):
    """Who has duty when: people in turn by weeks, or the shifts of a calendar."""

    id: Id = Field(description="its name, unique among people, teams and rotas")
    name: Text | None = Field(None, description="what people call it", json_schema_extra={"otherwise": "the id"})
    people: list[Id] | None = Field(
        None, min_length=1, max_length=PEOPLE_LIMIT, description="who has duty in turn, again and again"
    )
    handover: HandoverSection | None = Field(None, description="when duty passes on")
    starting: Day | None = Field(
        None, description="the turn of the first of `people` begins at the first handover on or after this day"
    )
    weeks: Weeks = Field(1, description="how many weeks a turn lasts")
    calendar: ShiftCalendarSection | None = Field(None, description="the shifts, instead of people in turn")
    overrides: list[OverrideSection] = Field(
        [], max_length=OVERRIDES_LIMIT, description="stretches in which somebody else has duty; they win"
    )

    @model_validator(mode="after")
    def _turns_or_calendar(self) -> Self:
        turns = ("people", "handover", "starting")
        if self.calendar is not None:
            for key in (*turns, "weeks"):
                if key in self.model_fields_set:
                    raise wrong(key, "belongs to people in turn, and calendar says who has duty: keep one of the two")
            return self
        for key in turns:
            if getattr(self, key) is None:
                raise wrong(key, "is missing: a rota has people, handover and starting, or a calendar")
        return self

    def settings(self, timezone: str) -> Rota:
        """As `availability.duty` takes it; the shifts of a calendar are not there yet."""
        overrides, _ = resolved(Shift(o.from_, o.to, o.person) for o in self.overrides)
        turns = self.turns(timezone)
        return Rota(self.id, self.name or self.id, () if turns is None else turns, overrides)

    def turns(self, timezone: str) -> Turns | None:
        """The turns of weeks; None of a rota with a calendar."""
        if self.people is None or self.handover is None or self.starting is None:
            return None
        days = (WEEKDAYS.index(self.handover.day) - self.starting.weekday()) % 7
        first = self.starting + timedelta(days=days)
        return Turns(tuple(self.people), first, self.handover.at, timezone, self.weeks)


class MailSection(Section):
    """How plain mail addresses are reached."""

    url: Secret = Field(
        description="the apprise URL of the mail server, by reference, such as mailtos://user:password@mail.example"
    )


class WebhookSection(Section):
    """How Alertmanager reaches the collector."""

    token: Secret = Field(description="what it must show, by reference")
    url: WebUrl | None = Field(
        None,
        description="the address of the collector as Alertmanager sees it",
        json_schema_extra={"otherwise": "that of `listen`"},
    )
    credentials_file: FilePath | None = Field(
        None,
        description="the file with the token where Alertmanager runs",
        json_schema_extra={"otherwise": "the file of `token`"},
    )
    others: list[WebUrl] = Field(
        [], max_length=8, description="the addresses of other centres on the same store, which are told as well"
    )


class LinksSection(Section):
    """Links by which a page is acknowledged."""

    url: PublicUrl = Field(description="the address of the collector as telephones see it")
    secret: Secret = Field(description="what links are signed with, by reference; at least 32 characters by chance")


class WatchdogSection(Section):
    """The place outside that raises the alarm when it hears nothing any more."""

    url: WatchdogUrl = Field(
        description="where it listens; as {file: PATH} where the address is a secret, a path as Alertmanager sees it"
    )
    credentials_file: FilePath | None = Field(
        None, description="the file with the token to show, where Alertmanager runs; only with an address as text"
    )

    @model_validator(mode="after")
    def _credentials_with_an_address(self) -> Self:
        if self.credentials_file is not None and not isinstance(self.url, str):
            raise wrong("credentials_file", "goes with an address as text: the secret address needs no token")
        return self


class OnCallSection(Section):
    """Who is told of a disturbance: people, rotas, and the levels of escalation (ICT NML DVO 2018, 4.1.1)."""

    people: list[PersonOnCallSection] = Field(min_length=1, max_length=PEOPLE_LIMIT, description="who can be told")
    teams: list[TeamSection] = Field([], max_length=ROTAS_LIMIT, description="people who are told together")
    rotas: list[RotaSection] = Field([], max_length=ROTAS_LIMIT, description="who has duty when")
    levels: dict[LevelNumber, Who] = Field(
        description="whom to tell first (1), next (2) and last (3): ids of people, teams and rotas"
    )
    help_desk: Who = Field([], description="who is told first in office hours: ids of people, teams and rotas")
    office_hours: WindowSection | None = Field(
        None,
        description="when the help desk is told first",
        json_schema_extra={"otherwise": "`recovery.working_hours`"},
    )
    acknowledge_within: Annotated[dict[Priority, Duration], by_priority] = Field(
        {},
        description="how long to wait for somebody to take it up before the next level: one duration, or by priority",
        json_schema_extra={"otherwise": "`15m`"},
    )
    remind_every: dict[Priority, LimitText] = Field(
        REMIND_EVERY,
        description="how often who has it is asked how it goes, by priority",
        json_schema_extra={"otherwise": "`{1: 1 working hour, 2: 8 working hours}`"},
    )
    mail: MailSection | None = Field(None, description="how plain mail addresses are reached")
    webhook: WebhookSection | None = Field(None, description="how Alertmanager reaches the collector")
    links: LinksSection | None = Field(None, description="links by which a page is acknowledged")
    watchdog: WatchdogSection | None = Field(None, description="who outside notices that all is silent")
    language: Language = Field("nl", description="of what is sent")
    wakes: Literal["critical", "warning"] = Field(
        "critical", description="the least severity that whoever is on duty is told outside office hours"
    )
    participants: Flag = Field(
        True, description="whether contacts of organisations that use a service are told of priority 1 and 2 too"
    )

    @model_validator(mode="after")
    def _levels_without_a_gap(self) -> Self:
        for number in range(1, max(self.levels, default=1) + 1):
            if number not in self.levels:
                raise wrong("levels", f"has no level {number}: levels are 1, 2 and 3, without a gap")
        return self

    def settings(self, timezone: str, office_hours: Window) -> OnCall:
        """As paging takes it; `office_hours` are those of the section, or working hours where it has none."""
        terms = dict.fromkeys(PRIORITIES, ACKNOWLEDGE_WITHIN_MS) | self.acknowledge_within
        return OnCall(
            timezone=timezone,
            people={person.id: person.settings(self.language) for person in self.people},
            levels=tuple(Level(number, tuple(self.levels[number])) for number in sorted(self.levels)),
            teams={team.id: Team(team.id, team.name or team.id, tuple(team.people)) for team in self.teams},
            rotas={rota.id: rota.settings(timezone) for rota in self.rotas},
            calendars={
                rota.id: ShiftCalendar(rota.calendar.file, rota.calendar.url, rota.calendar.keep)
                for rota in self.rotas
                if rota.calendar
            },
            office_hours=office_hours,
            help_desk=tuple(self.help_desk),
            acknowledge_within_ms=terms,
            remind_every=self.remind_every,
            mail=self.mail.url if self.mail else None,
            webhook=self._webhook(),
            links=Links(self.links.url, self.links.secret) if self.links else None,
            watchdog=Watchdog(self.watchdog.url, self.watchdog.credentials_file) if self.watchdog else None,
            language=self.language,
            wakes=self.wakes,
            participants=self.participants,
        )

    def _webhook(self) -> Webhook | None:
        webhook = self.webhook
        if webhook is None:
            return None
        return Webhook(webhook.token, webhook.url, webhook.credentials_file, tuple(webhook.others))
