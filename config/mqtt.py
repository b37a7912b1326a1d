"""The section of a configuration that says how observations of other vantages come in: broker, centre and agents."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from config import mqtt_settings
from config.mqtt_settings import Ingest
from config.names import Names, entries
from config.problems import Loc, shown
from config.section import Section, wrong
from config.types import Count, Duration, FilePath, Flag, Host, Port, Secret, Text
from config.values import Id

AGENTS_LIMIT = 1000
CLOCK_WITHIN_MS = 10_000
IN_FLIGHT = 512
OUTBOX_MEGABYTES = 1024
_TLS_PORT, _PLAIN_PORT = 8883, 1883
_TOPIC = re.compile(r"[A-Za-z0-9_.-]{1,50}(/[A-Za-z0-9_.-]{1,50}){0,5}")


def _topic(text: Any) -> str:
    if isinstance(text, str) and _TOPIC.fullmatch(text):
        return text
    raise ValueError("is no topic: write letters, digits, _, . and -, with / between levels, such as region/waakvlam")


TopicPrefix = Annotated[str, BeforeValidator(_topic)]
"""Levels of a topic, without wildcards."""


class BrokerTlsSection(Section):
    """How the broker is verified, and how this end proves itself where a password is not enough."""

    ca_file: FilePath | None = Field(
        None,
        description="the certificates of the authorities that may have signed the broker's, as PEM",
        json_schema_extra={"otherwise": "those the machine trusts"},
    )
    cert_file: FilePath | None = Field(None, description="the certificate of this end, as PEM")
    key_file: FilePath | None = Field(None, description="its key, as PEM")

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise wrong(
                "key_file" if self.key_file is None else "cert_file", "is missing: cert_file and key_file go together"
            )
        return self


class AgentSection(Section):
    """One agent: a process at another vantage, which may speak for that vantage and no other."""

    id: Id = Field(description="its name in topics")
    vantage: Id | None = Field(
        None, description="the vantage it probes from", json_schema_extra={"otherwise": "the one called like it"}
    )
    username: Text | None = Field(None, description="its name at the broker", json_schema_extra={"otherwise": "the id"})
    password: Secret | None = Field(None, description="its password at the broker, by reference")


class OutboxSection(Section):
    """Where an agent keeps what the centre has not stored yet."""

    file: FilePath | None = Field(
        None, description="a file on its own disk", json_schema_extra={"otherwise": "`outbox-VANTAGE.db`"}
    )
    megabytes: Count = Field(OUTBOX_MEGABYTES, description="how large it may become")


class MqttSection(Section):
    """The broker that agents and the centre speak through, in MQTT 5 (docs/agents.md)."""

    host: Host = Field(description="where the broker is")
    port: Port | None = Field(
        None, description="its TCP port", json_schema_extra={"otherwise": f"{_TLS_PORT}, or {_PLAIN_PORT} without TLS"}
    )
    tls: BrokerTlsSection | None = Field(None, description="how the broker is verified")
    plaintext: Flag = Field(False, description="true: without TLS, for a broker on this very machine")
    topic: TopicPrefix = Field("waakvlam", description="what all topics begin with")
    username: Text | None = Field(None, description="the name of the centre at the broker")
    password: Secret | None = Field(None, description="the password of the centre, by reference")
    agents: list[AgentSection] = Field(min_length=1, max_length=AGENTS_LIMIT, description="who may speak for what")
    outbox: OutboxSection | None = Field(None, description="where an agent keeps what waits")
    clock_within: Duration = Field(
        CLOCK_WITHIN_MS, description="how far the clock of an agent may be from that of the centre"
    )
    in_flight: Count = Field(IN_FLIGHT, description="batches of an agent under way without an acknowledgement")
    ingest: Ingest = Field("here", description="whether `run` stores what comes in, or `waakvlam ingest` beside it")
    signing_key: Secret | None = Field(
        None, description="an Ed25519 key as PEM, by reference: the centre gives agents their configuration, signed"
    )
    verify_key: FilePath | None = Field(
        None, description="its public key as PEM: an agent takes its checks from the centre, and none of this file"
    )

    @model_validator(mode="after")
    def _plain_or_not(self) -> Self:
        if self.plaintext and self.tls is not None:
            raise wrong("plaintext", "is true and there is a tls section: leave one of them out")
        return self

    def settings(self) -> mqtt_settings.Mqtt:
        """As the transport takes it."""
        tls = None
        if self.tls is not None:
            tls = mqtt_settings.BrokerTls(self.tls.ca_file, self.tls.cert_file, self.tls.key_file)
        elif not self.plaintext:
            tls = mqtt_settings.BrokerTls()
        file, megabytes = (self.outbox.file, self.outbox.megabytes) if self.outbox else (None, OUTBOX_MEGABYTES)
        return mqtt_settings.Mqtt(
            host=self.host,
            port=self.port or (_PLAIN_PORT if self.plaintext else _TLS_PORT),
            tls=tls,
            topic=self.topic,
            username=self.username,
            password=self.password,
            agents=tuple(
                mqtt_settings.Agent(one.id, one.vantage or one.id, one.username or one.id, one.password)
                for one in self.agents
            ),
            outbox=mqtt_settings.Outbox(file, megabytes * 1_000_000),
            clock_within_ms=self.clock_within,
            in_flight=self.in_flight,
            ingest=self.ingest,
            signing_key=self.signing_key,
            verify_key=self.verify_key,
        )


def check_mqtt(root: Mapping[str, Any], names: Names, add: Callable[[Loc, str], None]) -> None:
    """Every agent speaks for a vantage there is, and no two for the same."""
    mqtt = root.get("mqtt")
    ids: set[str] = set()
    places: set[str] = set()
    for loc, agent in entries(mqtt, "agents") if isinstance(mqtt, dict) else ():
        place: Loc = ("mqtt", *loc)
        id_ = agent.get("id")
        vantage = agent.get("vantage", id_)
        at: Loc = (*place, "vantage" if "vantage" in agent else "id")
        names.expect(at, vantage, "vantages")
        if isinstance(id_, str) and id_ in ids:
            add((*place, "id"), f"{shown(id_)} stands in this list twice: every agent has a name of its own")
        elif isinstance(vantage, str) and vantage in places:
            add(at, f"{shown(vantage)} has an agent already: one speaks for a vantage")
        if isinstance(id_, str):
            ids.add(id_)
        if isinstance(vantage, str):
            places.add(vantage)
