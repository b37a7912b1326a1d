"""Composition shared by the commands: a configuration read with the probes there are, and its store opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from availability.trail import Entry
from collector.probes import OPTIONS
from config.problems import ConfigError
from config.reader import read, read_alone, read_expanded
from config.settings import Settings
from config.what_if_trail import apply_to_trail
from waakvlam.terminal import refuse

if TYPE_CHECKING:
    from collector.store import SqlStore


def load_settings(path: Path, what_if: Sequence[str] = ()) -> Settings:
    """The configuration at `path`, but for what `what_if` assumes (each PATH=VALUE); every problem on standard error
    and exit 2 where it is refused."""
    try:
        return read(path, OPTIONS, what_if)
    except ConfigError as error:
        refuse(str(error))


def load_expanded(path: Path) -> str:
    """The configuration at `path` written out, without templates and lists; exit 2 where it is refused."""
    try:
        return read_expanded(path, OPTIONS)[1]
    except ConfigError as error:
        refuse(str(error))


def load_alone(path: Path) -> tuple[Settings, bytes]:
    """The configuration at `path`, and the text that says the same by itself, to be kept; exit 2 where it is
    refused."""
    try:
        return read_alone(path, OPTIONS)
    except ConfigError as error:
        refuse(str(error))


def load_store(settings: Settings, *, create: bool) -> SqlStore:
    """The store of `settings`; a sentence on standard error and exit 2 where it cannot be used."""
    from collector.store import StoreError, open_store

    try:
        return open_store(settings.store_url, create=create)
    except StoreError as error:
        refuse(str(error))


def trail_of(store: SqlStore, settings: Settings) -> list[Entry]:
    """The trail of maintenance as `settings` assume it; a sentence on standard error and exit 2 where that is wrong."""
    trail = store.trail()
    if not settings.what_if:
        return trail
    try:
        return apply_to_trail(trail, settings)
    except ConfigError as error:
        refuse(str(error))


def own_vantage(settings: Settings, vantage: str | None) -> str:
    """The vantage this process stands at: the one asked for, or the only one there is."""
    known = [place.id for place in settings.estate.vantages.values() if not place.retired]
    if vantage is None:
        if len(known) == 1:
            return known[0]
        refuse(f"--vantage is required, since several are configured: {', '.join(known)}")
    if vantage not in known:
        refuse(f"--vantage: there is no vantage {vantage!r}: choose one of {', '.join(known)}")
    return vantage
