"""Prints the page of a failover event as a PDF on A4, with the fonts every reader has."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import UTC

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from availability.edges import from_ms
from exporters.failover_page import Page, Row, Section
from exporters.harmless import harmless

_ENCODING = "windows-1252"
"""What the fonts that a PDF need not carry (PDF 32000-1, 9.6.2.2) can show."""
_NEAREST = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ħ": "h", "−": "-", "‐": "-", "‑": "-"})
_FILLS = {
    "met": (198, 239, 206),
    "pending": (255, 235, 156),
    "missed": (255, 199, 206),
    "undetermined": (217, 217, 217),
}
_FONT = "helvetica"
_TEXT, _SMALL, _TITLE, _HEAD = 8.0, 7.0, 15.0, 9.0
"""Sizes in points."""
_LINE, _ROW = 3.7, 3.3
"""Heights of a line in millimetres."""
_MARGIN = 15.0
_SIGNING = 22.5
"""Room in millimetres that the signatures take, with what is said below them."""
_GREY, _RULE = 110, 190


def failover_pdf(page: Page) -> bytes:
    """The page as a PDF; the same page is the same file, byte for byte.

    The fonts hold the letters of western Europe. What they lack is written as its nearest letter, or as a question
    mark, and then the page says so.
    """
    printer = _Printer(page)
    printer.print()
    return bytes(printer.output())


def printable(text: str) -> str:
    """`text` with nothing that the fonts lack: accents that they have not are left out, the rest becomes `?`."""
    text = unicodedata.normalize("NFC", harmless(text))
    return "".join(_printable(letter) for letter in text)


def _printable(letter: str) -> str:
    if _has(letter):
        return letter
    plain = unicodedata.normalize("NFKD", letter.translate(_NEAREST))
    return "".join(each for each in plain if _has(each)) or "?"


def _has(letter: str) -> bool:
    try:
        letter.encode(_ENCODING)
    except UnicodeEncodeError:
        return False
    return True


class _Printer(FPDF):
    """Puts a page on paper; `replaced` once a letter had to be."""

    def __init__(self, page: Page) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self._page = page
        self._replaced = False
        self.core_fonts_encoding = _ENCODING
        self.set_creation_date(from_ms(page.as_of).astimezone(UTC))
        self.set_lang(page.language)
        self.set_title(self._text(f"{page.title}: {page.subtitle}"))
        self.set_margin(_MARGIN)
        self.set_auto_page_break(True, margin=_MARGIN)
        self.alias_nb_pages("{pages}")

    def print(self) -> None:
        """Everything, in order."""
        self.add_page()
        self._top()
        for section in self._page.sections:
            self._section(section)
        self._signatures()
        self._small(self._page.evidence)
        if self._replaced:
            self._small(self._page.replaced)

    def footer(self) -> None:
        """The foot of every page; called by the library."""
        self.set_y(-11)
        self.set_font(_FONT, size=_SMALL)
        self.set_text_color(_GREY)
        text = self._page.footer.replace("{page}", str(self.page_no()))
        # To the left: the library counts the pages last, and until then another width would be aligned to the right.
        self.cell(0, _LINE, self._text(text))
        self.set_text_color(0)

    def _text(self, text: str) -> str:
        made = printable(text)
        # Control characters are no letters: that they are left out needs no mention.
        self._replaced = self._replaced or made != unicodedata.normalize("NFC", harmless(text))
        return made

    def _top(self) -> None:
        page = self._page
        word = self._text(page.verdict_word)
        self.set_font(_FONT, "B", _TITLE)
        wide = self.get_string_width(word) + 8
        self.cell(self.epw - wide, 8, self._text(page.title))
        self.set_fill_color(*_FILLS[page.verdict])
        self.cell(wide, 8, word, align="C", fill=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_font(_FONT, size=_HEAD)
        self._paragraph(page.subtitle, 5)

    def _section(self, section: Section) -> None:
        # A title is not left alone at the foot of a page.
        if self.will_page_break(5 + 3 * _LINE):
            self.add_page()
        self._heading(section.title)
        for line in section.lines:
            self._paragraph(line, _LINE)
        if section.facts:
            self._facts(section.facts)
        if section.rows:
            self._table(section)

    def _heading(self, title: str) -> None:
        self.ln(1.6)
        self.set_font(_FONT, "B", _HEAD)
        self._paragraph(title, 4.4)
        self.set_draw_color(_RULE)
        self.line(self.l_margin, self.get_y(), self.l_margin + self.epw, self.get_y())
        self.ln(0.7)
        self.set_font(_FONT, size=_TEXT)

    def _paragraph(self, text: str, height: float) -> None:
        self.multi_cell(0, height, self._text(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _small(self, text: str) -> None:
        self.set_font(_FONT, size=_SMALL)
        self.set_text_color(_GREY)
        self._paragraph(text, _ROW)
        self.set_text_color(0)

    def _facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Two side by side; the last, which is a sentence, has a line to itself."""
        self.ln(0.8)
        *short, (label, text) = facts
        pairs = [(*one, *other) for one, other in zip(short[::2], [*short[1::2], ("", "")], strict=False)]
        for row in pairs:
            self._row(row, (0.19, 0.27, 0.25, 0.29), bold=frozenset({0, 2}))
        self._row((label, text), (0.19, 0.81), bold=frozenset({0}))

    def _table(self, section: Section) -> None:
        head = frozenset(range(len(section.columns)))

        def header() -> None:
            self._row(section.columns, section.widths, section.right, bold=head)

        header()
        for row in section.rows:
            if self._row_breaks(row, section.widths):
                self.add_page()
                header()
            self._row(row, section.widths, section.right)

    def _row_breaks(self, row: Row, widths: Sequence[float]) -> bool:
        """Whether the row needs more room than this page has left."""
        self.set_font(_FONT, size=_TEXT)
        most = 1
        for cell, wide in zip(row, widths, strict=True):
            lines = self.multi_cell(self.epw * wide, _ROW, self._text(cell), align="L", dry_run=True, output="LINES")
            most = max(most, len(lines) if isinstance(lines, list) else 1)
        return bool(self.will_page_break(_ROW * most))

    def _row(
        self,
        row: Row,
        widths: Sequence[float],
        right: frozenset[int] = frozenset(),
        bold: frozenset[int] = frozenset(),
    ) -> None:
        top, left, lowest = self.get_y(), self.l_margin, self.get_y()
        for index, (cell, wide) in enumerate(zip(row, widths, strict=True)):
            self.set_font(_FONT, "B" if index in bold else "", _TEXT)
            self.set_xy(left, top)
            align = "R" if index in right else "L"
            self.multi_cell(self.epw * wide, _ROW, self._text(cell), align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            left += self.epw * wide
            lowest = max(lowest, self.get_y())
        self.set_xy(self.l_margin, lowest)

    def _signatures(self) -> None:
        """Lines to sign on, never parted over two pages."""
        if self.will_page_break(_SIGNING):
            self.add_page()
        self.ln(9)
        self.set_draw_color(0)
        self.set_font(_FONT, size=_TEXT)
        half = self.epw / len(self._page.signatures)
        top = self.get_y()
        for number, (who, date) in enumerate(self._page.signatures):
            left = self.l_margin + self.c_margin + number * half
            self.line(left, top, left + half * 0.58, top)
            self.line(left + half * 0.63, top, left + half * 0.93, top)
            self.text(left, top + _LINE, self._text(who))
            self.text(left + half * 0.63, top + _LINE, self._text(date))
        self.set_xy(self.l_margin, top + 6)
