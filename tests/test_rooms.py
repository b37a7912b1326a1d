"""The rooms of the house: imports point one way, and no file or function outgrows a comfortable read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
MAY_IMPORT = {
    "availability": set(),
    "config": {"availability"},
    "collector": {"availability", "config"},
    "exporters": {"availability", "config"},
    "dashboards": {"availability", "config", "exporters"},
    "waakvlam": {"availability", "config", "collector", "exporters", "dashboards"},
}
IMPURE = {"time", "socket", "asyncio", "os", "pathlib", "random", "yaml", "pydantic", "sqlalchemy", "subprocess"}
"""What a judge does not touch: no clock, no file, no socket, no configuration format."""
LINES_OF_A_FILE = 450
LINES_OF_A_FUNCTION = 60

FILES = sorted(path for room in MAY_IMPORT for path in (HOUSE / room).rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_point_one_way(path: Path) -> None:
    room = path.relative_to(HOUSE).parts[0]
    upward = set(imported(ast.parse(path.read_text()))) & (MAY_IMPORT.keys() - MAY_IMPORT[room] - {room})
    assert not upward, f"{room} must not know {upward}"


@pytest.mark.parametrize(
    "path", [path for path in FILES if HOUSE / "availability" in path.parents], ids=lambda p: p.name
)
def test_judging_is_pure(path: Path) -> None:
    assert not set(imported(ast.parse(path.read_text()))) & IMPURE


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_files_and_functions_fit_the_eye(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert len(text.splitlines()) <= LINES_OF_A_FILE
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            assert node.end_lineno - node.lineno < LINES_OF_A_FUNCTION, f"{path.name}:{node.lineno} {node.name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_file_opens_with_its_duty(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_the_rooms_are_there() -> None:
    assert len(FILES) > len(MAY_IMPORT)
