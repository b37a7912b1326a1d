"""Judges the values of single objects of an SNMP agent: there, as they must be, and growing where they must grow."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from availability.outcome import Outcome, Reason, failed
from collector.conditions import Conditions, number
from collector.snmp_agent import Agent, Value
from collector.snmp_names import NAMES
from collector.snmp_sessions import Growth

_UPTIME = f"{NAMES['sysUpTime']}.0"


@dataclass(frozen=True, slots=True)
class Judged:
    """One object: its numbers, what the user calls it, and what its value must be."""

    oid: str
    name: str
    conditions: Conditions
    increases: bool


def wanted(objects: Sequence[Judged]) -> tuple[str, ...]:
    """What to read for `objects`: themselves, and since when the agent runs where something must grow."""
    names = dict.fromkeys(each.oid for each in objects)
    if any(each.increases for each in objects):
        names[_UPTIME] = None
    return tuple(names)


async def look_at_objects(
    objects: Sequence[Judged], asked: Sequence[str], agent: Agent, growth: Growth
) -> Outcome | None:
    """What is wrong with the first of `objects` that is not as it must be, None where nothing is.

    `asked` are those of `wanted`; `growth` then holds what the next look compares with.
    """
    found = await agent.get(asked)
    before = _remember(objects, found, growth)
    for each in objects:
        value = found.get(each.oid)
        if value is None:
            return failed(Reason.NO_SUCH_OBJECT, f"{agent.target.label} has no {each.name}")
        broken = each.conditions.broken_by(text_of(value)) if each.conditions else None
        if broken is None and each.increases:
            broken = _not_growing(each, growth, before)
        if broken is not None:
            return failed(Reason.ANSWER_MISMATCH, f"{each.name} {broken}")
    return None


def text_of(value: Value) -> str:
    """A value as it is compared: text as it is, bytes that are no text as 00:1b:21 and so on."""
    if not isinstance(value, bytes):
        return str(value)
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value.hex(":")
    return text if text.isprintable() else value.hex(":")


def _remember(objects: Sequence[Judged], found: Mapping[str, Value], growth: Growth) -> Mapping[str, int]:
    """Keeps the counters that must grow for the next look; those of the look before, where the agent ran on since."""
    counters = {}
    for each in objects:
        grown = number(text_of(found[each.oid])) if each.increases and each.oid in found else None
        if grown is not None:
            counters[each.oid] = int(grown)
    return growth.replace(counters, found.get(_UPTIME), time.monotonic()) if counters or growth.counters else {}


def _not_growing(each: Judged, growth: Growth, before: Mapping[str, int]) -> str | None:
    """What is wrong with a counter. One that is lower than before wrapped or was cleared: it moves."""
    now = growth.counters.get(each.oid)
    if now is None:
        return "is no number"
    return "did not grow since the look before" if before.get(each.oid) == now else None
