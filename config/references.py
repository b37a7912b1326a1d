"""Holds what refers to something by its id against what is there, and refuses what would go round in a circle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from config.help_desk import NO_SERVICE
from config.mqtt import check_mqtt
from config.names import PARTS, SHARED, STATES, Names, entries
from config.problems import Loc, shown
from config.values import is_id

Add = Callable[[Loc, str], None]
_DRAWN = 12
"""Ids of a circle that are shown at most."""

Refs = Mapping[str, list[tuple[Loc, str]]]
"""What the expressions of an id refer to, and where."""


def check_references(root: Mapping[str, Any], names: Names, refs: Refs, add: Add) -> None:
    """Everything that refers to something by its id; `refs` are those of the expressions, by who refers."""
    for owned in refs.values():
        for loc, name in owned:
            names.expect(loc, name, *STATES)
    for section in PARTS:
        for loc, entry in entries(root, section):
            _part(loc, entry, names, add)
    for loc, entry in entries(root, "services"):
        _service(loc, entry, names, add)
    _environments(root, names, add)
    for loc, entry in entries(root, "failover_pairs"):
        for key in ("primary", "standby", "function"):
            names.expect((*loc, key), entry.get(key), *STATES)
        if is_id(entry.get("primary")) and entry.get("primary") == entry.get("standby"):
            add((*loc, "standby"), "is the primary itself: a pair has two parts")
    for loc, entry in entries(root, "agreements"):
        _listed(loc, entry, "assumes_up", names, add, STATES)
        _declared(loc, entry, "supplier", "organisations", names)
        _unrepeated(loc, entry, "excluded", add)
    for loc, entry in entries(root, "maintenance"):
        _listed(loc, entry, "affects", names, add, SHARED)
    for loc, entry in entries(root, "vantages"):
        _declared(loc, entry, "site", "sites", names)
    _help_desk(root, names)
    check_mqtt(root, names, add)


def _help_desk(root: Mapping[str, Any], names: Names) -> None:
    """The services that the words of the help desk stand for."""
    recovery = root.get("recovery")
    incidents = recovery.get("incidents") if isinstance(recovery, dict) else None
    services = incidents.get("services") if isinstance(incidents, dict) else None
    for word, name in services.items() if isinstance(services, dict) else ():
        if name != NO_SERVICE:
            names.expect(("recovery", "incidents", "services", word), name, "services")


def _part(loc: Loc, entry: dict[str, Any], names: Names, add: Add) -> None:
    _declared(loc, entry, "site", "sites", names)
    _declared(loc, entry, "owner", "organisations", names)
    _listed(loc, entry, "behind", names, add, PARTS)
    between = entry.get("between")
    if names.has_section("sites") and isinstance(between, list):
        for number, name in enumerate(between):
            names.expect((*loc, "between", number), name, "sites")
    checks = entry.get("checks")
    for number, check in enumerate(checks if isinstance(checks, list) else ()):
        if isinstance(check, dict):
            _probed_from((*loc, "checks", number), check, names, add)


def _service(loc: Loc, entry: dict[str, Any], names: Names, add: Add) -> None:
    names.expect((*loc, "agreement"), entry.get("agreement"), "agreements")
    _priority(loc, entry, names, add)
    response_time = entry.get("response_time")
    if isinstance(response_time, dict):
        names.expect((*loc, "response_time", "check"), response_time.get("check"), "checks")
    participants = entry.get("participants")
    seen: set[str] = set()
    for number, participant in enumerate(participants if isinstance(participants, list) else ()):
        place: Loc = (*loc, "participants", number)
        name: Any = participant
        if isinstance(participant, dict):
            _listed(place, participant, "needs", names, add, STATES)
            name = participant.get("id")
            place = (*place, "id")
        if isinstance(name, str) and name in seen:
            add(place, f"{shown(name)} stands in this list twice: name it once")
        elif isinstance(name, str):
            seen.add(name)
        if names.has_section("organisations"):
            names.expect(place, name, "organisations")


def _environments(root: Mapping[str, Any], names: Names, add: Add) -> None:
    """Every other environment names the service itself, so that all of them stand beside that one."""
    of = {entry.get("id"): entry["environment_of"] for _, entry in entries(root, "services") if _is_other(entry)}
    for loc, entry in entries(root, "services"):
        named = entry.get("environment_of")
        place: Loc = (*loc, "environment_of")
        names.expect(place, named, "services")
        if not is_id(named):
            continue
        if named == entry.get("id"):
            add(place, "is the service itself: name the one that this is another environment of")
        elif named in of and of[named] != named:
            add(place, f"{shown(named)} is itself another environment of {shown(of[named])}: name that one")


def _is_other(entry: dict[str, Any]) -> bool:
    return is_id(entry.get("id")) and is_id(entry.get("environment_of"))


def _priority(loc: Loc, entry: dict[str, Any], names: Names, add: Add) -> None:
    priority = entry.get("priority")
    if isinstance(priority, str) and names.priorities is not None and priority not in names.priorities:
        listed = ", ".join(names.priorities) or "none"
        add((*loc, "priority"), f"{shown(priority)} has no limits under `recovery`: the priorities there are {listed}")


def _probed_from(loc: Loc, check: dict[str, Any], names: Names, add: Add) -> None:
    _listed(loc, check, "from", names, add, ("vantages",))
    raw = check.get("from")
    for number, name in enumerate(raw if isinstance(raw, list) else ()):
        if isinstance(name, str) and name in names.retired:
            add((*loc, "from", number), f"{shown(name)} is retired: name a vantage that still probes")


def _declared(loc: Loc, entry: dict[str, Any], key: str, section: str, names: Names) -> None:
    """A reference into a section that, where it is absent, declares its ids by their use."""
    if names.has_section(section):
        names.expect((*loc, key), entry.get(key), section)


def _listed(loc: Loc, entry: dict[str, Any], key: str, names: Names, add: Add, sections: tuple[str, ...]) -> None:
    raw = entry.get(key)
    for number, name in enumerate(raw if isinstance(raw, list) else ()):
        names.expect((*loc, key, number), name, *sections)
    _unrepeated(loc, entry, key, add)


def _unrepeated(loc: Loc, entry: dict[str, Any], key: str, add: Add) -> None:
    raw = entry.get(key)
    seen: set[str] = set()
    for number, name in enumerate(raw if isinstance(raw, list) else ()):
        if isinstance(name, str):
            if name in seen:
                add((*loc, key, number), f"{shown(name)} stands in this list twice: name it once")
            seen.add(name)


def refuse_circles(root: Mapping[str, Any], names: Names, refs: Refs, add: Add) -> None:
    """No part may need itself, by its expression, by what it is behind, or by both on the way round."""
    edges: dict[str, list[tuple[Loc, str]]] = {}
    for name in names.shared:
        edges[name] = [(loc, to) for loc, to in refs.get(name, ()) if to in names.shared]
    for section in PARTS:
        for loc, entry in entries(root, section):
            part, behind = entry.get("id"), entry.get("behind")
            if isinstance(part, str) and part in edges and isinstance(behind, list):
                edges[part] += [
                    ((*loc, "behind", number), to)
                    for number, to in enumerate(behind)
                    if is_id(to) and names.shared.get(to) in PARTS
                ]
    done: set[str] = set()
    for name in edges:
        if name not in done:
            _walk(name, edges, done, add)


def _drawn(circle: list[str]) -> str:
    """The way round, without its middle where it is long."""
    return " -> ".join(circle if len(circle) <= _DRAWN else [*circle[: _DRAWN - 3], "...", *circle[-2:]])


def _walk(start: str, edges: dict[str, list[tuple[Loc, str]]], done: set[str], add: Add) -> None:
    """From `start` along all edges, depth first and without recursion; an edge back into the way closes a circle."""
    way: dict[str, Iterator[tuple[Loc, str]]] = {start: iter(edges[start])}
    while way:
        name = next(reversed(way))
        for loc, to in way[name]:
            if to in way:
                names = list(way)
                circle = [*names[names.index(to) :], to]
                message = "refers to itself" if len(circle) == 2 else f"closes a circle: {_drawn(circle)}"
                add(loc, f"{message}: nothing can need itself")
            elif to not in done:
                way[to] = iter(edges[to])
                break
        else:
            done.add(name)
            del way[name]
