"""The register of equipment, held against what is watched, for people, programs and spreadsheets (ICT NML DVO 2018,
4.3.1)."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.text import Text

from exporters.cells import neutral
from exporters.fitted import Fitted
from exporters.json_figures import Document
from exporters.table_text import SHADES

State = Literal["watched", "not_watched", "not_registered"]
"""In the register and watched; in the register alone; watched and not in the register."""

_ORDER: tuple[State, ...] = ("not_watched", "not_registered", "watched")
_WORDS: dict[State, str] = {
    "watched": "watched",
    "not_watched": "not watched",
    "not_registered": "not in the register",
}
_SHADES: dict[State, str] = {"watched": "", "not_watched": SHADES["bad"], "not_registered": SHADES["risk"]}


@dataclass(frozen=True, slots=True)
class Item:
    """A thing that is registered, watched or both; what nobody says of it is empty. `purchased` is ISO 8601."""

    id: str
    state: State
    name: str
    kind: str
    make: str
    type: str
    supplier: str
    purchased: str
    property_of: str
    location: str
    owner: str
    serial: str
    checks: tuple[str, ...]


def asset_table(items: Sequence[Item]) -> Fitted:
    """A row per thing, what is missing somewhere before all else; what matters less goes on a narrow terminal."""
    columns = ("Asset", "Name", "Make and type", "Supplier", "Bought", "Property of", "Location", "Owner", "Serial",
               "Checks", "State")  # fmt: skip
    spare = ("Serial", "Bought", "Owner", "Supplier", "Property of", "Checks", "Make and type")
    table = Fitted(columns, frozenset({"Checks"}), spare)
    for item in sorted(items, key=lambda item: _ORDER.index(item.state)):
        table.add(
            item.id,
            item.name,
            " ".join(filter(None, (item.make, item.type))),
            item.supplier,
            item.purchased,
            item.property_of,
            item.location,
            item.owner,
            item.serial,
            str(len(item.checks)) if item.checks else "",
            Text(_WORDS[item.state], _SHADES[item.state]),
        )
    return table


def asset_counts(items: Sequence[Item]) -> str:
    """How many there are of each, in a sentence."""
    counts = Counter(item.state for item in items)
    return (
        f"{counts['watched'] + counts['not_watched']} in the register, {counts['not_watched']} of them not watched; "
        f"{counts['not_registered']} watched and not in the register"
    )


def asset_json(items: Sequence[Item], register: str) -> str:
    """An object with `register` (what it was read from) and `assets`; what nobody says of a thing is null."""
    document = {"register": register, "assets": [_document(item) for item in items]}
    return json.dumps(document, ensure_ascii=False, indent=1)


def asset_csv(items: Sequence[Item]) -> str:
    """The keys of the JSON as header; checks are separated by blanks, and nothing runs as a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_KEYS)
    for item in items:
        writer.writerow(neutral(" ".join(item.checks) if key == "checks" else getattr(item, key)) for key in _KEYS)
    return text.getvalue()


_KEYS = tuple(Item.__dataclass_fields__)


def _document(item: Item) -> Document:
    texts = {key: getattr(item, key) or None for key in _KEYS}
    return {**texts, "checks": list(item.checks)}
