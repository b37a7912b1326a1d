"""Commands that close a month, and hold it against what is known now."""

from __future__ import annotations

from typing import Annotated

import typer

from waakvlam.cli.options import Config, ListFormat

app = typer.Typer()

Month = Annotated[str, typer.Option("--period", help="A calendar month: 2026-10.", metavar="MONTH")]


@app.command(epilog="Example: waakvlam close --config estate.yaml --period 2026-10")
def close(
    config: Config,
    period: Month,
    despite_pending: Annotated[
        bool, typer.Option("--despite-pending", help="Also while records wait for approval; they don't count then.")
    ] = False,
) -> None:
    """Freeze what was reported of a month, for good; months are closed in order."""
    from waakvlam.commands.close import close as run

    run(config, period, despite_pending=despite_pending)


@app.command(epilog="Example: waakvlam diff --config estate.yaml --period 2026-10")
def diff(
    config: Config,
    period: Month,
    format_: Annotated[ListFormat, typer.Option("--format", help="For people or for programs.")] = ListFormat.TABLE,
) -> None:
    """What of a closed month would be told otherwise now, and because of what; exit 1 if anything would."""
    from waakvlam.commands.diff import diff as run

    run(config, period, as_json=format_ is ListFormat.JSON)


@app.command(epilog="Example: waakvlam verify --config estate.yaml --head 3f0c9a51b2d4")
def verify(
    config: Config,
    head: Annotated[
        str | None, typer.Option(help="A digest that was printed, or its first 12 characters.", metavar="DIGEST")
    ] = None,
) -> None:
    """Recompute every closed month and the chain they form; exit 1 and the first difference if there is one."""
    from waakvlam.commands.verify import verify as run

    run(config, head)
