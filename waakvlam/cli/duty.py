"""Commands about who is told of what is down."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waakvlam.cli.options import Config, ListFormat

app = typer.Typer()


@app.command(epilog="Example: waakvlam oncall --config estate.yaml --at 2026-12-25T03:00:00+01:00")
def oncall(
    config: Config,
    at: Annotated[
        str | None, typer.Option("--at", help="At that instant (ISO 8601 with an offset).", metavar="INSTANT")
    ] = None,
    format_: Annotated[ListFormat, typer.Option("--format", help="For people or for programs.")] = ListFormat.TABLE,
) -> None:
    """Who is on duty at each level, until when, and the next; exit 1 where nobody is, or a rota has a hole soon."""
    from waakvlam.commands.oncall import oncall as run

    run(config, at, as_json=format_ is ListFormat.JSON)


@app.command(epilog="Example: waakvlam alertmanager --config estate.yaml --output /etc/alertmanager/alertmanager.yml")
def alertmanager(
    config: Config,
    output: Annotated[
        Path | None, typer.Option(help="The file to write; without it standard output.", metavar="FILE")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where FILE is not what would be written.")
    ] = False,
    year: Annotated[
        int | None, typer.Option(help="The first of three years with office hours; this one without.", metavar="YEAR")
    ] = None,
    group_wait: Annotated[
        str | None,
        typer.Option(help="How long a first notification waits; worked out without.", metavar="DURATION"),
    ] = None,
    url_file: Annotated[
        bool, typer.Option("--url-file", help="For Alertmanager 0.26 and later: the watchdog's address by url_file.")
    ] = False,
) -> None:
    """Write the configuration of Alertmanager: who is told by day and by night, and what keeps silent behind what."""
    from waakvlam.commands.alertmanager import write

    write(config, output, check=check, year=year, wait=group_wait, url_file=url_file)
