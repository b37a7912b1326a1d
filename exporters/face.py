"""What the handlers of the HTTP face share: routes, answers, bounds, and turns for what is real work.

A subject has its own file, `face_<subject>.py`, with a function that gives its routes; the front door hands all routes
to `http_face.serve`, which guards them and sends their answers.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from aiohttp import web

HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what clients can take; times in seconds."""

    connections: int = 100
    idle: float = 30.0
    """How long a connection may be without a whole request."""
    send: float = 15.0
    """How long a client may take to read an answer."""
    report: float = 60.0
    """How long a report may take, waiting for others included."""
    reports_waiting: int = 4
    """How many reports may be asked for at once."""
    questions_waiting: int = 16
    """How many different questions about the past may be asked at once: a page of panels asks several."""
    heartbeats_waiting: int = 64
    """How many reports of jobs may be under way at once."""
    heartbeat: float = 10.0
    """How long a job may take to send its report."""
    heartbeat_burst: int = 30
    heartbeat_pause: float = 1.0
    """So many reports of one check may come at once, and after that one in so many seconds; and so many wrong tokens
    of everybody together."""
    stop: float = 0.5
    """How long running requests get when it stops; they are cancelled then, and get as long once more to end."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back; in pieces, between which others get their turn."""

    pieces: Iterable[bytes]
    content_type: str = JSON
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[web.Request], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """One path and who answers it. GET is HEAD as well: a handler need not make pieces for that."""

    method: Literal["GET", "POST"]
    path: str
    """With names in braces where it is no fixed text, as in `/api/v1/heartbeats/{check}`."""
    handler: Handler
    operation: Mapping[str, object] = field(default_factory=dict)
    """The operation object of OpenAPI 3.1; every route of the API has one, and of the others none."""


class CrowdedError(Exception):
    """So many ask already that one more would wait too long."""


class Turns:
    """One piece of work at a time; a few may wait, and no more."""

    def __init__(self, turn: asyncio.Lock, waiting: int, seconds: float) -> None:
        """At most `waiting` at once, and `seconds` for each, waiting included; one at a time of all that have the same
        `turn`."""
        self._turn = turn
        self._most = waiting
        self._seconds = seconds
        self._waiting = 0

    async def take(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` gives. CrowdedError where too many wait, TimeoutError where it took too long."""
        if self._waiting >= self._most:
            raise CrowdedError
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds), self._turn:
                return await work()
        finally:
            self._waiting -= 1


def document(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """A small JSON document on one line."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return Answer([text.encode() + b"\n"], JSON, status, headers or {})


def problem(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Answer:
    """What is wrong and what would be right, as the API says it: `{"error": ...}`."""
    return document({"error": sentence}, status, headers)


async def read_body(request: web.Request, most: int) -> bytes | None:
    """What was sent; None where it is more than `most` bytes, which are not read then."""
    body = bytearray()
    if (request.content_length or 0) > most:
        return None
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def bearer(request: web.Request) -> bytes:
    """The token that came with it (RFC 6750, section 2.1); empty where there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip().encode(errors="surrogateescape") if scheme.lower() == "bearer" else b""
