"""The icmp probe: what it makes of the echoes that came back, and its two ways to the same outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from availability.outcome import Outcome, Reason, Status, could_not_look, ok
from collector.context import Cancel, Context, Echo, Echoes
from collector.look import look
from collector.pinger import IcmpPinger
from collector.probes import PROBES
from collector.probes.icmp import IcmpOptions, begin
from collector.resolver import SystemResolver
from tests.collector.looking import Names, read
from tests.collector.namespace import in_namespace

BOTH_LOOPS = True


class Echoing:
    """A pinger that gives what it was told to give, and remembers what it was asked."""

    def __init__(self, answer: Echoes | Outcome) -> None:
        self.answer = answer
        self.asked: list[tuple[str, int, float, str | None]] = []

    async def ping(self, address: str, packets: int, timeout: float, source: str | None) -> Echoes | Outcome:
        self.asked.append((address, packets, timeout, source))
        return self.answer

    def begin(self, address: str, timeout: float, source: str | None, done: Callable[[Echo], None]) -> Cancel:
        answer = self.answer if isinstance(self.answer, Outcome) else self.answer.round_trips_ms[0]
        return asyncio.get_running_loop().call_soon(done, answer).cancel


JUDGED: dict[str, tuple[dict[str, str], Echoes | Outcome, Status, Reason | None, float | None]] = {
    "a reply": ({}, Echoes((2.0,)), Status.OK, None, 2.0),
    "no reply": ({}, Echoes((None,)), Status.FAILED, Reason.TIMEOUT, None),
    "the mean of all replies": ({"packets": "3"}, Echoes((1.0, 2.0, 6.0)), Status.OK, None, 3.0),
    "one of five lost, and none may be": (
        {"packets": "5"},
        Echoes((1.0, None, 1.0, 1.0, 1.0)),
        Status.FAILED,
        Reason.PACKET_LOSS,
        1.0,
    ),
    "one of five lost, and a fifth may be": (
        {"packets": "5", "max_loss": "20%"},
        Echoes((1.0, None, 1.0, 1.0, 1.0)),
        Status.OK,
        None,
        1.0,
    ),
    "one of five lost, and a little less may be": (
        {"packets": "5", "max_loss": "19.999999%"},
        Echoes((1.0, None, 1.0, 1.0, 1.0)),
        Status.FAILED,
        Reason.PACKET_LOSS,
        1.0,
    ),
    "all lost, and nearly all may be": (
        {"packets": "2", "max_loss": "99%"},
        Echoes((None, None)),
        Status.FAILED,
        Reason.TIMEOUT,
        None,
    ),
    "exactly as slow as allowed": ({"max_latency": "50ms"}, Echoes((50.0,)), Status.OK, None, 50.0),
    "slower": ({"max_latency": "50ms"}, Echoes((50.1,)), Status.FAILED, Reason.SLOW, 50.1),
    "no reply that could be slow": ({"max_latency": "50ms"}, Echoes((None,)), Status.FAILED, Reason.TIMEOUT, None),
    "not permitted": (
        {},
        could_not_look(Reason.NO_PERMISSION, "no"),
        Status.NONE,
        Reason.NO_PERMISSION,
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", JUDGED)
async def test_it_judges(case: str) -> None:
    values, answer, status, reason, latency = JUDGED[case]
    options = read(IcmpOptions, {"host": "127.0.0.1", **values})
    context = Context(1.0, Echoing(answer), Names())
    outcomes = [await look(PROBES["icmp"], options, context)]
    finished: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    start = begin(options, context, finished.set_result)
    if start is not None:
        start()
        outcomes.append(await finished)
    assert (start is None) == ("packets" in values)
    for outcome in outcomes:
        assert (outcome.status, outcome.reason, outcome.latency_ms) == (status, reason, latency)


async def test_resolving_is_part_of_the_look() -> None:
    pinger = Echoing(Echoes((1.0,)))
    options = read(IcmpOptions, {"host": "core.example"})
    assert begin(options, Context(1.0, pinger, Names()), lambda _: None) is None
    context = Context(1.0, pinger, Names({"core.example": ["127.0.1.1"]}))
    assert (await look(PROBES["icmp"], options, context)).status is Status.OK
    address, packets, timeout, source = pinger.asked[0]
    assert (address, packets, source) == ("127.0.1.1", 1, None)
    assert 0.5 < timeout < 1.0
    unknown = await look(PROBES["icmp"], options, Context(1.0, pinger, Names()))
    assert (unknown.status, unknown.reason) == (Status.FAILED, Reason.DNS_FAILURE)


REFUSED: dict[str, dict[str, Any]] = {
    "must be a whole number from 1 to 100": {"packets": "101"},
    "nothing could fail": {"max_loss": "100%"},
    "different IP versions": {"ip_version": "6"},
    "Unexpected keyword argument": {"max_los": "1%"},
}


@pytest.mark.parametrize("message", REFUSED)
def test_options_that_make_no_sense_are_refused(message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(IcmpOptions, {"host": "127.0.0.1", **REFUSED[message]})


@pytest.mark.parametrize("host", ["127.0.1.1", "::1", "localhost"])
def test_a_real_host_answers(host: str) -> None:
    async def body() -> Outcome:
        pinger, resolver = IcmpPinger(), SystemResolver()
        pinger.open()
        try:
            options = read(IcmpOptions, {"host": host, "packets": "2"})
            return await look(PROBES["icmp"], options, Context(1.0, pinger, resolver))
        finally:
            pinger.close()
            resolver.close()

    outcome = in_namespace(body)
    assert outcome.status is ok().status
    assert outcome.latency_ms is not None


def test_a_silent_host_fails_in_time_and_what_came_is_counted() -> None:
    async def body() -> Outcome:
        pinger = IcmpPinger()
        pinger.open()
        try:
            options = read(IcmpOptions, {"host": "127.0.1.1", "packets": "4"})
            return await look(PROBES["icmp"], options, Context(0.4, pinger, Names()))
        finally:
            pinger.close()

    outcome = in_namespace(body, silent_loopback=True)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)
    assert outcome.detail == "127.0.1.1: no reply"
