"""Commands that hand over what was gathered."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from waakvlam.cli.options import Config

app = typer.Typer()


class ExportFormat(StrEnum):
    """How tables are written."""

    PARQUET = "parquet"
    CSV = "csv"
    BOTH = "both"


@app.command(epilog="Example: waakvlam export --config estate.yaml --output handover-2026")
def export(
    config: Config,
    output: Annotated[Path, typer.Option(help="A new folder for it.", metavar="FOLDER")],
    start: Annotated[
        str | None, typer.Option("--from", help="Observations from here (ISO 8601 with an offset).", metavar="INSTANT")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Up to here, not included.", metavar="INSTANT")] = None,
    format_: Annotated[ExportFormat, typer.Option("--format", help="How tables are written.")] = ExportFormat.BOTH,
) -> None:
    """All facts in an open format with a description, to hand over or to keep."""
    from waakvlam.commands.export import export as run

    run(config, output, start, end, format_.value)
