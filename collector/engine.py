"""The schedule: every check at its slots on the grid of the wall clock, none beside itself, none in another's way."""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from availability.outcome import Outcome, Reason, Status, could_not_look
from collector.clock import Clock, phase_ms, slot_after
from collector.context import Bugs, Cancel, Context, Kind, LastReports, Pinger, Resolver
from collector.degraded import weighed
from collector.engine_stats import EngineStats
from collector.lanes import Lanes, socket_limit
from collector.look import escaped, look
from collector.snmp_sessions import SnmpSessions
from config.settings import PLUGINS_AT_ONCE, CheckSpec

Sink = Callable[[CheckSpec, int, Outcome], None]
"""Takes (check, slot in epoch milliseconds, outcome). It is called from the event loop and must be cheap."""

_GONE = -1
_LOOK_AT_CLOCKS = 0.5
"""Seconds within which a jump of the wall clock is noticed, however long the intervals are."""
_TOGETHER_MS = 20
"""Slots this close share one turn of the event loop: a turn costs more than a ping."""
_SLICE = 128
_TASK_COST = 4
"""A turn starts looks worth `_SLICE`, where a ping is 1 and a task is this: some 5 ms, then others get their turn."""

_log = logging.getLogger(__name__)


class _Entry:
    """One check in the schedule. Instants in epoch milliseconds."""

    __slots__ = (
        "begin", "cancel", "context", "failures", "fall", "jumped", "kind", "lanes", "next", "number", "phase",
        "place", "running", "slot", "spec", "suspect", "waiting",
    )  # fmt: skip

    def __init__(
        self, spec: CheckSpec, kind: Kind, context: Context, fall: int, number: int, lanes: Lanes[_Entry] | None
    ) -> None:
        self.spec = spec
        self.kind = kind
        self.lanes = lanes
        self.context = context
        self.fall = fall
        self.number = number
        self.phase = phase_ms(spec.id, spec.interval_ms)
        self.next = _GONE
        self.slot = 0
        self.failures = 0
        self.running = self.waiting = self.jumped = self.suspect = self.place = False
        self.begin: Callable[[], Cancel] | None = None
        self.cancel: Cancel | None = None


class Engine:
    """Looks at `checks` on schedule and hands each outcome, with its slot, to `sink`.

    A slot is an instant of the wall clock in epoch milliseconds that leaves the check's own remainder modulo its
    interval, and the instant of its observation. `fall` is how many failures in a row confirm an outage, per check
    (default 3): until then a failure is followed up after `retry_interval_ms`. `sockets` bounds what probes hold open,
    `programs` how many plugins run at once. `reports` are those that heartbeats look at, `snmp` the sessions
    with agents.
    A jump of the wall clock is told to `on_clock_jump` in milliseconds, and observed by every check as none.
    """

    def __init__(
        self,
        checks: Iterable[CheckSpec],
        sink: Sink,
        *,
        kinds: Mapping[str, Kind],
        pinger: Pinger,
        resolver: Resolver,
        fall: Mapping[str, int] | None = None,
        clock: Clock | None = None,
        on_clock_jump: Callable[[int], None] | None = None,
        sockets: int | None = None,
        programs: int = PLUGINS_AT_ONCE,
        reports: LastReports | None = None,
        snmp: SnmpSessions | None = None,
    ) -> None:
        self.stats = EngineStats()
        self.bugs = Bugs()
        self._sink = sink
        self._kinds = kinds
        self._pinger = pinger
        self._resolver = resolver
        self._clock = clock or Clock()
        self._on_clock_jump = on_clock_jump
        self._reports = reports
        self._snmp = snmp or SnmpSessions()
        self._sockets: Lanes[_Entry] = Lanes(sockets or socket_limit())
        self._programs: Lanes[_Entry] = Lanes(programs)
        self._entries: dict[str, _Entry] = {}
        self._heap: list[tuple[int, int, _Entry]] = []
        self._added = 0
        self._under_way = 0
        self._group: asyncio.TaskGroup | None = None
        self._alarm: asyncio.Future[None] | None = None
        self._alarm_slot = 0
        self._grace: float | None = None
        self.replace(checks, fall)

    @property
    def waiting(self) -> int:
        """Checks that are due and wait for a socket, or for a program to end."""
        return self._sockets.waiting + self._programs.waiting

    @property
    def under_way(self) -> int:
        """Looks that have begun and not ended."""
        return self._under_way

    def replace(
        self, checks: Iterable[CheckSpec], fall: Mapping[str, int] | None = None, programs: int | None = None
    ) -> None:
        """Go on with `checks`, now or before `run`: an equal one keeps its schedule and its look under way, one that
        is gone or different stops without an observation, a new one starts at its next slot."""
        wanted = {spec.id: spec for spec in checks}
        for entry in list(self._entries.values()):
            if wanted.get(entry.spec.id) != entry.spec:
                self._drop(entry)
        now = self._clock.now_ms()
        for check, spec in wanted.items():
            confirmed = (fall or {}).get(check, 3)
            if check in self._entries:
                self._entries[check].fall = confirmed
            else:
                self._add(spec, confirmed, now)
        if programs is not None:
            self._programs.limit = programs
            while (following := self._programs.admit()) is not None:
                self._begin_waiting(following)
        self._ring()

    async def run(self) -> None:
        """Look until `stop`. Raises only what a mistake in the schedule itself would raise."""
        if self._group is not None:
            raise RuntimeError("an engine runs once")
        try:
            async with asyncio.TaskGroup() as self._group:
                while self._grace is None:
                    delay = self._turn()
                    if delay:
                        await self._sleep(delay)
                    else:
                        await asyncio.sleep(0)
                self._stop_waiting()
                ends = self._clock.monotonic() + self._grace
                while self._under_way and (left := ends - self._clock.monotonic()) > 0:
                    await self._sleep(left)
                self._abandon_all()
        finally:
            self._abandon_all()

    def stop(self, grace: float = 2.0) -> None:
        """Begin no more looks, and let `run` return once those under way have ended, after `grace` seconds at most;
        what has not ended by then is cancelled and gives no observation."""
        self._grace = grace
        self._ring()

    # The turns of the schedule.

    def _turn(self) -> float:
        """Begin what is due, at most a slice of it; seconds until the next turn, 0 where more is due already."""
        now, jump = self._clock.look()
        self.stats.turned_at = self._clock.monotonic()
        if jump:
            self._jump(now, jump)
        heap, room = self._heap, _SLICE
        while heap and heap[0][0] <= now:
            if room <= 0:
                self.stats.behind_ms = now - heap[0][0]
                return 0.0
            slot, _, entry = heapq.heappop(heap)
            if entry.next == slot:
                self._due(entry, slot, now)
                room -= 1 if entry.begin is not None else _TASK_COST
        self.stats.behind_ms = 0
        self._alarm_slot = max(heap[0][0], now + _TOGETHER_MS) if heap else now + 1000
        return min(max(0, self._alarm_slot - self._clock.now_ms()) / 1000, _LOOK_AT_CLOCKS)

    def _jump(self, now: int, jump: int) -> None:
        self.stats.clock_jumps += 1
        _log.warning("The wall clock jumped by %.3f s: every check observes none at its next slot", jump / 1000)
        self._stop_waiting()
        self._heap = []
        for entry in self._entries.values():
            entry.jumped = True
            entry.failures = 0
            entry.next = slot_after(now, entry.spec.interval_ms, entry.phase)
            self._heap.append((entry.next, entry.number, entry))
        heapq.heapify(self._heap)
        if self._on_clock_jump is not None:
            try:
                self._on_clock_jump(jump)
            except Exception:
                _log.exception("Who was told of the jump of the clock could not bear it")

    def _due(self, entry: _Entry, slot: int, now: int) -> None:
        interval = entry.spec.interval_ms
        entry.next = slot_after(slot, interval, entry.phase)
        if entry.next <= now:
            # The program was held up. To look now in the name of a slot long past would be a false fact.
            last = slot_after(now, interval, entry.phase) - interval
            self.stats.missed += max(1, (last - slot) // interval)
            slot, entry.next = last, last + interval
        heapq.heappush(self._heap, (entry.next, entry.number, entry))
        if entry.jumped:
            entry.jumped = False
            self._deliver(entry, slot, could_not_look(Reason.CLOCK_JUMP, "the wall clock jumped"))
        elif entry.running:
            self.stats.overlapping += 1
        elif entry.waiting:
            # It keeps its place in the queue, for the slot that has come.
            missed, entry.slot = entry.slot, slot
            what = "no socket was free for it" if entry.kind.opens_socket else "too many plugins ran before it"
            self._deliver(entry, missed, could_not_look(Reason.NO_DESCRIPTOR, what))
        else:
            entry.slot = slot
            if entry.lanes is not None:
                entry.place = entry.suspect
                entry.waiting = not entry.lanes.enter(entry, entry.place, slot)
            if not entry.waiting:
                self._begin(entry)

    # A look, from its beginning to its outcome.

    def _begin(self, entry: _Entry) -> None:
        if self._group is None:
            raise RuntimeError("the engine does not run")
        entry.running = True
        self._under_way += 1
        self.stats.in_flight[entry.spec.probe] += 1
        self.stats.lateness.observe(self._clock.wall() / 1e9 - entry.slot / 1000)
        if entry.begin is not None:
            try:
                entry.cancel = entry.begin()
            except Exception as error:
                self._finish(entry, escaped(entry.kind, entry.context, error))
            return
        task = self._group.create_task(self._look(entry), name=f"look {entry.spec.id}")
        entry.cancel = task.cancel

    def _begin_waiting(self, entry: _Entry) -> None:
        entry.waiting = False
        self._begin(entry)

    async def _look(self, entry: _Entry) -> None:
        self._finish(entry, await look(entry.kind, entry.spec.options, entry.context))

    def _finish(self, entry: _Entry, outcome: Outcome) -> None:
        if not entry.running:
            return  # abandoned meanwhile
        self._end(entry)
        self._deliver(entry, entry.slot, outcome)

    def _end(self, entry: _Entry) -> None:
        """The look is over, in whatever way: its place goes to who waits."""
        entry.running = False
        entry.cancel = None
        self._under_way -= 1
        self.stats.in_flight[entry.spec.probe] -= 1
        if entry.lanes is not None:
            following = entry.lanes.leave(entry.place)
            if following is not None:
                self._begin_waiting(following)
        if self._grace is not None and not self._under_way:
            self._ring()

    def _deliver(self, entry: _Entry, slot: int, outcome: Outcome) -> None:
        if outcome.status is Status.OK:
            self.stats.ok += 1
            entry.failures = 0
            entry.suspect = False
        else:
            self._note(entry, slot, outcome)
        try:
            self._sink(entry.spec, slot, weighed(entry.spec, outcome))
        except Exception:
            self.stats.sink_failures += 1
            if self.stats.sink_failures == 1:
                _log.exception("The sink refused an outcome of %s; the next ones are counted only", entry.spec.id)

    def _note(self, entry: _Entry, slot: int, outcome: Outcome) -> None:
        self.stats.not_ok[outcome.status, outcome.reason] += 1
        if outcome.status is Status.NONE:
            entry.failures = 0  # what follows is a new stretch (docs/semantics.md, section 2)
            return
        entry.failures += 1
        entry.suspect = outcome.reason is Reason.TIMEOUT
        if entry.failures < entry.fall:
            self._retry(entry, slot)

    def _retry(self, entry: _Entry, slot: int) -> None:
        """Look again `retry_interval_ms` after `slot`, or as many of them later as have passed, if before the grid."""
        retry = entry.spec.retry_interval_ms
        if retry is None or entry.jumped or entry.next == _GONE:
            return
        late = max(0, self._clock.now_ms() - slot)
        following = slot + retry * max(1, -(-late // retry))
        if following < entry.next:
            self._put(entry, following)

    def bring_forward(self, check: str, at_ms: int) -> bool:
        """Look at `check` once more at an instant before its next slot, as after a failure; whether it will.

        The instant is the slot of that look; then the check is back on its grid. A look under way is left to end.
        """
        entry = self._entries.get(check)
        if entry is None or entry.next == _GONE or entry.jumped or entry.waiting:
            return False
        earliest = entry.slot + (entry.spec.timeout_ms if entry.running else 1)
        following = max(at_ms, self._clock.now_ms(), earliest)
        if following >= entry.next:
            return False
        self._put(entry, following)
        return True

    def _put(self, entry: _Entry, slot: int) -> None:
        """Before the slot of its grid; `_due` leads back to that."""
        entry.next = slot
        heapq.heappush(self._heap, (slot, entry.number, entry))
        if slot < self._alarm_slot:
            self._ring()

    # What is in the schedule.

    def _add(self, spec: CheckSpec, fall: int, now: int) -> None:
        context = Context(
            spec.timeout_ms / 1000, self._pinger, self._resolver, self.bugs, spec.id, self._reports, self._snmp
        )
        self._added += 1
        kind = self._kinds[spec.probe]
        lanes = self._programs if kind.runs_program else self._sockets if kind.opens_socket else None
        entry = _Entry(spec, kind, context, fall, self._added, lanes)
        if entry.kind.begin is not None:
            entry.begin = entry.kind.begin(spec.options, context, partial(self._finish, entry))
        entry.next = slot_after(now, spec.interval_ms, entry.phase)
        self._entries[spec.id] = entry
        heapq.heappush(self._heap, (entry.next, entry.number, entry))

    def _drop(self, entry: _Entry) -> None:
        entry.next = _GONE
        del self._entries[entry.spec.id]
        if entry.waiting and entry.lanes is not None:
            entry.lanes.forget(entry)
            entry.waiting = False
        self._abandon(entry)

    def _abandon(self, entry: _Entry) -> None:
        if entry.running:
            cancel = entry.cancel
            self._end(entry)
            if cancel is not None:
                cancel()

    def _stop_waiting(self) -> None:
        for entry in (*self._sockets.clear(), *self._programs.clear()):
            entry.waiting = False

    def _abandon_all(self) -> None:
        self._stop_waiting()
        for entry in self._entries.values():
            self._abandon(entry)

    async def _sleep(self, delay: float) -> None:
        """Until `delay` seconds have passed, or `_ring`."""
        loop = asyncio.get_running_loop()
        self._alarm = loop.create_future()
        timer = loop.call_later(delay, self._ring)
        try:
            await self._alarm
        finally:
            timer.cancel()
            self._alarm = None

    def _ring(self) -> None:
        if self._alarm is not None and not self._alarm.done():
            self._alarm.set_result(None)
