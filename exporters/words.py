"""The words that people read, in each language: titles, heads of columns, verdicts, and how figures come about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from availability.periods import Period
from exporters import words_en, words_nl

Language = Literal["nl", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """Every word in one language."""

    titles: Mapping[str, str]
    """Of tables, by their key."""
    columns: Mapping[str, str]
    """Heads of columns by their key, or by `table.key` where a table calls it otherwise."""
    terms: Mapping[str, str]
    """Of codes: verdicts, kinds, categories."""
    explanations: Mapping[str, str]
    """How each figure comes about: `figure.KEY` is its name, `method.KEY` the explanation."""
    sentences: Mapping[str, str]
    """With `{names}` that are filled in."""
    months: tuple[str, ...]
    months_short: tuple[str, ...]
    decimal: str
    """What stands before the decimals of a number."""

    def column(self, table: str, key: str) -> str:
        """The head of a column."""
        return self.columns.get(f"{table}.{key}") or self.columns[key]

    def term(self, code: str) -> str:
        """The word for a code; one that users made themselves, such as a category, is its own word."""
        return self.terms.get(code) or self.explanations.get(code) or code

    def sentence(self, key: str, **values: object) -> str:
        """A sentence with its values filled in."""
        return self.sentences[key].format(**values)

    def number(self, text: str) -> str:
        """A number that was written with a point."""
        return text.replace(".", self.decimal)

    def period(self, period: Period) -> str:
        """A period as people say it: `October 2026`, `quarter 4 of 2026`, `2026`."""
        year, _, rest = period.label.partition("-")
        if not rest:
            return year
        if rest.startswith("Q"):
            return self.sentence("quarter", quarter=rest[1:], year=year)
        return f"{self.months[int(rest) - 1]} {year}"


WORDS: Mapping[Language, Words] = {
    "nl": Words(
        words_nl.TITLES,
        words_nl.COLUMNS,
        words_nl.TERMS,
        words_nl.EXPLANATIONS,
        words_nl.SENTENCES,
        words_nl.MONTHS,
        words_nl.MONTHS_SHORT,
        decimal=",",
    ),
    "en": Words(
        words_en.TITLES,
        words_en.COLUMNS,
        words_en.TERMS,
        words_en.EXPLANATIONS,
        words_en.SENTENCES,
        words_en.MONTHS,
        words_en.MONTHS_SHORT,
        decimal=".",
    ),
}
