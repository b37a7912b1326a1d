"""Registers that an auditor asks for."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from waakvlam.cli.options import Config
from waakvlam.terminal import refuse

app = typer.Typer()


class RegisterFormat(StrEnum):
    """How a register is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@app.command(epilog="Example: waakvlam certificates --config estate.yaml --within 30d")
def certificates(
    config: Config,
    within: Annotated[
        str | None,
        typer.Option(help="Only those that end within this, such as 30d; exit 1 if one does.", metavar="DURATION"),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Also those that were replaced or are watched no more.")] = False,
    format_: Annotated[RegisterFormat, typer.Option("--format", help="How it is written.")] = RegisterFormat.TABLE,
) -> None:
    """Certificates as they were seen: where, whose, by whom, until when; what ends first before all else."""
    from waakvlam.commands.certificates import certificates as run

    run(config, within, format_.value, all_=all_)


@app.command(epilog="Example: waakvlam assets --config estate.yaml --cmdb cmdb.csv --format csv")
def assets(
    config: Config,
    cmdb: Annotated[
        Path | None,
        typer.Option(help="The register, a CSV; without it that of the configuration.", metavar="FILE"),
    ] = None,
    licences: Annotated[bool, typer.Option("--licences", help="The register of licences instead.")] = False,
    within: Annotated[
        str | None,
        typer.Option(help="Only licences that end within this, such as 90d; exit 1 if one does.", metavar="DURATION"),
    ] = None,
    format_: Annotated[RegisterFormat, typer.Option("--format", help="How it is written.")] = RegisterFormat.TABLE,
) -> None:
    """The register of equipment (CMDB), held against what is watched: what is in one and not in the other; or of
    licences: what, of whom, for how many, until when."""
    if licences:
        if cmdb is not None:
            refuse("--licences and --cmdb exclude each other: licences stand in the configuration")
        from waakvlam.commands.licences import licences as run_licences

        run_licences(config, within, format_.value)
        return
    if within is not None:
        refuse("--within belongs to --licences: equipment has no end")
    from waakvlam.commands.assets import assets as run

    run(config, cmdb, format_.value)
