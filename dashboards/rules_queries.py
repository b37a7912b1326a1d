"""Pieces of PromQL out of the names of exporters/names.py, so that no rule asks for what does not exist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dashboards.rules_model import HELD, QUIET
from exporters import names
from exporters.names import Family

LEAD_S = 3600
"""How long before agreed hours begin a fault counts as one within them: whoever is called must have time to act."""


def select(family: Family, **wanted: str | Sequence[str]) -> str:
    """The series of `family` with these labels; a sequence means one of them. ValueError for a label it lacks."""
    unknown = wanted.keys() - set(family.labels)
    if unknown:
        raise ValueError(f"{family.name} has no label {', '.join(sorted(unknown))}")
    matchers = [_matcher(label, value) for label, value in wanted.items()]
    return family.name + (f"{{{','.join(matchers)}}}" if matchers else "")


def _matcher(label: str, value: str | Sequence[str]) -> str:
    values = [value] if isinstance(value, str) else list(value)
    return f'{label}="{values[0]}"' if len(values) == 1 else f'{label}=~"{"|".join(values)}"'


def held(family: Family, **wanted: str | Sequence[str]) -> str:
    """The last values of the series, also shortly after a collector could be asked no more."""
    return _last(select(family, **wanted), HELD)


def _last(series: str, duration: str) -> str:
    return f"last_over_time({series}[{duration}])"


def holds(family: Family, **wanted: str | Sequence[str]) -> str:
    """That some collector says 1 of the series, or said so last."""
    return f"max({held(family, **wanted)}) == 1"


def down_until_up(family: Family, alert: str, **which: str) -> str:
    """That it is down, or that `alert` told so and nobody has known since: not to see something is no sign that it is
    up. A collector that was away for long knows nothing until it has looked some times."""
    down, unknown, up = (holds(family, **which, state=state) for state in ("down", "unknown", "up"))
    (id_,) = which.values()
    return f"({down}\n  or {unknown} and {firing(alert, id_)} unless {up})"


def firing(alert: str, id_: str) -> str:
    """That `alert` fires already, as Prometheus noted at the last evaluation."""
    return f'max(ALERTS{{alertname="{alert}",id="{id_}",alertstate="firing"}})'


def in_maintenance(ids: Iterable[str]) -> str:
    """That recorded maintenance names one of `ids` and runs now."""
    return f"max({_last(select(names.MAINTENANCE_ACTIVE, id=sorted(set(ids))), QUIET)}) == 1"


def excused(service: str) -> str:
    """That what a service is down through is excused by its agreement."""
    return f"max({_last(select(names.SERVICE_EXCUSED, service=service), QUIET)}) == 1"


def each_in_maintenance() -> str:
    """The ids that recorded maintenance names and that runs now."""
    return f"max by (id) ({_last(select(names.MAINTENANCE_ACTIVE), QUIET)}) == 1"


def out_of_hours(services: Sequence[str]) -> str:
    """That it is agreed time of none of `services`, and will not be soon."""
    inside = f"max({held(names.SERVICE_IN_WINDOW, service=services)}) == 0"
    begins = f"min({held(names.SERVICE_WINDOW_CHANGE, service=services)}) - time() <= {LEAD_S}"
    return f"({inside}\n  unless {begins})"


def seconds(milliseconds: float) -> str:
    """A number of seconds as PromQL reads it."""
    return f"{milliseconds / 1000:.3f}".rstrip("0").rstrip(".")
