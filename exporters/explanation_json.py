"""Writes an explanation as JSON (docs/commands.md, explain)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from availability.estate import Estate
from availability.explaining import Applies, Explanation, Group, Node
from availability.looked import CheckView, VantageView
from availability.ports import PartState
from availability.states import STATE_NAMES
from exporters.explanation_words import ExplanationWords
from exporters.json_figures import Document
from exporters.local_time import LocalTime
from exporters.status_json import part_document


def explanation_json(
    explanation: Explanation, estate: Estate, timezone: str, worse: Sequence[PartState] = (), *, live: bool = False
) -> str:
    """One object; instants are ISO 8601 with an offset, states `up`, `down` or `unknown`. What is degraded is said
    only of what is `live`."""
    zone = LocalTime(timezone)
    now = explanation.pair_now
    document: Document = {
        "id": explanation.id,
        "type": explanation.kind,
        "name": explanation.name,
        "at": zone.iso(explanation.at),
        "state": STATE_NAMES[explanation.state],
        "since": zone.iso_or_none(explanation.since),
        "presumed": _presumed(explanation.presumed),
        "summary": ExplanationWords(explanation, timezone).summary(),
        "causes": explanation.causes,
        "undecided": explanation.undecided,
        "in_between": explanation.in_between,
        "roots": explanation.roots,
        "parts": [_part(node, estate, zone) for node in explanation.nodes.values()],
        "live": live,
        "not_as_it_should_be": [part_document(state, estate, zone, live=live) for state in worse],
        "maintenance": [_maintenance(one, zone) for one in explanation.maintenance],
        "participants": [
            {"id": one.participant, "state": STATE_NAMES[one.state], "since": zone.iso_or_none(one.since)}
            | {"lacks": one.parts}
            for one in explanation.participants
        ],
    }
    if explanation.pair is not None and now is not None:
        document["pair"] = {
            "primary": explanation.pair.primary,
            "standby": explanation.pair.standby,
            "function": explanation.pair.function,
            "interrupted_since": zone.iso_or_none(now.interrupted_since),
            "last_event_started_at": zone.iso_or_none(now.last.started_at if now.last else None),
            "last_test_started_at": zone.iso_or_none(now.last_test),
        }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _presumed(presumed: tuple[tuple[str, int], ...]) -> Document:
    return {agreement: STATE_NAMES[state] for agreement, state in presumed}


def _part(node: Node, estate: Estate, zone: LocalTime) -> Document:
    part = estate.parts.get(node.id)
    return {
        "id": node.id,
        "type": node.kind,
        "name": node.name,
        "site": part.site if part else None,
        "owner": part.owner if part else None,
        "state": STATE_NAMES[node.state],
        "since": zone.iso_or_none(node.since),
        "cause": node.cause,
        "undecided": node.undecided,
        "presumed": _presumed(node.presumed),
        "behind": [{"id": id_, "state": STATE_NAMES[state]} for id_, state in node.behind],
        "rule": _rule(node.rule),
        "checks": [_check(view, zone) for view in node.checks],
    }


def _rule(group: Group) -> Document:
    return {
        "rule": group.rule,
        "needed": group.needed,
        "state": STATE_NAMES[group.state],
        "up": group.up,
        "down": group.down,
        "unknown": group.unknown,
        "of": [member if isinstance(member, str) else _rule(member) for member in group.members],
    }


def _check(view: CheckView, zone: LocalTime) -> Document:
    latency = view.latency
    return {
        "id": view.id,
        "state": STATE_NAMES[view.state],
        "since": zone.iso_or_none(view.since),
        "counts": view.counts,
        "vantages_agree": view.agree,
        "blocked_by": view.blocked_by,
        "silent_beside": view.dark,
        "latency": None
        if latency is None
        else {"count": latency.count, "mean_ms": latency.mean_ms, "p95_ms": latency.p95_ms},
        "vantages": [_vantage(one, zone) for one in view.vantages],
    }


def _vantage(one: VantageView, zone: LocalTime) -> Document:
    run, last = one.run, one.last
    return {
        "id": one.id,
        "site": one.site,
        "beside": one.beside,
        "state": STATE_NAMES[one.state],
        "counts_as": STATE_NAMES[one.counted],
        "since": zone.iso_or_none(one.since),
        "run": None
        if run is None
        else {
            "outcome": run.status.name.lower(),
            "count": run.count,
            "needed": run.needed,
            "since": zone.iso(run.since),
        },
        "last": None
        if last is None
        else {
            "at": zone.iso(last.at),
            "outcome": last.outcome.status.name.lower(),
            "reason": last.outcome.reason,
            "detail": last.outcome.detail,
        },
    }


def _maintenance(one: Applies, zone: LocalTime) -> Document:
    return {
        "id": one.record.id,
        "category": one.record.category,
        "reason": one.record.reason,
        "until": zone.iso_or_none(one.until),
        "affects": one.affects,
        "agreements": dict(one.under),
    }
