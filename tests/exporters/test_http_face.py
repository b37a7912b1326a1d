"""The HTTP face on a real socket: what it answers, what it refuses, and that nobody can hold it up."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from typing import Any

import aiohttp
import pytest

from exporters.exposition import OPENMETRICS, TEXT
from exporters.face import Limits
from exporters.http_face import FaceError, serve


async def ask(
    source: Any, path: str, method: str = "GET", limits: Limits | None = None, **headers: str
) -> tuple[int, aiohttp.typedefs.LooseHeaders, str]:
    async with (
        serve(source, "127.0.0.1", 0, limits) as (host, port),
        aiohttp.ClientSession() as session,
        session.request(method, f"http://{host}:{port}{path}", headers=headers) as response,
    ):
        return response.status, response.headers, await response.text()


async def test_healthy_is_alive_whatever_is_missing(source: Any) -> None:
    source.missing = ("No configuration is loaded.",)
    status, _, text = await ask(source, "/-/healthy")
    assert (status, text) == (200, "waakvlam is alive.\n")


async def test_ready_says_what_is_missing(source: Any) -> None:
    assert (await ask(source, "/-/ready"))[0] == 200
    source.missing = ("Facts cannot be stored: the disk is full.", "The configuration is not loaded.")
    status, _, text = await ask(source, "/-/ready")
    assert status == 503
    assert text == (
        "Not ready. Facts cannot be stored: the disk is full. The configuration is not loaded. "
        "This is roermond; venlo leads since 2026-10-07T12:00:00+02:00. venlo is heard, and uses another "
        "configuration.\n"
    )


async def test_metrics_come_in_the_format_asked_for(source: Any) -> None:
    status, headers, text = await ask(source, "/metrics")
    assert (status, headers["Content-Type"]) == (200, TEXT)
    assert "waakvlam_build_info" in text and "process_resident_memory_bytes" in text
    _, headers, text = await ask(source, "/metrics", Accept="application/openmetrics-text;version=1.0.0")
    assert headers["Content-Type"] == OPENMETRICS
    assert text.endswith("# EOF\n") and text.count("# EOF") == 1


async def test_ten_thousand_checks_come_whole(large: Any) -> None:
    _, headers, text = await ask(large, "/metrics")
    assert int(headers["Content-Length"]) == len(text.encode()) > 1_000_000
    assert text.count("waakvlam_check_up{") == 10_000


async def test_the_report_is_the_one_of_the_command_line(source: Any) -> None:
    status, headers, text = await ask(source, "/api/v1/report?period=2026-09")
    assert (status, headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert json.loads(text)["period"]["label"] == "2026-09"
    await ask(source, "/api/v1/report")
    assert source.asked == ["2026-09", None]


@pytest.mark.parametrize("period", ["2026-13", "october", "%00", "2026-Q5", "<script>", ""])
async def test_a_wrong_period_is_refused_with_the_remedy(source: Any, period: str) -> None:
    status, headers, text = await ask(source, f"/api/v1/report?period={period}")
    assert (status, headers["Content-Type"]) == (400, "application/json; charset=utf-8")
    assert "is no period: write a month (2026-10)" in json.loads(text)["error"]


async def test_status_lists_parts_and_checks(source: Any) -> None:
    _, _, text = await ask(source, "/api/v1/status")
    document = json.loads(text)
    assert document["ready"] is True
    assert [part["state"] for part in document["parts"]] == ["up", "down", "unknown", "up", "up", "up", "down"]
    types = ["component", "component", "link", "link", "link", "service", "service"]
    assert [part["type"] for part in document["parts"]] == types
    assert document["checks"][1] == {
        "check": "venlo-tcp",
        "part": "brp-venlo",
        "probe": "tcp",
        "vantage": "local",
        "state": "down",
        "since": "2026-10-07T12:00:00+02:00",
        "at": "2026-10-07T12:00:00+02:00",
        "outcome": "failed",
        "reason": "refused",
        "detail": 'port 8443 <refused> "it"',
        "latency_seconds": 0.00025,
        "degraded": None,
    }
    assert document["checks"][3]["outcome"] is None


async def test_status_tells_what_is_up_and_yet_not_as_it_should_be(source: Any) -> None:
    document = json.loads((await ask(source, "/api/v1/status"))[2])
    parts = {part["id"]: part for part in document["parts"]}
    degraded = {
        "reason": "packet_loss",
        "detail": "line-ping: 192.0.2.9: more than 0% lost",
        "since": "2026-10-07T12:00:00+02:00",
    }
    assert parts["line-1"]["degraded"] == document["checks"][4]["degraded"] == degraded
    assert parts["line-1"]["directions"] == [
        {
            "from": "dc-venlo",
            "to": "gemnet",
            "vantages": ["local"],
            "state": "up",
            "since": "2026-10-07T12:00:00+02:00",
            "degraded": True,
        }
    ]
    assert parts["brp-roermond"]["degraded"] is None
    assert {"directions", "redundancy_left"}.isdisjoint(parts["brp-roermond"])
    lines = parts["lines"]
    assert (lines["redundancy_left"], lines["redundancy_full"], lines["not_up"]) == (0, 1, ["line-2"])
    assert (document["checks"][4]["loss_ratio"], document["checks"][4]["jitter_seconds"]) == (0.2, 0.00225)


async def test_the_page_shows_what_is_up_and_yet_not_as_it_should_be(source: Any) -> None:
    text = (await ask(source, "/"))[2]
    assert "up, degraded" in text
    assert "line-2 is not up: none of the others may fail" in text
    assert "4 of 7 are up" in text
    source.parts_ = [state for state in source.parts_ if state.id in ("line-1", "lines", "brp-roermond")]
    text = (await ask(source, "/"))[2]
    assert "<title>waakvlam: everything is up, 1 degraded, 1 with less redundancy</title>" in text


async def test_status_of_ten_thousand_checks_is_one_document(large: Any) -> None:
    document = json.loads((await ask(large, "/api/v1/status"))[2])
    assert (len(document["parts"]), len(document["checks"])) == (10_000, 10_000)


async def test_the_page_shows_what_is_wrong_first_and_escapes_everything(source: Any) -> None:
    status, headers, text = await ask(source, "/")
    assert status == 200
    assert "<title>waakvlam: 2 down, 1 unknown, 2 degraded, 1 with less redundancy</title>" in text
    assert text.index("brp-venlo") < text.index("icmp is not permitted here") < text.index("Basisregistratie Personen")
    assert "port 8443 &lt;refused&gt; &quot;it&quot;" in text and "<refused>" not in text
    assert "97.99%" in text and "98.00%" not in text
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "http://" not in text and "https://" not in text


async def test_the_page_stays_a_page_when_everything_is_down(large: Any) -> None:
    large.parts_ = [type(state)(state.id, 0, None, "timeout", "") for state in large.parts_]
    _, _, text = await ask(large, "/")
    assert "and 9800 more" in text
    assert len(text) < 100_000


async def test_the_page_of_an_empty_collector(source: Any) -> None:
    source.parts_, source.standing_, source.missing = (), None, ("No configuration is loaded.",)
    _, _, text = await ask(source, "/")
    assert "nothing is watched yet" in text and "Not ready. No configuration is loaded." in text


@pytest.mark.parametrize("path", ["/nothing", "/metrics/", "/../etc/passwd", "/api/v1"])
async def test_an_unknown_path_is_plain_text(source: Any, path: str) -> None:
    status, headers, text = await ask(source, path)
    assert (status, text) == (404, "There is no such page.\n")
    assert headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_nothing_can_be_changed(source: Any, method: str) -> None:
    status, headers, text = await ask(source, "/metrics", method)
    assert (status, headers["Allow"], text) == (405, "GET, HEAD", "Only GET and HEAD are served.\n")


@pytest.mark.parametrize("path", ["/", "/metrics", "/-/ready", "/api/v1/status", "/api/v1/report", "/nothing"])
async def test_every_answer_has_the_headers_that_keep_browsers_out(source: Any, path: str) -> None:
    for method in ("GET", "HEAD"):
        _, headers, text = await ask(source, path, method)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Server"] == "waakvlam"
        assert bool(text) is (method == "GET")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:9770", 200),
        ("localhost:9770", 200),
        ("LOCALHOST", 200),
        ("[::1]:9770", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:9770", 421),
        ("", 421),
    ],
)
async def test_a_foreign_name_is_refused_on_loopback(source: Any, host: str, status: int) -> None:
    assert (await ask(source, "/-/healthy", Host=host))[0] == status


async def test_any_name_may_lead_to_a_face_on_the_network(source: Any) -> None:
    async with serve(source, "0.0.0.0", 0) as (_, port), aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}/-/healthy"
        async with session.get(url, headers={"Host": "waakvlam.example"}) as response:
            assert response.status == 200


async def test_a_port_in_use_is_a_clear_error(source: Any) -> None:
    async with serve(source, "127.0.0.1", 0) as (host, port):
        with pytest.raises(FaceError) as caught:
            async with serve(source, host, port):
                pass
    message = "set listen: to an address and port of this machine that are free"
    assert str(caught.value) == f"cannot listen on 127.0.0.1:{port}: address already in use; {message}"
    with pytest.raises(FaceError, match=r"cannot listen on 192\.0\.2\.1:9770: this machine has no such address; set"):
        async with serve(source, "192.0.2.1", 9770):
            pass


async def test_an_answer_that_fails_tells_nothing_and_stops_nothing(source: Any) -> None:
    def broken() -> Any:
        raise RuntimeError("a secret place")

    source.not_ready = broken
    status, _, text = await ask(source, "/-/ready")
    assert (status, text) == (500, "This answer failed; the log says why.\n")


async def test_reports_wait_for_their_turn_and_only_a_few_may(source: Any) -> None:
    at_once, most = 0, 0
    answer = source.report

    async def slow(period: str | None) -> Any:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.05)
        at_once -= 1
        return await answer(period)

    source.report = slow
    async with serve(source, "127.0.0.1", 0) as (host, port), aiohttp.ClientSession() as session:

        async def one() -> int:
            async with session.get(f"http://{host}:{port}/api/v1/report") as response:
                return response.status

        statuses = await asyncio.gather(*(one() for _ in range(10)))
    assert sorted(statuses) == [200] * 4 + [503] * 6
    assert most == 1


async def test_it_stops_within_two_seconds_whatever_is_running(source: Any) -> None:
    async def never(period: str | None) -> Any:
        await asyncio.sleep(3600)

    source.report = never
    async with aiohttp.ClientSession() as session:
        async with serve(source, "127.0.0.1", 0) as (host, port):
            asking = asyncio.create_task(session.get(f"http://{host}:{port}/api/v1/report").__aenter__())
            _, idle = await asyncio.open_connection(host, port)
            await asyncio.sleep(0.1)
            leaving = time.perf_counter()
        assert time.perf_counter() - leaving < 2
        with pytest.raises(aiohttp.ClientError):
            await asking
        idle.close()


async def test_a_client_that_does_not_read_is_cut_off(large: Any, caplog: pytest.LogCaptureFixture) -> None:
    async with serve(large, "127.0.0.1", 0, Limits(send=0.3)) as (host, port):
        lazy = socket.socket()
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.setblocking(False)
        await asyncio.get_running_loop().sock_connect(lazy, (host, port))
        await asyncio.get_running_loop().sock_sendall(lazy, b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        got = len(await asyncio.get_running_loop().sock_recv(lazy, 1))  # the page begins, and so does its time
        await asyncio.sleep(1.0)
        while piece := await asyncio.get_running_loop().sock_recv(lazy, 1 << 20):
            got += len(piece)
        assert got < 5_000_000, "the page is longer: it was cut off"
        lazy.close()
    assert caplog.records == []


async def test_a_client_that_leaves_in_the_middle_is_no_news(large: Any, caplog: pytest.LogCaptureFixture) -> None:
    async with serve(large, "127.0.0.1", 0) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert await reader.read(1000)
        writer.transport.abort()
        await asyncio.sleep(0.2)
    assert caplog.records == []


async def test_a_request_that_never_ends_is_cut_off(source: Any) -> None:
    async with serve(source, "127.0.0.1", 0, Limits(idle=0.3)) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: ")
        assert await asyncio.wait_for(reader.read(), 2) == b""
        writer.close()


async def test_lines_and_headers_are_bounded(source: Any, caplog: pytest.LogCaptureFixture) -> None:
    async with serve(source, "127.0.0.1", 0) as (host, port):
        for request in (
            b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
            b"\x16\x03\x01\x02\x00 this is no HTTP\r\n\r\n",
        ):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(request)
            assert (await asyncio.wait_for(reader.read(), 2)).startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
            writer.close()
    assert caplog.records == [], "who sends nonsense cannot fill the log"


async def test_connections_are_bounded_and_come_free_again(source: Any) -> None:
    async with serve(source, "127.0.0.1", 0, Limits(connections=3)) as (host, port):
        held = [await asyncio.open_connection(host, port) for _ in range(3)]
        await asyncio.sleep(0.05)
        reader, writer = await asyncio.open_connection(host, port)
        answer = await asyncio.wait_for(reader.read(), 2)
        assert answer.startswith(b"HTTP/1.1 503") and answer.endswith(b"Too many connections here.\n")
        writer.close()
        for _, other in held:
            other.close()
        await asyncio.sleep(0.05)
        async with aiohttp.ClientSession() as session, session.get(f"http://{host}:{port}/-/healthy") as response:
            assert response.status == 200
