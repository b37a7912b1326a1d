"""`waakvlam import observations`: facts from a CSV file."""

from __future__ import annotations

import time
from pathlib import Path

from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import refuse, say


def import_csv(file: Path, path: Path) -> None:
    """Add the observations of `file` to the store of the configuration at `path`: all of them or none."""
    from collector.csv_lines import ImportRefused
    from collector.importing import import_observations
    from collector.store import StoreError

    settings = load_settings(path)
    store = load_store(settings, create=True)
    try:
        result = import_observations(
            file, store, settings.checks, settings.estate.vantages, now_ms=time.time_ns() // 1_000_000
        )
    except (ImportRefused, StoreError) as error:
        refuse(str(error))
    finally:
        store.close()
    say(
        f"{file}: {result.lines} observations: {result.added} new, {result.known} already known, "
        f"{result.conflicts} in conflict with another outcome for the same instant"
    )
