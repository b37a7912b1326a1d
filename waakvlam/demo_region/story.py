"""The story: what happens to the region, one after the other, and what should be seen of it while it lasts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from waakvlam.demo_region.namespaces import RegionError
from waakvlam.demo_region.region import Region

_LOOK_EVERY_S = 0.25
_PATIENCE_S = 60.0

Look = Callable[[Mapping[str, Any] | None], None]
"""Gets the live state of the centre (docs/api.md) every now and then; None while it does not answer."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something happens; it lasts for at least `looks` looks, and until `seen` is.

    `seen` are the components and links that are not up, and what they are; None where there is nothing to wait for.
    """

    sentence: str
    act: Callable[[Region], None]
    looks: int
    seen: Mapping[str, str] | None = None


_ALL_UP: Mapping[str, str] = {}
_FROM_WEERT_ALONE = {
    "wifi-weert": "unknown",
    "line-roermond": "unknown",
    "line-venlo": "unknown",
    "lines-weert": "unknown",
}
"""What nobody knows while Weert tells nothing."""

STORY: tuple[Step, ...] = (
    Step("BRP in Venlo dies", lambda r: r.stop_server("venlo", "brp-venlo"), 4, {"brp-venlo": "down"}),
    Step("BRP in Venlo is repaired", lambda r: r.restore_server("venlo", "brp-venlo"), 3, _ALL_UP),
    Step(
        "The ring is cut: only the ring is down. Each side sees its own, and Venlo tells by way of Weert",
        lambda r: r.cut("ring"), 8, {"ring": "down"},
    ),
    Step("The ring is whole again", lambda r: r.join("ring"), 3, _ALL_UP),
    Step(
        "The data centre in Venlo goes dark, with its agent and its ends of all lines",
        lambda r: r.darken("venlo"), 8,
        {"brp-venlo": "down", "storage-venlo": "unknown", "ring": "down", "line-venlo": "down"},
    ),
    Step("The power is back in Venlo", lambda r: r.light("venlo"), 3, _ALL_UP),
    Step(
        "Both lines of Weert are cut: from outside the town hall is gone, inside its agent goes on watching",
        lambda r: r.cut("line-roermond", "line-venlo"), 8,
        {"line-roermond": "down", "line-venlo": "down", "lines-weert": "down", "wifi-weert": "unknown",
         "counter-weert": "down"},
    ),
    Step(
        "Weert is connected again, and tells: its counter was never down",
        lambda r: r.join("line-roermond", "line-venlo"), 3, _ALL_UP,
    ),
    Step(
        "The broker stops: agents watch and keep what they see",
        lambda r: r.stop_broker(), 4, {"storage-venlo": "unknown", "ring": "unknown", **_FROM_WEERT_ALONE},
    ),
    Step("Storage in Venlo dies, and only its agent can see it", lambda r: r.stop_server("venlo", "storage-venlo"), 5),
    Step("Storage in Venlo is repaired", lambda r: r.restore_server("venlo", "storage-venlo"), 3),
    Step("The broker is back, and the agents tell", lambda r: r.start_broker(), 3, _ALL_UP),
    Step("Kill -9: the agent in Weert", lambda r: r.kill("weert"), 4, _FROM_WEERT_ALONE),
    Step("The agent in Weert is started again", lambda r: r.start_watcher("weert"), 3, _ALL_UP),
    Step("Kill -9: the centre in Roermond. For a while nobody listens", lambda r: r.kill("roermond"), 4),
    Step("BRP in Venlo dies meanwhile", lambda r: r.stop_server("venlo", "brp-venlo"), 6),
    Step("and is repaired", lambda r: r.restore_server("venlo", "brp-venlo"), 4),
    Step("The centre is started again, and hears of it", lambda r: r.start_watcher("roermond"), 3, _ALL_UP),
)  # fmt: skip
"""In order; at the end everything is as it was."""


def play(region: Region, step: Step, look: Look = lambda _: None) -> float | None:
    """Let `step` happen, and wait as long as it says; after how many seconds it was seen.

    RegionError where what should be seen never is.
    """
    began = time.monotonic()
    step.act(region)
    least = step.looks * region.pace.interval / 1000
    seen: float | None = None
    while True:
        status = region.status()
        look(status)
        elapsed = time.monotonic() - began
        if step.seen is not None:
            is_seen = status is not None and not_up(status) == step.seen
            seen = (elapsed if seen is None else seen) if is_seen else None
        if elapsed >= least and (step.seen is None or seen is not None):
            return seen
        if elapsed > least + _PATIENCE_S:
            told = not_up(status) if status is not None else "no answer"
            raise RegionError(f"{step.sentence}: {step.seen} was never seen, but {told}")
        time.sleep(_LOOK_EVERY_S)


def not_up(status: Mapping[str, Any]) -> dict[str, str]:
    """The components and links of a live state that are not up."""
    return {
        part["id"]: part["state"] for part in status["parts"] if part["state"] != "up" and part["type"] != "service"
    }
