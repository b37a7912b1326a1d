"""The command line: names, options and help; the work is in waakvlam/commands/."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from waakvlam.cli import (
    alerting,
    backups,
    closing,
    duty,
    explaining,
    exporting,
    failover,
    grafana,
    importing,
    maintenance,
    paging,
    registers,
    reporting,
    watching,
)
from waakvlam.terminal import set_up_output
from waakvlam.version import VERSION

app = typer.Typer(
    name="waakvlam",
    help="Watches data centres, links and failover pairs, and says, with evidence, whether what was agreed was "
    "delivered.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(watching.app)
app.add_typer(explaining.app)
app.add_typer(reporting.app)
app.add_typer(registers.app)
app.add_typer(exporting.app)
app.add_typer(closing.app)
app.add_typer(importing.app, name="import")
app.add_typer(backups.app, name="backups")
app.add_typer(maintenance.app, name="maintenance")
app.add_typer(failover.app, name="failover")
app.add_typer(grafana.app, name="grafana")
app.add_typer(duty.app)
app.add_typer(alerting.app)
app.add_typer(paging.app)
app.add_typer(paging.pages, name="pages")


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"waakvlam {VERSION}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


def main() -> None:
    """The entry point of the command."""
    set_up_output()
    code: str | int | None = 0
    try:
        app()
    except SystemExit as ended:
        code = ended.code
    try:
        sys.stdout.flush()
    except SystemExit as ended:
        code = code or ended.code
    raise SystemExit(code)
