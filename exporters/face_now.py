"""What the HTTP face tells of now: metrics, health, readiness, the live state and the status page; and the report."""

from __future__ import annotations

import asyncio

from aiohttp import web

from exporters.centres import centres_sentence
from exporters.exposition import OPENMETRICS, TEXT, prefers_openmetrics
from exporters.face import HTML, PLAIN, Answer, CrowdedError, Route, Turns, problem
from exporters.local_time import LocalTime
from exporters.openapi_now import REPORT, STATUS
from exporters.prometheus import Exposition, process_registry
from exporters.report_json import report_json
from exporters.source import MetricsSource
from exporters.status_json import status_pieces
from exporters.status_page import CONTENT_POLICY, status_page


def now_routes(source: MetricsSource, turns: Turns) -> list[Route]:
    """What there is without any further configuration; reports take their turn in `turns`."""
    now = _Now(source, turns)
    return [
        Route("GET", "/", now.page),
        Route("GET", "/metrics", now.metrics),
        Route("GET", "/-/healthy", now.healthy),
        Route("GET", "/-/ready", now.ready),
        Route("GET", "/api/v1/status", now.status, STATUS),
        Route("GET", "/api/v1/report", now.report, REPORT),
    ]


class _Now:
    def __init__(self, source: MetricsSource, turns: Turns) -> None:
        self._source = source
        self._turns = turns
        self._exposition = Exposition(source, process_registry())

    async def metrics(self, request: web.Request) -> Answer:
        """The page that Prometheus scrapes, in the format it asks for."""
        openmetrics = prefers_openmetrics(request.headers.get("Accept", ""))
        pieces = [] if request.method == "HEAD" else await self._exposition.scrape(openmetrics)
        return Answer(pieces, OPENMETRICS if openmetrics else TEXT)

    async def healthy(self, _: web.Request) -> Answer:
        """That it is alive, whatever is missing."""
        return Answer([b"waakvlam is alive.\n"], PLAIN)

    async def ready(self, _: web.Request) -> Answer:
        """Whether it does what it is for, and if not, what is missing."""
        missing, centres = self._source.not_ready(), self._source.health().centres
        sentences = ["Not ready.", *missing] if missing else ["waakvlam is ready."]
        if centres is not None and (centres.others or not centres.leads):
            sentences.append(centres_sentence(centres, LocalTime(self._source.estate().timezone)))
        text = " ".join(sentences) + "\n"
        return Answer([text.encode()], PLAIN, 503 if missing else 200)

    async def page(self, _: web.Request) -> Answer:
        """The status page, for a person without Grafana."""
        return Answer([status_page(self._source).encode()], HTML, headers={"Content-Security-Policy": CONTENT_POLICY})

    async def status(self, _: web.Request) -> Answer:
        """Every part and every check as it stands now."""
        pieces = []
        for piece in status_pieces(self._source):
            pieces.append(piece.encode())
            await asyncio.sleep(0)
        return Answer(pieces)

    async def report(self, request: web.Request) -> Answer:
        """One report at a time, a few that wait, and no more: each is real work."""

        async def made() -> str:
            report = await self._source.report(request.query.get("period"))
            return await asyncio.to_thread(report_json, report, self._source.estate().timezone)

        try:
            text = await self._turns.take(made)
        except ValueError as error:
            return problem(400, str(error))
        except CrowdedError:
            return problem(503, "too many reports are asked for at once: try again in a moment")
        except TimeoutError:
            return problem(503, "the report took too long: try again in a moment")
        return Answer([text.encode()])
