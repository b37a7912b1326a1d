"""The script of faults: what happens to which servers at which moment, and how it is told to people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from waakvlam.demo.plan import OVER_RING, OVER_WAN_WEERT, VENLO

Action = Literal["tell", "stop", "hang", "break", "cut", "restore", "move"]

SHORTEST_SECONDS = 60.0
"""The fastest the script is played: a fault has to last longer than it takes to be confirmed."""
REPEATED_SECONDS = 120.0
"""How long the script takes each time where the demo has no end."""
BLIP_SECONDS = 1.2
"""A little more than the estate's interval: at most two looks fail, one less than make an outage."""


@dataclass(frozen=True, slots=True)
class Step:
    """At a share of the script (and `plus` seconds, which do not scale) something happens to servers.

    `move` lets the virtual address `servers[0]` stand for `servers[1]`. `quiet` steps are logged, but the sentence
    before them stays the one that is told.
    """

    share: float
    action: Action
    servers: tuple[str, ...]
    sentence: str
    plus: float = 0.0
    quiet: bool = False


SCRIPT: tuple[Step, ...] = (
    Step(0.00, "tell", (), "All is well, but a certificate of BRP ends in 5 days: signalled, no outage"),
    Step(0.06, "stop", ("brp-roermond",), "BRP in Roermond dies: no BRP until Venlo takes over"),
    Step(0.19, "move", ("brp-function", "brp-venlo"), "Venlo takes over BRP: the counters can work again"),
    Step(0.25, "stop", ("mail-roermond",), "A blip: the mail server in Roermond is away for a second"),
    Step(0.25, "restore", ("mail-roermond",), "The mail server is back: too short to be an outage", plus=BLIP_SECONDS),
    Step(0.30, "restore", ("brp-roermond",), "BRP in Roermond is repaired, and stands by"),
    Step(0.32, "stop", ("gemnet-venlo",), "One of the two Gemnet lines drops: the double line survives"),
    Step(0.34, "hang", ("storage-roermond",), "The storage in Roermond hangs: that in Venlo goes on"),
    Step(0.36, "move", ("brp-function", "brp-roermond"), "BRP moves back to Roermond", quiet=True),
    Step(0.44, "restore", ("gemnet-venlo", "storage-roermond"), "Gemnet is double again, and the storage answers"),
    Step(0.46, "hang", OVER_WAN_WEERT, "The line to the town hall of Weert drops: no BRP there, and only there"),
    Step(0.49, "break", ("dns-roermond",), "The domain server in Roermond gives a wrong answer: Venlo's is right"),
    Step(0.58, "restore", (*OVER_WAN_WEERT, "dns-roermond"), "Weert is connected again, the domain server is right"),
    Step(0.60, "hang", OVER_RING, "The ring is cut: what is behind it is unknown from here, not down"),
    Step(0.70, "restore", OVER_RING, "The ring is whole again"),
    Step(0.77, "hang", VENLO, "The data centre in Venlo goes dark, with its ends of all lines"),
    Step(0.88, "restore", VENLO, "The power is back in Venlo: everything works"),
)
"""In order; everything is restored well before the end, so that the last thing to be seen is that it is."""


def timeline(length: float, script: Sequence[Step] = SCRIPT) -> list[tuple[float, Step]]:
    """The steps with the second at which each is due, in order, in a script that takes `length` seconds."""
    return sorted(((step.share * length + step.plus, step) for step in script), key=lambda due: due[0])


def script_seconds(duration: float | None) -> float:
    """How long the script takes in a demo of `duration` seconds; a shorter demo than the shortest sees its begin."""
    return REPEATED_SECONDS if duration is None else max(duration, SHORTEST_SECONDS)
