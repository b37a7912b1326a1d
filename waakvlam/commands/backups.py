"""`waakvlam backups log`: every day of every backup, and every restore test, out of what the jobs reported."""

from __future__ import annotations

import re
import time
from datetime import date
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from availability.backups import BACKUP, RESTORE_TEST
from availability.edges import start_instant
from exporters.backups import backup_csv, backup_json, backup_tables
from waakvlam.backups import backup_log
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import console, parse_instant, refuse, say, say_data

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LONGEST_MS = 3_660 * 86_400_000
_YEARS = range(1970, 9999)
_EARLIEST_MS, _LATEST_MS = 0, 253_370_764_800_000
"""The years 1970 to 9998 in UTC."""

Format = Literal["table", "json", "csv"]


def log(path: Path, start: str, end: str | None, format_: Format) -> None:
    """Print the log book from `start` to `end` (default: now), instants or dates."""
    from collector.store import StoreError

    settings = load_settings(path)
    now = time.time_ns() // 1_000_000
    zone = ZoneInfo(settings.estate.timezone)
    since = _edge(start, "--from", zone)
    until = now if end is None else _edge(end, "--to", zone)
    if since >= until:
        refuse(f"--from {start} is not before --to {end or 'now'}")
    if until - since > _LONGEST_MS:
        refuse("--from and --to are more than ten years apart: ask for less at a time")
    store = load_store(settings, create=False)
    try:
        shown = backup_log(settings, store, since, until, now)
    except StoreError as error:
        refuse(str(error))
    finally:
        store.close()
    if format_ == "json":
        say_data(backup_json(shown))
    elif format_ == "csv":
        say_data(backup_csv(shown))
    elif shown.jobs or shown.tests:
        console().print(backup_tables(shown))
    else:
        say(f"No component has the kind {BACKUP} or {RESTORE_TEST} and a heartbeat check: give your jobs one.")


def _edge(text: str, option: str, zone: ZoneInfo) -> int:
    """An instant; a date stands for its midnight."""
    if _DATE.fullmatch(text):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            refuse(f"{option}: {text!r} is a day that does not exist")
        instant = start_instant(day, 0, zone) if day.year in _YEARS else None
    else:
        instant = parse_instant(text, option)
    if instant is None or not _EARLIEST_MS <= instant < _LATEST_MS:
        refuse(f"{option}: {text!r} lies outside the years {_YEARS[0]} to {_YEARS[-1]}")
    return instant
