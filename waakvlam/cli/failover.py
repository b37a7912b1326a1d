"""Commands that account for failover events."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from waakvlam.cli.options import AsOf, Config, ListFormat

app = typer.Typer(no_args_is_help=True, help="List the events of failover pairs, and account for one of them.")


class AccountFormat(StrEnum):
    """How the account of an event is written."""

    TABLE = "table"
    JSON = "json"
    PDF = "pdf"


class AccountLanguage(StrEnum):
    """The language of an account."""

    NL = "nl"
    EN = "en"


@app.command("list", epilog="Example: waakvlam failover list --config estate.yaml --pair brp-uitwijk")
def list_events(
    config: Config,
    pair: Annotated[str | None, typer.Option(help="Only this pair.", metavar="ID")] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="Events that began from here on (ISO 8601 with an offset).", metavar="INSTANT"),
    ] = None,
    to: Annotated[str | None, typer.Option(help="And before this.", metavar="INSTANT")] = None,
    format_: Annotated[ListFormat, typer.Option("--format", help="How it is written.")] = ListFormat.TABLE,
    as_of: AsOf = None,
) -> None:
    """Every event, test or real, by the name that `failover report` takes, and when each pair is to be tested."""
    from waakvlam.commands.failover import list_

    list_(config, pair, (from_, to), as_of, as_json=format_ is ListFormat.JSON)


@app.command(
    "report",
    epilog="Example: waakvlam failover report brp-uitwijk@20261121T0705Z --config estate.yaml --format pdf "
    "--output brp.pdf",
)
def report_event(
    event: Annotated[str, typer.Argument(help="Its name, as `failover list` shows it.", metavar="EVENT")],
    config: Config,
    language: Annotated[AccountLanguage | None, typer.Option(help="Dutch for a PDF, else English.")] = None,
    format_: Annotated[AccountFormat, typer.Option("--format", help="How it is written.")] = AccountFormat.TABLE,
    output: Annotated[Path | None, typer.Option(help="Write it to this file.", metavar="FILE")] = None,
    as_of: AsOf = None,
) -> None:
    """The account of one event: when, what, how long, who, met or not."""
    from waakvlam.commands.failover import report

    dutch = language is AccountLanguage.NL or (language is None and format_ is AccountFormat.PDF)
    report(config, event, "nl" if dutch else "en", format_.value, output, as_of)
