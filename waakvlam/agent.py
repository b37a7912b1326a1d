"""An agent: the schedule and the probes of one vantage, an outbox on disk, and the way to the centre."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from importlib import import_module

from availability.outcome import Outcome
from collector.clock import Clock
from collector.engine import Engine
from collector.outbox import Outbox
from collector.pinger import IcmpPinger
from collector.probes import PROBES
from collector.recorder import Recorder
from collector.resolver import SystemResolver
from collector.snmp_sessions import SnmpSessions
from collector.transport.sender import Sender, Telling
from config.mqtt_settings import Agent, Mqtt
from config.settings import CheckSpec, Settings
from waakvlam.trapping import Trapping
from waakvlam.version import VERSION

_FLUSH_S = 2.0
_GRACE_S = 0.8
_STORING_S = 2.2
"""A stop promises five seconds: so long for looks under way, then so long to write, and the rest to say farewell."""
_AGAIN_S = 15.0

_log = logging.getLogger(__name__)


class AgentCollecting:
    """Probes what is `from` the vantage of `agent`; `run` observes until `stop`, `reload` goes on with other checks.

    `mqtt` is how the centre is reached, which stays as it was at the start.
    """

    def __init__(
        self,
        settings: Settings,
        mqtt: Mqtt,
        agent: Agent,
        outbox: Outbox,
        clock: Clock | None = None,
        on_config: Callable[[bytes], None] | None = None,
    ) -> None:
        self.settings = settings
        self.vantage = agent.vantage
        self.not_recorded = 0
        """Outcomes left out since the clock was wrong."""
        self._digest = settings.digest
        self._clock = clock or Clock()
        self._outbox = outbox
        self.recorder = Recorder(outbox, _FLUSH_S)
        self._pinger = IcmpPinger()
        self._resolver = SystemResolver()
        self._snmp = SnmpSessions()
        own = self._own_checks(settings)
        self.sender = Sender(mqtt, agent, outbox, self._clock, self._telling, on_config)
        self.engine = Engine(
            own,
            self._take,
            kinds=PROBES,
            pinger=self._pinger,
            resolver=self._resolver,
            fall=_fall(settings),
            clock=self._clock,
            on_clock_jump=lambda _: self.sender.clock_was_set(),
            programs=settings.plugins_at_once,
            snmp=self._snmp,
        )
        self._trapping = Trapping(self.engine, self._clock)
        self._trapping.watch(own, settings)

    async def run(self) -> bool:
        """Observe and send until `stop`; whether everything observed is in the outbox or stored then."""
        for outcome in self._pinger.open().values():
            _log.warning("icmp: %s", outcome.detail)
        try:
            async with asyncio.TaskGroup() as group:
                recording = group.create_task(self.recorder.run(), name="recorder")
                background = [
                    group.create_task(self._keep_on("sending", self.sender.run), name="sending"),
                    group.create_task(self._keep_on("traps", self._trapping.run), name="traps"),
                ]
                try:
                    await self.engine.run()
                finally:
                    self.recorder.stop(_STORING_S)
                await recording
                for task in background:
                    task.cancel()
            return not self.recorder.health().pending_observations
        finally:
            self._pinger.close()
            self._resolver.close()
            self._snmp.close()

    def stop(self) -> None:
        """Let `run` return within less than five seconds."""
        self.engine.stop(grace=_GRACE_S)

    def reload(self, settings: Settings, digest: str) -> None:
        """Go on with the checks of `settings`, which the centre knows by `digest`."""
        own = self._own_checks(settings)
        self.settings = settings
        self._digest = digest
        self.engine.replace(own, _fall(settings), settings.plugins_at_once)
        self._snmp.keep({spec.id for spec in own})
        self._trapping.watch(own, settings)

    def _take(self, spec: CheckSpec, slot: int, outcome: Outcome) -> None:
        if not self.sender.may_record:
            self.not_recorded += 1
            return
        self.recorder.record(spec.id, self.vantage, slot, outcome)

    def _telling(self) -> Telling:
        lateness = self.engine.stats.lateness
        return Telling(
            program=VERSION,
            config=self._digest,
            checks=sum(self.vantage in spec.vantages for spec in self.settings.checks.values()),
            in_flight=self.engine.under_way,
            late_ms=round(1000 * lateness.quantile(0.99)),
        )

    def _own_checks(self, settings: Settings) -> list[CheckSpec]:
        """What is probed from here, with all that its first look would load."""
        own = [spec for spec in settings.checks.values() if self.vantage in spec.vantages]
        for probe in {spec.probe for spec in own}:
            for module in PROBES[probe].loads:
                import_module(module)
        return own

    async def _keep_on(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do background work, and begin it anew where it fails: a mistake in it must not end probing and recording."""
        while True:
            try:
                await work()
            except Exception:
                _log.exception("%s failed; it is begun anew", name)
            await asyncio.sleep(_AGAIN_S)


def _fall(settings: Settings) -> dict[str, int]:
    return {check.id: check.fall for part in settings.estate.parts.values() for check in part.checks}
