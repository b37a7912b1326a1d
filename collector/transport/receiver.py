"""The centre's side: takes what agents send, has it stored, and only then acknowledges it."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import aiomqtt

from availability.agents import AgentState
from availability.ports import Batch
from collector.store.errors import StoreError
from collector.transport.broker import Broker, broken, bytes_of
from collector.transport.fields import ProtocolError
from collector.transport.messages import (
    Answer,
    Call,
    FactsMessage,
    Refused,
    Stored,
    Time,
    Topics,
    as_spans,
    pack_answer,
    read_facts,
    read_status,
)
from collector.transport.register import Register
from collector.transport.storing import IngestStore, Result, store_messages
from config.mqtt_settings import Mqtt

_AT_ONCE = 512
"""Messages that are stored in one transaction."""
_BYTES_AT_ONCE = 4 << 20
_WAITING_PER_AGENT = 4
_BYTES_PER_AGENT = 16 << 20
"""Times what one agent may have under way: what it sends again is dropped here, and comes once more."""
_GROUP = "waakvlam-ingest"
_ANSWERS_HELD = 10_000
_NEVER = 1 << 62
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0

_log = logging.getLogger(__name__)


@contextmanager
def _no_collections() -> Iterator[None]:
    """What is stored makes many objects and no circles of them: walking through all of those for garbage, again and
    again, would hold up probes for a tenth of a second."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


OnStored = Callable[[Sequence[Batch]], None]
"""Takes facts that were stored; it is called from the event loop and must be cheap."""


class Receiver:
    """Receives until cancelled, through any number of connections. `identifier` names this one at the broker.

    With `shared` it divides what agents send with others; without `stores` it stores and acknowledges nothing, and
    only follows: `on_stored` then gets what somebody else stores at about that time.
    """

    def __init__(
        self,
        mqtt: Mqtt,
        identifier: str,
        store: IngestStore,
        now_ms: Callable[[], int],
        *,
        on_stored: OnStored = lambda _: None,
        shared: bool = False,
        stores: bool = True,
    ) -> None:
        self.register = Register(mqtt)
        self.failing = ""
        """Why nothing can be stored; empty where it can."""
        self._mqtt = mqtt
        self._topics = Topics(mqtt.topic)
        # A broker may give a share to who is away: who shares is forgotten when it goes, and agents send again.
        lasting = stores and not shared
        self._broker = Broker(mqtt, f"waakvlam-{identifier}", mqtt.username, mqtt.password, lasting=lasting)
        self._store = store
        self._now_ms = now_ms
        self._on_stored = on_stored
        self._shared = shared
        self._stores = stores
        self._waiting: dict[str, deque[FactsMessage]] = {}
        self._sizes: dict[str, int] = {}
        """Bytes that wait, by agent."""
        self._work = asyncio.Event()
        self._answers: deque[tuple[str, bytes]] = deque(maxlen=_ANSWERS_HELD)
        self._answering = asyncio.Event()
        self._retained: dict[str, bytes] = {}
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ingest")

    @property
    def is_connected(self) -> bool:
        """Whether nothing is the matter with the connection to the broker."""
        return not self._broker.complaint

    def replace(self, mqtt: Mqtt) -> None:
        """Go on with other agents; where the broker is takes effect at the next start."""
        self.register.replace(mqtt)

    def keep(self, retained: dict[str, bytes]) -> None:
        """What the broker is to keep for agents, by agent: their configuration, as bytes of the protocol."""
        self._retained = {self._topics.config(agent): payload for agent, payload in retained.items()}
        self._answers.extend(self._retained.items())
        self._answering.set()

    def states(self, digest: str) -> tuple[AgentState, ...]:
        """Every agent now; `digest` is that of the configuration in use here."""
        return self.register.states(self._now_ms(), digest)

    async def run(self) -> None:
        """Receive until cancelled. What is being stored then is stored, and acknowledged when it comes again."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._connections(), name="listening to agents")
                group.create_task(self._storing(), name="storing facts of agents")
        finally:
            self._executor.shutdown(wait=False)

    async def _connections(self) -> None:
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
        topics = self._topics
        facts = topics.facts("+")
        # What agents tell of themselves is not kept for a centre that is away: the last word is retained.
        await client.subscribe([(f"$share/{_GROUP}/{facts}" if self._shared else facts, 1), (topics.status("+"), 0)])
        for topic, payload in self._retained.items():
            await client.publish(topic, payload, qos=1, retain=True)
        if self._stores:
            for agent in self.register.agents():
                self._post(agent, Call())
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(client), name="taking messages")
            group.create_task(self._answer(client), name="answering agents")

    # What comes in.

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            self.take(str(message.topic), bytes_of(message), is_retained=message.retain)

    def take(self, topic: str, payload: bytes, *, is_retained: bool = False) -> None:
        """One message from the broker; whatever it holds, it does no harm."""
        kind, agent = self._topics.agent_of(topic)
        now = self._now_ms()
        if kind not in ("facts", "status") or self.register.known(agent) is None:
            return
        try:
            if kind == "status":
                self._take_status(agent, payload, now, is_retained)
            else:
                self._take_facts(agent, payload, now)
        except ProtocolError as error:
            self._refuse(agent, error)

    def _take_status(self, agent: str, payload: bytes, now: int, is_retained: bool) -> None:
        status = read_status(payload)
        if status.agent != agent:
            raise ProtocolError(f"a status in the name of {status.agent!r} came by the topic of {agent!r}", "agent")
        self.register.heard(agent, status, now)
        if status.state == "here" and self._stores and not is_retained:
            self._post(agent, Time(status.nonce, now))

    def _take_facts(self, agent: str, payload: bytes, now: int) -> None:
        message = read_facts(payload)
        try:
            self.register.check(agent, message, now)
            waiting = self._waiting.setdefault(agent, deque())
            size = self._sizes.get(agent, 0) + len(message.rows)
            if len(waiting) >= _WAITING_PER_AGENT * self._mqtt.in_flight or size > _BYTES_PER_AGENT:
                raise ProtocolError("sends more than it may have under way; what is too much comes again", "crowded")
        except ProtocolError as error:
            self._refuse(agent, error, message)
            return
        waiting.append(message)
        self._sizes[agent] = size
        self._work.set()

    def _refuse(self, agent: str, error: ProtocolError, message: FactsMessage | None = None) -> None:
        """Count a message that is not taken, log it where it is news, and tell the agent where it can be told."""
        if self.register.refused(agent, error):
            _log.warning("a message of the agent %s is refused (%s): %s", agent, error.reason, error)
        if message is not None and message.agent == agent and error.reason != "crowded" and self._stores:
            self._post(agent, Refused(message.start, message.sequence, error.reason, str(error)[:500]))

    # What is stored.

    async def _storing(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            while messages := self._next():
                if self._stores:
                    self._settle(await self._stored(messages))
                else:
                    self._settle(await asyncio.to_thread(store_messages, None, messages, self._now_ms(), _NEVER))

    def _next(self) -> list[FactsMessage]:
        """The next messages, one of each agent in turn, so that nobody waits for another's backlog."""
        taken: list[FactsMessage] = []
        size = 0
        while len(taken) < _AT_ONCE and size < _BYTES_AT_ONCE:
            turn = [waiting.popleft() for waiting in self._waiting.values() if waiting]
            if not turn:
                break
            taken += turn
            for message in turn:
                self._sizes[message.agent] -= len(message.rows)
                size += len(message.rows)
        return taken

    async def _stored(self, messages: Sequence[FactsMessage]) -> Result:
        """Store `messages`, however often it takes: until then nothing more is taken, and agents wait."""
        pause = _FIRST_PAUSE_S
        loop = asyncio.get_running_loop()
        while True:
            now = self._now_ms()
            latest = now + self.register.within_ms
            try:
                storing = partial(store_messages, self._store, messages, now, latest)
                with _no_collections():
                    result = await loop.run_in_executor(self._executor, storing)
            except StoreError as error:
                if str(error) != self.failing:
                    _log.error("what agents sent cannot be stored, and waits: %s", error)
                self.failing = str(error)
            except Exception as error:  # a mistake of ours in one message must not hold up all others
                _log.exception("what agents sent could not be stored")
                if len(messages) == 1:
                    return Result(refused=[(messages[0], ProtocolError(f"cannot be stored ({type(error).__name__})"))])
                for message in messages:
                    self._settle(await self._stored([message]))
                return Result()
            else:
                if self.failing:
                    _log.warning("what agents send is stored again")
                self.failing = ""
                return result
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _settle(self, result: Result) -> None:
        """Tell everybody what came of the messages."""
        for message, error in result.refused:
            self._refuse(message.agent, error, message)
        if not result.stored:
            return
        self._on_stored(result.batches)
        outboxes: dict[tuple[str, int], list[int]] = {}
        for message in result.stored:
            outboxes.setdefault((message.agent, message.start), []).append(message.sequence)
        for key, sequences in outboxes.items():
            if key in result.positions:
                self.register.stored(key[0], len(sequences), result.observations[key], result.positions[key])
                self._post(key[0], Stored(key[1], as_spans(sequences)))

    # What goes out.

    def _post(self, agent: str, answer: Answer) -> None:
        """What cannot be sent is forgotten: agents say again what was not answered."""
        self._answers.append((self._topics.ack(agent), pack_answer(answer)))
        self._answering.set()

    async def _answer(self, client: aiomqtt.Client) -> None:
        while True:
            await self._answering.wait()
            self._answering.clear()
            answers = list(self._answers)
            self._answers.clear()
            kept = self._retained
            await asyncio.gather(
                *(client.publish(topic, payload, qos=1, retain=topic in kept) for topic, payload in answers)
            )
