"""Commands for records of maintenance."""

from __future__ import annotations

from typing import Annotated

import typer

from waakvlam.cli.options import Config, ListFormat

app = typer.Typer(
    no_args_is_help=True, help="Add, withdraw, approve and list records of maintenance; nothing is ever overwritten."
)


@app.command(
    "add",
    epilog="Example: waakvlam maintenance add --config estate.yaml --category customer_request "
    "--from 2026-10-12T12:00:00+02:00 --to 2026-10-12T13:00:00+02:00 --affects brp-app --reason 'a restore for Weert'",
)
def add_maintenance(
    config: Config,
    category: Annotated[str, typer.Option(help="What agreements call it under `excluded`.", metavar="WORD")],
    from_: Annotated[str, typer.Option("--from", help="When it starts; may be past.", metavar="INSTANT")],
    to: Annotated[str, typer.Option(help="When it ends; may be past.", metavar="INSTANT")],
    affects: Annotated[
        list[str], typer.Option(help="A component, link, service or failover pair; repeat for more.", metavar="ID")
    ],
    reason: Annotated[str, typer.Option(help="Why.", metavar="TEXT")],
    id_: Annotated[str | None, typer.Option("--id", help="Its name; made up without.", metavar="ID")] = None,
    ticket: Annotated[str | None, typer.Option(help="Where more is written about it.", metavar="TEXT")] = None,
    notice: Annotated[str | None, typer.Option(help="When it was announced.", metavar="INSTANT")] = None,
) -> None:
    """Add a record, also for the past. Who and when are the system's: your account, and the clock."""
    from waakvlam.commands.maintenance import add

    words = {"id": id_, "category": category, "from": from_, "to": to, "affects": affects, "reason": reason}
    add(config, {**words, "ticket": ticket, "notice": notice})


@app.command(
    "withdraw", epilog="Example: waakvlam maintenance withdraw --config estate.yaml work-20261012-1 --reason 'a typo'"
)
def withdraw_maintenance(
    config: Config,
    id_: Annotated[str, typer.Argument(help="The record.", metavar="ID")],
    reason: Annotated[str, typer.Option(help="Why.", metavar="TEXT")],
) -> None:
    """Withdraw a record that was added: it counts no more, and stays in the trail."""
    from waakvlam.commands.maintenance import withdraw

    withdraw(config, id_, reason)


@app.command("approve", epilog="Example: waakvlam maintenance approve --config estate.yaml work-20261012-1")
def approve_maintenance(config: Config, id_: Annotated[str, typer.Argument(help="The record.", metavar="ID")]) -> None:
    """Approve a record that somebody else added, where an agreement asks for that."""
    from waakvlam.commands.maintenance import approve

    approve(config, id_)


@app.command("list", epilog="Example: waakvlam maintenance list --config estate.yaml --all")
def list_maintenance(
    config: Config,
    everything: Annotated[bool, typer.Option("--all", help="And the whole trail, with what was withdrawn.")] = False,
    format_: Annotated[ListFormat, typer.Option("--format", help="For people or for programs.")] = ListFormat.TABLE,
) -> None:
    """What maintenance holds now: of the configuration, and what was added."""
    from waakvlam.commands.maintenance import list_

    list_(config, everything=everything, as_json=format_ is ListFormat.JSON)
