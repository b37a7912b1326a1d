"""Turns the errors of the validation library into sentences for the people who write configurations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from config.grammar import keys_at
from config.problems import Loc, remedy, shown
from config.types import SECRET_REFUSED

_UNKNOWN_KEY = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_MISSING = frozenset({"missing", "missing_argument", "missing_keyword_only_argument"})
_NOT_LIST = frozenset({"list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"})
_NOT_MAPPING = frozenset({"dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type"})
_ABOUT_VALUE = re.compile(r"(is|has|can|lies|names) ")
_QUOTED = re.compile(r"'([^']+)'")


def sentences(error: ValidationError, value: Any, cls: type) -> Iterator[tuple[Loc, str]]:
    """Every error as its place inside `value` and a sentence; `cls` describes the value.

    Of several errors about one place (the alternatives of a union) the first is told.
    """
    told = set()
    for detail in error.errors(include_url=False):
        loc = _place(detail["loc"], value, detail["type"] in _MISSING)
        if detail["type"] == "at_key":
            loc = (*loc, detail["ctx"]["key"])
        if loc not in told:
            told.add(loc)
            yield loc, _sentence(detail, loc, cls)


def _place(loc: Loc, value: Any, missing: bool) -> Loc:
    """The error's place without the steps that are the library's own, such as the alternative of a union."""
    place: list[str | int] = []
    for number, step in enumerate(loc):
        inner = isinstance(step, int) if isinstance(value, list) else isinstance(value, dict) and step in value
        if inner:
            value = value[step]
        if inner or (missing and number == len(loc) - 1):
            place.append(step)
    return tuple(place)


def _sentence(detail: Any, loc: Loc, cls: type) -> str:
    kind = detail["type"]
    given = detail["input"]
    if kind in _UNKNOWN_KEY:
        return f"is no key here: {remedy(str(loc[-1]), list(keys_at(cls, loc[:-1])), 'keys')}"
    if kind in _MISSING:
        key = keys_at(cls, loc[:-1]).get(str(loc[-1]))
        return f"is missing: {_as_clause(key.help)}" if key and key.help else "is missing"
    if kind == "at_key":
        return str(detail["ctx"]["message"])
    if kind == "value_error":
        return _about(given, " ".join(str(detail["ctx"]["error"]).split()))
    if kind == "literal_error":
        return _choice(given, _QUOTED.findall(detail["ctx"]["expected"]))
    if given == "":
        return "is empty: give it a value or leave the key out"
    if kind in _NOT_LIST:
        return "must be a list: write [a, b], or one entry a line with - before it"
    if kind in _NOT_MAPPING:
        keys = list(keys_at(cls, loc))
        return f"must have keys of its own: {', '.join(keys)}" if keys else "must be a mapping: write {key: value}"
    return _plain(kind, detail)


def _plain(kind: str, detail: Any) -> str:
    context = detail.get("ctx", {})
    if kind == "too_short":
        least, given = context["min_length"], context["actual_length"]
        return "is empty: give at least one" if not given else f"has {given} entries where {least} belong"
    if kind == "too_long":
        return f"has too many entries: at most {context['max_length']} are allowed"
    if kind == "string_type":
        return "must be a text"
    message = str(detail["msg"]).replace("Input should be", "must be")
    return _about(detail["input"], message[:1].lower() + message[1:])


def _about(given: Any, message: str) -> str:
    """The message with what was given before it, where that helps and cannot be a secret."""
    if message == SECRET_REFUSED or not isinstance(given, str) or not _ABOUT_VALUE.match(message):
        return message
    if not given:
        return (
            f"is empty: it {message}"
            if not message.startswith("is ")
            else message.replace("is ", "is empty: it is ", 1)
        )
    return message if "@" in given or "://" in given else f"{shown(given)} {message}"


def _choice(given: Any, choices: list[str]) -> str:
    listed = ", ".join(choices[:-1]) + " or " + choices[-1] if len(choices) > 1 else choices[0]
    return f"{shown(given)} is not right: write {listed}" if isinstance(given, str) and given else f"must be {listed}"


def _as_clause(help_text: str) -> str:
    """A sentence of help to stand after a colon."""
    text = help_text.strip().removesuffix(".")
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
