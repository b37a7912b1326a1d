"""Keeps sessions with SNMP agents from one look to the next, and what a check remembers of its last look."""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from availability.outcome import Outcome, Reason, could_not_look, failed
from collector.errors import LookEnded, from_os_error
from collector.snmp_credentials import Credentials, MasterKeys, community, user

if TYPE_CHECKING:
    from gufo.snmp.aio import SnmpSession

_Options = TypeVar("_Options")
Value = str | bytes | int | float | None

AT_ONCE = 12
"""Objects of one request, where each may be a text of 255 characters: the library reads answers up to 4,080 bytes."""
_MOST_IDLE = 8192
_MOST_REMEMBERED = 100_000
_REFRESH_AFTER = 100.0
"""Seconds after which the agent is asked for its clock again; it accepts a request for 150 (RFC 3414, 2.2.3)."""
_NEVER = 1e6
"""Seconds: the look has its own end, and the library's must never come first."""
_IP_RECVERR, _IPV6_RECVERR = 11, 25
_ERROR = struct.Struct("@I")
_ANCILLARY_BYTES = 512


@dataclass(frozen=True, slots=True)
class Target:
    """An agent, from where it is asked, and by whom. `label` is what details call it."""

    address: str
    port: int
    source: str | None
    credentials: Credentials
    label: str = field(compare=False)


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


class Agent:
    """A session with one agent; one look uses it at a time.

    What goes wrong is raised as LookEnded, and the session is not used again. A datagram that answers another request
    is passed over by the library.
    """

    __slots__ = ("_fresh", "_keys", "_refreshed", "_session", "sound", "target")

    def __init__(self, target: Target, keys: MasterKeys) -> None:
        self.target = target
        self.sound = True
        self._keys = keys
        self._fresh = True
        self._refreshed = 0.0
        self._session: SnmpSession
        self._open()

    async def get(self, objects: Sequence[str], at_once: int = AT_ONCE) -> dict[str, Value]:
        """The values of those `objects` that there are, by their numbers."""
        if len(objects) <= at_once:
            return await self._get(objects)
        found: dict[str, Value] = {}
        for start in range(0, len(objects), at_once):
            found |= await self._get(objects[start : start + at_once])
        return found

    async def walk(self, column: str, most: int) -> dict[str, Value]:
        """The values of a column by their index; LookEnded where there are more than `most`."""
        found: dict[str, Value] = {}
        self.sound = False
        try:
            await self._prepare()
            start = len(column) + 1
            async for name, value in self._session.fetch(column):
                found[name[start:]] = value
                if len(found) > most:
                    raise LookEnded(failed(Reason.TOO_LARGE, f"{self.target.label} has more than {most} ports"))
        except LookEnded:
            raise
        except BaseException as error:
            raise self._failure(error) from None
        self.sound = True
        return found

    async def _get(self, objects: Sequence[str]) -> dict[str, Value]:
        found = await self._ask(objects)
        if not found and len(objects) > 1:
            # Version 1 answers nothing at all where one is missing (RFC 1157, 4.1.2), and no version says what there is
            # where the answer would be too big: asked one by one, each tells.
            for name in objects:
                found |= await self._ask((name,))
        return found

    async def _ask(self, objects: Sequence[str]) -> dict[str, Value]:
        self.sound = False
        try:
            await self._prepare()
            found: dict[str, Value] = await self._session.get_many(objects)
        except BaseException as error:
            if self._fresh or not _refused(error):
                raise self._failure(error) from None
            # The agent began anew since, or its clock went away from ours: a new session learns both.
            self._open()
            return await self._ask(objects)
        self._fresh = False
        self.sound = True
        return found

    async def _prepare(self) -> None:
        if self.target.credentials.version == "3" and time.monotonic() - self._refreshed > _REFRESH_AFTER:
            await self._session.refresh()
            self._refreshed = time.monotonic()

    def _open(self) -> None:
        from gufo.snmp import SnmpVersion
        from gufo.snmp.aio import SnmpSession

        credentials = self.target.credentials
        who: dict[str, Any] = {}
        if credentials.version == "3":
            who["user"] = user(credentials, self._keys)
        else:
            who["community"] = community(credentials)
            who["version"] = SnmpVersion.v1 if credentials.version == "1" else SnmpVersion.v2c
        self._fresh = True
        self._refreshed = -_NEVER
        with _connected(self.target) as sock:
            try:
                self._session = SnmpSession("127.0.0.1", port=9, timeout=_NEVER, max_repetitions=10, **who)
            except OSError as error:
                raise LookEnded(from_os_error(error, self.target.label)) from None
            # The library offers neither a source address nor the errors of the network: it gets our socket in the
            # place of its own, which has sent nothing.
            os.dup2(sock.fileno(), self._session._fd, inheritable=False)

    def _failure(self, error: BaseException) -> BaseException:
        """What to raise for what the library raised."""
        from gufo.snmp import SnmpError

        if _refused(error):
            return LookEnded(failed(Reason.WRONG_CREDENTIALS, _refusal(self.target)))
        if isinstance(error, TimeoutError):
            queued = _queued_error(self._session._fd)
            return LookEnded(from_os_error(queued, self.target.label) if queued else _no_snmp(self.target))
        if isinstance(error, OSError):
            return LookEnded(from_os_error(error, self.target.label))
        # Some answers make the library panic, which is no Exception; a RuntimeError is a value it could not convert.
        if isinstance(error, SnmpError | RuntimeError) or type(error).__name__ == "PanicException":
            return LookEnded(_no_snmp(self.target))
        return error


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


def _connected(target: Target) -> socket.socket:
    """A socket that only the agent's address and port get through to, and that is told of all the network's errors."""
    version6 = ":" in target.address
    try:
        sock = socket.socket(socket.AF_INET6 if version6 else socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    except OSError as error:
        raise LookEnded(from_os_error(error, target.label)) from None
    try:
        level, option = (socket.IPPROTO_IPV6, _IPV6_RECVERR) if version6 else (socket.IPPROTO_IP, _IP_RECVERR)
        sock.setsockopt(level, option, 1)
        if target.source:
            sock.bind((target.source, 0))
        sock.connect((target.address, target.port))
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise LookEnded(
                could_not_look(Reason.NO_ADDRESS_FAMILY, f"this machine has no address {target.source}")
            ) from None
        raise LookEnded(from_os_error(error, target.label)) from None
    return sock


def _queued_error(descriptor: int) -> OSError | None:
    """What the network said of the last datagram (the error queue of ip(7)); None where it said nothing."""
    with socket.socket(fileno=os.dup(descriptor)) as sock:
        try:
            _, ancillary, _, _ = sock.recvmsg(0, _ANCILLARY_BYTES, socket.MSG_ERRQUEUE)
        except OSError:
            return None
    number = next((_ERROR.unpack_from(data)[0] for _, _, data in ancillary if len(data) >= _ERROR.size), 0)
    return OSError(number, os.strerror(number)) if number else None


def _refused(error: BaseException) -> bool:
    from gufo.snmp import SnmpAuthError

    return isinstance(error, SnmpAuthError)


def _refusal(target: Target) -> str:
    if target.credentials.version == "3":
        return f"{target.label} refuses the user {target.credentials.user}, its keys, or how they are used"
    return f"{target.label} refuses access with this community"


def _no_snmp(target: Target) -> Outcome:
    return failed(Reason.BAD_RESPONSE, f"{target.label} does not answer in SNMP {target.credentials.version}")
