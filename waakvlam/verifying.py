"""Recomputes every closed month and the chain they form, and finds the first difference from what was frozen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from availability.class_spans import ClassSpans
from availability.closing import METHOD, Frozen, UnreadableError, decode, digest_of, month_after, trail_digest
from availability.fact_digests import FactsDigest, canonical
from availability.periods import parse_period
from collector.store import SqlStore
from collector.store.archive import StoredHoldings
from collector.store.closings import Link, unpack
from config.problems import ConfigError
from config.settings import Settings
from waakvlam.closing import (
    FACTS_BEFORE_MS,
    Month,
    View,
    estate_then,
    evaluations,
    period_of,
    read_month,
    told,
    who_closed,
)

NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing that is not as it was frozen: of which month, what, where in it, and both values."""

    month: str
    what: str
    where: str
    frozen: str
    computed: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """A month whose digest and link hold."""

    period: str
    digest: str
    closed_at: int
    closed_by: str


@dataclass(slots=True)
class Verification:
    """What was found."""

    closed: int = 0
    """How many months were closed, as far as the store says."""
    chain: list[Verified] = field(default_factory=list)
    """The months, in order, whose digests and links hold; what they rest on may not."""
    months: int = 0
    """How many of those are as they were frozen in all else, before the first difference."""
    difference: Difference | None = None
    """The first there is."""
    unread: list[str] = field(default_factory=list)
    """Of months whose chain and facts hold, but whose configuration this version cannot read: why."""


def verify(store: SqlStore, settings: Settings) -> Verification:
    """Recompute everything there is, up to the first difference. StoreError where the store cannot be read."""
    found = Verification()
    # First the links: a month that is closed from here on may rest on what was entered after the rest was read.
    links = store.closings()
    found.closed = len(links)
    broken = _follow(links, found)
    entries = 0
    with store.holdings() as held:
        for link in links[: len(found.chain)]:
            month = read_month(link)  # again, so that one document at a time is in memory
            found.difference = _trail(held, month.frozen, entries) or _recomputed(held, settings, month, found)
            if found.difference is not None:
                return found
            entries = month.frozen.trail.entries
            found.months += 1
    found.difference = broken
    return found


def _follow(links: Sequence[Link], found: Verification) -> Difference | None:
    """Follow the chain to its end, or to the first link that does not hold."""
    previous: Month | None = None
    for number, link in enumerate(links, 1):
        month = _chained(link, number, previous)
        if isinstance(month, Difference):
            return month
        frozen = month.frozen
        found.chain.append(Verified(frozen.period, link.digest, frozen.closed_at, who_closed(frozen)))
        previous = month
    return None


def _chained(link: Link, number: int, previous: Month | None) -> Month | Difference:
    """The month of a link that follows on `previous`, or what is wrong with it by itself."""

    def differs(what: str, frozen: object, computed: object, remark: str = "") -> Difference:
        return Difference(link.period, what, "the chain", str(frozen), str(computed), remark)

    try:
        document = unpack(link)
    except ValueError as error:
        return differs("document", "a document with the digest " + link.digest, NOTHING, str(error))
    computed = digest_of(document)
    if computed != link.digest:
        return differs("digest of the document", link.digest, computed)
    try:
        frozen = decode(document)
    except UnreadableError as error:
        return differs("document", "a closed month", NOTHING, str(error))
    if frozen.period != link.period:
        return differs("period", frozen.period, link.period, "the month in the document, and that beside it")
    before = previous.link.digest if previous else None
    if frozen.previous != before:
        return differs("digest of the closing before", frozen.previous or NOTHING, before or NOTHING)
    if link.number != number:
        return differs("number", number, link.number)
    if previous and frozen.period != month_after(previous.frozen.period):
        return differs("month", month_after(previous.frozen.period), frozen.period)
    configuration = hashlib.sha256(frozen.configuration.encode()).hexdigest()
    if configuration != frozen.configuration_digest:
        return differs("digest of the configuration", frozen.configuration_digest, configuration)
    return Month(link, frozen)


def _trail(held: StoredHoldings, frozen: Frozen, verified: int) -> Difference | None:
    """Whether the entries of the maintenance trail that there were are there still; `verified` of them are."""
    trail, then = held.trail(), frozen.trail
    if len(trail) < then.entries:
        return Difference(
            frozen.period, "entries", "the maintenance trail", str(then.entries), str(len(trail)), "some were removed"
        )
    computed = trail_digest(trail[: then.entries])
    if computed == then.digest:
        return None
    which = f"one of the entries {verified + 1} to {then.entries} was changed"
    return Difference(frozen.period, "digest", "the maintenance trail", then.digest, computed, which)


def _recomputed(held: StoredHoldings, settings: Settings, month: Month, found: Verification) -> Difference | None:
    """The facts, the class of every stretch and the report, from what was frozen."""
    frozen = month.frozen
    views = []
    try:
        estate = estate_then(settings, frozen, held.trail())
        if difference := _bounds(frozen, estate.timezone):
            return difference
        views = [View(estate, period_of(frozen), frozen.as_of)]
    except ConfigError as error:
        found.unread.append(
            f"{frozen.period}: its chain and its facts are as they were frozen, but this version cannot read its "
            f"configuration, so its report cannot be recomputed: {error.problems[0]}"
        )
    states, facts = evaluations(held, views, (frozen.facts.start, frozen.facts.end))
    if difference := _facts(frozen, facts):
        return difference
    for evaluation in states:
        now = told(evaluation, period_of(frozen), frozen.as_of)
        if difference := _spans(frozen, now.spans) or _report(frozen, now.document):
            return difference
    return None


def _bounds(frozen: Frozen, timezone: str) -> Difference | None:
    """Whether the month is the whole month, and its facts all those up to the instant it was looked at."""
    period = parse_period(frozen.period, timezone)
    for what, was, is_ in (
        ("timezone", frozen.timezone, timezone),
        ("start", frozen.start, period.start),
        ("end", frozen.end, period.end),
        ("start of the facts", frozen.facts.start, frozen.start - FACTS_BEFORE_MS),
        ("end of the facts", frozen.facts.end, frozen.as_of),
    ):
        if was != is_:
            return _judged_otherwise(frozen, what, "the month", str(was), str(is_))
    return None


def _facts(frozen: Frozen, computed: FactsDigest) -> Difference | None:
    then = frozen.facts
    if computed.digest == then.digest:
        return None
    others = differing_series(then, computed)
    if not others:
        return Difference(frozen.period, "digest", "the facts", then.digest, computed.digest)
    (check, vantage, was, is_), *more = others
    remark = f"so do {len(more)} more series; " if more else ""
    remark += f"some came later, were removed or were changed: see `waakvlam diff --period {frozen.period}`"
    where = f"the facts of {check} from {vantage}"
    return Difference(frozen.period, "digest", where, was or NOTHING, is_ or NOTHING, remark)


def differing_series(then: FactsDigest, now: FactsDigest) -> list[tuple[str, str, str, str]]:
    """(check, vantage, the beginning of its digest then and now) of each series with another one; empty without."""
    was = {(check, vantage): digest for check, vantage, digest in then.series}
    is_ = {(check, vantage): digest for check, vantage, digest in now.series}
    return [
        (*key, was.get(key, ""), is_.get(key, ""))
        for key in sorted(was.keys() | is_.keys())
        if was.get(key) != is_.get(key)
    ]


def _spans(frozen: Frozen, computed: ClassSpans) -> Difference | None:
    if frozen.spans == computed:
        return None
    for key in [*frozen.spans, *(key for key in computed if key not in frozen.spans)]:
        for was, is_ in zip_longest(frozen.spans.get(key, ()), computed.get(key, ())):
            if was != is_:
                service, participant = key
                where = f"service {service}" + (f" for {participant}" if participant else "")
                return _judged_otherwise(frozen, "stretch", where, _span(was), _span(is_))
    return None


def _report(frozen: Frozen, computed: object) -> Difference | None:
    text = canonical(computed)
    if text == canonical(frozen.report):
        return None
    found = first_difference(frozen.report, json.loads(text), "report")
    return _judged_otherwise(frozen, *found) if found else None


def _judged_otherwise(frozen: Frozen, what: str, where: str, was: str, is_: str) -> Difference:
    remark = ""
    if frozen.method != METHOD:
        remark = (
            f"it was judged by method {frozen.method} (waakvlam {frozen.software}), and this version has method "
            f"{METHOD}: verify it with that one"
        )
    return Difference(frozen.period, what, where, was, is_, remark)


def first_difference(frozen: Any, computed: Any, where: str) -> tuple[str, str, str, str] | None:
    """(what, where, frozen value, computed value) of the first that differs; keys that were not frozen don't count."""
    around, _, what = where.rpartition(".")
    if isinstance(frozen, dict) and isinstance(computed, dict):
        pairs = [(str(key), value, computed.get(key)) for key, value in frozen.items()]
    elif isinstance(frozen, list) and isinstance(computed, list):
        pairs = [(_name(one, number), one, other) for number, (one, other) in enumerate(zip_longest(frozen, computed))]
    else:
        return None if frozen == computed else (what, around, _value(frozen), _value(computed))
    for name, one, other in pairs:
        if found := first_difference(one, other, f"{where}.{name}"):
            return found
    return None


def _name(entry: Any, number: int) -> str:
    """An entry of a list by its id where it has one, else by its number from 0."""
    named = entry.get("id") if isinstance(entry, dict) else None
    return named if isinstance(named, str) else str(number)


def _value(value: Any) -> str:
    return NOTHING if value is None else str(value)


def _span(span: Sequence[Any] | None) -> str:
    return NOTHING if span is None else f"{span[2]} from {span[0]} to {span[1]}"
