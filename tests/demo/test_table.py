"""The live picture at fixed inputs, word for word, and never larger than the terminal."""

from __future__ import annotations

import io
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest
from rich.console import Console

from availability.evaluation import Evaluation
from availability.judge import judge_evaluation, observe
from availability.outcome import Outcome, Reason, could_not_look, failed, ok
from availability.periods import period_at
from availability.report import Figures
from availability.standing import LastLook, check_states, part_states
from config.settings import Settings
from waakvlam.demo.changes import LogLine
from waakvlam.demo.collector_port import Snapshot
from waakvlam.demo.table import View, _figure, render
from waakvlam.demo.wording import stopwatch

GOLDEN = Path(__file__).parent / "golden"
BEGIN = 1_793_000_000_000
NOW = BEGIN + 30_500
TIMEOUT = failed(Reason.TIMEOUT, "no answer in time")
REFUSED = failed(Reason.REFUSED, "127.0.1.10:8443: connection refused", 0.4)
CLOSED = failed(Reason.CLOSED, "127.0.0.80:8443 closed the connection", 1.5)

STORIES: Mapping[str, tuple[int, int, Outcome]] = {
    "brp-roermond-https": (10, 99, REFUSED),
    "brp-function-https": (10, 18, CLOSED),
    "mail-roermond-banner": (30, 99, failed(Reason.REFUSED, "127.0.1.40:7025: connection refused", 0.4)),
    "brp-venlo-certificate": (0, 20, failed(Reason.TLS_EXPIRES_SOON, "the certificate ends 2026-10-31 06:13", 7.0)),
    "core-roermond-ping": (0, 99, could_not_look(Reason.NO_PERMISSION, "sending ICMP is not permitted")),
} | {
    f"{check}": (20, 99, TIMEOUT) for check in ("ring-tcp", "core-venlo-console", "brp-venlo-https", "dns-venlo-answer")
}
"""Check to the seconds from and to which it gave that outcome; otherwise it was well."""


@pytest.fixture
def snapshot(settings: Settings) -> Snapshot:
    facts, looks = {}, {}
    for part in settings.estate.parts.values():
        for check in part.checks:
            start, end, story = STORIES.get(check.id, (99, 99, TIMEOUT))
            outcomes = [story if start <= second < end else ok(1.25) for second in range(31)]
            facts[check.id, "roermond"] = [
                (BEGIN + second * 1000, 0, 1, outcome.status) for second, outcome in enumerate(outcomes)
            ]
            looks[check.id, "roermond"] = LastLook(BEGIN + 30_000, outcomes[-1])
            if check.id == "brp-venlo-certificate":
                looks[check.id, "roermond"] = LastLook(BEGIN + 30_000, story)
    evaluation = Evaluation(settings.estate, observe(settings.estate, facts, NOW))
    return Snapshot(
        list(part_states(evaluation, lambda *key: looks.get(key), NOW).parts.values()),
        check_states(evaluation, lambda *key: looks.get(key), NOW),
        judge_evaluation(evaluation, period_at(NOW, "month", settings.estate.timezone), NOW),
    )


@pytest.fixture
def view(settings: Settings, snapshot: Snapshot) -> View:
    log = [
        LogLine(BEGIN, "note", "ICMP is not permitted"),
        LogLine(BEGIN + 10_000, "servers", "BRP in Roermond dies: no BRP until Venlo takes over"),
        LogLine(BEGIN + 13_000, "seen", "brp-roermond down (refused: 127.0.1.10:8443: connection refused)"),
    ]
    return View(settings, snapshot, NOW, 30.5, 60.0, "The ring is cut: what is behind it is unknown", log)


def drawn(view: View, width: int, height: int, colour: bool = False) -> str:
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=colour, record=True)
    console.print(render(view, width, height))
    return "".join(f"{line.rstrip()}\n" for line in console.export_text(styles=colour).splitlines())


@pytest.mark.parametrize(("width", "height"), [(80, 40), (120, 50)])
def test_the_picture_is_as_it_was_looked_at(view: View, width: int, height: int) -> None:
    assert drawn(view, width, height) == (GOLDEN / f"table-{width}x{height}.txt").read_text()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (80, 30), (80, 40), (100, 36), (120, 50), (200, 90)])
def test_it_fits_the_terminal(view: View, width: int, height: int) -> None:
    lines = drawn(view, width, height).splitlines()
    assert len(lines) <= height
    assert max(len(line) for line in lines) <= width


def test_what_is_wrong_comes_first_where_there_is_no_room(view: View) -> None:
    lines = drawn(view, 80, 24).splitlines()
    first = lines.index(next(line for line in lines if line.startswith("PART"))) + 1
    assert [line.split()[2] for line in lines[first : first + 3]] == ["down", "down", "pending"]


def test_colours_say_the_same_as_words(view: View) -> None:
    text = drawn(view, 80, 40, colour=True)
    assert "\x1b[1;31m▲ down" in text
    assert "\x1b[33m◐ pending" in text
    assert "\x1b[90m○ unknown" in text
    assert "\x1b[32m● up" in text


@pytest.mark.parametrize(
    ("up", "down", "unknown", "text"),
    [
        (979_996, 20_004, 0, "97.99%"),
        (98, 1, 1, "98.00–99.00%"),
        (0, 0, 0, "–"),
        (1_000_000, 1, 0, "99.99%"),
    ],
)
def test_a_figure_is_never_rounded_up(up: int, down: int, unknown: int, text: str) -> None:
    assert _figure(Figures(up, down, unknown, 0, 0, 0, Fraction(98, 100))) == text


def test_a_stopwatch_shows_hours_only_where_there_are() -> None:
    assert [stopwatch(ms) for ms in (0, 7_999, 61_000, 14_400_000)] == ["0:00", "0:07", "1:01", "4:00:00"]
