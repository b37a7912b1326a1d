"""Writes the part of docs/alerting.md that has a heading for every alert (`make docs`), to which `--runbooks` leads."""

from __future__ import annotations

import re
from pathlib import Path

from dashboards.rules_words_en import WORDS

PAGE = Path(__file__).parents[1] / "docs" / "alerting.md"
BEGINS = "## Every alert\n"

_FILLED_IN = re.compile(r"\{\{ \$(?:value|labels)\b[^}]*\}\}")


def alert_headings() -> str:
    """What every alert means and what to do, in the order of the table above it."""
    told = [BEGINS]
    for alert, words in WORDS.items():
        told.append(f"### {alert}\n\n*{_plain(words.summary)}*\n\n{_plain(words.meaning)}\n\n{_plain(words.action)}\n")
    return "\n".join(told)


def with_headings(page: str) -> str:
    """`page` with its last section written anew; ValueError where it has none."""
    begin = page.index(BEGINS)
    return page[:begin] + alert_headings()


def _plain(text: str) -> str:
    """A text of an alert with … for what a rule or Prometheus fills in."""
    text = re.sub(r"\{\{ with .*?\}\}.*\{\{ else \}\}(.*?)\{\{ end \}\}", r"\1", text)
    return re.sub(r"<[a-z_]+>", "…", _FILLED_IN.sub("…", text))


if __name__ == "__main__":
    PAGE.write_text(with_headings(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
