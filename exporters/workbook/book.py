"""A workbook with its formats, and sheets that say on every page what they are and whether they may be relied on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exporters.tables.tones import Tone

ROWS = 1_048_576
"""The most that a sheet can hold."""
LETTERS = 32_767
"""The most that a cell can hold."""
_MADE = datetime(2026, 1, 1)  # a fixed date: the same account is the same file, byte for byte
_A4 = 9
_UNSCALED, _PAGE = 95, 230
"""Letters beside each other on a page as it is, and as small as can still be read; a wider sheet takes more pages."""
_LINE = 15
"""Height of a line of text in points."""
_TALLEST = 400
_NAME = 31
_MARGIN = 80
"""How long the name of a sheet and each text above or below a page may be; of a line, 255 letters in all."""
_SCREEN = 100
"""Letters beside each other on a screen."""
_NOT_IN_A_NAME = str.maketrans("", "", "[]:*?/\\")
FILLS: Mapping[Tone, str] = {"good": "#C6EFCE", "risk": "#FFD08A", "bad": "#FFC7CE", "unknown": "#D9D9D9"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet, its name, and its first row below the banners."""

    cells: Any  # the library has no types
    name: str
    top: int


class Book:
    """A workbook that is being written; `header`, `footer` and `page` stand on every printed page."""

    def __init__(self, book: Any, header: str, footer: str, page: str, banners: Sequence[tuple[str, Tone]]) -> None:
        self._book = book
        self._header = f"&L{_printed(header)}&C{_printed(' '.join(text for text, _ in banners))}&R&A"
        self._footer = f"&L{_printed(footer)}&R{page}"
        self._banners = banners
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}
        self._names: set[str] = set()
        self.title = self.format(bold=True, font_size=14)

    def properties(self, title: str, subject: str, comments: str) -> None:
        """What the file says of itself to whoever looks at its properties."""
        self._book.set_properties(
            {"title": title, "subject": subject, "comments": comments, "author": "waakvlam", "created": _MADE}
        )

    def format(self, tone: Tone | None = None, /, **properties: object) -> Any:
        """A format, made once for the same properties; all cells begin at the top of their row."""
        if tone is not None:
            properties["bg_color"] = FILLS[tone]
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"valign": "top", **properties})
        return self._formats[key]

    def sheet(self, title: str, widths: Sequence[float], pages: int | None = None) -> Sheet:
        """A new sheet with columns of these widths (in letters), its banners and its print setup.

        It is printed on as many `pages` beside each other as it needs to be read, or as many as are given.
        """
        name = self._name(title)
        cells = self._book.add_worksheet(name)
        for index, width in enumerate(widths):
            cells.set_column(index, index, width)
        cells.set_landscape()
        cells.set_paper(_A4)
        if sum(widths) > _UNSCALED:
            cells.fit_to_pages(pages or math.ceil(sum(widths) / _PAGE), 0)
        cells.repeat_columns(0)
        # A page that is printed or sent alone still says what it is.
        cells.set_header(self._header, {"scale_with_doc": False})
        cells.set_footer(self._footer, {"scale_with_doc": False})
        for row, (text, tone) in enumerate(self._banners):
            self._banner(cells, row, text, tone, widths)
        return Sheet(cells, name, len(self._banners))

    def _banner(self, cells: Any, row: int, text: str, tone: Tone, widths: Sequence[float]) -> None:
        colours = {"bg_color": "#C00000", "font_color": "#FFFFFF"} if tone == "bad" else {"bg_color": FILLS[tone]}
        style = self.format(bold=True, text_wrap=True, **colours)
        if len(widths) < 3:
            cells.write_string(row, 0, text, style)
            cells.set_row(row, height(text, widths[0]))
            return
        # Not in the first column, which every printed page repeats, and not wider than a screen.
        cells.write_string(row, 0, "!", style)
        wide, last = widths[1], 1
        while last < len(widths) - 1 and wide < _SCREEN:
            last += 1
            wide += widths[last]
        cells.merge_range(row, 1, row, last, text, style)
        cells.set_row(row, height(text, wide))

    def _name(self, title: str) -> str:
        """A name that a sheet may have and no other one has, whatever the title."""
        cleaned = title.translate(_NOT_IN_A_NAME).strip(" '")[:_NAME].strip(" '") or "-"
        name, number = cleaned, 1
        # `History` is a name that Excel keeps for itself.
        while name.lower() in self._names or name.lower() == "history":
            number += 1
            ending = f" ({number})"
            name = cleaned[: _NAME - len(ending)] + ending
        self._names.add(name.lower())
        return name


def height(text: str, wide: float) -> float:
    """The height, in points, of a row in which `text` takes as many lines as it needs at `wide` letters."""
    return min(_TALLEST, _LINE * max(1, math.ceil(1.15 * len(text) / max(wide, 1))))


def _printed(text: str) -> str:
    """Text for above or below a page, where `&` begins a command."""
    return text[:_MARGIN].replace("&", "&&")
