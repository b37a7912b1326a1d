"""Says which servers the example estate consists of: the literal table that the servers are started from.

127.0.1.x stands for the data centre in Roermond, 127.0.2.x for the one in Venlo, 127.0.3.x for the town halls. A line
is a TCP responder at its far end, because 127.0.0.0/8 always answers ICMP, whatever is stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["http", "https", "banner", "dns", "virtual"]

ZONE = {"gemeente.example.": "192.0.2.10", "mail.gemeente.example.": "192.0.2.25"}
"""What the DNS servers answer: names and IPv4 addresses reserved for documentation (RFC 2606, RFC 5737)."""

WRONG_ADDRESS = "198.51.100.66"
"""What a broken DNS server answers instead."""

EXPIRING_IN_DAYS = 5
VALID_IN_DAYS = 365


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """One server. `port` is the one it would like to have: where it is taken, another is used and reported.

    `greeting` is the first line of a banner service or the page of a web application. `targets` are the servers a
    virtual address can stand for, the first one at the start.
    """

    name: str
    kind: Kind
    host: str
    port: int
    greeting: str = ""
    targets: tuple[str, ...] = ()
    certificate_days: int = VALID_IN_DAYS


SERVERS: tuple[ServerPlan, ...] = (
    # Roermond
    ServerPlan("core-roermond", "banner", "127.0.1.1", 7001, "switch ready"),
    ServerPlan("brp-roermond", "https", "127.0.1.10", 8443, "ok: BRP from Roermond"),
    ServerPlan("storage-roermond", "banner", "127.0.1.20", 7020, "storage ready"),
    ServerPlan("dns-roermond", "dns", "127.0.1.30", 7053),
    ServerPlan("mail-roermond", "banner", "127.0.1.40", 7025, "220 mail.gemeente.example ready"),
    ServerPlan("gemnet-roermond", "banner", "127.0.1.250", 7250, "line up"),
    ServerPlan("internet-roermond", "banner", "127.0.1.251", 7251, "line up"),
    # Venlo
    ServerPlan("core-venlo", "banner", "127.0.2.1", 7001, "switch ready"),
    ServerPlan("brp-venlo", "https", "127.0.2.10", 8443, "ok: BRP from Venlo", certificate_days=EXPIRING_IN_DAYS),
    ServerPlan("storage-venlo", "banner", "127.0.2.20", 7020, "storage ready"),
    ServerPlan("dns-venlo", "dns", "127.0.2.30", 7053),
    ServerPlan("mail-venlo", "banner", "127.0.2.40", 7025, "220 mail.gemeente.example ready"),
    ServerPlan("loket-venlo", "http", "127.0.2.50", 8080, "ok: web counter"),
    ServerPlan("gemnet-venlo", "banner", "127.0.2.250", 7250, "line up"),
    ServerPlan("internet-venlo", "banner", "127.0.2.251", 7251, "line up"),
    # between them
    ServerPlan("ring", "banner", "127.0.2.254", 7254, "line up"),
    ServerPlan("brp-function", "virtual", "127.0.0.80", 8443, targets=("brp-roermond", "brp-venlo")),
    # town halls
    ServerPlan("wan-weert", "banner", "127.0.3.1", 7254, "line up"),
    ServerPlan("wifi-weert", "banner", "127.0.3.2", 7080, "access point ready"),
    ServerPlan("wan-nederweert", "banner", "127.0.3.17", 7254, "line up"),
    ServerPlan("library-roermond", "banner", "127.0.3.33", 7254, "line up"),
)

OVER_WAN_WEERT = ("wan-weert", "wifi-weert")
"""What answers nobody while the line to Weert is dead."""

OVER_RING = ("ring", "core-venlo", "brp-venlo", "storage-venlo", "dns-venlo", "mail-venlo")
"""What does not answer Roermond while the ring is cut; the web counter is reached over the Internet lines."""

VENLO = (*OVER_RING, "loket-venlo", "gemnet-venlo", "internet-venlo")
"""What goes dark with the data centre in Venlo."""
