"""The metrics of centres on one store (docs/metrics.md)."""

from __future__ import annotations

from exporters.family import Family

_CENTRE = ("centre",)

LEADER = Family(
    "waakvlam_leader",
    "gauge",
    "Whether this centre leads, and so pages (1) or not (0); always 1 on a store of one machine.",
    _CENTRE,
)
CHANGES = Family(
    "waakvlam_leader_changes_total",
    "counter",
    "How often the lead passed to another centre, or was taken anew, as seen from here since the start.",
)
CONTACT = Family(
    "waakvlam_store_contact", "gauge", "Whether the last attempt to reach the store succeeded (1) or not (0)."
)
HEARD = Family(
    "waakvlam_centre_heard", "gauge", "Whether another centre on the same store is heard (1) or not (0).", _CENTRE
)
HEARD_AT = Family("waakvlam_centre_heard_timestamp_seconds", "gauge", "When another centre was heard last.", _CENTRE)
SAME_CONFIG = Family(
    "waakvlam_centre_config_same",
    "gauge",
    "Whether another centre uses the same configuration as this one (1) or another (0).",
    _CENTRE,
)

CENTRE_FAMILIES = (LEADER, CHANGES, CONTACT, HEARD, HEARD_AT, SAME_CONFIG)
"""In the order in which /metrics writes them."""
