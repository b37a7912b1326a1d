"""`waakvlam export` and `waakvlam import export`: all facts into an open format, and back."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from availability.splits import CONTACT
from config.settings import Settings
from exporters.harmless import harmless
from waakvlam.folders import new_folder
from waakvlam.setup import load_alone, load_settings, load_store
from waakvlam.terminal import parse_instant, refuse, say
from waakvlam.version import VERSION

if TYPE_CHECKING:
    from availability.archive import Holdings
    from collector.store import SqlStore
    from exporters.archive import About, Written

FORMATS = {"parquet": ("parquet",), "csv": ("csv",), "both": ("parquet", "csv")}

OnProgress = Callable[[str, int, int | None], None]


def export(path: Path, output: Path, start: str | None, end: str | None, format_: str) -> None:
    """Write all that the store of the configuration at `path` holds into the new folder `output`."""
    from collector.store import StoreError

    settings, configuration = load_alone(path)
    since = None if start is None else parse_instant(start, "--from")
    until = None if end is None else parse_instant(end, "--to")
    if since is not None and until is not None and since >= until:
        refuse(f"--from {start} is not before --to {end}")
    about = _about(settings, configuration, since, until)
    store = load_store(settings, create=False)
    try:
        with store.holdings() as holdings:
            _must_hold(store, holdings)
            with new_folder(output) as folder, _bar() as on_progress:
                from exporters.archive import write_archive

                written = write_archive(holdings, folder, about, FORMATS[format_], on_progress)
                if not written.observations and (since, until) != (None, None):
                    refuse(f"store {store.place}: nothing was observed in that time; nothing was written")
    except StoreError as error:
        refuse(str(error))
    finally:
        store.close()
    say(_told(output, written))


def import_export(folder: Path, path: Path) -> None:
    """Take the archive in `folder` into the store of the configuration at `path`: all of it or nothing."""
    from collector.archive import restore
    from collector.archive_folder import ArchiveRefused, open_archive
    from collector.store import StoreError

    settings = load_settings(path)
    with _bar() as on_progress:
        try:
            archive = open_archive(folder, on_progress)
            store = load_store(settings, create=True)
            try:
                done = restore(archive, store, on_progress)
            finally:
                store.close()
        except (ArchiveRefused, StoreError) as error:
            refuse(str(error))
    seen = done.observations
    say(
        f"{folder}: {seen.added + seen.known + seen.conflicts} observations: {seen.added} new, {seen.known} already "
        f"known, {seen.conflicts} in conflict with another outcome for the same instant"
    )
    say(f"latencies of {done.quarters_added + done.quarters_known} quarters of an hour: {done.quarters_added} new")
    added_to = (
        ("maintenance", done.trail),
        ("incidents", done.incidents),
        ("closed months", done.closings),
        ("reports of jobs", done.heartbeats),
        ("sightings of certificates", done.certificates),
        ("log of pages", done.pages),
    )
    for name, what in added_to:
        say(f"{name}: {what.added + what.known} entries: {what.added} new")
    unknown = sorted({check for check, _ in done.series} - {CONTACT, *settings.checks})
    if unknown:
        say(f"kept, and in no report of this configuration, which does not have them: {_some(unknown)}")


def _about(settings: Settings, configuration: bytes, since: int | None, until: int | None) -> About:
    """What the archive says of itself."""
    from exporters.archive import About

    return About(configuration, settings.estate.timezone, VERSION, time.time_ns() // 1_000_000, since, until)


def _must_hold(store: SqlStore, holdings: Holdings) -> None:
    """Refuse to write an archive of nothing."""
    rest = (holdings.incidents(), holdings.closings(), holdings.heartbeats(), holdings.certificates(), holdings.pages())
    things = (holdings.series(), holdings.trail(), *rest)
    if not any(any(True for _ in thing) for thing in things):
        refuse(f"store {store.place}: it holds nothing yet; start `waakvlam run` or import observations first")


@contextmanager
def _bar() -> Iterator[OnProgress]:
    """A progress bar on a terminal, nothing anywhere else."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def on_progress(what: str, done: int, total: int | None) -> None:
            begins = bar.tasks[0].description != what
            bar.update(task, description=what, completed=done, total=total, refresh=begins)

        yield on_progress


def _told(output: Path, written: Written) -> str:
    rows = written.rows
    return "\n".join(
        [
            f"{output}: {written.observations} observations in {rows['observations']} runs, latencies of "
            f"{rows['latencies']} quarters of an hour, {rows['maintenance']} entries about maintenance, "
            f"{rows['incidents']} about incidents, {rows['closings']} closed months, {rows['heartbeats']} reports of "
            f"jobs, {rows['certificates']} sightings of certificates, {rows['pages']} entries about pages",
            f"SHA-256 of datapackage.json, which vouches for every file: {written.digest}",
        ]
    )


def _some(names: list[str]) -> str:
    shown = harmless(", ".join(names[:20]))
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"
