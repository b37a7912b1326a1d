"""`waakvlam alertmanager`: the configuration of Alertmanager, from who is on call and what depends on what."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from availability.edges import from_ms
from config.problems import shown
from config.types import duration
from dashboards.alertmanager import AlertmanagerError, Wanted, alertmanager, first_year
from dashboards.alertmanager_hours import last_day
from waakvlam.setup import load_settings
from waakvlam.terminal import note_aside, refuse, say, say_data, written_whole

DIFFERS = 1
"""Exit code where a file is not what would be written, or its office hours run out."""
DAYS_AHEAD = 60
"""That the office hours run out is told so long before."""
_SIZE_LIMIT = 32 * 1024 * 1024
_YEARS = range(1970, 2200)


def write(path: Path, output: Path | None, *, check: bool, year: int | None, wait: str | None, url_file: bool) -> None:
    """Write the configuration of Alertmanager to `output`, or standard output; with `check`, hold the file against it.

    `year` is the first one with office hours (default: this one; of a file to check, its own), `wait` how long a first
    notification waits (default: worked out).
    """
    settings = load_settings(path)
    today = from_ms(time.time_ns() // 1_000_000, ZoneInfo(settings.estate.timezone)).date()
    if year is not None and year not in _YEARS:
        refuse(f"--year: {year} lies outside the years {_YEARS[0]} to {_YEARS[-1]}")
    if check and output is None:
        refuse("--check needs the file to hold against: add --output FILE")
    waits = None if wait is None else _duration(wait)
    there = _read(output) if check and output is not None else ""
    first = year or (first_year(there) if check else None) or today.year
    try:
        text = alertmanager(settings, Wanted(first, waits, url_file))
    except AlertmanagerError as error:
        refuse(f"{path}: {error}")
    if check and output is not None:
        _compare(output, there, text, last_day(first), today)
    elif output is None:
        say_data(text)
    else:
        with written_whole(output) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _compare(output: Path, there: str, text: str, last: date, today: date) -> None:
    if there != text:
        note_aside(f"{output}: is not what would be written now: write it again")
        raise SystemExit(DIFFERS)
    left = (last - today).days
    if left < 0:
        note_aside(f"{output}: its office hours ended on {last}: write it again")
        raise SystemExit(DIFFERS)
    if left < DAYS_AHEAD:
        note_aside(f"{output}: its office hours end on {last}, in {left} days: write it again")
        raise SystemExit(DIFFERS)
    say(f"{output}: as it should be, with office hours to {last}")


def _read(output: Path) -> str:
    try:
        with output.open(encoding="utf-8") as file:
            return file.read(_SIZE_LIMIT)
    except OSError as error:
        refuse(f"cannot read {output}: {error.strerror}")
    except UnicodeDecodeError:
        refuse(f"cannot read {output}: it is not UTF-8")


def _duration(text: str) -> int:
    try:
        return duration(text)
    except ValueError as error:
        refuse(f"--group-wait: {shown(text)} {error}")
