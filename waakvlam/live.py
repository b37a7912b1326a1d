"""Asks the collector that runs beside a command for what it does not store: what is degraded, and the last bursts."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from availability.edges import to_ms
from availability.estate import Estate
from availability.ports import Degradation, PartState
from availability.states import UP
from config.settings import Settings

_PATIENCE_S = 2.0
"""For the whole answer: what a person waits for without asking why."""
_LARGEST = 64 * 1024 * 1024
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - a key to look up, nothing is bound


@dataclass(frozen=True, slots=True)
class Live:
    """What a running collector says: what is degraded by id, the directions that are, and every check and agent as it
    writes them.

    Directions are (id, from, to).
    """

    degraded: Mapping[str, Degradation]
    directions: Set[tuple[str, str, str]]
    checks: Sequence[Any]
    agents: Sequence[Any] = ()


def with_live(state: PartState, live: Live) -> PartState:
    """`state`, which facts say, with what a collector says of it where that is up."""
    directions = tuple(
        each._replace(degraded=each.state == UP and (state.id, each.start, each.end) in live.directions)
        for each in state.directions
    )
    return replace(state, degraded=live.degraded.get(state.id) if state.state == UP else None, directions=directions)


def running(settings: Settings) -> Live | None:
    """What the collector of this very estate says; None where none listens, or another one does."""
    host, port = settings.listen
    if not port:
        return None
    connection = http.client.HTTPConnection(_ANYWHERE.get(host, host), port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/api/v1/status")
        document = json.loads(_read(connection))
        return _live(document, settings.estate)
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, RecursionError):
        # Whatever listens there, the answer from the facts stands without it.
        return None
    finally:
        connection.close()


def _read(connection: http.client.HTTPConnection) -> bytes:
    ends = time.monotonic() + _PATIENCE_S
    response = connection.getresponse()
    data = bytearray()
    while chunk := response.read1(1 << 20):
        data += chunk
        if time.monotonic() > ends or len(data) > _LARGEST:
            raise ValueError("too long an answer")
    return bytes(data)


def _live(document: Any, estate: Estate) -> Live | None:
    parts = document["parts"]
    if {part["id"] for part in parts} != estate.parts.keys() | estate.services.keys():
        return None
    degraded = {part["id"]: _degradation(part["degraded"]) for part in parts if part["degraded"] is not None}
    directions = {
        (part["id"], each["from"], each["to"])
        for part in parts
        for each in part.get("directions", ())
        if each["degraded"] is True
    }
    return Live(degraded, directions, list(document["checks"]), list(document.get("agents", ())))


def _degradation(value: Any) -> Degradation:
    since = None if value["since"] is None else to_ms(datetime.fromisoformat(value["since"]))
    return Degradation(since, str(value["reason"]), str(value["detail"]))
