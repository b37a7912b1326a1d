"""What tests of the region need of the machine."""

from __future__ import annotations

from tests.collector.daemons import left_out, program
from waakvlam.demo_region.files import Pace
from waakvlam.demo_region.namespaces import lacking

PACE = Pace(interval=400, stale_after=4000)
LATE_MS = 1900
"""A look takes 400 ms at most; the rest is for a busy machine that begins it late."""


def need_region() -> None:
    """Leave the test out where the region cannot be made, which is a failure where all must be tested."""
    if why := lacking():
        left_out(f"the region cannot be made: {why}")
    for name, package in (("mosquitto", "mosquitto"), ("initdb", "postgresql")):
        program(name, package)
