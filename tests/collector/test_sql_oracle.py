"""The sql probe at Oracle, as far as it goes without one: what it refuses, whom it does not reach, and its time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from availability.outcome import Outcome, Reason, Status
from collector import sql_oracle, sql_oracle_program
from collector.context import Kind
from collector.probes.sql import SqlOptions, probe
from config.settings import SecretRef
from tests.collector import servers
from tests.collector.looking import looked
from tests.collector.servers import closed_port, says, tcp_server

SQL = Kind(probe, SqlOptions)
PASSWORD = "Zeer-Geheim-7"
QUERY = "select 1 from dual"


async def look_at(port: int, timeout: float = 5.0, url: str = "", query: str = QUERY, **values: Any) -> Outcome:
    """One look, of which nothing secret may show."""
    os.environ["URL_OF_A_TEST"] = url or f"oracle://keeper:{PASSWORD}@127.0.0.1:{port}/register"
    try:
        outcome = await looked(SQL, timeout, {}, url=SecretRef(env="URL_OF_A_TEST"), query=query, **values)
    finally:
        del os.environ["URL_OF_A_TEST"]
    for secret in (PASSWORD, "keeper", "register", "127.0.0.1", "db.example"):
        assert secret not in outcome.detail
    return outcome


async def test_nobody_listens_and_nobody_resolves() -> None:
    with closed_port() as port:
        outcome = await look_at(port)
    assert (outcome.status, outcome.reason, outcome.detail) == (
        Status.FAILED,
        Reason.REFUSED,
        "the database: connection refused",
    )
    outcome = await look_at(1, url="oracle://keeper@db.example/register")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.DNS_FAILURE)


_WHY = b"(DESCRIPTION=(ERR=12514)(VSNNUM=0)(ERROR_STACK=(ERROR=(CODE=12514)(EMFI=4))))"
REFUSE = (len(_WHY) + 12).to_bytes(2, "big") + b"\0\0\x04\0\0\0\x22\0" + len(_WHY).to_bytes(2, "big") + _WHY
"""What a listener answers that knows no service of that name."""

STRANGE: dict[str, tuple[servers.Handler, set[Reason]]] = {
    "is silent": (servers.silence, {Reason.TIMEOUT}),
    "hangs up": (servers.close_at_once, {Reason.CLOSED, Reason.RESET}),
    "resets": (servers.reset_at_once, {Reason.RESET, Reason.CLOSED}),
    "speaks HTTP": (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), {Reason.BAD_RESPONSE, Reason.CLOSED, Reason.TIMEOUT}),
    "knows no such service": (says(REFUSE, hold=True), {Reason.REFUSED}),
    "drips": (servers.endless(b"\x40\x00\x00\x00\x02", b"\x00", 0.05), {Reason.TIMEOUT}),
}


@pytest.mark.parametrize("case", STRANGE)
async def test_a_server_that(case: str) -> None:
    handler, reasons = STRANGE[case]
    async with tcp_server(handler) as port:
        started = time.monotonic()
        outcome = await look_at(port, 1.0)
        took = time.monotonic() - started
    assert (outcome.status, outcome.reason in reasons) == (Status.FAILED, True), outcome
    assert took < 1.1


async def test_an_answer_without_end_stays_out_of_our_memory() -> None:
    """A packet may be as large as four gigabytes; what is kept of it is the program's memory, which has a bound."""
    head = b"\x00\x20\x00\x00\x02\x00\x00\x00\x01\x3f\x00\x00" + bytes(20)
    async with tcp_server(servers.endless(head, b"\xff" * 262_144)) as port:
        outcome = await look_at(port, 1.5)
    assert outcome.status is Status.FAILED
    assert outcome.reason in {Reason.TIMEOUT, Reason.TOO_LARGE, Reason.BAD_RESPONSE, Reason.CLOSED}


READING = {
    "select 1 from dual": True,
    "  SELECT 1 from dual": True,
    "-- how many\n/* today */ (select count(*) from t)": True,
    "with a as (select 1 x from dual) select x from a": True,
    "drop table t": False,
    "begin execute immediate 'drop table t'; end;": False,
    "-- select\ndelete from t": False,
    "/* select */ truncate table t": False,
    "selecting": False,
    "": False,
}


@pytest.mark.parametrize("query", READING)
def test_a_query_that_may_be_asked(query: str) -> None:
    assert sql_oracle_program.only_reads(query) is READING[query]


USELESS: dict[str, tuple[str, str, str]] = {
    "no service": ("oracle://keeper@db.example", QUERY, "the URL names no host or no service"),
    "a parameter that is none": ("oracle://keeper@db.example/register?mode=sysdba", QUERY, "what is not known"),
    "a protocol that is none": ("oracle://keeper@db.example/register?protocol=udp", QUERY, "what is not known"),
    "a query that changes": ("oracle://keeper@db.example/register", "drop table t", "must begin with select or with"),
}


@pytest.mark.parametrize("case", USELESS)
async def test_what_is_not_asked(case: str) -> None:
    url, query, detail = USELESS[case]
    outcome = await look_at(1, url=url, query=query)
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.COULD_NOT_LOOK)
    assert detail in outcome.detail


async def test_a_driver_that_is_missing_is_said_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "oracledb", None)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [])
    outcome = await look_at(1)
    assert (outcome.status, outcome.reason, outcome.detail) == (
        Status.NONE,
        Reason.UNSUPPORTED,
        "asking an Oracle database needs its driver: pip install 'waakvlam[oracle]'",
    )


def test_a_password_is_in_no_argument_and_no_variable_of_the_program() -> None:
    """The program is told on its standard input; arguments and variables are for everybody to read (proc(5))."""
    asked = {"connect": {"user": "u", "password": PASSWORD, "host": "127.0.0.1", "port": 1, "service_name": "s"}}
    done = subprocess.run(
        [sys.executable, "-I", str(Path(sql_oracle.__file__).with_name("sql_oracle_program.py"))],
        input=json.dumps(asked | {"query": QUERY, "seconds": 2.0}).encode(),
        capture_output=True,
        check=True,
        env={},
    )
    assert json.loads(done.stdout) == {"errno": 111}
    assert done.stderr == b""
