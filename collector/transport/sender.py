"""The agent's side: gives the centre what is in the outbox, and lets go of it when the centre has stored it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import aiomqtt

from collector.clock import Clock
from collector.outbox import Outbox, Waiting
from collector.store.errors import StoreError
from collector.transport.agent_clock import AgentClock
from collector.transport.broker import Broker, broken, bytes_of
from collector.transport.fields import ProtocolError
from collector.transport.messages import (
    TRY_AGAIN,
    Call,
    FactsMessage,
    Refused,
    StatusMessage,
    Stored,
    Topics,
    read_answer,
)
from config.mqtt_settings import Agent, Mqtt

_STATUS_EVERY_S = 15.0
_ASK_AGAIN_S = 5.0
"""As long as the clock is not known, and so nothing may be sent."""
_PATIENCE_S, _LONGEST_PATIENCE_S = 30.0, 600.0
"""Without an acknowledgement what is under way is sent again, and that ever more seldom."""
_HELD_S = 60.0
_FAREWELL_S = 1.0
_SLICE = 16
"""Batches that go out without a turn for others: a few milliseconds."""
_STORE_PAUSE_S = 2.0

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Telling:
    """What an agent tells of itself besides its outbox and its clock (`StatusMessage`)."""

    program: str
    config: str
    checks: int
    in_flight: int
    late_ms: int


class Sender:
    """Sends what is in `outbox` until cancelled, through any number of connections.

    It begins when the clock is known to agree with the centre's. At most `in_flight` batches are under way; what is not
    acknowledged is sent again. `on_config` takes what comes as a configuration.
    """

    def __init__(
        self,
        mqtt: Mqtt,
        agent: Agent,
        outbox: Outbox,
        clock: Clock,
        telling: Callable[[], Telling],
        on_config: Callable[[bytes], None] | None = None,
    ) -> None:
        self._mqtt = mqtt
        self._agent = agent
        self._outbox = outbox
        self._wall = clock
        self._telling = telling
        self._on_config = on_config
        self._topics = Topics(mqtt.topic)
        self.clock = AgentClock(clock.now_ms, mqtt.clock_within_ms)
        will = StatusMessage(agent.id, "gone").packed()
        self._broker = Broker(
            mqtt, f"waakvlam-agent-{agent.id}", agent.username, agent.password,
            aiomqtt.Will(self._topics.status(agent.id), will, qos=1, retain=True),
        )  # fmt: skip
        self._since_set = outbox.last() + 1
        """The first sequence of what was observed since the clock was last set, as far as this process knows."""
        self._under_way: set[int] = set()
        self._cursor = 0
        self._oldest = 0
        self._held_until = 0.0
        self._patience = _PATIENCE_S
        self._heard = 0.0
        self._moved = asyncio.Event()
        self._speak = asyncio.Event()
        self._complaint = ""
        self.refused = 0
        """Batches the centre refused."""

    @property
    def may_record(self) -> bool:
        """False while the clock is known to be wrong: what is observed then has no true instant."""
        return not self.clock.is_wrong

    def clock_was_set(self) -> None:
        """The wall clock jumped: from here on it has to be measured anew."""
        with suppress(StoreError):
            self._since_set = self._outbox.last() + 1
        self.clock.forget()
        self._speak.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            try:
                async with self._broker.connected() as client:
                    await self._serve(client)
            except BaseExceptionGroup as group:
                error = broken(group)
                if error is None:
                    raise
                await self._broker.pause(error)
            except (aiomqtt.MqttError, OSError, LookupError) as error:
                await self._broker.pause(error)

    async def _serve(self, client: aiomqtt.Client) -> None:
        """One connection."""
        topics, agent = self._topics, self._agent.id
        await client.subscribe([(topics.ack(agent), 1), (topics.config(agent), 1)])
        self._again()
        self.clock.forget()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(client), name="listening to the centre")
                group.create_task(self._report(client), name="telling the centre")
                group.create_task(self._send(client), name="sending facts")
        except asyncio.CancelledError:
            with suppress(aiomqtt.MqttError, TimeoutError):
                async with asyncio.timeout(_FAREWELL_S):
                    await self._tell(client, stopped=True)
            raise

    # What goes out.

    async def _send(self, client: aiomqtt.Client) -> None:
        while True:
            self._moved.clear()
            batches = await self._next()
            if batches:
                topic = self._topics.facts(self._agent.id)
                async with asyncio.TaskGroup() as group:
                    for number, batch in enumerate(batches, 1):
                        group.create_task(client.publish(topic, self._message(batch), qos=1), name="batch")
                        if number % _SLICE == 0:
                            await asyncio.sleep(0)
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await self._moved.wait()
                self._lose_patience()

    async def _next(self) -> list[Waiting]:
        """What may be sent now: where there is nothing under way yet, the first batch that is not acknowledged."""
        room = self._mqtt.in_flight - len(self._under_way)
        if room <= 0 or not self.clock.is_right or time.monotonic() < self._held_until:
            return []
        batches = await self._asked(self._outbox.waiting, self._cursor, room)
        if not batches:
            return []
        if not self._under_way:
            self._heard = time.monotonic()
        self._oldest = await self._asked(self._outbox.oldest) or batches[0].sequence
        self._cursor = batches[-1].sequence
        self._under_way.update(batch.sequence for batch in batches)
        return batches

    async def _asked(self, what: Callable[P, T], *arguments: P.args, **more: P.kwargs) -> T | None:
        """What the outbox says, in a thread; None where it cannot be read."""
        try:
            return await asyncio.to_thread(what, *arguments, **more)
        except StoreError as error:
            self._complain(str(error))
            await asyncio.sleep(_STORE_PAUSE_S)
            return None

    def _message(self, batch: Waiting) -> bytes:
        return FactsMessage(
            agent=self._agent.id,
            vantage=self._agent.vantage,
            start=self._outbox.start,
            sequence=batch.sequence,
            oldest=min(self._oldest, batch.sequence),
            sent=self._wall.now_ms(),
            offset=self.clock.offset_ms,
            rows=batch.rows,
        ).packed()

    def _again(self) -> None:
        """Begin with the first batch that is not acknowledged."""
        self._under_way.clear()
        self._cursor = 0
        self._moved.set()

    def _lose_patience(self) -> None:
        if self._under_way and time.monotonic() - self._heard > self._patience:
            self._patience = min(2 * self._patience, _LONGEST_PATIENCE_S)
            self._again()

    async def _report(self, client: aiomqtt.Client) -> None:
        while True:
            await self._tell(client)
            self._speak.clear()
            wait = _ASK_AGAIN_S if self.clock.offset_ms is None else _STATUS_EVERY_S
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._speak.wait()

    async def _tell(self, client: aiomqtt.Client, *, stopped: bool = False) -> None:
        state = await self._asked(self._outbox.state)
        if state is None:
            return
        telling = self._telling()
        nonce, sent = self.clock.ask()
        status = StatusMessage(
            agent=self._agent.id,
            state="stopped" if stopped else "here",
            nonce=nonce,
            sent=sent,
            offset=self.clock.offset_ms,
            program=telling.program,
            config=telling.config,
            checks=telling.checks,
            waiting=state.observations,
            oldest=state.oldest,
            fullness=state.fullness,
            thinned=state.thinned,
            dropped=state.dropped,
            aside=state.aside,
            in_flight=telling.in_flight,
            late_ms=telling.late_ms,
        )
        await client.publish(self._topics.status(self._agent.id), status.packed(), qos=1, retain=True)

    # What comes in.

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            kind, _ = self._topics.agent_of(str(message.topic))
            payload = bytes_of(message)
            if kind == "config" and self._on_config is not None:
                self._on_config(payload)
            elif kind == "ack":
                await self._answered(payload)

    async def _answered(self, payload: bytes) -> None:
        try:
            answer = read_answer(payload)
        except ProtocolError as error:
            self._complain(f"an answer of the centre {error}")
            return
        if isinstance(answer, Stored):
            if answer.start == self._outbox.start:
                await self._stored(answer)
        elif isinstance(answer, Refused):
            if answer.start == self._outbox.start:
                await self._refused(answer)
        elif isinstance(answer, Call):
            self._patience, self._held_until = _PATIENCE_S, 0.0
            self._again()
            self._speak.set()
        elif self.clock.take(answer):
            await self._measured()

    async def _stored(self, answer: Stored) -> None:
        await self._asked(self._outbox.remove, answer.sequences)
        for first, last in answer.sequences:
            self._under_way -= {number for number in self._under_way if first <= number <= last}
        self._heard, self._patience = time.monotonic(), _PATIENCE_S
        self._complaint = ""
        self._moved.set()

    async def _refused(self, answer: Refused) -> None:
        self.refused += 1
        self._complain(f"the centre refuses facts of {self._agent.id} ({answer.reason}): {answer.detail}")
        self._heard = time.monotonic()
        if answer.reason in TRY_AGAIN:
            self._held_until = time.monotonic() + _HELD_S
            self._again()
            return
        count = await self._asked(self._outbox.set_aside, answer.sequence, answer.sequence, answer.reason)
        _log.error("%d observations are kept aside in %s, and not sent again", count or 0, self._outbox.place)
        self._under_way.discard(answer.sequence)
        self._moved.set()

    async def _measured(self) -> None:
        """The clock is known: facts may go, or what was observed with it is kept aside."""
        if self.clock.is_wrong:
            seconds = (self.clock.offset_ms or 0) / 1000
            self._complain(
                f"the clock is {seconds:+.1f} s from that of the centre: set it. Until then nothing is recorded"
            )
            last = await self._asked(self._outbox.last)
            count = await self._asked(self._outbox.set_aside, self._since_set, last or 0, "clock")
            if count:
                _log.error("what was observed with that clock is kept aside in %s", self._outbox.place)
        self._moved.set()

    def _complain(self, text: str) -> None:
        if text != self._complaint:
            self._complaint = text
            _log.error("%s", text)
