"""A report in steps: what starting, reading, loading, judging and writing take within one process."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    """Make the report that standard input asks for, and tell the seconds of every part."""
    path, label = json.loads(sys.stdin.readline())
    gc.disable()  # as the command does
    marks: list[tuple[str, float]] = []
    begun = time.perf_counter()

    def mark(name: str) -> None:
        nonlocal begun
        now = time.perf_counter()
        marks.append((name, now - begun))
        begun = now

    from availability.periods import parse_period
    from exporters.report_table import render_report
    from waakvlam.horizon import evaluation_for
    from waakvlam.narrowing import Choice
    from waakvlam.reporting import Asked, account_for
    from waakvlam.setup import load_settings, load_store
    from waakvlam.terminal import console

    mark("imports")
    settings = load_settings(Path(path))
    estate = settings.estate
    mark("configuration")
    store = load_store(settings, create=False)
    mark("opening the store")
    now = time.time_ns() // 1_000_000
    period = parse_period(label, estate.timezone)
    evaluation_for(store, estate, period, now)
    mark("facts and states")
    account = account_for(settings, store, Asked(period, now, Choice()))
    store.close()
    begun += dict(marks)["facts and states"]  # which are part of the account, and were worked out for it once more
    mark("judging")
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console(nowhere).print(render_report(account, estate.timezone))
    mark("writing the table")
    sys.stdout.write(json.dumps(dict(marks)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
