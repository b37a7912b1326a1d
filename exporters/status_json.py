"""Writes the live state as JSON, in pieces, so that ten thousand checks never hold up the event loop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from availability.estate import Estate
from availability.ports import Degradation, Direction, PartState, Redundancy
from availability.states import STATE_NAMES
from exporters.agents import agent_document
from exporters.centres import centres_document
from exporters.json_figures import Document
from exporters.local_time import LocalTime
from exporters.source import CheckRow, MetricsSource

_SLICE = 200
"""Rows a piece: about 2 ms."""


def status_pieces(source: MetricsSource) -> Iterator[str]:
    """One JSON object: `ready`, `not_ready`, `parts` (components, links and services), `checks`, `agents` and
    `centre`.

    `state` is up, down or unknown; `since` and `at` are instants with an offset, null where there is none.
    """
    estate = source.estate()
    zone = LocalTime(estate.timezone)
    missing = list(source.not_ready())
    yield f'{{"ready": {_text(not missing)}, "not_ready": {_text(missing)}, "parts": ['
    yield from _joined(part_document(state, estate, zone) for state in source.parts())
    yield '], "checks": ['
    yield from _joined(_check(row, zone) for row in source.checks())
    yield '], "agents": ['
    health = source.health()
    yield from _joined(agent_document(state, zone) for state in health.agents)
    centre = None if health.centres is None else centres_document(health.centres, zone)
    yield f'], "centre": {_text(centre)}}}\n'


def kind_of(id_: str, estate: Estate) -> str:
    """Whether an id is a component, a link or a service."""
    part = estate.parts.get(id_)
    if part is None:
        return "service"
    return "link" if part.is_link else "component"


def name_of(id_: str, estate: Estate) -> str:
    """What people call a part or a service; empty where it has only its id."""
    named = estate.parts.get(id_) or estate.services.get(id_)
    return named.name if named else ""


def _joined(rows: Iterator[Document]) -> Iterator[str]:
    before = ""
    while piece := list(islice(rows, _SLICE)):
        yield before + ",\n".join(_text(row) for row in piece)
        before = ",\n"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def part_document(state: PartState, estate: Estate, zone: LocalTime, *, live: bool = True) -> Document:
    """One component, link or service and how it stands.

    What is degraded is said only of what is `live`: no fact says so, and that is not to say that nothing is.
    """
    part = estate.parts.get(state.id)
    return {
        "id": state.id,
        "type": kind_of(state.id, estate),
        "name": name_of(state.id, estate),
        "kind": part.kind if part else "",
        "site": part.site if part else None,
        "owner": part.owner if part else None,
        "state": STATE_NAMES[state.state],
        "since": _instant(state.since, zone),
        "reason": state.reason,
        "detail": state.detail,
        **({"degraded": _degraded(state.degraded, zone)} if live else {}),
        **_redundancy(state.redundancy),
        **({"directions": [_direction(one, zone, live) for one in state.directions]} if part and part.between else {}),
    }


def _degraded(degraded: Degradation | None, zone: LocalTime) -> Document | None:
    if degraded is None:
        return None
    return {"reason": degraded.reason, "detail": degraded.detail, "since": _instant(degraded.since, zone)}


def _redundancy(redundancy: Redundancy | None) -> Document:
    if redundancy is None:
        return {}
    left, full, not_up = redundancy
    return {"redundancy_left": left, "redundancy_full": full, "not_up": list(not_up)}


def _direction(direction: Direction, zone: LocalTime, live: bool) -> Document:
    return {
        "from": direction.start,
        "to": direction.end,
        "vantages": list(direction.vantages),
        "state": STATE_NAMES[direction.state],
        "since": _instant(direction.since, zone),
        **({"degraded": direction.degraded} if live else {}),
    }


def _check(row: CheckRow, zone: LocalTime) -> Document:
    state, outcome = row.state, row.state.outcome
    burst = outcome.burst if outcome else None
    return {
        "check": state.check,
        "part": state.part,
        "probe": row.probe,
        "vantage": state.vantage,
        "state": STATE_NAMES[state.state],
        "since": _instant(state.since, zone),
        "at": _instant(state.at, zone),
        "outcome": outcome.status.name.lower() if outcome else None,
        "reason": outcome.reason if outcome else None,
        "detail": outcome.detail if outcome else "",
        "latency_seconds": _seconds(outcome.latency_ms) if outcome else None,
        "degraded": _degraded(state.degraded, zone),
        **({} if burst is None else {"loss_ratio": burst.loss, "jitter_seconds": _seconds(burst.jitter_ms)}),
    }


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds / 1000, 7)


def _instant(instant: int | None, zone: LocalTime) -> str | None:
    return None if instant is None else zone.iso(instant)
