"""The reference names every key, says what each is for, and every option of a probe carries its help."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from collector.probes import OPTIONS
from config.grammar import keys_of, sections_in
from config.models import CheckSection, FileSection
from config.reference import reference


def every_class(cls: Any) -> set[Any]:
    inner = [nested for key in keys_of(cls).values() for nested in sections_in(key.hint)]
    return {cls}.union(*(every_class(nested) for nested in inner))


SECTIONS = sorted(every_class(FileSection) | {CheckSection}, key=lambda cls: str(cls.__name__))
PAGE = reference(OPTIONS)


@pytest.mark.parametrize("cls", [*SECTIONS, *OPTIONS.values()], ids=lambda cls: str(cls.__name__))
def test_every_key_is_on_the_page_with_its_meaning(cls: Any) -> None:
    assert cls.__doc__
    for key in keys_of(cls).values():
        assert key.help, f"{cls.__name__}.{key.name} has no sentence of help"
        assert f"| `{key.name}` |" in PAGE


@pytest.mark.parametrize("name", OPTIONS)
def test_options_are_strict_down_to_their_nested_ones(name: str) -> None:
    for cls in every_class(OPTIONS[name]):
        assert dataclasses.is_dataclass(cls)
        assert cls is OPTIONS[name] or cls.__pydantic_config__["extra"] == "forbid"
        assert not set(keys_of(cls)) & set(keys_of(CheckSection)) or cls is not OPTIONS[name]


def test_defaults_are_written_as_users_write_them() -> None:
    for line in (
        "| `interval` | duration | `30s` | From one look to the next. |",
        "| `norm` | percentage | `85%` | The share of incidents that must be within their limits. |",
        "| `version` | 1 | required | The version of this grammar, which is 1. |",
        "| `per` | `month` \\| `quarter` \\| `year` | `month` | The period that the norm is held against. |",
    ):
        assert line in PAGE


def test_no_cell_shows_the_inside_of_the_program() -> None:
    for trace in ("<class", "typing.", "Annotated", "None", "PlainValidator", "frozenset"):
        assert trace not in PAGE
