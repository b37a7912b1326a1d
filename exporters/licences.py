"""The register of licences for people, programs and spreadsheets: what ends first before all else (ICT NML DVO 2018,
4.3.1)."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from rich.text import Text

from config.settings import Licence
from exporters.cells import neutral
from exporters.fitted import Fitted
from exporters.json_figures import Document
from exporters.table_text import SHADES

State = Literal["good", "ends_soon", "ended"]

SOON_DAYS = 90
"""A licence that ends within so many days is to be renewed now: to buy takes a quarter."""
_WORDS: dict[State, str] = {"good": "good", "ends_soon": "ends soon", "ended": "ended"}
_SHADES: dict[State, str] = {"good": "", "ends_soon": SHADES["risk"], "ended": SHADES["bad"]}
_KEYS = ("id", "state", "what", "supplier", "count", "until", "days_left", "property_of")


@dataclass(frozen=True, slots=True)
class LicenceList:
    """Licences as they stand on the day `today`."""

    licences: Sequence[Licence]
    today: date

    def days_left(self, one: Licence) -> int | None:
        """Days that it is still good for after today, below zero where it has ended; None where it does not end."""
        return None if one.until is None else (one.until - self.today).days

    def state(self, one: Licence) -> State:
        """Whether it is good, and for how long."""
        left = self.days_left(one)
        if left is None or left > SOON_DAYS:
            return "good"
        return "ended" if left < 0 else "ends_soon"

    def within(self, days: int) -> LicenceList:
        """Those that end within so many days, or have ended."""
        ending = [one for one in self.licences if (left := self.days_left(one)) is not None and left <= days]
        return LicenceList(ending, self.today)

    def first_ending_first(self) -> list[Licence]:
        """In the order in which they end; those that do not are last."""
        return sorted(self.licences, key=lambda one: one.until or date.max)


def licence_table(shown: LicenceList) -> Fitted:
    """A row per licence; what matters less goes on a narrow terminal."""
    columns = ("Licence", "What", "Supplier", "Count", "Property of", "Until", "Days left", "State")
    table = Fitted(columns, frozenset({"Count", "Days left"}), ("Property of", "Supplier", "Count"))
    for one in shown.first_ending_first():
        left, state = shown.days_left(one), shown.state(one)
        table.add(
            one.id,
            one.what,
            one.supplier or "",
            "" if one.count is None else str(one.count),
            one.property_of or "",
            one.until.isoformat() if one.until else "",
            "" if left is None else str(left),
            Text(_WORDS[state], _SHADES[state]),
        )
    return table


def licence_counts(shown: LicenceList) -> str:
    """How many there are of each, in a sentence."""
    counts = Counter(shown.state(one) for one in shown.licences)
    soon, ended = counts["ends_soon"], counts["ended"]
    return f"{len(shown.licences)} in all; ending within {SOON_DAYS} days: {soon}, ended: {ended}"


def licence_json(shown: LicenceList) -> str:
    """An object with `day` and `licences`; what is not known, and the end of what does not end, is null."""
    licences = [_document(shown, one) for one in shown.first_ending_first()]
    return json.dumps({"day": shown.today.isoformat(), "licences": licences}, ensure_ascii=False, indent=1)


def licence_csv(shown: LicenceList) -> str:
    """The keys of the JSON as header; nothing runs as a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_KEYS)
    for one in shown.first_ending_first():
        row = _document(shown, one)
        writer.writerow(neutral(value) if isinstance(value := row[key], str) else value for key in _KEYS)
    return text.getvalue()


def _document(shown: LicenceList, one: Licence) -> Document:
    return {
        "id": one.id,
        "state": shown.state(one),
        "what": one.what,
        "supplier": one.supplier,
        "count": one.count,
        "until": one.until.isoformat() if one.until else None,
        "days_left": shown.days_left(one),
        "property_of": one.property_of,
    }
