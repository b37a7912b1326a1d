"""How long a first notification waits, so that the cause is there before what follows from it is told."""

from __future__ import annotations

from availability.estate import Estate, Part
from availability.evaluation import everything_behind
from config.settings import CheckSpec, Settings
from dashboards.rules_parts import is_datacentre, is_job

EVALUATED_MS = 15_000
"""How often Prometheus looks at the rules of what is down (dashboards/rules.py)."""
LONGEST_MS = 120_000
"""Nobody is told later than this for the sake of fewer messages."""


def group_wait(settings: Settings) -> int:
    """Milliseconds: by how much a cause can be known later than what is behind it, and a turn of the rules.

    Of two that fail together, one may be found after all its `fall` looks, and the other a whole interval later.
    """
    estate = settings.estate
    behind = everything_behind(estate)
    soonest = {part.id: _found(settings, part, soonest=True) for part in _leaves(estate)}
    latest = {part.id: _found(settings, part, soonest=False) for part in _leaves(estate)}
    later = [0]
    for part in _leaves(estate):
        causes = [latest[other] for other in behind[part.id] if other in latest]
        later += [cause - soonest[part.id] for cause in causes]
    for site in settings.sites.values():
        there = [part.id for part in _leaves(estate) if part.site == site.id and not _reports(settings, part)]
        if is_datacentre(site) and there:
            # It counts as down once more than half of it does.
            later.append(sorted(latest[id_] for id_ in there)[len(there) // 2] - min(soonest[id_] for id_ in there))
    return min(max(0, *later) + EVALUATED_MS, LONGEST_MS)


def _leaves(estate: Estate) -> list[Part]:
    return [part for part in estate.parts.values() if part.checks]


def _reports(settings: Settings, part: Part) -> bool:
    return is_job(_specs(settings, part))


def _specs(settings: Settings, part: Part) -> list[CheckSpec]:
    return [settings.checks[check.id] for check in part.checks if check.counts]


def _found(settings: Settings, part: Part, *, soonest: bool) -> int:
    """How long after its fault a part is found down, by its quickest check or by its slowest."""
    times = []
    for check in part.checks:
        if check.counts:
            spec = settings.checks[check.id]
            again = (check.fall - 1) * (spec.retry_interval_ms or spec.interval_ms)
            times.append(again if soonest else spec.interval_ms + again + spec.timeout_ms)
    return min(times) if soonest else max(times)
