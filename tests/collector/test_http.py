"""The probe of web servers: what is right, what is wrong, and what misbehaves in every way that servers do."""

from __future__ import annotations

import asyncio
import base64
import gzip
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from availability.outcome import Outcome, Reason, Status
from collector.context import Kind
from collector.probes.http import HttpOptions, probe
from config.settings import SecretRef
from tests.collector import servers
from tests.collector.looking import leaves_nothing, looked
from tests.collector.servers import Website, reply, says, tcp_server

BOTH_LOOPS = True
HTTP = Kind(probe, HttpOptions)


def seen(outcome: Outcome) -> tuple[Status, Reason | None]:
    return outcome.status, outcome.reason


async def look_at(handler: servers.Handler, path: str = "/", timeout: float = 5.0, **values: Any) -> Outcome:
    """One look at `path` of a server that does what `handler` does."""
    async with tcp_server(handler) as port:
        return await looked(HTTP, timeout, url=f"http://127.0.0.1:{port}{path}", **values)


OK = (Status.OK, None)
MISBEHAVIOUR: dict[str, tuple[servers.Handler, dict[str, Any], Reason]] = {
    "closes before a word": (servers.close_at_once, {}, Reason.CLOSED),
    "resets before a word": (servers.reset_at_once, {}, Reason.RESET),
    "closes after the request": (says(b""), {}, Reason.CLOSED),
    "resets after the request": (says(b"", reset=True), {}, Reason.RESET),
    "answers in no language": (says(b"\x00\x01\x02\xff\r\n\r\n"), {}, Reason.BAD_RESPONSE),
    "answers in another language": (says(b"SSH-2.0-OpenSSH_9.2\r\n"), {}, Reason.BAD_RESPONSE),
    "answers without a status line": (says(b"hello world\r\n\r\n"), {}, Reason.BAD_RESPONSE),
    "stops within the header": (says(b"HTTP/1.1 200 OK\r\nContent-Le"), {}, Reason.CLOSED),
    "stops within the body": (says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), {}, Reason.CLOSED),
    "resets within the body": (says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", reset=True), {}, Reason.RESET),
    "stops within a chunk": (
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        {},
        Reason.CLOSED,
    ),
    "sends a chunk that is none": (
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"),
        {},
        Reason.BAD_RESPONSE,
    ),
    "sends a header without end": (
        servers.endless(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a" * 5000),
        {},
        Reason.BAD_RESPONSE,
    ),
    "sends headers without end": (
        servers.endless(b"HTTP/1.1 200 OK\r\n", b"X-Many: 1\r\n" * 50),
        {},
        Reason.BAD_RESPONSE,
    ),
    "sends a body without end": (
        servers.endless(b"HTTP/1.1 200 OK\r\n\r\n", b"a" * 50_000),
        {"body_matches": "never"},
        Reason.TOO_LARGE,
    ),
    "is silent": (servers.silence, {}, Reason.TIMEOUT),
    "drips its body": (
        servers.endless(b"HTTP/1.1 200 OK\r\n\r\n", b"a", 0.02),
        {"body_matches": "never"},
        Reason.TIMEOUT,
    ),
    "drips its header": (servers.endless(b"HTTP/1.1 200 OK\r\nX: ", b"a", 0.02), {}, Reason.TIMEOUT),
    "says continue for ever": (servers.endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01), {}, Reason.TIMEOUT),
}


@pytest.mark.parametrize("case", MISBEHAVIOUR)
async def test_a_server_that(case: str) -> None:
    handler, values, reason = MISBEHAVIOUR[case]
    outcome = await look_at(handler, timeout=0.3 if reason is Reason.TIMEOUT else 5.0, **values)
    if handler is servers.close_at_once and outcome.reason is Reason.RESET:
        return  # the request met a socket that was gone already: the kernel's answer to that is a reset
    assert seen(outcome) == (Status.FAILED, reason), outcome.detail


JUDGED: dict[str, tuple[bytes, dict[str, Any], tuple[Status, Reason | None]]] = {
    "200 is right": (reply(200), {}, OK),
    "204 without a body is right": (b"HTTP/1.1 204 No Content\r\n\r\n", {}, OK),
    "100 is passed over": (b"HTTP/1.1 100 Continue\r\n\r\n" + reply(200, "ok"), {"body_matches": "^ok$"}, OK),
    "503 is wrong": (reply(503), {}, (Status.FAILED, Reason.BAD_STATUS)),
    "503 is right where it is listed": (reply(503), {"status": ["200", "503"]}, OK),
    "a class is right": (reply(418), {"status": ["4xx"]}, OK),
    "a body that matches": (reply(200, "all is ok"), {"body_matches": r"\bok\b"}, OK),
    "a body that does not match": (reply(200, "not"), {"body_matches": "ok"}, (Status.FAILED, Reason.BODY_MISMATCH)),
    "a body that must not match": (
        reply(200, "an error"),
        {"body_not_matches": "error"},
        (Status.FAILED, Reason.BODY_MISMATCH),
    ),
    "a body that rightly does not match": (reply(200, "fine"), {"body_not_matches": "error"}, OK),
    "a body in another charset": (
        reply(200, "caf\xe9".encode("latin-1"), content_type='text/plain; charset="ISO-8859-1"'),
        {"body_matches": "^café$"},
        OK,
    ),
    "a body in a charset that nobody uses": (
        reply(200, "ok", content_type="text/plain; charset=punycode"),
        {"body_matches": "^ok$"},
        OK,
    ),
    "a body up to the end of the connection": (b"HTTP/1.0 200 OK\r\n\r\nok", {"body_matches": "ok"}, OK),
    "a match before the bound": (reply(200, "ok" + "a" * 99), {"body_matches": "ok", "max_body": "10"}, OK),
    "no match before the bound": (
        reply(200, "a" * 99 + "ok"),
        {"body_matches": "ok", "max_body": "10"},
        (Status.FAILED, Reason.TOO_LARGE),
    ),
    "nothing forbidden before the bound": (
        reply(200, "a" * 99),
        {"body_not_matches": "error", "max_body": "10"},
        (Status.FAILED, Reason.TOO_LARGE),
    ),
    "a large body that is not judged": (reply(200, "a" * 99), {"max_body": "10"}, OK),
    "a body of just the bound": (reply(200, "a" * 8 + "ok"), {"body_matches": "ok$", "max_body": "10"}, OK),
    "a packed body": (
        reply(200, gzip.compress(b"all is ok"), content_encoding="gzip"),
        {"body_matches": "^all is ok$"},
        OK,
    ),
    "a bomb": (
        reply(200, zlib.compress(bytes(10_000_000)), content_encoding="deflate"),
        {"body_matches": "ok", "max_body": "64KiB"},
        (Status.FAILED, Reason.TOO_LARGE),
    ),
    "a body that is not packed as it says": (
        reply(200, "ok", content_encoding="gzip"),
        {"body_matches": "ok"},
        (Status.FAILED, Reason.BODY_MISMATCH),
    ),
    "a body packed in an unknown way": (
        reply(200, "ok", content_encoding="br"),
        {"body_matches": "ok"},
        (Status.FAILED, Reason.BODY_MISMATCH),
    ),
    "a header that matches": (reply(200, x_role="primary"), {"header_matches": {"x-role": "^prim"}}, OK),
    "a header that does not match": (
        reply(200, x_role="standby"),
        {"header_matches": {"X-Role": "primary"}},
        (Status.FAILED, Reason.HEADER_MISMATCH),
    ),
    "a header that is not there": (
        reply(200),
        {"header_matches": {"X-Role": "primary"}},
        (Status.FAILED, Reason.HEADER_MISMATCH),
    ),
    "a redirect to nowhere": (reply(302), {}, (Status.FAILED, Reason.BAD_STATUS)),
    "a redirect that is the answer": (reply(302, location="/x"), {"status": ["302"]}, OK),
    "a redirect that is not followed": (
        reply(302, location="/x"),
        {"follow_redirects": "false"},
        (Status.FAILED, Reason.BAD_STATUS),
    ),
    "a redirect to itself": (reply(301, location="/"), {}, (Status.FAILED, Reason.TOO_MANY_REDIRECTS)),
    "a redirect to another protocol": (
        reply(302, location="ftp://127.0.0.1/"),
        {},
        (Status.FAILED, Reason.BAD_RESPONSE),
    ),
    "a redirect to no URL": (reply(302, location="http://[::1/"), {}, (Status.FAILED, Reason.BAD_RESPONSE)),
    "a redirect to another version of IP": (
        reply(302, location="http://[::1]/"),
        {"ip_version": "4"},
        (Status.FAILED, Reason.BAD_RESPONSE),
    ),
}


@pytest.mark.parametrize("case", JUDGED)
async def test_an_answer_is_judged(case: str) -> None:
    data, values, expected = JUDGED[case]
    outcome = await look_at(says(data), **values)
    assert seen(outcome) == expected, outcome.detail


async def test_a_look_tells_its_phases() -> None:
    outcome = await look_at(says(reply(200, "ok")))
    assert set(outcome.phases) == {"resolve", "connect", "first_byte", "transfer"}
    assert outcome.latency_ms is not None
    assert 0 < sum(outcome.phases.values()) <= outcome.latency_ms
    assert outcome.not_after_ms is None


async def test_what_is_right_but_late_is_slow() -> None:
    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        await says(reply(200))(reader, writer)

    outcome = await look_at(late, max_latency="20ms")
    assert seen(outcome) == (Status.FAILED, Reason.SLOW)
    assert outcome.detail == "took longer than 20 ms"
    assert outcome.latency_ms is not None
    assert outcome.latency_ms > 20


async def test_nobody_listens() -> None:
    with servers.closed_port() as port:
        outcome = await looked(HTTP, url=f"http://127.0.0.1:{port}/")
    assert seen(outcome) == (Status.FAILED, Reason.REFUSED)
    assert outcome.detail == f"127.0.0.1:{port}: connection refused"


async def test_a_name_that_does_not_resolve() -> None:
    outcome = await looked(HTTP, url="http://nergens.venlo.example/")
    assert seen(outcome) == (Status.FAILED, Reason.DNS_FAILURE)


async def test_of_a_name_with_a_dead_and_a_living_address_the_living_one_answers() -> None:
    site = Website({"/": reply(200)})
    async with tcp_server(site) as port:
        names = {"app.venlo.example": ["127.0.0.9", "127.0.0.1"]}
        outcome = await looked(HTTP, names=names, url=f"http://app.venlo.example:{port}/")
    assert seen(outcome) == OK
    assert f"Host: app.venlo.example:{port}\r\n" in site.requests[0]


async def test_over_ipv6() -> None:
    site = Website({"/": reply(200)})
    async with tcp_server(site, "::1") as port:
        outcome = await looked(HTTP, url=f"http://[::1]:{port}/", ip_version="6")
    assert seen(outcome) == OK
    assert f"Host: [::1]:{port}\r\n" in site.requests[0]


async def test_from_a_chosen_address() -> None:
    peers: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername")[0])
        await says(reply(200))(reader, writer)

    assert seen(await look_at(note, source="127.0.0.2")) == OK
    assert peers == ["127.0.0.2"]


async def test_from_an_address_that_is_not_ours() -> None:
    outcome = await look_at(says(reply(200)), source="192.0.2.1")
    assert seen(outcome) == (Status.NONE, Reason.COULD_NOT_LOOK)


async def test_what_is_sent() -> None:
    site = Website({"/a%20b?c=d": reply(200)})
    outcome = await look_at(
        site, "/a%20b?c=d#part", method="POST", body="héllo", headers={"X-Probe": "waakvlam", "User-Agent": "mine"}
    )
    assert seen(outcome) == OK
    head, _, body = site.requests[0].partition("\r\n\r\n")
    assert head.startswith("POST /a%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:")
    assert "\r\nX-Probe: waakvlam" in head
    assert "\r\nUser-Agent: mine" in head
    assert head.lower().count("user-agent") == 1
    assert "\r\nContent-Length: 6" in head
    assert "\r\nConnection: close" in head
    assert body == "héllo"


async def test_head_reads_no_body() -> None:
    outcome = await look_at(says(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", hold=True), method="HEAD")
    assert seen(outcome) == OK


REPEATED = {
    "303 makes a GET": (303, "POST", "GET /there", ""),
    "302 makes a GET of a POST": (302, "POST", "GET /there", ""),
    "302 leaves a PUT": (302, "PUT", "PUT /there", "data"),
    "307 repeats": (307, "POST", "POST /there", "data"),
    "308 repeats": (308, "POST", "POST /there", "data"),
}


@pytest.mark.parametrize("case", REPEATED)
async def test_a_redirect_with_status(case: str) -> None:
    status, method, request, body = REPEATED[case]
    site = Website({"/": reply(status, location="/there"), "/there": reply(200, "ok")})
    assert seen(await look_at(site, method=method, body="data", body_matches="ok")) == OK
    assert site.requests[1].startswith(request)
    assert site.requests[1].partition("\r\n\r\n")[2] == body


@pytest.mark.parametrize(("most", "expected"), [("2", Reason.TOO_MANY_REDIRECTS), ("3", None)])
async def test_redirects_are_counted(most: str, expected: Reason | None) -> None:
    pages: dict[str, bytes | Callable[[str], bytes]] = {f"/{n}": reply(302, location=f"{n + 1}") for n in range(3)}
    outcome = await look_at(Website(pages | {"/3": reply(200)}), "/0", max_redirects=most)
    assert outcome.reason is expected


def guarded(request: str) -> bytes:
    wanted = base64.b64encode("wacht:g€heim".encode()).decode()
    return reply(200 if f"\r\nAuthorization: Basic {wanted}\r\n" in request else 401)


async def test_credentials_right_wrong_and_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Website({"/": guarded})
    credentials = {"username": "wacht", "password": SecretRef(env="PROBE_PASSWORD")}
    monkeypatch.setenv("PROBE_PASSWORD", "g€heim")
    assert seen(await look_at(site, basic_auth=credentials)) == OK
    monkeypatch.setenv("PROBE_PASSWORD", "anders")
    wrong = await look_at(site, basic_auth=credentials)
    assert seen(wrong) == (Status.FAILED, Reason.BAD_STATUS)
    assert wrong.detail == "status 401, wanted 2xx"
    monkeypatch.delenv("PROBE_PASSWORD")
    missing = await look_at(site, basic_auth=credentials)
    assert seen(missing) == (Status.NONE, Reason.NO_SECRET)
    assert "PROBE_PASSWORD" in missing.detail
    monkeypatch.setenv("PROBE_PASSWORD", "x")
    assert seen(await look_at(site, bearer_token=SecretRef(env="PROBE_PASSWORD"))) == (
        Status.FAILED,
        Reason.BAD_STATUS,
    )
    assert "\r\nAuthorization: Bearer x\r\n" in site.requests[-1]


async def test_a_secret_of_several_lines_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_TOKEN", "one\r\nX-Injected: two")
    site = Website({"/": reply(200)})
    outcome = await look_at(site, bearer_token=SecretRef(env="PROBE_TOKEN"))
    assert seen(outcome) == (Status.NONE, Reason.NO_SECRET)
    assert not site.requests


async def test_secrets_stay_with_their_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_TOKEN", "zeergeheim")
    other = Website({"/": reply(200)})
    async with tcp_server(other) as elsewhere:
        away = f"http://127.0.0.1:{elsewhere}/"
        site = Website({"/": reply(307, location="/again"), "/again": reply(307, location=away)})
        outcome = await look_at(
            site,
            bearer_token=SecretRef(env="PROBE_TOKEN"),
            headers={"X-Key": SecretRef(env="PROBE_TOKEN"), "Cookie": "a=b", "X-Plain": "yes"},
        )
    assert seen(outcome) == OK
    assert all(request.count("zeergeheim") == 2 for request in site.requests)
    assert len(site.requests) == 2
    assert "zeergeheim" not in other.requests[0]
    assert "Cookie" not in other.requests[0]
    assert "X-Plain: yes" in other.requests[0]


async def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("PROBE_TOKEN", "zeergeheim")
    shown: list[str] = []
    for handler in (servers.close_at_once, servers.silence, says(b"\x00"), says(reply(500, "zeergeheim"))):
        values: dict[str, Any] = {"bearer_token": SecretRef(env="PROBE_TOKEN"), "body_matches": "ok"}
        shown.append(repr(await look_at(handler, "/", 0.2, **values)))
    options = HttpOptions(url="http://127.0.0.1/", bearer_token=SecretRef(env="PROBE_TOKEN"))
    assert "zeergeheim" not in "".join([*shown, repr(options), caplog.text])


async def test_cookies_and_proxies_play_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    with servers.closed_port() as nobody:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{nobody}")
        site = Website({"/": reply(302, location="/b", set_cookie="a=b"), "/b": reply(200)})
        assert seen(await look_at(site)) == OK
    assert "cookie" not in site.requests[1].lower()


async def test_no_descriptor_left_says_nothing_of_the_target() -> None:
    import resource

    async with tcp_server(says(reply(200))) as port:
        assert seen(await looked(HTTP, url=f"http://127.0.0.1:{port}/")) == OK
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
        try:
            outcome = await looked(HTTP, url=f"http://127.0.0.1:{port}/")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert seen(outcome) == (Status.NONE, Reason.NO_DESCRIPTOR)


@pytest.mark.parametrize("handler", [says(reply(200, "ok")), servers.reset_at_once, says(b"\x00\r\n\r\n")])
async def test_nothing_is_left_open(handler: servers.Handler) -> None:
    async with tcp_server(handler) as port:
        await leaves_nothing(lambda: looked(HTTP, url=f"http://127.0.0.1:{port}/"), 500)


async def test_nothing_is_left_open_by_what_is_cut_off() -> None:
    async with tcp_server(servers.silence) as port:

        async def cut_off() -> None:
            task = asyncio.ensure_future(looked(HTTP, url=f"http://127.0.0.1:{port}/", method="POST", body="x" * 10))
            await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        await leaves_nothing(cut_off, 200)
        await leaves_nothing(lambda: looked(HTTP, 0.001, url=f"http://127.0.0.1:{port}/"), 100)
