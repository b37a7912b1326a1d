"""`waakvlam certificates`: the register of certificates, as they were seen."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

from availability.certificates import register
from config.problems import shown
from config.types import duration
from exporters.certificates import CertificateList, certificate_csv, certificate_json, certificate_table
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import console, refuse, say, say_data

_ENDS = 1
"""Exit code where one ends within the time that was asked for."""

Format = Literal["table", "json", "csv"]


def certificates(path: Path, within: str | None, format_: Format, *, all_: bool) -> None:
    """Print what is current, what ends first before all else; with `all_` what was replaced too.

    With `within`, a duration, only what ends in that time, and then the exit code is 1 if there is any that is current.
    """
    from collector.store import StoreError

    span = None if within is None else _duration(within)
    settings = load_settings(path)
    store = load_store(settings, create=False)
    try:
        sightings = store.certificates()
    except StoreError as error:
        refuse(str(error))
    finally:
        store.close()
    now = time.time_ns() // 1_000_000
    listed = [one for one in register(sightings, settings.checks) if all_ or one.standing == "current"]
    if span is not None:
        listed = [one for one in listed if one.left_ms(now) <= span]
    parts = {spec.id: spec.part for spec in settings.checks.values()}
    _print(CertificateList(listed, now, settings.estate.timezone, parts), format_, ever=bool(sightings))
    if span is not None and any(one.standing == "current" for one in listed):
        raise SystemExit(_ENDS)


def _print(chosen: CertificateList, format_: Format, *, ever: bool) -> None:
    if format_ == "json":
        say_data(certificate_json(chosen))
    elif format_ == "csv":
        say_data(certificate_csv(chosen))
    elif chosen.certificates:
        console().print(certificate_table(chosen))
    elif ever:
        say("None.")
    else:
        say("No certificate was seen yet: whatever shows one to a check of `waakvlam run` is noted.")


def _duration(text: str) -> int:
    try:
        return duration(text)
    except ValueError as error:
        refuse(f"--within: {shown(text)} {error}")
