"""Makes text of strangers (a name, a reason, a summary) fit for the cell of a table that a spreadsheet opens."""

from __future__ import annotations

from exporters.harmless import harmless

_FORMULA_STARTS = ("=", "+", "-", "@")


def one_line(text: str) -> str:
    """`text` on one line, without control characters and without what is no letter in any file (XML 1.0, 2.2)."""
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return "".join("\ufffd" if _is_no_character(letter) else letter for letter in harmless(line))


def _is_no_character(letter: str) -> bool:
    """Half of a pair, which UTF-8 cannot hold, or one of the two that XML forbids."""
    return "\ud800" <= letter <= "\udfff" or letter in "\ufffe\uffff"


def neutral(text: str) -> str:
    """`text` on one line, with an apostrophe before what a spreadsheet would run as a formula."""
    line = one_line(text)
    return f"'{line}" if line.startswith(_FORMULA_STARTS) else line
