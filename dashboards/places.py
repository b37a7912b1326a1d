"""Where things are found in Grafana: the fixed uids and titles of the folder, the data sources and the dashboards."""

from __future__ import annotations

from dataclasses import dataclass

FOLDER_UID = "waakvlam"
FOLDER_TITLE = "Waakvlam"
PROMETHEUS_UID = "waakvlam-prometheus"
PROMETHEUS_TITLE = "Waakvlam Prometheus"
HISTORY_UID = "waakvlam-history"
HISTORY_TITLE = "Waakvlam history"
INFINITY = "yesoreyeram-infinity-datasource"
"""The type of the data source that reads the collector's own API; its plugin does not come with Grafana."""
TAG = "waakvlam"
"""What every dashboard is tagged with, so that each shows a menu of the others."""


@dataclass(frozen=True, slots=True)
class Place:
    """One dashboard: its uid, which is part of its address for good, its title and what it answers."""

    uid: str
    title: str
    description: str

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.uid}.json"


NOW = Place("waakvlam-now", "Now", "What is wrong now, what matters most first, and how everything else stands.")
AVAILABILITY = Place(
    "waakvlam-availability",
    "Availability",
    "Each service against its norm: its figure with bounds, its budget, how much was watched, the verdict.",
)
FAILOVER = Place(
    "waakvlam-failover",
    "Failover",
    "Pairs of which one takes over from the other: whether it could, the clock of a takeover that runs, tests.",
)
NETWORK = Place("waakvlam-network", "Network", "Links by kind: their state, loss, latency, jitter and interfaces.")
PART = Place(
    "waakvlam-part", "One part", "One component or link: its state, its checks, how fast they answer, why they failed."
)
REGISTERS = Place(
    "waakvlam-registers", "Registers", "Certificates, backups, restore tests and other jobs that report themselves."
)
COLLECTOR = Place(
    "waakvlam-collector", "Collector", "Whether the collector itself is well: what it says is worth no more than that."
)
HISTORY = Place(
    "waakvlam-past",
    "History",
    "Months, outages and failovers as far back as facts are kept, judged again when they are asked for.",
)

PLACES = (NOW, AVAILABILITY, FAILOVER, NETWORK, PART, REGISTERS, COLLECTOR)
"""In the order in which they are offered. The one on history stands apart: it needs a plugin."""
