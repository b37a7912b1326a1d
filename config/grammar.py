"""What keys a section or the options of a probe have: their types, defaults and help, read from the classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, PlainValidator

from config.problems import Loc

REQUIRED = object()
"""The default of a key that must be given."""


@dataclasses.dataclass(frozen=True, slots=True)
class Key:
    """One key: `hint` is its annotation as written, `default` is REQUIRED where there is none.

    `otherwise` says in words what holds without it, where that depends on more than the key.
    """

    name: str
    hint: Any
    default: Any
    help: str
    otherwise: str = ""


@cache
def keys_of(cls: Any) -> Mapping[str, Key]:
    """The keys of `cls`, a section's model or a dataclass of options, in their order."""
    hints = get_type_hints(cls, include_extras=True)
    if issubclass(cls, BaseModel):
        keys = [_key_of_model(cls, name, hints[name]) for name in cls.model_fields]
    else:
        keys = [_key_of_dataclass(field, hints[field.name]) for field in dataclasses.fields(cls)]
    return MappingProxyType({key.name: key for key in keys})


def keys_at(cls: Any, loc: Loc) -> Mapping[str, Key]:
    """The keys that belong at `loc` inside what `cls` describes; empty where nothing has keys of its own."""
    keys = keys_of(cls)
    for step in loc:
        if isinstance(step, int):
            continue
        if step not in keys:
            continue  # the name of an entry in a mapping, such as a date in special_days
        nested = sections_in(keys[step].hint)
        keys = keys_of(nested[0]) if nested else {}
    return keys


def sections_in(hint: Any) -> list[Any]:
    """The classes with keys of their own that an annotation leads to, not those that stand for a plain value."""
    if get_origin(hint) is Annotated and any(isinstance(mark, PlainValidator) for mark in hint.__metadata__):
        return []
    if isinstance(hint, type) and (dataclasses.is_dataclass(hint) or issubclass(hint, BaseModel)):
        return [hint]
    return [cls for inner in get_args(hint) for cls in sections_in(inner)]


def _key_of_model(cls: type[BaseModel], name: str, hint: Any) -> Key:
    field = cls.model_fields[name]
    default = REQUIRED if field.is_required() else field.default
    extra = field.json_schema_extra
    otherwise = extra.get("otherwise", "") if isinstance(extra, dict) else ""
    return Key(field.alias or name, hint, default, field.description or "", str(otherwise))


def _key_of_dataclass(field: dataclasses.Field[Any], hint: Any) -> Key:
    default = field.default
    if field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    return Key(
        field.name, hint, REQUIRED if default is dataclasses.MISSING else default, field.metadata.get("help", "")
    )
