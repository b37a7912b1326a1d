"""`waakvlam status`: what is up, down and unknown, since when and why, from the facts in the store."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from availability.centres import CentresNow
from availability.edges import from_ms
from availability.estate import Estate
from availability.evaluation import Evaluation
from availability.judge import Facts, observe
from availability.outcome import Outcome, Status
from availability.ports import FactStore, PartState
from availability.standing import LastLook, part_states
from availability.states import STATE_NAMES, UP
from availability.trail import with_trail
from exporters.centres import centres_document, centres_sentence
from exporters.local_time import LocalTime
from exporters.standing_words import is_as_it_should_be, why, word
from exporters.status_json import kind_of, part_document
from waakvlam.centres import looked_at
from waakvlam.live import Live, running, with_live
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import console, parse_instant, say_data

if TYPE_CHECKING:
    from rich.table import Table

_STYLES = {"up": "green", "down": "bold red", "unknown": "bright_black"}
_NOT_AS_IT_SHOULD = "yellow"


def status(path: Path, as_of: str | None, *, as_json: bool) -> None:
    """Print the state of everything as known at `as_of` (default: now), what is wrong first.

    What is degraded now is no fact: it is what the collector says, where one runs.
    """
    settings = load_settings(path)
    now = parse_instant(as_of, "--as-of") if as_of else time.time_ns() // 1_000_000
    store = load_store(settings, create=False)
    try:
        facts = store.rows(until=now)
        looks = last_looks(store, facts, now)
        estate = with_trail(settings.estate, store.trail())
        centres = looked_at(store, settings) if as_of is None else None
    finally:
        store.close()
    evaluation = Evaluation(estate, observe(estate, facts, now))
    states = list(part_states(evaluation, lambda *key: looks.get(key), now).parts.values())
    live = running(settings) if as_of is None else None
    if live is not None:
        states = [with_live(state, live) for state in states]
    if as_json:
        say_data(_json(estate, states, now, live, centres))
    else:
        console().print(_table(estate, states, now))
        if centres is not None:
            console().print(centres_sentence(centres, LocalTime(estate.timezone)), markup=False, highlight=False)
        if live is not None and live.agents:
            console().print(_agents(live.agents))


def last_looks(store: FactStore, facts: Facts, now: int) -> Mapping[tuple[str, str], LastLook]:
    """The newest observation of every series that did not end well, with its reason."""
    looks = {}
    for (check, vantage), rows in facts.items():
        first, _, _, last_status = rows[-1]
        if last_status != Status.OK:
            runs = [run for run in store.runs(check, vantage, since=first) if run.first <= now]
            if runs:
                run = runs[-1]
                at = run.first + run.step * min(run.length - 1, (now - run.first) // run.step if run.step else 0)
                looks[check, vantage] = LastLook(at, Outcome(run.status, run.reason, None, run.detail))
    return looks


def _json(estate: Estate, states: Sequence[PartState], now: int, live: Live | None, centres: CentresNow | None) -> str:
    zone = LocalTime(estate.timezone)
    parts = [part_document(state, estate, zone, live=live is not None) for state in states]
    document: dict[str, object] = {"at": zone.iso(now), "live": live is not None, "parts": parts}
    if live is not None:
        document["checks"] = list(live.checks)
        document["agents"] = list(live.agents)
    if centres is not None:
        document["centres"] = centres_document(centres, zone)
    return json.dumps(document, ensure_ascii=False, indent=1)


def _table(estate: Estate, states: Sequence[PartState], now: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    zone = ZoneInfo(estate.timezone)
    table = Table(title=f"As known at {from_ms(now, zone):%Y-%m-%d %H:%M:%S %Z}", title_justify="left")
    for heading in ("what", "kind", "state", "since", "why"):
        table.add_column(heading, overflow="fold")
    for state in sorted(states, key=lambda one: (one.state, is_as_it_should_be(one))):
        begun = state.since if state.degraded is None else state.degraded.since
        since = "" if begun is None else f"{from_ms(begun, zone):%Y-%m-%d %H:%M:%S}"
        style = (
            _STYLES[STATE_NAMES[state.state]] if state.state != UP or is_as_it_should_be(state) else _NOT_AS_IT_SHOULD
        )
        table.add_row(Text(state.id), kind_of(state.id, estate), Text(word(state), style), since, Text(why(state)))
    return table


def _agents(agents: Sequence[Any]) -> Table:
    """How the agents at other vantages do, as the collector writes them."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Agents", title_justify="left")
    for heading in ("agent", "vantage", "presence", "configuration", "clock", "waiting", "trouble"):
        table.add_column(heading, overflow="fold")
    for agent in agents:
        same, offset = agent["same_config"], agent["clock_offset_seconds"]
        trouble = [str(agent["last_refusal"])] if agent["last_refusal"] else []
        counted = ("dropped", "aside", "missing_batches")
        trouble += [f"{agent[key]} {key.replace('_', ' ')}" for key in counted if agent[key]]
        is_well = agent["presence"] == "here" and same is not False and not trouble
        table.add_row(
            Text(str(agent["agent"])),
            Text(str(agent["vantage"])),
            Text(str(agent["presence"]), "green" if is_well else _NOT_AS_IT_SHOULD),
            {True: "the same", False: "another", None: ""}[same],
            "" if offset is None else f"{offset:+.3f} s",
            str(agent["waiting"]),
            Text("; ".join(trouble)),
        )
    return table
