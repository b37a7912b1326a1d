"""Holds the `oncall` section together: its ids, whom they name, and what rotas say of one another's time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from availability.duty import Turns
from availability.edges import end_instant, from_ms, start_instant
from config.oncall import OnCallSection, RotaSection
from config.problems import Loc, nearest, shown
from config.values import is_id

Add = Callable[[Loc, str], None]

_KINDS = {"people": "person", "teams": "team", "rotas": "rota"}
_YEARS_LOOKED_AHEAD = 12
"""A hand-over that meets a change of the clocks at all does so within these years."""
_AT = ("oncall",)


def check_oncall(
    root: Mapping[str, Any], context: Mapping[str, Any], line: Callable[[Loc], int | None], add: Add
) -> None:
    """Everything of the section that one key alone cannot tell; problems go to `add`."""
    raw = root.get("oncall")
    if not isinstance(raw, dict):
        return
    known = _ids(raw, line, add)
    for loc, name, kinds in _named(raw):
        _expect(loc, name, kinds, known, add)
    _addresses(raw, add)
    try:
        section = OnCallSection.model_validate(raw, context=dict(context))
    except ValidationError:
        return  # told with the rest of the file
    for number, rota in enumerate(section.rotas):
        _overrides((*_AT, "rotas", number, "overrides"), rota, context["zone"], line, add)
        turns = rota.turns(context["zone"].key)
        if turns is not None:
            _handover((*_AT, "rotas", number, "handover", "at"), turns, add)


def _entries(raw: Mapping[str, Any], section: str) -> Iterator[tuple[Loc, dict[str, Any]]]:
    listed = raw.get(section)
    for number, entry in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(entry, dict):
            yield (*_AT, section, number), entry


def _ids(raw: Mapping[str, Any], line: Callable[[Loc], int | None], add: Add) -> dict[str, str]:
    """Every id of the section to what it is; those given twice are told."""
    known: dict[str, str] = {}
    first: dict[str, Loc] = {}
    for section, kind in _KINDS.items():
        for loc, entry in _entries(raw, section):
            name = entry.get("id")
            if not is_id(name):
                continue
            place = (*loc, "id")
            if name in known:
                taken = f"{shown(name)} is taken by a {known[name]} on line {line(first[name])}"
                add(place, f"{taken}: give this one another id")
            else:
                known[name], first[name] = kind, place
    return known


def _named(raw: Mapping[str, Any]) -> Iterator[tuple[Loc, Any, tuple[str, ...]]]:
    """Every place that names somebody, what stands there, and what it may be."""
    anybody = tuple(_KINDS.values())
    for loc, team in _entries(raw, "teams"):
        yield from _each((*loc, "people"), team.get("people"), ("person",))
    for loc, rota in _entries(raw, "rotas"):
        yield from _each((*loc, "people"), rota.get("people"), ("person",))
        overrides = rota.get("overrides")
        for number, entry in enumerate(overrides if isinstance(overrides, list) else ()):
            if isinstance(entry, dict):
                yield (*loc, "overrides", number, "person"), entry.get("person"), ("person",)
    yield from _each((*_AT, "help_desk"), raw.get("help_desk"), anybody)
    levels = raw.get("levels")
    for number, who in levels.items() if isinstance(levels, dict) else ():
        yield from _each((*_AT, "levels", number), who, anybody)


def _each(loc: Loc, value: Any, kinds: tuple[str, ...]) -> Iterator[tuple[Loc, Any, tuple[str, ...]]]:
    if isinstance(value, str):
        yield loc, value, kinds
    for number, name in enumerate(value if isinstance(value, list) else ()):
        yield (*loc, number), name, kinds


def _expect(loc: Loc, name: Any, kinds: tuple[str, ...], known: Mapping[str, str], add: Add) -> None:
    if not is_id(name) or known.get(name) in kinds:
        return
    what = _either(kinds)
    if name in known:
        add(loc, f"{shown(name)} is a {known[name]}: only a {what} can stand here")
        return
    near = nearest(name, [other for other, kind in known.items() if kind in kinds])
    lists = _either([f"`oncall.{section}`" for section, kind in _KINDS.items() if kind in kinds])
    remedy = f"did you mean {shown(near)}?" if near else f"add it under {lists} or name one that is there"
    add(loc, f"there is no {what} {shown(name)}: {remedy}")


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _addresses(raw: Mapping[str, Any], add: Add) -> None:
    """Everybody can be reached, and mail addresses have a server."""
    for loc, person in _entries(raw, "people"):
        if not person.get("channels") and "email" not in person:
            add(loc, "has no address: give an email, or channels")
        if "email" in person and "mail" not in raw:
            add((*loc, "email"), "has no server to send it: give `oncall.mail` the URL of one, by reference")


def _overrides(loc: Loc, rota: RotaSection, zone: ZoneInfo, line: Callable[[Loc], int | None], add: Add) -> None:
    last: tuple[int, int] | None = None
    for number, override in sorted(enumerate(rota.overrides), key=lambda item: item[1].from_):
        if last is not None and override.from_ < last[0]:
            until = from_ms(last[0], zone).isoformat(timespec="minutes")
            place = line((*loc, last[1]))
            add((*loc, number), f"begins before the override on line {place} ends at {until}: let only one hold")
        if last is None or override.to > last[0]:
            last = override.to, number


def _handover(loc: Loc, turns: Turns, add: Add) -> None:
    """The time comes exactly once on every day on which duty passes on."""
    zone = ZoneInfo(turns.timezone)
    shown_time = f"{turns.at // 60:02d}:{turns.at % 60:02d}"
    for number in range(_YEARS_LOOKED_AHEAD * 53 // turns.weeks):
        day = turns.first + timedelta(days=7 * turns.weeks * number)
        if day.year > 9998:
            return
        first = start_instant(day, turns.at, zone)
        local = from_ms(first, zone)
        if (local.hour * 60 + local.minute, local.date()) != (turns.at, day):
            add(loc, f"{shown_time} does not exist on {day}, when the clocks skip it: choose a time that comes once")
            return
        if first != end_instant(day, turns.at, zone):
            add(loc, f"{shown_time} comes twice on {day}, when the clocks go back: choose a time that comes once")
            return
