"""Agents and the centre over a real Mosquitto with TLS, passwords and the ACL of the documentation."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiomqtt
import msgpack
import pytest

from availability.ports import Batch
from collector.clock import Clock
from collector.store import SqlStore, StoreError, open_store
from collector.transport.broker import Broker
from collector.transport.messages import Call, Refused, Stored, Time, read_answer
from collector.transport.receiver import Receiver
from config.mqtt_settings import BrokerTls
from tests.collector.mosquitto import Mosquitto, mosquitto
from tests.collector.transporting import (
    agent,
    expected,
    going,
    latencies,
    message,
    new_outbox,
    now_ms,
    observed,
    stored,
    timed,
    topics,
    until,
)

HOUR = 3_600_000


@pytest.fixture(scope="module")
def running() -> Iterator[Mosquitto]:
    with mosquitto() as running:
        yield running


@pytest.fixture
async def broker(running: Mosquitto) -> Mosquitto:
    """It, with no session and nothing retained of a test before."""
    for user, identifiers in {"centre": ["centre-roermond"], "venlo": ["agent-venlo", "test"]}.items():
        for identifier in identifiers:
            plain = Broker(running.mqtt(), f"waakvlam-{identifier}", user, running.secret(user), lasting=False)
            async with plain.connected() as client:
                if user == "venlo":
                    await client.publish(topics().status("venlo"), b"", qos=1, retain=True)
    return running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(f"sqlite:///{tmp_path / 'facts.db'}", create=True)
    yield store
    store.close()


def centre(broker: Mosquitto, store: Any, **changes: Any) -> Receiver:
    return Receiver(broker.mqtt(), "centre-roermond", store, now_ms, **changes)


def connected(broker: Mosquitto, user: str, name: str = "test"):
    """A client of our own making, in the name of `user`."""
    return Broker(broker.mqtt(), f"waakvlam-{name}", user, broker.secret(user), lasting=False).connected()


def taken(outbox: Any) -> bool:
    return outbox.state().batches == 0


async def test_what_an_agent_observed_is_stored_and_then_let_go(
    broker: Mosquitto, store: SqlStore, tmp_path: Path
) -> None:
    outbox, begin = new_outbox(tmp_path), now_ms() - 100_000
    shown: list[Batch] = []
    receiver = centre(broker, store, on_stored=shown.extend)
    async with going(receiver, agent(broker, outbox)):
        for first in range(0, 60, 10):
            outbox.add(observed(begin, range(first, first + 10)))
        await until(lambda: taken(outbox), "the outbox is empty")
        assert stored(store) == expected(begin, range(60))
        assert timed(store) == latencies(range(60))
        await until(lambda: receiver.states("f00d")[0].clock_offset_ms is not None or True)
        [state] = receiver.states("f00d")
        assert (state.presence, state.observations, state.missing, state.repeated) == ("here", 1200, 0, 0)
        assert state.same_config is True
        assert receiver.states("cafe")[0].same_config is False
        assert sum(run.length for batch in shown for run in batch.runs) == 1200
    outbox.close()


async def test_an_agent_goes_and_is_lost_and_both_are_shown(broker: Mosquitto, store: SqlStore, tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    receiver = centre(broker, store)

    def presence() -> str:
        return receiver.states("")[0].presence

    async with going(receiver):
        assert presence() == "never"
        async with going(agent(broker, outbox)):
            await until(lambda: presence() == "here")
        await until(lambda: presence() == "stopped")
        sender = agent(broker, outbox)
        async with going(sender):
            await until(lambda: presence() == "here")
            async with connected(broker, "venlo", "agent-venlo"):  # takes its session, as a second agent would
                await until(lambda: presence() == "gone")
    outbox.close()


async def test_a_broker_that_was_away_costs_nothing_but_delay(
    broker: Mosquitto, store: SqlStore, tmp_path: Path
) -> None:
    outbox, begin = new_outbox(tmp_path), now_ms() - 500_000
    async with going(centre(broker, store), agent(broker, outbox, in_flight=4)):
        for first in range(0, 30, 3):
            outbox.add(observed(begin, range(first, first + 3)))
        await until(lambda: stored(store), "something is stored")
        broker.stop()
        try:
            for first in range(30, 60, 3):
                outbox.add(observed(begin, range(first, first + 3)))
        finally:
            broker.start()
        await until(lambda: taken(outbox), "the outbox is empty")
        assert stored(store) == expected(begin, range(60))
        assert timed(store) == latencies(range(60))
    outbox.close()


class Refusing:
    """A store on a disk that is full for a while; then the real one."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.full = True
        self.asked = 0

    def ingest(self, *arguments: Any) -> Any:
        self.asked += 1
        if self.full:
            raise StoreError("the disk is full")
        return self.store.ingest(*arguments)


async def test_nothing_is_acknowledged_before_it_is_stored(
    broker: Mosquitto, store: SqlStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox, begin, refusing = new_outbox(tmp_path), now_ms() - 100_000, Refusing(store)
    receiver = centre(broker, refusing)
    outbox.add(observed(begin, range(10)))
    async with going(receiver, agent(broker, outbox)):
        await until(lambda: refusing.asked > 1)
        assert "full" in receiver.failing
        assert not taken(outbox)
        refusing.full = False
        await until(lambda: taken(outbox))
        assert receiver.failing == ""
        assert stored(store) == expected(begin, range(10))
    assert [record.message for record in caplog.records if "disk is full" in record.message] == [
        "what agents sent cannot be stored, and waits: the disk is full"
    ]
    outbox.close()


async def test_a_mistake_with_one_message_does_not_hold_up_others(broker: Mosquitto, store: SqlStore) -> None:
    begin = now_ms() - 100_000

    class Mistaken(Refusing):
        def ingest(self, batches: Any, *rest: Any) -> Any:
            if any(batch.check == "check-cursed" for batch in batches):
                raise ZeroDivisionError
            return self.store.ingest(batches, *rest)

    receiver = centre(broker, Mistaken(store))
    cursed = [replace(one, check="check-cursed") for one in observed(begin, range(2))[:1]]
    async with going(receiver):
        for sequence, batches in enumerate((observed(begin, range(5)), cursed, observed(begin, range(5, 9))), 1):
            receiver.take(topics().facts("venlo"), message(batches, sequence).packed())
        await until(lambda: receiver.states("")[0].batches == 2)
        assert stored(store) == expected(begin, range(9))
        assert receiver.states("")[0].refused == {"malformed": 1}


async def answers(client: aiomqtt.Client, batches: int) -> list[Any]:
    """What the centre answers to this many batches."""
    found: list[Any] = []
    answered = 0
    async with asyncio.timeout(20):
        async for one in client.messages:
            answer = read_answer(bytes(one.payload))  # type: ignore[arg-type]
            if not isinstance(answer, Call | Time):
                found.append(answer)
                answered += 1 if isinstance(answer, Refused) else sum(b - a + 1 for a, b in answer.sequences)
                if answered == batches:
                    break
    return found


async def test_the_centre_refuses_what_an_agent_may_not_say(broker: Mosquitto, store: SqlStore) -> None:
    begin, receiver = now_ms() - 100_000, centre(broker, store)
    good = observed(begin, range(3))
    far = observed(now_ms() + HOUR, range(3))
    cases = [
        (message(good, 1), None),
        (message(good, 2, vantage="weert"), "vantage"),
        (message(good, 3, sent=now_ms() + HOUR), "clock"),
        (message(good, 4, offset=-HOUR), "clock"),
        (message(far, 5), "future"),
        (message(good, 6, rows=b"nonsense"), "malformed"),
        (message(good, 7), None),
    ]
    async with going(receiver), connected(broker, "venlo") as client:
        await client.subscribe(topics().ack("venlo"), 1)
        await until(lambda: receiver.is_connected)
        await asyncio.sleep(0.2)
        for one, _ in cases:
            await client.publish(topics().facts("venlo"), one.packed(), qos=1)
        found = await answers(client, len(cases))
    refused = {one.sequence: one.reason for one in found if isinstance(one, Refused)}
    assert refused == {sequence: reason for sequence, (_, reason) in enumerate(cases, 1) if reason}
    assert sorted(span for one in found if isinstance(one, Stored) for span in one.sequences) == [(1, 1), (7, 7)]
    assert stored(store) == expected(begin, range(3))
    [state] = receiver.states("")
    assert state.refused == {"vantage": 1, "clock": 2, "future": 1, "malformed": 1}
    assert state.repeated == 0
    assert state.hole == 5


async def test_what_cannot_be_answered_is_counted_and_harmless(broker: Mosquitto, store: SqlStore) -> None:
    receiver, topic = centre(broker, store), topics().facts("venlo")
    good = message(observed(now_ms() - 9000, range(3)))
    old = msgpack.packb({**msgpack.unpackb(good.packed()), "version": 0})
    async with going(receiver):
        for payload in (b"", b"\xc1", bytes(2 << 20), old, replace(good, agent="weert").packed()):
            receiver.take(topic, payload)
        receiver.take(topics().facts("stranger"), good.packed())
        receiver.take("waakvlam/v1/facts/venlo/more", good.packed())
        receiver.take(topics().status("venlo"), b"\x80")
        await asyncio.sleep(0)
    [state] = receiver.states("")
    assert state.refused == {"malformed": 3, "oversized": 1, "version": 1, "agent": 1}
    assert receiver.register.strangers == 1
    assert stored(store) == {}


async def test_an_agent_that_sends_too_much_holds_up_nobody(broker: Mosquitto, store: SqlStore) -> None:
    begin = now_ms() - 100_000
    mqtt = broker.mqtt(broker.agent("venlo"), broker.agent("weert"), in_flight=2)
    refusing = Refusing(store)
    receiver = Receiver(mqtt, "centre-roermond", refusing, now_ms)
    one = message(observed(begin, range(3), "weert"), agent="weert", vantage="weert", sequence=1)
    async with going(receiver):
        for sequence in range(1, 100):
            receiver.take(topics().facts("venlo"), message(observed(begin, range(1)), sequence).packed())
        receiver.take(topics().facts("weert"), one.packed())
        refusing.full = False
        await until(lambda: receiver.states("")[1].batches == 1)
    venlo, _ = receiver.states("")
    assert venlo.refused["crowded"] > 80
    assert venlo.batches <= 16


async def test_batches_twice_shuffled_and_split_otherwise_are_the_same_facts(
    broker: Mosquitto, store: SqlStore
) -> None:
    begin, receiver, dice = now_ms() - 100_000, centre(broker, store), random.Random(5)
    pieces = [range(first, first + size) for size in (1, 4, 10) for first in range(0, 40, size)]
    dice.shuffle(pieces)
    async with going(receiver):
        for sequence, ticks in enumerate(pieces, 1):
            receiver.take(topics().facts("venlo"), message(observed(begin, ticks), sequence).packed())
            if sequence % 20 == 0:
                await until(lambda count=sequence: receiver.states("")[0].batches == count)
        await until(lambda: receiver.states("")[0].batches == len(pieces))
    assert stored(store) == expected(begin, range(40))
    assert timed(store) == latencies(range(40))


async def test_two_workers_share_what_comes_and_the_facts_are_the_same(
    broker: Mosquitto, store: SqlStore, tmp_path: Path
) -> None:
    outbox, begin = new_outbox(tmp_path), now_ms() - 500_000
    other = open_store(f"sqlite:///{tmp_path / 'facts.db'}", create=False)
    workers = [
        Receiver(broker.mqtt(), f"ingest-{n}", each, now_ms, shared=True) for n, each in enumerate((store, other))
    ]
    follower = centre(broker, None, stores=False)
    for first in range(0, 200, 4):
        outbox.add(observed(begin, range(first, first + 4)))
    async with going(*workers, follower):
        for one in (*workers, follower):
            await until(lambda one=one: one.is_connected)
        await asyncio.sleep(0.5)
        async with going(agent(broker, outbox, in_flight=8)):
            await until(lambda: taken(outbox), "the outbox is empty")
    assert stored(store) == expected(begin, range(200))
    assert timed(store) == latencies(range(200))
    assert all(worker.states("")[0].batches > 5 for worker in workers)
    other.close()
    outbox.close()


class Skewed(Clock):
    """A clock that is set by hand."""

    def __init__(self, ahead_ms: int) -> None:
        self.ahead_ms = ahead_ms
        super().__init__()

    def now_ms(self) -> int:
        return now_ms() + self.ahead_ms


@pytest.mark.parametrize("ahead_ms", [HOUR, -HOUR])
async def test_a_clock_an_hour_off_sends_nothing_and_loses_nothing(
    broker: Mosquitto, store: SqlStore, tmp_path: Path, ahead_ms: int, caplog: pytest.LogCaptureFixture
) -> None:
    outbox, clock, begin = new_outbox(tmp_path), Skewed(ahead_ms), now_ms() - 100_000
    sender, receiver = agent(broker, outbox, clock), centre(broker, store)
    outbox.add(observed(begin + ahead_ms, range(5)))
    async with going(receiver, sender):
        await until(lambda: not sender.may_record)
        await until(lambda: outbox.state().aside == 100)
        sender._speak.set()
        await until(lambda: abs((receiver.states("")[0].clock_offset_ms or 0) - ahead_ms) < 5000, "it is shown")
        assert stored(store) == {}
        clock.ahead_ms = 0
        sender.clock_was_set()
        assert sender.may_record
        outbox.add(observed(begin, range(5, 10)))
        await until(lambda: taken(outbox))
        assert stored(store) == expected(begin, range(5, 10))
    assert outbox.state().aside == 100
    assert any("from that of the centre: set it" in record.message for record in caplog.records)
    outbox.close()


async def test_a_batch_that_is_refused_for_good_is_kept_aside_and_the_next_ones_go(
    broker: Mosquitto, store: SqlStore, tmp_path: Path
) -> None:
    outbox, begin = new_outbox(tmp_path), now_ms() - 100_000
    outbox.add(observed(begin, range(3)))
    outbox.add(observed(now_ms() + HOUR, range(3)))
    outbox.add(observed(begin, range(3, 6)))
    receiver = centre(broker, store)
    async with going(receiver, agent(broker, outbox)):
        await until(lambda: taken(outbox))
        assert outbox.state().aside == 60
        assert stored(store) == expected(begin, range(6))
    outbox.close()


async def test_an_agent_that_may_not_speak_keeps_everything_until_it_may(
    broker: Mosquitto, store: SqlStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox, begin = new_outbox(tmp_path), now_ms() - 100_000
    outbox.add(observed(begin, range(3)))
    elsewhere = broker.mqtt(broker.agent("venlo", "weert"))
    receiver = Receiver(elsewhere, "centre-roermond", store, now_ms)
    async with going(receiver):
        sender = agent(broker, outbox)
        async with going(sender):
            await until(lambda: sender.refused)
            assert outbox.state().batches == 1
            assert "venlo may for weert alone" in receiver.states("")[0].last_refusal
        receiver.replace(broker.mqtt())
        async with going(agent(broker, outbox)):
            await until(lambda: taken(outbox))
    assert stored(store) == expected(begin, range(3))
    assert any("refuses facts of venlo (vantage)" in record.message for record in caplog.records)
    outbox.close()


async def test_the_broker_lets_nobody_speak_or_listen_in_another_name(broker: Mosquitto) -> None:
    payload = message(observed(now_ms() - 9000, range(1))).packed()
    async with connected(broker, "centre", "watch") as watch, connected(broker, "weert", "bad") as bad:
        await watch.subscribe([(topics().facts("+"), 1), (topics().status("+"), 1)])
        await bad.subscribe([(topics().ack("venlo"), 1), (topics().config("venlo"), 1), (topics().facts("#"), 1)])
        for topic in (
            topics().facts("venlo"),
            topics().status("venlo"),
            topics().ack("venlo"),
            topics().config("weert"),
        ):
            await bad.publish(topic, payload, qos=1)
        await bad.publish(topics().facts("weert"), b"mine", qos=1)
        await watch.publish(topics().ack("venlo"), b"for venlo alone", qos=1)
        await watch.publish(topics().ack("weert"), b"for weert alone", qos=1)
        await bad.subscribe(topics().ack("weert"), 1)
        await watch.publish(topics().ack("weert"), b"for weert alone", qos=1)
        async with asyncio.timeout(10):
            first = await anext(aiter(watch.messages))
            heard = await anext(aiter(bad.messages))
    assert (str(first.topic), first.payload) == (topics().facts("weert"), b"mine")
    assert (str(heard.topic), heard.payload) == (topics().ack("weert"), b"for weert alone")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("password", "check username and password"),
        ("authority", "certificate verify failed"),
        ("missing", "cannot be read"),
    ],
)
async def test_no_connection_says_why_and_never_a_secret(
    broker: Mosquitto, store: SqlStore, tmp_path: Path, change: str, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    mqtt = broker.mqtt()
    if change == "password":
        mqtt = replace(mqtt, password=broker.secret("weert"))
    elif change == "authority":
        mqtt = replace(mqtt, tls=BrokerTls())
    else:
        (tmp_path / "x").mkdir()
        mqtt = replace(mqtt, password=replace(broker.secret("centre"), file=tmp_path / "nothing"))
    caplog.set_level(logging.WARNING)
    async with going(Receiver(mqtt, "other", store, now_ms)):
        await until(lambda: any(says in record.message for record in caplog.records), f"{says}: {caplog.messages}")
    assert "geheim" not in caplog.text
