"""The connection to the broker, as both ends use it: verified, kept up, and with a session that outlives it."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from collector.errors import LookEnded
from collector.transport.fields import PAYLOAD_LIMIT
from collector.transport_tls import Trust, context_for
from config.mqtt_settings import Mqtt
from config.secret_refs import SecretRef

_SESSION_S = 7 * 86_400
_LARGEST_PACKET = 4 * PAYLOAD_LIMIT
_KEEPALIVE_S = 20
_PATIENCE_S = 20.0
_CANCELLED_S = 1.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_AT_ONCE = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
"""Small packets do not wait for what was sent before to arrive: a message would take 40 ms."""
_AWAY = (aiomqtt.MqttError, OSError, LookupError, LookEnded)
"""What keeps a connection from being made, or ends it."""

_log = logging.getLogger(__name__)
_quiet = logging.getLogger(f"{__name__}.library")


class Broker:
    """The broker of a configuration, for one client: `identifier` names its session there, and is nobody else's.

    The session is kept while the client is away, with what comes for it; unless it is not `lasting`.
    """

    def __init__(
        self,
        mqtt: Mqtt,
        identifier: str,
        username: str | None,
        password: SecretRef | None,
        will: aiomqtt.Will | None = None,
        *,
        lasting: bool = True,
    ) -> None:
        self._mqtt = mqtt
        self._identifier = identifier
        self._username = username
        self._password = password
        self._will = will
        self._lasting = lasting
        self._pause = _FIRST_PAUSE_S
        self._complaint = ""

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[aiomqtt.Client]:
        """A connection while it lasts; raises what `pause` takes where it cannot be made or breaks."""
        _quiet.setLevel(logging.CRITICAL)  # what it says of a broker that is away is said here, once
        mqtt = self._mqtt
        secret = None if self._password is None else await asyncio.to_thread(self._password.reveal)
        context = None
        if mqtt.tls is not None:
            trust = Trust(mqtt.tls.ca_file, mqtt.tls.cert_file, mqtt.tls.key_file)
            context = await asyncio.to_thread(context_for, trust)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has not typed it
        properties.SessionExpiryInterval = _SESSION_S if self._lasting else 0
        properties.MaximumPacketSize = _LARGEST_PACKET
        client = aiomqtt.Client(
            mqtt.host, mqtt.port, username=self._username, password=secret, identifier=self._identifier,
            protocol=aiomqtt.ProtocolVersion.V5, clean_start=not self._lasting, properties=properties,
            tls_context=context, will=self._will, keepalive=_KEEPALIVE_S, timeout=_PATIENCE_S,
            max_inflight_messages=1000, logger=_quiet, socket_options=_AT_ONCE,
        )  # fmt: skip
        client.pending_calls_threshold = 100_000  # more than can be under way here
        async with _entered(client):
            if self._complaint:
                _log.warning("the broker %s:%d is there again", mqtt.host, mqtt.port)
            self._complaint, self._pause = "", _FIRST_PAUSE_S
            yield client

    async def pause(self, error: Exception) -> None:
        """Wait before the next attempt, longer each time, and log what is the matter once."""
        text = _told(error)
        if text != self._complaint:
            self._complaint = text
            _log.warning("no connection to the broker %s:%d: %s", self._mqtt.host, self._mqtt.port, text)
        await asyncio.sleep(self._pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads agents, keeps no secret
        self._pause = min(2 * self._pause, _LONGEST_PAUSE_S)

    @property
    def complaint(self) -> str:
        """Why there is no connection; empty where there is one, or none was tried."""
        return self._complaint


@asynccontextmanager
async def _entered(client: aiomqtt.Client) -> AsyncIterator[None]:
    """The connection of `client` while it lasts. The library leaves a connection behind, which nobody serves, where it
    is cancelled while it connects: so that is let come to its end."""
    connecting = asyncio.ensure_future(client.__aenter__())
    try:
        await asyncio.shield(connecting)
    except asyncio.CancelledError:
        done, _ = await asyncio.wait([connecting], timeout=_CANCELLED_S)
        if done and connecting.exception() is None:
            await client.__aexit__(None, None, None)
        raise
    try:
        yield
    finally:
        with suppress(aiomqtt.MqttError):
            await client.__aexit__(None, None, None)


def bytes_of(message: aiomqtt.Message) -> bytes:
    """What a message carries, which is always bytes where it comes from a broker."""
    payload = message.payload
    return payload if isinstance(payload, bytes) else b""


def broken(group: BaseExceptionGroup[BaseException]) -> Exception | None:
    """The first of the errors that ended a group of tasks, where all are of a connection that broke."""
    away, rest = group.split(_AWAY)
    if away is None or rest is not None:
        return None
    first: BaseException = away
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first if isinstance(first, Exception) else None


def _told(error: Exception) -> str:
    text = str(error) or type(error).__name__
    if "Not authorized" in text or "Bad user name" in text:
        return f"{text}: check username and password, and what the broker allows"
    return text
