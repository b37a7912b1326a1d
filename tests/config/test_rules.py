"""Whatever is written as a rule or assumed of a configuration, the answer is a value or a sentence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from availability.recurrence import falls_on
from collector.probes import OPTIONS
from config.problems import ConfigError
from config.reader import read
from config.rules import needs_a_start, parse_rule, starting_on

WHOLE = Path(__file__).parent / "whole.yaml"
PIECES = [
    "FREQ=",
    "MONTHLY",
    "WEEKLY",
    "YEARLY",
    "DAILY",
    ";",
    "BYDAY=",
    "1SU",
    "-1FR",
    ",",
    "MO",
    "BYMONTHDAY=",
    "-31",
    "BYSETPOS=",
    "BYWEEKNO=",
    "53",
]
MORE = ["BYYEARDAY=", "INTERVAL=", "COUNT=", "UNTIL=", "20261231", "2", "=", "٣", " "]
STEPS = [
    "agreements",
    "ruim",
    "norm",
    "window",
    "services",
    "burger",
    "participants",
    "westdam",
    "needs",
    "maintenance",
    "wekelijks",
    "every",
]
OTHERS = ["checks", "hart-noord-ping", "fall", "recovery", "priorities", "1", "defaults", "", "id"]
VALUES = ["none", "[]", "{}", "5", "99%", "{id: x}", "[a, [b]]", "true", "'", "&a", "22:00", "{rule: FREQ=DAILY}"]


@settings(deadline=None, max_examples=300)
@given(text=st.lists(st.sampled_from(PIECES + MORE), max_size=14).map("".join) | st.text(max_size=30))
def test_any_rule(text: str) -> None:
    try:
        rule = parse_rule(text)
    except ValueError as error:
        assert str(error)
        assert "\n" not in str(error)
        return
    if needs_a_start(rule):
        rule = starting_on(rule, date(2026, 1, 31))
    assert falls_on(rule, date(2026, 2, 1)) in (True, False)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    path=st.lists(st.sampled_from(STEPS + OTHERS), max_size=5).map(".".join) | st.text(max_size=10),
    value=st.sampled_from(VALUES) | st.text(max_size=10),
)
def test_any_assumption(path: str, value: str) -> None:
    try:
        assert read(WHOLE, OPTIONS, [f"{path}={value}"]).what_if
    except ConfigError as error:
        assert all(problem.file.startswith("--what-if") for problem in error.problems)


@pytest.mark.parametrize("text", ["freq=monthly;byday=1su", " FREQ = MONTHLY ; BYDAY = 1SU "])
def test_letters_and_spaces_do_not_matter(text: str) -> None:
    assert parse_rule(text).weekdays == ((1, 6),)
