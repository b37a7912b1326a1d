"""What was agreed and configured otherwise between two estates, by what it is called in the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from availability.estate import Estate


def changes(before: Estate, after: Estate) -> tuple[str, ...]:
    """Every thing that is judged by which is not the same: `agreement ict: norm, window`, `service brp: added`.

    Names and runbooks are left out: nothing is judged by them.
    """
    return tuple(_changes(before, after))


def _changes(before: Estate, after: Estate) -> Iterator[str]:
    for name in ("timezone", "calendar"):
        if getattr(before, name) != getattr(after, name):
            yield name
    yield from _of_section("agreement", before.agreements, after.agreements)
    yield from _of_section("service", before.services, after.services)
    yield from _of_section("", before.parts, after.parts)
    yield from _of_section("failover pair", _by_id(before.pairs), _by_id(after.pairs))
    yield from _of_section("maintenance", _by_id(before.maintenance), _by_id(after.maintenance))
    yield from _of_section("vantage", before.vantages, after.vantages)


def _of_section(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for id_ in (*before, *(id_ for id_ in after if id_ not in before)):
        old, new = before.get(id_), after.get(id_)
        if old is new or old == new:
            continue
        what = f"{kind or _kind(new if old is None else old)} {id_}"
        if old is None:
            yield f"{what}: added"
        elif new is None:
            yield f"{what}: removed"
        elif differing := _differing(old, new):
            yield f"{what}: {', '.join(differing)}"


def _differing(old: Any, new: Any) -> list[str]:
    return [
        field.name.removesuffix("_ms")
        for field in fields(old)
        if field.name not in _UNJUDGED and getattr(old, field.name) != getattr(new, field.name)
    ]


_UNJUDGED = frozenset({"name", "runbook", "reason", "kind"})


def _kind(part: Any) -> str:
    return "link" if part.is_link else "component"


def _by_id(entries: Iterable[Any]) -> dict[str, Any]:
    return {entry.id: entry for entry in entries}
