"""Judges the ports of a device: up, and within limits for errors, discards and load between two looks (RFC 2863)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator

from availability.outcome import Outcome, Reason, failed
from collector.errors import LookEnded
from collector.snmp_agent import Agent, Value
from collector.snmp_names import NAMES
from collector.snmp_sessions import Growth, Memory
from config.types import Flag, Percentage, Text

_MOST_NAMED = 256
_MOST_PORTS = 8192
"""Ports of a device among which those named are looked for."""
_LISTED = 5
_COUNTERS_AT_ONCE = 40
_SHORTEST = 1.0
"""Seconds between two looks below which nothing is said of rates: agents count in steps of their own."""
_UP = 1
_UPTIME = f"{NAMES['sysUpTime']}.0"

_NAME_COLUMNS = (NAMES["ifName"], NAMES["ifDescr"], NAMES["ifAlias"])
"""Where a port's name is looked for; the first that holds it decides."""
_STATUS = NAMES["ifOperStatus"]
_SPEEDS = {NAMES["ifHighSpeed"]: 1_000_000, NAMES["ifSpeed"]: 1}
"""Columns that say how fast a port is, and what they count in (bits per second); the second stops at 4.3 Gbit/s."""
_DIRECTIONS = ("In", "Out")
_PACKETS = ("Ucast", "Multicast", "Broadcast")
_BITS = 8


def _octets(direction: str) -> str:
    return NAMES[f"ifHC{direction}Octets"]


def _packets(direction: str) -> list[str]:
    return [NAMES[f"ifHC{direction}{cast}Pkts"] for cast in _PACKETS]


def _named(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("is empty: name at least one port, such as Gi1/0/1")
    if len(value) > _MOST_NAMED:
        raise ValueError(f"has more than {_MOST_NAMED} ports: spread them over several checks")
    if len(set(value)) < len(value):
        raise ValueError("names a port twice")
    return value


def _help(text: str) -> dict[str, Any]:
    return {"help": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpInterfaces:
    """Which ports are watched and what they must keep to; rates are those between two looks."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    named: Annotated[tuple[Text, ...], AfterValidator(_named)] = field(
        metadata=_help("The ports, by their ifName, ifDescr or ifAlias.")
    )
    up: Flag = field(default=True, metadata=_help("Whether the ports must be up; with false that is not judged."))
    max_error_rate: Percentage | None = field(
        default=None, metadata=_help("How much of the packets of a direction may be in error.")
    )
    max_discard_rate: Percentage | None = field(
        default=None, metadata=_help("How much of the packets of a direction may be discarded.")
    )
    max_utilisation: Percentage | None = field(
        default=None, metadata=_help("How much of a port's speed may be in use in a direction.")
    )

    def __post_init__(self) -> None:
        if not self.up and all(limit is None for limit in self._limits()):
            raise ValueError("judges nothing: leave up: false out, or give a limit")

    def _limits(self) -> tuple[Fraction | None, ...]:
        return self.max_error_rate, self.max_discard_rate, self.max_utilisation

    def counters(self) -> list[str]:
        """The columns whose growth is judged."""
        columns: list[str] = []
        for direction in _DIRECTIONS:
            if self.max_utilisation is not None:
                columns.append(_octets(direction))
            if self.max_error_rate is not None:
                columns.append(NAMES[f"if{direction}Errors"])
            if self.max_discard_rate is not None:
                columns.append(NAMES[f"if{direction}Discards"])
            if self.max_error_rate is not None or self.max_discard_rate is not None:
                columns += _packets(direction)
        return columns


async def look_at_ports(options: SnmpInterfaces, agent: Agent, memory: Memory) -> Outcome | None:
    """What is wrong with the ports, None where nothing is. `memory` then holds what the next look compares with."""
    ports, values = await _read(options, agent, memory)
    down = [name for name in options.named if values[f"{_STATUS}.{ports[name][1]}"] != _UP]
    counters = _counters(options, ports, values, agent.target.label)
    now = time.monotonic()
    elapsed = now - memory.ports_growth.at
    before = memory.ports_growth.replace(counters, values.get(_UPTIME), now)
    if down and options.up:
        return failed(Reason.ANSWER_MISMATCH, f"{_listed(down)} {'is' if len(down) == 1 else 'are'} not up")
    if elapsed < _SHORTEST:
        return None
    growths = {key: counters[key] - before[key] for key in counters if key in before and counters[key] >= before[key]}
    for name in options.named:
        if name not in down:
            for wrong in _wrong(options, ports[name][1], growths, elapsed, values):
                return failed(Reason.ANSWER_MISMATCH, f"{name}: {wrong}")
    return None


async def _read(
    options: SnmpInterfaces, agent: Agent, memory: Memory
) -> tuple[Mapping[str, tuple[str, str]], dict[str, Value]]:
    """The ports by name, as (column of the name, index), and all that is asked of them.

    Indexes may change when a device begins anew (RFC 2863, 3.1.5): the name is read again with the rest.
    """
    known = memory.ports
    values = await agent.get(list(_objects(options, known)), _COUNTERS_AT_ONCE)
    if any(_text(values.get(f"{column}.{index}")) != name for name, (column, index) in known.items()) or not known:
        known = await _find(options, agent)
        memory.ports, memory.ports_growth = known, Growth()
        values = await agent.get(list(_objects(options, known)), _COUNTERS_AT_ONCE)
    for name, (_, index) in known.items():
        if values.get(f"{_STATUS}.{index}") is None:
            raise LookEnded(failed(Reason.NO_SUCH_OBJECT, f"{agent.target.label} does not say whether {name} is up"))
    return known, values


def _objects(options: SnmpInterfaces, ports: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """What is read of the ports, and since when the agent runs."""
    yield _UPTIME
    columns = [_STATUS, *options.counters(), *(_SPEEDS if options.max_utilisation is not None else ())]
    for column, index in ports.values():
        yield f"{column}.{index}"
        for each in columns:
            yield f"{each}.{index}"


async def _find(options: SnmpInterfaces, agent: Agent) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for column in _NAME_COLUMNS:
        wanted = set(options.named) - found.keys()
        if not wanted:
            break
        for index, value in (await agent.walk(column, _MOST_PORTS)).items():
            name = _text(value)
            if name in wanted and name in found:
                raise LookEnded(failed(Reason.ANSWER_MISMATCH, f"{name} is the name of more than one port"))
            if name in wanted:
                found[name] = (column, index)
    missing = [name for name in options.named if name not in found]
    if missing:
        raise LookEnded(failed(Reason.NO_SUCH_OBJECT, f"{agent.target.label} has no port {_listed(missing)}"))
    return found


def _counters(
    options: SnmpInterfaces, ports: Mapping[str, tuple[str, str]], values: Mapping[str, Value], label: str
) -> dict[str, int]:
    """The counters that are judged, all of them; LookEnded where the agent does not have one."""
    counters = {}
    for name, (_, index) in ports.items():
        for column in options.counters():
            value = values.get(f"{column}.{index}")
            if not isinstance(value, int):
                what = next(known for known, number in NAMES.items() if number == column)
                raise LookEnded(failed(Reason.NO_SUCH_OBJECT, f"{label} gives no {what} for {name}"))
            counters[f"{column}.{index}"] = value
        if options.max_utilisation is not None and not _speed(values, index):
            raise LookEnded(failed(Reason.NO_SUCH_OBJECT, f"{label} does not say how fast {name} is"))
    return counters


def _wrong(
    options: SnmpInterfaces, index: str, growths: Mapping[str, int], elapsed: float, values: Mapping[str, Value]
) -> Iterator[str]:
    """What a port does not keep to. A counter that went back has no growth: it wrapped, or somebody cleared it."""
    for direction in _DIRECTIONS:
        octets = growths.get(f"{_octets(direction)}.{index}")
        most = options.max_utilisation
        if most is not None and octets is not None and octets * _BITS > most * _speed(values, index) * elapsed:
            yield f"more than {_percent(most)} of its speed in use"
        packets = [growths.get(f"{column}.{index}") for column in _packets(direction)]
        counted = None if None in packets else sum(filter(None, packets))
        for limit, kind, what in (
            (options.max_error_rate, "Errors", "in error"),
            (options.max_discard_rate, "Discards", "discarded"),
        ):
            bad = growths.get(f"{NAMES[f'if{direction}{kind}']}.{index}")
            if limit is not None and bad is not None and counted is not None and _too_many(bad, counted, limit):
                yield f"more than {_percent(limit)} of its packets {what}"


def _too_many(bad: int, good: int, limit: Fraction) -> bool:
    """Whether more than `limit` of the packets were bad. A single one proves no rate: on a quiet port it is a large
    part of all."""
    return bad > limit * (good + bad) and (bad > 1 or not limit)


def _speed(values: Mapping[str, Value], index: str) -> int:
    for column, unit in _SPEEDS.items():
        value = values.get(f"{column}.{index}")
        if isinstance(value, int) and value > 0:
            return value * unit
    return 0


def _text(value: Value) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _percent(ratio: Fraction) -> str:
    return f"{float(ratio * 100):g}%"
