"""The worked cases of docs/semantics.md: each is imported and reported through the command line, as a user would.

A case is a JSON file: `why` says what it shows; `config` is written as config.yaml (JSON is YAML); `outcomes` are
spans of equal observations, `every` so often from the first instant up to the second; `expect` is what the JSON
report of `period` (as of `as_of`) must say. The report may say more.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.commands_forked import forks

CASES = sorted(Path(__file__).with_name("cases").glob("*.json"))
OK_COLUMN = {"ok": "true", "fail": "false", "none": ""}
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def waakvlam(folder: Path, *arguments: str) -> str:
    done = forks().run([*arguments, "--config", "config.yaml"], folder, os.environ, 60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def write_observations(path: Path, outcomes: list[Mapping[str, Any]]) -> None:
    rows = []
    for series in outcomes:
        step = timedelta(seconds=float(series["every"][:-1]) * UNITS[series["every"][-1]])
        for first, end, what in series["spans"]:
            instant, until = datetime.fromisoformat(first), datetime.fromisoformat(end)
            while instant < until:
                rows.append((instant, series["check"], series.get("vantage", "local"), OK_COLUMN[what]))
                instant += step
    rows.sort()
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["at", "check", "vantage", "ok", "latency_ms", "detail"])
        writer.writerows([at.isoformat(), check, vantage, ok, "", ""] for at, check, vantage, ok in rows)


def by_identity(entries: list[Any]) -> list[Any]:
    if entries and isinstance(entries[0], dict) and ("id" in entries[0] or "pair" in entries[0]):
        return sorted(entries, key=lambda entry: (entry.get("id", entry.get("pair")), moment(entry.get("started_at"))))
    return entries


def moment(text: str | None) -> float:
    return datetime.fromisoformat(text).timestamp() if text else 0.0


def assert_holds(expected: Any, got: Any, path: str = "report") -> None:
    if isinstance(expected, dict):
        for key, value in expected.items():
            assert key in got, f"{path}.{key} is missing"
            assert_holds(value, got[key], f"{path}.{key}")
    elif isinstance(expected, list):
        assert len(expected) == len(got), f"{path}: {got}"
        for index, (left, right) in enumerate(zip(by_identity(expected), by_identity(got), strict=True)):
            assert_holds(left, right, f"{path}[{index}]")
    elif isinstance(expected, float | int) and not isinstance(expected, bool):
        assert got == pytest.approx(expected, abs=1e-9 if abs(expected) <= 1 else 5e-4), path
    elif isinstance(expected, str) and expected[:2] == "20" and "T" in expected:
        assert moment(expected) == moment(got), path
    else:
        assert expected == got, path


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_worked_case(path: Path, tmp_path: Path) -> None:
    case = json.loads(path.read_text())
    (tmp_path / "config.yaml").write_text(json.dumps(case["config"]))
    write_observations(tmp_path / "observations.csv", case["outcomes"])
    waakvlam(tmp_path, "import", "observations", "observations.csv")
    as_of = ["--as-of", case["as_of"]] if case["as_of"] else []
    report = waakvlam(tmp_path, "report", "--period", case["period"], "--format", "json", *as_of)
    assert_holds(case["expect"], json.loads(report))


def test_the_cases_are_there() -> None:
    assert len(CASES) >= 35
