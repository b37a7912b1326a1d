"""The history API over the made-up months: the figures of the report, in rows that are what their schema says."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from availability.outage_totals import TooManyError
from availability.ports import HeartbeatInbox
from collector.clock import Clock
from collector.probes import OPTIONS
from collector.store import SqlStore, StoreError, open_store
from config.reader import read
from exporters import history
from exporters.face import Limits, Turns
from exporters.face_heartbeats import heartbeat_routes
from exporters.face_history import history_routes
from exporters.face_now import now_routes
from exporters.face_pages import page_routes
from exporters.history import Asked
from exporters.history_query import Range
from exporters.http_face import serve
from exporters.report_json import report_document
from waakvlam.collecting import Collecting
from waakvlam.example_month.making import make
from waakvlam.narrowing import Choice
from waakvlam.reporting import Asked as AskedAccount
from waakvlam.reporting import account_for

DOCUMENTATION = Path("docs/api.md").read_text()
NOON = 1_795_345_200_000
"""22 November 2026, 12:00 in Amsterdam, up to when the months were made up."""


class StoppedClock(Clock):
    def now_ms(self) -> int:
        return NOON


@pytest.fixture(scope="module")
def collecting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collecting]:
    folder = tmp_path_factory.mktemp("months") / "made"
    make(folder)
    settings = read(folder / "estate.yaml", OPTIONS)
    store = open_store(settings.store_url, create=False)
    yield Collecting(settings, "kerkdal", store, StoppedClock())
    store.close()


@pytest.fixture
async def face(collecting: Collecting) -> AsyncIterator[str]:
    await collecting.judging.judge()
    inbox: HeartbeatInbox = collecting.heartbeats
    past, pages = collecting.history, page_routes(collecting.paging)
    async with serve(collecting.source, "127.0.0.1", 0, inbox=inbox, past=past, further=pages) as (host, port):
        yield f"http://{host}:{port}"


async def ask(face: str, path: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(face + path) as response:
        return response.status, json.loads(await response.text())


async def rows(face: str, path: str) -> list[dict[str, Any]]:
    status, answer = await ask(face, path)
    assert status == 200, answer
    assert answer["as_of_ms"] == NOON
    found: list[dict[str, Any]] = answer["rows"]
    return found


async def report(face: str, period: str) -> dict[str, Any]:
    status, answer = await ask(face, f"/api/v1/report?period={period}")
    assert status == 200, answer
    assert isinstance(answer, dict)
    return answer


SAME = (
    "agreed_seconds", "up_seconds", "down_seconds", "unknown_seconds", "excluded_seconds", "availability",
    "availability_low", "availability_high", "coverage", "budget_seconds", "budget_left_seconds",
    "unconfirmed_failed_seconds", "verdict", "norm", "name", "agreement",
)  # fmt: skip


async def test_months_have_the_figures_of_the_reports(face: str) -> None:
    found = await rows(face, "/api/v1/months?from=2026-09&to=2026-11")
    assert [row["period"] for row in found] == sorted(row["period"] for row in found)
    for label in ("2026-09", "2026-10", "2026-11"):
        of_month = {row["service"]: row for row in found if row["period"] == label}
        services = (await report(face, label))["services"]
        assert list(of_month) == [service["id"] for service in services]
        for service in services:
            assert {key: of_month[service["id"]][key] for key in SAME} == {key: service[key] for key in SAME}
        assert {row["is_over"] for row in of_month.values()} == {label != "2026-11"}


async def test_a_participant_has_services_as_it_has_them(face: str) -> None:
    found = await rows(face, "/api/v1/months?from=2026-10&to=2026-10&participant=peelrade")
    brp = next(row for row in found if row["service"] == "brp")
    of_report = next(one for one in (await report(face, "2026-10"))["services"] if one["id"] == "brp")
    peelrade = next(one for one in of_report["participants"] if one["id"] == "peelrade")
    assert (brp["verdict"], brp["down_seconds"]) == ("missed", peelrade["down_seconds"])
    assert {row["participant"] for row in found} == {"peelrade"}


async def test_outages_over_months_are_those_of_the_year(face: str) -> None:
    found = await rows(face, "/api/v1/outages?from=2026&to=2026")
    services = (await report(face, "2026"))["services"]
    told = {
        (service["id"], outage["start"], outage["end"], ", ".join(outage["causes"])): outage
        for service in services
        for outage in service["outages"]
    }
    assert {(row["service"], row["start"], row["end"], row["causes"]) for row in found} == set(told)
    for row in found:
        outage = told[row["service"], row["start"], row["end"], row["causes"]]
        for key in ("down_seconds", "excluded_seconds", "unknown_seconds"):
            assert row[key] == pytest.approx(outage[key], abs=1e-6)
        assert row["lasts"] is (row["end"] is None)
        assert row["owners"], "each of them has a cause that is somebody's"
    assert [row["start_ms"] for row in found] == sorted(row["start_ms"] for row in found)


async def test_outages_of_a_range_share_an_instant_with_it(face: str) -> None:
    every = await rows(face, "/api/v1/outages?from=2026-10&to=2026-10&service=bag")
    first, second = every[0], every[1]
    inside = f"/api/v1/outages?service=bag&from={first['start_ms'] + 1}&to={second['start_ms']}"
    assert await rows(face, inside) == [first], "it is told whole, and the second one begins where the range ends"
    touching = f"/api/v1/outages?service=bag&from={first['end_ms']}&to={second['start_ms'] + 1}"
    assert await rows(face, touching) == [second]


async def test_failovers_are_those_of_the_report(face: str) -> None:
    found = await rows(face, "/api/v1/failovers?from=2026&to=2026")
    told = (await report(face, "2026"))["failovers"]
    keys = ("pair", "started_at", "ended_at", "restored_at", "seconds", "seconds_low", "outcome", "verdict", "test")
    assert sorted([row[key] for key in keys] for row in found) == sorted([one[key] for key in keys] for one in told)
    one = found[0]
    of_pair = await rows(face, f"/api/v1/failovers?from={one['started_at_ms']}&to=2026&pair={one['pair']}")
    assert of_pair == [row for row in found if row["pair"] == one["pair"]]
    later = await rows(face, f"/api/v1/failovers?from={one['started_at_ms'] + 1}&to=2026&pair={one['pair']}")
    assert later == of_pair[1:]


async def test_days_add_up_to_their_month(face: str) -> None:
    days = await rows(face, "/api/v1/days?from=2026-10&to=2026-11")
    months = await rows(face, "/api/v1/months?from=2026-10&to=2026-11")
    for month in months:
        of_month = [day for day in days if (day["service"], day["period"]) == (month["service"], month["period"])]
        assert len(of_month) == (31 if month["period"] == "2026-10" else 22)
        for key in ("agreed_seconds", "up_seconds", "down_seconds", "unknown_seconds", "excluded_seconds"):
            assert sum(day[key] for day in of_month) == pytest.approx(month[key], abs=1e-6)
        assert of_month[-1]["budget_left_seconds"] == month["budget_left_seconds"]
        assert of_month[-1]["budget_seconds"] == month["budget_seconds"]
        for day, following in itertools.pairwise(of_month):
            assert day["to_ms"] == following["from_ms"]
    only = await rows(face, "/api/v1/days?from=2026-10-14&to=2026-10-14&service=bag")
    assert [day["day"] for day in only] == ["2026-10-14"]
    assert only == [day for day in days if (day["day"], day["service"]) == ("2026-10-14", "bag")]


async def test_the_account_of_the_command_says_the_same(face: str, collecting: Collecting) -> None:
    """One judgement, whichever door it leaves by."""
    store = collecting.history._store
    period = Range(NOON - 40 * 86_400_000, NOON - 39 * 86_400_000).periods("month", "Europe/Amsterdam", NOON)[0]
    account = account_for(collecting.settings, store, AskedAccount(period, NOON, Choice()))
    document: Any = report_document(account, "Europe/Amsterdam")
    found = await rows(face, f"/api/v1/months?from={period.label}&to={period.label}")
    for row, service in zip(found, document["services"], strict=True):
        assert {key: row[key] for key in SAME} == {key: service[key] for key in SAME}


async def test_registers_are_rows_too(face: str) -> None:
    parts = await rows(face, "/api/v1/parts")
    _, status = await ask(face, "/api/v1/status")
    assert [row["id"] for row in parts] == [part["id"] for part in status["parts"]]
    backups = await rows(face, "/api/v1/backups?from=2026-10-16&to=2026-10-21")
    assert all(row["size_bytes"] > 0 for row in backups if row["status"] == "done")
    assert len({(row["day"], row["job"]) for row in backups}) == len(backups)
    assert await rows(face, "/api/v1/certificates") == []


REFUSED = {
    "/api/v1/months?from=2026-13": "from: '2026-13' is no time: write a month (2026-10), a quarter",
    "/api/v1/months?to=2026-10-07T12:00:00": "to: '2026-10-07T12:00:00' is no time: write",
    "/api/v1/months?from=": "from: '' is no time",
    "/api/v1/months?from=9999-11-30": "from: '9999-11-30' lies outside the years 1970 to 9998",
    "/api/v1/months?from=999999999999999": "from: '999999999999999' lies outside the years 1970 to 9998",
    "/api/v1/months?from=0001-01-01T00:00:00%2B14:00": "from: '0001-01-01T00:00:00+14:00' lies outside the years",
    "/api/v1/months?from=2026-12&to=2026-11": "from is not before to: nothing lies between them",
    "/api/v1/months?from=2000": "from and to are more than 3660 days apart: ask for less at a time",
    "/api/v1/outages?from=2020": "from and to are more than 1100 days apart",
    "/api/v1/days?from=2025-01": "from and to are more than 366 days apart",
    "/api/v1/months?since=2026": "there is no parameter 'since' here: it takes from, participant, service, to",
    "/api/v1/months?from=2026&from=2025": "from is given twice",
    "/api/v1/certificates?from=2026": "there is no parameter 'from' here: it takes none",
    "/api/v1/parts?id=x": "there is no parameter 'id' here: it takes none",
    "/api/v1/outages?service=x%1b[31m": "service: there is no service 'x\\x1b[31m' in the configuration",
    "/api/v1/months?participant=x": "participant: there is no participant 'x' in the configuration",
    "/api/v1/failovers?pair=" + "x" * 900: "pair: there is no failover pair '" + "x" * 60 + "...'",
}


@pytest.mark.parametrize("path", REFUSED)
async def test_what_is_asked_wrongly_is_refused_with_the_remedy(face: str, path: str) -> None:
    status, answer = await ask(face, path)
    assert status == 400
    assert answer["error"].startswith(REFUSED[path])


ANSWERS = (
    "/api/v1/status", "/api/v1/report", "/api/v1/report?period=2026-10", "/api/v1/report?period=2026", "/api/v1/parts",
    "/api/v1/months", "/api/v1/months?from=2026&participant=peelrade", "/api/v1/months?from=2024", "/api/v1/days",
    "/api/v1/outages?from=2026", "/api/v1/failovers?from=2026", "/api/v1/certificates", "/api/v1/backups",
    "/api/v1/openapi.json",
)  # fmt: skip


async def test_the_openapi_document_is_one_and_describes_every_answer(face: str) -> None:
    _, document = await ask(face, "/api/v1/openapi.json")
    validate(document)
    gettable = {
        path
        for path, operations in document["paths"].items()
        if "application/json" in operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
    }
    assert {path.partition("?")[0] for path in ANSWERS} == gettable
    for path in ANSWERS:
        operation = document["paths"][path.partition("?")[0]]["get"]
        status, answer = await ask(face, path)
        schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
        errors = [error.message for error in OAS31Validator(schema).iter_errors(answer)]
        assert errors == [], path
        for row in answer.get("rows", []):
            described = schema["properties"]["rows"]["items"]["properties"]
            assert set(row) == set(described), "no column is there without a word on it"
            assert not any(isinstance(cell, list | dict) for cell in row.values())


def test_every_route_of_the_api_is_described_and_nothing_else_is(collecting: Collecting) -> None:
    turns = Turns(asyncio.Lock(), 1, 1.0)
    routes = [
        *now_routes(collecting.source, turns),
        *history_routes(collecting.source, collecting.history, turns),
        *heartbeat_routes(collecting.source, collecting.heartbeats),
        *page_routes(collecting.paging),
    ]
    assert {route.path for route in routes if not route.operation} == {"/", "/metrics", "/-/healthy", "/-/ready"}
    names = [route.operation["operationId"] for route in routes if route.operation]
    assert len(names) == len(set(names))


async def test_the_documentation_names_every_path_and_column(face: str) -> None:
    text = DOCUMENTATION
    _, document = await ask(face, "/api/v1/openapi.json")
    for path, operations in document["paths"].items():
        assert f"`{path}`" in text
        schema = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        columns = schema.get("application/json", {}).get("schema", {}).get("properties", {}).get("rows")
        for column in columns["items"]["properties"] if columns else ():
            assert f"`{column}`" in text, path


async def test_the_openapi_document_knows_every_error(face: str) -> None:
    _, document = await ask(face, "/api/v1/openapi.json")
    for path in REFUSED:
        _, answer = await ask(face, path)
        said = document["paths"][path.partition("?")[0]]["get"]["responses"]["400"]
        OAS31Validator(said["content"]["application/json"]["schema"]).validate(answer)
    heartbeat = document["paths"]["/api/v1/heartbeats/{check}"]["post"]
    async with aiohttp.ClientSession() as session, session.post(face + "/api/v1/heartbeats/x") as response:
        said = heartbeat["responses"][str(response.status)]
        OAS31Validator(said["content"]["application/json"]["schema"]).validate(json.loads(await response.text()))


async def test_who_asks_the_same_at_once_waits_for_one_answer(collecting: Collecting) -> None:
    made = 0
    past = collecting.history
    once = past.evaluation

    def counted(*arguments: Any) -> Any:
        nonlocal made
        made += 1
        return once(*arguments)

    past.evaluation = counted  # type: ignore[method-assign]  # to see how often it is asked for
    try:
        async with serve(collecting.source, "127.0.0.1", 0, past=past) as (host, port):
            face = f"http://{host}:{port}"
            one = "/api/v1/months?from=2026-10&to=2026-10"
            answered = await asyncio.gather(*(ask(face, one) for _ in range(30)))
            assert made == 1
            assert all(answer == answered[0] for answer in answered)
            await ask(face, "/api/v1/months?to=2026-10&from=2026-10")
            assert made == 1, "the order of parameters makes no other question"
            collecting.board.replace(replace(collecting.board.estate))
            await ask(face, one)
            assert made == 2, "what was entered since may change the answer"
    finally:
        del past.evaluation


async def test_few_may_wait_and_none_for_ever(collecting: Collecting) -> None:
    limits = Limits(report=0.3, questions_waiting=3)
    async with serve(collecting.source, "127.0.0.1", 0, limits, past=collecting.history) as (host, port):
        face = f"http://{host}:{port}"
        paths = [f"/api/v1/months?from={1_400_000_000_000 + n}&to=2024-01" for n in range(8)]
        answered = await asyncio.gather(*(ask(face, path) for path in paths))
    sentences = {answer["error"] for status, answer in answered if status == 503}
    assert sentences == {
        "too much is asked for at once: try again in a moment",
        "this took too long: ask for a shorter time, or try again in a moment",
    }


async def test_a_store_that_cannot_be_read_says_so_and_no_more(
    collecting: Collecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise StoreError("store /a/secret/place: the disk is gone")

    monkeypatch.setattr(SqlStore, "extents", away)
    async with serve(collecting.source, "127.0.0.1", 0, past=collecting.history) as (host, port):
        status, answer = await ask(f"http://{host}:{port}", "/api/v1/outages")
    assert status == 503
    assert answer == {"error": "the store cannot be read now: try again in a moment; the log says why"}


def test_more_outages_than_anybody_reads_are_too_many(collecting: Collecting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_ROWS", 3)
    asked = Asked(Range(NOON - 60 * 86_400_000, NOON), NOON)
    with pytest.raises(TooManyError):
        list(history.outages(collecting.history, asked))
