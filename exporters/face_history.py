"""The HTTP face's history API: flat rows of what happened, judged when asked, one question at a time (docs/api.md)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from aiohttp import web

from availability.estate import Estate
from availability.outage_totals import TooManyError
from exporters import history
from exporters.face import Answer, CrowdedError, Limits, Route, Turns, problem
from exporters.history import MOST_ROWS, Asked, HistorySource, Pieces, StoreAwayError
from exporters.history_query import Range, read_id, read_range, refuse_others
from exporters.history_rows import DAYS, FAILOVERS, MONTHS, OUTAGES, Columns, instants, maybe_twice, twice
from exporters.json_figures import Document
from exporters.local_time import LocalTime
from exporters.openapi import NOT_NOW, Schema, answers, listed, parameter, shaped
from exporters.registers_rows import BACKUPS, CERTIFICATES, PARTS, part_rows
from exporters.source import MetricsSource

_FRESH_S = 30.0
"""How old an answer may be that is given again: panels of one page ask the same at once."""
_KEPT = 8
_KEPT_BYTES = 1 << 20
"""So many answers are kept, none of them larger."""
_SLICE = 200
_PARAMETERS = {
    "from": "From when: a month (2026-10), a quarter (2026-Q4), a year (2026), a day (2026-10-07), an instant with an "
    "offset or milliseconds since 1970. Without it: the month in which `to` lies.",
    "to": "Up to the end of what it names, in the same ways. Without it: now.",
    "service": "Only the service of this id.",
    "participant": "Only the services of this participant, as it has them.",
    "pair": "Only the failover pair of this id.",
}
_REFUSALS = {400: "A parameter is wrong, or asks for too much.", 503: NOT_NOW}
_RANGE = {**twice("from", "From when"), **twice("to", "Until when")}


@dataclass(frozen=True, slots=True)
class _Question:
    """One path: what it takes, how many days it may cover (None: it has no range), and who answers it."""

    name: str
    summary: str
    takes: tuple[str, ...]
    days: int | None
    columns: Columns
    ask: Callable[[HistorySource, Asked], Pieces]


_QUESTIONS = (
    _Question(
        "months", "Figures and verdict of each service in each period of its agreement.",
        ("from", "to", "service", "participant"), 3_660, MONTHS, history.months,
    ),
    _Question(
        "days", "Each service day by day, with the budget that was left.",
        ("from", "to", "service"), 366, DAYS, history.days,
    ),
    _Question(
        "outages", "Outages of services.", ("from", "to", "service"), 1_100, OUTAGES, history.outages,
    ),
    _Question(
        "failovers", "Failover events of pairs.", ("from", "to", "pair"), 1_100, FAILOVERS, history.failovers,
    ),
    _Question("certificates", "The register of certificates.", (), None, CERTIFICATES, history.certificates),
    _Question("backups", "Every day of every backup.", ("from", "to"), 366, BACKUPS, history.backups),
)  # fmt: skip


def history_routes(
    source: MetricsSource, past: HistorySource, turns: Turns, limits: Limits | None = None
) -> list[Route]:
    """The questions about the past, which take their turns in `turns`, and the parts as they stand now."""
    kept = _Kept(past)
    given = limits or Limits()
    routes = [
        Route("GET", f"/api/v1/{one.name}", _Asking(one, past, kept, turns, given.report).answer, _operation(one))
        for one in _QUESTIONS
    ]
    schema = _schema(PARTS, maybe_twice("as_of", "Of when it is; null before the first judgement"))
    operation = {
        "operationId": "parts",
        "summary": "Every component, link and service as it stands now, in flat rows.",
        "responses": answers(schema, refusals={400: _REFUSALS[400]}),
    }
    return [*routes, Route("GET", "/api/v1/parts", _Parts(source).answer, operation)]


@dataclass
class _One:
    """An answer that is kept, and the turn of who makes it."""

    estate: Estate
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    body: bytes = b""
    made_at: float = 0.0

    @property
    def is_fresh(self) -> bool:
        return bool(self.body) and time.monotonic() - self.made_at <= _FRESH_S


class _Kept:
    """The last answers by question, so that who asks the same at once waits for one answer."""

    def __init__(self, past: HistorySource) -> None:
        self._past = past
        self._answers: dict[str, _One] = {}

    def of(self, question: str) -> _One:
        """What is kept under `question`, made under the configuration of now."""
        one = self._answers.pop(question, None)
        if one is None or one.estate is not self._past.estate():
            one = _One(self._past.estate())
        self._answers[question] = one  # the last one asked for is the last one let go of
        while len(self._answers) > _KEPT:
            del self._answers[next(iter(self._answers))]
        return one


class _Asking:
    def __init__(self, question: _Question, past: HistorySource, kept: _Kept, turns: Turns, seconds: float) -> None:
        self._question = question
        self._past = past
        self._kept = kept
        self._turns = turns
        self._seconds = seconds

    async def answer(self, request: web.Request) -> Answer:
        """The rows, made now or moments ago."""
        try:
            asked = self._read(request)
            if request.method == "HEAD":
                return Answer([])
            async with asyncio.timeout(self._seconds):
                return await self._answered(f"{request.path}?{sorted(request.query.items())}", asked)
        except ValueError as error:
            return problem(400, str(error))
        except TooManyError:
            return problem(400, f"this has more than {MOST_ROWS} rows: ask for a shorter time or for less")
        except CrowdedError:
            return problem(503, "too much is asked for at once: try again in a moment")
        except TimeoutError:
            return problem(503, "this took too long: ask for a shorter time, or try again in a moment")
        except StoreAwayError:
            return problem(503, "the store cannot be read now: try again in a moment; the log says why")

    async def _answered(self, key: str, asked: Asked) -> Answer:
        kept = self._kept.of(key)
        async with kept.turn:
            if kept.is_fresh:
                return Answer([kept.body])
            body = await self._turns.take(lambda: self._made(asked))
            if len(body) <= _KEPT_BYTES:
                kept.body, kept.made_at = body, time.monotonic()
            return Answer([body])

    async def _made(self, asked: Asked) -> bytes:
        """Piece after piece in a thread: between them, who gave up is noticed."""
        rows: list[Document] = []
        pieces = self._question.ask(self._past, asked)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            rows += piece
            if len(rows) > MOST_ROWS:
                raise TooManyError
        ranged = self._question.days is not None
        return await asyncio.to_thread(_written, rows, asked, self._past.estate().timezone, ranged=ranged)

    def _read(self, request: web.Request) -> Asked:
        query, estate, now = request.query, self._past.estate(), self._past.now_ms()
        refuse_others([key for key, _ in query.items()], self._question.takes)
        days = self._question.days
        services = estate.services.values()
        return Asked(
            Range(now, now) if days is None else read_range(query, estate.timezone, now, days),
            now,
            read_id(query, "service", estate.services, "service"),
            read_id(query, "participant", {one.id for each in services for one in each.participants}, "participant"),
            read_id(query, "pair", {pair.id for pair in estate.pairs}, "failover pair"),
        )


class _Parts:
    def __init__(self, source: MetricsSource) -> None:
        self._source = source

    async def answer(self, request: web.Request) -> Answer:
        """From memory, in slices."""
        try:
            refuse_others([key for key, _ in request.query.items()], ())
        except ValueError as error:
            return problem(400, str(error))
        source = self._source
        estate, standing = source.estate(), source.standing()
        zone = LocalTime(estate.timezone)
        head = _text(instants("as_of", standing.as_of if standing else None, zone))
        rows = part_rows(source.parts(), estate, source.maintenance(), zone)
        pieces, before = [f'{head[:-1]}, "rows": ['.encode()], "\n"
        while piece := list(islice(rows, _SLICE)):
            pieces.append((before + ",\n".join(map(_text, piece))).encode())
            before = ",\n"
            await asyncio.sleep(0)
        return Answer([*pieces, b"]}\n"])


def _written(rows: Sequence[Document], asked: Asked, timezone: str, *, ranged: bool) -> bytes:
    zone = LocalTime(timezone)
    head = instants("as_of", asked.as_of, zone)
    if ranged:
        head |= {**instants("from", asked.range.start, zone), **instants("to", asked.range.end, zone)}
    listing = ",\n".join(map(_text, rows))
    return f'{_text(head)[:-1]}, "rows": [\n{listing}]}}\n'.encode()


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _schema(columns: Columns, head: Mapping[str, Schema]) -> Schema:
    return shaped({**head, "rows": listed(shaped(columns))})


def _operation(question: _Question) -> Mapping[str, object]:
    head = {**twice("as_of", "Of when the answer is"), **(_RANGE if question.days is not None else {})}
    return {
        "operationId": question.name,
        "summary": question.summary,
        "parameters": _parameters(question.takes),
        "responses": answers(_schema(question.columns, head), refusals=_REFUSALS),
    }


def _parameters(names: Iterable[str]) -> list[Schema]:
    return [parameter(name, _PARAMETERS[name]) for name in names]
