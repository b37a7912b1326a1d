"""The HTTP face's doors for paging: Alertmanager brings alerts with a token, people take pages up by a signed link.

Following a link changes nothing, since scanners of mail follow them all: the page that it shows has a button, and
pressing that takes the page up.
"""

from __future__ import annotations

import asyncio
import html
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from aiohttp import web

from availability.paging import Page
from availability.paging_ports import Acknowledgement, Link, PageDesk
from exporters.face import HTML, Answer, Limits, Route, bearer, document, problem, read_body
from exporters.harmless import harmless
from exporters.heartbeat_reports import Turnstile
from exporters.openapi import answers, body, instant, listed, parameter, shaped, text, whole
from exporters.paging.links import PATH, read_link
from exporters.paging.message import Telling, facts, moment, summary
from exporters.paging.webhook import BODY_LIMIT, read_notification
from exporters.paging.words import WORDS

_WAITING = 32
"""So many notifications and acknowledgements may be under way at once, of each."""
_PATIENCE_S = 10.0
"""How long a notification may take to come in and to be stored."""
_SHOWN = 100
_STATUS: Mapping[Acknowledgement, int] = {
    "taken": 200,
    "already": 200,
    "over": 200,
    "unknown": 404,
    "refused": 403,
    "expired": 410,
    "unstored": 503,
}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}"
    "dt{font-weight:bold}dd{margin:0 0 .5rem}button{font:inherit;padding:.8rem 1.6rem}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}"
)


_Act = Callable[[Link], Awaitable[tuple[Acknowledgement, Page | None]]]


class Desk(PageDesk, Protocol):
    """What takes alerts and acknowledgements, and knows how to write to people."""

    def telling(self, person: str) -> Telling:
        """How to write to somebody on call; in the language of all of them where there is no such person."""


def page_routes(desk: Desk, limits: Limits | None = None) -> list[Route]:
    """Where Alertmanager and people reach `desk`."""
    doors = _Doors(desk, limits or Limits())
    return [
        Route("POST", "/api/v1/alerts", doors.alerts, ALERTS),
        Route("GET", PATH, doors.look, LOOK),
        Route("POST", PATH, doors.take_up, TAKE_UP),
    ]


class _Doors:
    def __init__(self, desk: Desk, limits: Limits) -> None:
        self._desk = desk
        self._waiting = 0
        burst, pause = limits.heartbeat_burst, limits.heartbeat_pause
        self._wrong = Turnstile(burst, pause, time.monotonic)

    async def alerts(self, request: web.Request) -> Answer:
        """A notification of Alertmanager; answered only after what comes of it is stored. It comes again where the
        answer is not 2xx."""
        if self._waiting >= _WAITING:
            return problem(503, "too many notifications come in at once: try again in a moment")
        self._waiting += 1
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await self._taken(request)
        except TimeoutError:
            return problem(503, "the notification took too long: send it again")
        finally:
            self._waiting -= 1

    async def _taken(self, request: web.Request) -> Answer:
        if not await self._desk.admits(bearer(request)):
            if not self._wrong.passes():
                return problem(429, "too many wrong tokens: try again in a moment", {"Retry-After": "1"})
            sentence = "this needs the token of oncall.webhook: send it as Authorization: Bearer TOKEN"
            return problem(401, sentence, {"WWW-Authenticate": "Bearer"})
        sent = await read_body(request, BODY_LIMIT)
        if sent is None:
            return problem(413, f"a notification has at most {BODY_LIMIT} bytes: group alerts by more labels")
        try:
            notification = await asyncio.to_thread(read_notification, sent)
        except ValueError as error:
            return problem(400, str(error))
        if not await self._desk.take(notification):
            return problem(503, "the notification could not be stored: send it again")
        return document({"firing": len(notification.firing), "resolved": len(notification.resolved)})

    async def look(self, request: web.Request) -> Answer:
        """What a link is about, with a button where it can be taken up."""
        return await self._followed(request, self._desk.look_at, asking=True)

    async def take_up(self, request: web.Request) -> Answer:
        """Take the page of a link up."""
        return await self._followed(request, self._desk.acknowledge, asking=False)

    async def _followed(self, request: web.Request, act: _Act, *, asking: bool) -> Answer:
        link = read_link(request.query)
        telling = self._desk.telling(link.person if link else "")
        if link is None:
            return _shown("refused", None, telling, asking=asking)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                answer, page = await act(link)
        except TimeoutError:
            answer, page = "unstored", None
        return _shown(answer, page, telling, asking=asking)


def _shown(answer: Acknowledgement, page: Page | None, telling: Telling, *, asking: bool) -> Answer:
    words = WORDS[telling.language]
    can_be_taken = asking and answer == "taken"
    title, about, said = "waakvlam", "", "" if can_be_taken else words[answer]
    if page is not None:
        title = words["page.title"].format(page=page.id)
        since = page.ended_at if answer == "over" else page.acknowledged_at
        at = "" if since is None else moment(since, telling.timezone, telling.language)
        said = said.format(page=page.id, who=page.acknowledged.by if page.acknowledged else "", at=at)
    if page is not None and answer != "refused":
        about = _about(page, telling)
    form = f'<form method="post"><button>{html.escape(words["button"])}</button></form>' if can_be_taken else ""
    shown = (
        f'<!DOCTYPE html><html lang="{telling.language}"><head><meta charset="utf-8">'
        f'<title>{html.escape(title)}</title><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="robots" content="noindex"><style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1>'
        f"<p>{html.escape(said)}</p>{about}{form}</body></html>\n"
    )
    headers = {"Content-Security-Policy": _POLICY}
    return Answer([harmless(shown).encode(errors="replace")], HTML, _STATUS[answer], headers)


def _about(page: Page, telling: Telling) -> str:
    """Every alert of a page, and what a message says of it."""
    alerts = "".join(f"<li>{html.escape(summary(alert, telling.language))}</li>" for alert in page.alerts[:_SHOWN])
    rows = "".join(f"<dt>{html.escape(head)}</dt><dd>{html.escape(value)}</dd>" for head, value in facts(page, telling))
    return f"<ul>{alerts}</ul><dl>{rows}</dl>"


ALERTS: Mapping[str, object] = {
    "operationId": "alerts",
    "summary": "Take a notification of Alertmanager (webhook, version 4); it is stored before this answers.",
    "security": [{"token": []}],
    "requestBody": body(
        shaped(
            {
                "version": text("The version of the webhook.", "4"),
                "groupKey": text("Which group of alerts it is about."),
                "alerts": listed(
                    shaped(
                        {
                            "status": text("How it stands.", "firing", "resolved"),
                            "fingerprint": text("Which alert it is."),
                            "startsAt": instant("When it began."),
                        },
                        {"endsAt": instant("When it was over.")},
                    )
                ),
            },
            {"truncatedAlerts": whole("How many alerts were left out.")},
        ),
        required=True,
    ),
    "responses": answers(
        shaped({"firing": whole("Alerts that fire."), "resolved": whole("Alerts that are over.")}),
        refusals={
            400: "This is no notification of Alertmanager.",
            401: "There is no token, or not the right one.",
            413: "The notification is too large.",
            429: "There were too many wrong tokens.",
            503: "It could not be stored, or too many come in: send it again.",
        },
    ),
}
_LINK = [
    parameter("page", "The page."),
    parameter("by", "Who takes it up."),
    parameter("until", "Until when the link is valid; seconds since 1970, UTC."),
    parameter("sig", "What proves that the link was made here."),
]
_SHOWN_AS = {
    "200": "What it is about, and how it stands.",
    "403": "The link was altered.",
    "404": "There is no such page here.",
    "410": "The link is too old.",
    "503": "It could not be stored.",
}
_RESPONSES = {
    status: {"description": meaning, "content": {"text/html": {"schema": {"type": "string"}}}}
    for status, meaning in _SHOWN_AS.items()
}
LOOK: Mapping[str, object] = {
    "operationId": "acknowledgement",
    "summary": "For people: what the link in a message is about, with a button that takes it up. Changes nothing.",
    "parameters": _LINK,
    "responses": _RESPONSES,
}
TAKE_UP: Mapping[str, object] = {
    "operationId": "acknowledge",
    "summary": "For people: take the page of the link up.",
    "parameters": _LINK,
    "responses": _RESPONSES,
}
