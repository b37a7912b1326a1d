"""The command line: names, options and help; the work is in waakvlam/commands/."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

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


@imports.command(
    epilog="Example: waakvlam import prometheus https://prometheus.example:9090 --config estate.yaml "
    "--query 'probe_success{job=\"blackbox\"}' --check-label check --latency-query probe_duration_seconds "
    "--from 2026-10-01T00:00:00+02:00 --to 2026-11-01T00:00:00+01:00"
)
def prometheus(
    url: Annotated[str, typer.Argument(help="Where it is, as in https://prometheus.example:9090.", metavar="URL")],
    config: Config,
    query: Annotated[str, typer.Option(help="What gives 1 (ok) and 0 (failed).", metavar="EXPR")],
    check_label: Annotated[str, typer.Option(help="The label that holds the id of the check.", metavar="LABEL")],
    start: Annotated[str, typer.Option("--from", help="From here (ISO 8601 with an offset).", metavar="INSTANT")],
    end: Annotated[str, typer.Option("--to", help="Up to here, not included.", metavar="INSTANT")],
    vantage: Annotated[str | None, typer.Option(help="Where it stands, if there are several.")] = None,
    vantage_label: Annotated[
        str | None, typer.Option(help="The label that holds the id of the vantage.", metavar="LABEL")
    ] = None,
    latency_query: Annotated[
        str | None, typer.Option(help="What gives the seconds it took, at the same instants.", metavar="EXPR")
    ] = None,
    step: Annotated[
        str | None, typer.Option(help="For a query that is no plain selector: work it out so far apart, as in 30s.")
    ] = None,
    ignore_unknown: Annotated[
        bool, typer.Option("--ignore-unknown", help="Leave out what is not in the configuration.")
    ] = False,
    ca_file: Annotated[
        Path | None, typer.Option(help="Trust these authorities (PEM), no others.", metavar="FILE")
    ] = None,
    token_env: Annotated[str | None, typer.Option(help="Bearer token in this variable.", metavar="NAME")] = None,
    token_file: Annotated[Path | None, typer.Option(help="Bearer token in this file.", metavar="FILE")] = None,
    user: Annotated[str | None, typer.Option(help="User of basic authentication.", metavar="NAME")] = None,
    password_env: Annotated[str | None, typer.Option(help="Password in this variable.", metavar="NAME")] = None,
    password_file: Annotated[Path | None, typer.Option(help="Password in this file.", metavar="FILE")] = None,
) -> None:
    """Add the samples of an existing Prometheus; what comes is kept, and running it again changes nothing."""
    from waakvlam.commands.prometheus import Asked, Login, import_prometheus

    asked = Asked(query, check_label, start, end, vantage, vantage_label, latency_query, step, ignore_unknown)
    login = Login(token_env, token_file, user, password_env, password_file, ca_file)
    import_prometheus(url, config, asked, login)


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
