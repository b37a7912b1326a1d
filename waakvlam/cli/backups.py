"""The commands about backups."""

from __future__ import annotations

from typing import Annotated

import typer

from waakvlam.cli.options import Config
from waakvlam.cli.registers import RegisterFormat

app = typer.Typer(no_args_is_help=True, help="What backups and restore tests reported of themselves.")


@app.callback()
def _backups() -> None:
    pass


@app.command(epilog="Example: waakvlam backups log --config estate.yaml --from 2026-10-01 --to 2026-11-01")
def log(
    config: Config,
    start: Annotated[str, typer.Option("--from", help="From this day, or instant with an offset.", metavar="WHEN")],
    end: Annotated[
        str | None, typer.Option("--to", help="Up to here, not included; now without.", metavar="WHEN")
    ] = None,
    format_: Annotated[RegisterFormat, typer.Option("--format", help="How it is written.")] = RegisterFormat.TABLE,
) -> None:
    """The log book: every day of every backup, how long copies are kept, and the restore tests by quarter."""
    from waakvlam.commands.backups import log as run

    run(config, start, end, format_.value)
