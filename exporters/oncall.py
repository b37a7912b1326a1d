"""Who is on duty, until when and who is next, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from rich.text import Text

from availability.duty import Turn, holes, next_turn, on_duty
from availability.estate import Calendar
from availability.spans import Span
from config.oncall_settings import HELP_DESK, OnCall, is_office_hours, people_of
from exporters.fitted import Fitted
from exporters.json_figures import Document
from exporters.local_time import LocalTime
from exporters.table_text import SHADES, when

DAYS_AHEAD = 60
"""A hole in a rota is told so long before."""
_AHEAD_MS = DAYS_AHEAD * 86_400_000
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """What one id of a level, or of the help desk, stands for at that instant."""

    level: int
    id: str
    kind: str
    """person, team or rota."""
    people: tuple[str, ...]
    turn: Turn | None = None
    """Of a rota."""
    next: Turn | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """Who has to be told at `at` (epoch milliseconds); level 0 is the help desk, which is first in office hours."""

    oncall: OnCall
    at: int
    in_office_hours: bool
    entries: tuple[Entry, ...]
    problems: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    @property
    def first(self) -> int:
        """The level that is told first now."""
        return HELP_DESK if self.in_office_hours and self.oncall.help_desk else 1


def roster(oncall: OnCall, calendar: Calendar, at: int) -> Roster:
    """Who is on duty at each level, and what is wrong: levels without anybody, and holes that are near."""
    listed = [(HELP_DESK, oncall.help_desk), *((level.number, level.who) for level in oncall.levels)]
    entries = tuple(_entry(oncall, level, name, at) for level, who in listed for name in who)
    problems = [
        f"level {level.number} has nobody"
        for level in oncall.levels
        if not any(entry.people for entry in entries if entry.level == level.number)
    ]
    problems += [line for rota in oncall.rotas for line in hole_lines(oncall, rota, at)]
    return Roster(oncall, at, is_office_hours(oncall, at, calendar), entries, tuple(problems))


def hole_lines(oncall: OnCall, rota: str, at: int) -> Iterator[str]:
    """A line for every near stretch in which nobody has duty by this rota."""
    spans = holes(oncall.rotas[rota], at, at + _AHEAD_MS)
    for line in span_lines(spans, oncall.timezone, at + _AHEAD_MS):
        yield f"rota {rota}: nobody has duty {line}"


def span_lines(spans: Sequence[Span], timezone: str, looked_until: int | None = None) -> Iterator[str]:
    """When, for the first few of `spans`, and how many more there are; what reaches `looked_until` goes on."""
    zone = ZoneInfo(timezone)
    for start, end in spans[:_NAMED]:
        yield f"from {when(start, zone)} " + ("on" if end == looked_until else f"to {when(end, zone)}")
    if len(spans) > _NAMED:
        yield f"in {len(spans) - _NAMED} more stretches"


def _entry(oncall: OnCall, level: int, name: str, at: int) -> Entry:
    people = people_of(oncall, (name,), at)
    if name in oncall.rotas:
        rota = oncall.rotas[name]
        return Entry(level, name, "rota", people, on_duty(rota, at), next_turn(rota, at))
    return Entry(level, name, "team" if name in oncall.teams else "person", people)


def oncall_table(shown: Roster) -> Fitted:
    """A row per level and id; what is told first stands out."""
    columns = ("Level", "On duty", "By", "Until", "Next")
    table = Fitted(columns, frozenset(), ("Next",))
    zone = ZoneInfo(shown.oncall.timezone)
    names = _names(shown.oncall)
    for entry in shown.entries:
        level = "help desk" if entry.level == HELP_DESK else str(entry.level)
        people = ", ".join(names.get(person, person) for person in entry.people)
        table.add(
            Text(level, "bold" if entry.level == shown.first else ""),
            people if people else Text("nobody", SHADES["bad"]),
            "always" if entry.kind == "person" else names.get(entry.id, entry.id),
            "" if entry.turn is None or entry.turn.until is None else when(entry.turn.until, zone),
            "" if entry.next is None else names.get(entry.next.person or "", entry.next.person or "nobody"),
        )
    return table


def oncall_title(shown: Roster) -> str:
    """A line that says of when this is and who is told first."""
    first = "the help desk" if shown.first == HELP_DESK else "level 1"
    hours = "in office hours" if shown.in_office_hours else "outside office hours"
    return f"At {when(shown.at, ZoneInfo(shown.oncall.timezone))}, {hours}: {first} is told first."


def oncall_json(shown: Roster) -> str:
    """An object with `at`, `office_hours`, `first`, `levels`, `problems` and `remarks`; level 0 is the help desk."""
    zone = LocalTime(shown.oncall.timezone)
    names = _names(shown.oncall)
    levels = sorted({entry.level for entry in shown.entries})
    document = {
        "at": zone.iso(shown.at),
        "office_hours": shown.in_office_hours,
        "first": shown.first,
        "levels": [
            {"level": level, "who": [_document(e, zone, names) for e in shown.entries if e.level == level]}
            for level in levels
        ],
        "problems": list(shown.problems),
        "remarks": list(shown.remarks),
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _document(entry: Entry, zone: LocalTime, names: Mapping[str, str]) -> Document:
    people = [{"id": person, "name": names.get(person, person)} for person in entry.people]
    document: Document = {"id": entry.id, "kind": entry.kind, "people": people}
    if entry.turn is not None:
        document["since"] = zone.iso_or_none(entry.turn.since)
        document["until"] = zone.iso_or_none(entry.turn.until)
        following = entry.next
        document["next"] = (
            None
            if following is None
            else {
                "person": following.person,
                "since": zone.iso_or_none(following.since),
                "until": zone.iso_or_none(following.until),
            }
        )
    return document


def _names(oncall: OnCall) -> dict[str, str]:
    people = {person.id: person.name for person in oncall.people.values()}
    teams = {team.id: team.name for team in oncall.teams.values()}
    return people | teams | {rota.id: rota.name for rota in oncall.rotas.values()}
