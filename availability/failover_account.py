"""The account of one failover event, a test or a real one: when, what, how long, who, met or not, and what is not
known of it (ICT NML DVO 2018, 4.1.4: the report that is handed to the auditor)."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from availability import facts as observations
from availability.estate import Estate, FailoverPair, Maintenance, Service
from availability.evaluation import Evaluation
from availability.failover_events import first_fact, pair_parts, reached
from availability.failover_timeline import Change, Role, RoleName, Runs, changes, clipped, judged_checks, roles_of
from availability.failovers import failovers, interruptions, is_test, protected_ratio
from availability.judge import Facts, judge_evaluation, observe
from availability.outages import leaves
from availability.outcome import Status
from availability.periods import Period
from availability.ports import Run
from availability.report import Failover, Figures
from availability.spans import Span, clip, intersect, total
from availability.states import UNKNOWN
from availability.timeline import NOTHING_KNOWN, Timeline
from availability.windows import maintenance_spans

SHORTLY_MS = 5 * 60_000
"""How long before and after an event its timeline is told."""
PROTECTION_MS = 30 * 86_400_000
"""How long before and after an event the standby is looked at."""

_SOON_MS = 10 * 60_000
"""Within this time most events are confirmed."""

DoubtKind = Literal[
    "lasting",
    "function_unknown",
    "primary_unknown",
    "standby_unknown",
    "facts_begin",
    "precision",
    "one_vantage",
    "silent",
    "no_function",
    "test_recovered",
    "test_seamless",
    "entered_late",
    "entered_by_nobody",
]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that cannot be said of the event, or only so precisely; `ms` and `ids` as `kind` needs them."""

    kind: DoubtKind
    ms: int = 0
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Announced:
    """A maintenance record of the pair, or of what it consists of, that overlaps the event."""

    record: Maintenance
    span: Span
    """The stretch of it that does."""
    marks_test: bool
    """Whether it is what makes the event a test."""


@dataclass(frozen=True, slots=True)
class Watched:
    """How one check was looked at from one vantage during the event."""

    role: RoleName
    part: str
    check: str
    vantage: str
    interval_ms: int
    ok: int
    failed: int
    none: int
    unknown_ms: int
    """Time of the event in which this vantage knew nothing of it."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A service that rests on the pair, in the time of the event, whatever the cause."""

    service: str
    name: str
    agreement: str
    figures: Figures
    participants: tuple[tuple[str, Figures], ...]
    """Each of its participants; those without parts of their own have it as the service is."""


@dataclass(frozen=True, slots=True)
class Protection:
    """Whether the standby was up: states at three instants, and shares of the 30 days around the event."""

    at_start: int
    at_end: int
    now: int
    before: Fraction | None
    after: Fraction | None
    """Up to `as_of` where that is sooner; None as long as nothing is known of it."""


@dataclass(frozen=True, slots=True)
class FailoverAccount:
    """Everything there is to say of `event`, as known at `as_of`."""

    name: str
    pair: FailoverPair
    event: Failover
    as_of: int
    confirmed_at: int
    """The first observation after which the event could be known: it is dated back to the first failed one."""
    deadline: int | None
    """When the agreed time of the longest interruption is over; None without one."""
    interruptions: tuple[Span, ...]
    extent: Span
    """From the first to the last instant of event and interruptions; to `as_of` where one still lasts."""
    records: tuple[Announced, ...]
    timeline: tuple[Change, ...]
    watched: tuple[Watched, ...]
    unknown_ms: Mapping[RoleName, int]
    """How much of the extent nobody knows, per role."""
    touched: tuple[Touched, ...]
    protection: Protection
    doubts: tuple[Doubt, ...]
    digest: str
    """SHA-256 of the observations from shortly before to shortly after (see `digest_of`)."""
    observations: int
    """How many those are."""

    @property
    def agreements(self) -> tuple[str, ...]:
        """The agreements of the services that rest on the pair."""
        return tuple(dict.fromkeys(one.agreement for one in self.touched))


@dataclass(frozen=True)
class Known:
    """What an account is made from: `runs` with their reasons of at least the time `window_of` gives.

    `facts` and `runs` may be limited to what the pair and the services that rest on it depend on. `expected` is per
    check the vantages that were to look.
    """

    evaluation: Evaluation
    facts: Facts
    runs: Runs
    as_of: int
    expected: Mapping[str, Collection[str]] = field(default_factory=dict)


def window_of(evaluation: Evaluation, pair: FailoverPair, event: Failover, as_of: int) -> Span:
    """From shortly before `event` and its interruptions to shortly after; not past `as_of`."""
    start, end = _extent(evaluation, pair, event, as_of)
    return start - SHORTLY_MS, min(end + SHORTLY_MS, as_of)


def resting_on(estate: Estate, pair: FailoverPair) -> list[Service]:
    """The services whose state depends on primary, standby or function of `pair`, in the estate's order."""
    parts = set(pair_parts(pair)) | reached(estate, (pair.primary, pair.standby))
    return [one for one in estate.services.values() if not parts.isdisjoint(reached(estate, (one.id,)))]


def failover_account(known: Known, pair: FailoverPair, name: str, event: Failover) -> FailoverAccount:
    """The account of `event` of `pair`, which `failovers` gave for the same evaluation and `as_of`."""
    evaluation, as_of = known.evaluation, known.as_of
    interrupted = tuple(interruptions(evaluation, pair, event, as_of))
    longest = max(interrupted, key=lambda span: span[1] - span[0], default=None)
    extent = _extent(evaluation, pair, event, as_of)
    window = window_of(evaluation, pair, event, as_of)
    roles = roles_of(evaluation, pair)
    watched = tuple(_watched(known, roles, extent))
    unknown = {role.role: total(clip(role.state.spans(UNKNOWN, until=as_of), *extent)) for role in roles}
    records = _records(evaluation.estate, pair, event, extent)
    return FailoverAccount(
        name=name,
        pair=pair,
        event=event,
        as_of=as_of,
        confirmed_at=_confirmed_at(known, pair, event, roles),
        deadline=None if longest is None else longest[0] + pair.within_ms,
        interruptions=interrupted,
        extent=extent,
        records=records,
        timeline=changes(evaluation, roles, known.runs, window),
        watched=watched,
        unknown_ms=unknown,
        touched=tuple(_touched(evaluation, pair, extent, as_of)),
        protection=_protection(evaluation, pair, event, as_of),
        doubts=tuple(_doubts(known, pair, event, window, watched, unknown, records)),
        digest=digest_of(known.runs, window),
        observations=sum(run.length for runs in known.runs.values() for run in _within(runs, window)),
    )


def digest_of(runs: Runs, window: Span) -> str:
    """SHA-256 (hexadecimal) of the observations within `window`, which depends on them alone.

    It is of UTF-8 lines, sorted by check and vantage, then in order of time, each with tabs between check, vantage,
    first instant and step (milliseconds), count, status (0 none, 1 ok, 2 failed), reason and detail, and a line feed at
    its end; equal observations at an equal step are one line, from the earliest on.
    """
    digest = hashlib.sha256()
    for (check, vantage), series in sorted(runs.items()):
        whole: list[Run] = []
        for run in _within(series, window):
            observations.append(whole, run)
        for first, step, length, status, reason, detail in whole:
            fields = (check, vantage, first, step, length, int(status), reason or "", detail)
            digest.update(("\t".join(map(str, fields)) + "\n").encode())
    return digest.hexdigest()


def _within(runs: Iterable[Run], window: Span) -> Iterable[Run]:
    for run in runs:
        piece = clipped(run, *window)
        if piece is not None:
            yield piece


def _extent(evaluation: Evaluation, pair: FailoverPair, event: Failover, as_of: int) -> Span:
    end = as_of if event.ended_at is None else event.ended_at
    spans = [(event.started_at, end), *interruptions(evaluation, pair, event, as_of)]
    return min(start for start, _ in spans), max(end for _, end in spans)


def _confirmed_at(known: Known, pair: FailoverPair, event: Failover, roles: Iterable[Role]) -> int:
    """The first observation of what the event was seen by, after which `failovers` tells of it.

    It is looked for by halves: once enough failures in a row were seen, no later observation takes that back.
    """
    evaluation = known.evaluation
    end = known.as_of if event.ended_at is None else event.ended_at
    before: Evaluation | None = None

    def told_at(instant: int) -> bool:
        nonlocal before
        before = Evaluation(evaluation.estate, observe(evaluation.estate, known.facts, instant), before)
        return bool(failovers(before, pair, event.started_at, end, instant + 1))

    soon = _SOON_MS
    while event.started_at + soon < end and not told_at(event.started_at + soon):
        soon *= 4
    until = min(event.started_at + soon + 1, end)
    instants = sorted(_instants(known.runs, _judged(evaluation, roles), (event.started_at, until)))
    if not instants:
        return event.started_at
    return instants[min(bisect_left(instants, True, key=told_at), len(instants) - 1)]


def _judged(evaluation: Evaluation, roles: Iterable[Role]) -> set[str]:
    """The checks that the states of `roles` are made of."""
    return {
        check.id
        for role in roles
        for leaf in leaves(evaluation, role.expression)
        for check in judged_checks(evaluation.estate.parts[leaf])
    }


def _instants(runs: Runs, checks: Collection[str], span: Span) -> set[int]:
    return {
        run.first + run.step * number
        for (check, _), series in runs.items()
        if check in checks
        for run in _within(series, span)
        for number in range(run.length)
    }


def _records(estate: Estate, pair: FailoverPair, event: Failover, extent: Span) -> tuple[Announced, ...]:
    """The maintenance that overlaps the event, what makes it a test first."""
    named = {pair.id, *pair_parts(pair)}
    found = []
    for record in estate.maintenance:
        if named.isdisjoint(record.affects):
            continue
        # A record of a week's slot is looked at around the event only.
        around = maintenance_spans(record, estate.timezone, extent[0] - PROTECTION_MS, extent[1] + PROTECTION_MS)
        for span in around:
            if intersect([span], [extent]):
                marks = is_test(record, pair) and span[0] <= event.started_at < span[1]
                found.append(Announced(record, span, marks))
    return tuple(sorted(found, key=lambda one: (not one.marks_test, one.span, one.record.id)))


def _watched(known: Known, roles: Iterable[Role], extent: Span) -> Iterable[Watched]:
    """Every check that is judged, from every vantage that looked or was to look; each check once."""
    evaluation = known.evaluation
    done: set[str] = set()
    for role in roles:
        for leaf in leaves(evaluation, role.expression):
            for check in judged_checks(evaluation.estate.parts[leaf]):
                if check.id in done:
                    continue
                done.add(check.id)
                seen = evaluation.seen_by.get(check.id, {})
                for vantage in sorted({*seen, *known.expected.get(check.id, ())}):
                    pieces = list(_within(known.runs.get((check.id, vantage), ()), extent))
                    count = {status: sum(run.length for run in pieces if run.status == status) for status in Status}
                    state: Timeline = seen[vantage].state if vantage in seen else NOTHING_KNOWN
                    unknown = total(clip(state.spans(UNKNOWN, until=extent[1]), *extent))
                    counts = (count[Status.OK], count[Status.FAILED], count[Status.NONE])
                    yield Watched(role.role, leaf, check.id, vantage, check.interval_ms, *counts, unknown)


def _touched(evaluation: Evaluation, pair: FailoverPair, extent: Span, as_of: int) -> Iterable[Touched]:
    services = resting_on(evaluation.estate, pair)
    period = Period("event", "month", *extent)
    for told in judge_evaluation(evaluation, period, as_of, [one.id for one in services]).services:
        own = {one.id: one.judged.figures for one in told.participants}
        figures = told.judged.figures
        everybody = [one.id for one in evaluation.estate.services[told.id].participants]
        theirs = tuple((id_, own.get(id_, figures)) for id_ in everybody)
        yield Touched(told.id, told.name, told.agreement, figures, theirs)


def _protection(evaluation: Evaluation, pair: FailoverPair, event: Failover, as_of: int) -> Protection:
    standby = evaluation.states[pair.standby]
    end = as_of if event.ended_at is None else event.ended_at
    return Protection(
        at_start=standby.at(event.started_at),
        at_end=standby.at(end),
        now=standby.at(as_of),
        before=protected_ratio(evaluation, pair, event.started_at - PROTECTION_MS, event.started_at),
        after=protected_ratio(evaluation, pair, end, min(end + PROTECTION_MS, as_of)) if end < as_of else None,
    )


def _doubts(
    known: Known,
    pair: FailoverPair,
    event: Failover,
    window: Span,
    watched: Collection[Watched],
    unknown: Mapping[RoleName, int],
    records: Iterable[Announced],
) -> Iterable[Doubt]:
    if event.ended_at is None or event.outcome == "interrupted":
        yield Doubt("lasting")
    if unknown["function"] and event.interrupted_ms != event.interrupted_low_ms:
        yield Doubt("function_unknown", unknown["function"])
    if unknown["primary"]:
        yield Doubt("primary_unknown", unknown["primary"])
    if unknown["standby"]:
        yield Doubt("standby_unknown", unknown["standby"])
    first = first_fact(known.evaluation, pair)
    if first is not None and first > window[0]:
        yield Doubt("facts_begin", first)
    sharp = [one.interval_ms for one in watched if one.role == "primary" or pair.function in (None, one.part)]
    if sharp:
        yield Doubt("precision", max(sharp))
    looking = {one.vantage for one in watched if one.ok + one.failed}
    if len(looking) == 1:
        yield Doubt("one_vantage", ids=tuple(looking))
    silent = sorted({one.vantage for one in watched} - looking)
    if silent:
        yield Doubt("silent", ids=tuple(silent))
    if pair.function is None:
        yield Doubt("no_function")
    if event.test and event.outcome == "recovered":
        yield Doubt("test_recovered")
    if event.test and event.outcome == "seamless":
        yield Doubt("test_seamless")
    for one in records:
        entered = one.record.entered_at
        if one.marks_test and entered is not None and entered > event.started_at:
            yield Doubt("entered_late", entered - event.started_at, (one.record.id,))
        elif one.marks_test and entered is None:
            yield Doubt("entered_by_nobody", ids=(one.record.id,))
