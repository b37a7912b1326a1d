"""`waakvlam assets --licences`: the register of licences, what ends first before all else."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from config.problems import shown
from config.types import duration
from exporters.licences import LicenceList, licence_counts, licence_csv, licence_json, licence_table
from waakvlam.setup import load_settings
from waakvlam.terminal import console, refuse, say, say_data

_ENDS = 1
"""Exit code where one ends within the time that was asked for."""
_DAY_MS = 86_400_000

Format = Literal["table", "json", "csv"]


def licences(path: Path, within: str | None, format_: Format) -> None:
    """Print the licences that the configuration at `path` lists.

    With `within`, a duration, only those that end in that time or have ended, and then the exit code is 1 if there is
    any.
    """
    settings = load_settings(path)
    today = datetime.now(ZoneInfo(settings.estate.timezone)).date()
    listed = LicenceList(settings.licences, today)
    if within is not None:
        listed = listed.within(_days(within))
    if format_ == "json":
        say_data(licence_json(listed))
    elif format_ == "csv":
        say_data(licence_csv(listed))
    elif listed.licences:
        console().print(licence_table(listed))
        say(licence_counts(listed))
    else:
        say("None." if settings.licences else "The configuration lists no licences: see `licences` in its reference.")
    if within is not None and listed.licences:
        raise SystemExit(_ENDS)


def _days(text: str) -> int:
    try:
        return duration(text) // _DAY_MS
    except ValueError as error:
        refuse(f"--within: {shown(text)} {error}")
