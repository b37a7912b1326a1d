"""Signs of life to a place outside: sent to real servers, held back, refused, and never with their address told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from config.settings import Deadman, SecretRef
from tests.collector.certificates import Authority
from tests.ports import free_port
from waakvlam import deadman
from waakvlam.deadman import Signs, send

SECRET = "4c9d-secret"


@dataclass
class Place:
    """What hears the signs, and how it answers."""

    status: int = 200
    heard: list[str] = field(default_factory=list)
    port: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.heard.append(f"{request.method} {request.path}")
        headers = {"Location": "http://127.0.0.1:9/"} if self.status == 302 else {}
        return web.Response(status=self.status, headers=headers)


@asynccontextmanager
async def a_place(status: int = 200, context: ssl.SSLContext | None = None) -> AsyncIterator[Place]:
    place = Place(status)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", place.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    place.port = runner.addresses[0][1]
    try:
        yield place
    finally:
        await runner.cleanup()


def address(tmp_path: Path, url: str, method: str = "GET") -> Deadman:
    file = tmp_path / "url"
    file.write_text(url + "\n")
    return Deadman(SecretRef(file=file), 60_000, "POST" if method == "POST" else "GET")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_sign_gets_there(tmp_path: Path, method: str) -> None:
    async with a_place(204) as place:
        assert await send(address(tmp_path, f"http://127.0.0.1:{place.port}/{SECRET}", method)) == ""
        assert place.heard == [f"{method} /{SECRET}"]


REFUSALS = {404: "it answers with status 404", 500: "it answers with status 500", 302: "it answers with status 302"}


@pytest.mark.parametrize("status", REFUSALS)
async def test_a_place_that_does_not_take_it_says_so(tmp_path: Path, status: int) -> None:
    async with a_place(status) as place:
        assert await send(address(tmp_path, f"http://127.0.0.1:{place.port}/{SECRET}")) == REFUSALS[status]
        assert len(place.heard) == 1, "no other place is asked"


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async with a_place(200, Authority(tmp_path).sign("place", "localhost").server_context()) as place:
        why = await send(address(tmp_path, f"https://localhost:{place.port}/{SECRET}"))
        assert (why, place.heard) == ("its certificate is not trusted", [])


ADDRESSES = {
    f"http://127.0.0.1:{{free}}/{SECRET}": "it cannot be connected to",
    f"http://nobody.invalid/{SECRET}": "its name is not known",
    f"ftp://127.0.0.1/{SECRET}": "what the reference holds is no address that begins with https:// or http://",
    f"https:///{SECRET}": "what the reference holds is no address that begins with https:// or http://",
    f"https://a b/{SECRET}": "what the reference holds is no address that begins with https:// or http://",
    f"https://[::1/{SECRET}": "what the reference holds is no address that begins with https:// or http://",
    SECRET: "what the reference holds is no address that begins with https:// or http://",
}


@pytest.mark.parametrize("url", ADDRESSES)
async def test_what_is_in_the_way_is_told_without_the_address(tmp_path: Path, url: str) -> None:
    why = await send(address(tmp_path, url.replace("{free}", str(free_port()))))
    assert why == ADDRESSES[url]


async def test_a_reference_that_holds_nothing_is_named() -> None:
    place = Deadman(SecretRef(env="NO_SUCH_PLACE"), 60_000)
    assert await send(place) == "the environment variable NO_SUCH_PLACE is not set: it must hold the secret"


async def test_silence_and_nonsense_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadman, "_PATIENCE_S", 0.2)

    async def say(text: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        if text:
            writer.close()

    for text, why in ((b"", "no answer within"), (b"SSH-2.0-x\r\n\r\n", "it answers with what is no HTTP")):
        server = await asyncio.start_server(lambda _, writer, text=text: say(text, writer), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        assert (await send(address(tmp_path, f"http://127.0.0.1:{port}/{SECRET}"))).startswith(why)
        server.close()


async def test_signs_are_counted_and_trouble_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(deadman, "_IDLE_S", 0.02)
    lacking, place = "", None
    signs = Signs(lambda: place, lambda: lacking, lambda: 1_000)
    going = asyncio.create_task(signs.run())

    async def until(outcome: str, more: int = 3) -> None:
        wanted = signs.pings.get(outcome, 0) + more
        async with asyncio.timeout(5):
            while signs.pings.get(outcome, 0) < wanted:  # noqa: ASYNC110 - it has no event to give
                await asyncio.sleep(0.01)

    await asyncio.sleep(0.05)
    assert (signs.pings, signs.last_ms) == ({}, None)
    async with a_place() as there:
        found = address(tmp_path, f"http://127.0.0.1:{there.port}/{SECRET}")
        place = Deadman(found.url, 10)
        await until("sent")
        assert signs.last_ms == 1_000
        lacking = "The schedule is 12 seconds late."
        await until("held_back")
        heard = len(there.heard)
        await until("held_back")
        assert len(there.heard) == heard
        lacking = ""
        await until("sent")
        there.status = 500
        await until("failed")
        there.status = 200
        await until("sent")
    going.cancel()
    assert [record.getMessage() for record in caplog.records] == [
        "signs of life for the place outside are held back: The schedule is 12 seconds late.",
        "signs of life get to the place outside again",
        "a sign of life does not get to the place outside: it answers with status 500; the same again is counted only",
        "signs of life get to the place outside again",
    ]
    assert SECRET not in caplog.text
