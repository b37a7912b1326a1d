"""Several centres on one store: who of them leads, who heard whom, and what each found there (docs/centres.md)."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

LEASE_MS = 12_000
"""For so long a centre leads after it said so last, by the clock of the database."""
HEARD_MS = 10_000
"""A centre that said nothing for longer is not heard."""
FORGOTTEN_MS = 7 * 86_400_000
"""And after so long it was given up."""


class Lead(NamedTuple):
    """Who leads: `term` grows whenever another one begins to, and `holder` is empty before anybody did.

    Instants by the clock of the database (epoch milliseconds); the lead ends at `until` unless it is renewed.
    """

    holder: str = ""
    term: int = 0
    since: int = 0
    until: int = 0


class Presence(NamedTuple):
    """What a centre said of itself, and when it said so last (epoch milliseconds, by the clock of the database)."""

    heard_at: int
    version: str
    config: str


class Turn(NamedTuple):
    """How often facts of a vantage were written, and how often something came among them that was not the newest."""

    version: int
    late: int


class Met(NamedTuple):
    """What a centre found at the store at one moment."""

    at: int
    """By the clock of the database (epoch milliseconds)."""
    lead: Lead
    centres: Mapping[str, Presence]
    turns: Mapping[str, Turn]


class CentreRegister(Protocol):
    """Where centres meet. Every method may take seconds, and raises StoreError where the store cannot be reached."""

    def meet(self, name: str, term: int, about: tuple[str, str]) -> Met:
        """Say that `name` is there, with its version and configuration, and take or renew the lead where `lead_after`
        says so; `term` is that in which this process led last, 0 where it never did."""

    def leave(self, name: str, term: int) -> None:
        """Give the lead up, so that another one need not wait."""

    def look(self) -> Met:
        """What there is to see, without saying anything."""

    def close(self) -> None:
        """Let go of the store."""


@dataclass(frozen=True, slots=True)
class OtherCentre:
    """Another centre as this one knows it; `same_config` is whether it uses the same configuration."""

    name: str
    heard_at: int
    is_heard: bool
    version: str
    same_config: bool


@dataclass(frozen=True, slots=True)
class CentresNow:
    """How the centres stand, as one of them knows. Instants in epoch milliseconds."""

    name: str
    leads: bool
    leader: str
    """Empty where that is not known, as without contact with the store, or where nobody leads."""
    since: int | None
    """Since when there is this leader."""
    changes: int = 0
    """How often the lead passed to another one, seen from here since the start."""
    contact: bool = True
    """Whether the last attempt to reach the store succeeded."""
    others: tuple[OtherCentre, ...] = ()

    def among(self, names: Container[str]) -> CentresNow:
        """The same, without the others that are none of `names`."""
        return replace(self, others=tuple(other for other in self.others if other.name in names))


def stood(met: Met, config: str, name: str = "", age_ms: float = 0) -> CentresNow:
    """How the centres stand `age_ms` after `met`, for the centre `name` with the configuration `config`; without a
    name for somebody who only looks. Who leads is the last word of the store, as long as that lead lasts."""
    leader = met.lead.holder if age_ms < met.lead.until - met.at else ""
    others = tuple(
        OtherCentre(each, one.heard_at, met.at + age_ms - one.heard_at < HEARD_MS, one.version, one.config == config)
        for each, one in sorted(met.centres.items())
        if each != name and met.at - one.heard_at < FORGOTTEN_MS
    )
    return CentresNow(name, leader == name != "", leader, met.lead.since if leader else None, others=others)


def lead_after(lead: Lead, name: str, term: int, now: int) -> Lead:
    """Who leads once `name` was there at `now`, which led last in `term` (0: this process never did).

    Who leads goes on. What is free is taken; and so is what an earlier process of the same name held, since two of
    one name never run: each holds the lock of its vantage.
    """
    if lead.holder == name and lead.term == term:
        return lead._replace(until=now + LEASE_MS)
    if lead.until <= now or (lead.holder == name and term == 0):
        return Lead(name, lead.term + 1, now, now + LEASE_MS)
    return lead
