"""Keeps sessions with SNMP agents from one look to the next, and what a check remembers of its last look."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from collector.snmp_agent import Agent, Target, Value
from collector.snmp_credentials import Credentials, MasterKeys

_Options = TypeVar("_Options")

_MOST_IDLE = 8192
_MOST_REMEMBERED = 100_000


@dataclass(slots=True)
class Growth:
    """Counters as they were at a look, with the agent's time since its start (hundredths of a second)."""

    counters: Mapping[str, int] = field(default_factory=dict)
    uptime: int | None = None
    at: float = 0.0
    """Of the monotonic clock, in seconds."""

    def replace(self, counters: Mapping[str, int], uptime: Value, now: float) -> Mapping[str, int]:
        """Keep what is so `now`; the counters before it, none where the agent began anew in between: its own do too."""
        before, since = self.counters, self.uptime
        self.counters, self.at = counters, now
        self.uptime = uptime if isinstance(uptime, int) else None
        restarted = since is not None and self.uptime is not None and self.uptime < since
        return {} if restarted else before


class Memory:
    """What one check knows of its options and from its last look."""

    __slots__ = ("credentials", "growth", "options", "plan", "ports", "ports_growth")

    def __init__(self, options: object, credentials: Credentials, plan: Any) -> None:
        self.options = options
        self.credentials = credentials
        self.plan = plan
        """What is made of the options once, for every look."""
        self.growth = Growth()
        self.ports: Mapping[str, tuple[str, str]] = {}
        self.ports_growth = Growth()


class SnmpSessions:
    """The sessions of one event loop. At most `most` that nobody uses are kept, those used last.

    A look takes an agent, and gives it back however it went: what did not end well is closed, so that the next look
    learns anew where the agent is and what it calls itself, and reads the secrets again.
    """

    def __init__(self, most: int = _MOST_IDLE) -> None:
        self._most = most
        self._idle: OrderedDict[Target, list[Agent]] = OrderedDict()
        self._count = 0
        self._keys = MasterKeys()
        self._memories: OrderedDict[str, Memory] = OrderedDict()

    @property
    def idle(self) -> int:
        """Sessions that are open and that nobody uses."""
        return self._count

    def take(self, target: Target) -> Agent:
        """A session with `target` for one look; LookEnded where there can be none."""
        waiting = self._idle.get(target)
        if not waiting:
            return Agent(target, self._keys)
        agent = waiting.pop()
        self._count -= 1
        if not waiting:
            del self._idle[target]
        return agent

    def give_back(self, agent: Agent) -> None:
        """The look is over."""
        if not agent.sound or not self._most:
            return
        self._idle.setdefault(agent.target, []).append(agent)
        self._idle.move_to_end(agent.target)
        self._count += 1
        while self._count > self._most:
            _, oldest = self._idle.popitem(last=False)
            self._count -= len(oldest)

    def memory(self, check: str, options: _Options, begin: Callable[[_Options], Memory]) -> Memory:
        """What `check` remembers; what `begin` makes where it was never looked at with these very options."""
        memory = self._memories.get(check)
        if memory is None or memory.options is not options:
            memory = self._memories[check] = begin(options)
            while len(self._memories) > _MOST_REMEMBERED:
                self._memories.popitem(last=False)
        return memory

    def keep(self, checks: Collection[str]) -> None:
        """After a reload: forget what is no longer checked, and begin every session anew."""
        for check in self._memories.keys() - set(checks):
            del self._memories[check]
        self.close()

    def close(self) -> None:
        """Close what nobody uses."""
        self._idle.clear()
        self._count = 0
