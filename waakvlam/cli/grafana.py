"""Commands that bring the dashboards to Grafana."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Dashboards for Grafana: into one that runs, or as files from which it provisions itself.")

DataSource = Annotated[
    str | None, typer.Option("--datasource-uid", help="A Prometheus that Grafana already has.", metavar="UID")
]


@app.command(epilog="Example: waakvlam grafana push --url https://grafana.example --token-env GRAFANA_TOKEN --dry-run")
def push(
    url: Annotated[str, typer.Option(help="Where Grafana is.", metavar="URL")],
    token_env: Annotated[
        str, typer.Option(help="The environment variable that holds a service account token.", metavar="NAME")
    ],
    ca_file: Annotated[
        Path | None, typer.Option(help="Who signed its certificate, if no public authority.", metavar="FILE")
    ] = None,
    data_source: DataSource = None,
    folder_uid: Annotated[str, typer.Option(help="The folder, by its uid.", metavar="UID")] = "waakvlam",
    folder_title: Annotated[str, typer.Option(help="Its title, if it is made.", metavar="TEXT")] = "Waakvlam",
    namespace: Annotated[
        str, typer.Option(help="The organisation: default, or org-2 for the second.", metavar="NAME")
    ] = "default",
    history: Annotated[bool, typer.Option("--history", help="Also History, which needs the Infinity plugin.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing, and say what would change.")] = False,
) -> None:
    """Make or update the dashboards in a Grafana that runs; say of each what was done. Exit 1 if one was not."""
    from waakvlam.commands.grafana import push as run

    run(
        url,
        token_env,
        ca_file=ca_file,
        data_source=data_source,
        folder_uid=folder_uid,
        folder_title=folder_title,
        namespace=namespace,
        history=history,
        dry_run=dry_run,
    )


@app.command(epilog="Example: waakvlam grafana files --output grafana --prometheus-url http://prometheus:9090")
def files(
    output: Annotated[Path, typer.Option(help="A new folder.", metavar="FOLDER")],
    prometheus_url: Annotated[
        str, typer.Option(help="Prometheus, as Grafana reaches it.", metavar="URL")
    ] = "http://127.0.0.1:9090",
    history_url: Annotated[
        str | None,
        typer.Option(help="The collector, as Grafana reaches it: adds History, which needs Infinity.", metavar="URL"),
    ] = None,
    data_source: DataSource = None,
    mounted_at: Annotated[
        str, typer.Option(help="Where Grafana will find the folder on its own disk.", metavar="PATH")
    ] = "/waakvlam",
) -> None:
    """Write the dashboards and the provisioning files into a new folder, for Grafana to be started with."""
    from waakvlam.commands.grafana import files as run

    run(output, prometheus_url, history_url, data_source, mounted_at)
