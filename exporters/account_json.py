"""What an account adds to the JSON of a report: everything that explains and surrounds its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from availability.account import (
    Account,
    Closed,
    Exclusion,
    Forecast,
    OwnerShare,
    PairAccount,
    PartReport,
    PlannedWork,
    Response,
    ServiceAccount,
)
from availability.page_accounts import PageAccount
from availability.recovery import JudgedIncident, PriorityShare, RecoveryReport
from availability.report import Failover, Judged, Outage
from availability.splits import Split
from exporters.figures import seconds
from exporters.json_figures import Document, figures_document, judged_document, number
from exporters.local_time import LocalTime

Outages = Callable[[Iterable[Outage]], list[Document]]


def service_additions(about: ServiceAccount, zone: LocalTime, outages: Outages) -> Document:
    """What surrounds the figures of a service; `outages` is how a list of them is told."""
    return {
        "forecast": forecast(about.forecast, zone),
        "months": [{"label": label, **figures_document(figures)} for label, figures in about.months],
        "unwatched": [
            {
                "start": zone.iso(each.start),
                "end": zone.iso(each.end),
                "unknown_seconds": seconds(each.unknown_ms),
                "parts": list(each.parts),
                "reason": each.reason,
            }
            for each in about.unwatched
        ],
        "owners": [_owner(share) for share in about.owners],
        "unowned_seconds": seconds(about.unowned_ms),
        "chain": None if about.chain is None else [_part(part, outages) for part in about.chain],
        "response": None if about.response is None else _response(about.response),
    }


def account_additions(account: Account, zone: LocalTime) -> Document:
    """What stands beside the services of a report."""
    return {
        "exclusions": [_exclusion(each, zone) for each in account.exclusions],
        "planned_work": [_planned(each, zone) for each in account.planned],
        "environments": {service: list(others) for service, others in account.environments.items()},
        "recovery": None if account.recovery is None else _recovery(account.recovery, zone),
        "pages": [_page(page, zone) for page in account.pages],
        "splits": [_split(split, zone) for split in account.splits],
        "closed": [_closed(month, each, zone) for month, each in account.closed],
        "head": None if account.head is None else {"period": account.head.period, "digest": account.head.digest},
        "what_if": list(account.what_if),
    }


def _page(page: PageAccount, zone: LocalTime) -> Document:
    return {
        "id": page.id,
        "opened_at": zone.iso(page.opened_at),
        "priority": page.priority,
        "about": list(page.about),
        "told": list(page.told),
        "seconds_to_page": None if page.to_page_ms is None else seconds(page.to_page_ms),
        "acknowledged_by": page.acknowledged_by,
        "seconds_to_acknowledge": None if page.to_acknowledge_ms is None else seconds(page.to_acknowledge_ms),
        "ended_at": zone.iso_or_none(page.ended_at),
    }


def _split(split: Split, zone: LocalTime) -> Document:
    return {
        "centre": split.centre,
        "start": zone.iso(split.start),
        "end": zone.iso(split.end),
        "reached": list(split.reached),
        "differing": [
            {
                "check": each.check,
                "seconds": seconds(each.ms),
                "views": [
                    {
                        "vantage": view.vantage,
                        "up_seconds": seconds(view.up_ms),
                        "down_seconds": seconds(view.down_ms),
                        "unknown_seconds": seconds(view.unknown_ms),
                    }
                    for view in each.views
                ],
            }
            for each in split.differing
        ],
    }


def forecast(told: Forecast | None, zone: LocalTime) -> Document | None:
    """Where a pending period is heading."""
    if told is None:
        return None
    return {
        "availability": number(told.availability),
        "lost_at": zone.iso_or_none(told.lost_at),
        "earliest_lost_at": zone.iso_or_none(told.earliest_lost_at),
    }


def pair_additions(pair: PairAccount, zone: LocalTime) -> Document:
    """What surrounds the events of a pair."""
    return {
        "name": pair.name,
        "within_seconds": seconds(pair.within_ms),
        "last_test": None if pair.last_test is None else failover_document(pair.last_test, zone),
        "test_due_at": zone.iso_or_none(pair.test_due_at),
        "test_overdue": pair.test_overdue,
    }


def failover_document(event: Failover, zone: LocalTime) -> Document:
    """One event of a pair."""
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


def _owner(share: OwnerShare) -> Document:
    return {"owner": share.owner, **judged_document(share.judged), "shared_seconds": seconds(share.shared_ms)}


def _part(part: PartReport, outages: Outages) -> Document:
    return {
        "id": part.id,
        "name": part.name,
        "owner": part.owner,
        **judged_document(part.judged),
        "caused_seconds": seconds(part.caused_ms),
        "outages": outages(part.outages),
    }


def _response(response: Response) -> Document:
    return {
        "check": response.check,
        "count": response.count,
        "mean_ms": response.mean_ms,
        "p95_ms": response.p95_ms,
        "mean_below_ms": response.mean_below_ms,
        "within": response.within,
    }


def _exclusion(exclusion: Exclusion, zone: LocalTime) -> Document:
    return {
        "id": exclusion.id,
        "kind": exclusion.kind,
        "category": exclusion.category,
        "affects": list(exclusion.affects),
        "spans": [{"from": zone.iso(start), "to": zone.iso(end)} for start, end in exclusion.spans],
        "reason": exclusion.reason,
        "ticket": exclusion.ticket,
        "notice": zone.iso_or_none(exclusion.notice_ms),
        "entered_by": exclusion.entered_by,
        "entered_at": zone.iso_or_none(exclusion.entered_at),
        "approved_by": exclusion.approved_by,
        "approved_at": zone.iso_or_none(exclusion.approved_at),
        "services": [
            {
                "service": each.service,
                "excluded_seconds": seconds(each.covered_ms),
                "told": _brief(each.told),
                "without": _brief(each.without),
            }
            for each in exclusion.services
        ],
    }


def _brief(judged: Judged) -> Document:
    return {"availability": number(judged.figures.availability), "verdict": judged.verdict}


def _planned(work: PlannedWork, zone: LocalTime) -> Document:
    return {
        "id": work.id,
        "category": work.category,
        "from": zone.iso(work.start),
        "to": zone.iso(work.end),
        "reason": work.reason,
        "services": [{"service": service, "agreed_seconds": seconds(agreed)} for service, agreed in work.services],
        "office_seconds": seconds(work.office_ms),
        "too_long": work.too_long,
        "in_office_hours": work.in_office_hours,
    }


def _recovery(report: RecoveryReport, zone: LocalTime) -> Document:
    return {
        "norm": float(report.norm),
        "verdict": report.verdict,
        "total": _share(report.total),
        "priorities": [{"priority": each.priority, **_share(each)} for each in report.priorities],
        "incidents": [_incident(each, zone) for each in report.incidents],
    }


def _share(share: PriorityShare) -> Document:
    return {"incidents": share.incidents, "within": share.within, "share": number(share.share)}


def _incident(judged: JudgedIncident, zone: LocalTime) -> Document:
    incident = judged.incident
    return {
        "id": incident.id,
        "source": incident.source,
        "service": incident.service,
        "environment": incident.environment,
        "priority": incident.priority,
        "summary": incident.summary,
        "reported_at": zone.iso(incident.reported_at),
        "reacted_at": zone.iso_or_none(incident.reacted_at),
        "closed_at": zone.iso_or_none(incident.closed_at),
        "waiting": [{"from": zone.iso(start), "to": zone.iso(end)} for start, end in incident.waiting],
        "outages": [zone.iso(start) for start in incident.outage_starts],
        "reaction_due": zone.iso_or_none(judged.reaction_due),
        "reaction": judged.reaction,
        "recovery_due": zone.iso_or_none(judged.recovery_due),
        "recovery": judged.recovery,
        "counts": judged.counts,
    }


def _closed(month: str, closed: Closed, zone: LocalTime) -> Document:
    return {
        "period": month,
        "closed_at": zone.iso(closed.closed_at),
        "closed_by": closed.closed_by,
        "digest": closed.digest,
        "restated": [
            {
                "service": each.service,
                "participant": each.participant,
                "closed_availability": each.closed_availability,
                "closed_verdict": each.closed_verdict,
                "availability": each.availability,
                "verdict": each.verdict,
            }
            for each in closed.restated
        ],
    }
