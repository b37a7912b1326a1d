"""What the centre knows of its agents, and whether it may believe a message that came in the name of one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from availability.agents import AgentState
from collector.transport.fields import ProtocolError
from collector.transport.messages import FactsMessage, StatusMessage
from collector.transport.positions import Position
from config.mqtt_settings import Agent, Mqtt

_SILENT_MS = 60_000
"""Four times as long as an agent lets pass between two words."""


@dataclass(slots=True)
class Known:
    """What is known of one agent."""

    agent: Agent
    status: StatusMessage | None = None
    heard_at: int | None = None
    batches: int = 0
    observations: int = 0
    position: Position = field(default_factory=Position)
    refused: Counter[str] = field(default_factory=Counter)
    last_refusal: str = ""


class Register:
    """Every agent of the configuration."""

    def __init__(self, mqtt: Mqtt) -> None:
        self._known: dict[str, Known] = {}
        self.strangers = 0
        """Messages in the name of nobody."""
        self.replace(mqtt)

    def replace(self, mqtt: Mqtt) -> None:
        """Go on with another configuration; what is known of agents that stay is kept."""
        self._within_ms = mqtt.clock_within_ms
        before = self._known
        self._known = {}
        for agent in mqtt.agents:
            known = self._known[agent.id] = before.get(agent.id) or Known(agent)
            known.agent = agent

    def known(self, agent: str) -> Known | None:
        """What is known of an agent; None, and counted, where there is no such agent."""
        found = self._known.get(agent)
        if found is None:
            self.strangers += 1
        return found

    def agents(self) -> list[str]:
        """Their names."""
        return list(self._known)

    def check(self, agent: str, message: FactsMessage, now: int) -> None:
        """ProtocolError where `message`, which came at `now` by the topic of `agent`, says what that agent may not."""
        known = self._known.get(agent)
        if message.agent != agent or known is None:
            raise ProtocolError(f"came by the topic of {agent!r} in the name of {message.agent!r}", "agent")
        if message.vantage != known.agent.vantage:
            text = f"speaks for {message.vantage!r}, and {agent} may for {known.agent.vantage} alone: see mqtt.agents"
            raise ProtocolError(text, "vantage")
        within, offset = self._within_ms, message.offset
        ahead = message.sent - now
        if ahead > within or (offset is not None and abs(offset) > within):
            seconds = (ahead if ahead > within else offset or 0) / 1000
            text = f"comes with a clock that is {seconds:+.1f} s from the centre's: set it"
            raise ProtocolError(text, "clock")

    @property
    def within_ms(self) -> int:
        """How far a clock may be from the centre's (milliseconds)."""
        return self._within_ms

    def refused(self, agent: str, error: ProtocolError) -> bool:
        """Count a message that is not taken; whether that is news."""
        known = self._known.get(agent)
        if known is None:
            self.strangers += 1
            return self.strangers == 1
        known.refused[error.reason] += 1
        text = f"{error.reason}: {error}"
        news, known.last_refusal = text != known.last_refusal, text
        return news

    def stored(self, agent: str, batches: int, observations: int, position: Position) -> None:
        """Batches of an agent are stored."""
        known = self._known.get(agent)
        if known is not None:
            known.batches += batches
            known.observations += observations
            known.position = position
            known.last_refusal = ""

    def heard(self, agent: str, status: StatusMessage, now: int) -> None:
        """An agent told how it does, or the broker that it is gone."""
        known = self._known.get(agent)
        if known is not None:
            before = known.status
            if status.state == "gone" and before is not None:
                status = replace(before, state="gone")
            else:
                known.heard_at = now
            known.status = status

    def states(self, now: int, digest: str) -> tuple[AgentState, ...]:
        """Every agent as it stands at `now` (epoch milliseconds); `digest` is that of the centre's configuration."""
        return tuple(_state(known, now, digest) for known in self._known.values())


def _state(known: Known, now: int, digest: str) -> AgentState:
    status, position = known.status, known.position
    state = AgentState(
        agent=known.agent.id,
        vantage=known.agent.vantage,
        heard_at=known.heard_at,
        batches=known.batches,
        observations=known.observations,
        repeated=position.repeated,
        missing=position.missing,
        hole=position.hole,
        refused=dict(known.refused),
        last_refusal=known.last_refusal,
    )
    if status is None:
        return state
    silent = status.state == "here" and known.heard_at is not None and now - known.heard_at > _SILENT_MS
    return replace(
        state,
        presence="gone" if silent else status.state,
        program=status.program,
        config=status.config,
        same_config=status.config == digest if status.config else None,
        clock_offset_ms=status.offset,
        checks=status.checks,
        waiting=status.waiting,
        oldest=status.oldest,
        fullness=status.fullness,
        thinned=status.thinned,
        dropped=status.dropped,
        aside=status.aside,
        late_ms=status.late_ms,
    )
