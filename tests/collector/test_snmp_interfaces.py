"""The ports of a device: found by name, up, and within limits, against the real snmpd with ports of a test's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import ValidationError
from pysnmp.proto.api import v2c

from availability.outcome import Outcome, Reason, Status
from collector.context import Context
from config.settings import SecretRef
from tests.collector.agents import COMMUNITY, Snmpd, answered, snmpd
from tests.collector.servers import udp_server
from tests.collector.snmp_looks import context, looked, options

BOTH_LOOPS = True
TABLE, MORE = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
PORTS = {"1": ("Gi1/0/1", "uplink Venlo"), "2": ("Gi1/0/2", "uplink Weert"), "10": ("Gi1/0/10", "reserve")}
_START: Mapping[str, str] = {
    **{f"{TABLE}.{column}": "counter 0" for column in (13, 14, 19, 20)},
    **{f"{MORE}.{column}": "counter64 0" for column in (6, 7, 8, 9, 10, 11, 12, 13)},
    f"{TABLE}.8": "integer 1",
    f"{MORE}.15": "gauge 1000",
    f"{TABLE}.5": "gauge 1000000000",
}


def ports() -> dict[str, str]:
    """Three ports of 1 Gbit/s that are up, by the numbers of their objects."""
    values = {f"{column}.{index}": value for index in PORTS for column, value in _START.items()}
    for index, (name, alias) in PORTS.items():
        values |= {f"{MORE}.1.{index}": f"string {name}", f"{MORE}.18.{index}": f"string {alias}"}
        values[f"{TABLE}.2.{index}"] = f"string GigabitEthernet{name[2:]}"
    return values


@pytest.fixture(scope="module")
def device() -> Iterator[Snmpd]:
    with snmpd({}) as running:
        yield running


@pytest.fixture(autouse=True)
def begun(device: Snmpd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNITY", COMMUNITY)
    device.objects.clear()
    device.put(ports())


async def twice(device: Snmpd, changes: Mapping[str, str], elapsed: float = 10.0, **asked: Any) -> Outcome:
    """The second of two looks, `elapsed` seconds after the first; in between the device changed."""
    within = context()
    wanted = options(device.port, interfaces={"named": ["Gi1/0/1"]} | asked)
    first = await looked(wanted, within)
    assert (first.status, first.detail) == (Status.OK, "")
    device.put(changes)
    earlier(within, elapsed)
    return await looked(wanted, within)


def earlier(within: Context, seconds: float) -> None:
    """Makes the last look one that long ago."""

    def never(_: object) -> Any:
        pytest.fail("nothing was looked at before")

    for memory in within.snmp._memories.values():
        assert memory is within.snmp.memory(within.check, memory.options, never)
        memory.ports_growth.at -= seconds


FIRST: dict[str, tuple[dict[str, Any], Reason | None, str]] = {
    "ports by ifName": ({"named": ["Gi1/0/1", "Gi1/0/10"]}, None, ""),
    "a port by ifDescr": ({"named": ["GigabitEthernet1/0/2"]}, None, ""),
    "ports by ifName and by ifAlias": ({"named": ["Gi1/0/1", "uplink Weert"]}, None, ""),
    "a port that is down": ({"named": ["Gi1/0/1", "down"]}, Reason.ANSWER_MISMATCH, "down is not up"),
    "two ports that are down": (
        {"named": ["down", "testing", "Gi1/0/1"]},
        Reason.ANSWER_MISMATCH,
        "down, testing are not up",
    ),
    "a port that may be down": ({"named": ["down"], "up": "false", "max_error_rate": "1%"}, None, ""),
    "a port that is not there": (
        {"named": ["Gi1/0/1", "Gi9/9/9"]},
        Reason.NO_SUCH_OBJECT,
        "has no port Gi9/9/9",
    ),
    "a name that two ports bear": (
        {"named": ["twin"]},
        Reason.ANSWER_MISMATCH,
        "twin is the name of more than one port",
    ),
    "a port without counters": (
        {"named": ["bare"], "max_error_rate": "1%"},
        Reason.NO_SUCH_OBJECT,
        "gives no ifInErrors for bare",
    ),
    "a port without a speed": (
        {"named": ["slowless"], "max_utilisation": "80%"},
        Reason.NO_SUCH_OBJECT,
        "does not say how fast slowless is",
    ),
    "a port without a state": ({"named": ["stateless"]}, Reason.NO_SUCH_OBJECT, "does not say whether stateless is up"),
    "limits, at a first look": (
        {"named": ["Gi1/0/1"], "max_error_rate": "0%", "max_discard_rate": "0%", "max_utilisation": "1%"},
        None,
        "",
    ),
    "by version 1": ({"named": ["uplink Venlo"]}, None, ""),
}


@pytest.mark.parametrize("case", FIRST)
async def test_a_first_look(device: Snmpd, case: str) -> None:
    asked, reason, detail = FIRST[case]
    more = {"down": "20", "testing": "21", "bare": "22", "slowless": "23", "stateless": "24"}
    device.put({f"{MORE}.1.{index}": f"string {name}" for name, index in more.items()})
    device.put({f"{MORE}.18.{index}": "string twin" for index in (30, 31)})
    device.put({f"{TABLE}.8.{index}": f"integer {state}" for index, state in ((20, 2), (21, 3), (22, 1), (23, 1))})
    counted = {f"{column}.{index}": value for index in (20, 23) for column, value in _START.items()}
    device.put(counted)
    device.put({f"{TABLE}.8.20": "integer 2", f"{TABLE}.5.23": "gauge 0", f"{MORE}.15.23": "gauge 0"})
    version = {"version": "1"} if "version 1" in case else {}
    outcome = await looked(options(device.port, interfaces=asked, **version), context())
    assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail
    assert detail in outcome.detail


LATER: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "nothing changed": ({"max_error_rate": "0%", "max_utilisation": "1%"}, {}, ""),
    "the port went down": ({}, {f"{TABLE}.8.1": "integer 2"}, "Gi1/0/1 is not up"),
    "another port went down": ({}, {f"{TABLE}.8.2": "integer 2"}, ""),
    "errors within the limit": (
        {"max_error_rate": "0.1%"},
        {f"{TABLE}.14.1": "counter 100", f"{MORE}.7.1": "counter64 99900"},
        "",
    ),
    "errors beyond the limit": (
        {"max_error_rate": "0.1%"},
        {f"{TABLE}.14.1": "counter 101", f"{MORE}.7.1": "counter64 99899"},
        "Gi1/0/1: more than 0.1% of its packets in error",
    ),
    "errors on the way out, among packets of every cast": (
        {"max_error_rate": "1%"},
        {
            f"{TABLE}.20.1": "counter 4",
            f"{MORE}.11.1": "counter64 100",
            f"{MORE}.12.1": "counter64 100",
            f"{MORE}.13.1": "counter64 100",
        },
        "Gi1/0/1: more than 1% of its packets in error",
    ),
    "one error on a quiet port": (
        {"max_error_rate": "0.1%"},
        {f"{TABLE}.14.1": "counter 1", f"{MORE}.7.1": "counter64 3"},
        "",
    ),
    "one error where none may be": (
        {"max_error_rate": "0%"},
        {f"{TABLE}.14.1": "counter 1", f"{MORE}.7.1": "counter64 3"},
        "Gi1/0/1: more than 0% of its packets in error",
    ),
    "errors that no limit is about": (
        {"max_discard_rate": "0.1%"},
        {f"{TABLE}.14.1": "counter 1000"},
        "",
    ),
    "discards beyond the limit": (
        {"max_discard_rate": "0.5%"},
        {f"{TABLE}.13.1": "counter 6", f"{MORE}.9.1": "counter64 994"},
        "Gi1/0/1: more than 0.5% of its packets discarded",
    ),
    "a load within the limit (1 GB in 10 s is 80%)": (
        {"max_utilisation": "80.5%"},
        {f"{MORE}.6.1": "counter64 1000000000"},
        "",
    ),
    "a load beyond the limit": (
        {"max_utilisation": "79%"},
        {f"{MORE}.10.1": "counter64 1000000000"},
        "Gi1/0/1: more than 79% of its speed in use",
    ),
    "a load on a port that only ifSpeed knows": (
        {"max_utilisation": "79%"},
        {f"{MORE}.10.1": "counter64 1000000000", f"{MORE}.15.1": "gauge 0"},
        "Gi1/0/1: more than 79% of its speed in use",
    ),
    "the port moved to another index": (
        {"max_utilisation": "1%"},
        {
            f"{MORE}.1.1": "string Gi7/0/1",
            f"{TABLE}.8.1": "integer 2",
            f"{MORE}.1.2": "string Gi1/0/1",
            f"{MORE}.6.2": "counter64 1000000000",
        },
        "",
    ),
}


@pytest.mark.parametrize("case", LATER)
async def test_a_later_look(device: Snmpd, case: str) -> None:
    limits, changes, detail = LATER[case]
    outcome = await twice(device, changes, **limits)
    assert (outcome.status, outcome.detail) == (Status.FAILED if detail else Status.OK, detail)
    assert outcome.reason is (Reason.ANSWER_MISMATCH if detail else None)


async def test_a_counter_that_went_back_says_nothing_once(device: Snmpd) -> None:
    device.put({f"{TABLE}.14.1": "counter 4294967290", f"{MORE}.7.1": "counter64 10"})
    within, wanted = context(), options(device.port, interfaces={"named": ["Gi1/0/1"], "max_error_rate": "1%"})
    assert (await looked(wanted, within)).status is Status.OK
    for errors, packets, status in ((50, 60, Status.OK), (90, 70, Status.FAILED)):
        device.put({f"{TABLE}.14.1": f"counter {errors}", f"{MORE}.7.1": f"counter64 {packets}"})
        earlier(within, 10)
        assert (await looked(wanted, within)).status is status


async def test_two_looks_at_almost_the_same_time_give_no_rate(device: Snmpd) -> None:
    outcome = await twice(device, {f"{MORE}.6.1": "counter64 1000000000"}, elapsed=0.0, max_utilisation="1%")
    assert outcome.status is Status.OK


async def test_more_ports_than_one_answer_holds(device: Snmpd) -> None:
    names = [f"Te{number}/1" for number in range(200)]
    for index, name in enumerate(names, 100):
        device.objects[f"{MORE}.1.{index}"] = ("string", name)
        device.objects |= {f"{column}.{index}": ("counter64", "5") for column in (f"{MORE}.6", f"{MORE}.10")}
        device.objects |= {f"{TABLE}.8.{index}": ("integer", "1"), f"{MORE}.15.{index}": ("gauge", "100")}
    device.put({})
    asked = {"named": names, "max_utilisation": "80%"}
    outcome = await looked(options(device.port, interfaces=asked), context(30.0))
    assert (outcome.status, outcome.detail) == (Status.OK, "")


def _rows(number: int, name: str) -> list[tuple[str, Any]]:
    return [(f"{MORE}.1.{number + row}", v2c.OctetString(name)) for row in range(10)]


async def test_a_table_that_never_ends_is_left() -> None:
    asked = 0

    def rows(wire: bytes) -> list[bytes]:
        nonlocal asked
        asked += 1
        return [answered(wire, lambda name: _rows(asked * 10, "x"))]

    async with udp_server(rows) as port:
        within = context(30.0)
        outcome = await looked(options(port, interfaces={"named": ["Gi1/0/1"]}), within)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TOO_LARGE)
    assert outcome.detail.endswith("has more than 8192 ports")


async def test_a_table_that_goes_round_ends_in_time() -> None:
    async with udp_server(lambda wire: [answered(wire, lambda name: _rows(1, "x"))]) as port:
        outcome = await looked(options(port, interfaces={"named": ["Gi1/0/1"]}), context(0.5))
    assert outcome.status is Status.FAILED
    assert outcome.reason in (Reason.TIMEOUT, Reason.NO_SUCH_OBJECT, Reason.TOO_LARGE, Reason.BAD_RESPONSE)


WRONG: dict[str, dict[str, Any]] = {
    "is empty: name at least one port": {"named": []},
    "has more than 256 ports": {"named": [str(number) for number in range(257)]},
    "is no percentage": {"named": ["a"], "max_error_rate": "1"},
    "no_such_key": {"named": ["a"], "no_such_key": "1"},
}


@pytest.mark.parametrize("message", WRONG)
def test_what_is_wrong_is_said(message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        options(161, community=SecretRef(env="X"), interfaces=WRONG[message])
