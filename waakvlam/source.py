"""The collector as its exporters see it: answers from memory, gathered from the parts that know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from availability.estate import Estate
from availability.judge import judge
from availability.periods import parse_period, period_at
from availability.ports import CheckState, FactStore, PartState
from availability.report import Report
from availability.standing import since
from availability.states import UNKNOWN, UP
from availability.walk import Seen
from collector.board import Board
from collector.probes.heartbeat import HeartbeatOptions
from config.settings import Settings
from exporters.source import CheckRow, Health, PairState, Standing
from waakvlam.judging import Judging
from waakvlam.receiving import Receiving

_NOBODY: Mapping[str, Seen] = {}

_Told = tuple[Seen | None, int, int | None]
"""What is known of a check, and the state and since when that follow from it."""


class Source:
    """Fulfils `exporters.source.MetricsSource`."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        vantages: Callable[[], Container[str]],
        board: Board,
        judging: Judging,
        store: FactStore,
        health: Callable[[], Health],
        wall_ms: Callable[[], int],
        receiving: Receiving,
    ) -> None:
        """`vantages` are those of which it tells the checks."""
        self._settings = settings
        self._vantages = vantages
        self._board = board
        self._judging = judging
        self._store = store
        self._health = health
        self._wall_ms = wall_ms
        self._receiving = receiving
        self._told: dict[tuple[str, str], _Told] = {}

    def estate(self) -> Estate:
        """What is configured now."""
        return self._board.estate

    def checks(self) -> Iterable[CheckRow]:
        """Every check that this process probes or an agent reports, with its last outcome; on a store of several
        centres also what the others observe."""
        latest, board = self._judging.latest, self._board
        vantages = self._vantages()
        seen_by = latest.standing.evaluation.seen_by if latest else {}
        degraded = latest.standing.degraded if latest else {}
        before, self._told = self._told, {}
        pairs = ((id_, spec, one) for id_, spec in self._settings().checks.items() for one in spec.vantages)
        for id_, spec, vantage in pairs:
            if vantage not in vantages:
                continue
            knowledge = seen_by.get(id_, _NOBODY).get(vantage)
            told = before.get((id_, vantage))
            if told is None or told[0] is not knowledge:
                told = _told(knowledge, latest.at if latest else 0)
            self._told[id_, vantage] = told
            series = board.series(id_, vantage)
            if series is None or series.outcome is None:
                yield CheckRow(CheckState(id_, spec.part, vantage, told[1], told[2], None, None), spec.probe, {})
            else:
                found = degraded.get((id_, vantage))
                state = CheckState(id_, spec.part, vantage, told[1], told[2], series.at, series.outcome, found)
                if isinstance(spec.options, HeartbeatOptions):
                    within, grace = spec.options.within, spec.options.grace or 0
                    yield CheckRow(state, spec.probe, series.counts, within, grace)
                else:
                    yield CheckRow(state, spec.probe, series.counts)

    def parts(self) -> Iterable[PartState]:
        """Every component, link and service as last judged, less what is no longer configured."""
        latest, estate = self._judging.latest, self._board.estate
        if latest is None:
            return ()
        parts = latest.standing.parts
        if latest.standing.evaluation.estate is estate:
            return parts.values()
        return [part for id_, part in parts.items() if id_ in estate.parts or id_ in estate.services]

    def standing(self) -> Standing | None:
        """The figures as last judged."""
        latest = self._judging.latest
        if latest is None:
            return None
        pairs, hours, excused = latest.month.pairs, latest.hours, latest.excused
        return Standing(latest.at, latest.current, latest.previous, pairs, hours, excused)

    def pairs(self) -> Iterable[PairState]:
        """Every failover pair as last judged."""
        latest = self._judging.latest
        for pair in self.estate().pairs:
            now = latest.pairs.get(pair.id) if latest else None
            if now is None:
                continue
            yield PairState(
                id=pair.id,
                event_active=now.last is not None and now.last.ended_at is None,
                takeover_ms=now.last.interrupted_ms if now.last else None,
                deadline=None if now.interrupted_since is None else now.interrupted_since + pair.within_ms,
                protected=None if now.standby == UNKNOWN else now.standby == UP,
                last_test=now.last_test,
                within_ms=pair.within_ms,
                test_due=latest.tests_due.get(pair.id) if latest else None,
            )

    def maintenance(self) -> Mapping[str, bool]:
        """Which parts and services are under maintenance, as last judged."""
        return self._judging.latest.maintenance if self._judging.latest else {}

    def health(self) -> Health:
        """The collector's own health."""
        return self._health()

    def not_ready(self) -> Sequence[str]:
        """What keeps it from being ready."""
        reasons = []
        if self._judging.latest is None:
            reasons.append("The first judgement has not been made yet.")
        if self._judging.failing:
            reasons.append("The last judgement failed: see the log for why. States and figures are those before it.")
        if not self._health().store_healthy:
            reasons.append("Facts are not being stored: see the log for what the store said.")
        if receiving := self._receiving.not_ready():
            reasons.append(receiving)
        return reasons

    async def report(self, period: str | None) -> Report:
        """The judgement of a period from the store, in a thread."""
        return await asyncio.to_thread(self._report, period)

    def _report(self, label: str | None) -> Report:
        estate, now = self.estate(), self._wall_ms()
        timezone = estate.timezone
        period = period_at(now, "month", timezone) if label is None else parse_period(label, timezone)
        return judge(estate, self._store.rows(until=now), period, now)


def _told(knowledge: Seen | None, now: int) -> _Told:
    if knowledge is None:
        return None, UNKNOWN, None
    return knowledge, knowledge.state.at(now), since(knowledge.state, now)
