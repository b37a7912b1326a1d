"""Tells of agents at other vantages: their metrics, and how they stand in the live state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from availability.agents import AgentPresence, AgentState
from exporters import agent_names as names
from exporters.exposition import Page, number, series
from exporters.family import Family
from exporters.json_figures import Document
from exporters.local_time import LocalTime

_PRESENCES = get_args(AgentPresence)


def write_agents(page: Page, agents: Iterable[AgentState]) -> None:
    """Write how every agent does; what is not known of one has no sample."""
    for state in agents:
        who = (state.agent, state.vantage)
        for presence in _PRESENCES:
            _sample(page, names.PRESENCE, state.presence == presence, state.agent, presence, state.vantage)
        _sample(page, names.HEARD_AT, _seconds(state.heard_at), *who)
        _sample(page, names.SAME_CONFIG, state.same_config, *who)
        _sample(page, names.CLOCK_OFFSET, _seconds(state.clock_offset_ms), *who)
        _sample(page, names.STORED, state.batches, *who)
        _sample(page, names.OBSERVATIONS, state.observations, *who)
        _sample(page, names.REPEATED, state.repeated, *who)
        _sample(page, names.MISSING, state.missing, *who)
        _sample(page, names.HOLE, state.hole, *who)
        for reason, count in sorted(state.refused.items()):
            _sample(page, names.REFUSED, count, state.agent, reason, state.vantage)
        if state.program:
            _sample(page, names.LATENESS, state.late_ms / 1000, *who)
            _sample(page, names.PENDING, state.waiting, *who)
            _sample(page, names.OLDEST, _seconds(state.oldest), *who)
            _sample(page, names.FULLNESS, state.fullness, *who)
            _sample(page, names.ASIDE, state.aside, *who)
            _sample(page, names.THINNED, state.thinned, *who)
            _sample(page, names.DROPPED, state.dropped, *who)


def agent_document(state: AgentState, zone: LocalTime) -> Document:
    """One agent in the live state."""
    return {
        "agent": state.agent,
        "vantage": state.vantage,
        "presence": state.presence,
        "heard_at": None if state.heard_at is None else zone.iso(state.heard_at),
        "version": state.program,
        "config": state.config,
        "same_config": state.same_config,
        "clock_offset_seconds": _seconds(state.clock_offset_ms),
        "checks": state.checks,
        "waiting": state.waiting,
        "oldest": None if state.oldest is None else zone.iso(state.oldest),
        "outbox_ratio": state.fullness,
        "thinned": state.thinned,
        "dropped": state.dropped,
        "aside": state.aside,
        "missing_batches": state.missing,
        "refused": dict(state.refused),
        "last_refusal": state.last_refusal,
    }


def _sample(page: Page, family: Family, value: float | None, *labels: str) -> None:
    if value is not None:
        page.add(family, [f"{series(family, *labels)}{number(float(value))}\n"])


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
