"""Holds the register of equipment against what is watched: what is in one and not in the other; when licences end."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from availability.edges import end_instant
from availability.estate import Part
from collector.cmdb import Record
from config.settings import Asset, Settings
from config.targets import as_id
from exporters.assets import Item

_NOTHING = Asset()
_MINUTES = 24 * 60


def licence_ends(settings: Settings) -> dict[str, int]:
    """When licences end, by id: the end of the last day in the configuration's time zone (epoch milliseconds)."""
    zone = ZoneInfo(settings.estate.timezone)
    return {one.id: end_instant(one.until, _MINUTES, zone) for one in settings.licences if one.until is not None}


def equipment(settings: Settings, records: Sequence[Record] | None) -> list[Item]:
    """Everything that is registered or watched, in the order of the configuration, then what is in the register alone.

    The register is `records`, or where that is None what the configuration says by `asset`. What the register does not
    say of a thing is taken from the configuration. Parts that only combine others and are not registered are left out:
    they are no things.
    """
    by_key = {record.key: record for record in records or ()}
    items = []
    for part in settings.estate.parts.values():
        record = by_key.pop(as_id(part.id), None)
        asset = settings.assets.get(part.id)
        registered = record is not None if records is not None else asset is not None
        if registered or part.checks:
            items.append(_item(settings, part, asset or _NOTHING, record or Record("", ""), registered=registered))
    return items + [_unwatched(record) for record in by_key.values()]


def _item(settings: Settings, part: Part, asset: Asset, record: Record, *, registered: bool) -> Item:
    return Item(
        id=part.id,
        state="watched" if registered else "not_registered",
        name=record.name or part.name,
        kind=part.kind,
        make=record.make or asset.make or "",
        type=record.type or asset.type or "",
        supplier=record.supplier or asset.supplier or "",
        purchased=record.purchased or asset.purchased or "",
        property_of=record.property_of or asset.property_of or "",
        location=record.location or _location(settings, part),
        owner=record.owner or _owner(settings, part),
        serial=record.serial or asset.serial or "",
        checks=tuple(check.id for check in part.checks),
    )


def _unwatched(record: Record) -> Item:
    return Item(
        id=record.id,
        state="not_watched",
        name=record.name,
        kind="",
        make=record.make,
        type=record.type,
        supplier=record.supplier,
        purchased=record.purchased,
        property_of=record.property_of,
        location=record.location,
        owner=record.owner,
        serial=record.serial,
        checks=(),
    )


def _location(settings: Settings, part: Part) -> str:
    places = [part.site] if part.site else [*part.between]
    return " - ".join(settings.sites[place].name for place in places if place in settings.sites)


def _owner(settings: Settings, part: Part) -> str:
    organisation = settings.organisations.get(part.owner) if part.owner else None
    return organisation.name if organisation else ""
