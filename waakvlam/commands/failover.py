"""`waakvlam failover`: the events of failover pairs by name, and the account of one that an auditor is handed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from availability.estate import Estate, FailoverPair, Maintenance, Service
from availability.evaluation import Evaluation, Layout
from availability.failover_account import FailoverAccount, Known, failover_account, resting_on, window_of
from availability.failover_events import (
    Asked,
    checks_under,
    events_of,
    first_fact,
    named,
    pair_account,
    pair_parts,
    parse_name,
)
from availability.judge import Facts, observe
from availability.report import Failover
from availability.trail import Entry, records, with_trail
from config.problems import remedy, shown
from config.settings import Settings
from exporters.failover_page import Names, page
from exporters.failover_screen import Listed, render_list, render_page
from exporters.failover_words import EN, WORDS, Language, Words
from waakvlam.entering import told_person
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import console, parse_instant, refuse, say_data, written_whole
from waakvlam.version import VERSION

if TYPE_CHECKING:
    from collector.store import SqlStore

_NEAREST = 3
"""So many events are named where the one that was asked for is not there."""


def list_(
    path: Path, pair: str | None, between: tuple[str | None, str | None], as_of: str | None, *, as_json: bool
) -> None:
    """Print the events of all pairs, or of `pair`, that began within `between`, and when each pair is to be tested."""
    settings = load_settings(path)
    now = _instant(as_of)
    start = None if between[0] is None else parse_instant(between[0], "--from")
    end = None if between[1] is None else parse_instant(between[1], "--to")
    if start is not None and end is not None and end <= start:
        refuse(f"--to: {shown(between[1] or '')} is not after --from")
    pairs = settings.estate.pairs if pair is None else (_pair(settings.estate, pair, "--pair"),)
    if not pairs:
        refuse(f"{path}: no failover pair is configured: describe one under `failover_pairs`")
    with _store(settings) as store:
        loaded = _load(store, settings.estate, pairs, now)
    listed = []
    for one in pairs:
        events = events_of(loaded.evaluation, one, now)
        standing = pair_account(one, events, first_fact(loaded.evaluation, one), now)
        wanted = [
            (name, event)
            for name, event in named(events).items()
            if (start is None or event.started_at >= start) and (end is None or event.started_at < end)
        ]
        listed.append(Listed(standing, tuple(wanted)))
    if as_json:
        from exporters.failover_json import list_json

        say_data(list_json(listed, now, settings.estate.timezone))
    else:
        console().print(render_list(tuple(listed), settings.estate.timezone))


def report(path: Path, name: str, language: Language, format_: str, output: Path | None, as_of: str | None) -> None:
    """Write the account of the event `name` as known at `as_of` (default: now)."""
    if format_ == "pdf" and output is None:
        refuse("--format pdf needs a file to write to: add --output account.pdf")
    settings = load_settings(path)
    try:
        asked = parse_name(name)
    except ValueError as error:
        refuse(f"EVENT: {shown(name)} {error}")
    pair = _pair(settings.estate, asked.pair, "EVENT")
    now = _instant(as_of)
    with _store(settings) as store:
        loaded = _load(store, settings.estate, [pair], now, resting_on(settings.estate, pair))
        account = _account(store, settings, loaded, pair, asked)
    names = Names(
        {one.id: one.name for one in settings.organisations.values()},
        {one.id: one.name for one in settings.sites.values()},
    )
    _write(account, loaded.evaluation.estate, names, WORDS[language], format_, output)


@contextmanager
def _store(settings: Settings) -> Iterator[SqlStore]:
    """The store, for reading; its sentence and exit 2 where it cannot be read."""
    from collector.store import StoreError

    store = load_store(settings, create=False)
    try:
        yield store
    except StoreError as error:
        refuse(str(error))
    finally:
        store.close()


@dataclass(frozen=True)
class _Loaded:
    """What was read of the store, judged; `facts` of all checks that anything told here depends on."""

    evaluation: Evaluation
    facts: Facts
    watched: frozenset[str]
    """The checks that the pairs themselves depend on."""
    as_of: int


def _load(
    store: SqlStore, estate: Estate, pairs: Sequence[FailoverPair], as_of: int, services: Sequence[Service] = ()
) -> _Loaded:
    layout = Layout.of(estate)
    watched = checks_under(estate, layout, [id_ for pair in pairs for id_ in pair_parts(pair)])
    needs = [id_ for service in services for one in service.participants for id_ in one.needs]
    needed = watched | checks_under(estate, layout, [*(service.id for service in services), *needs])
    facts = {key: rows for key, rows in store.rows(until=as_of).items() if key[0] in needed and rows}
    trail = store.trail()
    estate = _with_people(with_trail(estate, trail), trail)
    return _Loaded(Evaluation(estate, observe(estate, facts, as_of)), facts, frozenset(watched), as_of)


def _with_people(estate: Estate, trail: Sequence[Entry]) -> Estate:
    """`estate` with those who entered and approved its records told as fully as the trail knows them."""
    people = records(trail)

    def told(record: Maintenance) -> Maintenance:
        known = people.get(record.id)
        if known is None or not record.entered_by:
            return record
        approved = told_person(known.approved) if known.approved else ""
        return replace(record, entered_by=told_person(known.added), approved_by=approved)

    return replace(estate, maintenance=tuple(told(record) for record in estate.maintenance))


def _pair(estate: Estate, id_: str, where: str) -> FailoverPair:
    known = {pair.id: pair for pair in estate.pairs}
    if id_ not in known:
        refuse(f"{where}: there is no failover pair {shown(id_)}: {remedy(id_, known, 'failover pairs')}")
    return known[id_]


def _account(store: SqlStore, settings: Settings, loaded: _Loaded, pair: FailoverPair, asked: Asked) -> FailoverAccount:
    evaluation, as_of = loaded.evaluation, loaded.as_of
    events = named(events_of(evaluation, pair, as_of))
    found = {name: event for name, event in events.items() if asked.start <= event.started_at < asked.end}
    if len(found) != 1:
        refuse(_not_found(settings.estate, loaded, asked, events, found))
    ((name, event),) = found.items()
    window = window_of(evaluation, pair, event, as_of)
    runs = {
        key: [run for run in store.runs(*key, since=window[0]) if run.first < window[1]]
        for key in loaded.facts
        if key[0] in loaded.watched
    }
    expected = {id_: settings.checks[id_].vantages for id_ in loaded.watched if id_ in settings.checks}
    return failover_account(Known(evaluation, loaded.facts, runs, as_of, expected), pair, name, event)


def _not_found(
    estate: Estate, loaded: _Loaded, asked: Asked, events: Mapping[str, Failover], found: Mapping[str, Failover]
) -> str:
    """Why there is not exactly one such event, and what would be right."""
    zone = ZoneInfo(estate.timezone)
    if found:
        return f"EVENT: several events of {asked.pair} began in that time: {', '.join(found)}"
    rows = [rows for (check, _), rows in loaded.facts.items() if check in loaded.watched]
    if not rows:
        return f"EVENT: nothing was ever observed of {asked.pair}, so it has no events"
    first = min(series[0][0] for series in rows)
    last = min(loaded.as_of, max(series[-1][0] + series[-1][1] * (series[-1][2] - 1) for series in rows))
    sentence = f"EVENT: no event of {asked.pair} began in that time"
    if asked.end <= first or asked.start > last:
        told = " to ".join(EN.stamp(instant, zone) for instant in (first, last))
        sentence = f"EVENT: that is outside the facts there are of {asked.pair}, from {told}"
    near = sorted(events, key=lambda name: abs(events[name].started_at - asked.start))[:_NEAREST]
    return f"{sentence}; {'nearest are ' + ', '.join(near) if near else 'it has had no events'}"


def _write(
    account: FailoverAccount, estate: Estate, names: Names, words: Words, format_: str, output: Path | None
) -> None:
    if format_ == "json":
        from exporters.failover_json import account_json

        text = account_json(account, estate, names, words, VERSION)
        if output is None:
            say_data(text)
            return
        with written_whole(output) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="")
        return
    made = page(account, estate, names, words, VERSION)
    if format_ == "pdf" and output is not None:
        from exporters.failover_pdf import failover_pdf

        with written_whole(output) as temporary:
            temporary.write_bytes(failover_pdf(made))
    elif output is None:
        console().print(render_page(made))
    else:
        with written_whole(output) as temporary, temporary.open("w", encoding="utf-8") as file:
            console(file).print(render_page(made))


def _instant(as_of: str | None) -> int:
    return parse_instant(as_of, "--as-of") if as_of else time.time_ns() // 1_000_000
