"""Commands that account for a period."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waakvlam.cli.options import AsOf, Config, ReportFormat

app = typer.Typer()


@app.command(
    epilog="Example: waakvlam report --config estate.yaml --period 2026-10 --format xlsx --output october.xlsx"
)
def report(
    config: Config,
    period: Annotated[str, typer.Option(help="A month, a quarter or a year: 2026-10, 2026-Q4, 2026.")],
    as_of: AsOf = None,
    format_: Annotated[ReportFormat, typer.Option("--format", help="How it is written.")] = ReportFormat.TABLE,
    output: Annotated[Path | None, typer.Option(help="Write it to this file.", metavar="FILE")] = None,
    participant: Annotated[
        str | None, typer.Option(help="Only the services of this participant, with its own lines.", metavar="ID")
    ] = None,
) -> None:
    """The availability report of a period."""
    from waakvlam.commands.report import report as run

    run(config, period, as_of, format_.value, output, participant)
