"""Reads the committed dashboards as Grafana does: their panels, questions and variables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOM = Path(__file__).parents[2] / "dashboards"
PROMETHEUS = sorted((ROOM / "json").glob("*.json"))
HISTORY = sorted((ROOM / "history" / "json").glob("*.json"))
EVERY = [*PROMETHEUS, *HISTORY]
BUILT_IN = {"__rate_interval": "5s", "__range": "30s", "__interval": "1s"}
"""What Grafana itself puts into a question, with values for a Prometheus that scrapes every second."""


@dataclass(frozen=True)
class Asked:
    """One question of a panel, of a mark on the time lines, or of a variable."""

    board: str
    title: str
    expr: str
    instant: bool
    panel: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.board}: {self.title}: {self.expr}"


def load(path: Path) -> dict[str, Any]:
    """One dashboard."""
    found = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def panels(board: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Its panels without the headings."""
    yield from (panel for panel in board["panels"] if panel["type"] != "row")


def variables(board: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Its variables, the data source among them."""
    return list(board["templating"]["list"])


def questions(path: Path) -> Iterator[Asked]:
    """Every question to Prometheus in one dashboard but those of variables."""
    board = load(path)
    for panel in panels(board):
        for target in panel["targets"]:
            yield Asked(path.stem, panel["title"], target["expr"], bool(target.get("instant")), panel)
    for mark in board["annotations"]["list"]:
        yield Asked(path.stem, f"marks: {mark['name']}", mark["expr"], False, {})


def filled(expr: str, values: Mapping[str, str]) -> str:
    """The question with its variables replaced; KeyError for one that nobody defined."""
    return re.sub(r"\$([A-Za-z_]\w*)", lambda found: values[found[1]], expr)
