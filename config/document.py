"""Reads YAML into texts, lists and mappings that know their line: every scalar stays text, nothing is guessed.

Only the part of YAML that a configuration needs is accepted: one document in UTF-8 without tags, anchors, aliases and
merge keys, each key once. What is left cannot grow beyond the file that was read, nor run any code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

from config.problems import Loc, Problem, refuse, shown

SIZE_LIMIT = 32 * 1024 * 1024
"""Bytes of configuration that are read at most: about 150,000 checks."""
DEPTH_LIMIT = 64
"""Lists and mappings inside one another at most; an expression takes two or three for each of its levels."""

_NO_ALIAS = "anchors and aliases (&name, *name) are not read: write it out, or give it once under `defaults`"
_NO_MERGE = "merge keys (<<) are not read: write the keys out, or give them once under `defaults`"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an entry that was not written out comes from: the line of its use, and what people know it by.

    `template` is the name of its template, `row` says which entry of a list it was made for (empty: none of a list).
    """

    line: int
    template: str = ""
    row: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A line (from 1), and what is to be said besides where the entry was not written out.

    `shared` is the line on which what stands there was written once for many, in a template or in an entry for a list.
    """

    line: int
    note: str = ""
    shared: int | None = None


class Document:
    """The tree of a file: `root` of dict, list and str, and the line of every entry.

    `faults` are problems that don't stop the reading of the rest, such as a key given twice. `digest` is the SHA-256
    of what was read.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        self.data = data
        self.digest = hashlib.sha256(data).hexdigest()
        self.faults: list[tuple[Loc, str, int]] = []
        self._lines: dict[int, list[int]] = {}
        """By id of a dict or list: the line of each of its entries, in their order; below zero, that of a template."""
        self._origins: dict[int, Origin] = {}
        """By id of an entry that was not written out."""
        self._kept: list[Any] = []
        """Every dict and list, also one dropped as given twice, so that no two have the same id."""
        self.root = self._compose(_decode(path, data))

    def line(self, loc: Loc) -> int:
        """The line (from 1) of the entry at `loc`, or of the nearest entry around it that is there; of what was not
        written out, the line of its use."""
        return self.place(loc).line

    def place(self, loc: Loc) -> Place:
        """The line of the entry at `loc`, as `line` gives it, and where what stands there comes from."""
        node: Any = self.root
        line = 1
        origin: Origin | None = None
        for step in loc:
            if isinstance(node, dict) and step in node:
                line = self._lines[id(node)][list(node).index(step)]
            elif isinstance(node, list) and isinstance(step, int) and step < len(node):
                line = self._lines[id(node)][step]
            else:
                break
            node = node[step]
            origin = self._origins.get(id(node), origin)
        if origin is None:
            return Place(line)
        if line < 0:
            said = [f"template {shown(origin.template)}, line {-line}", origin.row]
            return Place(origin.line, f" ({'; '.join(filter(None, said))})", -line)
        return Place(line, f" ({origin.row})", line) if origin.row else Place(line)

    def lines_of(self, node: Mapping[str, Any] | Sequence[Any]) -> Sequence[int]:
        """The lines of the entries of a mapping or list of the tree, in their order."""
        return self._lines[id(node)]

    def adopt(self, node: dict[str, Any] | list[Any], lines: list[int], origin: Origin | None = None) -> None:
        """Know a mapping or list that is to stand in the tree: `lines` of its entries, below zero those of the template
        that `origin` names."""
        self._lines[id(node)] = lines
        self._kept.append(node)
        if origin is not None:
            self._origins[id(node)] = origin

    def dotted(self, loc: Loc) -> str:
        """`loc` as users read it: entries of a list by their id where they have one, else by their number from 0."""
        node: Any = self.root
        path = ""
        for step in loc:
            inner: Any = None
            if isinstance(node, list) and isinstance(step, int):
                inner = node[step] if step < len(node) else None
                name = inner.get("id") if isinstance(inner, dict) else None
                path += f".{_plain(name)}" if isinstance(name, str) and name else f"[{step}]"
            else:
                inner = node.get(step) if isinstance(node, dict) else None
                path += f".{_plain(str(step))}"
            node = inner
        return path.removeprefix(".")

    def problem(self, loc: Loc, message: str, line: int | None = None) -> Problem:
        """A problem at `loc`, with its line and its path."""
        place = self.place(loc)
        return Problem(str(self.path), line or place.line, self.dotted(loc), message + place.note)

    def at(self, loc: Loc) -> Any:
        """What stands at `loc`, which is there."""
        node: Any = self.root
        for step in loc:
            node = node[step]
        return node

    def put(self, loc: Loc, value: Any) -> None:
        """Put `value` at `loc`, in place of what stands there or, in what is there around it, as the last."""
        around, step, line = self.at(loc[:-1]), loc[-1], self.line(loc)
        there = step in around if isinstance(around, dict) else int(step) < len(around)
        if not there:
            self._lines[id(around)] = [*self._lines[id(around)], line]
        if there or isinstance(around, dict):
            around[step] = value
        else:
            around.append(value)
        waiting = [value]
        while waiting:
            node = waiting.pop()
            if isinstance(node, dict | list):
                self._lines[id(node)] = [line] * len(node)
                self._kept.append(node)
                waiting.extend(node.values() if isinstance(node, dict) else node)

    def take_out(self, loc: Loc) -> None:
        """Remove what stands at `loc`, which is there."""
        around, step = self.at(loc[:-1]), loc[-1]
        lines = list(self._lines[id(around)])
        del lines[list(around).index(step) if isinstance(around, dict) else int(step)]
        self._lines[id(around)] = lines
        del around[step]

    def _compose(self, text: str) -> Any:
        try:
            return self._build(CParser(text))
        except _UnreadError as error:
            raise refuse(self.path, str(error), error.line) from None
        except ReaderError as error:
            line = text.encode()[: error.position].count(b"\n") + 1
            raise refuse(self.path, "holds a control character: remove it", line) from None
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise refuse(self.path, f"is not YAML: {_said(error, text)}", mark.line + 1 if mark else None) from None

    def _build(self, parser: CParser) -> Any:
        """The tree of the one document, built from events in one loop: no depth of nesting can exhaust the stack."""
        top: list[Any] = []
        node: Any = top
        lines: list[int] = []
        key: str | None = None
        key_line = 0
        outer: list[tuple[Any, list[int]]] = []
        event: Any
        while type(event := parser.get_event()) is not StreamEndEvent:
            kind = type(event)
            if kind is MappingEndEvent or kind is SequenceEndEvent:
                node, lines = outer.pop()
                continue
            line = event.start_mark.line + 1
            if kind is ScalarEvent:
                _refuse_marks(event, line)
                value: Any = event.value
                if key is None and type(node) is dict:
                    key, key_line = value, line
                    self._check_key(value, line, node, lines, outer)
                    continue
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                _refuse_marks(event, line)
                if len(outer) == DEPTH_LIMIT:
                    raise _UnreadError(f"is nested deeper than {DEPTH_LIMIT} levels", line)
                value = {} if kind is MappingStartEvent else []
            elif kind is AliasEvent:
                raise _UnreadError(_NO_ALIAS, line)
            else:
                if kind is DocumentStartEvent and top:
                    raise _UnreadError("holds a second document: keep one, without another `---`", line)
                continue
            if type(node) is not dict:
                node.append(value)
                lines.append(line)
            elif key is None:
                raise _UnreadError("a key must be text: put a text with { or [ in it in quotes", line)
            else:
                if key not in node:
                    node[key] = value
                    lines.append(key_line)
                key = None
            if kind is not ScalarEvent:
                outer.append((node, lines))
                node, lines = value, []
                self._lines[id(value)] = lines
                self._kept.append(value)
        return top[0] if top else ""

    def _check_key(
        self, key: str, line: int, node: dict[str, Any], lines: list[int], outer: list[tuple[Any, list[int]]]
    ) -> None:
        if key == "<<":
            raise _UnreadError(_NO_MERGE, line)
        if key in node:
            around = [container for container, _ in outer[1:]]
            loc = tuple(list(c)[-1] if isinstance(c, dict) else len(c) - 1 for c in around)
            first = lines[list(node).index(key)]
            self.faults.append(((*loc, key), f"is given twice, first on line {first}: keep one of the two", line))


class _UnreadError(Exception):
    """YAML that a configuration does not need, at a line."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def load(path: Path) -> Document:
    """The document in the file; ConfigError where it cannot be had or is not one."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise refuse(path, f"cannot be read: {why}") from None
    if len(data) > SIZE_LIMIT:
        raise refuse(path, f"is larger than {SIZE_LIMIT // 1024 // 1024} MiB: no configuration needs that")
    return Document(path, data)


def _decode(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise refuse(path, "is not UTF-8: save it in that encoding", line) from None


def _refuse_marks(event: Any, line: int) -> None:
    if event.anchor is not None:
        raise _UnreadError(_NO_ALIAS, line)
    if event.tag is not None:
        raise _UnreadError(f"{shown(event.tag)} is a tag: leave it out, a key knows the type of its value", line)


def _said(error: MarkedYAMLError, text: str) -> str:
    """What the parser stumbled over, with the remedy where its own words puzzle people."""
    problem = error.problem or "it cannot be parsed"
    at = _character(text, error.problem_mark)
    if at == "\t" or "tab character" in problem:
        return "a tab stands where spaces must: indent with spaces"
    if problem.startswith("found character that cannot start"):
        return f"{shown(at)} cannot start a text: put the text in quotes"
    if problem.startswith("mapping values"):
        return "a colon too many: put a text with a colon and a space in quotes, and check the indentation"
    context = f"{error.context}, {problem}" if error.context else problem
    return f"{context} (a quote, a bracket or a colon may be missing, or the indentation be uneven)"


def _character(text: str, mark: Any) -> str:
    lines = text.splitlines()
    return lines[mark.line][mark.column : mark.column + 1] if mark and mark.line < len(lines) else ""


def _plain(key: str) -> str:
    """A key as part of a path."""
    return key if key.isprintable() and len(key) <= 60 else shown(key)
