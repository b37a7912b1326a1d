"""Takes what the store holds when the story is over, and holds it to the journal."""

from __future__ import annotations

import time

from config.settings import Settings
from waakvlam.demo_region.comparison import Allowed, Comparison
from waakvlam.demo_region.namespaces import RegionError
from waakvlam.demo_region.region import Region
from waakvlam.setup import load_store

_TOLD_S = 60.0


def compared(region: Region, settings: Settings, begin: int, end: int, late: int) -> Comparison:
    """The facts up to `end`, once all of them have come, next to the journal; RegionError where they do not come.

    `late` is how long after its slot a look may end, in milliseconds.
    """
    wanted = {(spec.id, vantage) for spec in settings.checks.values() for vantage in spec.vantages}
    until = time.monotonic() + _TOLD_S
    store = load_store(settings, create=False)
    try:
        while missing := {key for key in wanted if store.extents().get(key, (0, 0))[1] <= end}:
            if time.monotonic() > until:
                raise RegionError(f"facts were still missing after {_TOLD_S:.0f} s: {sorted(missing)}")
            time.sleep(0.2)
        facts = store.rows(until=end)
    finally:
        store.close()
    allowed = Allowed(late, region.pace.stale_after)
    return Comparison(settings.estate, facts, region.journal.changes(), begin, end, allowed)
