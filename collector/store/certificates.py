"""Reads and widens what was seen of certificates, within a transaction that somebody else begins and ends."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from availability.certificates import Certificate, Shown, Sighting
from collector.store.schema import certificate

_AT_ONCE = 10_000
_KEY = ("check_id", "vantage_id", "place", "fingerprint", "trust")

Key = tuple[str, ...]


def add_sightings(connection: Connection, sightings: Iterable[Sighting]) -> tuple[int, int]:
    """Make what is there span `sightings` as well; how many were new or longer than what was there, and how many were
    known.

    The result does not depend on the order in which they come, nor on how often: a sighting is the span of all that
    was told of it.
    """
    added = known = 0
    remaining = iter(sightings)
    while chunk := list(islice(remaining, _AT_ONCE)):
        there = _spans(connection, {sighting.check for sighting in chunk})
        spans: dict[Key, tuple[int, int]] = {}
        shown: dict[Key, Sighting] = {}
        for sighting in chunk:
            key = sighting.key
            held = spans.get(key) or there.get(key)
            span = (sighting.first, sighting.last)
            if held is not None:
                span = (min(held[0], span[0]), max(held[1], span[1]))
            if span == held:
                known += 1
            else:
                added += 1
                spans[key], shown[key] = span, sighting
        new = [_row(shown[key], *span) for key, span in spans.items() if key not in there]
        longer = [(key, span) for key, span in spans.items() if key in there]
        if new:
            connection.execute(insert(certificate), new)
        if longer:
            connection.execute(_WIDEN, [_widened(key, span) for key, span in longer])
    return added, known


def read_sightings(connection: Connection) -> Iterator[Sighting]:
    """All sightings in the order of their keys."""
    asked = select(certificate).order_by(*(certificate.c[name] for name in _KEY))
    with connection.execute(asked, execution_options={"yield_per": _AT_ONCE}) as found:
        for row in found:
            yield _sighting(row)


_WIDEN = (
    update(certificate)
    .where(*(certificate.c[name] == bindparam(f"key_{name}") for name in _KEY))
    .values(first_seen=bindparam("since"), last_seen=bindparam("until"))
)


def _widened(key: Key, span: tuple[int, int]) -> dict[str, Any]:
    return {**{f"key_{name}": value for name, value in zip(_KEY, key, strict=True)}, "since": span[0], "until": span[1]}


def _spans(connection: Connection, checks: set[str]) -> dict[Key, tuple[int, int]]:
    columns = [certificate.c[name] for name in (*_KEY, "first_seen", "last_seen")]
    found: dict[Key, tuple[int, int]] = {}
    for check in checks:
        for *key, first, last in connection.execute(select(*columns).where(certificate.c.check_id == check)):
            found[tuple(key)] = (first, last)
    return found


def _row(sighting: Sighting, first: int, last: int) -> dict[str, Any]:
    content = sighting.shown.certificate
    return {
        **dict(zip(_KEY, sighting.key, strict=True)),
        "subject": content.subject,
        "names": json.dumps(content.names, ensure_ascii=False),
        "issuer": content.issuer,
        "serial": content.serial,
        "not_before": content.not_before_ms,
        "not_after": content.not_after_ms,
        "first_seen": first,
        "last_seen": last,
    }


def _sighting(row: Any) -> Sighting:
    content = Certificate(
        fingerprint=row.fingerprint,
        subject=row.subject,
        names=tuple(json.loads(row.names)),
        issuer=row.issuer,
        serial=row.serial,
        not_before_ms=row.not_before,
        not_after_ms=row.not_after,
    )
    shown = Shown(row.place, content, row.trust)
    return Sighting(row.check_id, row.vantage_id, shown, row.first_seen, row.last_seen)
