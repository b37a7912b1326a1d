"""Who is told of a disturbance and when, as the configuration says it: people, rotas, levels and their terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from availability.duty import Rota, Shift, person_at
from availability.estate import OFFICE_HOURS, Calendar, Window
from availability.recovery import Limit
from availability.windows import window_spans
from config.secret_refs import SecretRef

Language = Literal["nl", "en"]
HELP_DESK = 0
"""The level of the help desk; the levels of escalation are 1 to 3."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to reach somebody: an apprise URL by reference, or a mail address that goes by `OnCall.mail`."""

    name: str
    url: SecretRef | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class PersonOnCall:
    """Somebody, or a shared mailbox, with the channels to try in that order."""

    id: str
    name: str
    channels: tuple[Channel, ...]
    language: Language = "nl"
    email: str | None = None
    """Also how a calendar may name the person."""


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    name: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShiftCalendar:
    """Where the shifts of a rota are: an iCalendar `file`, or one at `url` of which the last good copy is at `keep`."""

    file: Path | None = None
    url: str | SecretRef | None = None
    keep: Path | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """One step of escalation, 1 to 3; `who` are ids of people, teams and rotas."""

    number: int
    who: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Webhook:
    """How Alertmanager reaches the collector, and the token that it must show."""

    token: SecretRef
    url: str | None = None
    """None: at the address that the collector listens on."""
    credentials_file: Path | None = None
    """The file with the token where Alertmanager runs; None: the file of the token itself."""
    others: tuple[str, ...] = ()
    """The addresses of other centres, which are told as well."""


@dataclass(frozen=True, slots=True)
class Links:
    """The public address of the collector, without a path, and what acknowledgement links are signed with."""

    url: str
    secret: SecretRef


@dataclass(frozen=True, slots=True)
class Watchdog:
    """The place outside that misses the watchdog when it stops: the secret file with its URL, or its URL and, where it
    asks for one, the file with the token to show. Paths as Alertmanager sees them."""

    url: str | Path
    credentials_file: Path | None = None


@dataclass(frozen=True)
class OnCall:
    """Who is told of what is down. Ids of people, teams and rotas share one name space."""

    timezone: str
    people: Mapping[str, PersonOnCall]
    levels: tuple[Level, ...]
    """From 1 on, without a gap."""
    teams: Mapping[str, Team] = field(default_factory=dict)
    rotas: Mapping[str, Rota] = field(default_factory=dict)
    """Those of a calendar without shifts until it was loaded (`with_shifts`)."""
    calendars: Mapping[str, ShiftCalendar] = field(default_factory=dict)
    """By rota, of those that have one."""
    office_hours: Window = OFFICE_HOURS
    help_desk: tuple[str, ...] = ()
    """Who is told first in office hours: ids of people, teams and rotas; empty: level 1, as at other times."""
    acknowledge_within_ms: Mapping[int, int] = field(default_factory=dict)
    """By priority, 1 to 9."""
    remind_every: Mapping[int, Limit] = field(default_factory=dict)
    """By priority; one that is not there is not asked about."""
    mail: SecretRef | None = None
    """The apprise URL of the server for channels that are a mail address."""
    webhook: Webhook | None = None
    links: Links | None = None
    watchdog: Watchdog | None = None
    language: Language = "nl"
    wakes: Literal["critical", "warning"] = "critical"
    """The least severity that is told outside office hours."""
    participants: bool = True
    """Whether the contacts of organisations are told of priority 1 and 2 (Midden-Groningen SLA 3.5)."""

    @property
    def webhook_token(self) -> SecretRef | None:
        return self.webhook.token if self.webhook else None


def with_shifts(oncall: OnCall, shifts: Mapping[str, tuple[Shift, ...]]) -> OnCall:
    """The same with what the calendars of these rotas hold, by the id of the rota."""
    rotas = {name: replace(rota, plan=shifts.get(name, rota.plan)) for name, rota in oncall.rotas.items()}
    return replace(oncall, rotas=rotas)


def people_at(oncall: OnCall, level: int, at: int) -> tuple[str, ...]:
    """The ids of the people of a level at `at` (epoch milliseconds), each once; HELP_DESK is the help desk.

    Empty where nobody is on duty, or where there is no such level.
    """
    if level == HELP_DESK:
        return people_of(oncall, oncall.help_desk, at)
    who = next((entry.who for entry in oncall.levels if entry.number == level), ())
    return people_of(oncall, who, at)


def people_of(oncall: OnCall, who: tuple[str, ...], at: int) -> tuple[str, ...]:
    """The people that ids of people, teams and rotas stand for at `at`, each once, in that order."""
    found: list[str] = []
    for name in who:
        if name in oncall.rotas:
            person = person_at(oncall.rotas[name], at)
            found += [person] if person else []
        else:
            found += oncall.teams[name].people if name in oncall.teams else (name,)
    return tuple(dict.fromkeys(found))


def is_office_hours(oncall: OnCall, at: int, calendar: Calendar) -> bool:
    """Whether `at` lies in office hours; `calendar` is that of the configuration."""
    return bool(window_spans(oncall.office_hours, oncall.timezone, calendar, at, at + 1))
