"""The sql probe against PostgreSQL, and against what only looks like it: values, refusals, TLS, silence and floods."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from availability.outcome import Outcome, Reason, Status
from collector.context import Kind
from collector.probes.sql import SqlOptions, probe
from config.settings import SecretRef
from tests.collector import servers
from tests.collector.certificates import Certificates, make
from tests.collector.daemons import folder, give, program, running, unprivileged
from tests.collector.looking import leaves_nothing, looked, read
from tests.collector.servers import closed_port, no_descriptors, tcp_server
from tests.ports import free_port

BOTH_LOOPS = True
SQL = Kind(probe, SqlOptions)
SSL_REQUEST = bytes.fromhex("0000000804d2162f")
PASSWORD = "Zeer-Geheim-7"


@dataclass(frozen=True)
class Postgres:
    port: int
    certificates: Certificates
    folder: Path

    def url(self, password: str = PASSWORD, user: str = "keeper", name: str = "register", query: str = "") -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{name}{query}"

    def connection(self, name: str = "register") -> psycopg.Connection[Any]:
        return psycopg.connect(self.url(name=name).replace("+psycopg", ""), autocommit=True)

    async def show(self, certificate: str) -> None:
        """Has it show this one of the certificates, and returns once it does."""
        wanted = getattr(self.certificates, certificate).file.read_text()
        for name in ("server.crt", "server.key"):
            (self.folder / name).write_text(wanted)
        with self.connection() as connection:
            connection.execute("select pg_reload_conf()")
        async with asyncio.timeout(10):
            while self.shown() not in wanted:  # noqa: ASYNC110 - the server has no event to give
                await asyncio.sleep(0.02)

    def shown(self) -> str:
        """The certificate that it shows, as PEM."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.port), 5) as sock:
            sock.sendall(SSL_REQUEST)
            assert sock.recv(1) == b"S"
            with context.wrap_socket(sock) as secured:
                return ssl.DER_cert_to_PEM_cert(secured.getpeercert(binary_form=True) or b"")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    initdb, server = program("initdb", "postgresql"), program("postgres", "postgresql")
    certificates = make(tmp_path_factory.mktemp("certificates"))
    with folder() as place:
        data, port = place / "data", free_port()
        (place / "password").write_text(PASSWORD + "\n")
        command = [initdb, "-D", str(data), "-U", "keeper", "-A", "scram-sha-256", "--pwfile", str(place / "password")]
        with running(
            unprivileged(*command, "--no-sync", "-E", "UTF8", "--locale=C"), lambda: True, place / "log"
        ) as made:
            assert made.wait(60) == 0, (place / "log").read_text()
        for name in ("server.crt", "server.key"):
            file = place / name
            file.write_bytes(certificates.valid.file.read_bytes())
            file.chmod(0o600)
            give(file)
        settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": place, "fsync": "off"}
        settings |= {"ssl": "on", "ssl_cert_file": place / "server.crt", "ssl_key_file": place / "server.key"}
        arguments = [argument for key, value in settings.items() for argument in ("-c", f"{key}={value}")]
        made_up = Postgres(port, certificates, place)
        with running(unprivileged(server, "-D", str(data), *arguments), lambda: created(made_up), place / "log"):
            yield made_up


def created(postgres: Postgres) -> bool:
    """Whether the server takes connections; then it gets its database."""
    try:
        with postgres.connection("postgres") as connection:
            connection.execute("create database register")
    except psycopg.OperationalError:
        return False
    with postgres.connection() as connection:
        connection.execute("create table backups (job text)")
    return True


async def look_at(url: str, timeout: float = 5.0, **values: Any) -> Outcome:
    """One look, of which nothing secret may show."""
    os.environ["URL_OF_A_TEST"] = url
    try:
        names = {"db.example": ["127.0.0.1"], "app.venlo.example": ["127.0.0.1"], "elders.example": ["127.0.0.1"]}
        outcome = await looked(SQL, timeout, names, url=SecretRef(env="URL_OF_A_TEST"), **values)
    finally:
        del os.environ["URL_OF_A_TEST"]
    for secret in (PASSWORD, "keeper", "register", "127.0.0.1", "db.example"):
        assert secret not in outcome.detail
    return outcome


async def test_a_connection_and_a_query(postgres: Postgres) -> None:
    outcome = await look_at(postgres.url())
    assert outcome.status is Status.OK, outcome.detail
    assert list(outcome.phases) == ["resolve", "connect", "first_byte"]
    assert outcome.latency_ms is not None
    assert sum(outcome.phases.values()) <= outcome.latency_ms


VALUES: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "equal": ("select 1", {"equals": "1"}, None),
    "equal as a number": ("select 1.00", {"equals": "1"}, None),
    "equal as a text": ("select 'groen'", {"equals": "groen"}, None),
    "true": ("select true", {"equals": "true"}, None),
    "not equal": ("select 2", {"equals": "1"}, "the first value is not 1"),
    "one of them": ("select 'oranje'", {"one_of": ["groen", "oranje"]}, None),
    "none of them": ("select 'rood'", {"one_of": ["groen", "oranje"]}, "the first value is none of groen, oranje"),
    "below": ("select 99.9", {"below": "100"}, None),
    "not below": ("select 100", {"below": "100"}, "the first value is not below 100"),
    "above": ("select 0.5", {"above": "0"}, None),
    "not above": ("select 0", {"above": "0"}, "the first value is not above 0"),
    "between": ("select 5", {"above": "0", "below": "10"}, None),
    "no number": ("select 'veel'", {"below": "10"}, "the first value is no number"),
    "not a number that can be compared": ("select 'NaN'::float", {"below": "10"}, "the first value is no number"),
    "null": ("select null", {"equals": "1"}, "the first value is null"),
    "null, with nothing asked of it": ("select null", {}, None),
    "of no column": ("select", {"equals": "1"}, "the first value is null"),
    "of no row": ("select 1 where false", {"equals": "1"}, "the query gave no row"),
    "of no row, with nothing asked of it": ("select 1 where false", {}, None),
    "the first of many": ("select generate_series(1, 1000000)", {"equals": "1"}, None),
    "of a setting": ("show transaction_read_only", {"equals": "on"}, None),
    "after a notice": ("do $$ begin raise notice 'hallo'; end $$", {}, None),
    "with what other libraries take for parameters": ("select '%s :a $1'", {"equals": "%s :a $1"}, None),
}


@pytest.mark.parametrize("case", VALUES)
async def test_a_value_that_is(case: str, postgres: Postgres) -> None:
    query, values, detail = VALUES[case]
    outcome = await look_at(postgres.url(), query=query, **values)
    if detail is None:
        assert outcome.status is Status.OK, outcome.detail
    else:
        assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.ANSWER_MISMATCH)
        assert outcome.detail == detail


WRITING = {
    "inserts": "insert into backups values ('x') returning 1",
    "creates": "create table other (a int)",
    "drops": "drop table backups",
    "ends the transaction first": "commit; drop table backups",
    "ends the transaction": "commit",
    "makes the transaction writable": "set transaction read write",
    "makes it writable from within": "do $$ begin execute 'set transaction read write'; drop table backups; end $$",
    "commits from within": "do $$ begin commit; drop table backups; end $$",
    "writes under another name": "with written as (insert into backups values ('x') returning 1) select * from written",
}


@pytest.mark.parametrize("case", WRITING)
async def test_nothing_is_changed_by_a_query_that(case: str, postgres: Postgres) -> None:
    outcome = await look_at(postgres.url(), query=WRITING[case], equals="1")
    assert outcome.status is Status.FAILED
    with postgres.connection() as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        rows = connection.execute("select count(*) from backups").fetchall()
    assert (tables, rows) == ([("backups",)], [(0,)])


FAILING: dict[str, tuple[str, Reason, str]] = {
    "of no such table": ("select * from nergens", Reason.QUERY_FAILED, "the query failed: undefined table (42P01)"),
    "that is none": ("selecteer 1", Reason.QUERY_FAILED, "the query failed: syntax error (42601)"),
    "that divides by zero": ("select 1/0", Reason.QUERY_FAILED, "the query failed: division by zero (22012)"),
    "that writes": (
        "insert into backups values ('x')",
        Reason.QUERY_FAILED,
        "the query wants to change something, and a look only reads",
    ),
    "that copies": ("copy backups to stdout", Reason.QUERY_FAILED, "the query copies, and gives no row"),
    "of a huge row": ("select repeat('x', 200000000)", Reason.TOO_LARGE, "a row larger than 16 MiB"),
}


@pytest.mark.parametrize("case", FAILING)
async def test_a_query(case: str, postgres: Postgres) -> None:
    query, reason, detail = FAILING[case]
    outcome = await look_at(postgres.url(), 10.0, query=query)
    assert (outcome.status, outcome.reason, outcome.detail) == (Status.FAILED, reason, detail)


async def test_a_slow_query_ends_at_the_server_as_well(postgres: Postgres) -> None:
    outcome = await look_at(postgres.url(), 0.5, query="select 'luilak', pg_sleep(60)")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)
    with postgres.connection() as connection:
        async with asyncio.timeout(10):
            asking = "select count(*) from pg_stat_activity where query like '%luilak%' and pid <> pg_backend_pid()"
            while connection.execute(asking).fetchall() != [(0,)]:  # noqa: ASYNC110 - the server has no event to give
                await asyncio.sleep(0.02)


async def test_a_table_that_is_locked_is_a_time_out(postgres: Postgres) -> None:
    with postgres.connection() as connection, connection.transaction():
        connection.execute("lock table backups in access exclusive mode")
        outcome = await look_at(postgres.url(), 0.5, query="select count(*) from backups")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)


async def test_a_login_that_is_refused(postgres: Postgres) -> None:
    for url in (postgres.url(password="fout"), postgres.url(user="niemand"), postgres.url(password="")):
        outcome = await look_at(url)
        assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.WRONG_CREDENTIALS), outcome.detail


async def test_a_database_that_is_not_there(postgres: Postgres) -> None:
    outcome = await look_at(postgres.url(name="nergens"))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.REFUSED)
    assert outcome.detail == "the server has no database of that name"


async def test_over_a_socket_of_this_machine(postgres: Postgres) -> None:
    url = f"postgresql+psycopg://keeper:{PASSWORD}@/register?host={postgres.folder}&port={postgres.port}"
    outcome = await look_at(url)
    assert outcome.status is Status.OK, outcome.detail
    outcome = await look_at("postgresql:///register?host=/nergens")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.REFUSED)


async def test_of_several_hosts_the_one_that_answers(postgres: Postgres) -> None:
    with closed_port() as closed:
        hosts = f"host=db.example,nergens.example,db.example&port={closed},1,{postgres.port}"
        outcome = await look_at(f"postgresql://keeper:{PASSWORD}@/register?{hosts}")
    assert outcome.status is Status.OK, outcome.detail


SECURED: dict[str, tuple[str, str, Reason | None]] = {
    "valid": ("valid", "verify-full", None),
    "of another name, with its chain alone verified": ("wrong_name", "verify-ca", None),
    "of another name": ("wrong_name", "verify-full", Reason.TLS_NAME_MISMATCH),
    "expired": ("expired", "verify-full", Reason.TLS_EXPIRED),
    "of a stranger": ("untrusted", "verify-full", Reason.TLS_UNTRUSTED),
    "signed by itself": ("self_signed", "verify-ca", Reason.TLS_UNTRUSTED),
    "signed by itself, and not to be verified": ("self_signed", "require", None),
}


@pytest.mark.parametrize("case", SECURED)
async def test_a_certificate_that_is(case: str, postgres: Postgres) -> None:
    certificate, mode, reason = SECURED[case]
    root = f"&sslrootcert={postgres.certificates.ca_file}" if mode.startswith("verify") else ""
    query = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
    await postgres.show(certificate)
    try:
        outcome = await look_at(postgres.url(query=f"?sslmode={mode}{root}"), query=query, equals="true")
    finally:
        await postgres.show("valid")
    assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail


async def test_a_root_certificate_that_cannot_be_read_says_nothing_of_the_database(postgres: Postgres) -> None:
    outcome = await look_at(postgres.url(query="?sslmode=verify-full&sslrootcert=/nergens/ca.pem"))
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.COULD_NOT_LOOK)


async def test_tls_that_is_not_offered() -> None:
    async with tcp_server(servers.says(b"N", hold=True)) as port:
        outcome = await look_at(f"postgresql://keeper@127.0.0.1:{port}/register?sslmode=require")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TLS_FAILURE)


MISBEHAVIOUR: dict[str, tuple[servers.Handler, set[Reason]]] = {
    "is silent": (servers.silence, {Reason.TIMEOUT}),
    "hangs up": (servers.close_at_once, {Reason.CLOSED, Reason.RESET}),
    "resets": (servers.reset_at_once, {Reason.RESET, Reason.CLOSED}),
    "speaks HTTP": (servers.says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), {Reason.BAD_RESPONSE, Reason.CLOSED}),
    "sends garbage without end": (servers.endless(b"", b"\xff\x00" * 4096), {Reason.BAD_RESPONSE}),
    "drips": (servers.endless(b"R\x00\x00", b"\x00", 0.05), {Reason.TIMEOUT, Reason.BAD_RESPONSE}),
    "lets in and falls silent": (servers.says(b"N", hold=True), {Reason.TIMEOUT}),
}


@pytest.mark.parametrize("case", MISBEHAVIOUR)
async def test_a_server_that(case: str) -> None:
    handler, reasons = MISBEHAVIOUR[case]
    async with tcp_server(handler) as port:
        outcome = await look_at(f"postgresql://keeper:{PASSWORD}@127.0.0.1:{port}/register", 0.4)
    assert outcome.status is Status.FAILED
    assert outcome.reason in reasons, outcome.detail


GREETING = b"R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I"
"""What lets anybody in: AuthenticationOk and ReadyForQuery."""
BEGUN = b"C\x00\x00\x00\x0aBEGIN\x00C\x00\x00\x00\x08SET\x00Z\x00\x00\x00\x05T"


def lets_in(after: bytes = b"", endless: bytes = b"") -> servers.Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(GREETING)
        await reader.read(65_536)
        writer.write(BEGUN)
        await reader.read(65_536)
        writer.write(after)
        while endless and not writer.is_closing():
            writer.write(endless)
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read()

    return handler


LET_IN: dict[str, tuple[servers.Handler, set[Reason]]] = {
    "falls silent": (lets_in(), {Reason.TIMEOUT}),
    "answers in garbage": (lets_in(b"\xff" * 100), {Reason.CLOSED, Reason.TIMEOUT}),
    "sends a row without end": (lets_in(b"D\x3f\x00\x00\x00", b"\x00" * 65_536), {Reason.TOO_LARGE, Reason.CLOSED}),
    "sends notices without end": (lets_in(b"", b"N\x00\x00\x00\x05\x00" * 1000), {Reason.TIMEOUT, Reason.TOO_LARGE}),
}


@pytest.mark.parametrize("case", LET_IN)
async def test_a_server_that_lets_anybody_in_and(case: str) -> None:
    handler, reasons = LET_IN[case]
    async with tcp_server(handler) as port:
        outcome = await look_at(f"postgresql://keeper@127.0.0.1:{port}/register?sslmode=disable", 1.0)
    assert outcome.status is Status.FAILED
    assert outcome.reason in reasons, outcome.detail


async def test_nobody_listens_and_nobody_resolves() -> None:
    with closed_port() as port:
        outcome = await look_at(f"postgresql://keeper@db.example:{port}/register")
    assert (outcome.status, outcome.reason, outcome.detail) == (
        Status.FAILED,
        Reason.REFUSED,
        "the database: connection refused",
    )
    outcome = await look_at("postgresql://keeper@nergens.example/register")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.DNS_FAILURE)


USELESS: dict[str, tuple[str, Reason]] = {
    "no URL": ("Zeer-Geheim-7", Reason.COULD_NOT_LOOK),
    "a port that is none": ("postgresql://keeper@db.example:abc/register", Reason.COULD_NOT_LOOK),
    "a parameter that is none": ("postgresql://keeper@db.example/register?kleur=rood", Reason.COULD_NOT_LOOK),
    "more ports than hosts": ("postgresql://keeper@/register?host=a,b&port=1,2,3", Reason.COULD_NOT_LOOK),
    "a mode of TLS that is none": ("postgresql://keeper@db.example/register?sslmode=soms", Reason.COULD_NOT_LOOK),
    "a database of another make": ("mssql://keeper@db.example/register", Reason.UNSUPPORTED),
    "a make that nobody knows": ("register://keeper@db.example/register", Reason.UNSUPPORTED),
}


@pytest.mark.parametrize("case", USELESS)
async def test_a_secret_that_holds(case: str) -> None:
    url, reason = USELESS[case]
    outcome = await look_at(url)
    assert (outcome.status, outcome.reason) == (Status.NONE, reason), outcome.detail


async def test_another_make_is_named() -> None:
    outcome = await look_at("mssql+aioodbc://keeper@db.example/register")
    assert outcome.detail == (
        "this version asks postgresql://, mariadb://, mysql:// and oracle://, and not mssql: look with a plugin"
    )


async def test_no_descriptor_left_says_nothing_of_the_database(postgres: Postgres) -> None:
    await look_at(postgres.url())  # so that everything is loaded
    with no_descriptors():
        outcome = await look_at(postgres.url())
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.NO_DESCRIPTOR), outcome.detail


async def test_a_secret_that_is_not_there() -> None:
    outcome = await looked(SQL, url=SecretRef(env="URL_THAT_IS_NOT_SET"))
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.NO_SECRET)
    assert "URL_THAT_IS_NOT_SET" in outcome.detail


async def test_nothing_is_left_open(postgres: Postgres) -> None:
    await leaves_nothing(lambda: look_at(postgres.url()), 50)
    await leaves_nothing(lambda: look_at(postgres.url(), 0.004, query="select pg_sleep(1)"), 50)
    with postgres.connection() as connection, contextlib.suppress(TimeoutError):
        async with asyncio.timeout(10):
            asking = "select count(*) from pg_stat_activity where application_name = 'waakvlam'"
            while connection.execute(asking).fetchall() != [(0,)]:  # noqa: ASYNC110 - the server has no event to give
                await asyncio.sleep(0.02)
            return
    pytest.fail("a session is left at the server")


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a limit that is none": ({"below": "veel"}, "must be a number"),
    "limits that leave nothing": ({"below": "1", "above": "1"}, "above must be the smaller"),
    "a query with a NUL": ({"query": "select 1\0"}, "query holds a NUL"),
    "a secret in plain text": ({"url": "postgresql://keeper@db.example"}, "is a secret"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_options_with(case: str) -> None:
    values, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        read(SqlOptions, {"url": SecretRef(env="A")} | values)
