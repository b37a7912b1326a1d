"""What is wrong with a configuration: problems with their place, gathered so that all are told at once."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

Loc = tuple[str | int, ...]
"""A place in the document: the keys and list positions that lead to it from the top."""

_SHOWN = 60
_LISTED = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `line` counts from 1 (None: the whole file), `path` is the dotted way to the key."""

    file: str
    line: int | None
    path: str
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class ConfigError(Exception):
    """A configuration that is refused; `problems` holds everything found, sorted by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line or 0, p.path, p.message)))
        super().__init__("\n".join(map(str, self.problems)))


def refuse(file: Path, message: str, line: int | None = None) -> ConfigError:
    """The error for a file that cannot be read any further."""
    return ConfigError([Problem(str(file), line, "", message)])


def shown(text: str) -> str:
    """A piece of the user's text as a message may repeat it: quoted, on one line, not long."""
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    return f"`{short}`" if short.isprintable() else repr(short)


def nearest(word: str, known: Collection[str]) -> str | None:
    """The known word that was most likely meant: the same letters in another order before all else."""
    if word.lower() in known:
        return word.lower()
    close = difflib.get_close_matches(word.lower(), known, n=5, cutoff=0.6)
    letters = sorted(word.lower())
    return min(close, key=lambda other: sorted(other) != letters, default=None)


def remedy(word: str, known: Collection[str], what: str) -> str:
    """What would be right instead of `word`: the nearest known word, else all of them, as far as that can be read.

    `what` names them in the plural, such as "keys".
    """
    if not known:
        return f"there are no {what}"
    if near := nearest(word, known):
        return f"did you mean {shown(near)}?"
    listed = ", ".join(list(known)[:_LISTED])
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return f"the {what} are {listed}{more}"
