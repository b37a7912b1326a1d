"""The events of failover pairs by name, and when each pair was tested last and is due again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from availability.account import PairAccount
from availability.edges import from_ms, to_ms
from availability.estate import Estate, FailoverPair
from availability.evaluation import Evaluation, Layout, references
from availability.failovers import failovers
from availability.report import Failover

_PRECISIONS = (("%Y%m%dT%H%M", 60_000), ("%Y%m%dT%H%M%S", 1000))
_WHEN = re.compile(r"\d{8}T\d{4}(?:\d\d(?:\.\d{3})?)?Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the name of an event says: the pair, and within which time (half-open, epoch milliseconds) it started."""

    pair: str
    start: int
    end: int


def named(events: Sequence[Failover]) -> dict[str, Failover]:
    """All events of one pair by name, such as `brp-uitwijk@20261012T1403Z`: when it started, in UTC.

    To the minute; to the second for those that share a minute, and to the millisecond for those that share a second.
    """
    crowds = [Counter(event.started_at // length for event in events) for _, length in _PRECISIONS]

    def name(event: Failover) -> str:
        for (pattern, length), crowd in zip(_PRECISIONS, crowds, strict=True):
            if crowd[event.started_at // length] == 1:
                return f"{event.pair}@{from_ms(event.started_at).strftime(pattern)}Z"
        return f"{event.pair}@{from_ms(event.started_at):%Y%m%dT%H%M%S}.{event.started_at % 1000:03d}Z"

    return {name(event): event for event in events}


def parse_name(text: str) -> Asked:
    """Read the name of an event; ValueError with the remedy for what is none.

    A name to the minute, to the second and to the millisecond are all understood, however many events there are.
    """
    pair, found, when = text.rpartition("@")
    if not found or not pair or not _WHEN.fullmatch(when):
        raise ValueError("is no event: write a pair and when it started in UTC, such as brp-uitwijk@20261012T1403Z")
    clock, _, fraction = when.removesuffix("Z").partition(".")
    pattern, length = _PRECISIONS[len(clock) > len("20261012T1403")]
    try:
        instant = to_ms(datetime.strptime(clock, pattern).replace(tzinfo=UTC))
    except ValueError:
        raise ValueError(f"is no event: {when} is no date and time") from None
    if fraction:
        instant, length = instant + int(fraction), 1
    return Asked(pair, instant, instant + length)


def events_of(evaluation: Evaluation, pair: FailoverPair, as_of: int) -> list[Failover]:
    """Every event of `pair` that there are facts of, in order of time."""
    first = first_fact(evaluation, pair)
    return [] if first is None else failovers(evaluation, pair, first, as_of + 1, as_of)


def first_fact(evaluation: Evaluation, pair: FailoverPair) -> int | None:
    """The first instant at which anything the pair rests on was seen up or down."""
    estate = evaluation.estate
    checks = checks_under(estate, evaluation.layout, pair_parts(pair))
    return min(
        (
            knowledge.answered[0][0]
            for check in checks
            for knowledge in evaluation.seen_by.get(check, {}).values()
            if knowledge.answered
        ),
        default=None,
    )


def pair_account(pair: FailoverPair, events: Iterable[Failover], first: int | None, as_of: int) -> PairAccount:
    """When `pair` was tested last and is due again, from all its events and the first fact there is of it."""
    tests = [event for event in events if event.test and event.started_at <= as_of]
    last = tests[-1] if tests else None
    due = None
    if pair.test_every_ms is not None:
        due = last.started_at + pair.test_every_ms if last else as_of if first is None else first
    overdue = due is not None and (due < as_of if last else due <= as_of)
    return PairAccount(pair.id, pair.name or pair.id, pair.within_ms, last, due, overdue)


def pair_parts(pair: FailoverPair) -> tuple[str, ...]:
    """The ids of primary, standby and function, each once."""
    return tuple(dict.fromkeys(id_ for id_ in (pair.primary, pair.standby, pair.function) if id_ is not None))


def checks_under(estate: Estate, layout: Layout, ids: Iterable[str]) -> set[str]:
    """The ids of all checks that the states of `ids` depend on, through expressions and what things are behind."""
    done: set[str] = set()
    waiting = list(ids)
    while waiting:
        id_ = waiting.pop()
        if id_ not in done:
            done.add(id_)
            waiting.extend(layout.needs[id_])
    return {check.id for id_ in done if id_ in estate.parts for check in estate.parts[id_].checks}


def reached(estate: Estate, ids: Iterable[str]) -> set[str]:
    """`ids` and everything their expressions name, at any depth, without what things are behind."""
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        id_ = waiting.pop()
        if id_ not in found:
            found.add(id_)
            part = estate.parts.get(id_)
            if part is None:
                waiting.extend(references(estate.services[id_].up_when))
            elif not part.checks:
                waiting.extend(references(part.up_when))
    return found
