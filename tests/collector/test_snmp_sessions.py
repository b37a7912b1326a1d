"""The sessions of the SNMP probe and what it remembers between two looks, against the real snmpd."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pysnmp.proto.api import v2c

from availability.outcome import Reason, Status
from collector.context import Context
from collector.snmp_sessions import SnmpSessions
from tests.collector.agents import Snmpd, answered, snmpd
from tests.collector.looking import leaves_nothing
from tests.collector.servers import udp_server
from tests.collector.snmp_looks import (
    AUTH_REF,
    OBJECTS,
    OTHER_REF,
    PRIV_REF,
    UPTIME,
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


async def test_the_clock_of_an_agent_is_asked_for_again_before_it_is_too_old(agent: Snmpd) -> None:
    """Requests with a time more than 150 seconds off are refused (RFC 3414, 2.2.3)."""
    within, target = context(), {"user": "sha256", "auth_key": AUTH_REF, "priv_key": PRIV_REF}
    asked = options(agent.port, **target)
    assert (await looked(asked, within)).status is Status.OK
    for waiting in within.snmp._idle.values():
        for session in waiting:
            session._refreshed -= 120
            before = session._refreshed
    assert (await looked(asked, within)).status is Status.OK
    assert session._refreshed > before + 100


class Counting:
    """An agent with one counter and a time since its start."""

    def __init__(self) -> None:
        self.counter, self.uptime = 100, 5000

    def __call__(self, wire: bytes) -> list[bytes]:
        def value(name: str) -> list[tuple[str, Any]]:
            return [(name, v2c.TimeTicks(self.uptime) if name == UPTIME else v2c.Counter32(self.counter))]

        return [answered(wire, value)]


GROWTH: dict[str, tuple[int, int, str]] = {
    "a counter that grew": (101, 6000, ""),
    "a counter that did not": (100, 6000, "ifInOctets.1 did not grow since the look before"),
    "a counter that wrapped, or was cleared": (3, 6000, ""),
    "a device that began anew with the same number": (100, 10, ""),
    "a device that began anew": (2, 10, ""),
}


@pytest.mark.parametrize("case", GROWTH)
async def test_a_counter_that_must_grow(case: str) -> None:
    counter, uptime, detail = GROWTH[case]
    agent = Counting()
    async with udp_server(agent) as port:
        asked, within = options(port, oid="ifInOctets.1", increases="true"), context()
        assert (await looked(asked, within)).status is Status.OK
        agent.counter, agent.uptime = counter, uptime
        outcome = await looked(asked, within)
        assert (outcome.reason, outcome.detail) == (Reason.ANSWER_MISMATCH if detail else None, detail)


async def test_checks_remember_apart() -> None:
    async with udp_server(Counting()) as port:
        asked, one = options(port, oid="ifInOctets.1", increases="true"), context()
        other = Context(5.0, one.pinger, one.resolver, check="another", snmp=one.snmp)
        assert (await looked(asked, one)).status is Status.OK
        assert (await looked(asked, other)).status is Status.OK
        assert (await looked(asked, one)).status is Status.FAILED
        one.snmp.keep({"another"})
        assert (await looked(asked, one)).status is Status.OK
        assert (await looked(asked, other)).status is Status.FAILED


async def test_looks_at_one_agent_share_a_session_and_never_use_it_at_once(agent: Snmpd) -> None:
    asked, within = options(agent.port), context()
    for _ in range(3):
        await looked(asked, within)
    assert within.snmp.idle == 1
    outcomes = await asyncio.gather(*(looked(asked, within) for _ in range(20)))
    assert {outcome.status for outcome in outcomes} == {Status.OK}
    assert within.snmp.idle == 20
    within.snmp.close()
    assert within.snmp.idle == 0


async def test_only_so_many_sessions_are_kept(agent: Snmpd) -> None:
    within = context()
    few = Context(5.0, within.pinger, within.resolver, snmp=SnmpSessions(most=2))
    await asyncio.gather(*(looked(options(agent.port, source=f"127.0.0.{n}"), few) for n in (1, 1, 1, 1)))
    assert few.snmp.idle <= 2


async def test_five_hundred_looks_leave_nothing(agent: Snmpd) -> None:
    asked, within = options(agent.port), context()
    await leaves_nothing(lambda: looked(asked, within), 500)
    user = options(agent.port, user="sha256", auth_key=OTHER_REF, priv_key=PRIV_REF)
    await leaves_nothing(lambda: looked(user, within), 100)


async def test_a_look_that_is_cancelled_leaves_nothing_and_disturbs_nobody(agent: Snmpd) -> None:
    asked, within = options(agent.port, user="sha256", auth_key=AUTH_REF, priv_key=PRIV_REF), context()

    async def cancelled() -> None:
        task = asyncio.ensure_future(looked(asked, within))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    await leaves_nothing(cancelled, 30)
    assert (await looked(asked, within)).status is Status.OK


async def test_an_answer_that_makes_the_library_panic_asks_for_no_backtrace(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """To look up the names for one holds up the event loop for 50 ms."""
    monkeypatch.setenv("RUST_BACKTRACE", "1")
    async with udp_server(lambda data: [b"\xff" * 40]) as port:
        outcome = await looked(options(port), context())
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.BAD_RESPONSE)
    told = capfd.readouterr().err
    assert "panicked" in told
    assert "stack backtrace" not in told
