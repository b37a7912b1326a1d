"""What can be wrong, in the order in which it matters, and the one expression that finds all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboards.palette import Meaning
from dashboards.promql import one, select
from exporters import agent_names, names

_WEEK = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Wrong:
    """One kind of thing: in words, the label that names what is affected, and the expression that finds it."""

    meaning: Meaning
    label: str
    found: str


_KNOWN = f"max by (instance) (max_over_time({names.BUILD_INFO.name}[1d]))"
_DOWN = f"({one(names.SERVICE_STATE, 'service', state='down')} == 1)"
_LESS_URGENT = f"({one(names.SERVICE_IN_WINDOW, 'service')} == 0 or {one(names.SERVICE_EXCUSED, 'service')} == 1)"
_UNKNOWN_PARTS = " or ".join(select(family, state="unknown") for family in (names.LINK_STATE, names.COMPONENT_STATE))

IN_ORDER: tuple[Wrong, ...] = (
    Wrong(
        Meaning("▼ collector gone: nothing it told is new", "bad"),
        "instance",
        f"{_KNOWN} unless {one(names.BUILD_INFO, 'instance')}",
    ),
    Wrong(
        Meaning("▼ no collector answers", "bad"),
        "id",
        f'label_replace(absent({names.BUILD_INFO.name}), "id", "no collector", "", "")',
    ),
    Wrong(Meaning("▼ service down", "bad"), "service", f"{_DOWN} unless on (service) {_LESS_URGENT}"),
    Wrong(Meaning("▼ takeover overdue", "bad"), "pair", f"{one(names.FAILOVER_DEADLINE, 'pair')} < time()"),
    Wrong(Meaning("▼ facts are not stored", "bad"), "instance", f"{one(names.STORE_HEALTHY, 'instance')} == 0"),
    Wrong(Meaning("► failover runs", "risk"), "pair", f"{one(names.FAILOVER_EVENT_ACTIVE, 'pair')} == 1"),
    Wrong(Meaning("▼ link down", "bad"), "id", f"{one(names.LINK_STATE, 'id', state='down')} == 1"),
    Wrong(Meaning("▼ component down", "bad"), "id", f"{one(names.COMPONENT_STATE, 'id', state='down')} == 1"),
    Wrong(
        Meaning("▼ service down, outside hours or excused", "risk"),
        "service",
        f"{_DOWN} and on (service) {_LESS_URGENT}",
    ),
    Wrong(Meaning("▼ pair unprotected", "risk"), "pair", f"{one(names.FAILOVER_PROTECTED, 'pair')} == 0"),
    Wrong(Meaning("▼ job missing", "risk"), "part", f"{one(names.HEARTBEAT_MISSING, 'part')} < time()"),
    Wrong(
        Meaning("▼ certificate ends within 7 days", "risk"),
        "part",
        f"min by (part) ({names.CERTIFICATE_NOT_AFTER.name}) < time() + {_WEEK}",
    ),
    Wrong(
        Meaning("▼ schedule does not keep its pace", "risk"),
        "instance",
        f"{one(names.SCHEDULE_KEEPS_PACE, 'instance')} == 0",
    ),
    Wrong(Meaning("▼ agent gone", "risk"), "agent", f"{one(agent_names.PRESENCE, 'agent', presence='gone')} == 1"),
    Wrong(
        Meaning("? service unknown", "unknown"),
        "service",
        f"{one(names.SERVICE_STATE, 'service', state='unknown')} == 1",
    ),
    Wrong(Meaning("◆ service degraded", "risk"), "service", f"{one(names.SERVICE_DEGRADED, 'service')} == 1"),
    Wrong(Meaning("◆ degraded", "risk"), "id", f"{one(names.PART_DEGRADED, 'id')} == 1"),
    Wrong(
        Meaning("◆ redundancy lost", "risk"),
        "id",
        f"{one(names.REDUNDANCY_LEFT, 'id')} < {one(names.REDUNDANCY_FULL, 'id')}",
    ),
    Wrong(Meaning("? unknown", "unknown"), "id", f"max by (id) ({_UNKNOWN_PARTS}) == 1"),
    Wrong(
        Meaning("◆ configuration refused", "risk"), "instance", f"{one(names.CONFIG_RELOAD_SUCCESS, 'instance')} == 0"
    ),
)
"""Users first, then what may hit them next, then what has lost its spare. A collector that told something in the last
day and does not now comes before all: nothing else it says is new."""

WRONG: Mapping[str, Meaning] = {str(rank): wrong.meaning for rank, wrong in enumerate(IN_ORDER)}


def what_is_wrong() -> str:
    """The worst that is wrong with each id, as its place in `IN_ORDER`."""
    return "min by (id) (" + " or ".join(_ranked(rank, wrong) for rank, wrong in enumerate(IN_ORDER)) + ")"


def _ranked(rank: int, wrong: Wrong) -> str:
    """Its rank, with a label that keeps what is found otherwise of the same id apart from it."""
    marked = f'label_replace(0 * ({wrong.found}) + {rank}, "rank", "{rank}", "", "")'
    return marked if wrong.label == "id" else f'label_replace({marked}, "id", "$1", "{wrong.label}", "(.*)")'
