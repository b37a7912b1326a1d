"""Commands that look: at the configuration, at targets, at what is up now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waakvlam.cli.options import AsOf, Config, ListFormat

app = typer.Typer()


@app.command(epilog="Example: waakvlam check --config estate.yaml")
def check(
    config: Config,
    expanded: Annotated[
        bool, typer.Option("--expanded", help="Print it written out, without templates and lists.")
    ] = False,
) -> None:
    """Read the configuration; print what it holds, or every problem with its place and remedy."""
    from waakvlam.commands.check import check as run

    run(config, expanded=expanded)


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


@app.command(epilog="Example: waakvlam agent --config estate.yaml --vantage venlo")
def agent(
    config: Config,
    vantage: Annotated[str | None, typer.Option(help="Where this process stands, if there are several agents.")] = None,
) -> None:
    """Probe from another vantage and give the centre what was observed, by MQTT, until stopped."""
    from waakvlam.commands.agent import agent as run_agent

    run_agent(config, vantage)


@app.command(epilog="Example: waakvlam ingest --config estate.yaml")
def ingest(config: Config) -> None:
    """Store what agents send, beside other workers that do the same, until stopped (PostgreSQL only)."""
    from waakvlam.commands.ingest import ingest as run_worker

    run_worker(config)


@app.command(epilog="Example: waakvlam status --config estate.yaml")
def status(
    config: Config,
    as_of: AsOf = None,
    format_: Annotated[ListFormat, typer.Option("--format", help="For people or for programs.")] = ListFormat.TABLE,
) -> None:
    """What is up, down and unknown, since when, and why."""
    from waakvlam.commands.status import status as run

    run(config, as_of, as_json=format_ is ListFormat.JSON)


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
