"""One collector: the schedule, the probes, the recorder and the judgement of one vantage, wired together."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from importlib import import_module

from availability.outcome import Outcome
from availability.ports import PartState
from availability.states import STATE_NAMES
from collector.board import Board
from collector.certificate_register import CertificateRegister
from collector.clock import Clock
from collector.engine import Engine
from collector.engine_stats import LATENESS_BUCKETS
from collector.pinger import IcmpPinger
from collector.probes import PROBES
from collector.recorder import Recorder
from collector.resolver import SystemResolver
from collector.snmp_sessions import SnmpSessions
from collector.store import SqlStore, StoreError
from config.settings import CheckSpec, Settings
from dashboards.rules_fingerprint import fingerprint
from exporters.source import Distribution, Health
from waakvlam.centres import Meeting
from waakvlam.deadman import Signs
from waakvlam.equipment import licence_ends
from waakvlam.following import Following
from waakvlam.heartbeats import heartbeats_of
from waakvlam.history import History
from waakvlam.judging import Judgement, Judging
from waakvlam.memory import recent_facts
from waakvlam.mending import Mending
from waakvlam.paging import Paging
from waakvlam.receiving import Receiving
from waakvlam.rotas import RotaCalendars
from waakvlam.source import Source
from waakvlam.spooling import emptied_spool
from waakvlam.trapping import Trapping
from waakvlam.version import VERSION
from waakvlam.watchdog import Pace

_KEEP_HOUSE_S = 6 * 3600.0
_GRACE_S = 0.8
_STORING_S = 3.7
"""A stop promises five seconds: so long for looks under way, then so long to write, and the rest to leave."""
_FLUSH_ALONE_S, _FLUSH_S = 3.0, 1.0
"""How often facts are written: where other centres share the store, they wait for them."""
_AGAIN_S = 15.0
"""After how long background work that failed is begun anew."""

_BACKGROUND = (
    "mending",
    "housekeeping",
    "maintenance",
    "certificates",
    "heartbeats",
    "traps",
    "paging",
    "rotas",
    "signs_of_life",
    "agents",
    "centres",
)
"""Work that goes on beside probing, by the names under which its failures are counted."""

_log = logging.getLogger(__name__)


class Collecting:
    """A collector at `vantage`; `run` observes until `stop`, and `reload` goes on with another configuration."""

    def __init__(self, settings: Settings, vantage: str, store: SqlStore, clock: Clock | None = None) -> None:
        self.settings = settings
        self.vantage = vantage
        self.clock = clock or Clock()
        self.reloaded = True
        """Whether the last configuration that was offered is the one in use."""
        self.loaded_at = self.clock.now_ms()
        self._fingerprint = fingerprint(settings)
        self._store = store
        with suppress(StoreError):
            store.add([])  # from here on the store notices what others write
        self._spool = emptied_spool(settings, vantage, store)
        now = self.clock.now_ms()
        self._following = Following(store)
        self.board = Board(self._following.added_to(settings.estate), recent_facts(store, settings.estate, now), now)
        self.recorder = Recorder(store, _FLUSH_S if store.is_shared else _FLUSH_ALONE_S, self._spool)
        self._certificates = CertificateRegister(store)
        self._failures: Counter[str] = Counter(dict.fromkeys(_BACKGROUND, 0))
        self.judging = Judging(self.board, self.clock.now_ms)
        self._pinger = IcmpPinger()
        self._resolver = SystemResolver(found=lambda *found: self._trapping.resolved(*found))
        self._snmp = SnmpSessions()
        own = self._own_checks(settings)
        self.heartbeats = heartbeats_of(store, settings, own, vantage, self.clock.now_ms)
        self.engine = Engine(
            own,
            self._take,
            kinds=PROBES,
            pinger=self._pinger,
            resolver=self._resolver,
            fall=_fall(settings),
            clock=self.clock,
            programs=settings.plugins_at_once,
            reports=self.heartbeats,
            snmp=self._snmp,
        )
        now_ms = self.clock.now_ms
        self._rotas = RotaCalendars(lambda: self.settings, now_ms)
        self.receiving = Receiving(settings, vantage, store, self.board, now_ms)
        self.meeting = Meeting(
            lambda: self.settings, vantage, store, self.board, self.recorder, self.receiving.speakers, now_ms
        )
        self._mending = Mending(self.board, store, self.recorder.flush, now_ms, self.meeting.writes_elsewhere)
        self.paging = Paging(store, lambda: self.settings, self._rotas.oncall, vantage, now_ms, self.meeting.term)
        self._trapping = Trapping(self.engine, self.clock)
        self._trapping.watch(own, settings)
        shown = self.meeting.shown
        self.source = Source(
            lambda: self.settings, shown, self.board, self.judging, store, self.health, now_ms, self.receiving
        )
        self.pace = Pace(self.engine, self.clock.monotonic, lambda: _longest_timeout_s(self.settings))
        self.signs = Signs(lambda: self.settings.deadman, self.pace.lacking, self.clock.now_ms)
        self.history = History(lambda: self.settings, lambda: self.board.estate, store, self.clock.now_ms)
        self._parts: Mapping[str, PartState] = {}
        self.judging.listeners.append(self._log_changes)

    async def run(self) -> bool:
        """Observe until `stop`; then what is under way ends, and what was observed is stored: whether all of it was."""
        for outcome in self._pinger.open().values():
            _log.warning("icmp: %s", outcome.detail)
        try:
            async with asyncio.TaskGroup() as group:
                recording = group.create_task(self.recorder.run(), name="recorder")
                background = [
                    group.create_task(self.judging.run(), name="judging"),
                    group.create_task(self._keep_on("mending", self._mending.run), name="mending"),
                    group.create_task(self._keep_on("housekeeping", self._keep_house), name="housekeeping"),
                    group.create_task(self._keep_on("maintenance", self._follow), name="maintenance"),
                    group.create_task(self._keep_on("certificates", self._certificates.run), name="certificates"),
                    group.create_task(self._keep_on("heartbeats", self.heartbeats.follow), name="heartbeats"),
                    group.create_task(self._keep_on("traps", self._trapping.run), name="traps"),
                    group.create_task(self._keep_on("paging", self.paging.run), name="paging"),
                    group.create_task(self._keep_on("rotas", self._rotas.run), name="rotas"),
                    group.create_task(self._keep_on("agents", self.receiving.run), name="agents"),
                    group.create_task(self._keep_on("centres", self.meeting.run), name="centres"),
                    group.create_task(self._keep_on("signs_of_life", self.signs.run), name="signs of life"),
                ]
                try:
                    await self.engine.run()
                finally:
                    self.recorder.stop(_STORING_S)
                    for task in background:
                        task.cancel()
                await recording
            stored = not self.recorder.health().pending_observations
            if stored:
                with suppress(StoreError):  # then the register says of them what it said some minutes ago
                    await self._certificates.write()
            return stored
        finally:
            await self.meeting.close()
            self._pinger.close()
            self._resolver.close()
            self._snmp.close()
            if self._spool is not None:
                self._spool.close()

    def stop(self) -> None:
        """Let `run` return within less than five seconds."""
        self.engine.stop(grace=_GRACE_S)

    def reload(self, settings: Settings) -> None:
        """Go on with `settings`; what did not change keeps its schedule and its state."""
        own = self._own_checks(settings)
        for key in ("store_url", "spool", "listen"):
            if getattr(settings, key) != getattr(self.settings, key):
                _log.warning("%s was changed: that takes effect at the next start", key.removesuffix("_url"))
        self.settings = settings
        self.board.replace(self._following.added_to(settings.estate))
        self.heartbeats.replace(own, settings.heartbeat_token)
        self.engine.replace(own, _fall(settings), settings.plugins_at_once)
        self._snmp.keep({spec.id for spec in own})
        self._trapping.watch(own, settings)
        self.receiving.replace(settings)
        self.reloaded = True
        self.loaded_at = self.clock.now_ms()
        self._fingerprint = fingerprint(settings)

    def health(self) -> Health:
        """How the collector itself does."""
        stats, stored = self.engine.stats, self.recorder.health()
        return Health(
            version=VERSION,
            keeps_pace=not self.pace.lacking(),
            deadman=self.signs.pings,
            deadman_last=self.signs.last_ms,
            lateness=Distribution(LATENESS_BUCKETS, tuple(stats.lateness.counts), stats.lateness.sum),
            probes_in_flight=self.engine.under_way,
            probes_skipped=stats.overlapping + stats.missed,
            probe_bugs=sum(self.engine.bugs.counts.values()) + stats.sink_failures,
            clock_jumps=stats.clock_jumps,
            store_healthy=stored.healthy,
            store_flush_s=stored.last_flush_seconds,
            store_pending=stored.pending_observations,
            config_reload_success=self.reloaded,
            config_loaded_at=self.loaded_at,
            traps=self._trapping.counts(),
            paging=self.paging.health(),
            agents=self.receiving.states(),
            centres=self.meeting.state(),
            licences=licence_ends(self.settings),
            estate_fingerprint=self._fingerprint,
            background_failures={"judging": self.judging.failures, **self._failures},
        )

    def _own_checks(self, settings: Settings) -> list[CheckSpec]:
        """What is probed from here, with all that its first look would load."""
        own = [spec for spec in settings.checks.values() if self.vantage in spec.vantages]
        for probe in {spec.probe for spec in own}:
            for module in PROBES[probe].loads:
                import_module(module)
        return own

    def _take(self, spec: CheckSpec, slot: int, outcome: Outcome) -> None:
        """One outcome goes two ways: into the store, and onto the board; what it was shown, into the register."""
        self.recorder.record(spec.id, self.vantage, slot, outcome)
        self.board.feed(spec.id, self.vantage, slot, outcome)
        if outcome.certificates:
            self._certificates.saw(spec.id, self.vantage, slot, outcome)

    async def _keep_on(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do background work, and begin it anew where it fails: a mistake in it must not end probing and storing."""
        while True:
            try:
                await work()
            except Exception:
                self._failures[name] += 1
                if self._failures[name] == 1:
                    _log.exception("%s failed; it is begun anew, and the next failures are counted only", name)
            await asyncio.sleep(_AGAIN_S)

    async def _follow(self) -> None:
        """Take up what is entered into the maintenance trail."""
        await self._following.run(self.board, lambda: self.settings.estate)

    async def _keep_house(self) -> None:
        """Forget latencies that are older than the configuration keeps them."""
        while True:
            retention = self.settings.latency_retention_ms
            if retention is not None:
                try:
                    await asyncio.to_thread(self._store.expire_latencies, self.clock.now_ms() - retention)
                except StoreError as error:
                    _log.error("cannot forget old latencies: %s", error)
            await asyncio.sleep(_KEEP_HOUSE_S)

    def _log_changes(self, judgement: Judgement) -> None:
        parts = judgement.standing.parts
        if self._parts:
            for part in parts.values():
                before = self._parts.get(part.id, part)
                if before.state != part.state or (before.degraded is None) != (part.degraded is None):
                    _log.info("%s", _told(part))
        self._parts = parts


def _told(part: PartState) -> str:
    state, reason, detail = STATE_NAMES[part.state], part.reason, part.detail
    if part.degraded is not None:
        state, reason, detail = f"{state}, but degraded", part.degraded.reason, part.degraded.detail
    why = ": ".join(text for text in (reason, detail) if text)
    return f"{part.id} is {state}" + (f" ({why})" if why else "")


def _fall(settings: Settings) -> dict[str, int]:
    return {check.id: check.fall for part in settings.estate.parts.values() for check in part.checks}


def _longest_timeout_s(settings: Settings) -> float:
    return max((spec.timeout_ms for spec in settings.checks.values()), default=0) / 1000


def set_up_logging() -> None:
    """Log to standard error, one line each, with the instant in UTC."""
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("asyncssh").setLevel(logging.WARNING)  # it tells of every connection
