"""The command line: names, options and help; the work is in waakvlam/commands/."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from copy import copy
from typing import Annotated

import typer
from typer.main import get_command_name
from typer.models import TyperInfo

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


def _asked(arguments: Sequence[str]) -> typer.Typer:
    """The command line as far as `arguments` need it: working out the options of every command that there is takes
    longer than most of them. All of it where no command comes first, for help and to say what was meant."""
    groups = [group for group in app.registered_groups if arguments and arguments[0] in _names(group)]
    if not groups:
        return app
    needed = copy(app)
    needed.registered_groups = groups
    return needed


def _names(group: TyperInfo) -> Collection[str]:
    """What can be typed for `group`: its name, or those of its commands where they stand among all others."""
    if isinstance(group.name, str):
        return (group.name,)
    commands = group.typer_instance.registered_commands if group.typer_instance else []
    return [command.name or get_command_name(command.callback.__name__) for command in commands if command.callback]


def main() -> None:
    """The entry point of the command."""
    set_up_output()
    code: str | int | None = 0
    try:
        _asked(sys.argv[1:])()
    except SystemExit as ended:
        code = ended.code
    try:
        sys.stdout.flush()
    except SystemExit as ended:
        code = code or ended.code
    raise SystemExit(code)
