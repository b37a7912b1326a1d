"""The folders with recorded and with closed months, made once and copied by the tests that change them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.waakvlam.closed_months import close_two_months, record_three_months


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three months of facts, and a record of maintenance before any of them was closed."""
    folder = tmp_path_factory.mktemp("recorded")
    record_three_months(folder)
    return folder


@pytest.fixture(scope="session")
def closed(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with September and October closed."""
    folder = Path(shutil.copytree(recorded, tmp_path_factory.mktemp("closed") / "estate"))
    close_two_months(folder)
    return folder
