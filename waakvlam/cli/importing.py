"""Commands that add what was gathered elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waakvlam.cli.options import Config

app = typer.Typer(no_args_is_help=True, help="Add what was gathered elsewhere to the store: observations, incidents.")


@app.command(epilog="Example: waakvlam import observations october.csv --config estate.yaml")
def observations(
    file: Annotated[Path, typer.Argument(help="CSV: at,check,vantage,ok,latency_ms,detail.", metavar="FILE")],
    config: Config,
) -> None:
    """Add observations from a CSV file; the same file twice changes nothing."""
    from waakvlam.commands.observations import import_csv

    import_csv(file, config)


@app.command(epilog="Example: waakvlam import incidents october.csv --config estate.yaml")
def incidents(
    file: Annotated[Path, typer.Argument(help="CSV, as `recovery.incidents` describes it.", metavar="FILE")],
    config: Config,
) -> None:
    """Add incidents from the help desk's export; the same file twice changes nothing."""
    from waakvlam.commands.incidents import import_incidents

    import_incidents(file, config)


@app.command(
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


@app.command(epilog="Example: waakvlam import export handover-2026 --config estate.yaml")
def export(
    folder: Annotated[Path, typer.Argument(help="What `waakvlam export` wrote.", metavar="FOLDER")], config: Config
) -> None:
    """Take an archive that was exported, all of it or nothing; the same archive twice changes nothing."""
    from waakvlam.commands.export import import_export

    import_export(folder, config)
