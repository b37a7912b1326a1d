"""Writes a report for people: tables with a word beside every colour, plain text in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.text import Text

from availability.edges import from_ms
from availability.outages import costliest
from availability.report import Failover, Figures, Report, ServiceReport
from exporters.figures import NONE, duration, hours_minutes, norm, percent
from exporters.fitted import Fitted

COLOURS = {
    "met": "green",
    "pending": "yellow",
    "missed": "red",
    "undetermined": "bright_black",
    "no_data": "bright_black",
}
"""Of verdicts; what nobody knows is grey, never green."""
OUTAGES_SHOWN = 100
"""In all; a person reads no more, and a program reads another format."""


def render_report(report: Report, timezone: str) -> Group:
    """The report as something rich can print: the period, services, outages, owners, failovers, pairs.

    A console without a terminal prints it as plain text; 160 columns hold every table without a broken line.
    """
    return Group(*_tables(report, timezone))


def _tables(report: Report, timezone: str) -> Iterator[RenderableType]:
    zone = ZoneInfo(timezone)
    period = report.period
    yield Text.assemble(
        (f"Availability {period.label}", "bold"),
        f"  {when(period.start, zone)} to {when(period.end, zone)}, as of {when(report.as_of, zone)} ({timezone})",
    )
    if not report.services:
        yield Text("\nNo services are configured.")
    tables = {
        "Services": _services(report),
        "Outages, and what of them fell in agreed hours": _outages(report, zone),
        "Downtime by owner of a cause (shares may overlap)": _owners(report),
        "Failovers": _failovers(report, zone),
        "Failover pairs, and the share of the period in which the standby was up": _pairs(report),
    }
    for title, table in tables.items():
        if table.rows:
            yield Text(f"\n{title}", "bold")
            yield table
    yield from _pending(report, zone)


def when(instant: int | None, zone: ZoneInfo) -> str:
    """An instant (epoch milliseconds) in local time, with the name of that time: an hour in autumn occurs twice."""
    return NONE if instant is None else f"{from_ms(instant, zone):%Y-%m-%d %H:%M:%S %Z}"


def until(start: int, end: int | None, zone: ZoneInfo) -> str:
    """The end of what began at `start`: on the same day and in the same local time, the time alone."""
    if end is None:
        return "still lasts"
    began, ended = from_ms(start, zone), from_ms(end, zone)
    if (began.date(), began.utcoffset()) == (ended.date(), ended.utcoffset()):
        return f"{ended:%H:%M:%S}"
    return when(end, zone)


def verdict_text(verdict: str | None) -> Text:
    """A verdict as a word in its colour; a dash where a period has none."""
    if verdict is None:
        return Text(NONE)
    return Text(verdict.replace("_", " "), COLOURS[verdict])


def _services(report: Report) -> Fitted:
    figures = ("Norm", "Availability", "Lower", "Upper", "Watched", "Down", "Budget left")
    spare = ("Watched", "Down", "Norm", "Budget left")
    table = Fitted(("Service", *figures, "Verdict"), frozenset(figures), spare)
    for service in report.services:
        judged = service.judged
        name = Text(_name(service), "bold")
        table.add(name, *_figures(judged.figures, norm(service.norm)), verdict_text(judged.verdict))
        for part in judged.parts or ():
            table.add(Text(f"  {part.label}"), *_figures(part.figures), verdict_text(part.verdict))
        for participant in service.participants:
            theirs = participant.judged
            table.add(Text(f"  for {participant.id}"), *_figures(theirs.figures), verdict_text(theirs.verdict))
            for part in theirs.parts or ():
                table.add(Text(f"    {part.label}"), *_figures(part.figures), verdict_text(part.verdict))
    return table


def _figures(figures: Figures, agreed: str = "") -> tuple[str, ...]:
    return (
        agreed,
        percent(figures.availability),
        percent(figures.availability_low),
        percent(figures.availability_high),
        percent(figures.coverage),
        duration(figures.down_ms),
        hours_minutes(figures.budget_left_ms),
    )


def _name(service: ServiceReport) -> str:
    return f"{service.name} ({service.id})" if service.name and service.name != service.id else service.id


def _outages(report: Report, zone: ZoneInfo) -> Fitted:
    lengths = ("Down", "Excluded", "Unknown")
    table = Fitted(("Service", "From", "To", *lengths, "Causes"), frozenset(lengths), ("Unknown", "Excluded"))
    services = report.services
    for service, number in costliest([service.outages for service in services], OUTAGES_SHOWN):
        outage = services[service].outages[number]
        table.add(
            services[service].id,
            when(outage.start, zone),
            until(outage.start, outage.end, zone),
            duration(outage.down_ms),
            duration(outage.excluded_ms),
            duration(outage.unknown_ms),
            ", ".join(outage.causes) or NONE,
        )
    more = sum(len(service.outages) for service in services) - OUTAGES_SHOWN
    if more > 0:
        table.add("", f"and {more} that cost less", *[""] * 5)
    return table


def _owners(report: Report) -> Fitted:
    table = Fitted(("Service", "Owner", "Down"), frozenset({"Down"}))
    for service in report.services:
        for owner, down in sorted(service.downtime_by_owner_ms.items()):
            table.add(service.id, owner, duration(down))
    return table


def _failovers(report: Report, zone: ZoneInfo) -> Fitted:
    lengths = ("Interrupted", "Seen down")
    columns = ("Pair", "Started", "Ended", "Restored", *lengths, "Outcome", "Verdict")
    table = Fitted(columns, frozenset(lengths), ("Seen down", "Ended", "Restored"))
    for event in report.failovers:
        table.add(*_failover(event, zone))
    return table


def _failover(event: Failover, zone: ZoneInfo) -> tuple[str | Text, ...]:
    return (
        event.pair,
        when(event.started_at, zone),
        until(event.started_at, event.ended_at, zone),
        NONE if event.restored_at is None else until(event.started_at, event.restored_at, zone),
        duration(event.interrupted_ms),
        duration(event.interrupted_low_ms),
        event.outcome.replace("_", " ") + (", a test" if event.test else ""),
        verdict_text(event.verdict),
    )


def _pairs(report: Report) -> Fitted:
    table = Fitted(("Pair", "Protected"), frozenset({"Protected"}))
    for pair in report.pairs:
        table.add(pair.pair, percent(pair.protected_ratio))
    return table


def _pending(report: Report, zone: ZoneInfo) -> Iterator[Text]:
    """A line for every record that waits for approval, with what it would change."""
    for number, pending in enumerate(report.pending):
        record = pending.record
        what = f"{record.id} of {record.entered_by}, {record.category}"
        if record.start_ms is not None:
            what += f", {when(record.start_ms, zone)} to {until(record.start_ms, record.end_ms, zone)}"
        changed = "; ".join(_changed(service) for service in pending.would_change)
        yield Text(f"{'' if number else chr(10)}waiting for approval: {what}: {changed or 'would change no figure'}")


def _changed(service: ServiceReport) -> str:
    """What would be of a service."""
    judged = service.judged
    verdict = f", {judged.verdict.replace('_', ' ')}" if judged.verdict else ""
    return f"{service.id} would be {percent(judged.figures.availability)}{verdict}"
