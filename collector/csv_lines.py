"""What the readers of CSV files share: how lines that are wrong are named, and nothing of the file is taken."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from pathlib import Path

_PROBLEMS_LISTED = 20
_SHOWN = 60


class ImportRefused(Exception):
    """A file of which nothing was taken; `problems` are its lines that are wrong, each with what would be right."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class BadValue(Exception):
    """A field that is wrong, and what would be right."""


class Problems:
    """What is wrong with a file: the first of it in words, the rest counted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._listed: list[str] = []
        self._more = 0

    def add(self, line: int, text: str) -> None:
        if len(self._listed) < _PROBLEMS_LISTED:
            self._listed.append(f"{self._path}:{line}: {text}")
        else:
            self._more += 1

    def raise_if_any(self) -> None:
        if self._more:
            self._listed.append(f"{self._path}: and {self._more} more")
        if self._listed:
            raise ImportRefused(self._listed)


def shown(text: str) -> str:
    """A field as it is put in a message: quoted, on one line, not longer than it helps."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def nearest(text: str, known: Collection[str]) -> str:
    """The nearest right word, as the end of a sentence; nothing where none is near."""
    near = difflib.get_close_matches(text[:_SHOWN], known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def undecodable_line(path: Path, encoding: str = "utf-8") -> int:
    """The first line that is not in that encoding."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                return number
    return 1
