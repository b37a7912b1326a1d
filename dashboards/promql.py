"""Expressions that several panels ask: every thing once, however many collectors tell of it.

Where two collectors watch the same, each has series of its own; `max by` makes one of them. Ratios are never averaged.
"""

from __future__ import annotations

from exporters import names
from exporters.names import Family


def select(family: Family, **matchers: str) -> str:
    """The series of `family`; a value that begins with `~` is a regular expression, one with `!` is not to hold.

    Several conditions on one label are written with a space between.
    """
    unknown = matchers.keys() - {*family.labels, "le", "job", "instance"}
    if unknown:
        raise ValueError(f"{family.name} has no label {', '.join(sorted(unknown))}")
    inside = ",".join(f"{label}{_matched(one_)}" for label, value in matchers.items() for one_ in value.split(" "))
    return f"{family.name}{{{inside}}}" if inside else family.name


def _matched(value: str) -> str:
    for sign, operator in (("~", "=~"), ("!", "!=")):
        if value.startswith(sign):
            return f'{operator}"{value[1:]}"'
    return f'="{value}"'


def one(family: Family, *by: str, **matchers: str) -> str:
    """One series for each value of the labels `by`, whoever tells of it."""
    return f"max by ({', '.join(by)}) ({select(family, **matchers)})"


def state_code(family: Family, degraded: Family, *by: str, **matchers: str) -> str:
    """The state as one number: 0 down, 1 up, 2 unknown, 5 up and degraded (palette.STATES)."""
    up, unknown = (one(family, *by, **matchers, state=state) for state in ("up", "unknown"))
    shared = {label: value for label, value in matchers.items() if label in degraded.labels}
    key = by[0]
    return f"{up} + 2 * {unknown} + on ({key}) group_left () 4 * {one(degraded, key, **shared)}"


def component_code(*by: str, **matchers: str) -> str:
    """The state of components, `by` id first."""
    return state_code(names.COMPONENT_STATE, names.PART_DEGRADED, *by, **matchers)


def link_code(*by: str, **matchers: str) -> str:
    """The state of links, `by` id first."""
    return state_code(names.LINK_STATE, names.PART_DEGRADED, *by, **matchers)


def service_code(**matchers: str) -> str:
    """The state of services."""
    return state_code(names.SERVICE_STATE, names.SERVICE_DEGRADED, "service", **matchers)


def site_code(site: str) -> str:
    """The state of sites that hold components (palette.SITES): 0 all down, 1 all up, 2 unknown, 5 and 6 partly so."""
    up, down, unknown = (
        one(names.COMPONENT_STATE, "id", "site", site=f"! {site}", state=state) for state in ("up", "down", "unknown")
    )
    total = f"count by (site) ({up})"
    down, unknown = f"sum by (site) ({down})", f"sum by (site) ({unknown})"
    return (
        f"1 - ({down} == bool {total}) + ({unknown} == bool {total})"
        f" + 4 * ({down} > bool 0) * ({down} < bool {total})"
        f" + 5 * ({down} == bool 0) * ({unknown} > bool 0) * ({unknown} < bool {total})"
    )


def pair_code(**matchers: str) -> str:
    """The state of pairs (palette.PAIRS): 3 while a failover runs, else 1 protected, 0 not, 2 unknown."""
    active = one(names.FAILOVER_EVENT_ACTIVE, "pair", **matchers)
    protected = one(names.FAILOVER_PROTECTED, "pair", **matchers)
    return f"3 * ({active} == 1) or {protected} or 0 * {active} + 2"


def verdict_code(**matchers: str) -> str:
    """The verdict on a period as one number (palette.VERDICTS)."""
    terms = (
        f"{number} * {one(names.SERVICE_VERDICT, 'service', **matchers, verdict=verdict)}"
        for number, verdict in ((1, "met"), (2, "pending"), (3, "undetermined"), (4, "no_data"))
    )
    return " + ".join(terms)


def shown(ratio: str) -> str:
    """A ratio rounded down at the third digit of its percentage, as the report prints it: 97.9996% never reads 98.000%.

    The addition makes good what binary fractions lack; it is less than a millisecond in a month.
    """
    return f"floor(1e5 * ({ratio}) + 1e-6) / 1e5"


def figure(family: Family, period: str = "current", service: str = "~$service") -> str:
    """A figure of each service in the running or the last whole period."""
    return one(family, "service", period=period, service=service)
