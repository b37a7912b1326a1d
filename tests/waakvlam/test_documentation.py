"""What the documentation says is what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collector.probes import OPTIONS
from config.reader import read
from waakvlam.documentation import configuration_reference

HOUSE = Path(__file__).parents[2]
PAGES = sorted([HOUSE / "README.md", HOUSE / "CHANGELOG.md", *(HOUSE / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")


def test_the_reference_of_the_configuration_is_current() -> None:
    """If not: python -m waakvlam.documentation > docs/configuration.md."""
    assert (HOUSE / "docs" / "configuration.md").read_text() == configuration_reference()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HOUSE)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("path", sorted((HOUSE / "config" / "examples").glob("*.yaml")), ids=lambda path: path.name)
def test_every_example_estate_reads(path: Path) -> None:
    assert read(path, OPTIONS).estate.services
