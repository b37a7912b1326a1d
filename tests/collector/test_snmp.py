"""The probe of SNMP agents: values, versions, users and what agents do wrong, against the real snmpd."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError
from pysnmp.proto.api import v2c

from availability.outcome import Reason, Status
from config.settings import SecretRef
from tests.collector import servers
from tests.collector.agents import BASE, COMMUNITY, Snmpd, answered, snmpd
from tests.collector.servers import closed_port, udp_server
from tests.collector.snmp_looks import (
    AUTH_REF,
    OBJECTS,
    OTHER_REF,
    PRIV_REF,
    context,
    looked,
    options,
    set_secrets,
)

BOTH_LOOPS = True


@pytest.fixture(scope="module")
def agent() -> Iterator[Snmpd]:
    with snmpd(OBJECTS) as running:
        yield running


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    set_secrets(monkeypatch)


JUDGED: dict[str, tuple[dict[str, Any], Reason | None, str]] = {
    "any value": ({"oid": f"{BASE}.1.0"}, None, ""),
    "a known name": ({"oid": "sysUpTime.0", "above": "0"}, None, ""),
    "the number that it must be": ({"oid": f"{BASE}.1.0", "equals": "7"}, None, ""),
    "another number": ({"oid": f"{BASE}.1.0", "equals": "8"}, Reason.ANSWER_MISMATCH, f"{BASE}.1.0 is not 8"),
    "one of several": ({"oid": f"{BASE}.2.0", "one_of": ["Venlo", "Roermond"]}, None, ""),
    "none of several": (
        {"oid": f"{BASE}.2.0", "one_of": ["Venlo", "Weert"]},
        Reason.ANSWER_MISMATCH,
        f"{BASE}.2.0 is none of Venlo, Weert",
    ),
    "a number in a text": ({"oid": f"{BASE}.3.0", "below": "0.5", "above": "0.2"}, None, ""),
    "a number too large": ({"oid": f"{BASE}.3.0", "below": "0.25"}, Reason.ANSWER_MISMATCH, ""),
    "a text that is no number": (
        {"oid": f"{BASE}.2.0", "below": "5"},
        Reason.ANSWER_MISMATCH,
        f"{BASE}.2.0 is no number",
    ),
    "a negative number": ({"oid": f"{BASE}.8.0", "below": "-2.5"}, None, ""),
    "bytes that are no text": ({"oid": f"{BASE}.4.0", "equals": "00:1b:21:ff"}, None, ""),
    "an object identifier": ({"oid": f"{BASE}.5.0", "equals": "1.3.6.1.4"}, None, ""),
    "a counter of 64 bits": ({"oid": f"{BASE}.6.0", "equals": "18446744073709551615"}, None, ""),
    "an address": ({"oid": f"{BASE}.7.0", "equals": "192.0.2.10"}, None, ""),
    "an object that is not there": (
        {"oid": f"{BASE}.99.0", "below": "5"},
        Reason.NO_SUCH_OBJECT,
        f"127.0.0.1:{{port}} has no {BASE}.99.0",
    ),
    "an instance that is not there": ({"oid": "sysUpTime.1"}, Reason.NO_SUCH_OBJECT, ""),
    "several, all right": (
        {"oids": [{"oid": f"{BASE}.1.0", "equals": "7"}, {"oid": f"{BASE}.2.0", "equals": "Roermond"}]},
        None,
        "",
    ),
    "several, one missing": (
        {"oids": [{"oid": f"{BASE}.1.0"}, {"oid": f"{BASE}.98.0"}]},
        Reason.NO_SUCH_OBJECT,
        f"127.0.0.1:{{port}} has no {BASE}.98.0",
    ),
    "several, one missing, in version 1": (
        {"version": "1", "oids": [{"oid": f"{BASE}.1.0"}, {"oid": f"{BASE}.98.0"}]},
        Reason.NO_SUCH_OBJECT,
        f"127.0.0.1:{{port}} has no {BASE}.98.0",
    ),
    "version 1": ({"version": "1", "oid": f"{BASE}.1.0", "equals": "7"}, None, ""),
    "more than one request holds": (
        {"oids": [{"oid": f"{BASE}.{number % 8 + 1}.0"} for number in range(40)]},
        None,
        "",
    ),
    "something that grows, looked at for the first time": ({"oid": f"{BASE}.1.0", "increases": "true"}, None, ""),
    "a host by its name": ({"host": "core.example"}, None, ""),
    "IPv6": ({"host": "::1"}, None, ""),
    "a source that the agent lets in": (
        {"source": "127.0.0.9", "community": SecretRef(env="OF_NINE")},
        None,
        "",
    ),
    "a name that does not resolve": ({"host": "weg.example"}, Reason.DNS_FAILURE, "weg.example does not resolve"),
}


@pytest.mark.parametrize("case", JUDGED)
async def test_values_are_judged(agent: Snmpd, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    values, reason, detail = JUDGED[case]
    monkeypatch.setenv("OF_NINE", "alleen-van-negen")
    outcome = await looked(options(agent.port, **values), context())
    assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail
    assert detail.format(port=agent.port) in outcome.detail
    assert reason is Reason.DNS_FAILURE or (outcome.latency_ms or 0) > 0


USERS: dict[str, dict[str, Any]] = {
    "a name alone": {"user": "niemand"},
    "SHA-256 without privacy": {"user": "getekend", "auth": "sha256", "auth_key": AUTH_REF},
    "SHA-1 and AES-128": {"user": "oud", "auth": "sha", "auth_key": AUTH_REF, "priv": "aes128", "priv_key": PRIV_REF},
    "SHA-224": {"user": "sha224", "auth": "sha224", "auth_key": AUTH_REF, "priv_key": PRIV_REF},
    "SHA-256 and AES-128, as nothing else is said": {"user": "sha256", "auth_key": AUTH_REF, "priv_key": PRIV_REF},
    "SHA-384": {"user": "sha384", "auth": "sha384", "auth_key": AUTH_REF, "priv_key": PRIV_REF},
    "SHA-512": {"user": "sha512", "auth": "sha512", "auth_key": AUTH_REF, "priv_key": PRIV_REF},
    "AES-192": {"user": "aes192", "auth": "sha256", "auth_key": AUTH_REF, "priv": "aes192", "priv_key": PRIV_REF},
    "AES-256": {"user": "aes256", "auth": "sha512", "auth_key": AUTH_REF, "priv": "aes256", "priv_key": PRIV_REF},
    "AES-256 with a key made longer": {
        "user": "kort256",
        "auth": "sha",
        "auth_key": AUTH_REF,
        "priv": "aes256",
        "priv_key": PRIV_REF,
    },
}


@pytest.mark.parametrize("case", USERS)
async def test_users_of_version_3(agent: Snmpd, case: str) -> None:
    within = context()
    for _ in range(2):
        outcome = await looked(options(agent.port, oid=f"{BASE}.1.0", equals="7", **USERS[case]), within)
        assert (outcome.status, outcome.detail) == (Status.OK, "")
    assert within.snmp.idle == 1


REFUSED: dict[str, tuple[dict[str, Any], Status, Reason]] = {
    "a user that the agent does not know": ({"user": "vreemd"}, Status.FAILED, Reason.WRONG_CREDENTIALS),
    "another key to authenticate with": (
        {"user": "sha256", "auth_key": OTHER_REF, "priv_key": PRIV_REF},
        Status.FAILED,
        Reason.WRONG_CREDENTIALS,
    ),
    "another hash": (
        {"user": "sha256", "auth": "sha512", "auth_key": AUTH_REF, "priv_key": PRIV_REF},
        Status.FAILED,
        Reason.WRONG_CREDENTIALS,
    ),
    "no privacy where the agent asks for it": (
        {"user": "sha256", "auth_key": AUTH_REF},
        Status.FAILED,
        Reason.WRONG_CREDENTIALS,
    ),
    "a key that is not there": (
        {"user": "sha256", "auth_key": SecretRef(env="NOWHERE")},
        Status.NONE,
        Reason.NO_SECRET,
    ),
    "a key that is too short": ({"user": "sha256", "auth_key": SecretRef(env="SHORT")}, Status.NONE, Reason.NO_SECRET),
    "a community that is not there": ({"community": SecretRef(env="NOWHERE")}, Status.NONE, Reason.NO_SECRET),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_wrong_credentials_are_told_at_once(agent: Snmpd, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    values, status, reason = REFUSED[case]
    monkeypatch.setenv("SHORT", "Geheim")
    outcome = await looked(options(agent.port, **values), context(30.0))
    assert (outcome.status, outcome.reason) == (status, reason), outcome.detail


UNHEARD: dict[str, dict[str, Any]] = {
    "another community": {"community": OTHER_REF},
    "another key to encrypt with": {"user": "sha256", "auth_key": AUTH_REF, "priv_key": OTHER_REF},
}


@pytest.mark.parametrize("case", UNHEARD)
async def test_what_an_agent_passes_over_in_silence_is_a_time_out(agent: Snmpd, case: str) -> None:
    within = context(0.3)
    outcome = await looked(options(agent.port, **UNHEARD[case]), within)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)
    assert within.snmp.idle == 0


async def test_a_secret_that_was_put_right_is_read_by_the_next_look(
    agent: Snmpd, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, within = options(agent.port), context(0.3)
    monkeypatch.setenv("COMMUNITY", "Geheim9-fout")
    assert (await looked(asked, within)).reason is Reason.TIMEOUT
    monkeypatch.setenv("COMMUNITY", COMMUNITY)
    assert (await looked(asked, within)).status is Status.OK


async def test_a_port_where_nobody_listens_is_told_at_once() -> None:
    with closed_port(kind=socket.SOCK_DGRAM) as port:
        outcome = await looked(options(port), context(30.0))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.REFUSED)
    assert outcome.detail == f"127.0.0.1:{port}: connection refused"


async def test_a_source_that_this_machine_lacks_says_nothing_of_the_agent(agent: Snmpd) -> None:
    outcome = await looked(options(agent.port, source="192.0.2.77"), context())
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.NO_ADDRESS_FAMILY)


REBOOTED: dict[str, dict[str, Any]] = {
    "version 2c": {},
    "version 3": {"user": "sha256", "auth_key": AUTH_REF, "priv_key": PRIV_REF},
    "version 3 without keys": {"user": "niemand"},
}


@pytest.mark.parametrize("case", REBOOTED)
async def test_an_agent_that_begins_anew_is_understood_by_the_next_look(case: str) -> None:
    with snmpd(OBJECTS) as own:
        asked, within = options(own.port, **REBOOTED[case]), context()
        assert (await looked(asked, within)).status is Status.OK
        await asyncio.to_thread(own.restart)
        outcome = await looked(asked, within)
        assert (outcome.status, outcome.detail) == (Status.OK, "")


def _values(name: str) -> list[tuple[str, Any]]:
    return [(name, v2c.Integer32(7))]


def _id(wire: bytes) -> int:
    from pyasn1.codec.ber import decoder

    message, _ = decoder.decode(wire, asn1Spec=v2c.Message())
    return int(v2c.apiPDU.get_request_id(v2c.apiMessage.get_pdu(message)))


ODD: dict[str, tuple[servers.Datagrams, Reason | None]] = {
    "the answer to another request before the right one": (
        lambda wire: [answered(wire, _values, request_id=_id(wire) ^ 1), answered(wire, _values)],
        None,
    ),
    "the answer to another request only": (
        lambda wire: [answered(wire, _values, request_id=_id(wire) ^ 1)] * 50,
        Reason.TIMEOUT,
    ),
    "the answer twice": (lambda wire: [answered(wire, _values)] * 2, None),
    "an answer that begins and does not end": (lambda wire: [answered(wire, _values)[:-3]], Reason.BAD_RESPONSE),
    "no SNMP": (lambda wire: [b"\xff" * 40], Reason.BAD_RESPONSE),
    "its own request": (lambda wire: [wire], Reason.BAD_RESPONSE),
    "a datagram as long as there are": (lambda wire: [answered(wire, _values) + b"\0" * 60_000], Reason.BAD_RESPONSE),
    "an error of its own (genErr)": (
        lambda wire: [answered(wire, lambda name: [(name, v2c.null)], status=5)],
        Reason.NO_SUCH_OBJECT,
    ),
    "another object than was asked for": (
        lambda wire: [answered(wire, lambda name: [("1.3.6.1.2.1.1.9.0", v2c.Integer32(1))])],
        Reason.NO_SUCH_OBJECT,
    ),
    "the end of its objects": (
        lambda wire: [answered(wire, lambda name: [(name, v2c.EndOfMibView())])],
        Reason.NO_SUCH_OBJECT,
    ),
}


@pytest.mark.parametrize("case", ODD)
async def test_what_agents_do_wrong_is_a_value(case: str) -> None:
    answer, reason = ODD[case]
    async with udp_server(answer) as port:
        within = context(0.3)
        for _ in range(2):
            outcome = await looked(options(port), within)
            assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail


async def test_an_answer_that_comes_too_late_is_not_the_next_looks() -> None:
    kept: list[bytes] = []

    def one_behind(wire: bytes) -> list[bytes]:
        kept.append(answered(wire, _values))
        return kept[-2:-1]

    async with udp_server(one_behind) as port:
        within = context(0.2)
        assert [(await looked(options(port), within)).reason for _ in range(3)] == [Reason.TIMEOUT] * 3


async def test_an_answer_too_big_for_one_datagram_is_asked_for_in_pieces() -> None:
    """What an agent does that cannot answer for two objects at once (tooBig, RFC 3416, 4.2.1)."""

    def one_at_a_time(wire: bytes) -> list[bytes]:
        counted: list[str] = []

        def value(name: str) -> list[tuple[str, Any]]:
            counted.append(name)
            return [(name, v2c.Integer32(7))]

        whole = answered(wire, value)
        return [whole if len(counted) == 1 else answered(wire, lambda name: [], status=1)]

    async with udp_server(one_at_a_time) as port:
        several = [{"oid": f"{BASE}.{number}.0", "equals": "7"} for number in range(1, 6)]
        assert (await looked(options(port, oids=several), context())).status is Status.OK


async def test_a_slow_look_is_slow(agent: Snmpd) -> None:
    def slowly(wire: bytes) -> list[bytes]:
        time.sleep(0.01)
        return [answered(wire, _values)]

    async with udp_server(slowly) as port:
        outcome = await looked(options(port, max_latency="5ms"), context())
    assert outcome.reason is Reason.SLOW


def test_a_user_name_has_its_length() -> None:
    with pytest.raises(ValidationError, match="user is longer than 32 bytes"):
        options(161, user="x" * 33)
