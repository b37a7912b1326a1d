"""Writes the cells of a table as a terminal shows them: short, in the colours of their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

from rich.text import Text

from availability.edges import from_ms
from exporters.figures import NONE, duration, hours_minutes, percent
from exporters.figures import norm as norm_text
from exporters.tables.table import Cell, Kind, Row, Table, Typed, Value
from exporters.tables.tones import Tone, tone
from exporters.words import Words

SHADES: Mapping[Tone, str] = {"good": "green", "risk": "yellow", "bad": "red", "unknown": "bright_black"}
"""What nobody knows is grey, never green."""
COLOURS: Mapping[str, str] = {
    "met": SHADES["good"],
    "pending": "",
    "missed": SHADES["bad"],
    "undetermined": SHADES["unknown"],
    "no_data": SHADES["unknown"],
}
"""Of verdicts that stand alone; what is still open is no warning."""
NUMBERS = frozenset({"duration", "balance", "milliseconds", "ratio", "norm", "count"})
_LONGEST = 40
_CUT = frozenset({"reason", "summary", "name"})
"""Letters of a text that somebody wrote, and where there is one; all of it is in every other format."""


def when(instant: int | None, zone: ZoneInfo) -> str:
    """An instant (epoch milliseconds) in local time, with the name of that time: an hour in autumn occurs twice."""
    return NONE if instant is None else f"{from_ms(instant, zone):%Y-%m-%d %H:%M:%S %Z}"


def until(start: int, end: int | None, zone: ZoneInfo, lasts: str = "still lasts") -> str:
    """The end of what began at `start`: on the same day and in the same local time, the time alone."""
    if end is None:
        return lasts
    began, ended = from_ms(start, zone), from_ms(end, zone)
    if (began.date(), began.utcoffset()) == (ended.date(), ended.utcoffset()):
        return f"{ended:%H:%M:%S}"
    return when(end, zone)


def verdict_text(verdict: str | None) -> Text:
    """A verdict as an English word in its colour; a dash where a period has none."""
    if verdict is None:
        return Text(NONE)
    return Text(verdict.replace("_", " "), COLOURS[verdict])


class CellText:
    """The cells of tables in one language and one time zone."""

    def __init__(self, words: Words, zone: ZoneInfo) -> None:
        self._words = words
        self._zone = zone

    def moment(self, instant: int) -> str:
        """An instant to come, to the minute: `24 Oct 14:05`."""
        local = from_ms(instant, self._zone)
        return f"{local.day} {self._words.months_short[local.month - 1]} {local:%H:%M}"

    def share(self, ratio: Fraction | None, digits: int = 2) -> str:
        """A percentage, rounded down."""
        return self._words.number(percent(ratio, digits))

    def cell(self, table: Table, row: Row, index: int) -> str | Text:
        """One cell; a Text where it has a colour."""
        column, cell = table.columns[index], row[index]
        kind, value = cell if isinstance(cell, Typed) else (column.kind, cell)
        shade = tone(table, row, index)
        text = self._text(kind, value, table, row, index)
        if kind == "verdict" and value == "pending":
            text = self._pending(table, row, text)
        if column.key == "outcome" and row[table.index("test")] is True:
            text = f"{text}, {self._words.sentence('a_test')}"
        return text if shade is None else Text(text, SHADES[shade])

    def _pending(self, table: Table, row: Row, word: str) -> str:
        """What is pending, with where it is heading where that is known."""
        for column, cell in zip(table.columns, row, strict=True):
            if column.key == "forecast" and isinstance(cell, Fraction):
                return self._words.sentence("pending_at", share=self.share(cell, 1))
        return word

    def _text(self, kind: Kind, value: Value, table: Table, row: Row, index: int) -> str:
        if kind in ("later", "end"):
            return self._later(kind, value, table, row, index)
        if value is None:
            return NONE
        if kind == "instant" and isinstance(value, int):
            return when(value, self._zone)
        if isinstance(value, bool):
            return self._words.term("yes" if value else "no")
        if isinstance(value, tuple):
            return ", ".join(value) or NONE
        if isinstance(value, str):
            told = self._words.term(value) if kind in ("word", "verdict", "light") else value
            cut = len(told) > _LONGEST and table.columns[index].key in _CUT
            return f"{told[: _LONGEST - 1]}…" if cut else told
        return self._number(kind, value)

    def _number(self, kind: Kind, value: float | Fraction) -> str:
        exact = Fraction(str(value)) if isinstance(value, float) else value
        if kind == "ratio":
            return self.share(Fraction(exact))
        if kind == "norm":
            return self._words.number(norm_text(Fraction(exact)))
        if kind == "balance":
            return hours_minutes(exact)
        if kind == "duration":
            return self._words.number(duration(int(exact)))
        if kind == "milliseconds":
            return self._words.number(f"{floor(exact * 10) / 10:.1f} ms")
        return str(value)

    def _later(self, kind: Kind, value: Value, table: Table, row: Row, index: int) -> str:
        """What follows the instant before it in the row: the time alone where that says enough."""
        lasts = self._words.sentence("lasts") if kind == "end" else NONE
        end = value if isinstance(value, int) else None
        for at in range(index - 1, -1, -1):
            began: Cell = row[at]
            if table.columns[at].kind == "instant" and isinstance(began, int):
                return until(began, end, self._zone, lasts)
        return when(end, self._zone)
