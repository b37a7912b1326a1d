"""Closes a month: freezes what was reported, with all that it rests on, behind the months that were closed before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from availability.account import Closed, Head, RestatedService
from availability.class_spans import ClassSpan, SubjectKey, class_spans
from availability.closing import (
    METHOD,
    Frozen,
    TrailPrefix,
    UnreadableError,
    decode,
    digest_of,
    encode,
    month_after,
    trail_digest,
)
from availability.estate import Estate
from availability.evaluation import Evaluation
from availability.fact_digests import FactsDigest, FactsDigester, canonical
from availability.judge import chosen, judge_evaluation, with_pending
from availability.periods import Period, parse_period
from availability.ports import Row
from availability.report import Judged, Pending, Report
from availability.spans import Span
from availability.terms import Case, Terms
from availability.trail import Entry, with_trail
from collector.probes import OPTIONS
from collector.store import SqlStore, StoreError
from collector.store.archive import StoredHoldings
from collector.store.closings import Link, pack, unpack
from config.problems import shown
from config.reader import read_kept
from config.settings import Settings
from exporters.json_figures import judged_document
from exporters.report_json import report_document
from waakvlam.horizon import Key, evaluation_for
from waakvlam.instants import local
from waakvlam.person import Person
from waakvlam.version import VERSION

FACTS_BEFORE_MS = 8 * 86_400_000
"""The facts of a month are digested from so long before it: an answer counts for seven days (section 3, the dark site),
and a state is confirmed within one."""

IN_FLIGHT_MS = 60_000
"""How long before the instant of closing a month is looked at: a running collector keeps its last few seconds of facts
in memory, and they shall not come late."""


class ClosingRefused(Exception):
    """A month that cannot be closed, or not yet; the text is a sentence on why, and what would be right."""


@dataclass(frozen=True, slots=True)
class Month:
    """A closed month as it is stored, and what was frozen of it."""

    link: Link
    frozen: Frozen


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at: `period` out of the facts up to `as_of` (epoch milliseconds), as `estate` judges them."""

    estate: Estate
    period: Period
    as_of: int


def evaluations(
    held: StoredHoldings, views: Sequence[View], digested: tuple[int, int] | None = None
) -> tuple[list[Evaluation], FactsDigest]:
    """The states of each view, as far as its period depends on them, and the digest of the facts between two instants.

    Of a store of years only what can matter is read, so that a month costs the same whatever was before it, and one
    series is in memory at a time.
    """
    digester = FactsDigester(*(digested or (0, 0)))
    if digested:
        since, last = digested
        for check, vantage in held.series():
            digester.take(check, vantage, held.runs(check, vantage, since, last + 1))
    facts = _Facts(held)
    return [evaluation_for(facts, view.estate, view.period, view.as_of) for view in views], digester.digest()


class _Facts:
    """The facts of a store as they were at the first look at it."""

    def __init__(self, held: StoredHoldings) -> None:
        self._held = held
        self._extents = held.extents()

    def series(
        self, until: int | None = None, since: int | None = None, keys: Container[Key] | None = None
    ) -> Iterator[tuple[Key, list[Row]]]:
        return self._held.rows(until, since, keys)

    def extents(self) -> Mapping[Key, Span]:
        return self._extents


@dataclass(frozen=True, slots=True)
class Told:
    """A month as it is told under some configuration and trail."""

    report: Report
    document: dict[str, object]
    spans: dict[SubjectKey, tuple[ClassSpan, ...]]


def told(evaluation: Evaluation, period: Period, as_of: int) -> Told:
    """The report of `period`, as it is and as JSON, and the class of every stretch."""
    report = with_pending(evaluation, judge_evaluation(evaluation, period, as_of))
    return Told(report, report_document(report, evaluation.estate.timezone), class_spans(evaluation, period, as_of))


def settled_at(estate: Estate, period: Period) -> int:
    """From when on `period` can be closed: what its last observations mean is known, and all of them are stored."""
    stale = max((check.stale_after_ms for part in estate.parts.values() for check in part.checks), default=0)
    return period.end + stale + IN_FLIGHT_MS


@dataclass(frozen=True, slots=True)
class Closing:
    """A request to close `label` at `now` (epoch milliseconds), with the configuration and its text."""

    settings: Settings
    text: bytes
    label: str
    now: int
    person: Person
    software: str = VERSION

    def close(self, store: SqlStore, *, despite_pending: bool) -> tuple[Month, Report]:
        """Freeze the month; ClosingRefused where it cannot be closed now, and then nothing was."""
        period = self._period()
        links = store.closings()
        self._refuse_order(links)
        frozen, report = self._frozen(store, period, links[-1].digest if links else None)
        if report.pending and not despite_pending:
            raise ClosingRefused(self._waiting(report.pending))
        document = encode(frozen)
        try:
            packed = pack(document)  # before the transaction, which keeps a collector from writing
        except ValueError as error:
            raise ClosingRefused(f"what would be frozen of {self.label} cannot be kept: {error}") from None
        digest = digest_of(document)

        def decide(now_there: Sequence[Link]) -> tuple[str, str, bytes]:
            if list(now_there) != links:
                self._refuse_order(now_there)
                raise ClosingRefused(f"{now_there[-1].period} was closed in the meantime: look at that, and try again")
            return self.label, digest, packed

        return Month(store.close_month(decide), frozen), report

    def _period(self) -> Period:
        timezone = self.settings.estate.timezone
        try:
            period = parse_period(self.label, timezone)
        except ValueError as error:
            raise ClosingRefused(f"--period: {error}") from None
        if period.per != "month":
            raise ClosingRefused(f"--period: only calendar months are closed, and {self.label} is a {period.per}")
        from_ = settled_at(self.settings.estate, period)
        if self.now < from_:
            raise ClosingRefused(
                f"{self.label} is not settled yet: it can be closed from {local(from_, timezone)} on, when its last "
                "observations can mean nothing else any more"
            )
        return period

    def _refuse_order(self, links: Sequence[Link]) -> None:
        """Only the month after the last one, and on a chain whose end is what it was."""
        if not links:
            return
        last = read_month(links[-1])
        if link := next((link for link in links if link.period == self.label), None):
            month = read_month(link)
            at = local(month.frozen.closed_at, self.settings.estate.timezone)
            raise ClosingRefused(
                f"{self.label} was closed already, on {at} by {who_closed(month.frozen)}: a month is closed once, and "
                "what is corrected since is told as restated"
            )
        following = month_after(last.frozen.period)
        if self.label != following:
            raise ClosingRefused(
                f"{last.frozen.period} is the month that was closed last, so only {following} can be closed next"
            )

    def _frozen(self, store: SqlStore, period: Period, previous: str | None) -> tuple[Frozen, Report]:
        as_of = self.now - IN_FLIGHT_MS
        with store.holdings() as held:
            trail = held.trail()
            estate = with_trail(self.settings.estate, trail)
            (evaluation,), facts = evaluations(
                held, [View(estate, period, as_of)], (period.start - FACTS_BEFORE_MS, as_of)
            )
        month = told(evaluation, period, as_of)
        frozen = Frozen(
            period=self.label,
            timezone=estate.timezone,
            start=period.start,
            end=period.end,
            as_of=as_of,
            closed_at=self.now,
            account=self.person.account,
            through=self.person.through,
            method=METHOD,
            software=self.software,
            configuration=self.text.decode(),
            configuration_digest=hashlib.sha256(self.text).hexdigest(),
            trail=TrailPrefix(len(trail), trail_digest(trail)),
            facts=facts,
            report=month.document,
            spans=month.spans,
            previous=previous,
        )
        return frozen, month.report

    def _waiting(self, pending: Sequence[Pending]) -> str:
        records = [
            f"  {one.record.id} of {one.record.entered_by}, {one.record.category}, under {', '.join(one.agreements)}"
            for one in pending
        ]
        return "\n".join(
            [
                f"in {self.label} these records wait for approval:",
                *records,
                "have them approved or withdrawn first, or close without them by --despite-pending",
            ]
        )


def read_month(link: Link) -> Month:
    """What was frozen of a month; StoreError where that is not what its digest says, or of a newer version."""
    try:
        document = unpack(link)
        if digest_of(document) != link.digest:
            raise ValueError("its document is not that of its digest")
        return Month(link, decode(document))
    except (ValueError, UnreadableError) as error:
        raise StoreError(
            f"the closed month {shown(link.period)} cannot be used: {error}; `waakvlam verify` says more"
        ) from None


def settings_then(settings: Settings, frozen: Frozen) -> Settings:
    """The configuration that was frozen; ConfigError where this version cannot read it."""
    if frozen.configuration_digest == settings.digest:
        return settings
    return read_kept(settings.path, frozen.configuration.encode(), OPTIONS)


def period_of(frozen: Frozen) -> Period:
    """The month, as it was when it was closed."""
    return Period(frozen.period, "month", frozen.start, frozen.end)


def estate_then(settings: Settings, frozen: Frozen, trail: Sequence[Entry]) -> Estate:
    """What was configured and entered when the month was closed; ConfigError as in `settings_then`."""
    return with_trail(settings_then(settings, frozen).estate, trail[: frozen.trail.entries])


def head(store: SqlStore) -> Head | None:
    """The last link of the chain; None where no month was closed."""
    links = store.closings()
    return Head(links[-1].period, links[-1].digest) if links else None


def closed_within(store: SqlStore, evaluation: Evaluation, report: Report) -> tuple[tuple[str, Closed], ...]:
    """The months within the period of `report` that were closed, and what of them would be told otherwise now.

    `evaluation` is what `report` was judged from; only the services and participants of `report` are compared. A month
    that was not closed yet at the `as_of` of the report is left out. StoreError where one cannot be read.
    """
    return tuple(_closed_within(store, evaluation, report))


def _closed_within(store: SqlStore, evaluation: Evaluation, report: Report) -> Iterator[tuple[str, Closed]]:
    period, timezone = report.period, evaluation.estate.timezone
    services = [service.id for service in report.services]
    for link in store.closings():
        try:
            month = parse_period(link.period, timezone)
        except ValueError:
            month = period  # then it is no month, and reading it says so
        if month.start < period.start or month.end > period.end:
            continue
        frozen = read_month(link).frozen
        if report.as_of >= frozen.as_of:
            differences = tuple(restated(frozen, evaluation, month, report.as_of, services))
            yield link.period, Closed(frozen.closed_at, who_closed(frozen), link.digest, differences)


def restated(
    frozen: Frozen, evaluation: Evaluation, period: Period, as_of: int, services: Sequence[str] | None = None
) -> Iterator[RestatedService]:
    """The services (all that are judged now, or those named) and participants whose figures or verdict are no longer
    those that were frozen; of those that there were."""
    terms = Terms(evaluation, period, as_of)
    closed = {service["id"]: service for service in frozen.report["services"]}
    for service in chosen(evaluation.estate, services):
        then = closed.get(service.id)
        if then is None:
            continue
        case = Case(terms, service)
        if one := _restated(service.id, None, then, case.whole.judged()):
            yield one
        for participant in then["participants"]:
            subject = case.participants.get(participant["id"])
            if subject is not None and (one := _restated(service.id, participant["id"], participant, subject.judged())):
                yield one


def _restated(service: str, participant: str | None, then: dict[str, Any], now: Judged) -> RestatedService | None:
    figures = json.loads(canonical(judged_document(now)))
    if all(then[key] == value for key, value in figures.items() if key in then):
        return None
    return RestatedService(
        service, participant, then["availability"], then["verdict"], figures["availability"], figures["verdict"]
    )


def who_closed(frozen: Frozen) -> str:
    """Who closed a month, for people."""
    return str(Person(frozen.account, frozen.through))
