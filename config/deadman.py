"""The section of a configuration that says which place outside the site hears that the collector is alive."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.section import Section
from config.settings import Deadman
from config.types import Duration, Secret

_SHORTEST_MS, _LONGEST_MS = 10_000, 86_400_000


def _bounded(every: int) -> int:
    if not _SHORTEST_MS <= every <= _LONGEST_MS:
        raise ValueError("must be from 10s to 1d: the place outside waits for the next one")
    return every


class DeadmanSection(Section):
    """A sign of life to a place outside the site, which raises the alarm when it stays away."""

    url: Secret = Field(
        description="the address to ask, by reference, since who has it can send the sign; https:// or http://"
    )
    every: Annotated[Duration, AfterValidator(_bounded)] = Field(60_000, description="how often, from 10s to 1d")
    method: Literal["GET", "POST"] = Field("GET", description="how to ask")

    def settings(self) -> Deadman:
        """What the collector sends."""
        return Deadman(self.url, self.every, self.method)
