"""The command that accounts for a period."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Annotated

import typer

from waakvlam.cli.options import AsOf, Config, Language, ReportFormat

app = typer.Typer()


@app.command(
    epilog="Example: waakvlam report --config estate.yaml --period 2026-10. For a municipality: the same with "
    "--participant weert --format xlsx --output october.xlsx --table users.csv. Otherwise than agreed: with "
    "--what-if agreements.standaard.norm=99.0%"
)
def report(
    config: Config,
    period: Annotated[str, typer.Option(help="A month, a quarter or a year: 2026-10, 2026-Q4, 2026.")],
    as_of: AsOf = None,
    format_: Annotated[ReportFormat, typer.Option("--format", help="How it is written.")] = ReportFormat.TABLE,
    output: Annotated[
        Path | None, typer.Option(help="Write it to this file; csv into a folder is a file per table.", metavar="PATH")
    ] = None,
    participant: Annotated[
        str | None, typer.Option(help="Only the services of this participant, with its own lines.", metavar="ID")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Only this service, with its chain.", metavar="ID")] = None,
    supplier: Annotated[
        str | None, typer.Option(help="Only what this supplier, owner or third party has a share in.", metavar="ID")
    ] = None,
    part: Annotated[
        str | None, typer.Option(help="Only this component or link, in every service that rests on it.", metavar="ID")
    ] = None,
    chain: Annotated[bool, typer.Option("--chain", help="With every part of every service's chain.")] = False,
    what_if: Annotated[
        list[str] | None,
        typer.Option(help="As if this were configured; repeat for more. Nothing is changed.", metavar="PATH=VALUE"),
    ] = None,
    language: Annotated[Language, typer.Option(help="Of a workbook.")] = "nl",
    table: Annotated[
        list[Path] | None,
        typer.Option(help="A further table for the workbook, such as users; repeat for more.", metavar="CSV"),
    ] = None,
    per_participant: Annotated[
        bool, typer.Option("--per-participant", help="A workbook for each participant, in the folder --output.")
    ] = False,
) -> None:
    """The account of a period: what was agreed, delivered and excused, what nobody knows, and why."""
    # A report is built once and printed: collecting garbage in between only costs time, from the imports on.
    gc.disable()
    from waakvlam.commands.report import report as run
    from waakvlam.narrowing import Choice
    from waakvlam.writing import Wanted

    choice = Choice(participant, service, supplier, part, chain)
    wanted = Wanted(format_.value, output, language, tuple(table or ()), per_participant)
    run(config, period, as_of, choice, tuple(what_if or ()), wanted)
    gc.freeze()  # nor is it worth it at the end, where all of it goes
