"""Says what the region consists of: literal tables of sites, lines, routes and servers.

The addresses are those set aside for documentation and for tests (RFC 5737, RFC 2544); nothing leaves the namespaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CENTRE = "roermond"
"""Where the centre, the broker and the database are."""
AGENTS = ("venlo", "weert")
"""Where agents are."""
BROKER = "192.0.2.250"
BROKER_PORT = 8883
CENTRE_PORT = 9770


@dataclass(frozen=True, slots=True)
class Site:
    """A namespace. `network` is that of its servers, /24; `manager` the address from which its agent speaks."""

    name: str
    network: str
    manager: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A cable between two sites: the address at each end, in a network of its own (/30)."""

    name: str
    ends: tuple[str, str]
    addresses: tuple[str, str]

    def address_at(self, site: str) -> str:
        """The address of this line at one of its ends."""
        return self.addresses[self.ends.index(site)]

    def beyond(self, site: str) -> str:
        """The other end."""
        return self.ends[1 - self.ends.index(site)]


@dataclass(frozen=True, slots=True)
class Route:
    """At `site`, `network` is reached by `line`; of several the least `metric` whose line is whole."""

    site: str
    network: str
    line: str
    metric: int


@dataclass(frozen=True, slots=True)
class Server:
    """One server, which can be up or down by itself."""

    name: str
    site: str
    kind: Literal["http", "banner"]
    host: str
    port: int


SITES = (
    Site("roermond", "192.0.2.0/24", BROKER, ("192.0.2.10", "192.0.2.20")),
    Site("venlo", "198.51.100.0/24", "198.51.100.250", ("198.51.100.10", "198.51.100.20")),
    Site("weert", "203.0.113.0/24", "203.0.113.250", ("203.0.113.10", "203.0.113.20")),
)

LINES = (
    Line("ring", ("roermond", "venlo"), ("198.18.1.1", "198.18.1.2")),
    Line("line-roermond", ("weert", "roermond"), ("198.18.2.2", "198.18.2.1")),
    Line("line-venlo", ("weert", "venlo"), ("198.18.3.2", "198.18.3.1")),
)

_ROERMOND, _VENLO, _WEERT = (site.network for site in SITES)
ROUTES = (
    # Between the data centres users have the ring alone; what agents say may go round by Weert.
    Route("roermond", _VENLO, "ring", 10),
    Route("roermond", "198.51.100.250/32", "ring", 10),
    Route("roermond", "198.51.100.250/32", "line-roermond", 20),
    Route("venlo", _ROERMOND, "ring", 10),
    Route("venlo", f"{BROKER}/32", "ring", 10),
    Route("venlo", f"{BROKER}/32", "line-venlo", 20),
    # The town hall has a line to each data centre, and each stands in for the other.
    Route("roermond", _WEERT, "line-roermond", 10),
    Route("roermond", _WEERT, "ring", 20),
    Route("venlo", _WEERT, "line-venlo", 10),
    Route("venlo", _WEERT, "ring", 20),
    Route("weert", _ROERMOND, "line-roermond", 10),
    Route("weert", _ROERMOND, "line-venlo", 20),
    Route("weert", _VENLO, "line-venlo", 10),
    Route("weert", _VENLO, "line-roermond", 20),
)

PATHS = {
    frozenset({"roermond", "venlo"}): (("ring",),),
    frozenset({"roermond", "weert"}): (("line-roermond",), ("ring", "line-venlo")),
    frozenset({"venlo", "weert"}): (("line-venlo",), ("ring", "line-roermond")),
}
"""What the routes come to: ways between the servers of two sites, each over lines that all have to be whole."""

SERVERS = (
    Server("brp-roermond", "roermond", "http", "192.0.2.10", 8080),
    Server("storage-roermond", "roermond", "banner", "192.0.2.20", 7020),
    Server("brp-venlo", "venlo", "http", "198.51.100.10", 8080),
    Server("storage-venlo", "venlo", "banner", "198.51.100.20", 7020),
    Server("counter-weert", "weert", "http", "203.0.113.10", 8080),
    Server("wifi-weert", "weert", "banner", "203.0.113.20", 7020),
)


def lines_of(site: str) -> list[str]:
    """The lines that end at a site."""
    return [line.name for line in LINES if site in line.ends]


def servers_at(site: str) -> list[Server]:
    """The servers of a site."""
    return [server for server in SERVERS if server.site == site]
