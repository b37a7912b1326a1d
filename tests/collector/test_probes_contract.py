"""What every probe of the table keeps to: its time, its silence about itself, and nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import os
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from availability.outcome import Outcome, Reason, Status
from collector.context import Bugs, Context, Kind
from collector.look import look
from collector.pinger import IcmpPinger
from collector.probes import OPTIONS, PROBES
from collector.resolver import SystemResolver
from config.settings import SecretRef
from tests.collector import servers
from tests.collector.looking import leaves_nothing, read
from tests.collector.namespace import in_namespace
from tests.collector.servers import says, tcp_server, udp_server

SECRET = SecretRef(env="SECRET_THAT_IS_NOT_SET")

VALUES: Mapping[str, Mapping[str, Any]] = {
    "icmp": {"host": "127.0.3.7"},
    "tcp": {"host": "127.0.0.1", "port": "{tcp}", "expect": "hello"},
    "http": {"url": "http://127.0.0.1:{tcp}/"},
    "tls": {"host": "127.0.0.1", "port": "{tcp}"},
    "dns": {"server": "127.0.0.1", "port": "{udp}", "name": "venlo.example", "type": "A"},
    "snmp": {
        "host": "127.0.0.1",
        "port": "{udp}",
        "community": SecretRef(env="COMMUNITY_OF_A_TEST"),
        "oid": "sysUpTime.0",
    },
    "ldap": {"host": "127.0.0.1", "port": "{tcp}", "base": "dc=example"},
    "smtp": {"host": "127.0.0.1", "port": "{tcp}"},
    "imap": {"host": "127.0.0.1", "port": "{tcp}"},
    "sql": {"url": SecretRef(env="DATABASE_URL_OF_A_TEST")},
    "sql of mariadb": {"url": SecretRef(env="MARIADB_URL_OF_A_TEST")},
    "sql of oracle": {"url": SecretRef(env="ORACLE_URL_OF_A_TEST"), "query": "select 1 from dual"},
    "ntp": {"host": "127.0.0.1", "port": "{udp}"},
    "ssh": {"host": "127.0.0.1", "port": "{tcp}", "host_key": "SHA256:" + "A" * 43},
    "plugin": {"command": ["/bin/sleep", "60"]},
    "heartbeat": {"within": "26h"},
}
"""The least that each probe needs; {tcp} and {udp} are the ports of the servers of a test.

What speaks several protocols stands here with each of them, `of` something.
"""
KINDS: Mapping[str, Kind] = {name: PROBES[name.partition(" ")[0]] for name in VALUES}

SECRETS: Mapping[str, str] = {
    "DATABASE_URL_OF_A_TEST": "postgresql://keeper:Geheim1@127.0.0.1:{tcp}/register",
    "MARIADB_URL_OF_A_TEST": "mariadb://keeper:Geheim1@127.0.0.1:{tcp}/register",
    "ORACLE_URL_OF_A_TEST": "oracle://keeper:Geheim1@127.0.0.1:{tcp}/register",
    "COMMUNITY_OF_A_TEST": "Geheim1",
}
"""What the environment holds while a probe looks; no word of it may show."""

Looker = Callable[[], Awaitable[Outcome]]


@contextlib.asynccontextmanager
async def target(name: str, tcp: servers.Handler, udp: servers.Datagrams, timeout: float) -> AsyncIterator[Looker]:
    """Looks with the probe `name` at servers that behave as they are told."""
    pinger, resolver, bugs = IcmpPinger(), SystemResolver(), Bugs()
    pinger.open()
    async with tcp_server(tcp) as tcp_port, udp_server(udp) as udp_port:
        ports = {"{tcp}": str(tcp_port), "{udp}": str(udp_port)}
        values = {key: _filled(value, ports) for key, value in VALUES[name].items()}
        options = read(KINDS[name].options, values)
        context = Context(timeout, pinger, resolver, bugs)
        os.environ.update({key: _filled(value, ports) for key, value in SECRETS.items()})
        try:
            yield lambda: look(KINDS[name], options, context)
        finally:
            for key in SECRETS:
                del os.environ[key]
            pinger.close()
            resolver.close()
    assert not bugs.counts


def _filled(value: Any, ports: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for place, port in ports.items():
            value = value.replace(place, port)
    return value


def silent(data: bytes) -> list[bytes]:
    return []


def garbage(data: bytes) -> list[bytes]:
    return [b"\xff" * 40, data[:2] + b"\xff" * 40]


def within(name: str, body: Callable[[], Awaitable[Any]]) -> Any:
    """Runs `body` where echoes stay without an answer; what sends none needs no namespace for it."""
    return in_namespace(body, silent_loopback=True) if name == "icmp" else asyncio.run(_run(body))


async def _run(body: Callable[[], Awaitable[Any]]) -> Any:
    return await body()


def test_the_table_and_these_tests_know_the_same_probes() -> None:
    assert set(PROBES) == {name.partition(" ")[0] for name in VALUES} == set(OPTIONS)


@pytest.mark.parametrize("name", VALUES)
def test_a_silent_target_costs_no_more_than_the_time_out(name: str) -> None:
    async def body() -> tuple[Outcome, float]:
        async with target(name, servers.silence, silent, 0.5) as once:
            started = time.monotonic()
            return await once(), time.monotonic() - started

    outcome, took = within(name, body)
    unsupported = (Status.NONE, Reason.UNSUPPORTED)
    assert (outcome.status, outcome.reason) in ((Status.FAILED, Reason.TIMEOUT), unsupported)
    assert took < 0.6


HANDLERS: dict[str, tuple[servers.Handler, servers.Datagrams]] = {
    "says garbage": (says(b"\xff\x00garbage\r\n" * 20), garbage),
    "hangs up": (servers.close_at_once, lambda data: [b""]),
    "resets": (servers.reset_at_once, lambda data: [data]),
    "never ends": (servers.endless(b"", b"\x00" * 1024), lambda data: [data + b"\x00" * 1024]),
}


@pytest.mark.parametrize("case", HANDLERS)
@pytest.mark.parametrize("name", VALUES)
def test_a_target_that_misbehaves_is_a_value_and_no_exception(name: str, case: str) -> None:
    async def body() -> Outcome:
        async with target(name, *HANDLERS[case], 0.3) as once:
            return await once()

    outcome = within(name, body)
    assert outcome.status is not Status.OK
    assert outcome.reason is not Reason.PROBE_BUG
    assert outcome.detail
    assert outcome.detail.isprintable()
    assert "Geheim1" not in outcome.detail
    assert "keeper" not in outcome.detail


@pytest.mark.parametrize("name", VALUES)
def test_five_hundred_looks_leave_nothing(name: str) -> None:
    async def body() -> None:
        async with target(name, servers.close_at_once, garbage, 0.002) as once:
            await leaves_nothing(once, 500)

    within(name, body)


@pytest.mark.soak
@pytest.mark.parametrize("name", VALUES)
def test_ten_thousand_looks_leave_nothing_and_take_no_more_memory(name: str) -> None:
    async def body() -> None:
        async with target(name, servers.close_at_once, garbage, 0.002) as once:
            await leaves_nothing(once, 1_000)
            before = resident()
            await leaves_nothing(once, 9_000)
            assert resident() - before < 8 * 1024**2

    within(name, body)


def resident() -> int:
    """Bytes of memory that this process holds (proc(5), statm)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.parametrize("name", VALUES)
def test_a_look_can_be_cancelled_at_any_await(name: str) -> None:
    async def body() -> None:
        async with target(name, says(b"", hold=True), silent, 5.0) as once:
            turns = itertools.cycle(range(12))

            async def cancelled() -> None:
                task = asyncio.ensure_future(once())
                for _ in range(next(turns)):
                    await asyncio.sleep(0)
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

            await leaves_nothing(cancelled, 60)

    within(name, body)


@pytest.mark.parametrize("name", VALUES)
def test_options_refuse_what_they_do_not_know_and_explain_what_they_do(name: str) -> None:
    options = KINDS[name].options
    values = {key: _filled(value, {"{tcp}": "1", "{udp}": "1"}) for key, value in VALUES[name].items()}
    assert read(options, values) == read(options, values)
    with pytest.raises(ValidationError, match="no_such_key"):
        TypeAdapter(options).validate_python({**values, "no_such_key": "1"})
    for field in dataclasses.fields(options):
        sentence = field.metadata["help"]
        assert sentence[0].isupper() or not sentence[0].isalpha()
        assert sentence.endswith(".")


CONTRADICTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "version 2c needs community": ("snmp", {"host": "a", "oid": "1.3"}),
    "version 3 needs user": ("snmp", {"host": "a", "oid": "1.3", "version": "3"}),
    "community belongs to versions 1 and 2c": (
        "snmp",
        {"host": "a", "oid": "1.3", "version": "3", "user": "u", "community": SECRET},
    ),
    "priv_key needs auth_key": ("snmp", {"host": "a", "oid": "1.3", "version": "3", "user": "u", "priv_key": SECRET}),
    "user, auth, auth_key, priv and priv_key need version 3": (
        "snmp",
        {"host": "a", "oid": "1.3", "community": SECRET, "user": "u"},
    ),
    "is no object identifier": ("snmp", {"host": "a", "oid": "1.3.x", "community": SECRET}),
    "write the index behind it, such as sysUpTime.0": (
        "snmp",
        {"host": "a", "oid": "sysUpTime", "community": SECRET},
    ),
    "did you mean `sysUpTime`": ("snmp", {"host": "a", "oid": "sysUptim.0", "community": SECRET}),
    "asks nothing: give oid, oids or interfaces": ("snmp", {"host": "a", "community": SECRET}),
    "oid and oids exclude each other": (
        "snmp",
        {"host": "a", "community": SECRET, "oid": "1.3", "oids": [{"oid": "1.3.6"}]},
    ),
    "need oid: under oids each object has its own": (
        "snmp",
        {"host": "a", "community": SECRET, "below": "3", "oids": [{"oid": "1.3.6"}]},
    ),
    "auth needs auth_key": (
        "snmp",
        {"host": "a", "oid": "1.3", "version": "3", "user": "u", "auth": "sha512"},
    ),
    "names a port twice": (
        "snmp",
        {"host": "a", "community": SECRET, "interfaces": {"named": ["Gi1", "Gi1"]}},
    ),
    "judges nothing: leave up: false out": (
        "snmp",
        {"host": "a", "community": SECRET, "interfaces": {"named": ["Gi1"], "up": "false"}},
    ),
    "must be a number": ("snmp", {"host": "a", "oid": "1.3", "community": SECRET, "below": "many"}),
    "bind_dn and password belong together": ("ldap", {"host": "a", "base": "dc=a", "bind_dn": "cn=a"}),
    "starttls and tls exclude each other": ("smtp", {"host": "a", "starttls": "true", "tls": "true"}),
    "ca_file, server_name and min_validity need starttls or tls": ("imap", {"host": "a", "ca_file": "ca.pem"}),
    "user and password belong together": ("imap", {"host": "a", "user": "u"}),
    "is a secret": ("sql", {"url": "postgresql://u:p@host/db"}),
    "is empty: give the program": ("plugin", {"command": []}),
}


@pytest.mark.parametrize("message", CONTRADICTIONS)
def test_options_that_contradict_each_other_are_refused(message: str) -> None:
    name, values = CONTRADICTIONS[message]
    with pytest.raises(ValidationError, match=message):
        read(PROBES[name].options, values)


def test_the_table_is_cheap_to_import() -> None:
    """Heavy libraries are imported by the look that needs them first, not by every command."""
    heavy = "aiohttp asyncssh cryptography dns.message gufo psycopg sqlalchemy pandas rich"
    code = f"import sys, collector.probes; print([name for name in {heavy.split()} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
