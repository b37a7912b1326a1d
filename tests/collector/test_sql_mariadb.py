"""The sql probe against MariaDB: values, what may not be changed, logins, certificates, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest

from availability.outcome import Outcome, Reason, Status
from collector.context import Kind
from collector.probes.sql import SqlOptions, probe
from config.settings import SecretRef
from tests.collector.looking import leaves_nothing, looked
from tests.collector.mariadb import PASSWORD, MariaDb, mariadb
from tests.collector.servers import no_descriptors

BOTH_LOOPS = True
SQL = Kind(probe, SqlOptions)
NAMES = {"db.example": ["127.0.0.1"], "app.venlo.example": ["127.0.0.1"], "elders.example": ["127.0.0.1"]}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    with mariadb(tmp_path_factory.mktemp("certificates")) as server:
        yield server


async def look_at(url: str, timeout: float = 5.0, **values: Any) -> Outcome:
    """One look, of which nothing secret may show."""
    os.environ["URL_OF_A_TEST"] = url
    try:
        outcome = await looked(SQL, timeout, NAMES, url=SecretRef(env="URL_OF_A_TEST"), **values)
    finally:
        del os.environ["URL_OF_A_TEST"]
    for secret in (PASSWORD, "keeper", "register", "127.0.0.1", "db.example", "app.venlo.example"):
        assert secret not in outcome.detail
    return outcome


async def test_a_connection_and_a_query(database: MariaDb) -> None:
    for url in (
        database.url(),
        database.url().replace("mariadb", "mysql"),
        database.url().replace(":", "+pymysql:", 1),
    ):
        outcome = await look_at(url)
        assert outcome.status is Status.OK, outcome.detail
        assert list(outcome.phases) == ["resolve", "connect", "first_byte"]


VALUES: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "equal": ("select 1", {"equals": "1"}, None),
    "equal as a number": ("select 1.00", {"equals": "1"}, None),
    "equal as a text": ("select 'groen'", {"equals": "groen"}, None),
    "a text of two bytes a letter": ("select 'één'", {"equals": "één"}, None),
    "not equal": ("select 2", {"equals": "1"}, "the first value is not 1"),
    "below": ("select 99.9", {"below": "100"}, None),
    "no number": ("select 'veel'", {"below": "10"}, "the first value is no number"),
    "null": ("select null", {"equals": "1"}, "the first value is null"),
    "null, with nothing asked of it": ("select null", {}, None),
    "empty": ("select ''", {"equals": "1"}, "the first value is not 1"),
    "of no row": ("select 1 from backups", {"equals": "1"}, "the query gave no row"),
    "of what gives no rows at all": ("do 1", {"equals": "1"}, "the query gave no row"),
    "the first of many": ("select seq from seq_1_to_1000000", {"equals": "1"}, None),
    "the first of many columns": ("select 1, 2, 3", {"equals": "1"}, None),
    "longer than a byte tells": ("select length(repeat('x', 300)), repeat('x', 300)", {"equals": "300"}, None),
    "a long text": ("select repeat('x', 70000)", {"above": "0"}, "the first value is no number"),
    "of a setting": ("select @@tx_read_only", {"equals": "1"}, None),
    "the limit of its time": ("select @@max_statement_time <= 5", {"equals": "1"}, None),
    "with what other libraries take for parameters": ("select '%s :a ?'", {"equals": "%s :a ?"}, None),
}


@pytest.mark.parametrize("case", VALUES)
async def test_a_value_that_is(case: str, database: MariaDb) -> None:
    query, values, detail = VALUES[case]
    outcome = await look_at(database.url(), query=query, **values)
    if detail is None:
        assert outcome.status is Status.OK, outcome.detail
    else:
        assert (outcome.status, outcome.reason, outcome.detail) == (Status.FAILED, Reason.ANSWER_MISMATCH, detail)


WRITING = {
    "inserts": "insert into backups values ('x')",
    "creates": "create table other (a int)",
    "drops": "drop table backups",
    "ends the transaction first": "commit; drop table backups",
    "ends the transaction from within": "call breaks_out()",
    "locks for writing": "lock tables backups write",
    "writes a file": "select 'x' into outfile '/tmp/never'",
    "empties": "truncate backups",
}


@pytest.mark.parametrize("case", WRITING)
async def test_nothing_is_changed_by_a_query_that(case: str, database: MariaDb) -> None:
    await look_at(database.url(), query=WRITING[case], equals="1")
    tables = "select group_concat(table_name) from information_schema.tables where table_schema = 'register'"
    outcome = await look_at(database.url(), query=tables, equals="backups")
    assert outcome.status is Status.OK, outcome.detail
    outcome = await look_at(database.url(), query="select count(*) from backups", equals="0")
    assert outcome.status is Status.OK, outcome.detail


FAILING: dict[str, tuple[str, Reason, str]] = {
    "of no such table": ("select * from nergens", Reason.QUERY_FAILED, "the query failed: no such table (1146)"),
    "that is none": ("selecteer 1", Reason.QUERY_FAILED, "the query failed: syntax error (1064)"),
    "of two statements": ("select 1; select 2", Reason.QUERY_FAILED, "the query failed: syntax error (1064)"),
    "that has no name here": (
        "signal sqlstate '45000' set message_text = 'keeper'",
        Reason.QUERY_FAILED,
        "the query failed: error 1644 (SQLSTATE 45000)",
    ),
    "that writes": (
        "insert into backups values ('x')",
        Reason.QUERY_FAILED,
        "the query wants to change something, and a look only reads",
    ),
    "of a huge row": ("select repeat('x', 3000000)", Reason.TOO_LARGE, "a row larger than 1 MiB"),
}


@pytest.mark.parametrize("case", FAILING)
async def test_a_query(case: str, database: MariaDb) -> None:
    query, reason, detail = FAILING[case]
    outcome = await look_at(database.url(), 1.0, query=query)
    assert (outcome.status, outcome.reason) == (Status.FAILED, reason), outcome.detail
    assert detail in outcome.detail


async def test_a_slow_query_ends_at_the_server_as_well(database: MariaDb) -> None:
    outcome = await look_at(database.url(), 0.5, query="select sleep(60) /* luilak */")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)
    asking = "select count(*) from information_schema.processlist where info like '%lui%lak%' and info like '%sleep%6%'"
    asking += " and id <> connection_id()"
    async with asyncio.timeout(10):
        while (await look_at(database.url(), query=asking, equals="0")).status is not Status.OK:  # noqa: ASYNC110 - the server has no event to give
            await asyncio.sleep(0.02)


LOGINS: dict[str, tuple[dict[str, str], Status, Reason | None, str]] = {
    "with a wrong password": (
        {"password": "fout"},
        Status.FAILED,
        Reason.WRONG_CREDENTIALS,
        "the database refused the user or the password",
    ),
    "of an unknown user": (
        {"user": "niemand"},
        Status.FAILED,
        Reason.WRONG_CREDENTIALS,
        "the database refused the user or the password",
    ),
    "without the password": (
        {"password": ""},
        Status.FAILED,
        Reason.WRONG_CREDENTIALS,
        "the database refused the user or the password",
    ),
    "of a user who has none": ({"user": "nobodies", "password": "", "name": ""}, Status.OK, None, ""),
    "to another's database": (
        {"name": "mysql"},
        Status.FAILED,
        Reason.REFUSED,
        "the database does not let this user use the database of that name",
    ),
    "to no database in particular": ({"name": ""}, Status.OK, None, ""),
    "by ed25519": (
        {"user": "modern"},
        Status.NONE,
        Reason.UNSUPPORTED,
        "the database asks for a login by client_ed25519, which this version does not know: use another user or a"
        " plugin",
    ),
}


@pytest.mark.parametrize("case", LOGINS)
async def test_a_login(case: str, database: MariaDb) -> None:
    parts, status, reason, detail = LOGINS[case]
    outcome = await look_at(database.url(**parts))
    assert (outcome.status, outcome.reason, outcome.detail) == (status, reason, detail)


async def test_a_database_that_is_not_there(database: MariaDb) -> None:
    outcome = await look_at(database.url(name="register_2"))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.REFUSED)


async def test_a_user_with_too_many_connections(database: MariaDb) -> None:
    await look_at(database.url(user="crowded", name=""))
    outcome = await look_at(database.url(user="crowded", name=""))
    assert (outcome.reason, outcome.detail) == (Reason.REFUSED, "the database has no connection left for this user")


SECURED: dict[str, tuple[str, str, Reason | None]] = {
    "valid": ("valid", "verify_identity", None),
    "of another name, with its chain alone verified": ("wrong_name", "VERIFY-CA", None),
    "of another name": ("wrong_name", "verify_identity", Reason.TLS_NAME_MISMATCH),
    "expired": ("expired", "verify_identity", Reason.TLS_EXPIRED),
    "of a stranger": ("untrusted", "verify_identity", Reason.TLS_UNTRUSTED),
    "signed by itself": ("self_signed", "verify_ca", Reason.TLS_UNTRUSTED),
    "signed by itself, and not to be verified": ("self_signed", "required", None),
}


@pytest.mark.parametrize("case", SECURED)
async def test_a_certificate_that_is(case: str, database: MariaDb) -> None:
    certificate, mode, reason = SECURED[case]
    root = f"&ssl_ca={database.certificates.ca_file}" if "verify" in mode.lower() else ""
    database.place(certificate)
    assert (await look_at(database.url(), query="flush ssl")).status is not Status.NONE
    query = "select variable_value <> '' from information_schema.session_status where variable_name = 'ssl_cipher'"
    try:
        outcome = await look_at(database.url(query=f"?ssl_mode={mode}{root}"), query=query, equals="1")
    finally:
        database.place("valid")
        await look_at(database.url(), query="flush ssl")
    assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail


@pytest.mark.parametrize(("mode", "cipher"), [("disabled", "1"), ("preferred", "0")])
async def test_tls_that_is(mode: str, cipher: str, database: MariaDb) -> None:
    query = "select variable_value = '' from information_schema.session_status where variable_name = 'ssl_cipher'"
    outcome = await look_at(database.url(query=f"?ssl_mode={mode}"), query=query, equals=cipher)
    assert outcome.status is Status.OK, outcome.detail


async def test_no_descriptor_left_says_nothing_of_the_database(database: MariaDb) -> None:
    await look_at(database.url())  # so that everything is loaded
    with no_descriptors():
        outcome = await look_at(database.url())
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.NO_DESCRIPTOR), outcome.detail


async def test_nothing_is_left_open(database: MariaDb) -> None:
    await leaves_nothing(lambda: look_at(database.url()), 50)
    await leaves_nothing(lambda: look_at(database.url(), 0.004, query="select sleep(1)"), 50)
    asking = "select count(*) from information_schema.processlist where user = 'keeper' and id <> connection_id()"
    async with asyncio.timeout(10):
        while (await look_at(database.url(), query=asking, equals="0")).status is not Status.OK:  # noqa: ASYNC110 - the server has no event to give
            await asyncio.sleep(0.02)
