"""Whatever is in the file, the answer is settings or a list of problems with their places, never another exception."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config.grammar import keys_of
from config.models import CheckSection, FileSection
from config.problems import ConfigError
from config.promises import ServiceSection, WindowSection
from config.reader import read
from config.templates import ForEachSection, TemplateSection, UseSection
from tests.config.standins import PROBES

WHOLE = (Path(__file__).parent / "whole.yaml").read_text()
KEYS = [
    *keys_of(FileSection),
    *keys_of(CheckSection),
    *keys_of(WindowSection),
    *keys_of(ServiceSection),
    *keys_of(TemplateSection),
    *keys_of(UseSection),
    *keys_of(ForEachSection),
    "affects",
    "of",
]
SCALARS = [
    "all",
    "any",
    "at_least",
    "count",
    "app",
    "brp",
    "1",
    "0",
    "-1",
    "30s",
    "98%",
    "NaN%",
    "\u0663",
    "Infinity",
    "é",
]
TIMES = ["24:00", "2026-02-29", "2026-10-25T02:30:00+02:00", "9999-12-31", "0001-01-01T00:00:00+23:59", "daily", "mon"]
PLACES = [
    "192.0.2.1",
    "[::1]:1",
    "sqlite:///x",
    "postgresql://[/x",
    "postgresql://h:99999/x",
    "icmp",
    "http",
    "2 working days",
]
MARKS = ["", "\t", "\u2028", "<<", "{", "true", "false", "closed"]
BRACES = ["{id}", "{n}", "{{", "}", "{app}-{host}", "192.0.2.0/29"]
WORDS = [*KEYS, *SCALARS, *TIMES, *PLACES, *MARKS, *BRACES]
words = st.sampled_from(WORDS)
trees = st.recursive(
    words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4), max_leaves=25
)
sections = st.dictionaries(st.sampled_from(list(keys_of(FileSection))), trees | st.lists(trees, max_size=3), max_size=6)
quick = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def encoded(text: str) -> bytes:
    return text.encode(errors="replace")


def holds(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    try:
        read(path, PROBES)
    except ConfigError as error:
        assert error.problems
        for problem in error.problems:
            assert problem.line is not None
            assert 1 <= problem.line <= data.count(b"\n") + data.count(b"\r") + 2
            assert "\n" not in str(problem)


@quick
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(encoded))
def test_any_bytes(tmp_path: Path, data: bytes) -> None:
    holds(tmp_path / "any.yaml", data)


@quick
@given(sections=sections)
@example(sections={"components": [{"id": "a", "checks": {"id": "a"}}]})
@example(sections={"components": [{"id": "a", "behind": "a", "up_when": {"at_least": {"count": [], "of": {}}}}]})
@example(sections={"services": [{"id": "a", "participants": [["a"]], "response_time": []}]})
@example(sections={"templates": [{"id": "a", "component": {"id": []}}], "components": [{"id": "b", "use": "a"}]})
@example(sections={"components": [{"use": "a", "with": "a", "for_each": {"csv": []}, "addresses": {}}]})
def test_any_tree(tmp_path: Path, sections: dict[str, Any]) -> None:
    holds(tmp_path / "any.yaml", json.dumps({"version": 1, **sections}).encode())


uses = st.fixed_dictionaries(
    {},
    optional={
        "id": words,
        "use": st.just("t"),
        "with": st.dictionaries(words, trees, max_size=2),
        "for_each": st.lists(st.dictionaries(words, trees, max_size=3), max_size=3) | trees,
        "addresses": words,
        "name": words,
        "checks": trees,
    },
)
bodies = st.dictionaries(words, trees, max_size=4)


@quick
@given(uses=st.lists(uses, max_size=3), body=bodies, parameters=st.lists(words | trees, max_size=2))
def test_any_template_and_use_of_it(
    tmp_path: Path, uses: list[Any], body: dict[str, Any], parameters: list[Any]
) -> None:
    template = {"id": "t", "component": body, "parameters": parameters}
    root = {"version": 1, "templates": [template], "components": uses, "links": uses}
    holds(tmp_path / "any.yaml", json.dumps(root).encode())


@quick
@given(start=st.integers(0, len(WHOLE)), length=st.integers(0, 40), put=words)
def test_any_damage_to_a_good_file(tmp_path: Path, start: int, length: int, put: str) -> None:
    holds(tmp_path / "any.yaml", (WHOLE[:start] + put + WHOLE[start + length :]).encode())


@pytest.mark.parametrize("opening", [b"[", b"{a: ", b"- ", b"? ", b"!!map {", b'"', b"&a [*a, "])
def test_any_depth(tmp_path: Path, opening: bytes) -> None:
    holds(tmp_path / "deep.yaml", opening * 100_000)
