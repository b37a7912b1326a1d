"""`waakvlam import incidents`: what the help desk registered, from its CSV file."""

from __future__ import annotations

import time
from pathlib import Path

from waakvlam.person import who
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import refuse, say


def import_incidents(file: Path, path: Path) -> None:
    """Register the incidents of `file` in the store of the configuration at `path`: all of them or none."""
    from collector.csv_lines import ImportRefused
    from collector.incidents import read_incidents
    from collector.store import StoreError

    settings = load_settings(path)
    if settings.help_desk is None:
        refuse(
            f"{path}: recovery.incidents is missing: say there what the columns of the help desk's export are called, "
            "such as {columns: {id: Number, reported: Reported, closed: Closed}}"
        )
    now = time.time_ns() // 1_000_000
    try:
        incidents = read_incidents(file, settings.help_desk, settings.estate.services, now)
    except ImportRefused as error:
        refuse(str(error))
    store = load_store(settings, create=True)
    try:
        done = store.register(incidents, str(who()), now)
    except StoreError as error:
        refuse(str(error))
    finally:
        store.close()
    say(f"{file}: {len(incidents)} incidents: {done.new} new, {done.changed} changed, {done.known} already known")
