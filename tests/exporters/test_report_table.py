"""The report on terminals: narrow ones get fewer columns, long lists end, and no word is broken."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from availability.estate import Maintenance
from availability.report import Outage, Pending, Report
from exporters.report_table import ROWS_SHOWN, render_report

MINUTE = 60_000


def lines(report: Report, width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(render_report(report, "Europe/Amsterdam"))
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("width", [80, 100, 120])
def test_a_narrow_terminal_gets_whole_words_in_fewer_columns(report: Report, width: int) -> None:
    text = lines(report, width)
    assert max(map(len, text)) <= width
    for word in ("brp-uitwijk", "97.99%", "missed", "2026-10-06 06:00:00 CEST", "taken over", "Budget left"):
        assert any(word in line for line in text) or (word == "Budget left" and width < 100), word


def test_what_is_left_out_first_is_what_matters_least(report: Report) -> None:
    wide, narrow = "\n".join(lines(report, 160)), "\n".join(lines(report, 80))
    assert "Watched" in wide
    assert "Watched" not in narrow
    assert "Lower" in narrow


def test_a_long_name_takes_lines_and_no_figures(report: Report) -> None:
    service = replace(report.services[0], name="Een dienst met een naam die langer is dan een regel " * 3)
    text = "\n".join(lines(replace(report, services=(service,)), 160))
    for column in ("Norm", "Watched", "Budget left", "97.99%"):
        assert column in text, column


@pytest.mark.parametrize("width", [30, 40, 60])
def test_the_narrowest_terminal_shows_what_a_row_is_about_and_what_came_of_it(report: Report, width: int) -> None:
    text = lines(report, width)
    assert max(map(len, text)) <= width
    for word in ("Service", "brp", "Verdict", "missed", "97.99%", "Pair"):
        assert any(word in line for line in text), word


def test_of_very_many_outages_those_that_cost_most_are_listed_and_the_rest_counted(report: Report) -> None:
    start = report.period.start
    many = tuple(
        Outage(start + number * MINUTE, start + number * MINUTE + 1000, 1000 + number % 2, 0, 0, ("app",))
        for number in range(3 * ROWS_SHOWN)
    )
    service = replace(report.services[0], outages=many)
    text = lines(replace(report, services=(service,)), 160)
    assert sum("app" in line for line in text) == ROWS_SHOWN
    assert any(f"and {2 * ROWS_SHOWN} that cost less" in line for line in text)


def test_what_waits_for_approval_is_a_line_with_what_it_would_change(report: Report) -> None:
    start = report.period.start
    record = Maintenance(
        "work-1",
        "customer_request",
        ("app",),
        start_ms=start,
        end_ms=start + 60 * MINUTE,
        approved=False,
        entered_by="anna",
    )
    met = replace(report.services[0], judged=replace(report.services[0].judged, verdict="met"))
    waiting = (Pending(record, ("standaard",), (met,)), Pending(record, ("standaard",), ()))
    told = [line for line in lines(replace(report, pending=waiting), 200) if line.startswith("waiting for approval")]
    assert told == [
        "waiting for approval: work-1 of anna, customer_request, 2026-10-01 00:00:00 CEST to 01:00:00: "
        "brp would be 97.99%, met",
        "waiting for approval: work-1 of anna, customer_request, 2026-10-01 00:00:00 CEST to 01:00:00: "
        "would change no figure",
    ]
