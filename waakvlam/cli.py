"""The command line: names, options and help; the work is in waakvlam/commands/."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

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
imports = typer.Typer(no_args_is_help=True, help="Add facts that were gathered elsewhere to the store.")
app.add_typer(imports, name="import")
maintenance = typer.Typer(
    no_args_is_help=True, help="Add, withdraw, approve and list records of maintenance; nothing is ever overwritten."
)
app.add_typer(maintenance, name="maintenance")


class ReportFormat(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


class ListFormat(StrEnum):
    """How a list is written: for people or for programs."""

    TABLE = "table"
    JSON = "json"


Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.", metavar="FILE")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="As it was known then (ISO 8601 with an offset).", metavar="INSTANT")
]


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"waakvlam {VERSION}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


@app.command(epilog="Example: waakvlam check --config estate.yaml")
def check(config: Config) -> None:
    """Read the configuration; print what it holds, or every problem with its place and remedy."""
    from waakvlam.commands.check import check as run

    run(config)


@app.command(epilog="Example: waakvlam probe --config estate.yaml brp-http")
def probe(
    config: Config,
    checks: Annotated[list[str] | None, typer.Argument(help="Checks by id; all without.", metavar="[CHECK]...")] = None,
    format_: Annotated[ListFormat, typer.Option("--format", help="For people or for programs.")] = ListFormat.TABLE,
) -> None:
    """Run checks once, now; exit 1 if one fails. Nothing is stored."""
    from waakvlam.commands.probe import probe as run

    run(config, checks or [], as_json=format_ is ListFormat.JSON)


@app.command(epilog="Example: waakvlam run --config estate.yaml --vantage roermond")
def run(
    config: Config,
    vantage: Annotated[str | None, typer.Option(help="Where this process stands, if there are several.")] = None,
) -> None:
    """Probe on schedule, keep the facts, serve metrics and health until stopped (SIGHUP reloads the configuration)."""
    from waakvlam.commands.run import run as run_collector

    run_collector(config, vantage)


@app.command(epilog="Example: waakvlam status --config estate.yaml")
def status(
    config: Config,
    as_of: AsOf = None,
    format_: Annotated[ListFormat, typer.Option("--format", help="For people or for programs.")] = ListFormat.TABLE,
) -> None:
    """What is up, down and unknown, since when, and why."""
    from waakvlam.commands.status import status as run

    run(config, as_of, as_json=format_ is ListFormat.JSON)


@app.command(
    epilog="Example: waakvlam report --config estate.yaml --period 2026-10 --format xlsx --output october.xlsx"
)
def report(
    config: Config,
    period: Annotated[str, typer.Option(help="A month, a quarter or a year: 2026-10, 2026-Q4, 2026.")],
    as_of: AsOf = None,
    format_: Annotated[ReportFormat, typer.Option("--format", help="How it is written.")] = ReportFormat.TABLE,
    output: Annotated[Path | None, typer.Option(help="Write it to this file.", metavar="FILE")] = None,
    participant: Annotated[
        str | None, typer.Option(help="Only the services of this participant, with its own lines.", metavar="ID")
    ] = None,
) -> None:
    """The availability report of a period."""
    from waakvlam.commands.report import report as run

    run(config, period, as_of, format_.value, output, participant)


@imports.command(epilog="Example: waakvlam import observations october.csv --config estate.yaml")
def observations(
    file: Annotated[Path, typer.Argument(help="CSV: at,check,vantage,ok,latency_ms,detail.", metavar="FILE")],
    config: Config,
) -> None:
    """Add observations from a CSV file; the same file twice changes nothing."""
    from waakvlam.commands.observations import import_csv

    import_csv(file, config)


@maintenance.command(
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


@maintenance.command(
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


@maintenance.command("approve", epilog="Example: waakvlam maintenance approve --config estate.yaml work-20261012-1")
def approve_maintenance(config: Config, id_: Annotated[str, typer.Argument(help="The record.", metavar="ID")]) -> None:
    """Approve a record that somebody else added, where an agreement asks for that."""
    from waakvlam.commands.maintenance import approve

    approve(config, id_)


@maintenance.command("list", epilog="Example: waakvlam maintenance list --config estate.yaml --all")
def list_maintenance(
    config: Config,
    everything: Annotated[bool, typer.Option("--all", help="And the whole trail, with what was withdrawn.")] = False,
    format_: Annotated[ListFormat, typer.Option("--format", help="For people or for programs.")] = ListFormat.TABLE,
) -> None:
    """What maintenance holds now: of the configuration, and what was added."""
    from waakvlam.commands.maintenance import list_

    list_(config, everything=everything, as_json=format_ is ListFormat.JSON)


@app.command(epilog="Example: waakvlam demo --duration 60s")
def demo(
    duration: Annotated[str | None, typer.Option(help="How long, such as 60s or 5m; until Ctrl-C without.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Keep the configuration and the store here.", metavar="FOLDER")
    ] = None,
) -> None:
    """An example estate of real servers on loopback, faults that come and go, and the collector watching."""
    from waakvlam.commands.demo import demo as run

    run(duration, folder)


def main() -> None:
    """The entry point of the command."""
    try:
        app()
    except BrokenPipeError:
        # The reader of our output went away (`| head`): that is not an error, but the interpreter would say so.
        sys.stderr.close()
        raise SystemExit(0) from None
