"""Puts the made-up months into a folder: configuration, store, and the files that a service manager would have."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from pathlib import Path

from collector.probes import OPTIONS
from collector.store import open_store
from config.entered import read_entered
from config.reader import read
from waakvlam.entering import Entering
from waakvlam.example_month import story
from waakvlam.example_month.estate import estate_text
from waakvlam.example_month.facts import batches
from waakvlam.example_month.jobs import reports
from waakvlam.person import who

CONFIGURATION = "estate.yaml"
_FILES = ("incidents.csv", "users.csv", "security.csv")
_NEXT = """\
Made up, from 1 September to 22 November 2026, in {folder}: nothing in it was ever measured.
Try, in that folder:
  waakvlam import incidents incidents.csv --config estate.yaml
  waakvlam report --config estate.yaml --period 2026-10 --as-of {as_of}
  waakvlam report --config estate.yaml --period 2026-11 --as-of {as_of}
  waakvlam report --config estate.yaml --period 2026-10 --format xlsx --output oktober.xlsx \\
    --table users.csv --table security.csv
  waakvlam failover list --config estate.yaml
  waakvlam backups log --config estate.yaml --from 2026-10-16 --to 2026-10-21
  waakvlam close --config estate.yaml --period 2026-09
"""


def make(folder: Path) -> str:
    """Write everything into `folder`, which must not hold it yet; what to try next, as text."""
    if (folder / CONFIGURATION).exists():
        raise SystemExit(f"{folder / CONFIGURATION} exists: give a folder that does not hold the example yet")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIGURATION).write_text(estate_text(), encoding="utf-8")
    for name in _FILES:
        (folder / name).write_bytes((files("waakvlam.example_month") / name).read_bytes())
    settings = read(folder / CONFIGURATION, OPTIONS)
    store = open_store(settings.store_url, create=True)
    try:
        for batch in batches(settings):
            store.add([batch])
        store.report(reports(settings))
        entering = Entering(settings.estate, who(), story.END_MS)
        for words in story.MAINTENANCE:
            given = read_entered(words, settings.estate, story.END_MS)
            store.enter(partial(entering.add, given=given))
    finally:
        store.close()
    return _NEXT.format(folder=folder, as_of=story.END)
