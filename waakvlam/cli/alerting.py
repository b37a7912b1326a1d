"""Commands that write what Prometheus loads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waakvlam.cli.options import Config, Language

app = typer.Typer()


@app.command(epilog="Example: waakvlam rules --config estate.yaml --output /etc/prometheus/rules")
def rules(
    config: Config,
    output: Annotated[
        Path | None,
        typer.Option(
            help="A file, or a folder for a file per subject; without it standard output.", metavar="FILE|FOLDER"
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where what is there is not what would be written.")
    ] = False,
    language: Annotated[Language, typer.Option(help="Of summary and description; both languages are there.")] = "nl",
    runbooks: Annotated[
        str, typer.Option(help="The page with a heading for every alert, for what has no runbook.", metavar="URL")
    ] = "",
    job: Annotated[
        str, typer.Option(help="The job under which Prometheus scrapes the collector.", metavar="NAME")
    ] = "waakvlam",
) -> None:
    """Write the alert rules of Prometheus that follow from the configuration."""
    from waakvlam.commands.rules import rules as run

    run(config, output, language, runbooks, job, check=check)
