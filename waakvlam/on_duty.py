"""Who has to be told, as the configuration and the calendar say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from availability.paging import Alert, Notice
from availability.recovery import Limit
from availability.working_time import WorkingTime
from config.oncall_settings import HELP_DESK, Channel, OnCall, is_office_hours, people_at
from config.settings import Settings

_WITHIN_MS = 15 * 60_000
"""Where nothing is configured for a priority."""
_MAIL = "email"


class OnDuty:
    """Fulfils `availability.paging_ports.Duty`, for one configuration. Not for several threads at a time."""

    def __init__(self, settings: Settings, oncall: OnCall) -> None:
        self._settings = settings
        self._oncall = oncall
        estate = settings.estate
        self._working_time = WorkingTime(oncall.office_hours, estate.calendar, oncall.timezone)
        self._dues: dict[tuple[int, int, int], int] = {}

    @property
    def levels(self) -> int:
        return max((level.number for level in self._oncall.levels), default=0)

    def first(self, at: int) -> Sequence[str]:
        return people_at(self._oncall, HELP_DESK if self.in_office_hours(at) else 1, at)

    def in_office_hours(self, at: int) -> bool:
        """Whether there is a help desk that is open."""
        return bool(self._oncall.help_desk) and self.is_working_time(at)

    def is_working_time(self, at: int) -> bool:
        """Whether it is office hours, help desk or not."""
        return is_office_hours(self._oncall, at, self._settings.estate.calendar)

    def at_level(self, level: int, at: int) -> Sequence[str]:
        return people_at(self._oncall, level, at)

    def everybody(self) -> Sequence[str]:
        return tuple(self._oncall.people)

    def acknowledge_within_ms(self, priority: int) -> int:
        return self._oncall.acknowledge_within_ms.get(priority, _WITHIN_MS)

    def reminder_due(self, priority: int, opened_at: int, count: int) -> int | None:
        every = self._oncall.remind_every.get(priority)
        if every is None:
            return None
        key = (priority, opened_at, count)
        if key not in self._dues:
            if len(self._dues) > 1000:
                self._dues.clear()
            self._dues[key] = self._working_time.due(opened_at, Limit(every.amount * Fraction(count), every.unit))
        return self._dues[key]

    def participants(self, alerts: Sequence[Alert]) -> Sequence[str]:
        """Those of the services that depend on what is down, where they have an address (Midden-Groningen SLA 3.5)."""
        if not self._oncall.participants or self._oncall.mail is None:
            return ()
        services = self._settings.estate.services
        hit = [name for alert in alerts for name in (*alert.services, alert.id) if name in services]
        using = [participant.id for name in hit for participant in services[name].participants]
        known = self._settings.organisations
        return [name for name in dict.fromkeys(using) if name in known and known[name].email]

    # How they are reached.

    def channels(self, notice: Notice) -> Sequence[str]:
        """The names of the channels of whom a notice is for."""
        return list(self._channels(notice))

    def channel(self, notice: Notice, name: str) -> Channel | None:
        """The channel of that name; None where it is gone."""
        return self._channels(notice).get(name)

    def language(self, notice: Notice) -> str:
        """In which they are written to."""
        person = self._oncall.people.get(notice.to) if notice.audience == "duty" else None
        return person.language if person else self._oncall.language

    def _channels(self, notice: Notice) -> Mapping[str, Channel]:
        if notice.audience == "duty":
            person = self._oncall.people.get(notice.to)
            return {channel.name: channel for channel in person.channels} if person else {}
        organisation = self._settings.organisations.get(notice.to)
        email = organisation.email if organisation and self._oncall.mail else None
        return {_MAIL: Channel(_MAIL, email=email)} if email else {}


def names_of(settings: Settings, oncall: OnCall) -> dict[str, str]:
    """What people call parts, services, sites, organisations and each other, by id."""
    estate = settings.estate
    names = {part.id: part.name for part in estate.parts.values()}
    names |= {service.id: service.name for service in estate.services.values()}
    names |= {pair.id: pair.name for pair in estate.pairs}
    names |= {site.id: site.name for site in settings.sites.values()}
    names |= {organisation.id: organisation.name for organisation in settings.organisations.values()}
    names |= {person.id: person.name for person in oncall.people.values()}
    return {id_: name for id_, name in names.items() if name}
