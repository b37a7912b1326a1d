"""The sql probe against what only looks like MariaDB or MySQL: logins of newer servers, garbage, silence and floods."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability.outcome import Outcome, Reason, Status
from collector.context import Kind
from collector.probes.sql import SqlOptions, probe
from collector.sql_mariadb_packets import NotThisProtocol, columns, error, first_value, is_end
from collector.sql_mariadb_packets import greeting as read_greeting
from config.settings import SecretRef
from tests.collector import servers
from tests.collector.certificates import Certificates, make
from tests.collector.looking import looked
from tests.collector.mariadb import OK, PASSWORD, greeting, packet
from tests.collector.servers import closed_port, tcp_server

BOTH_LOOPS = True
SQL = Kind(probe, SqlOptions)
SALT = b"salt-of-twelve-bytes"
TLS = 0x800
END = b"\xfe\0\0\x02\0"
ROW_OF_ONE = packet(1, b"\x01") + packet(2, b"\x03def") + packet(3, END) + packet(4, b"\x011") + packet(5, END)


async def look_at(port: int, timeout: float = 2.0, rest: str = "", **values: Any) -> Outcome:
    """One look, of which nothing secret may show."""
    os.environ["URL_OF_A_TEST"] = f"mysql://keeper:{PASSWORD}@127.0.0.1:{port}/register{rest}"
    try:
        outcome = await looked(SQL, timeout, {}, url=SecretRef(env="URL_OF_A_TEST"), **values)
    finally:
        del os.environ["URL_OF_A_TEST"]
    for secret in (PASSWORD, "keeper", "register", "127.0.0.1"):
        assert secret not in outcome.detail
    return outcome


class Server:
    """Says `greeting`, then what `turns` hold, each after a message of the other side; keeps what it was told."""

    def __init__(self, said: bytes, *turns: bytes) -> None:
        self.told: list[bytes] = []
        self._said, self._turns = said, turns

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._said)
        for turn in self._turns:
            head = await reader.readexactly(4)
            self.told.append(await reader.readexactly(int.from_bytes(head[:3], "little")))
            writer.write(turn)
        await reader.read()


@contextlib.contextmanager
def over_tls(certificates: Certificates, *turns: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """The port of a server that turns to TLS after its greeting, once, and what it is told after that.

    In a thread: streams of the event loop take in the beginning of TLS with the message before it.
    """
    told: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            connection.settimeout(10)
            connection.sendall(greeting(b"caching_sha2_password", TLS))
            connection.recv(36, socket.MSG_WAITALL)
            with certificates.valid.server_context().wrap_socket(connection, server_side=True) as secured:
                for turn in turns:
                    told.append(secured.recv(65_536))
                    secured.sendall(turn)
                secured.recv(65_536)

    thread = threading.Thread(target=serve, name="database over TLS")
    thread.start()
    try:
        yield listener.getsockname()[1], told
    finally:
        thread.join()
        listener.close()


THEN_ANSWERS = (packet(1, OK), packet(1, OK), packet(1, OK), ROW_OF_ONE)


PROOF = bytes.fromhex("55d5ae5f5326bac30a9c4c3016899e88f9fa298aa5e6f36eee3e03468572a263")
"""What another client of MySQL 8 answers to this salt with this password."""


async def test_a_login_by_caching_sha2_that_the_server_remembers() -> None:
    server = Server(greeting(b"caching_sha2_password"), packet(2, b"\x01\x03") + packet(3, OK), *THEN_ANSWERS)
    async with tcp_server(server) as port:
        outcome = await look_at(port, equals="1")
    assert outcome.status is Status.OK, outcome.detail
    assert b"\x20" + PROOF + b"register\0caching_sha2_password\0" in server.told[0]
    assert b"max_execution_time" in server.told[1]


async def test_a_whole_password_goes_over_tls(tmp_path: Any) -> None:
    certificates = make(tmp_path)
    with over_tls(certificates, packet(3, b"\x01\x04"), packet(5, OK), *THEN_ANSWERS) as (port, told):
        outcome = await look_at(port, rest=f"?ssl_ca={certificates.ca_file}", equals="1")
    assert outcome.status is Status.OK, outcome.detail
    assert told[1] == packet(4, PASSWORD.encode() + b"\0")


WHOLE: dict[str, tuple[bytes, bytes]] = {
    "by caching_sha2": (b"caching_sha2_password", b"\x01\x04"),
    "by sha256": (b"mysql_native_password", b"\xfesha256_password\0" + SALT + b"\0"),
    "in the clear": (b"mysql_native_password", b"\xfemysql_clear_password\0"),
}


@pytest.mark.parametrize("case", WHOLE)
async def test_no_server_gets_the_password_without_tls(case: str) -> None:
    plugin, asks = WHOLE[case]
    server = Server(greeting(plugin), packet(2, asks), packet(4, OK), *THEN_ANSWERS)
    async with tcp_server(server) as port:
        outcome = await look_at(port)
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.COULD_NOT_LOOK)
    assert outcome.detail == (
        "the database asks for the password itself, which goes over TLS only: let the URL ask for it (ssl_mode)"
    )
    assert PASSWORD.encode() not in b"".join(server.told)


async def test_a_password_in_the_clear_goes_to_a_verified_server_only(tmp_path: Any) -> None:
    certificates = make(tmp_path)
    for rest, status in (("?ssl_mode=required", Status.NONE), (f"?ssl_ca={certificates.ca_file}", Status.OK)):
        asks = packet(3, b"\xfemysql_clear_password\0")
        with over_tls(certificates, asks, packet(5, OK), *THEN_ANSWERS) as (port, told):
            outcome = await look_at(port, rest=rest)
        assert outcome.status is status, outcome.detail
        assert (PASSWORD.encode() in b"".join(told)) is (status is Status.OK)


async def test_a_login_of_another_kind_is_gone_over_to() -> None:
    switch = packet(2, b"\xfemysql_native_password\0another-salt-is-20-b\0")
    server = Server(greeting(b"of_the_future"), switch, packet(4, OK), *THEN_ANSWERS)
    async with tcp_server(server) as port:
        outcome = await look_at(port, equals="1")
    assert outcome.status is Status.OK, outcome.detail
    assert len(server.told[1]) == 20


def ends_with(code: int, state: bytes = b"HY000", number: int = 0) -> bytes:
    return packet(number, b"\xff" + code.to_bytes(2, "little") + b"#" + state + b"keeper of register")


REFUSED: dict[str, tuple[bytes, Reason, str]] = {
    "lets nobody in from here": (ends_with(1130), Reason.REFUSED, "the database lets nobody in from here"),
    "has no connection left": (
        packet(0, b"\xff\x10\x04Too many connections"),
        Reason.REFUSED,
        "the database has no connection left",
    ),
    "shut this host out": (
        ends_with(1129),
        Reason.REFUSED,
        "the database shut this host out after many broken connections (flush hosts)",
    ),
    "shuts down": (ends_with(1053), Reason.REFUSED, "the database is shutting down"),
    "says what nobody knows": (
        ends_with(4321, b"\x1b[31m"),
        Reason.REFUSED,
        "the database refused the session: error 4321",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_database_that(case: str) -> None:
    said, reason, detail = REFUSED[case]
    async with tcp_server(Server(said)) as port:
        outcome = await look_at(port)
    assert (outcome.status, outcome.reason, outcome.detail) == (Status.FAILED, reason, detail)


def floods(said: bytes, turns: int, chunk: bytes) -> servers.Handler:
    """A server that talks as it should for some turns, and then without end."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        for turn in range(turns):
            await reader.read(65_536)
            writer.write(packet(2, OK) if turn == 0 else packet(1, OK))
        await reader.read(65_536)
        while not writer.is_closing():
            writer.write(chunk)
            await writer.drain()

    return handler


BIG = b"\xff\xff\xff"
STRANGE: dict[str, tuple[servers.Handler, set[Reason]]] = {
    "is silent": (servers.silence, {Reason.TIMEOUT}),
    "hangs up": (servers.close_at_once, {Reason.CLOSED, Reason.RESET}),
    "resets": (servers.reset_at_once, {Reason.RESET, Reason.CLOSED}),
    "speaks HTTP": (Server(b"HTTP/1.1 400 Bad Request\r\n\r\n"), {Reason.BAD_RESPONSE}),
    "greets in an older protocol": (Server(packet(0, b"\x093.23\0" + bytes(40))), {Reason.BAD_RESPONSE}),
    "greets with nothing": (Server(packet(0, b"")), {Reason.BAD_RESPONSE}),
    "greets with half a greeting": (Server(greeting()[:30]), {Reason.TIMEOUT}),
    "announces a packet of 16 MB": (Server(BIG + b"\0" + b"\x0a"), {Reason.TOO_LARGE}),
    "sends zeros without end": (floods(greeting(), 1, bytes(65_536)), {Reason.BAD_RESPONSE, Reason.CLOSED}),
    "asks for a login of no name": (Server(greeting(), packet(2, b"\xfe")), {Reason.UNSUPPORTED}),
    "asks for a login without end": (
        Server(greeting(), *(packet(2 * turn + 2, b"\xfemysql_native_password\0" + SALT) for turn in range(20))),
        {Reason.BAD_RESPONSE},
    ),
    "answers with no columns": (
        Server(greeting(), packet(2, OK), *THEN_ANSWERS[:3], packet(1, b"")),
        {Reason.BAD_RESPONSE},
    ),
    "announces a row of 16 MB": (
        Server(greeting(), packet(2, OK), *THEN_ANSWERS[:3], ROW_OF_ONE[:-15] + BIG + b"\x04"),
        {Reason.TOO_LARGE},
    ),
    "has a value longer than its row": (
        Server(greeting(), packet(2, OK), *THEN_ANSWERS[:3], ROW_OF_ONE[:-15] + packet(4, b"\xfd\xff\xff\xffx")),
        {Reason.BAD_RESPONSE},
    ),
    "asks for a file": (
        Server(greeting(), packet(2, OK), *THEN_ANSWERS[:3], packet(1, b"\xfb/etc/passwd")),
        {Reason.QUERY_FAILED},
    ),
    "says the wrong number": (Server(greeting(), packet(7, OK)), {Reason.BAD_RESPONSE}),
    "drips": (servers.endless(b"", b"\x40", 0.05), {Reason.TIMEOUT}),
}


@pytest.mark.parametrize("case", STRANGE)
async def test_a_server_that(case: str) -> None:
    handler, reasons = STRANGE[case]
    async with tcp_server(handler) as port:
        outcome = await look_at(port, 0.4)
    assert outcome.reason in reasons, outcome.detail
    assert outcome.status is (Status.NONE if reasons == {Reason.UNSUPPORTED} else Status.FAILED)


async def test_columns_without_end_take_no_memory() -> None:
    """65,535 columns are announced, and come on and on: what is kept of them is none of our memory."""
    many = b"".join(packet(number % 256, b"\x03def" + bytes(900)) for number in range(2, 258))
    async with tcp_server(floods(greeting(), 4, packet(1, b"\xfc\xff\xff") + many)) as port:
        await look_at(port, 0.5)
        tracemalloc.start()
        outcome = await look_at(port, 2.0)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.BAD_RESPONSE)
    assert peak < 8 * 1024**2


async def test_nobody_listens_and_nobody_resolves() -> None:
    with closed_port() as port:
        outcome = await look_at(port)
    assert (outcome.status, outcome.reason, outcome.detail) == (
        Status.FAILED,
        Reason.REFUSED,
        "the database: connection refused",
    )


USELESS: dict[str, tuple[str, str]] = {
    "a parameter that is none": ("?kleur=rood", "behind the ? of the URL stands what is not known"),
    "a mode that is none": ("?ssl_mode=soms", "behind the ? of the URL stands what is not known"),
    "a mode twice": ("?ssl_mode=disabled&ssl_mode=required", "behind the ? of the URL stands what is not known"),
    "a file that is none": ("?ssl_ca=/nergens/ca.pem", "a certificate or key file of the URL cannot be read"),
}


@pytest.mark.parametrize("case", USELESS)
async def test_a_url_with(case: str) -> None:
    rest, detail = USELESS[case]
    outcome = await look_at(1, rest=rest)
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.COULD_NOT_LOOK)
    assert detail in outcome.detail


@given(st.binary(max_size=80))
def test_a_packet_of_anything_is_read_or_refused(data: bytes) -> None:
    for reader in (read_greeting, error, is_end, columns, first_value):
        try:
            reader(data)
        except NotThisProtocol as why:
            assert str(why)
