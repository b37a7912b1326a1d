"""Compiles what is written once into what makes many of it: texts with parameters in braces, in lists and mappings."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from config.document import DEPTH_LIMIT, Document
from config.problems import Loc, remedy, shown
from config.templates import is_parameter

Parameters = Mapping[str, Any]
"""By name: a text, a list or a mapping."""
Make = Callable[[Parameters], Any]

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_A_SCALAR = 8
"""Characters that a scalar takes in a file besides its own, roughly."""


class TooLargeError(Exception):
    """What is made would be larger than any configuration that is read."""


class TooDeepError(Exception):
    """The value of a parameter is nested too deeply for the place where it is to stand."""


class Budget:
    """How many characters may still be made."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def spend(self, characters: int) -> None:
        """TooLargeError where nothing is left."""
        self._left -= characters
        if self._left < 0:
            raise TooLargeError


class Shape:
    """What stands at `loc` of `document`, with places for parameters.

    `known` are the parameters there are; what is wrong goes to `add`, with its place. `sign` is -1 for what stands in a
    template (`Document.adopt`). `names` are the parameters used, `in_texts` those that must be texts.
    """

    def __init__(
        self,
        document: Document,
        loc: Loc,
        known: Collection[str],
        add: Callable[[Loc, str], None],
        budget: Budget,
        *,
        without: Collection[str] = (),
        sign: int = 1,
    ) -> None:
        self.names: set[str] = set()
        self.in_texts: set[str] = set()
        self._document = document
        self._known = known
        self._add = add
        self._budget = budget
        self._sign = sign
        node = document.at(loc)
        self._make = self._mapping(node, loc, without) if isinstance(node, dict) else self._compile(node, loc, 0, 0)

    def make(self, parameters: Parameters) -> Any:
        """What stands there with `parameters`, which hold all of `names`; TooLargeError, TooDeepError."""
        return self._make(parameters)

    def _compile(self, node: Any, loc: Loc, line: int, depth: int) -> Make:
        if isinstance(node, str):
            return self._text(node, loc, line, depth)
        if isinstance(node, dict):
            return self._mapping(node, loc, ())
        lines = [self._sign * line for line in self._document.lines_of(node)]
        makes = [self._compile(inner, (*loc, number), lines[number], len(loc) + 1) for number, inner in enumerate(node)]
        size = sum(map(_size, node))
        adopt, spend = self._document.adopt, self._budget.spend

        def make(parameters: Parameters) -> list[Any]:
            made = [inner(parameters) for inner in makes]
            adopt(made, lines)
            spend(size)
            return made

        return make

    def _mapping(self, node: dict[str, Any], loc: Loc, without: Collection[str]) -> Make:
        kept = [
            (key, line) for key, line in zip(node, self._document.lines_of(node), strict=True) if key not in without
        ]
        if len(node) == 1 and (name := next(iter(node))) in self._known and node[name] == "":
            self._add(loc, f'is a mapping, because {{{name}}} stands without quotes: write "{{{name}}}"')
        lines = [self._sign * line for _, line in kept]
        makes = [(key, self._compile(node[key], (*loc, key), self._sign * line, len(loc) + 1)) for key, line in kept]
        size = sum(len(key) + _size(node[key]) for key, _ in kept)
        adopt, spend = self._document.adopt, self._budget.spend

        def make(parameters: Parameters) -> dict[str, Any]:
            made = {key: inner(parameters) for key, inner in makes}
            adopt(made, lines)
            spend(size)
            return made

        return make

    def _text(self, text: str, loc: Loc, line: int, depth: int) -> Make:
        if "{" not in text and "}" not in text:
            return lambda _: text
        pieces = self._pieces(text, loc)
        names = [name for name, is_name in pieces if is_name]
        self.names.update(names)
        if len(pieces) == 1 and names:
            return lambda parameters: self._value(parameters[names[0]], line, depth)
        self.in_texts.update(names)
        spend = self._budget.spend

        def make(parameters: Parameters) -> str:
            filled = [parameters[piece] if is_name else piece for piece, is_name in pieces]
            spend(sum(map(len, filled)))  # before it is made: it could be larger than the memory
            return "".join(filled)

        return make

    def _pieces(self, text: str, loc: Loc) -> list[tuple[str, bool]]:
        """The pieces of a text, each with whether it names a parameter; what is wrong is told and stays as it is."""
        pieces: list[tuple[str, bool]] = []
        end = 0
        for match in _TOKEN.finditer(text):
            if match.start() > end:
                pieces.append((text[end : match.start()], False))
            end = match.end()
            token, name = match[0], match[1]
            if name is not None and name in self._known:
                pieces.append((name, True))
                continue
            pieces.append((token[0], False))
            if name is not None and is_parameter(name):
                remedied = remedy(name, sorted(self._known), "parameters")
                self._add(loc, f"there is no parameter {shown(name)}: {remedied} (a brace as such is doubled: {{{{)")
            elif token not in ("{{", "}}"):
                self._add(
                    loc, f"has {shown(token)}, which is no parameter: double a brace that is meant as such ({{{{)"
                )
        if end < len(text):
            pieces.append((text[end:], False))
        return pieces

    def _value(self, value: Any, line: int, depth: int) -> Any:
        """The value of a parameter, as a thing of its own: each use can be changed apart."""
        if isinstance(value, str):
            self._budget.spend(len(value))
            return value
        if depth == DEPTH_LIMIT:
            raise TooDeepError
        made: Any
        if isinstance(value, dict):
            made = {key: self._value(inner, line, depth + 1) for key, inner in value.items()}
            self._budget.spend(sum(len(key) + _A_SCALAR for key in value))
        else:
            made = [self._value(inner, line, depth + 1) for inner in value]
            self._budget.spend(len(value) * _A_SCALAR)
        self._document.adopt(made, [line] * len(made))
        return made


def _size(node: Any) -> int:
    return _A_SCALAR + len(node) if isinstance(node, str) else _A_SCALAR
