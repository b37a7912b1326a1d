"""Writes a report as JSON for programs: one stable form (docs/commands.md), on the command line and over HTTP."""

from __future__ import annotations

import json
from fractions import Fraction

from availability.report import Failover, Figures, Judged, Outage, Pending, Report, ServiceReport
from exporters.figures import seconds
from exporters.local_time import LocalTime

Document = dict[str, object]


def report_json(report: Report, timezone: str) -> str:
    """The report as JSON text that ends in a newline, a line per service, failover and pair; instants carry the
    offset of `timezone`."""
    lines = []
    for key, value in report_document(report, timezone).items():
        if isinstance(value, list) and value:
            entries = ",\n  ".join(_dumps(entry) for entry in value)
            lines.append(f" {_dumps(key)}: [\n  {entries}]")
        else:
            lines.append(f" {_dumps(key)}: {_dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def report_document(report: Report, timezone: str) -> Document:
    """The report as a JSON object.

    Seconds to the millisecond, ratios unrounded between 0 and 1, None where there is no figure.
    """
    zone = LocalTime(timezone)
    return {
        "period": period_document(report, timezone),
        "services": [_service(service, zone) for service in report.services],
        "failovers": [_failover(event, zone) for event in report.failovers],
        "pairs": [{"pair": pair.pair, "protected_ratio": number(pair.protected_ratio)} for pair in report.pairs],
        "maintenance_pending": [_pending(one, zone) for one in report.pending],
    }


def period_document(report: Report, timezone: str) -> Document:
    """The period with its bounds and the instant it was judged at."""
    zone = LocalTime(timezone)
    return {
        "label": report.period.label,
        "from": zone.iso(report.period.start),
        "to": zone.iso(report.period.end),
        "as_of": zone.iso(report.as_of),
    }


def number(ratio: Fraction | None) -> float | None:
    """The float nearest to an exact ratio; None stays None."""
    return None if ratio is None else float(ratio)


def _service(service: ServiceReport, zone: LocalTime) -> Document:
    return {
        "id": service.id,
        "name": service.name,
        "agreement": service.agreement,
        "norm": float(service.norm),
        **_judged(service.judged),
        "participants": [{"id": each.id, **_judged(each.judged)} for each in service.participants],
        "downtime_by_owner": {owner: seconds(down) for owner, down in sorted(service.downtime_by_owner_ms.items())},
        "outages": [_outage(outage, zone) for outage in service.outages],
    }


def _judged(judged: Judged) -> Document:
    document: Document = {**figures_document(judged.figures), "verdict": judged.verdict}
    if judged.parts is not None:
        document["parts"] = [
            {"label": part.label, **figures_document(part.figures), "verdict": part.verdict} for part in judged.parts
        ]
    return document


def figures_document(figures: Figures) -> Document:
    """FIGURES of docs/commands.md: what every judged thing has."""
    return {
        "agreed_seconds": seconds(figures.agreed_ms),
        "up_seconds": seconds(figures.up_ms),
        "down_seconds": seconds(figures.down_ms),
        "unknown_seconds": seconds(figures.unknown_ms),
        "excluded_seconds": seconds(figures.excluded_ms),
        "availability": number(figures.availability),
        "availability_low": number(figures.availability_low),
        "availability_high": number(figures.availability_high),
        "coverage": number(figures.coverage),
        "budget_seconds": seconds(figures.budget_ms),
        "budget_left_seconds": seconds(figures.budget_left_ms),
        "unconfirmed_failed_seconds": seconds(figures.unconfirmed_failed_ms),
    }


def _outage(outage: Outage, zone: LocalTime) -> Document:
    return {
        "start": zone.iso(outage.start),
        "end": zone.iso_or_none(outage.end),
        "down_seconds": seconds(outage.down_ms),
        "excluded_seconds": seconds(outage.excluded_ms),
        "unknown_seconds": seconds(outage.unknown_ms),
        "causes": list(outage.causes),
    }


def _failover(event: Failover, zone: LocalTime) -> Document:
    return {
        "pair": event.pair,
        "started_at": zone.iso(event.started_at),
        "ended_at": zone.iso_or_none(event.ended_at),
        "restored_at": zone.iso_or_none(event.restored_at),
        "seconds": seconds(event.interrupted_ms),
        "seconds_low": seconds(event.interrupted_low_ms),
        "outcome": event.outcome,
        "verdict": event.verdict,
        "test": event.test,
    }


def _pending(pending: Pending, zone: LocalTime) -> Document:
    record = pending.record
    return {
        "id": record.id,
        "category": record.category,
        "from": zone.iso_or_none(record.start_ms),
        "to": zone.iso_or_none(record.end_ms),
        "affects": list(record.affects),
        "reason": record.reason,
        "entered_by": record.entered_by,
        "agreements": list(pending.agreements),
        "would_change": [{"service": service.id, **_judged(service.judged)} for service in pending.would_change],
    }
