"""Certificates as they were seen, and the register of them (ICT NML DVO 2018, 4.7.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

Trust = Literal["trusted", "not_verified", "untrusted", "expired", "name_mismatch"]
"""What the look made of it: its chain and name were verified, nobody asked for that, or why it was refused."""

NAMES_LIMIT = 100
"""Names kept of a certificate; some carry thousands."""
TEXT_LIMIT = 300
"""Characters kept of each of its texts."""

_REPLACED_MS = 3_600_000
"""Of two that one place shows in turn both are current; one that has not been shown for so long, while another was,
has been replaced."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says (RFC 5280, 4.1); instants in epoch milliseconds.

    `fingerprint` is the SHA-256 of its DER and `serial` its number, both hexadecimal. `names` are its subject
    alternative names: those of hosts, addresses and mailboxes.
    """

    fingerprint: str
    subject: str
    names: tuple[str, ...]
    issuer: str
    serial: str
    not_before_ms: int
    not_after_ms: int


class Shown(NamedTuple):
    """A certificate that was shown to a look at `place`: host and port, and the name that was asked for where that is
    another than the host."""

    place: str
    certificate: Certificate
    trust: Trust


class Sighting(NamedTuple):
    """From `first` to `last` (epoch milliseconds, slots of looks) a check saw a certificate from a vantage."""

    check: str
    vantage: str
    shown: Shown
    first: int
    last: int

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What makes two sightings one; they then span the time of both."""
        return self.check, self.vantage, self.shown.place, self.shown.certificate.fingerprint, self.shown.trust


@dataclass(frozen=True, slots=True)
class Registered:
    """One certificate at one place: the checks and vantages that saw it, when first and last (epoch milliseconds), and
    what the last look made of it. `replaced` is whether the place has shown another since."""

    place: str
    certificate: Certificate
    trust: Trust
    checks: tuple[str, ...]
    vantages: tuple[str, ...]
    first: int
    last: int
    replaced: bool

    def left_ms(self, now: int) -> int:
        """How long it is still valid; less than nothing where it has ended."""
        return self.certificate.not_after_ms - now


def register(sightings: Iterable[Sighting]) -> list[Registered]:
    """Every certificate at every place, what ends first before all else."""
    by_place: dict[str, dict[str, list[Sighting]]] = {}
    for sighting in sightings:
        shown = sighting.shown
        by_place.setdefault(shown.place, {}).setdefault(shown.certificate.fingerprint, []).append(sighting)
    registered = []
    for of_place in by_place.values():
        newest = max(one.last for seen in of_place.values() for one in seen)
        registered += [_registered(seen, newest) for seen in of_place.values()]
    return sorted(registered, key=lambda one: (one.certificate.not_after_ms, one.place, one.certificate.fingerprint))


def _registered(seen: list[Sighting], newest: int) -> Registered:
    latest = max(seen, key=lambda one: (one.last, one.key))
    return Registered(
        place=latest.shown.place,
        certificate=latest.shown.certificate,
        trust=latest.shown.trust,
        checks=tuple(sorted({one.check for one in seen})),
        vantages=tuple(sorted({one.vantage for one in seen})),
        first=min(one.first for one in seen),
        last=latest.last,
        replaced=latest.last < newest - _REPLACED_MS,
    )
