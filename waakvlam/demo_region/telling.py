"""Shows the story on a terminal while it is played, and afterwards what was reported next to what truly was."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from availability.edges import from_ms
from availability.spans import Span
from availability.states import DOWN, STATE_NAMES, UNKNOWN
from waakvlam.demo.wording import LOOKS, stopwatch
from waakvlam.demo_region.comparison import Comparison, down_spans
from waakvlam.demo_region.journal import Change, Journal
from waakvlam.demo_region.story import not_up

_OTHER_LINES = 20
"""Of the picture, what stands above the log."""
_GREY = "bright_black"
_BY_NAME = {name: LOOKS[number] for number, name in enumerate(STATE_NAMES)}
_NEAR_MS = 3000
"""Within this an outage of the journal and one of the report are the same."""

Status = Mapping[str, Any]


class Teller:
    """Says what happens and what is seen of it: on a terminal as a picture, in a pipe as lines."""

    def __init__(self, console: Console, journal: Journal) -> None:
        self._console = console
        self._journal = journal
        self._begun = time.monotonic()
        self._sentence = ""
        self._lines: list[str] = []
        self._seen: dict[str, str] | None = {}
        self._live = Live(console=console, screen=True, auto_refresh=False) if console.is_terminal else None

    def __enter__(self) -> Teller:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
            # The picture is gone with the screen; what happened stays.
            self._console.print("\n".join(self._lines), markup=False, highlight=False)

    def say(self, source: str, text: str) -> None:
        """One line."""
        line = f"{time.monotonic() - self._begun:6.1f} s  {source:<6} {text}"
        self._lines.append(line)
        if self._live is None:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def step(self, sentence: str) -> None:
        """What is done from now on."""
        self._sentence = sentence
        self.say("done", sentence)

    def look(self, status: Status | None) -> None:
        """What the centre says now: told where it is something else than before."""
        seen = None if status is None else not_up(status)
        if seen != self._seen:
            self._seen = seen
            self.say("seen", _in_words(seen))
        if self._live is not None:
            self._live.update(self._picture(status), refresh=True)

    def _picture(self, status: Status | None) -> Group:
        head = Text.assemble(
            ("waakvlam", "bold"), f"  {stopwatch((time.monotonic() - self._begun) * 1000)}\n",
            ("▶ ", "cyan"), (self._sentence, "bold cyan"),
        )  # fmt: skip
        room = max(3, self._console.size.height - _OTHER_LINES)
        log = Text("\n".join(self._lines[-room:]), no_wrap=True, overflow="ellipsis")
        if status is None:
            return Group(head, Text("\nthe centre does not answer\n", "bold red"), log)
        return Group(head, Text(), self._parts(status), Text(), _agents(status), Text(), log)

    def _parts(self, status: Status) -> Table:
        truth = {change.name: change.is_up for change in self._journal.changes()}
        table = _table("PART", "TRULY", "SEEN", "WHY")
        for part in status["parts"]:
            if part["type"] != "service":
                is_up = truth.get(part["id"])
                truly = Text() if is_up is None else Text("up" if is_up else "down", "" if is_up else "bold red")
                look = _BY_NAME[part["state"]]
                why = ": ".join(filter(None, (part["reason"], part["detail"]))) if part["state"] != "up" else ""
                table.add_row(part["id"], truly, Text(str(look), look.colour), why)
        return table


def _agents(status: Status) -> Table:
    table = _table("AGENT", "PRESENCE", "WAITS", "CONFIGURATION")
    for agent in status["agents"]:
        same = {True: "that of the centre", False: "another one", None: ""}[agent["same_config"]]
        presence = Text(agent["presence"], "" if agent["presence"] == "here" else "bold red")
        table.add_row(agent["agent"], presence, str(agent["waiting"]), same)
    return table


def _in_words(seen: Mapping[str, str] | None) -> str:
    if seen is None:
        return "the centre does not answer"
    if not seen:
        return "everything is up"
    states = [(state, [id_ for id_, one in seen.items() if one == state]) for state in ("down", "unknown")]
    return "; ".join(f"{state}: {', '.join(ids)}" for state, ids in states if ids)


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="underline")
    for heading in headings:
        table.add_column(heading, no_wrap=True, overflow="ellipsis")
    return table


def side_by_side(comparison: Comparison, changes: Sequence[Change], end: int, timezone: str) -> Table:
    """Every outage of the journal next to that of the report, and what nobody knows."""
    zone = ZoneInfo(timezone)
    table = _table("PART", "DOWN, JOURNAL", "DOWN, REPORT", "NOT KNOWN")
    for part in comparison.leaves():
        timeline = comparison.evaluation.states[part.id]
        truly, said = down_spans(changes, part.id, end), timeline.spans(DOWN, until=end)
        unknown = [
            span for span in timeline.spans_within(comparison.begin, end, UNKNOWN) if span[1] - span[0] > _NEAR_MS
        ]
        rows = list(_paired(truly, said))
        for number in range(max(len(rows), len(unknown))):
            left, right = rows[number] if number < len(rows) else (None, None)
            gap = unknown[number] if number < len(unknown) else None
            table.add_row("" if number else part.id, *(_written(one, zone) for one in (left, right, gap)))
    return table


def _paired(truly: Sequence[Span], said: Sequence[Span]) -> Iterator[tuple[Span | None, Span | None]]:
    """What belongs together, in order of time; None where the other one has nothing of the kind."""
    left = list(said)
    pairs: list[tuple[Span | None, Span | None]] = []
    for span in truly:
        same = next((one for one in left if one[0] < span[1] + _NEAR_MS and span[0] < one[1] + _NEAR_MS), None)
        if same is not None:
            left.remove(same)
        pairs.append((span, same))
    pairs += [(None, one) for one in left]
    return iter(sorted(pairs, key=lambda pair: (pair[0] or pair[1] or (0, 0))[0]))


def _written(span: Span | None, zone: ZoneInfo) -> Text:
    if span is None:
        return Text("-", _GREY)
    start, end = (from_ms(edge, zone) for edge in span)
    return Text(f"{start:%H:%M:%S} to {end:%H:%M:%S}, {(span[1] - span[0]) / 1000:5.1f} s")
