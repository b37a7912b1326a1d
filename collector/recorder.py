"""Takes outcomes as they come and writes them to the store every few seconds, so that no probe waits for a disk."""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_left
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from availability.outcome import Outcome
from availability.ports import FactSink, Merged
from collector.spool import Spool
from collector.store.gathering import Gathering
from collector.store.sqlite import BUSY_SECONDS

FLUSH_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds, in seconds, of the classes in which flushes are counted; one more class has what took longer."""

_STOP_SECONDS = 4.5
"""How long a stop may take to write; the program promises to end within five seconds."""
_RETRY_SECONDS = 0.2
_LONGEST_LATENCY_MS = 86_400_000
_LATENCIES_HELD = 1_000_000
"""With a disk that refuses for hours, outcomes take the room of their changes, but latencies 16 bytes each."""

_log = logging.getLogger(__name__)

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RecorderHealth:
    """How recording goes. `healthy` is False from a flush that failed until one that succeeds.

    `flush_classes` counts the flushes by FLUSH_BOUNDS (not cumulative); durations in seconds. `added`, `known` and
    `conflicts` count observations as the store does. `latencies_dropped` were given up to save memory; outcomes
    never are.
    """

    healthy: bool
    last_error: str
    pending_observations: int
    flushes: int
    failures: int
    last_flush_seconds: float | None
    flush_seconds_sum: float
    flush_classes: tuple[int, ...]
    added: int
    known: int
    conflicts: int
    latencies_dropped: int


class Recorder:
    """Between the probes and the store. `record` is for the thread of the event loop that runs `run`.

    What was recorded and not yet written is kept until the store takes it; a crash loses at most what came since the
    last flush.
    """

    def __init__(self, store: FactSink, flush_seconds: float = 3.0, spool: Spool | None = None) -> None:
        """With a `spool`, what the store refuses waits there, and not in memory."""
        self._flush_seconds = flush_seconds
        self._stopping = asyncio.Event()
        self._deadline: float | None = None
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-writer")
        self._backlog = _Backlog(store, spool)
        self._fresh: dict[_Key, Gathering] = {}
        self._recorded = 0 if spool is None else spool.observations

    def record(self, check: str, vantage: str, slot_ms: int, outcome: Outcome) -> None:
        """Take what one look gave; its instant is its scheduled slot (epoch milliseconds). Never waits.

        A latency that is no sensible number of milliseconds is left out.
        """
        key = (check, vantage)
        gathering = self._fresh.get(key)
        if gathering is None:
            gathering = self._fresh[key] = Gathering(check, vantage)
        latency = outcome.latency_ms
        if latency is not None and not 0 <= latency <= _LONGEST_LATENCY_MS:
            latency = None
        gathering.add(slot_ms, (outcome.status, outcome.reason, outcome.detail), latency)
        self._recorded += 1

    async def run(self) -> None:
        """Flush every `flush_seconds` until `stop`, and once more at the end, also when cancelled."""
        try:
            while not self._stopping.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._flush_seconds)
                if not self._stopping.is_set():
                    await self.flush()
        finally:
            await self._finish()

    def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """Let `run` write what is left and end within `seconds`."""
        self._deadline = monotonic() + seconds
        self._stopping.set()

    async def flush(self) -> bool:
        """Write all that was recorded until now; False where the store refused, and then it is kept for the next."""
        fresh, self._fresh = self._fresh, {}
        # By way of a queue: whoever waits here may be cancelled before the thread has begun.
        self._backlog.queue.append(fresh)
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._backlog.write)

    def health(self) -> RecorderHealth:
        """How recording goes, now."""
        backlog = self._backlog
        return RecorderHealth(
            healthy=not backlog.last_error,
            last_error=backlog.last_error,
            pending_observations=self._recorded - backlog.written,
            flushes=sum(backlog.classes),
            failures=backlog.failures,
            last_flush_seconds=backlog.last_seconds,
            flush_seconds_sum=backlog.seconds,
            flush_classes=tuple(backlog.classes),
            added=backlog.added,
            known=backlog.known,
            conflicts=backlog.conflicts,
            latencies_dropped=backlog.latencies_dropped,
        )

    async def _finish(self) -> None:
        """Write what is left, trying again while an attempt can still end in time."""
        deadline = self._deadline or monotonic() + _STOP_SECONDS
        with suppress(TimeoutError):
            async with asyncio.timeout(deadline - monotonic()):
                while True:
                    written = await self.flush()
                    if written or not self._backlog.in_memory or monotonic() + _RETRY_SECONDS + BUSY_SECONDS > deadline:
                        break
                    await asyncio.sleep(_RETRY_SECONDS)
        self._executor.shutdown(wait=False)
        pending = self._recorded - self._backlog.written
        if pending:
            error = self._backlog.last_error or "the store did not answer in time"
            kept = "" if self._backlog.in_memory else ", and wait on disk for the next start"
            _log.error("%d observations could not be stored%s: %s", pending, kept, error)


class _Backlog:
    """What the writing thread holds: observations that the store has not taken yet, and how writing went."""

    def __init__(self, store: FactSink, spool: Spool | None) -> None:
        self.queue: deque[dict[_Key, Gathering]] = deque()
        self.written = 0
        self.failures = 0
        self.last_error = ""
        self.last_seconds: float | None = None
        self.seconds = 0.0
        self.classes = [0] * (len(FLUSH_BOUNDS) + 1)
        self.added = 0
        self.known = 0
        self.conflicts = 0
        self.latencies_dropped = 0
        self._store = store
        self._spool = spool
        self._spooled = spool is not None and spool.observations > 0
        self._held: dict[_Key, Gathering] = {}

    @property
    def in_memory(self) -> bool:
        """Whether a crash would lose anything now."""
        return bool(self._held or self.queue)

    def write(self) -> bool:
        """Write all there is; False where the store refused."""
        self._take_queue()
        if not self._held and not self._spooled:
            return not self.last_error
        begin = monotonic()
        try:
            self._drain()
            merged = self._store.add([gathering.batch() for gathering in self._held.values()])
        except Exception as error:  # whatever it is, what was observed is kept and the next flush tries again
            self._failed(error)
            return False
        finally:
            self.last_seconds = monotonic() - begin
            self.seconds += self.last_seconds
            self.classes[bisect_left(FLUSH_BOUNDS, self.last_seconds)] += 1
        if self.last_error:
            _log.warning("facts are stored again")
            self.last_error = ""
        self._count(merged)
        self._let_go()
        return True

    def _drain(self) -> None:
        """What waited longest goes first."""
        if self._spool is not None and self._spooled:
            for merged in self._spool.drain(self._store):
                self._count(merged)
            self._spooled = False

    def _count(self, merged: Merged) -> None:
        self.added += merged.added
        self.known += merged.known
        self.conflicts += merged.conflicts
        self.written += merged.added + merged.known + merged.conflicts

    def _let_go(self) -> None:
        """What is held was taken, by the store or by the spool; what met its like on the way is done with."""
        known = sum(gathering.known for gathering in self._held.values())
        conflicts = sum(gathering.conflicts for gathering in self._held.values())
        self._count(Merged(0, known, conflicts))
        self._held = {}

    def _take_queue(self) -> None:
        held = self._held
        while self.queue:
            fresh = self.queue.popleft()
            if not held:
                held = self._held = fresh
                continue
            for key, gathering in fresh.items():
                if key in held:
                    held[key].absorb(gathering)
                else:
                    held[key] = gathering

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        text = str(error) or type(error).__name__
        if text != self.last_error:
            where = "in memory" if self._spool is None else f"in {self._spool.place}"
            _log.error("facts cannot be stored, and are kept %s: %s", where, text)
        self.last_error = text
        self._put_on_disk()
        if sum(gathering.timed for gathering in self._held.values()) > _LATENCIES_HELD:
            self.latencies_dropped += sum(gathering.forget_latencies() for gathering in self._held.values())

    def _put_on_disk(self) -> None:
        """Where there is no room, or no disk either, facts stay in memory."""
        if self._spool is None or not self._held:
            return
        try:
            taken = self._spool.put([gathering.batch() for gathering in self._held.values()])
        except Exception as error:  # whatever it is, what was observed is kept
            _log.error("facts cannot be kept on disk either: %s", error)
            return
        if taken:
            self._spooled = True
            self._let_go()
