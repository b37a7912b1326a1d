"""`waakvlam explain`: why something is up, down or unknown, from the facts in the store."""

from __future__ import annotations

import time
from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING

from availability.archive import LATENCY_SLOT_MS
from availability.estate import Estate
from availability.evaluation import Evaluation, Layout, resting_on
from availability.explaining import Explanation, agreements_on, explain, rests_on
from availability.judge import Facts
from availability.looked import Evidence
from availability.outcome import Outcome, Status
from availability.ports import FactStore, LatencySummary, PartState
from availability.standing import LastLook, part_states
from availability.states import UP
from availability.trail import with_trail
from config.problems import remedy, shown
from config.settings import Settings
from exporters.explanation import explanation_tree
from exporters.standing_words import is_as_it_should_be
from waakvlam.commands.status import last_looks
from waakvlam.live import running, with_live
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import console, parse_instant, refuse, say_data

if TYPE_CHECKING:
    from collector.store import SqlStore

_LATELY_MS = 4 * LATENCY_SLOT_MS
"""The latencies that are told with a check are those of this long before."""


def explain_id(path: Path, id_: str, at: str | None, *, as_json: bool, brief: bool) -> None:
    """Print why `id_` is what it is at `at` as known then (default: now)."""
    from collector.store import StoreError

    settings = load_settings(path)
    now = parse_instant(at, "--at") if at else time.time_ns() // 1_000_000
    _refuse_unknown(settings.estate, id_)
    store = load_store(settings, create=False)
    try:
        explanation, states = explained(settings, store, id_, now, past=at is not None)
    except StoreError as error:
        refuse(str(error))
    finally:
        store.close()
    # That something is degraded is no fact: a running collector says it, of now.
    live = running(settings) if at is None else None
    if live is not None:
        states = [with_live(state, live) for state in states]
    worse = [state for state in states if state.state == UP and not is_as_it_should_be(state)]
    timezone = settings.estate.timezone
    if as_json:
        from exporters.explanation_json import explanation_json

        say_data(explanation_json(explanation, settings.estate, timezone, worse, live=live is not None))
    else:
        console().print(explanation_tree(explanation, timezone, worse, brief=brief))


def explained(
    settings: Settings, store: SqlStore, id_: str, now: int, *, past: bool
) -> tuple[Explanation, list[PartState]]:
    """The explanation of `id_`, for which only the facts of what it rests on are read, and how all that it names
    stands."""
    whole = with_trail(settings.estate, store.trail())
    layout = Layout.of(whole)
    agreements = agreements_on(whole, layout, id_)
    estate = resting_on(whole, layout, rests_on(whole, id_))
    checks = {check.id for part in estate.parts.values() for check in part.checks}
    facts = dict(store.series(until=now, keys=_OfChecks(checks)))
    looks = {**_good_looks(facts, now), **last_looks(store, facts, now)}
    slot = now // LATENCY_SLOT_MS * LATENCY_SLOT_MS
    # What was measured later in the quarter of an hour that goes on was not known yet.
    until = slot if past else slot + LATENCY_SLOT_MS
    evidence = Evidence.of(
        estate,
        facts,
        now,
        lambda *key: looks.get(key),
        {spec.id: spec.vantages for spec in settings.checks.values()},
        lambda check: _latency(store, check, until),
    )
    evaluation = Evaluation(estate, evidence.seen_by)
    explanation = explain(evaluation, id_, evidence, agreements)
    states = part_states(evaluation, lambda *key: looks.get(key), now).parts
    return explanation, [states[node] for node in explanation.nodes if node in states]


class _OfChecks(Container[tuple[str, str]]):
    """Every series of some checks, from whatever vantage."""

    def __init__(self, checks: set[str]) -> None:
        self._checks = checks

    def __contains__(self, key: object) -> bool:
        return isinstance(key, tuple) and key[0] in self._checks


def _latency(store: FactStore, check: str, until: int) -> LatencySummary | None:
    summary = store.latencies(check, [(until - _LATELY_MS, until)])
    return summary if summary.count else None


def _good_looks(facts: Facts, now: int) -> dict[tuple[str, str], LastLook]:
    """The newest observation of every series that ended well."""
    looks = {}
    for key, rows in facts.items():
        first, step, length, status = rows[-1]
        if status == Status.OK:
            last = first + step * min(length - 1, (now - first) // step if step else 0)
            looks[key] = LastLook(last, Outcome(Status.OK))
    return looks


def _refuse_unknown(estate: Estate, id_: str) -> None:
    checks = [check.id for part in estate.parts.values() for check in part.checks]
    known = [*estate.services, *estate.parts, *(pair.id for pair in estate.pairs), *checks]
    if id_ not in known:
        refuse(
            f"ID: there is no service, component, link, failover pair or check {shown(id_)}: "
            f"{remedy(id_, known, 'ids')}"
        )
