"""`waakvlam close`: freezes what was reported of a month, for good."""

from __future__ import annotations

import gc
import time
from collections import Counter
from pathlib import Path

from availability.report import Report
from waakvlam.closing import Closing, ClosingRefused, Month, who_closed
from waakvlam.instants import local
from waakvlam.person import who
from waakvlam.setup import load_alone, load_store
from waakvlam.terminal import refuse, say


def close(path: Path, label: str, *, despite_pending: bool) -> None:
    """Close the month `label`; a sentence and exit 2 where it cannot be, and then nothing was."""
    from collector.store import StoreError

    # A month is judged once and written: collecting garbage in between only costs time.
    gc.disable()
    settings, text = load_alone(path)
    store = load_store(settings, create=False)
    try:
        closing = Closing(settings, text, label, time.time_ns() // 1_000_000, who())
        month, report = closing.close(store, despite_pending=despite_pending)
    except (ClosingRefused, StoreError) as error:
        refuse(str(error))
    finally:
        store.close()
    say(_account(month, report))


def _account(month: Month, report: Report) -> str:
    """What was frozen, in a few lines."""
    frozen = month.frozen
    verdicts = Counter(service.judged.verdict or "no verdict" for service in report.services)
    told = ", ".join(f"{count} {verdict.replace('_', ' ')}" for verdict, count in verdicts.items())
    facts = frozen.facts
    zone = frozen.timezone
    lines = [
        f"{frozen.period} is closed, by {who_closed(frozen)} on {local(frozen.closed_at, zone)}",
        f"  services       {told or 'none'}, as known at {local(frozen.as_of, zone)}",
        f"  facts          {facts.observations} observations of {len(facts.series)} checks and vantages, "
        f"from {local(facts.start, zone)} on",
        f"  maintenance    {frozen.trail.entries} entries in the trail",
        f"  configuration  {frozen.configuration_digest}",
        f"  method         {frozen.method}, by waakvlam {frozen.software}",
        f"  follows        {frozen.previous or 'nothing: it is the first'}",
        f"  digest         {month.link.digest}",
    ]
    for one in report.pending:
        lines.insert(1, f"  not counted: {one.record.id} of {one.record.entered_by} waits for approval")
    return "\n".join(lines)
