"""The command that says why."""

from __future__ import annotations

from typing import Annotated

import typer

from waakvlam.cli.options import Config, ListFormat

app = typer.Typer()


@app.command(epilog="Example: waakvlam explain brp --config estate.yaml --at 2026-10-06T10:30:00+02:00")
def explain(
    id_: Annotated[str, typer.Argument(help="A service, component, link, failover pair or check.", metavar="ID")],
    config: Config,
    at: Annotated[
        str | None, typer.Option(help="At this instant, as known then (ISO 8601 with an offset).", metavar="INSTANT")
    ] = None,
    brief: Annotated[bool, typer.Option("--brief", help="Leave out what is below a part that is well.")] = False,
    format_: Annotated[ListFormat, typer.Option("--format", help="For people or for programs.")] = ListFormat.TABLE,
) -> None:
    """Why something is up, down or unknown: down to the last looks, the links in between and the maintenance."""
    from waakvlam.commands.explain import explain_id

    explain_id(config, id_, at, as_json=format_ is ListFormat.JSON, brief=brief)
