"""The states of a period out of a store of years: reads what can matter for the period, and no more."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Protocol

from availability.estate import Check, Estate
from availability.evaluation import Evaluation, Layout, evaluate
from availability.failover_events import checks_under, pair_parts
from availability.outcome import Status
from availability.periods import Period
from availability.ports import Row
from availability.presumption import needing
from availability.spans import Span
from availability.states import DOWN
from availability.timeline import FOREVER, NEVER, Timeline
from availability.walk import WEEK_MS, Seen, Walk, advance, seen, start

DAY_MS = 86_400_000
_BEFORE_MS = 15 * DAY_MS
"""Read before what must be exact: long enough for nearly every state to be confirmed after the settling time."""
_AFTER_MS = DAY_MS
"""Read after it, so that the runs at its end are long enough to be decided."""
_SETTLING_MS = WEEK_MS + DAY_MS
"""What an observation before the horizon may still say: that a vantage stands beside its target (section 3), and the
state of a check that goes stale within this time. Slower checks are read whole."""

Key = tuple[str, str]


class Readable(Protocol):
    """The facts of a store, as `availability.ports.FactStore` gives them."""

    def series(
        self, until: int | None = None, since: int | None = None, keys: Container[Key] | None = None
    ) -> Iterable[tuple[Key, list[Row]]]:
        """One series after the other; only those in `keys` where that is given."""

    def extents(self) -> Mapping[Key, Span]:
        """(check, vantage) to the first and the last instant at which there is an observation."""


def evaluation_for(store: Readable, estate: Estate, period: Period, as_of: int, begin: int | None = None) -> Evaluation:
    """The evaluation of `estate` as known at `as_of`, as far as the account of `period` (and of the time from `begin`
    on) depends on it: the same account as from all facts of the store.

    Outages are told whole, so whatever is DOWN where that time begins or ends is read as far as it reaches; and so is
    all that a failover pair rests on, whose last test and first fact may be from any time.
    """
    first = period.start if begin is None else min(period.start, begin)
    bounds = _Bounds(min(first, as_of), min(period.end, as_of), as_of)
    reading = _Reading(store, estate, bounds)
    reading.read()
    evaluation = Evaluation(estate, reading.seen_by)
    reaching = reading.reaching_beyond(evaluation)
    if not reaching:
        return evaluation
    reading.read_whole(reaching)
    return Evaluation(estate, reading.seen_by)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What must be exact: `first` to `last`, as known at `as_of`."""

    first: int
    last: int
    as_of: int

    @property
    def since(self) -> int:
        return self.first - _BEFORE_MS

    @property
    def settled(self) -> int:
        """From when on nothing before `since` can matter, but for a state that was not confirmed anew."""
        return self.since + _SETTLING_MS

    @property
    def until(self) -> int:
        return min(self.last + _AFTER_MS, self.as_of)


@dataclass
class _Reading:
    """What was read so far. `partly` has the series that were not read whole, each with the time (from, until) in
    which its state is the same whatever else there is."""

    store: Readable
    estate: Estate
    bounds: _Bounds
    seen_by: dict[str, dict[str, Seen]] = field(default_factory=dict)
    partly: dict[Key, Span] = field(default_factory=dict)

    def read(self) -> None:
        """All series around the bounds, and whole those for which that does not do."""
        bounds = self.bounds
        checks = self._checks()
        extents = {key: extent for key, extent in self.store.extents().items() if key[0] in checks}
        whole = {id_ for id_, check in checks.items() if check.stale_after_ms > _SETTLING_MS} | self._under_pairs()
        again = {key for key in extents if key[0] in whole}
        read = set()
        for key, walk in self._walked(self.store.series(bounds.until, bounds.since)):
            read.add(key)
            first, last = extents.get(key, (NEVER, FOREVER))
            begin = NEVER if first >= bounds.since else max(_known_from(walk), bounds.settled)
            end = FOREVER if last <= bounds.until or bounds.until == bounds.as_of else _known_until(walk, bounds.until)
            if begin > bounds.first or end < bounds.last:
                again.add(key)
            elif key not in again:
                self._keep(key, walk, begin, end)
        for key in extents.keys() - read - again:
            # It was silent all that time.
            first, last = extents[key]
            begin, end = (
                NEVER if first > bounds.until else bounds.settled,
                FOREVER if last < bounds.since else bounds.until,
            )
            self.partly[key] = (begin, end)
        self.read_whole(again)

    def read_whole(self, keys: Set[Key]) -> None:
        """All facts of `keys` up to `as_of`."""
        if keys:
            for key, walk in self._walked(self.store.series(self.bounds.as_of, keys=keys)):
                self._keep(key, walk, NEVER, FOREVER)

    def reaching_beyond(self, evaluation: Evaluation) -> set[Key]:
        """The series under whatever is DOWN at the first or last instant for longer than is certain."""
        if not self.partly:
            return set()
        certain = _common(self.partly.values())
        doubtful: set[str] = set()
        for ids, timeline in self._told(evaluation):
            if not all(_inside(down, certain) for down in self._at_the_bounds(timeline)):
                doubtful |= self._reaching(evaluation, ids, timeline)
        return self._partly_under(evaluation, doubtful)

    def _reaching(self, evaluation: Evaluation, ids: Sequence[str], timeline: Timeline) -> set[str]:
        under = self._partly_under(evaluation, ids)
        certain = _common(self.partly[key] for key in under)
        return set() if all(_inside(down, certain) for down in self._at_the_bounds(timeline)) else set(ids)

    def _at_the_bounds(self, timeline: Timeline) -> Iterator[Span]:
        """The stretches of DOWN, whole, that hold the first and the last instant."""
        for instant in (self.bounds.first, self.bounds.last - 1):
            index = bisect_right(timeline.edges, instant)
            if index and timeline.values[index - 1] == DOWN:
                yield timeline.edges[index - 1], timeline.edges[index] if index < len(timeline.edges) else FOREVER

    def _partly_under(self, evaluation: Evaluation, ids: Iterable[str]) -> set[Key]:
        checks = checks_under(self.estate, evaluation.layout, ids)
        return {key for key in self.partly if key[0] in checks}

    def _told(self, evaluation: Evaluation) -> Iterator[tuple[Sequence[str], Timeline]]:
        """Everything of which outages may be told, with the ids that it rests on."""
        for id_, timeline in evaluation.states.items():
            yield (id_,), timeline
        for service in self.estate.services.values():
            for participant in service.participants:
                if participant.needs:
                    expression = needing(service.id, participant.needs)
                    yield (service.id, *participant.needs), evaluate(expression, evaluation.states)

    def _walked(self, series: Iterable[tuple[Key, list[Row]]]) -> Iterator[tuple[Key, Walk]]:
        checks = self._checks()
        for key, rows in series:
            check = checks.get(key[0])
            if check is not None:
                walk = start(check)
                advance(walk, rows, self.bounds.as_of)
                yield key, walk

    def _keep(self, key: Key, walk: Walk, begin: int, end: int) -> None:
        self.seen_by.setdefault(key[0], {})[key[1]] = seen(walk, self.bounds.as_of)
        if (begin, end) == (NEVER, FOREVER):
            self.partly.pop(key, None)
        else:
            self.partly[key] = (begin, end)

    def _checks(self) -> Mapping[str, Check]:
        return {check.id: check for part in self.estate.parts.values() for check in part.checks}

    def _under_pairs(self) -> set[str]:
        ids = [id_ for pair in self.estate.pairs for id_ in pair_parts(pair)]
        return checks_under(self.estate, Layout.of(self.estate), ids) if ids else set()


def _known_from(walk: Walk) -> int:
    """From when on the state is the same whatever came before: something was confirmed."""
    return walk.edges[0] if walk.edges else FOREVER


def _known_until(walk: Walk, until: int) -> int:
    """Until when the state is the same whatever comes after `until`: a run that is too short may yet be confirmed."""
    if walk.last is None or walk.last + walk.stale_after_ms <= until:
        return until
    needed = walk.rise if walk.run_status == Status.OK else walk.fall
    return until if walk.run_length >= needed else walk.run_first


def _common(spans: Iterable[Span]) -> Span:
    """The time in all of `spans`."""
    listed = list(spans)
    return max((begin for begin, _ in listed), default=NEVER), min((end for _, end in listed), default=FOREVER)


def _inside(down: Span, certain: Span) -> bool:
    """Whether `down` begins and ends within `certain`, so that it does not go on outside of it."""
    return (certain[0] == NEVER or certain[0] < down[0]) and (certain[1] == FOREVER or down[1] < certain[1])
