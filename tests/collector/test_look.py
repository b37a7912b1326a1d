"""The one look: its time-out, its latency, and what it does with a probe that has a bug."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, cast

import pytest

from availability.outcome import Outcome, Reason, Status, failed, ok
from collector.context import Bugs, Context, Kind, Pinger, ProbeFunction
from collector.look import look
from tests.collector.looking import Names

BOTH_LOOPS = True


def surroundings(timeout: float = 1.0) -> Context:
    return Context(timeout, cast("Pinger", None), Names(), Bugs())


def kind(probe: ProbeFunction) -> Kind:
    return Kind(probe, object)


async def test_a_probe_that_takes_too_long_has_failed() -> None:
    async def probe(options: Any, context: Context) -> Outcome:
        await asyncio.sleep(60)
        return ok()

    started = time.monotonic()
    outcome = await look(kind(probe), None, surroundings(0.1))
    assert (outcome.status, outcome.reason, outcome.latency_ms) == (Status.FAILED, Reason.TIMEOUT, None)
    assert time.monotonic() - started < 0.5


async def test_an_ok_without_a_latency_gets_that_of_the_look() -> None:
    async def probe(options: Any, context: Context) -> Outcome:
        await asyncio.sleep(0.05)
        return ok()

    outcome = await look(kind(probe), None, surroundings())
    assert outcome.latency_ms is not None
    assert 40 < outcome.latency_ms < 900


@pytest.mark.parametrize("given", [ok(3.5), failed(Reason.REFUSED, "no")])
async def test_what_a_probe_says_is_left_as_it_is(given: Outcome) -> None:
    async def probe(options: Any, context: Context) -> Outcome:
        return given

    assert await look(kind(probe), None, surroundings()) is given


async def test_a_bug_is_caught_counted_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async def probe(options: Any, context: Context) -> Outcome:
        raise ZeroDivisionError("secret detail")

    context = surroundings()
    with caplog.at_level(logging.ERROR):
        outcomes = [await look(kind(probe), None, context) for _ in range(3)]
    assert {(outcome.status, outcome.reason) for outcome in outcomes} == {(Status.NONE, Reason.PROBE_BUG)}
    assert "secret detail" not in outcomes[0].detail
    assert list(context.bugs.counts.values()) == [3]
    assert [record.exc_info is not None for record in caplog.records] == [True]


async def test_to_be_cancelled_is_no_outcome() -> None:
    async def probe(options: Any, context: Context) -> Outcome:
        await asyncio.sleep(60)
        return ok()

    task = asyncio.ensure_future(look(kind(probe), None, surroundings(30)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
