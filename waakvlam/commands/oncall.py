"""`waakvlam oncall`: who is on duty at each level, until when, and who is next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from config.oncall_settings import OnCall, with_shifts
from config.problems import shown
from exporters.harmless import harmless
from exporters.oncall import hole_lines, oncall_json, oncall_table, oncall_title, roster, span_lines
from waakvlam.rotas import Loaded, load
from waakvlam.setup import load_settings
from waakvlam.terminal import console, note_aside, parse_instant, refuse, say, say_data

NOT_WELL = 1
"""Exit code where a level has nobody, a rota has a hole, or a calendar does not load."""
_LATEST_MS = 7_258_118_400_000
"""The year 2200: turns are followed a year beyond."""


def oncall(path: Path, at: str | None, *, as_json: bool) -> None:
    """Print who is on duty at the instant `at` (default: now); exit 1 where something is wrong with that."""
    settings = load_settings(path)
    if settings.oncall is None:
        refuse(f"{path}: has no section `oncall`: nobody is on call; docs/oncall.md tells how to write one")
    now = parse_instant(at, "--at") if at else time.time_ns() // 1_000_000
    if not 0 <= now <= _LATEST_MS:
        refuse(f"--at: {at!r} lies outside the years 1970 to 2200")
    loaded = load_calendars(settings.oncall, now)
    standing = with_loaded(settings.oncall, loaded)
    problems, remarks = told(loaded, settings.oncall)
    listed = roster(standing, settings.estate.calendar, now)
    listed = replace(listed, problems=(*problems, *listed.problems), remarks=tuple(remarks))
    if as_json:
        say_data(oncall_json(listed))
    else:
        say(oncall_title(listed))
        console().print(oncall_table(listed))
        for line in (*listed.problems, *listed.remarks):
            note_aside(harmless(line))
    if listed.problems:
        raise SystemExit(NOT_WELL)


def load_calendars(oncall: OnCall, at: int, *, files_only: bool = False) -> dict[str, Loaded]:
    """The calendars of rotas, by rota, as they are now; with `files_only` only those that need no network."""

    async def all_of_them() -> dict[str, Loaded]:
        wanted = {
            rota: calendar for rota, calendar in oncall.calendars.items() if calendar.file is not None or not files_only
        }
        done = await asyncio.gather(*(load(calendar, oncall, at) for calendar in wanted.values()))
        return dict(zip(wanted, done, strict=True))

    return asyncio.run(all_of_them()) if oncall.calendars else {}


def near_problems(oncall: OnCall, at: int) -> list[str]:
    """What is wrong with the rotas soon after `at`, as far as that is known without the network."""
    loaded = load_calendars(oncall, at, files_only=True)
    standing = with_loaded(oncall, loaded)
    known = [rota for rota in oncall.rotas if rota not in oncall.calendars or rota in loaded]
    return [*told(loaded, oncall)[0], *(line for rota in known for line in hole_lines(standing, rota, at))]


def with_loaded(oncall: OnCall, loaded: Mapping[str, Loaded]) -> OnCall:
    """The section with what was had of its calendars."""
    return with_shifts(oncall, {rota: one.shifts.shifts for rota, one in loaded.items() if one.shifts is not None})


def told(loaded: Mapping[str, Loaded], oncall: OnCall) -> tuple[list[str], list[str]]:
    """What is wrong with the calendars, and what is only to be remarked."""
    problems, remarks = [], []
    for rota, one in loaded.items():
        if one.problem:
            goes_on = "" if not one.is_kept else "; this is its last good copy"
            problems.append(f"rota {rota}: the calendar does not load: {one.problem}{goes_on}")
        if one.shifts is None:
            continue
        problems += [
            f"rota {rota}: two people have duty {line}: whose shift begins last has it"
            for line in span_lines(one.shifts.doubled, oncall.timezone)
        ]
        remarks += [
            f"rota {rota}: the event {shown(summary)} names nobody of `oncall.people`, and counts for nothing"
            for summary in one.shifts.nobodys[:5]
        ]
    return problems, remarks
