"""Draws the demo's live picture: a pure function of plain values, trimmed to the terminal with what is wrong first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from availability.estate import FailoverPair
from availability.outcome import Status
from availability.ports import PartState
from availability.report import Failover, Figures
from config.settings import Settings
from exporters.figures import percent
from waakvlam.demo.changes import LogLine
from waakvlam.demo.collector_port import Snapshot
from waakvlam.demo.wording import BY_RANK, clock, look_of, stopwatch, why

WIDE = 110
"""Columns from which names are shown and not only ids."""
VERDICTS = {"met": "green", "missed": "bold red", "pending": "yellow"}
"""Colours; what nobody can tell is grey."""
GREY = "bright_black"
_LOG_LINES = 6
_FEWEST_PARTS = 3
_ROOM_FOR_PAIRS = 30
_ROOM_FOR_WATCHED = 34


@dataclass(frozen=True, slots=True)
class View:
    """All that is drawn. `now_ms` in epoch milliseconds; `duration_s` None where the demo has no end."""

    settings: Settings
    snapshot: Snapshot
    now_ms: int
    elapsed_s: float
    duration_s: float | None
    sentence: str
    log: Sequence[LogLine]

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which times are shown."""
        return ZoneInfo(self.settings.estate.timezone)


def render(view: View, width: int, height: int) -> Group:
    """The picture, in at most `width` columns and, from 24 on, `height` lines."""
    wide = width >= WIDE
    services = _services(view, wide)
    others = [_log(view, height)]
    if height >= _ROOM_FOR_WATCHED:
        others.insert(0, _watched(view))
    if height >= _ROOM_FOR_PAIRS:
        others.insert(0, _pairs(view))
    # Two lines of head, every table its heading and a blank line above it, and the line that says how many are left.
    room = height - 2 - sum(table.row_count + 2 for table in (services, *others) if table.row_count) - 3
    parts, left = _parts(view, wide, max(room, _FEWEST_PARTS))
    drawn: list[RenderableType] = [_head(view)]
    for table in (services, parts, *others):
        if table.row_count:
            drawn += [Text(), table]
        if table is parts and left:
            drawn.append(Text(f"… and {len(left)} more{', all up' if set(left) == {'up'} else ''}", GREY))
    return Group(*drawn)


def _head(view: View) -> Text:
    words = [look_of(part).word for part in view.snapshot.parts if part.id in view.settings.estate.parts]
    elapsed = stopwatch(view.elapsed_s * 1000)
    if view.duration_s is not None:
        elapsed += f" of {stopwatch(view.duration_s * 1000)}"
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("waakvlam", "bold").append(f"  {clock(view.now_ms, view.zone)}  {elapsed}")
    for look in BY_RANK:
        if count := words.count(look.word):
            text.append(f"  {look.symbol} {count} {look.word}", look.colour)
    return text.append("\n▶ ", "cyan").append(view.sentence, "bold cyan")


def _table(*headings: str, right: str = "") -> Table:
    """A table without lines whose last column takes what is left of the width."""
    table = Table(box=None, expand=True, pad_edge=False, header_style="underline")
    for heading in headings[:-1]:
        table.add_column(heading, no_wrap=True, justify="right" if heading == right else "left")
    table.add_column(headings[-1], no_wrap=True, overflow="ellipsis", ratio=1)
    return table


def _state(part: PartState | None) -> Text:
    if part is None:
        return Text()
    look = look_of(part)
    return Text(str(look), look.colour)


def _verdict(verdict: str | None) -> Text:
    return Text((verdict or "").replace("_", " "), VERDICTS.get(verdict or "", GREY))


def _services(view: View, wide: bool) -> Table:
    table = _table("SERVICE", "STATE", "SINCE", "MONTH SO FAR", "VERDICT", "WHY", right="MONTH SO FAR")
    states = {part.id: part for part in view.snapshot.parts}
    for service in view.snapshot.report.services:
        state = states.get(service.id)
        table.add_row(
            Text(service.name if wide and service.name else service.id, "bold"),
            _state(state),
            clock(state.since, view.zone) if state else "",
            _figure(service.judged.figures),
            _verdict(service.judged.verdict),
            why(state) if state else "",
        )
        needs = {one.id: one.needs for one in view.settings.estate.services[service.id].participants}
        for participant in service.participants:
            judged = participant.judged
            own = _with_needs(state, [states[need] for need in needs.get(participant.id, ()) if need in states])
            since, said = (clock(own.since, view.zone), why(own)) if own else ("", "")
            name = Text(f"  for {participant.id}")
            table.add_row(name, _state(own), since, _figure(judged.figures), _verdict(judged.verdict), said)
    return table


def _with_needs(service: PartState | None, needs: Sequence[PartState]) -> PartState | None:
    """How a service stands for who needs more than the service itself; the worst of them all says why."""
    return min((service, *needs), key=lambda part: (part.state, look_of(part).rank)) if service else None


def _figure(figures: Figures) -> str:
    """Lower and upper bound of the availability, one figure where they print alike."""
    low, high = percent(figures.availability_low), percent(figures.availability_high)
    return low if low == high else f"{low.removesuffix('%')}–{high}"


def _parts(view: View, wide: bool, room: int) -> tuple[Table, list[str]]:
    """What is wrong first, else in the order of the configuration; and the states of those that found no room."""
    parts = view.settings.estate.parts
    table = _table("PART", *(("NAME",) if wide else ()), "STATE", "SINCE", "LAST", "WHY", right="LAST")
    latencies = _latencies(view)
    known = sorted((state for state in view.snapshot.parts if state.id in parts), key=lambda one: look_of(one).rank)
    for state in known[:room]:
        name = (parts[state.id].name,) if wide else ()
        since = clock(state.since, view.zone)
        table.add_row(state.id, *name, _state(state), since, latencies.get(state.id, ""), why(state))
    return table, [look_of(state).word for state in known[room:]]


def _latencies(view: View) -> dict[str, str]:
    """Per part how long the last look took of the first of its judged checks that was timed."""
    counting = {check.id for part in view.settings.estate.parts.values() for check in part.checks if check.counts}
    latencies: dict[str, str] = {}
    for check in view.snapshot.checks:
        if check.check in counting and check.outcome and check.outcome.latency_ms is not None:
            latencies.setdefault(check.part, f"{check.outcome.latency_ms:.1f} ms")
    return latencies


def _pairs(view: View) -> Table:
    table = _table("FAILOVER PAIR", "PRIMARY", "STANDBY", "FUNCTION", "CLOCK")
    states = {part.id: part for part in view.snapshot.parts}
    for pair in view.settings.estate.pairs:
        events = [event for event in view.snapshot.report.failovers if event.pair == pair.id]
        table.add_row(
            Text(pair.name or pair.id, "bold"),
            _state(states.get(pair.primary)),
            _state(states.get(pair.standby)),
            _state(states.get(pair.function or "")),
            _clock(pair, max(events, key=lambda event: event.started_at, default=None)),
        )
    return table


def _clock(pair: FailoverPair, event: Failover | None) -> Text:
    """The running clock of an interruption, or what became of the last event."""
    limit = stopwatch(pair.within_ms)
    if event is None:
        return Text(f"no event (limit {limit})", GREY)
    took = stopwatch(event.interrupted_ms)
    if event.outcome == "interrupted":
        return Text(f"not delivered {took} (limit {limit})", "bold red")
    said = "seamless" if event.outcome == "seamless" else f"{event.outcome.replace('_', ' ')} in {took}"
    if event.ended_at is None:
        return Text(f"{said}; primary still away", "yellow")
    return Text.assemble(f"{said}: ", _verdict(event.verdict))


def _watched(view: View) -> Table:
    """Checks that are not judged and had something to say."""
    table = _table("WATCHED, NOT JUDGED", "LAST LOOK", "WHY")
    unjudged = {check.id for part in view.settings.estate.parts.values() for check in part.checks if not check.counts}
    for check in view.snapshot.checks:
        outcome = check.outcome
        if check.check not in unjudged or outcome is None or outcome.status == Status.OK:
            continue
        failed = outcome.status == Status.FAILED
        look = Text("▲ failed", "yellow") if failed else Text("○ no look", GREY)
        table.add_row(check.check, look, ": ".join(filter(None, (str(outcome.reason or ""), outcome.detail))))
    return table


def _log(view: View, height: int) -> Table:
    table = _table("EVENTS", "", "")
    table.columns[1].min_width = len("servers")
    lines = min(_LOG_LINES, max(3, height // 7))
    for line in list(view.log)[-lines:]:
        table.add_row(
            clock(line.at, view.zone), Text(line.source, "cyan" if line.source == "servers" else ""), line.text
        )
    return table
