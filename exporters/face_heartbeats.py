"""The HTTP face's door for jobs: they report with a token, a few at once, and none so often that it holds up others."""

from __future__ import annotations

import asyncio
import math
import time

from aiohttp import web

from availability.ports import HeartbeatInbox
from exporters.face import Answer, Limits, Route, bearer, document, problem, read_body
from exporters.heartbeat_reports import BODY_LIMIT, Turnstile, read_report
from exporters.local_time import LocalTime
from exporters.openapi_now import HEARTBEAT
from exporters.source import MetricsSource


def heartbeat_routes(source: MetricsSource, inbox: HeartbeatInbox, limits: Limits | None = None) -> list[Route]:
    """Where jobs report to `inbox`."""
    return [Route("POST", "/api/v1/heartbeats/{check}", _Door(source, inbox, limits or Limits()).answer, HEARTBEAT)]


class _Door:
    def __init__(self, source: MetricsSource, inbox: HeartbeatInbox, limits: Limits) -> None:
        self._source = source
        self._inbox = inbox
        self._limits = limits
        self._waiting = 0
        burst, pause = limits.heartbeat_burst, limits.heartbeat_pause
        self._wrong_tokens = Turnstile(burst, pause, time.monotonic)
        self._reports_of_checks = Turnstile(burst, pause, time.monotonic)

    async def answer(self, request: web.Request) -> Answer:
        """A report of a job; only a few at once, so that nobody can hold up the store."""
        if self._waiting >= self._limits.heartbeats_waiting:
            return problem(503, "too many reports come in at once: try again in a moment")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._limits.heartbeat):
                return await self._taken(request)
        except TimeoutError:
            return problem(408, "the report took too long: send it again")
        finally:
            self._waiting -= 1

    async def _taken(self, request: web.Request) -> Answer:
        """Who it is from, whether it may come now, and what it says."""
        check, inbox = request.match_info["check"], self._inbox
        admission = await inbox.admit(check, bearer(request))
        if admission == "wrong token":
            if not self._wrong_tokens.passes():
                return self._too_many("too many wrong tokens: try again in a moment")
            sentence = "this needs the token of the check: send it as Authorization: Bearer TOKEN"
            return problem(401, sentence, {"WWW-Authenticate": "Bearer"})
        if admission == "unknown check":
            return problem(404, "there is no heartbeat check of this name here")
        if not self._reports_of_checks.passes(check):
            return self._too_many("too many reports of this check: try again in a moment")
        body = await read_body(request, BODY_LIMIT)
        if body is None:
            return problem(413, f"a report has at most {BODY_LIMIT} bytes")
        try:
            report = read_report(check, inbox.vantage, body, inbox.now_ms())
        except ValueError as error:
            return problem(400, str(error))
        standing = await inbox.take(report)
        if standing is None:
            return problem(503, "the report could not be stored: send it again")
        zone = LocalTime(self._source.estate().timezone)
        due, missing_at = zone.iso_or_none(standing.due), zone.iso_or_none(standing.missing_at)
        return document({"check": check, "stage": standing.stage, "due": due, "missing_at": missing_at})

    def _too_many(self, sentence: str) -> Answer:
        return problem(429, sentence, {"Retry-After": str(math.ceil(self._limits.heartbeat_pause))})
