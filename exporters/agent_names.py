"""The metrics of agents at other vantages (docs/metrics.md)."""

from __future__ import annotations

from exporters.family import Family

_AGENT = ("agent", "vantage")

PRESENCE = Family(
    "waakvlam_agent_presence",
    "gauge",
    "Whether an agent is there: 1 at what holds (here, stopped, gone, never).",
    ("agent", "presence", "vantage"),
)
HEARD_AT = Family("waakvlam_agent_heard_timestamp_seconds", "gauge", "When the last word of an agent came in.", _AGENT)
SAME_CONFIG = Family(
    "waakvlam_agent_config_same",
    "gauge",
    "Whether an agent uses the same configuration as the centre (1) or another (0); absent before it told.",
    _AGENT,
)
CLOCK_OFFSET = Family(
    "waakvlam_agent_clock_offset_seconds",
    "gauge",
    "How far the clock of an agent is ahead of the centre's; absent before it was measured.",
    _AGENT,
)
LATENESS = Family(
    "waakvlam_agent_schedule_lateness_seconds",
    "gauge",
    "How late the looks of an agent began since its start, at the 99th percentile.",
    _AGENT,
)
PENDING = Family(
    "waakvlam_agent_outbox_observations", "gauge", "Observations in the outbox of an agent, not stored yet.", _AGENT
)
OLDEST = Family(
    "waakvlam_agent_outbox_oldest_timestamp_seconds",
    "gauge",
    "The last instant in the first batch that waits in the outbox of an agent; absent where it is empty.",
    _AGENT,
)
FULLNESS = Family(
    "waakvlam_agent_outbox_ratio", "gauge", "The share of the room of the outbox of an agent that is taken.", _AGENT
)
ASIDE = Family(
    "waakvlam_agent_aside_observations",
    "gauge",
    "Observations that an agent keeps aside: refused, or made with a clock that was wrong.",
    _AGENT,
)
THINNED = Family(
    "waakvlam_agent_thinned_observations_total",
    "counter",
    "Observations of an agent that lost their latency to save room in its outbox.",
    _AGENT,
)
DROPPED = Family(
    "waakvlam_agent_dropped_observations_total",
    "counter",
    "Observations that an agent gave up since its outbox was full.",
    _AGENT,
)
STORED = Family("waakvlam_agent_batches_total", "counter", "Batches of an agent that were stored.", _AGENT)
OBSERVATIONS = Family("waakvlam_agent_observations_total", "counter", "Observations in those batches.", _AGENT)
REPEATED = Family(
    "waakvlam_agent_batches_repeated_total", "counter", "Batches of an agent that had been stored before.", _AGENT
)
MISSING = Family(
    "waakvlam_agent_batches_missing_total",
    "counter",
    "Batches that an agent no longer holds and that never came.",
    _AGENT,
)
HOLE = Family(
    "waakvlam_agent_batches_hole", "gauge", "Batches that are still to come although later ones have.", _AGENT
)
REFUSED = Family(
    "waakvlam_agent_refused_total",
    "counter",
    "Messages of an agent that were not taken, by why (docs/protocol.md).",
    ("agent", "reason", "vantage"),
)

AGENT_FAMILIES: tuple[Family, ...] = (
    PRESENCE, HEARD_AT, SAME_CONFIG, CLOCK_OFFSET, LATENESS, PENDING, OLDEST, FULLNESS, ASIDE, THINNED, DROPPED, STORED,
    OBSERVATIONS, REPEATED, MISSING, HOLE, REFUSED,
)  # fmt: skip
