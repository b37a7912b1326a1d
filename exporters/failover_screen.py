"""Shows failover events to people: the list of them, and the page of one, on a terminal or as plain text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.text import Text

from availability.account import PairAccount
from availability.report import Failover
from exporters.failover_page import Page, Section
from exporters.failover_words import EN
from exporters.figures import NONE, duration
from exporters.fitted import Fitted

_COLOURS: dict[str, str] = {"met": "green", "pending": "yellow", "missed": "red", "undetermined": "bright_black"}
"""Of verdicts; what nobody knows is grey, never green."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One pair with those of its events that were asked for, by name."""

    standing: PairAccount
    events: tuple[tuple[str, Failover], ...]


def render_list(pairs: tuple[Listed, ...], timezone: str) -> Group:
    """The events of all pairs in order of time, and when each pair was tested last and is due."""
    return Group(*_lists(pairs, ZoneInfo(timezone)))


def render_page(page: Page) -> Group:
    """The page for a terminal; 160 columns hold every table without a broken line."""
    return Group(*_page(page))


def _lists(pairs: tuple[Listed, ...], zone: ZoneInfo) -> Iterator[RenderableType]:
    columns = ("Event", "Started", "Ended", "Took", "Agreed", "Kind", "Outcome", "Verdict")
    table = Fitted(columns, frozenset({"Took", "Agreed"}), ("Ended", "Started", "Agreed", "Kind"))
    rows = [(name, event, pair.standing) for pair in pairs for name, event in pair.events]
    for name, event, standing in sorted(rows, key=lambda row: (row[1].started_at, row[0])):
        table.add(
            name,
            EN.stamp(event.started_at, zone),
            EN["still"] if event.ended_at is None else EN.end(event.started_at, event.ended_at, zone),
            duration(event.interrupted_ms),
            duration(standing.within_ms),
            "test" if event.test else "real",
            event.outcome.replace("_", " "),
            Text(event.verdict, _COLOURS[event.verdict]),
        )
    yield Text("Failover events", "bold")
    yield table if table.rows else Text("None.")
    tests = Fitted(("Pair", "Name", "Last test", "Verdict", "Next due", "Overdue"), spare=("Name", "Verdict"))
    for pair in pairs:
        told = pair.standing
        last = told.last_test
        overdue = Text("overdue", "red") if told.test_overdue else Text("no" if told.test_due_at is not None else NONE)
        tests.add(
            told.pair,
            told.name,
            EN.stamp(last.started_at, zone) if last else "never",
            Text(last.verdict, _COLOURS[last.verdict]) if last else NONE,
            "not asked for" if told.test_due_at is None else EN.stamp(told.test_due_at, zone),
            overdue,
        )
    yield Text("\nTests", "bold")
    yield tests


def _page(page: Page) -> Iterator[RenderableType]:
    yield Text.assemble((page.title, "bold"), "  ", (page.verdict_word, _COLOURS[page.verdict]))
    yield Text(page.subtitle)
    for section in page.sections:
        yield Text(f"\n{section.title}", "bold")
        yield from _section(section)
    yield Text(f"\n{page.evidence}")


def _section(section: Section) -> Iterator[RenderableType]:
    for line in section.lines:
        yield Text(line)
    if section.facts:
        widest = max(len(label) for label, _ in section.facts)
        yield Text("")
        for label, text in section.facts:
            yield Text(f"  {label:<{widest}}  {text}")
    if section.rows:
        table = Fitted(section.columns, frozenset(section.columns[index] for index in section.right))
        for row in section.rows:
            table.add(*row)
        yield table
