"""A report in steps: what starting, reading, loading, judging and writing take within one process."""

from __future__ import annotations

import gc
import json
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

    from availability.judge import judge
    from availability.periods import parse_period
    from exporters.report_json import report_json
    from waakvlam.setup import load_settings, load_store

    mark("imports")
    settings = load_settings(Path(path))
    mark("configuration")
    store = load_store(settings, create=False)
    mark("opening the store")
    facts = store.rows(until=time.time_ns() // 1_000_000)
    store.close()
    mark("loading facts")
    estate = settings.estate
    report = judge(estate, facts, parse_period(label, estate.timezone), time.time_ns() // 1_000_000)
    mark("judging")
    report_json(report, estate.timezone)
    mark("writing JSON")
    sys.stdout.write(json.dumps(dict(marks)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
