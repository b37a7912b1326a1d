"""Writes a configuration as YAML that reads to the same tree: what was expanded, for people and for the archive."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_WIDTH = 110
"""Characters of a line within which a mapping or list is written on it."""
_PLAIN = re.compile(r"[A-Za-z0-9/._][A-Za-z0-9/._@%+=~()-]*(?: [A-Za-z0-9/._@%+=~()-]+)*")
"""Texts that are the same text without quotes, wherever they stand."""
_CONTROL = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
"""What ends a line, cannot stand in YAML as it is, or changes the order in which a terminal shows the rest."""


def written(root: Any) -> str:
    """`root`, of mappings, lists and texts, as YAML in block style, with what is short on one line."""
    lines = _block(root, "")
    return "\n".join(lines) + "\n"


def _block(node: Any, indent: str) -> Iterator[str]:
    """The lines of what stands at `indent`, each with it."""
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from _entry(f"{indent}{_text(key)}:", value, indent + "  ", " ")
    elif isinstance(node, list) and node:
        for value in node:
            yield from _entry(f"{indent}-", value, indent + "  ", " ")
    else:
        yield indent + _flow(node)


def _entry(head: str, value: Any, indent: str, space: str) -> Iterator[str]:
    """An entry whose line begins with `head`: on that line where it fits, else on those below, at `indent`."""
    if isinstance(value, str) or not value or _is_short(value):
        line = head + space + _flow(value)
        if isinstance(value, str) or not value or len(line) <= _WIDTH:
            yield line
            return
    below = _block(value, indent)
    if head.endswith("-"):
        yield head + space + next(below).lstrip(" ")
    else:
        yield head
    yield from below


def _is_short(node: Any) -> bool:
    """Whether a mapping or list holds texts alone, or little more."""
    inner = node.values() if isinstance(node, dict) else node
    return all(isinstance(one, str) or not one or _holds_texts(one) for one in inner)


def _holds_texts(node: Any) -> bool:
    return all(isinstance(one, str) for one in (node.values() if isinstance(node, dict) else node))


def _flow(node: Any) -> str:
    if isinstance(node, dict):
        return "{" + ", ".join(f"{_text(key)}: {_flow(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(map(_flow, node)) + "]"
    return _text(node)


def _text(text: str) -> str:
    """A text as it is where that is safe, else in double quotes; what no file may hold as an escape."""
    if _PLAIN.fullmatch(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
