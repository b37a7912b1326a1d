"""The words of a report: each language has every one of them, and every table finds its own."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from availability.periods import parse_period
from availability.report import FailoverOutcome, FailoverVerdict, Verdict
from exporters.tables.every import every_table
from exporters.tables.standing import Light
from exporters.tables.table import Table, Typed
from exporters.words import WORDS, Language, Words
from tests.exporters.accounts import ZONE, make_account

TABLES = every_table(make_account(), ZONE, "0.1.0")
LANGUAGES: tuple[Language, ...] = get_args(Language)


@pytest.mark.parametrize("collection", ["titles", "columns", "terms", "explanations", "sentences"])
def test_both_languages_have_every_word_and_none_is_empty(collection: str) -> None:
    dutch, english = (getattr(WORDS[language], collection) for language in LANGUAGES)
    assert dutch.keys() == english.keys()
    assert all(text.strip() for text in (*dutch.values(), *english.values()))


def test_a_sentence_is_filled_in_with_the_same_in_both_languages() -> None:
    def holes(text: str) -> set[str]:
        return set(re.findall(r"{\w+}", text))

    dutch, english = (WORDS[language].sentences for language in LANGUAGES)
    assert {key: holes(text) for key, text in dutch.items()} == {key: holes(text) for key, text in english.items()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.key)
def test_every_table_has_a_title_heads_and_a_word_for_each_of_its_codes(table: Table, language: Language) -> None:
    words = WORDS[language]
    assert words.titles[table.key]
    for column in table.columns:
        assert words.column(table.key, column.key)
    for row in table.rows:
        for column, cell in zip(table.columns, row, strict=True):
            kind, value = cell if isinstance(cell, Typed) else (column.kind, cell)
            if kind in ("word", "verdict", "light") and value is not None:
                assert value in words.terms or value in words.explanations, value


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_that_a_judgement_can_have_has_a_word(language: Language) -> None:
    words: Words = WORDS[language]
    closed = [*get_args(Verdict), *get_args(FailoverVerdict), *get_args(FailoverOutcome), *get_args(Light)]
    for code in [*closed, "maintenance", "assumed", "unreachable", "outage", "registered", "both", "within"]:
        assert code in words.terms, code


def test_no_two_verdicts_are_told_alike() -> None:
    for words in WORDS.values():
        told = [words.term(code) for code in get_args(Verdict)]
        assert len(set(told)) == len(told)


def test_a_category_that_users_made_is_its_own_word() -> None:
    assert WORDS["nl"].term("herstel_van_glas") == "herstel_van_glas"


@pytest.mark.parametrize(
    ("label", "dutch", "english"),
    [
        ("2026-10", "oktober 2026", "October 2026"),
        ("2026-Q4", "kwartaal 4 van 2026", "quarter 4 of 2026"),
        ("2026", "2026", "2026"),
    ],
)
def test_a_period_is_told_as_people_say_it(label: str, dutch: str, english: str) -> None:
    period = parse_period(label, ZONE)
    assert (WORDS["nl"].period(period), WORDS["en"].period(period)) == (dutch, english)
