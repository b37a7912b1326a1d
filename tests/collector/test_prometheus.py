"""What comes out of a Prometheus goes in exactly once, and one that misbehaves costs nothing that came before."""

from __future__ import annotations

import asyncio
import gzip
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from availability import facts
from availability.outcome import Reason, Status
from collector.prometheus import Progress, PrometheusImport, Wanted
from collector.prometheus_api import BODY_LIMIT, Access, PrometheusApi, PrometheusError
from collector.store import SqlStore, open_store
from tests.collector.servers import says, tcp_server

T0 = 1_790_834_400_000
"""2026-10-01T06:00:00Z"""
HOUR = 3_600_000
CHECKS = ("web", "dns")
WANTED = Wanted("probe_success", "check", T0, T0 + 6 * HOUR, vantage="local")

Samples = list[tuple[int, str]]


@dataclass
class Fake:
    """A Prometheus of fixed series; `trouble` is answered instead from the query after `good` ones on."""

    series: dict[str, list[tuple[dict[str, str], Samples]]]
    trouble: web.Response | str | None = None
    good: int = 0
    lasts: int = 1_000_000
    left_open: bool = False
    warnings: list[str] = field(default_factory=list)
    asked: list[web.Request] = field(default_factory=list)
    queries: int = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        what = request.match_info["what"]
        if what == "series":
            return self._series(request.query["match[]"])
        self.queries += 1
        if self.trouble is not None and self.good < self.queries <= self.good + self.lasts:
            return await self._troubled(request)
        if what == "query_range":
            return self._stepped(request)
        plain = re.fullmatch(r"(\w+)\n\[(\d+)ms\]", request.query["query"])
        if plain is None:
            return web.json_response({"status": "success", "data": {"resultType": "vector", "result": []}})
        until = round(float(request.query["time"]) * 1000)
        after = until - int(plain[2]) + self.left_open
        return self._matrix(plain[1], lambda samples: [(at, value) for at, value in samples if after <= at <= until])

    def _series(self, match: str) -> web.Response:
        if not match.isidentifier():
            return web.json_response({"status": "error", "errorType": "bad_data", "error": "unexpected"}, status=400)
        return web.json_response({"status": "success", "data": [one for one, _ in self.series.get(match, [])]})

    def _stepped(self, request: web.Request) -> web.Response:
        first, last, step = (round(float(request.query[name]) * 1000) for name in ("start", "end", "step"))
        assert first % step == 0
        name = request.query["query"].removeprefix("min by (check) (").removesuffix(")")

        def on_grid(samples: Samples) -> Samples:
            return [(at, value) for at, value in samples if first <= at <= last and at % step == 0]

        return self._matrix(name, on_grid)

    def _matrix(self, name: str, chosen: Any) -> web.Response:
        result = []
        for labels, samples in self.series[name]:
            if values := chosen(samples):
                result.append({"metric": labels, "values": [[at / 1000, value] for at, value in values]})
        data = {"resultType": "matrix", "result": result}
        return web.json_response({"status": "success", "data": data, "warnings": self.warnings})

    async def _troubled(self, request: web.Request) -> web.StreamResponse:
        if isinstance(self.trouble, web.Response):
            return web.Response(status=self.trouble.status, body=self.trouble.body, headers=self.trouble.headers)
        response = web.StreamResponse()
        await response.prepare(request)
        if self.trouble == "dies":
            await response.write(b'{"status": "success", "data": {"resultType": "mat')
        while self.trouble == "endless":
            try:
                await response.write(b" " * 65_536)
            except OSError:
                break
        if request.transport is not None:
            request.transport.abort()
        return response


@asynccontextmanager
async def serving(fake: Fake, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/prom/api/v1/{what}", fake.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}/prom/"
    finally:
        await runner.cleanup()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(f"sqlite:///{tmp_path / 'facts.db'}", create=True)
    yield opened
    opened.close()


async def take(url: str, store: SqlStore, wanted: Wanted = WANTED, **headers: str) -> tuple[Progress, str]:
    """What an import did, and the sentence it ended with if it was stopped."""
    api = PrometheusApi(Access(url, headers), pauses_s=(0, 0))
    work = PrometheusImport(api, store.add, CHECKS, ("local", "venlo"), wanted)
    try:
        async with api:
            await work.run()
    except PrometheusError as error:
        return work.progress, str(error)
    return work.progress, "; ".join(api.warnings)


def every(step: int, start: int = T0, end: int = T0 + 6 * HOUR) -> Samples:
    """Samples every `step` ms, with an outage in the second hour."""
    return [(at, "0" if 1 <= (at - T0) / HOUR < 1.2 else "1") for at in range(start, end, step)]


def one_series(samples: Samples, **labels: str) -> dict[str, list[tuple[dict[str, str], Samples]]]:
    return {"probe_success": [({"check": "web", **labels}, samples)]}


def observed(store: SqlStore, check: str = "web", vantage: str = "local") -> list[tuple[int, Status]]:
    return [(at, status) for at, status, *_ in facts.expand(store.runs(check, vantage))]


def expected(samples: Samples) -> list[tuple[int, Status]]:
    return [(at, Status.OK if value == "1" else Status.FAILED) for at, value in samples]


async def test_a_sample_is_an_observation_at_its_own_instant(store: SqlStore) -> None:
    values = ["1", "0", "NaN", "0.5", "+Inf", "1.0", "0e0"]
    samples = [(T0 + 1000 * index + 137, value) for index, value in enumerate(values)]
    fake = Fake(one_series(samples))
    fake.series["probe_duration_seconds"] = [({"check": "web"}, [(at, "0.25") for at, _ in samples[:4]])]
    async with serving(fake) as url:
        progress, said = await take(url, store, replace(WANTED, latency_query="probe_duration_seconds"))
    assert said == ""
    found = facts.expand(store.runs("web", "local"))
    assert [(at, status, reason) for at, status, reason, _ in found] == [
        (T0 + 137, Status.OK, None),
        (T0 + 1137, Status.FAILED, Reason.FAILED),
        (T0 + 2137, Status.NONE, Reason.COULD_NOT_LOOK),
        (T0 + 3137, Status.NONE, Reason.COULD_NOT_LOOK),
        (T0 + 4137, Status.NONE, Reason.COULD_NOT_LOOK),
        (T0 + 5137, Status.OK, None),
        (T0 + 6137, Status.FAILED, Reason.FAILED),
    ]
    summary = store.latencies("web", [(T0, T0 + HOUR)])
    assert (summary.count, summary.mean_ms, progress.timed) == (2, 250.0, 2)


@pytest.mark.parametrize("left_open", [False, True], ids=["version 2", "version 3"])
async def test_every_sample_comes_once_whatever_the_pages(store: SqlStore, left_open: bool) -> None:
    samples = every(15_000, T0 - HOUR, T0 + 48 * HOUR)
    wanted = replace(WANTED, end=T0 + 40 * HOUR)
    async with serving(Fake(one_series(samples), left_open=left_open)) as url:
        progress, said = await take(url, store, wanted)
        inside = [one for one in samples if T0 <= one[0] < T0 + 40 * HOUR]
        assert (said, progress.samples, progress.added) == ("", len(inside), len(inside))
        assert observed(store) == expected(inside)
        again, _ = await take(url, store, wanted)
    assert (again.added, again.known, again.conflicts) == (0, len(inside), 0)


async def test_gaps_stay_gaps(store: SqlStore) -> None:
    samples = every(15_000, T0, T0 + HOUR) + every(15_000, T0 + 4 * HOUR)
    async with serving(Fake(one_series(samples))) as url:
        await take(url, store)
    assert observed(store) == expected(samples)


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (web.Response(status=500), "answers HTTP 500"),
        (web.Response(status=503, body=b'{"status":"error","error":"shutting down"}'), "HTTP 503: shutting down"),
        ("dies", "the connection ended in the middle of an answer"),
        (web.Response(body=b"<html>It works!</html>"), "what is no JSON"),
    ],
)
async def test_of_one_that_dies_half_way_what_came_is_kept(store: SqlStore, trouble: Any, sentence: str) -> None:
    samples = every(15_000)
    fake = Fake(one_series(samples), trouble, good=2)
    async with serving(fake) as url:
        progress, said = await take(url, store)
        assert sentence in said
        assert progress.reached == T0 + 3 * HOUR
        assert observed(store) == expected([one for one in samples if one[0] < T0 + 3 * HOUR])
        fake.trouble = None
        progress, said = await take(url, store, replace(WANTED, start=progress.reached))
    assert (said, progress.known) == ("", 0)
    assert observed(store) == expected(samples)


@pytest.mark.parametrize("trouble", [web.Response(status=503), web.Response(status=429), "dies"])
async def test_what_passes_is_tried_again(store: SqlStore, trouble: Any) -> None:
    samples = every(15_000)
    async with serving(Fake(one_series(samples), trouble, good=1, lasts=2)) as url:
        _, said = await take(url, store)
    assert said == ""
    assert observed(store) == expected(samples)


async def test_a_large_answer_is_asked_for_in_pieces(store: SqlStore) -> None:
    samples = every(6, T0, T0 + HOUR)
    assert len(samples) * 20 > BODY_LIMIT
    async with serving(Fake(one_series(samples))) as url:
        progress, said = await take(url, store, replace(WANTED, end=T0 + HOUR))
    assert (said, progress.added) == ("", len(samples))


async def test_what_the_server_finds_too_much_is_asked_for_in_pieces(store: SqlStore) -> None:
    samples = every(15_000)
    too_much = web.Response(status=422, body=b'{"status":"error","error":"too many samples"}')
    async with serving(Fake(one_series(samples), too_much, good=1, lasts=2)) as url:
        assert (await take(url, store))[1] == ""
    assert observed(store) == expected(samples)


async def test_an_answer_without_an_end_ends(store: SqlStore) -> None:
    async with serving(Fake(one_series(every(15_000)), "endless")) as url:
        progress, said = await take(url, store)
    assert said == "an answer is larger than 8 MiB, even for one instant: narrow the query"
    assert progress.reached is None


def success(**data: Any) -> web.Response:
    return web.json_response({"status": "success", "data": data})


def matrix(*values: Any) -> web.Response:
    return success(resultType="matrix", result=[{"metric": {"check": "web"}, "values": list(values)}])


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    {
        "no JSON": (web.Response(body=b"<html>"), "it gives what is no JSON"),
        "nested without an end": (web.Response(body=b"[" * 200_000), "it gives what is no JSON"),
        "a number too long": (web.Response(body=b"1" * 20_000), "it gives what is no JSON"),
        "another JSON": (web.json_response([1, 2]), "it gives what is no success"),
        "no samples": (success(resultType="vector", result=[]), "it gives something else than samples"),
        "no labels": (success(resultType="matrix", result=[{}]), "it gives series without labels"),
        "a histogram": (
            success(resultType="matrix", result=[{"metric": {"check": "web"}, "histograms": []}]),
            "a native histogram has none",
        ),
        "no pair": (matrix([1]), "samples that are none"),
        "no instant": (matrix(["x", "1"]), "samples that are none"),
        "no finite instant": (matrix([float("inf"), "1"]), "samples that are none"),
        "no text": (matrix([T0 / 1000, 1]), "samples that are none"),
        "no number": (matrix([T0 / 1000, "\x1b[31mup"]), "a value that is no number: ' [31mup'"),
        "packed": (
            web.Response(body=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"}),
            "packs its answers",
        ),
        "401": (web.Response(status=401), "refuses us (HTTP 401): see --token-env"),
        "403": (web.Response(status=403), "refuses us (HTTP 403)"),
        "404": (web.Response(status=404), "is no Prometheus, or not the whole URL of it: it answers HTTP 404"),
        "redirect": (
            web.Response(status=302, headers={"Location": "http://127.0.0.1:9/\u200b" + "x" * 5000}),
            "x..., which is not followed: give the URL it means",
        ),
        "bad query": (
            web.Response(status=400, body=b'{"status":"error","error":"parse\\u001b error"}'),
            "parse  error",
        ),
    }.values(),
)
async def test_a_strange_answer_is_said_in_a_sentence(store: SqlStore, trouble: web.Response, sentence: str) -> None:
    async with serving(Fake(one_series(every(15_000)), trouble)) as url:
        progress, said = await take(url, store)
    assert sentence in said
    assert len(said.splitlines()) == 1
    assert progress.reached is None
    assert observed(store) == []


async def test_what_does_not_speak_http_is_said_in_a_sentence(store: SqlStore) -> None:
    async with tcp_server(says(b"220 mail.example ESMTP\r\n")) as port:
        assert "does not speak HTTP" in (await take(f"http://127.0.0.1:{port}", store))[1]


async def test_a_redirect_gets_no_secret(store: SqlStore) -> None:
    other = Fake({})
    async with serving(other) as elsewhere:
        fake = Fake(one_series(every(15_000)), web.Response(status=307, headers={"Location": elsewhere}))
        async with serving(fake) as url:
            await take(url, store, Authorization="Bearer s3cret")
    assert fake.asked[0].headers["Authorization"] == "Bearer s3cret"
    assert other.asked == []


async def test_a_label_that_is_missing_is_told_with_those_there_are(store: SqlStore) -> None:
    async with serving(Fake(one_series(every(15_000), job="blackbox"))) as url:
        _, said = await take(url, store, replace(WANTED, check_label="target"))
    assert said == "--check-label: there is a series without the label 'target'; its labels are check, job"


async def test_a_value_that_is_no_check_is_refused_or_left_out(store: SqlStore) -> None:
    fake = Fake(one_series(every(15_000)))
    fake.series["probe_success"].append(({"check": "mail"}, every(15_000)))
    async with serving(fake) as url:
        progress, said = await take(url, store)
        assert said.startswith("not in the configuration: check 'mail'; narrow --query")
        assert (progress.reached, fake.queries) == (None, 0)
        progress, said = await take(url, store, replace(WANTED, ignore_unknown=True))
    assert (said, progress.unknown) == ("", {"check 'mail'"})
    assert set(store.rows()) == {("web", "local")}


async def test_a_label_can_say_the_vantage(store: SqlStore) -> None:
    fake = Fake(one_series(every(15_000), place="local"))
    fake.series["probe_success"].append(({"check": "web", "place": "venlo"}, every(30_000)))
    async with serving(fake) as url:
        assert (await take(url, store, replace(WANTED, vantage="", vantage_label="place")))[1] == ""
    assert observed(store, vantage="local") == expected(every(15_000))
    assert observed(store, vantage="venlo") == expected(every(30_000))


async def test_two_series_of_one_check_are_not_mingled(store: SqlStore) -> None:
    fake = Fake(one_series(every(15_000), module="http"))
    fake.series["probe_success"].append(({"check": "web", "module": "icmp"}, every(15_000, T0 + 7000)))
    async with serving(fake) as url:
        progress, said = await take(url, store)
    assert "several series at once for check web from vantage local, which differ in module" in said
    assert progress.reached is None


async def test_a_series_may_go_on_under_other_labels(store: SqlStore) -> None:
    middle = T0 + HOUR // 2
    fake = Fake(one_series(every(15_000, T0, middle), instance="old"))
    fake.series["probe_success"].append(({"check": "web", "instance": "new"}, every(15_000, middle)))
    async with serving(fake) as url:
        assert (await take(url, store))[1] == ""
    assert observed(store) == expected(every(15_000))


async def test_an_expression_is_worked_out_at_a_step_that_is_asked_for(store: SqlStore) -> None:
    expression = replace(WANTED, query="min by (check) (probe_success)")
    async with serving(Fake(one_series(every(15_000)))) as url:
        _, said = await take(url, store, expression)
        assert said.startswith("--query: this is no plain selector")
        progress, said = await take(url, store, replace(expression, start=T0 + 7, step=30_000))
    assert (said, progress.stepped) == ("", True)
    assert observed(store) == expected(every(30_000, T0 + 30_000))


async def test_a_query_that_matches_nothing_is_no_success(store: SqlStore) -> None:
    async with serving(Fake({"probe_success": []})) as url:
        _, said = await take(url, store)
    assert said == "no series of 'probe_success' has samples in this time: is it the right query?"


async def test_warnings_are_passed_on(store: SqlStore) -> None:
    async with serving(Fake(one_series(every(15_000)), warnings=["one store was\nunreachable"])) as url:
        assert (await take(url, store))[1] == "one store was unreachable"


async def test_nobody_there_is_said_in_a_sentence(store: SqlStore) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    assert (await take(f"http://127.0.0.1:{port}", store))[1].endswith("cannot be reached: Connection refused")
