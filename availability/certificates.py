"""Certificates as they were seen, and the register of them (ICT NML DVO 2018, 4.7.4)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Trust = Literal["trusted", "not_verified", "untrusted", "expired", "name_mismatch"]
"""What the look made of it: its chain and name were verified, nobody asked for that, or why it was refused."""

TRUSTS: tuple[Trust, ...] = ("trusted", "not_verified", "untrusted", "expired", "name_mismatch")

NAMES_LIMIT = 100
"""Names kept of a certificate; some carry thousands."""
TEXT_LIMIT = 300
"""Characters kept of each of its texts."""

_REPLACED_MS = 3_600_000
"""So long after it was shown last, while another was, a certificate has been replaced."""


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


Standing = Literal["current", "replaced", "unwatched"]
"""Whether a place shows it, has shown another since, or is no longer looked at by any check."""


@dataclass(frozen=True, slots=True)
class Registered:
    """One certificate at one place: the checks and vantages that saw it, when first and last (epoch milliseconds), and
    what the last look made of it."""

    place: str
    certificate: Certificate
    trust: Trust
    checks: tuple[str, ...]
    vantages: tuple[str, ...]
    first: int
    last: int
    standing: Standing

    def left_ms(self, now: int) -> int:
        """How long it is still valid; less than nothing where it has ended."""
        return self.certificate.not_after_ms - now


def register(sightings: Iterable[Sighting], watched: Container[str]) -> list[Registered]:
    """Every certificate at every place, what ends first before all else; `watched` are the checks that there are.

    A certificate has been replaced once its place, or every check that saw it, has shown another and not this one for
    an hour. Until then both are current: of several servers behind one name each may show its own.
    """
    by_place: dict[str, dict[str, list[Sighting]]] = {}
    newest: dict[object, int] = {}
    for sighting in sightings:
        shown = sighting.shown
        by_place.setdefault(shown.place, {}).setdefault(shown.certificate.fingerprint, []).append(sighting)
        for where in (shown.place, _source(sighting)):
            newest[where] = max(newest.get(where, sighting.last), sighting.last)
    registered = [_registered(seen, newest, watched) for of_place in by_place.values() for seen in of_place.values()]
    return sorted(registered, key=lambda one: (one.certificate.not_after_ms, one.place, one.certificate.fingerprint))


def _source(sighting: Sighting) -> tuple[str, str]:
    return sighting.check, sighting.vantage


def _registered(seen: Sequence[Sighting], newest: Mapping[object, int], watched: Container[str]) -> Registered:
    latest = max(seen, key=lambda one: (one.last, one.key))
    standing: Standing = "current"
    if _gone(latest.last, newest[latest.shown.place]) or all(_gone(one.last, newest[_source(one)]) for one in seen):
        standing = "replaced"
    elif not any(one.check in watched for one in seen):
        standing = "unwatched"
    return Registered(
        place=latest.shown.place,
        certificate=latest.shown.certificate,
        trust=latest.shown.trust,
        checks=tuple(sorted({one.check for one in seen})),
        vantages=tuple(sorted({one.vantage for one in seen})),
        first=min(one.first for one in seen),
        last=latest.last,
        standing=standing,
    )


def _gone(last: int, newest: int) -> bool:
    return last < newest - _REPLACED_MS
