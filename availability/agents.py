"""What the centre knows of an agent: what it tells of itself, and what came of what it sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

AgentPresence = Literal["here", "stopped", "gone", "never"]
"""`gone` without a farewell; `never`: nothing has come from it since this collector started."""


@dataclass(frozen=True, slots=True)
class AgentState:
    """One agent now. Instants in epoch milliseconds, None where there is none; counters of what came in since this
    collector started, and of what the agent tells since the agent started."""

    agent: str
    vantage: str
    presence: AgentPresence = "never"
    heard_at: int | None = None
    """When its last word came in."""
    program: str = ""
    config: str = ""
    """The digest of the configuration it uses."""
    same_config: bool | None = None
    """Whether that is the one of the centre; None where it has not told."""
    clock_offset_ms: int | None = None
    """How far its clock is ahead of the centre's."""
    checks: int = 0
    waiting: int = 0
    """Observations that the centre has not stored yet."""
    oldest: int | None = None
    """The last instant in the first batch of those."""
    fullness: float = 0.0
    """The share of the room of its outbox that is taken."""
    thinned: int = 0
    dropped: int = 0
    aside: int = 0
    late_ms: int = 0
    batches: int = 0
    """Batches that were stored."""
    observations: int = 0
    """Observations in those."""
    repeated: int = 0
    """Batches that had come before."""
    missing: int = 0
    """Batches that the agent no longer holds and that never came."""
    hole: int = 0
    """Batches that are still to come although later ones have."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Messages that were not taken, by why."""
    last_refusal: str = ""
