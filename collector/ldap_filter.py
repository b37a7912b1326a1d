"""Reads the text of a search filter (RFC 4515) into its parts, or says where it is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

_LONGEST = 4000
_DEEPEST = 20

_ATTRIBUTE = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*")
_RULE = re.compile(r"[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+")
_RELATIONS: dict[str, Relation] = {"~=": "approx", ">=": "greater_or_equal", "<=": "less_or_equal", "=": "equal"}

Relation = Literal["equal", "greater_or_equal", "less_or_equal", "approx"]


@dataclass(frozen=True, slots=True)
class Every:
    """All of the parts (&)."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of the parts (|)."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """Not the part (!)."""

    part: Filter


@dataclass(frozen=True, slots=True)
class Present:
    """The attribute has a value (=*)."""

    attribute: str


@dataclass(frozen=True, slots=True)
class Comparison:
    attribute: str
    relation: Relation
    value: bytes


@dataclass(frozen=True, slots=True)
class Substrings:
    """The value begins with `first`, ends with `last` (each may be empty), and holds `middle` in this order between."""

    attribute: str
    first: bytes
    middle: tuple[bytes, ...]
    last: bytes


@dataclass(frozen=True, slots=True)
class Extensible:
    """A matching rule by its name (:=); `whole_name` also looks at the parts of an entry's name."""

    attribute: str | None
    rule: str | None
    value: bytes
    whole_name: bool


Filter = Every | Some | Negation | Present | Comparison | Substrings | Extensible


@lru_cache(maxsize=1024)
def parse_filter(text: str) -> Filter:
    """The filter that `text` is; ValueError that names the character where it is wrong (counted from 1)."""
    if len(text) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST} characters")
    reader = _Reader(text)
    found = reader.filter(0)
    if reader.place < len(text):
        raise reader.wrong("the filter ends before this")
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def wrong(self, why: str, place: int | None = None) -> ValueError:
        at = self.place if place is None else place
        what = f"character {at + 1} ({self.text[at]!r})" if at < len(self.text) else "its end"
        return ValueError(f"is no search filter: at {what}: {why}")

    def filter(self, depth: int) -> Filter:
        """One filter in its parentheses."""
        if depth > _DEEPEST:
            raise self.wrong(f"filters are nested deeper than {_DEEPEST}")
        self._take("(", "a filter begins with (")
        mark = self.text[self.place : self.place + 1]
        if mark in ("&", "|"):
            self.place += 1
            parts = [self.filter(depth + 1)]
            while self.text.startswith("(", self.place):
                parts.append(self.filter(depth + 1))
            self._take(")", "here comes another filter in parentheses, or the ) that ends this one")
            return Every(tuple(parts)) if mark == "&" else Some(tuple(parts))
        found: Filter
        if mark == "!":
            self.place += 1
            found = Negation(self.filter(depth + 1))
        else:
            found = self._item()
        self._take(")", "a ) is missing")
        return found

    def _item(self) -> Filter:
        attribute = self._matched(_ATTRIBUTE)
        if self.text.startswith(":", self.place):
            return self._extensible(attribute)
        if attribute is None:
            raise self.wrong("an attribute begins with a letter, or is numbers with points between them")
        for mark, relation in _RELATIONS.items():
            if self.text.startswith(mark, self.place):
                self.place += len(mark)
                return self._compared(attribute, relation)
        raise self.wrong("after an attribute comes =, >=, <=, ~= or :=")

    def _compared(self, attribute: str, relation: Relation) -> Filter:
        begun = self.place
        pieces = [self._value()]
        while self.text.startswith("*", self.place):
            if relation != "equal":
                raise self.wrong(r"an * belongs after = alone: write \2a for the character")
            self.place += 1
            pieces.append(self._value())
        if len(pieces) == 1:
            return Comparison(attribute, relation, pieces[0])
        if pieces == [b"", b""]:
            return Present(attribute)
        first, *middle, last = pieces
        if b"" in middle:
            raise self.wrong("there is nothing between two *", begun)
        return Substrings(attribute, first, tuple(middle), last)

    def _extensible(self, attribute: str | None) -> Filter:
        whole_name = self.text[self.place : self.place + 4].lower() in (":dn:", ":dn")
        if whole_name:
            self.place += 3
        rule = None
        if not self.text.startswith(":=", self.place):
            self._take(":", "after an attribute comes :=")
            rule = self._matched(_RULE)
            if rule is None:
                raise self.wrong("a matching rule begins with a letter, or is numbers with points between them")
        if attribute is None and rule is None:
            raise self.wrong("give an attribute, a matching rule or both")
        self._take(":", "after a matching rule comes :=")
        self._take("=", "after a matching rule comes :=")
        return Extensible(attribute, rule, self._value(), whole_name)

    def _matched(self, pattern: re.Pattern[str]) -> str | None:
        match = pattern.match(self.text, self.place)
        if match is None:
            return None
        self.place = match.end()
        return match[0]

    def _value(self) -> bytes:
        """A value up to the next `*` or `)`, with its escapes undone (RFC 4515, 3)."""
        value = bytearray()
        while (character := self.text[self.place : self.place + 1]) not in ("", ")", "*"):
            if character == "\\":
                code = self.text[self.place + 1 : self.place + 3]
                if not re.fullmatch("[0-9A-Fa-f]{2}", code):
                    raise self.wrong(r"after \ come two hexadecimal digits, as in \2a for *")
                value += bytes.fromhex(code)
                self.place += 3
                continue
            if character in "(\0":
                raise self.wrong(r"write \28 for ( and \00 for NUL within a value")
            value += character.encode()
            self.place += 1
        return bytes(value)

    def _take(self, mark: str, why: str) -> None:
        if not self.text.startswith(mark, self.place):
            raise self.wrong(why)
        self.place += len(mark)
