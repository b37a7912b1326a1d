"""Writes failover events as JSON for programs: the list of them, and the account of one (docs/commands.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from availability.account import PairAccount
from availability.estate import Estate
from availability.failover_account import Announced, FailoverAccount, Touched
from availability.failover_timeline import Change
from availability.report import Failover, Figures
from availability.states import STATE_NAMES
from exporters.failover_page import Names, summary
from exporters.failover_screen import Listed
from exporters.failover_words import Words
from exporters.figures import seconds
from exporters.json_figures import Document, number
from exporters.local_time import LocalTime


def list_json(pairs: Iterable[Listed], as_of: int, timezone: str) -> str:
    """The events and the pairs, in the order of the configuration, the events of each in order of time."""
    zone = LocalTime(timezone)
    pairs = list(pairs)
    return _text(
        {
            "as_of": zone.iso(as_of),
            "events": [
                _event(name, event, pair.standing.within_ms, zone) for pair in pairs for name, event in pair.events
            ],
            "pairs": [_standing(pair.standing, zone) for pair in pairs],
        }
    )


def account_json(account: FailoverAccount, estate: Estate, names: Names, words: Words, version: str) -> str:
    """The account; `summary` is in the language of `words`, everything else is not in any."""
    zone = LocalTime(estate.timezone)
    pair = account.pair
    return _text(
        {
            "version": version,
            "as_of": zone.iso(account.as_of),
            "timezone": estate.timezone,
            "digest": account.digest,
            "observations": account.observations,
            "pair": {"id": pair.id, "name": pair.name or pair.id, "within_seconds": seconds(pair.within_ms)},
            "event": _event(account.name, account.event, pair.within_ms, zone),
            "confirmed_at": zone.iso(account.confirmed_at),
            "deadline": zone.iso_or_none(account.deadline),
            "interruptions": [{"start": zone.iso(start), "end": zone.iso(end)} for start, end in account.interruptions],
            "agreements": list(account.agreements),
            "parts": _parts(account, estate, names),
            "maintenance": [_record(record, zone) for record in account.records],
            "timeline": [_change(change, zone) for change in account.timeline],
            "watched": _watched(account),
            "unknown_seconds": {role: seconds(unknown) for role, unknown in account.unknown_ms.items()},
            "services": [_touched(touched) for touched in account.touched],
            "protection": _protection(account),
            "doubts": [
                {"kind": doubt.kind, "ids": list(doubt.ids)}
                | (
                    {"at": zone.iso(doubt.ms)}
                    if doubt.kind == "facts_begin"
                    else {"seconds": seconds(doubt.ms)}
                    if doubt.ms
                    else {}
                )
                for doubt in account.doubts
            ],
            "language": words.language,
            "summary": list(summary(account, estate, words)),
        }
    )


def _text(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _event(name: str, event: Failover, within: int, zone: LocalTime) -> Document:
    return {
        "event": name,
        "pair": event.pair,
        "started_at": zone.iso(event.started_at),
        "ended_at": zone.iso_or_none(event.ended_at),
        "restored_at": zone.iso_or_none(event.restored_at),
        "seconds": seconds(event.interrupted_ms),
        "seconds_low": seconds(event.interrupted_low_ms),
        "within_seconds": seconds(within),
        "outcome": event.outcome,
        "verdict": event.verdict,
        "test": event.test,
    }


def _standing(told: PairAccount, zone: LocalTime) -> Document:
    last = told.last_test
    return {
        "pair": told.pair,
        "name": told.name,
        "within_seconds": seconds(told.within_ms),
        "last_test_at": zone.iso(last.started_at) if last else None,
        "last_test_verdict": last.verdict if last else None,
        "next_test_due_at": zone.iso_or_none(told.test_due_at),
        "overdue": told.test_overdue,
    }


def _parts(account: FailoverAccount, estate: Estate, names: Names) -> Sequence[Document]:
    pair = account.pair
    told: list[Document] = []
    for role, id_ in (("primary", pair.primary), ("standby", pair.standby), ("function", pair.function)):
        part = None if id_ is None else estate.parts.get(id_)
        owner, site = (part.owner, part.site) if part else (None, None)
        told.append(
            {
                "role": role,
                "id": id_,
                "name": (part.name or id_) if part else id_,
                "owner": owner,
                "owner_name": names.organisation(owner) if owner else None,
                "site": site,
                "site_name": names.site(site) if site else None,
            }
        )
    return told


def _record(announced: Announced, zone: LocalTime) -> Document:
    record = announced.record
    return {
        "id": record.id,
        "category": record.category,
        "from": zone.iso(announced.span[0]),
        "to": zone.iso(announced.span[1]),
        "affects": list(record.affects),
        "reason": record.reason,
        "ticket": record.ticket or None,
        "notice": zone.iso_or_none(record.notice_ms),
        "entered_by": record.entered_by or None,
        "entered_at": zone.iso_or_none(record.entered_at),
        "approved_by": record.approved_by or None,
        "approved_at": zone.iso_or_none(record.approved_at),
        "makes_it_a_test": announced.marks_test,
    }


def _change(change: Change, zone: LocalTime) -> Document:
    return {
        "at": zone.iso(change.at),
        "role": change.role,
        "id": change.part,
        "before": None if change.before is None else STATE_NAMES[change.before],
        "state": STATE_NAMES[change.state],
        "vantages": list(change.vantages),
        "seen": [
            {
                "check": sight.check,
                "vantage": sight.vantage or None,
                "reason": sight.reason,
                "detail": sight.detail,
                "count": sight.count,
                "first": zone.iso(sight.first),
            }
            for sight in change.sights
        ],
    }


def _watched(account: FailoverAccount) -> list[Document]:
    return [
        {
            "role": one.role,
            "id": one.part,
            "check": one.check,
            "vantage": one.vantage,
            "interval_seconds": seconds(one.interval_ms),
            "ok": one.ok,
            "failed": one.failed,
            "none": one.none,
            "unknown_seconds": seconds(one.unknown_ms),
        }
        for one in account.watched
    ]


def _touched(touched: Touched) -> Document:
    return {
        "service": touched.service,
        "name": touched.name,
        "agreement": touched.agreement,
        **_figures(touched.figures),
        "participants": [{"id": id_, **_figures(figures)} for id_, figures in touched.participants],
    }


def _figures(figures: Figures) -> Document:
    return {
        "agreed_seconds": seconds(figures.agreed_ms),
        "down_seconds": seconds(figures.down_ms),
        "unknown_seconds": seconds(figures.unknown_ms),
        "excluded_seconds": seconds(figures.excluded_ms),
    }


def _protection(account: FailoverAccount) -> Document:
    told = account.protection
    return {
        "standby_at_start": STATE_NAMES[told.at_start],
        "standby_at_end": STATE_NAMES[told.at_end],
        "standby_now": STATE_NAMES[told.now],
        "protected_ratio_before": number(told.before),
        "protected_ratio_after": number(told.after),
    }
