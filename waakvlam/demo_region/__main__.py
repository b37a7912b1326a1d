"""`make demo-region`: play the story on real parts, and print the report next to the journal of what truly was."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from availability.judge import judge
from availability.periods import period_at
from config.settings import Settings
from exporters.report_table import render_report
from waakvlam.demo_region.afterwards import compared
from waakvlam.demo_region.comparison import Comparison
from waakvlam.demo_region.files import Pace, program
from waakvlam.demo_region.journal import now_ms
from waakvlam.demo_region.namespaces import RegionError, lacking
from waakvlam.demo_region.region import Kept, Region, running
from waakvlam.demo_region.story import STORY, play
from waakvlam.demo_region.telling import Teller, side_by_side
from waakvlam.setup import load_settings, load_store

PACE = Pace(interval=1000, stale_after=6000)
_LATE_MS = 2500
_PROGRAMS = {"mosquitto": "mosquitto", "mosquitto_passwd": "mosquitto", "setpriv": "util-linux"}
_DATABASE = {"initdb": "postgresql", "postgres": "postgresql"}
"""What it needs, and the package of Debian that has it."""


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 where the report agrees with the journal, 1 where it does not, 2 where it cannot be played."""
    parser = argparse.ArgumentParser(prog="make demo-region", description=__doc__)
    parser.add_argument("--folder", type=Path, help="keep configuration, facts and logs here; a new or empty folder")
    parser.add_argument("--store", choices=("postgresql", "sqlite"), default="postgresql", help="where facts are kept")
    asked = parser.parse_args(arguments)
    why = lacking() or _not_installed(_PROGRAMS | (_DATABASE if asked.store == "postgresql" else {}))
    if why:
        print(f"The region cannot be made: {why}.", file=sys.stderr)  # noqa: T201 - wrong use is told here
        return 2
    if asked.folder is not None and not _is_free(asked.folder):
        print(f"{asked.folder} is not empty: give a folder that is new or empty.", file=sys.stderr)  # noqa: T201 - as above
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    width = None if sys.stdout.isatty() else 140
    try:
        return _play(Console(width=width), asked.store, asked.folder)
    except RegionError as error:
        print(f"The demo ends: {error}", file=sys.stderr)  # noqa: T201 - as above
        return 1
    except KeyboardInterrupt:
        print("Stopped; everything that was made is removed.", file=sys.stderr)  # noqa: T201 - as above
        return 130


def _is_free(folder: Path) -> bool:
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def _not_installed(programs: Mapping[str, str]) -> str:
    """Which of them is missing, and how to get it; empty where none is."""
    try:
        for name, package in programs.items():
            program(name, package)
    except RegionError as error:
        return str(error)
    return ""


def _leave(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def _play(console: Console, kept: Kept, folder: Path | None) -> int:
    console.print(
        "Three sites are made, with a broker, a database, a centre in Roermond and agents in Venlo and Weert."
    )
    with running(kept, PACE, folder) as region:
        with Teller(console, region.journal) as teller:
            teller.say("done", "All is well")
            for step in STORY:
                teller.step(step.sentence)
                play(region, step, teller.look)
        end = now_ms()
        settings = load_settings(region.config)
        comparison = compared(region, settings, region.watched_from, end, _LATE_MS)
        return _tell(console, region, settings, comparison, end)


def _tell(console: Console, region: Region, settings: Settings, comparison: Comparison, end: int) -> int:
    timezone = settings.estate.timezone
    store = load_store(settings, create=False)
    try:
        report = judge(settings.estate, store.rows(until=end), period_at(end, "month", timezone), end)
    finally:
        store.close()
    console.print(render_report(report, timezone))
    console.print("\nWhat the servers and lines say of themselves, next to what is reported:\n")
    console.print(side_by_side(comparison, region.journal.changes(), end, timezone))
    differences = comparison.differences()
    if differences:
        console.print("\nThey do not agree:", *differences, sep="\n", markup=False, highlight=False)
        return 1
    console.print("\nThey agree; what nobody could watch is unknown, and neither up nor down.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
