"""Writes a report as JSON for programs: one stable form (docs/commands.md), on the command line and over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from availability.account import Account, ServiceAccount
from availability.report import Outage, PairReport, ParticipantReport, Pending, Report, ServiceReport
from exporters.account_json import (
    account_additions,
    failover_document,
    forecast,
    pair_additions,
    service_additions,
)
from exporters.figures import seconds
from exporters.json_figures import Document, judged_document, number
from exporters.local_time import LocalTime


def report_json(told: Account | Report, timezone: str) -> str:
    """The report as JSON text that ends in a newline, a line per service, failover and pair; instants carry the
    offset of `timezone`. Of an account, also everything that surrounds its figures."""
    return "".join(report_pieces(told, timezone))


def report_pieces(told: Account | Report, timezone: str) -> Iterator[str]:
    """The same text in pieces, no larger than a service with its outages each."""
    before = "{\n"
    for key, value in _sections(told, timezone):
        yield f"{before} {_dumps(key)}: "
        before = ",\n"
        if isinstance(value, Iterator):
            opened = False
            for entry in value:
                yield f"{',' if opened else '['}\n  {_dumps(entry)}"
                opened = True
            yield "]" if opened else "[]"
        else:
            yield _dumps(value)
    yield "\n}\n"


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def report_document(told: Account | Report, timezone: str) -> Document:
    """The report as a JSON object.

    Seconds to the millisecond, ratios unrounded between 0 and 1, None where there is no figure.
    """
    return {key: list(value) if isinstance(value, Iterator) else value for key, value in _sections(told, timezone)}


def _sections(told: Account | Report, timezone: str) -> Iterator[tuple[str, object]]:
    """The keys with their values; lists as iterators, so that one entry at a time is in memory."""
    zone = LocalTime(timezone)
    account, report = (told, told.report) if isinstance(told, Account) else (None, told)
    yield "period", period_document(report, timezone)
    yield "services", (_service(service, account, zone) for service in report.services)
    yield "failovers", (failover_document(event, zone) for event in report.failovers)
    yield "pairs", (_pair(pair, account, zone) for pair in report.pairs)
    yield "maintenance_pending", (_pending(one, zone) for one in report.pending)
    if account:
        for key, value in account_additions(account, zone).items():
            yield key, iter(value) if isinstance(value, list) else value


def period_document(report: Report, timezone: str) -> Document:
    """The period with its bounds and the instant it was judged at."""
    zone = LocalTime(timezone)
    return {
        "label": report.period.label,
        "from": zone.iso(report.period.start),
        "to": zone.iso(report.period.end),
        "as_of": zone.iso(report.as_of),
    }


def _service(service: ServiceReport, account: Account | None, zone: LocalTime) -> Document:
    def outages(each: Iterable[Outage]) -> list[Document]:
        return _outages(each, zone)

    about = account.services.get(service.id) if account else None
    return {
        "id": service.id,
        "name": service.name,
        "agreement": service.agreement,
        "norm": float(service.norm),
        **judged_document(service.judged),
        "participants": [_participant(each, about, zone) for each in service.participants],
        "downtime_by_owner": {owner: seconds(down) for owner, down in sorted(service.downtime_by_owner_ms.items())},
        "outages": outages(service.outages),
        **(service_additions(about, zone, outages) if about else {}),
    }


def _participant(participant: ParticipantReport, about: ServiceAccount | None, zone: LocalTime) -> Document:
    document: Document = {"id": participant.id, **judged_document(participant.judged)}
    theirs = about.participants.get(participant.id) if about else None
    if theirs is not None:
        document["forecast"] = forecast(theirs.forecast, zone)
        document["outages"] = _outages(theirs.outages, zone)
    return document


def _outages(outages: Iterable[Outage], zone: LocalTime) -> list[Document]:
    """Small on purpose: a month may have a hundred thousand of them."""
    return [
        {
            "start": zone.iso(outage.start),
            "end": zone.iso_or_none(outage.end),
            "down_seconds": seconds(outage.down_ms),
            "excluded_seconds": seconds(outage.excluded_ms),
            "unknown_seconds": seconds(outage.unknown_ms),
            "causes": list(outage.causes),
        }
        for outage in outages
    ]


def _pair(pair: PairReport, account: Account | None, zone: LocalTime) -> Document:
    document: Document = {"pair": pair.pair, "protected_ratio": number(pair.protected_ratio)}
    for about in account.pairs if account else ():
        if about.pair == pair.pair:
            document |= pair_additions(about, zone)
    return document


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
        "would_change": [
            {"service": service.id, **judged_document(service.judged)} for service in pending.would_change
        ],
    }
