"""Keeps text of strangers (a name, a reason, a line of a file) from steering the terminal that shows it."""

from __future__ import annotations

import unicodedata

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook, RenderResult
from rich.control import Control
from rich.segment import Segment

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def harmless(text: str) -> str:
    """`text` without control characters (ESC begins the commands of a terminal) and without marks that reorder it."""
    if text.isprintable() or text.replace("\n", "").isprintable():
        return text
    return "".join(letter for letter in text if letter == "\n" or not _steers(letter))


def _steers(letter: str) -> bool:
    return unicodedata.category(letter) == "Cc" or letter in _BIDI


class _Harmless:
    """Something to print, of which only the text that is no colour and no cursor movement is cleaned."""

    def __init__(self, inner: RenderableType) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._inner, options):
            yield segment if segment.control else Segment(harmless(segment.text), segment.style)


class _Hook(RenderHook):
    """Cleans everything a console prints."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [each if isinstance(each, Control) else _Harmless(each) for each in renderables]


HARMLESS: RenderHook = _Hook()
"""For `Console.push_render_hook`."""
