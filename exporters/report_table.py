"""Writes a report for people: tables with a word beside every colour, plain text in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from availability.edges import from_ms
from availability.report import Failover, Figures, Report, ServiceReport
from exporters.figures import NONE, duration, hours_minutes, norm, percent

COLOURS = {
    "met": "green",
    "pending": "yellow",
    "missed": "red",
    "undetermined": "bright_black",
    "no_data": "bright_black",
}
"""Of verdicts; what nobody knows is grey, never green."""


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
        if table.row_count:
            yield Text(f"\n{title}", "bold")
            yield table


def when(instant: int | None, zone: ZoneInfo) -> str:
    """An instant (epoch milliseconds) in local time with its offset, since an hour in autumn occurs twice."""
    if instant is None:
        return NONE
    return from_ms(instant, zone).isoformat(" ", "milliseconds" if instant % 1000 else "seconds")


def verdict_text(verdict: str | None) -> Text:
    """A verdict as a word in its colour; a dash where a period has none."""
    if verdict is None:
        return Text(NONE)
    return Text(verdict.replace("_", " "), COLOURS[verdict])


def _table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def _services(report: Report) -> Table:
    figures = ("Norm", "Availability", "Lower", "Upper", "Watched", "Down", "Budget left")
    table = _table("Service", *figures, "Verdict", right=figures)
    for service in report.services:
        judged = service.judged
        name = Text(_name(service), "bold")
        table.add_row(name, *_figures(judged.figures, norm(service.norm)), verdict_text(judged.verdict))
        for part in judged.parts or ():
            table.add_row(Text(f"  {part.label}"), *_figures(part.figures), verdict_text(part.verdict))
        for participant in service.participants:
            theirs = participant.judged
            table.add_row(Text(f"  for {participant.id}"), *_figures(theirs.figures), verdict_text(theirs.verdict))
            for part in theirs.parts or ():
                table.add_row(Text(f"    {part.label}"), *_figures(part.figures), verdict_text(part.verdict))
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


def _outages(report: Report, zone: ZoneInfo) -> Table:
    lengths = ("Down", "Excluded", "Unknown")
    table = _table("Service", "From", "To", *lengths, "Causes", right=lengths)
    for service in report.services:
        for outage in service.outages:
            table.add_row(
                service.id,
                when(outage.start, zone),
                when(outage.end, zone) if outage.end is not None else "still lasts",
                duration(outage.down_ms),
                duration(outage.excluded_ms),
                duration(outage.unknown_ms),
                ", ".join(outage.causes) or NONE,
            )
    return table


def _owners(report: Report) -> Table:
    table = _table("Service", "Owner", "Down", right=("Down",))
    for service in report.services:
        for owner, down in sorted(service.downtime_by_owner_ms.items()):
            table.add_row(service.id, owner, duration(down))
    return table


def _failovers(report: Report, zone: ZoneInfo) -> Table:
    lengths = ("Interrupted", "Seen down")
    columns = ("Pair", "Started", "Ended", "Restored", *lengths, "Outcome", "Verdict")
    table = _table(*columns, right=lengths)
    for event in report.failovers:
        table.add_row(*_failover(event, zone))
    return table


def _failover(event: Failover, zone: ZoneInfo) -> tuple[str | Text, ...]:
    return (
        event.pair,
        when(event.started_at, zone),
        when(event.ended_at, zone) if event.ended_at is not None else "still lasts",
        when(event.restored_at, zone),
        duration(event.interrupted_ms),
        duration(event.interrupted_low_ms),
        event.outcome.replace("_", " ") + (", a test" if event.test else ""),
        verdict_text(event.verdict),
    )


def _pairs(report: Report) -> Table:
    table = _table("Pair", "Protected", right=("Protected",))
    for pair in report.pairs:
        table.add_row(pair.pair, percent(pair.protected_ratio))
    return table
