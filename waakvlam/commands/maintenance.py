"""`waakvlam maintenance`: add, withdraw, approve and list records of maintenance; the trail is only ever added to."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from availability.estate import Estate
from availability.trail import Entry
from config.entered import EntryRefused, line, read_entered
from config.settings import Settings
from waakvlam.entering import Entering, asking, told_person
from waakvlam.person import who
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import console, refuse, say, say_data


def add(path: Path, words: Mapping[str, Any]) -> None:
    """Add the record that `words` (options by name) describe, for the configuration at `path`."""
    settings = load_settings(path)
    now = _now()
    try:
        given = read_entered(words, settings.estate, now)
    except EntryRefused as error:
        refuse(str(error))
    entering = Entering(settings.estate, who(), now)
    entry = _enter(settings, lambda trail: entering.add(trail, given), create=True)
    say(f"{entry.record}: added by {told_person(entry)}; {_what_next(settings.estate, entry)}")


def withdraw(path: Path, id_: str, reason: str) -> None:
    """Withdraw a record that was added by command; it stays in the trail."""
    settings = load_settings(path)
    try:
        reason = line(reason)
    except ValueError as error:
        refuse(f"--reason: {error}")
    entering = Entering(settings.estate, who(), _now())
    entry = _enter(settings, lambda trail: entering.withdraw(trail, id_, reason))
    say(f"{entry.record}: withdrawn by {told_person(entry)}; it counts no more")


def approve(path: Path, id_: str) -> None:
    """Approve a record that somebody else added."""
    settings = load_settings(path)
    entering = Entering(settings.estate, who(), _now())
    entry = _enter(settings, lambda trail: entering.approve(trail, id_))
    say(f"{entry.record}: approved by {told_person(entry)}; it counts under every agreement")


def list_(path: Path, *, everything: bool, as_json: bool) -> None:
    """Print what holds now, of the configuration and of the trail, and with `everything` the whole trail."""
    from collector.store import NothingRecorded, StoreError, open_store
    from waakvlam.commands.maintenance_list import as_document, as_tables

    settings = load_settings(path)
    trail: list[Entry] = []
    try:
        store = open_store(settings.store_url, create=False)
        try:
            trail = store.trail()
        finally:
            store.close()
    except NothingRecorded:
        pass  # then the configuration holds all there is
    except StoreError as error:
        refuse(str(error))
    if as_json:
        say_data(as_document(settings.estate, trail, everything=everything))
    else:
        console().print(as_tables(settings.estate, trail, everything=everything))


def _enter(settings: Settings, decide: Callable[[Sequence[Entry]], Entry], *, create: bool = False) -> Entry:
    """Enter what `decide` makes of the trail; its sentence and exit 2 where it refuses."""
    from collector.store import StoreError

    store = load_store(settings, create=create)
    try:
        return store.enter(decide)
    except (EntryRefused, StoreError) as error:
        refuse(str(error))
    finally:
        store.close()


def _what_next(estate: Estate, entry: Entry) -> str:
    agreements = asking(estate, entry.work.category) if entry.work else []
    if not agreements:
        return "it counts at once"
    return (
        f"under {', '.join(agreements)} it counts once somebody else runs `waakvlam maintenance approve {entry.record}`"
    )


def _now() -> int:
    return time.time_ns() // 1_000_000
