"""The icmp probe: what it makes of the echoes that came back, and its two ways to the same outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability.outcome import Burst, Degraded, Outcome, Reason, Status, could_not_look, failed, ok
from collector.context import Cancel, Context, Echo, Echoes
from collector.look import look
from collector.pinger import IcmpPinger
from collector.probes import PROBES
from collector.probes.icmp import IcmpOptions, begin, jitter
from collector.resolver import SystemResolver
from tests.collector.looking import Names, read
from tests.collector.namespace import Host, in_namespace, reply_to

BOTH_LOOPS = True


class Echoing:
    """A pinger that gives what it was told to give, and remembers what it was asked."""

    def __init__(self, answer: Echoes | Outcome) -> None:
        self.answer = answer
        self.asked: list[tuple[str, int, float, str | None]] = []
        self.spacings: list[float | None] = []

    async def ping(
        self, address: str, packets: int, timeout: float, source: str | None, spacing: float | None = None
    ) -> Echoes | Outcome:
        self.asked.append((address, packets, timeout, source))
        self.spacings.append(spacing)
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
    "as uneven as allowed": (
        {"packets": "3", "max_jitter": "4ms"},
        Echoes((1.0, 7.0, 5.0)),
        Status.OK,
        None,
        13 / 3,
    ),
    "more uneven": (
        {"packets": "3", "max_jitter": "4ms"},
        Echoes((1.0, 7.0, 4.0)),
        Status.FAILED,
        Reason.JITTER,
        4.0,
    ),
    "one reply of two, which differs from nothing": (
        {"packets": "2", "max_loss": "50%", "max_jitter": "1ms"},
        Echoes((9.0, None)),
        Status.OK,
        None,
        9.0,
    ),
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


DEGRADED: dict[str, tuple[dict[str, str], tuple[float | None, ...], Degraded | None]] = {
    "nothing lost": ({"max_loss": "40%", "degraded_loss": "0%"}, (1.0, 1.0, 1.0, 1.0, 1.0), None),
    "one lost, and none should be": (
        {"max_loss": "40%", "degraded_loss": "0%"},
        (1.0, None, 1.0, 1.0, 1.0),
        Degraded(Reason.PACKET_LOSS, "127.0.0.1: more than 0% lost"),
    ),
    "one lost, and one may be without a word": (
        {"max_loss": "40%", "degraded_loss": "20%"},
        (1.0, None, 1, 1, 1),
        None,
    ),
    "uneven": (
        {"degraded_jitter": "3ms", "max_jitter": "9ms"},
        (1.0, 5.0, 1.0, 5.0, 1.0),
        Degraded(Reason.JITTER, "127.0.0.1: more than 3 ms of jitter"),
    ),
    "as uneven as it may be": ({"degraded_jitter": "4ms"}, (1.0, 5.0, 1.0, 5.0, 1.0), None),
    "failed, which is more than degraded": ({"max_loss": "40%", "degraded_loss": "0%"}, (1, None, None, None, 1), None),
}


@pytest.mark.parametrize("case", DEGRADED)
async def test_a_look_that_is_ok_can_be_degraded(case: str) -> None:
    values, trips, degraded = DEGRADED[case]
    options = read(IcmpOptions, {"host": "127.0.0.1", "packets": "5", **values})
    outcome = await look(PROBES["icmp"], options, Context(1.0, Echoing(Echoes(trips)), Names()))
    assert outcome.degraded == degraded
    assert outcome.status is (Status.FAILED if case.startswith("failed") else Status.OK)


BURSTS: dict[str, tuple[Echoes | Outcome, Burst | None]] = {
    "all came back": (Echoes((1.0, 3.0, 2.0)), Burst(3, 3, 1.5)),
    "what was lost is left out of the jitter": (Echoes((1.0, None, 3.0)), Burst(3, 2, 2.0)),
    "one came back": (Echoes((None, 3.0, None)), Burst(3, 1, None)),
    "silence": (Echoes((None, None, None)), Burst(3, 0, None)),
    "a router says that it cannot be reached": (failed(Reason.UNREACHABLE), Burst(3, 0, None)),
    "nothing was sent": (could_not_look(Reason.NO_PERMISSION), None),
}


@pytest.mark.parametrize("case", BURSTS)
async def test_the_figures_of_a_burst_are_told_however_it_ended(case: str) -> None:
    answer, burst = BURSTS[case]
    options = read(IcmpOptions, {"host": "127.0.0.1", "packets": "3"})
    assert (await look(PROBES["icmp"], options, Context(1.0, Echoing(answer), Names()))).burst == burst


@given(st.lists(st.floats(0, 10_000), min_size=2, max_size=50), st.floats(0, 1000))
def test_jitter_is_about_change_alone(trips: list[float], later: float) -> None:
    found = jitter(trips)
    assert found is not None
    assert 0 <= found <= max(trips) - min(trips) + 1e-6
    assert jitter([trip + later for trip in trips]) == pytest.approx(found, abs=1e-6)
    assert jitter(trips[::-1]) == pytest.approx(found, abs=1e-6)


def test_jitter_needs_two() -> None:
    assert jitter([]) is jitter([1.0]) is None


async def test_the_spacing_is_handed_on() -> None:
    pinger = Echoing(Echoes((1.0, 1.0)))
    for values in ({}, {"spacing": "20ms"}):
        options = read(IcmpOptions, {"host": "127.0.0.1", "packets": "2", **values})
        await look(PROBES["icmp"], options, Context(1.0, pinger, Names()))
    assert pinger.spacings == [None, 0.02]


REFUSED: dict[str, dict[str, Any]] = {
    "max_jitter is about several packets: set packets to 2 or more": {"max_jitter": "1ms"},
    "degraded_loss is about several packets": {"max_loss": "50%", "degraded_loss": "10%"},
    "spacing is about several packets": {"spacing": "10ms"},
    "degraded_loss must be less than max_loss, which is 0%": {"packets": "5", "degraded_loss": "10%"},
    "degraded_jitter must be less than max_jitter, which is 9 ms": {
        "packets": "5",
        "degraded_jitter": "9ms",
        "max_jitter": "9ms",
    },
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


def test_a_line_that_loses_and_delays_is_measured_as_it_is() -> None:
    """A host that answers the first of five at once, the second late, the third never, and so on."""

    async def body() -> Outcome:
        pinger = IcmpPinger()
        pinger.open()
        loop = asyncio.get_running_loop()
        values = {"packets": "5", "spacing": "40ms", "max_loss": "40%", "degraded_loss": "10%"}
        options = read(IcmpOptions, {"host": "127.0.1.1", **values})
        try:
            with Host() as host:
                looking = asyncio.ensure_future(look(PROBES["icmp"], options, Context(2.0, pinger, Names())))
                for late in (0.0, 0.2, None, 0.0, 0.2):
                    request, target = await host.request()
                    if late is not None:
                        loop.call_later(late, host.say, reply_to(request), target)
                return await looking
        finally:
            pinger.close()

    outcome = in_namespace(body, silent_loopback=True)
    assert (outcome.status, outcome.degraded) == (
        Status.OK,
        Degraded(Reason.PACKET_LOSS, "127.0.1.1: more than 10% lost"),
    )
    assert outcome.burst is not None and outcome.latency_ms is not None
    assert (outcome.burst.sent, outcome.burst.came) == (5, 4)
    assert outcome.burst.loss == 0.2
    assert outcome.burst.jitter_ms is not None
    # A machine that is busy adds to a delay and never takes from it.
    assert outcome.latency_ms > 90
    assert outcome.burst.jitter_ms > 50
