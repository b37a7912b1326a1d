"""The past in flat rows: what each question of the history API answers, and what its columns mean (docs/api.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from availability.daily import Day
from availability.estate import Estate
from availability.outage_totals import OutageTotal
from availability.report import Failover, Figures, Judged, Report, ServiceReport
from exporters.figures import seconds as told_seconds
from exporters.json_figures import Document, figures_document
from exporters.local_time import LocalTime
from exporters.openapi import Schema, flag, instant, milliseconds, or_none, ratio, seconds, text

Columns = Mapping[str, Schema]


def twice(name: str, description: str) -> dict[str, Schema]:
    """The two columns of an instant that there always is."""
    return {name: instant(description), f"{name}_ms": milliseconds(description)}


def maybe_twice(name: str, description: str) -> dict[str, Schema]:
    """The two columns of an instant that there may be."""
    return {key: or_none(schema) for key, schema in twice(name, description).items()}


def instants(name: str, at: int | None, zone: LocalTime) -> Document:
    """The two cells of an instant."""
    return {name: zone.iso_or_none(at), f"{name}_ms": at}


_SERVICE: Columns = {
    "service": text("The id of the service."),
    "name": text("What people call it."),
    "agreement": text("The agreement that it is judged under."),
}
FIGURES: Columns = {
    "agreed_seconds": seconds("Agreed time so far"),
    "up_seconds": seconds("Agreed time in which it was up"),
    "down_seconds": seconds("Agreed time in which it was down"),
    "unknown_seconds": seconds("Agreed time in which nobody knew how it was"),
    "excluded_seconds": seconds("Agreed time that the agreement leaves out"),
    "availability": or_none(ratio("up / (up + down).")),
    "availability_low": or_none(ratio("Availability if every unwatched minute was down.")),
    "availability_high": or_none(ratio("Availability if every unwatched minute was up.")),
    "coverage": or_none(ratio("The share of agreed time that was watched.")),
    "budget_seconds": seconds("Time that may be down in the whole period"),
    "budget_left_seconds": seconds("The budget less what was down; negative where overdrawn"),
}
VERDICT = or_none(text("Whether the norm was met.", "met", "missed", "undetermined", "pending", "no_data"))
_NORM = ratio("The availability that was agreed.")
_PERIOD = text("The period of the agreement: a month (2026-10), a quarter (2026-Q4) or a year (2026).")

MONTHS: Columns = {
    **_SERVICE,
    "participant": or_none(text("Whose figures these are; null for the service as such.")),
    "period": _PERIOD,
    "per": text("How long it is.", "month", "quarter", "year"),
    **twice("from", "When the period begins"),
    **twice("to", "When the period ends"),
    "is_over": flag("Whether the period is over."),
    "norm": _NORM,
    **FIGURES,
    "unconfirmed_failed_seconds": seconds("Time counted up in which a check failed too shortly to be an outage"),
    "verdict": VERDICT,
}
DAYS: Columns = {
    **_SERVICE,
    "day": text("The local day, such as 2026-10-07."),
    **twice("from", "When the day begins"),
    **twice("to", "When the day ends"),
    "period": _PERIOD,
    "norm": _NORM,
    **FIGURES,
}
OUTAGES: Columns = {
    **_SERVICE,
    **twice("start", "When it began"),
    **maybe_twice("end", "When it ended; null while it lasts"),
    "lasts": flag("Whether it lasted at as_of."),
    "duration_seconds": seconds("Its length on the clock, so far"),
    "down_seconds": seconds("What of it was down in agreed hours, in the calendar months that the range touches"),
    "excluded_seconds": seconds("What of that time the agreement leaves out"),
    "unknown_seconds": seconds("What of that time counts as unknown"),
    "causes": text("The ids of the components and links that it came from, with commas."),
    "owners": text("The ids of the organisations that own those, with commas."),
}
FAILOVERS: Columns = {
    "pair": text("The id of the pair."),
    "name": text("What people call it."),
    **twice("started_at", "When the primary was lost"),
    **maybe_twice("ended_at", "When the primary was back; null until then"),
    **maybe_twice("restored_at", "When the function was delivered again; null without an interruption"),
    "seconds": seconds("The longest interruption, with what nobody saw"),
    "seconds_low": seconds("The longest interruption that was seen"),
    "within_seconds": seconds("How long it may last by agreement"),
    "outcome": text("What came of it.", "seamless", "taken_over", "recovered", "interrupted"),
    "verdict": text("Whether it was in time.", "met", "missed", "undetermined", "pending"),
    "test": flag("Whether it was a failover test."),
}


def month_rows(report: Report, participant: str | None, zone: LocalTime) -> Iterator[Document]:
    """A row per service; of `participant`, if one is given, as it has them. None for what had no agreed time."""
    for service in report.services:
        judged = _as_had_by(service, participant)
        figures = judged.figures
        if not figures.agreed_ms + figures.rest_ms:
            continue
        period = report.period
        yield {
            "service": service.id,
            "name": service.name,
            "agreement": service.agreement,
            "participant": participant,
            "period": period.label,
            "per": period.per,
            **instants("from", period.start, zone),
            **instants("to", period.end, zone),
            "is_over": period.end <= report.as_of,
            "norm": float(service.norm),
            **figures_document(figures),
            "verdict": judged.verdict,
        }


def _as_had_by(service: ServiceReport, participant: str | None) -> Judged:
    """Who needs nothing besides has the service as it is."""
    return next((one.judged for one in service.participants if one.id == participant), service.judged)


def day_rows(days: Iterable[Day], zone: LocalTime) -> Iterator[Document]:
    """A row per day of a service."""
    for day in days:
        figures: Figures = day.figures
        told = figures_document(figures)
        del told["unconfirmed_failed_seconds"]
        yield {
            "service": day.service.id,
            "name": day.service.name or day.service.id,
            "agreement": day.service.agreement,
            "day": day.label,
            **instants("from", day.start, zone),
            **instants("to", day.end, zone),
            "period": day.period.label,
            "norm": float(figures.norm),
            **told,
            "budget_seconds": told_seconds(day.budget_ms),
            "budget_left_seconds": told_seconds(day.budget_left_ms),
        }


def outage_rows(totals: Iterable[OutageTotal], as_of: int, estate: Estate, zone: LocalTime) -> Iterator[Document]:
    """A row per outage."""
    for one in totals:
        outage, service = one.outage, estate.services[one.service]
        owners = {estate.parts[id_].owner for id_ in outage.causes if id_ in estate.parts} - {None}
        yield {
            "service": service.id,
            "name": service.name or service.id,
            "agreement": service.agreement,
            **instants("start", outage.start, zone),
            **instants("end", outage.end, zone),
            "lasts": outage.end is None,
            "duration_seconds": told_seconds((as_of if outage.end is None else outage.end) - outage.start),
            "down_seconds": told_seconds(outage.down_ms),
            "excluded_seconds": told_seconds(outage.excluded_ms),
            "unknown_seconds": told_seconds(outage.unknown_ms),
            "causes": ", ".join(outage.causes),
            "owners": ", ".join(sorted(filter(None, owners))),
        }


def failover_rows(events: Iterable[Failover], estate: Estate, zone: LocalTime) -> Iterator[Document]:
    """A row per event."""
    pairs = {pair.id: pair for pair in estate.pairs}
    for event in events:
        pair = pairs[event.pair]
        yield {
            "pair": pair.id,
            "name": pair.name or pair.id,
            **instants("started_at", event.started_at, zone),
            **instants("ended_at", event.ended_at, zone),
            **instants("restored_at", event.restored_at, zone),
            "seconds": told_seconds(event.interrupted_ms),
            "seconds_low": told_seconds(event.interrupted_low_ms),
            "within_seconds": told_seconds(pair.within_ms),
            "outcome": event.outcome,
            "verdict": event.verdict,
            "test": event.test,
        }
