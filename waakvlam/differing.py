"""What of a closed month would be told otherwise now, stretch by stretch, and because of what.

Each cause is found by judging without it: first as frozen but with the facts that came later, then with today's
configuration, with today's maintenance trail, and up to now; and of the trail without each later entry in turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from availability.account import RestatedService
from availability.class_spans import ClassSpans, Piece, SubjectKey, class_spans, pieces
from availability.closing import METHOD, Frozen
from availability.estate_changes import changes
from availability.evaluation import Evaluation
from availability.periods import parse_period
from availability.trail import Entry, records, with_trail
from collector.store import SqlStore
from config.problems import ConfigError
from config.settings import Settings
from waakvlam.closing import (
    View,
    estate_then,
    evaluations,
    period_of,
    read_month,
    restated,
    settings_then,
)
from waakvlam.verifying import differing_series

Kind = Literal["late_facts", "method", "unexplained", "configuration", "entry", "later_facts"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a stretch is of another class now; `entry` of the maintenance trail where it is that."""

    kind: Kind
    entry: Entry | None = None
    category: str = ""
    """Of the record that the entry is about."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A stretch of agreed time that is of another class than was frozen; None: it is no agreed time."""

    service: str
    participant: str | None
    start: int
    end: int
    was: str | None
    is_: str | None
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Differing:
    """A closed month held against what would be told now (`as_of`, epoch milliseconds)."""

    frozen: Frozen
    digest: str
    timezone: str
    as_of: int
    moved: tuple[Moved, ...]
    restated: tuple[RestatedService, ...]
    removed: tuple[str, ...]
    """Services that are configured no more."""
    late: tuple[tuple[str, str], ...]
    """(check, vantage) of which other facts are known than were then."""
    configured: tuple[str, ...]
    """What is judged by and configured otherwise since."""
    unread: str
    """Why the configuration that was frozen cannot be read; empty where it can."""

    @property
    def anything(self) -> bool:
        return bool(self.moved or self.restated or self.removed)


class NotClosed(Exception):
    """The month was not closed; the text says which were."""


def differing(store: SqlStore, settings: Settings, label: str, now: int) -> Differing:
    """What became of the closed month `label`. NotClosed, or StoreError where the store cannot be read."""
    links = store.closings()
    link = next((link for link in links if link.period == label), None)
    if link is None:
        closed = f": closed are {links[0].period} to {links[-1].period}" if links else ": none was closed yet"
        raise NotClosed(f"--period: {label} was not closed{closed}")
    return _Comparison(store, settings, read_month(link).frozen, link.digest, now).result()


class _Comparison:
    """The judgements of one month, from what was frozen to what is told now."""

    def __init__(self, store: SqlStore, settings: Settings, frozen: Frozen, digest: str, now: int) -> None:
        self._frozen = frozen
        self._digest = digest
        self._now = now
        self._today = settings.estate
        self._period = parse_period(frozen.period, settings.estate.timezone)
        self._unread = ""
        self._configured: tuple[str, ...] = ()
        with store.holdings() as held:
            self._trail = held.trail()
            self._prefix = self._trail[: frozen.trail.entries]
            with_prefix = with_trail(self._today, self._prefix)
            views = [View(with_prefix, self._period, frozen.as_of), View(with_prefix, self._period, now)]
            try:
                views.append(View(estate_then(settings, frozen, self._prefix), period_of(frozen), frozen.as_of))
                self._configured = changes(settings_then(settings, frozen).estate, self._today)
            except ConfigError as error:
                self._unread = str(error.problems[0])
            states, self._facts = evaluations(held, views, (frozen.facts.start, frozen.facts.end))
        self._known_then, self._known_now = states[:2]
        self._as_configured_then = states[2] if len(states) > 2 else None

    def result(self) -> Differing:
        frozen, estate = self._frozen, self._today
        today = _with(self._known_now, self._trail)
        services = {service for service, _ in frozen.spans}
        return Differing(
            frozen=frozen,
            digest=self._digest,
            timezone=estate.timezone,
            as_of=self._now,
            moved=tuple(self._moved(today)),
            restated=tuple(restated(frozen, today, self._period, self._now)),
            removed=tuple(sorted(services - estate.services.keys())),
            late=tuple((check, vantage) for check, vantage, _, _ in differing_series(frozen.facts, self._facts)),
            configured=self._configured,
            unread=self._unread,
        )

    def _moved(self, today: Evaluation) -> Iterator[Moved]:
        """What moved, with its causes; a stretch ends where another cause begins."""
        frozen, at = self._frozen, self._frozen.as_of
        configured = class_spans(self._known_then, self._period, at)
        entered = class_spans(_with(self._known_then, self._trail), self._period, at)
        then = configured if self._as_configured_then is None else self._spans_then(self._as_configured_then)
        steps: list[ClassSpans] = [frozen.spans, then, configured, entered, class_spans(today, self._period, self._now)]
        subjects = [*frozen.spans, *(key for key in steps[-1] if key not in frozen.spans)]
        by_entry = self._by_entry([key for key in subjects if configured.get(key, ()) != entered.get(key, ())])
        for key in subjects:
            layers = [step.get(key, ()) for step in steps]
            if any(one != other for one, other in pairwise(layers)):
                entries = [(entry, without.get(key, ()), alone.get(key, ())) for entry, without, alone in by_entry]
                every = [*layers, *(without for _, without, _ in entries), *(alone for _, _, alone in entries)]
                yield from _joined(key, pieces(every), len(layers), self._causes([entry for entry, _, _ in entries]))

    def _spans_then(self, evaluation: Evaluation) -> ClassSpans:
        return class_spans(evaluation, period_of(self._frozen), self._frozen.as_of)

    def _by_entry(self, subjects: Sequence[SubjectKey]) -> list[tuple[Entry, ClassSpans, ClassSpans]]:
        """Each later entry that may have changed something: how it would be without it, and with it alone."""
        services = sorted({service for service, _ in subjects if service in self._today.services})
        if not services:
            return []
        judged: list[tuple[Entry, ClassSpans, ClassSpans]] = []
        found = records(self._trail)
        at, period = self._frozen.as_of, self._period
        for index in range(len(self._prefix), len(self._trail)):
            record = found.get(self._trail[index].record)
            if record is None or record.work.start_ms >= period.end or record.work.end_ms <= period.start:
                continue
            without = _with(self._known_then, [*self._trail[:index], *self._trail[index + 1 :]])
            alone = _with(self._known_then, [*self._prefix, self._trail[index]])
            spans = [class_spans(one, period, at, services) for one in (without, alone)]
            judged.append((self._trail[index], spans[0], spans[1]))
        return judged

    def _causes(self, entries: Sequence[Entry]) -> _Causes:
        frozen = self._frozen
        kinds: list[Kind] = ["method"] if frozen.method != METHOD else []
        kinds += ["late_facts"] if frozen.facts.digest != self._facts.digest else []
        found = records(self._trail)
        told = [
            Cause("entry", entry, found[entry.record].work.category if entry.record in found else "")
            for entry in entries
        ]
        return _Causes([Cause(kind) for kind in kinds or ["unexplained"]], told)


@dataclass(frozen=True, slots=True)
class _Causes:
    """Which causes a stretch has, from its classes: frozen, with later facts, configured, entered, now; then without
    each entry, then with each alone."""

    frozen_otherwise: Sequence[Cause]
    entries: Sequence[Cause]

    def of(self, classes: Sequence[str | None]) -> tuple[Cause, ...]:
        frozen, then, configured, entered, now = classes[:5]
        causes: list[Cause] = []
        if frozen != then:
            causes += self.frozen_otherwise
        if then != configured:
            causes.append(Cause("configuration"))
        if configured != entered:
            count = len(self.entries)
            without, alone = classes[5 : 5 + count], classes[5 + count :]
            # Of two that excuse the same time neither is missed when it is left out: then each counts that would do.
            needed = [one for one, of_class in zip(self.entries, without, strict=True) if of_class != entered]
            enough = [one for one, of_class in zip(self.entries, alone, strict=True) if of_class != configured]
            causes += needed or enough or self.entries
        if entered != now:
            causes.append(Cause("later_facts"))
        return tuple(causes)


def _joined(key: SubjectKey, found: Iterator[Piece], layers: int, causes: _Causes) -> Iterator[Moved]:
    """The pieces that moved, neighbours of one cause in one."""
    held: Moved | None = None
    for piece in found:
        was, is_ = piece.classes[0], piece.classes[layers - 1]
        if was == is_:
            continue
        new = Moved(*key, piece.start, piece.end, was, is_, causes.of(piece.classes))
        if held is not None:
            if (held.end, held.was, held.is_, held.causes) == (new.start, new.was, new.is_, new.causes):
                new = Moved(*key, held.start, new.end, was, is_, held.causes)
            else:
                yield held
        held = new
    if held is not None:
        yield held


def _with(evaluation: Evaluation, trail: Sequence[Entry]) -> Evaluation:
    """The same states under the records of `trail` instead; what was observed does not change by them."""
    result = copy(evaluation)
    configured = tuple(record for record in evaluation.estate.maintenance if record.entered_at is None)
    result.estate = with_trail(replace(evaluation.estate, maintenance=configured), trail)
    return result
