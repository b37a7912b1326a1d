"""Reports of jobs over HTTP: who may send them, what they can say, how often, and what each is answered."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability.heartbeats import HeartbeatReport
from availability.outcome import DETAIL_LIMIT
from availability.ports import Admission, HeartbeatStanding
from exporters.face import Limits
from exporters.heartbeat_reports import BODY_LIMIT, KEYS, Turnstile, read_report
from exporters.http_face import serve

NOW = 1_794_997_600_000
"""2026-11-18T10:26:40Z"""
DAY = 86_400_000


@dataclass
class Inbox:
    """One check, `copy`, with one token."""

    vantage: str = "venlo"
    taken: list[HeartbeatReport] = field(default_factory=list)
    standing: HeartbeatStanding | None = field(
        default_factory=lambda: HeartbeatStanding("on time", NOW + DAY, NOW + 2 * DAY)
    )
    gate: asyncio.Event | None = None

    def now_ms(self) -> int:
        return NOW

    async def admit(self, check: str, token: bytes) -> Admission:
        if token != b"s3cret":
            return "wrong token"
        return "admitted" if check == "copy" else "unknown check"

    async def take(self, report: HeartbeatReport) -> HeartbeatStanding | None:
        if self.gate is not None:
            await self.gate.wait()
        if self.standing is not None:
            self.taken.append(report)
        return self.standing


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def face(source: Any, inbox: Inbox) -> AsyncIterator[str]:
    async with serve(source, "127.0.0.1", 0, Limits(heartbeat=1.0), inbox) as (host, port):
        yield f"http://{host}:{port}"


async def send(
    face: str,
    body: Any = b"",
    check: str = "copy",
    token: str | None = "Bearer s3cret",
    method: str = "POST",
) -> tuple[int, Any, Any]:
    headers = {} if token is None else {"Authorization": token}
    url = f"{face}/api/v1/heartbeats/{check}"
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, data=body, headers=headers) as response,
    ):
        text = await response.text()
        return response.status, response.headers, json.loads(text) if text.startswith("{") else text


async def test_an_empty_report_says_done_now(face: str, inbox: Inbox) -> None:
    status, headers, answer = await send(face)
    assert (status, headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert answer == {
        "check": "copy",
        "stage": "on time",
        "due": "2026-11-19T11:26:40+01:00",
        "missing_at": "2026-11-20T11:26:40+01:00",
    }
    assert inbox.taken == [HeartbeatReport("copy", NOW, True, NOW, "venlo")]


async def test_a_report_with_everything(face: str, inbox: Inbox) -> None:
    said = {
        "outcome": "failed",
        "at": "2026-11-18T02:00:00+01:00",
        "started": "2026-11-18T00:30:00Z",
        "duration_seconds": 1799.5,
        "size_bytes": 12_000_000_000_000,
        "oldest_copy": "2026-09-19T00:00:00+02:00",
        "copies": 60,
        "detail": "tape\n2 \u001b[31mtorn",
    }
    assert (await send(face, json.dumps(said)))[0] == 200
    (report,) = inbox.taken
    at = NOW - 34_000_000
    assert report == HeartbeatReport(
        "copy", at, False, NOW, "venlo", at - 1_800_000, 1_799_500, 12 * 10**12, at - 60 * DAY - 10_800_000, 60,
        "tape 2 [31mtorn",
    )  # fmt: skip


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "no token": ({"token": None}, 401, "this needs the token of the check"),
    "a wrong token": ({"token": "Bearer guess"}, 401, "this needs the token of the check"),
    "another scheme": ({"token": "Basic czNjcmV0"}, 401, "this needs the token of the check"),
    "a token alone": ({"token": "s3cret"}, 401, "this needs the token of the check"),
    "a wrong token for what is not there": ({"token": "Bearer guess", "check": "nothing"}, 401, "this needs the token"),
    "what is not there": ({"check": "nothing"}, 404, "there is no heartbeat check of this name here"),
    "a body that is too large": ({"body": b" " * (BODY_LIMIT + 1)}, 413, f"a report has at most {BODY_LIMIT} bytes"),
    "no JSON": ({"body": b"done"}, 400, 'the body is no JSON: send an object such as {"outcome": "ok"}, or nothing'),
    "no text": ({"body": b"\xff\xfe\xff"}, 400, "the body is no JSON"),
    "a thousand brackets": ({"body": b"[" * 16_000}, 400, "the body is no JSON"),
    "a number of a thousand digits": ({"body": b'{"copies": %s}' % (b"9" * 9000)}, 400, "the body is no JSON"),
    "a list": ({"body": b"[]"}, 400, "the body must be a JSON object"),
    "a key that is not there": ({"body": b'{"size": 1}'}, 400, "there is no key 'size': the keys are outcome, at,"),
    "a key twice": ({"body": b'{"copies": 1, "copies": 2}'}, 400, "the key 'copies' is given twice"),
    "another outcome": ({"body": b'{"outcome": "fine"}'}, 400, 'outcome must be "ok" or "failed"'),
    "no offset": ({"body": b'{"at": "2026-11-18T10:00:00"}'}, 400, "at must be an instant with an offset"),
    "no instant": ({"body": b'{"started": 5}'}, 400, "started must be an instant with an offset"),
    "a clock in the future": ({"body": b'{"at": "2026-11-18T10:31:41Z"}'}, 400, "at is more than 5 minutes in the fut"),
    "old news": ({"body": b'{"at": "2026-10-18T10:26:39Z"}'}, 400, "at is more than 31 days ago"),
    "a start after the end": ({"body": b'{"started": "2026-11-18T10:27:00Z"}'}, 400, "started is after the report"),
    "a start long ago": ({"body": b'{"started": "0001-01-01T00:00:00Z"}'}, 400, "started is more than a year before"),
    "a copy of tomorrow": ({"body": b'{"oldest_copy": "2027-01-01T00:00:00Z"}'}, 400, "oldest_copy is in the future"),
    "a negative size": ({"body": b'{"size_bytes": -1}'}, 400, "size_bytes must be a whole number"),
    "a size that is no number": ({"body": b'{"size_bytes": true}'}, 400, "size_bytes must be a whole number"),
    "a size beyond all measure": ({"body": b'{"size_bytes": 1000000000000000000}'}, 400, "size_bytes must be a whole"),
    "half a copy": ({"body": b'{"copies": 1.5}'}, 400, "copies must be a whole number"),
    "a duration of centuries": ({"body": b'{"duration_seconds": 1e300}'}, 400, "duration_seconds must be a number"),
    "no number at all": ({"body": b'{"duration_seconds": NaN}'}, 400, "the body is no JSON"),
    "a detail that is no text": ({"body": b'{"detail": ["x"]}'}, 400, "detail must be a text"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(case: str, face: str, inbox: Inbox) -> None:
    given, status, sentence = REFUSED[case]
    got, headers, answer = await send(face, **given)
    assert (got, inbox.taken) == (status, [])
    assert answer["error"].startswith(sentence)
    assert headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)


async def test_a_wrong_token_is_answered_alike_whatever_it_asks_for(face: str) -> None:
    there = await send(face, token="Bearer guess")
    not_there = await send(face, token="Bearer guess", check="nothing")
    assert (there[0], there[2]) == (not_there[0], not_there[2])


@pytest.mark.parametrize(("at", "good"), [("2026-11-18T10:31:40Z", True), ("2026-10-18T10:26:40Z", True)])
async def test_the_edges_of_its_time(face: str, inbox: Inbox, at: str, good: bool) -> None:
    assert (await send(face, json.dumps({"at": at})))[0] == 200


async def test_a_full_body_is_taken(face: str, inbox: Inbox) -> None:
    body = b'{"detail": "x"}'
    assert (await send(face, body + b" " * (BODY_LIMIT - len(body))))[0] == 200
    assert (await send(face, json.dumps({"detail": "y" * 10_000})))[0] == 200
    assert len(inbox.taken[1].detail) == DETAIL_LIMIT


async def test_a_body_without_end_is_not_read(face: str, inbox: Inbox) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100_000):
            yield b" " * 65_536

    with pytest.raises((aiohttp.ClientError, AssertionError)):
        status, _, _ = await send(face, endless())
        assert status != 413
    assert inbox.taken == []


async def test_a_body_that_drips_is_cut_off(face: str, inbox: Inbox) -> None:
    port = int(face.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = "POST /api/v1/heartbeats/copy HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer s3cret\r\n"
    writer.write(f"{head}Content-Length: 100\r\n\r\n{{".encode())
    answer = await asyncio.wait_for(reader.read(12), 5)
    assert answer == b"HTTP/1.1 408"
    writer.close()
    assert inbox.taken == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_only_post_is_served(face: str, method: str) -> None:
    status, headers, text = await send(face, method=method)
    assert (status, headers["Allow"]) == (405, "POST")
    assert text in ("Only POST is served.\n", "")


async def test_elsewhere_nothing_can_be_sent(face: str) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{face}/api/v1/status") as response:
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")
        assert await response.text() == "Only GET and HEAD are served.\n"


async def test_without_an_inbox_there_is_no_such_page(source: Any) -> None:
    async with serve(source, "127.0.0.1", 0) as (host, port):
        assert (await send(f"http://{host}:{port}"))[0] == 404


async def test_what_cannot_be_stored_is_to_be_sent_again(face: str, inbox: Inbox) -> None:
    inbox.standing = None
    status, _, answer = await send(face)
    assert (status, answer) == (503, {"error": "the report could not be stored: send it again"})


async def test_reports_of_one_check_and_wrong_tokens_are_bounded(source: Any, inbox: Inbox) -> None:
    limits = Limits(heartbeat_burst=3, heartbeat_pause=60.0)
    async with serve(source, "127.0.0.1", 0, limits, inbox) as (host, port):
        face = f"http://{host}:{port}"
        wrong = [(await send(face, token="Bearer x"))[0] for _ in range(5)]
        right = [await send(face) for _ in range(5)]
    assert wrong == [401, 401, 401, 429, 429]
    assert [status for status, _, _ in right] == [200, 200, 200, 429, 429], "wrong tokens of others cost it nothing"
    assert right[-1][1]["Retry-After"] == "60"


async def test_only_some_are_under_way_at_once(source: Any, inbox: Inbox) -> None:
    inbox.gate = asyncio.Event()
    async with serve(source, "127.0.0.1", 0, Limits(heartbeats_waiting=2), inbox) as (host, port):
        face = f"http://{host}:{port}"
        waiting = [asyncio.ensure_future(send(face)) for _ in range(2)]
        for _ in range(200):
            status, _, _ = await send(face, token="Bearer x")
            if status == 503:
                break
        inbox.gate.set()
        assert [(await one)[0] for one in waiting] == [200, 200]
        assert status == 503
        assert (await send(face, token="Bearer x"))[0] == 401


@given(st.binary(max_size=200))
def test_any_body_is_a_report_or_a_sentence(body: bytes) -> None:
    try:
        report = read_report("copy", "venlo", body, NOW)
    except ValueError as error:
        assert str(error).isprintable()
    else:
        assert report.received_at == NOW


VALUES = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20) | st.just([]) | st.just({})


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4))
def test_any_object_is_a_report_that_can_be_stored_or_a_sentence(said: dict[str, Any]) -> None:
    try:
        report = read_report("copy", "venlo", json.dumps(said).encode(), NOW)
    except ValueError as error:
        assert str(error).isprintable()
        return
    assert len(report.detail) <= DETAIL_LIMIT
    assert not {"Cc", "Cs", "Zl", "Zp"} & {unicodedata.category(letter) for letter in report.detail}
    for number in (report.size_bytes, report.copies, report.duration_ms):
        assert number is None or 0 <= number < 2**63


def test_a_turnstile_lets_a_burst_pass_and_then_one_after_the_other() -> None:
    now = 0.0
    turnstile = Turnstile(3, 10.0, lambda: now)
    assert [turnstile.passes() for _ in range(4)] == [True, True, True, False]
    assert turnstile.passes("another")
    now = 9.9
    assert not turnstile.passes()
    now = 10.0
    assert [turnstile.passes() for _ in range(2)] == [True, False]
    now = 1000.0
    assert [turnstile.passes() for _ in range(4)] == [True, True, True, False]
