"""A day in a second: an event loop whose clock goes to the next timer at once, and a wall clock to tamper with."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from availability.outcome import Outcome, Reason, failed, ok
from collector.clock import Clock
from collector.context import Context, Kind, Pinger, Resolver
from collector.engine import Engine
from config.settings import CheckSpec

_Result = TypeVar("_Result")

NOON = 1_790_000_000_000
"""Where the wall clock starts (epoch milliseconds)."""


class _Selector(selectors.SelectSelector):
    """Waits by moving the clock of its loop."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("nothing will ever happen again")
        if not ready and timeout:
            self.loop.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that never sleeps."""

    def __init__(self) -> None:
        selector = _Selector()
        self.now = 1000.0
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now


@dataclass
class World:
    """The clocks and the records of one run. `ahead` is how far the wall clock was set wrong, in seconds; it goes
    `rate` times as fast as the monotonic one."""

    loop: VirtualLoop
    ahead: float = 0.0
    rate: float = 1.0
    seen: list[tuple[str, int, Outcome]] = field(default_factory=list)
    began: list[tuple[str, int]] = field(default_factory=list)
    jumps: list[tuple[float, int]] = field(default_factory=list)
    """When jumps were noticed (seconds since the start), and how far they went (milliseconds)."""

    def wall(self) -> int:
        return NOON * 1_000_000 + round(((self.loop.now - 1000) * self.rate + self.ahead) * 1e9)

    def clock(self) -> Clock:
        return Clock(self.wall, self.loop.time)

    def sink(self, spec: CheckSpec, slot: int, outcome: Outcome) -> None:
        self.seen.append((spec.id, slot, outcome))

    def engine(self, checks: list[CheckSpec], **rest: Any) -> Engine:
        nothing = cast("Any", None)
        rest = {"sink": self.sink, "kinds": self.kinds(), "clock": self.clock(), "sockets": 100, **rest}
        rest |= {"on_clock_jump": lambda jump: self.jumps.append((self.loop.now - 1000, jump))}
        return Engine(checks, pinger=cast("Pinger", nothing), resolver=cast("Resolver", nothing), **rest)

    def kinds(self) -> Mapping[str, Kind]:
        """Probes that do what their options, an async function, say: with a socket, without, and as a program."""

        async def probe(options: Callable[[], Awaitable[Outcome]], context: Context) -> Outcome:
            return await options()

        return {
            "plain": Kind(probe, object, opens_socket=False),
            "socket": Kind(probe, object),
            "program": Kind(probe, object, opens_socket=False, runs_program=True),
        }

    def slots(self, check: str) -> list[int]:
        return [slot for name, slot, _ in self.seen if name == check]

    def reasons(self, check: str) -> list[Reason | None]:
        return [outcome.reason for name, _, outcome in self.seen if name == check]


async def well() -> Outcome:
    """A target in good health."""
    return ok(1.0)


def spec(check: str, probe: str = "plain", does: Callable[[], Awaitable[Outcome]] = well, **rest: Any) -> CheckSpec:
    """A check every 30 s with 5 s of time."""
    values = {"interval_ms": 30_000, "timeout_ms": 5000, "retry_interval_ms": None, "vantages": ("local",), **rest}
    return CheckSpec(id=check, part="part", probe=probe, options=does, **values)


def run(body: Callable[[World], Awaitable[_Result]]) -> _Result:
    """What `body` gives in a virtual world."""

    async def awaited() -> _Result:
        return await body(World(cast("VirtualLoop", asyncio.get_running_loop())))

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(awaited())


async def during(engine: Engine, seconds: float, *events: tuple[float, Callable[[], object]]) -> None:
    """Runs `engine` for `seconds`, with things that happen after so many seconds, then stops it."""
    loop = asyncio.get_running_loop()
    for after, event in events:
        loop.call_later(after, event)
    loop.call_later(seconds, engine.stop)
    await engine.run()


def taking(seconds: float, reason: Reason | None = None) -> Callable[[], Awaitable[Outcome]]:
    async def look() -> Outcome:
        await asyncio.sleep(seconds)
        return failed(reason) if reason else ok(1.0)

    return look


def saying(*reasons: Reason | None) -> Callable[[], Awaitable[Outcome]]:
    """One after the other, then ok for ever."""
    left = list(reasons)

    async def look() -> Outcome:
        reason = left.pop(0) if left else None
        return failed(reason) if reason else ok(1.0)

    return look
