"""Every server of the example estate answers, and every fault shows, over real sockets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import dns.asyncquery
import dns.exception
import dns.message
import pytest
import pytest_asyncio

from waakvlam.demo.certificates import make_authority, server_context
from waakvlam.demo.nameserver import NameServer
from waakvlam.demo.servers import Forwarder, Mode, Server, TcpServer, banner, web_page

HOST = "127.0.1.77"
SHORT = 0.3
"""Seconds after which a server that should be silent is believed to be."""


@pytest_asyncio.fixture
async def started() -> AsyncIterator[list[Server]]:
    servers: list[Server] = []
    yield servers
    for server in servers:
        await server.close()


async def run(server: Server, started: list[Server]) -> Server:
    started.append(server)
    await server.start()
    return server


async def ask(server: Server, say: bytes = b"", tls: ssl.SSLContext | None = None) -> str:
    """What a client gets: the text, or one word for how it ended without one."""
    try:
        async with asyncio.timeout(SHORT):
            reader, writer = await asyncio.open_connection(server.host, server.port, ssl=tls)
            try:
                writer.write(say)
                return (await reader.readline()).decode(errors="replace").strip() or "closed"
            finally:
                writer.close()
    except TimeoutError:
        return "silent"
    except ConnectionRefusedError:
        return "refused"
    except OSError:
        return "closed"


GET = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    ("mode", "line", "page"),
    [
        ("serving", "hello", "HTTP/1.1 200 OK"),
        ("stopped", "refused", "refused"),
        ("hung", "silent", "silent"),
        ("broken", "garbage", "HTTP/1.1 500 Internal Server Error"),
        ("cut", "closed", "closed"),
    ],
)
async def test_a_fault_shows_and_goes(mode: Mode, line: str, page: str, started: list[Server]) -> None:
    talker = await run(TcpServer(HOST, 0, banner("hello"), banner("garbage")), started)
    wrong = web_page("500 Internal Server Error", "broken")
    web = await run(TcpServer(HOST, 0, web_page("200 OK", "ok"), wrong), started)
    for _ in range(2):
        for server in (talker, web):
            await server.set_mode(mode)
        assert await ask(talker) == line
        assert await ask(web, GET) == page
        for server in (talker, web):
            await server.set_mode("serving")
        assert await ask(talker) == "hello"
        assert await ask(web, GET) == "HTTP/1.1 200 OK"


async def test_a_stopped_server_keeps_its_port(started: list[Server]) -> None:
    server = await run(TcpServer(HOST, 0, banner("hello"), banner("garbage")), started)
    await server.set_mode("stopped")
    with pytest.raises(OSError, match="in use"):
        await asyncio.start_server(lambda *_: None, HOST, server.port)


async def test_a_port_that_is_taken_is_replaced_by_another(started: list[Server]) -> None:
    first = await run(TcpServer(HOST, 0, banner("first"), banner("")), started)
    second = await run(TcpServer(HOST, first.port, banner("second"), banner("")), started)
    assert second.port != first.port
    assert (await ask(first), await ask(second)) == ("first", "second")


async def test_a_change_of_mode_drops_who_is_connected(started: list[Server]) -> None:
    server = await run(TcpServer(HOST, 0, banner("hello"), banner("garbage")), started)
    reader, writer = await asyncio.open_connection(server.host, server.port)
    assert await reader.readline() == b"hello\r\n"
    await server.set_mode("stopped")
    async with asyncio.timeout(1):
        assert await reader.read() == b""
    writer.close()


async def test_tls_is_trusted_by_its_authority_and_silent_when_hung(started: list[Server], tmp_path: Path) -> None:
    authority = make_authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem())
    client = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    tls = server_context(authority, "app", [HOST], 5)
    page = web_page("200 OK", "ok")
    server = await run(TcpServer(HOST, 0, page, page, tls), started)
    assert await ask(server, GET, client) == "HTTP/1.1 200 OK"
    await server.set_mode("hung")
    assert await ask(server, GET, client) == "silent", "a dead machine does not shake hands either"
    with pytest.raises(ssl.SSLCertVerificationError):
        await server.set_mode("serving")
        await asyncio.open_connection(server.host, server.port, ssl=ssl.create_default_context())


async def test_a_virtual_address_follows_what_it_stands_for(started: list[Server]) -> None:
    here = await run(TcpServer(HOST, 0, web_page("200 OK", "ok"), banner("")), started)
    there = await run(TcpServer(HOST, 0, web_page("203 There", "ok"), banner("")), started)
    forwarder = Forwarder(here)
    virtual = await run(TcpServer("127.0.0.177", 0, forwarder.talk, banner("")), started)
    assert await ask(virtual, GET) == "HTTP/1.1 200 OK"
    await here.set_mode("stopped")
    assert await ask(virtual, GET) == "closed"
    await here.set_mode("hung")
    assert await ask(virtual, GET) == "silent"
    forwarder.target = there
    assert await ask(virtual, GET) == "HTTP/1.1 203 There"


async def lookup(server: Server, name: str, over: str) -> str:
    query = dns.message.make_query(name, "A")
    try:
        if over == "udp":
            reply = await dns.asyncquery.udp(query, server.host, SHORT, server.port)
        else:
            reply = await dns.asyncquery.tcp(query, server.host, SHORT, server.port)
    except dns.exception.Timeout:
        return "silent"
    except ConnectionRefusedError:
        return "refused"
    except (EOFError, OSError):
        return "closed"
    return reply.answer[0][0].to_text() if reply.answer else reply.rcode().name


@pytest.mark.parametrize(
    ("mode", "udp", "tcp"),
    [
        ("serving", "192.0.2.10", "192.0.2.10"),
        # A DNS client goes on waiting after a port unreachable, which anybody could have sent.
        ("stopped", "silent", "refused"),
        ("hung", "silent", "silent"),
        ("broken", "198.51.100.66", "198.51.100.66"),
        ("cut", "silent", "closed"),
    ],
)
async def test_the_name_server_answers_and_fails(mode: Mode, udp: str, tcp: str, started: list[Server]) -> None:
    zone = {"gemeente.example.": "192.0.2.10"}
    server = await run(NameServer(HOST, 0, zone, "198.51.100.66"), started)
    await server.set_mode(mode)
    assert await lookup(server, "gemeente.example", "udp") == udp
    assert await lookup(server, "gemeente.example", "tcp") == tcp
    await server.set_mode("serving")
    assert await lookup(server, "Gemeente.example", "udp") == "192.0.2.10"
    assert await lookup(server, "other.example", "tcp") == "NXDOMAIN"


async def test_the_name_server_lives_through_garbage(started: list[Server]) -> None:
    server = await run(NameServer(HOST, 0, {"gemeente.example.": "192.0.2.10"}, "198.51.100.66"), started)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(server.host, server.port))
    for junk in (b"", b"\x00", b"\xff" * 600):
        transport.sendto(junk)
    assert await ask(server, b"\x00\x03abc") == "closed"
    assert await lookup(server, "gemeente.example", "udp") == "192.0.2.10"
    transport.close()
