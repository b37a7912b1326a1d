"""The judgement of now, kept fresh beside the probing: states, the running figures, and where each pair stands."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from availability.degradation import Worsened
from availability.estate import Estate, FailoverPair, Per
from availability.evaluation import Evaluation, SeenBy
from availability.failover_events import first_fact
from availability.failovers import PairNow, pair_now
from availability.judge import judge_evaluation
from availability.periods import period_at
from availability.report import Report, ServiceReport
from availability.service_now import Hours, excused_now, hours_now
from availability.standing import NOTHING_WORSE, LastLooks, Standing, part_states
from availability.windows import maintenance_spans
from collector.board import Board

_SHARE = 50
"""A judgement that took d seconds is followed by 50 × d seconds without one: 2% of a core."""
_SOONEST_S = 1.0
_LATEST_S = 30.0
_LONGEST_PAUSE_S = 60.0
"""However long one took (the first of a large estate, or on a machine that was busy): now must not become long ago."""
_TESTS_MS = 800 * 86_400_000
"""How far back failover tests are looked for: two of the yearly ones and a margin."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Judgement:
    """Everything as it stood at `at` (epoch milliseconds)."""

    at: int
    standing: Standing
    month: Report
    """The running month."""
    current: tuple[ServiceReport, ...]
    """Every service in the running period of its agreement."""
    previous: tuple[ServiceReport, ...]
    """Every service in the last whole period of its agreement."""
    pairs: Mapping[str, PairNow]
    maintenance: Mapping[str, bool]
    hours: Mapping[str, Hours]
    """Of every service whether it is agreed time, and when that changes."""
    excused: frozenset[str]
    """Services that are not up only because of what their agreement excuses."""
    tests_due: Mapping[str, int]
    """Until when the next test of a pair must have begun."""


def judge_now(
    estate: Estate,
    seen_by: SeenBy,
    looks: LastLooks,
    now: int,
    before: Judgement | None = None,
    worse: Worsened = NOTHING_WORSE,
) -> Judgement:
    """The judgement of `now`, which can run in a thread; what nothing happened to is taken over from `before`."""
    earlier = before.standing if before is not None and before.standing.evaluation.estate is estate else None
    evaluation = Evaluation(estate, seen_by, earlier.evaluation if earlier else None)
    month = judge_evaluation(evaluation, period_at(now, "month", estate.timezone), now)
    current = {service.id: service for service in month.services}
    previous: dict[str, ServiceReport] = {}
    pers: set[Per] = {estate.agreements[service.agreement].per for service in estate.services.values()}
    for per in sorted(pers):
        ids = [one.id for one in estate.services.values() if estate.agreements[one.agreement].per == per]
        running = period_at(now, per, estate.timezone)
        last = period_at(running.start - 1, per, estate.timezone)
        previous.update((one.id, one) for one in judge_evaluation(evaluation, last, now, ids).services)
        if per != "month":
            current.update((one.id, one) for one in judge_evaluation(evaluation, running, now, ids).services)
    pairs = {pair.id: pair_now(evaluation, pair, now, now - _TESTS_MS) for pair in estate.pairs}
    return Judgement(
        at=now,
        standing=part_states(evaluation, looks, now, earlier, worse),
        current=tuple(current[id_] for id_ in estate.services),
        previous=tuple(previous[id_] for id_ in estate.services),
        month=month,
        pairs=pairs,
        maintenance=maintenance_now(estate, now),
        hours=hours_now(estate, now, before.hours if before is not None and earlier is not None else {}),
        excused=excused_now(evaluation, now),
        tests_due={
            pair.id: _test_due(evaluation, pair, pairs[pair.id], now) for pair in estate.pairs if pair.test_every_ms
        },
    )


def _test_due(evaluation: Evaluation, pair: FailoverPair, standing: PairNow, now: int) -> int:
    """A pair that was never tested was due when its facts began."""
    if standing.last_test is not None:
        return standing.last_test + (pair.test_every_ms or 0)
    first = first_fact(evaluation, pair)
    return now if first is None else first


def maintenance_now(estate: Estate, now: int) -> dict[str, bool]:
    """Every id that a maintenance record names, and whether one of its records runs now."""
    active: dict[str, bool] = {}
    for record in estate.maintenance:
        runs = bool(maintenance_spans(record, estate.timezone, now, now + 1))
        for id_ in record.affects:
            active[id_] = active.get(id_, False) or runs
    return active


class Judging:
    """Judges again when something changed, and at times when nothing did, without holding up the probes.

    `latest` is None before the first judgement; `listeners` are called with each new one, on the event loop.
    `failures` counts judgements that an exception ended, and `failing` is whether the last one was such.
    """

    def __init__(self, board: Board, wall_ms: Callable[[], int]) -> None:
        self.latest: Judgement | None = None
        self.listeners: list[Callable[[Judgement], None]] = []
        self.failures = 0
        self.failing = False
        self._board = board
        self._wall_ms = wall_ms
        self._turn = asyncio.Lock()
        self._complaint = ""

    async def judge(self) -> Judgement:
        """A judgement of this moment."""
        async with self._turn:
            self._board.changed.clear()
            estate = self._board.estate
            now = self._wall_ms()
            seen_by = await self._board.knowledge(now)
            # After a failure nothing is taken over: it may have been what the failure came from.
            before = None if self.failing else self.latest
            worse = self._board.worse(now)
            self.latest = judgement = await asyncio.to_thread(
                judge_now, estate, seen_by, self._board.look, now, before, worse
            )
            for listener in self.listeners:
                listener(judgement)
            return judgement

    async def run(self) -> None:
        """Judge until cancelled: soon after a change, at the latest when an unwatched check would become unknown.

        A judgement that fails is a mistake of ours. It is logged, counted and shown, and probing goes on without it.
        """
        while True:
            started = time.monotonic()
            await self._try()
            took = time.monotonic() - started
            await asyncio.sleep(max(_SOONEST_S, min(_SHARE * took, _LONGEST_PAUSE_S)))
            try:
                async with asyncio.timeout(self._patience()):
                    await self._board.changed.wait()
            except TimeoutError:
                pass

    async def _try(self) -> None:
        try:
            await self.judge()
        except Exception as error:
            self.failures += 1
            self.failing = True
            if repr(error) != self._complaint:
                self._complaint = repr(error)
                _log.exception("the judgement failed, and figures stay as they are; the same again is counted only")
        else:
            if self.failing:
                _log.warning("judgements succeed again")
            self.failing, self._complaint = False, ""

    def _patience(self) -> float:
        """Seconds that may pass without a change: a third of the shortest time for which an observation speaks."""
        shortest = min(
            (check.stale_after_ms for part in self._board.estate.parts.values() for check in part.checks), default=0
        )
        return min(_LATEST_S, max(_SOONEST_S, shortest / 3000))
