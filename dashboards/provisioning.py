"""The files from which Grafana provisions itself at its start: data sources, and where its dashboards lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dashboards.places import (
    FOLDER_TITLE,
    FOLDER_UID,
    HISTORY_TITLE,
    HISTORY_UID,
    INFINITY,
    PROMETHEUS_TITLE,
    PROMETHEUS_UID,
)

PROMETHEUS_URL = "http://127.0.0.1:9090"
COLLECTOR_URL = "http://127.0.0.1:9770"
MOUNTED_AT = "/waakvlam"
"""Where the files expect to be, as Grafana sees its disk."""


def prometheus_source(url: str = PROMETHEUS_URL, uid: str = PROMETHEUS_UID) -> str:
    """The data source that reads the Prometheus at `url`.

    Rates need two scrapes: Grafana takes four times `timeInterval`, which does for anything up to a scrape a minute.
    """
    return (
        "# Generated (make dashboards). The Prometheus that scrapes the collector, as Grafana reaches it.\n"
        "apiVersion: 1\n"
        "datasources:\n"
        f"  - name: {PROMETHEUS_TITLE}\n"
        "    type: prometheus\n"
        f"    uid: {uid}\n"
        "    access: proxy\n"
        f"    url: {_quoted(url)}\n"
        "    editable: false\n"
        "    jsonData: {httpMethod: POST, timeInterval: 30s}\n"
    )


def history_source(url: str = COLLECTOR_URL) -> str:
    """The data source that reads the collector's own API at `url`, through the Infinity plugin."""
    return (
        "# Generated (make dashboards). The collector's own API, as Grafana reaches it; needs the plugin\n"
        f"# {INFINITY}.\n"
        "apiVersion: 1\n"
        "datasources:\n"
        f"  - name: {HISTORY_TITLE}\n"
        f"    type: {INFINITY}\n"
        f"    uid: {HISTORY_UID}\n"
        "    access: proxy\n"
        f"    url: {_quoted(url)}\n"
        "    editable: false\n"
        f"    jsonData: {{allowedHosts: [{_quoted(url)}]}}\n"
    )


def provider(name: str = "waakvlam", folder: str = f"{MOUNTED_AT}/json") -> str:
    """Where the dashboards lie, as Grafana sees its disk, and the folder in which it shows them."""
    return (
        "# Generated (make dashboards). `path` is where Grafana finds the dashboards on its own disk.\n"
        "apiVersion: 1\n"
        "providers:\n"
        f"  - name: {name}\n"
        "    type: file\n"
        f"    folder: {FOLDER_TITLE}\n"
        f"    folderUid: {FOLDER_UID}\n"
        "    allowUiUpdates: false\n"
        "    updateIntervalSeconds: 60\n"
        "    options:\n"
        f"      path: {_quoted(folder)}\n"
        "      foldersFromFilesStructure: false\n"
    )


def _quoted(text: str) -> str:
    """As a text of YAML in which Grafana replaces no variable."""
    return "'" + text.replace("'", "''").replace("$", "$$") + "'"


MAIN_FILES: Mapping[str, Callable[[], str]] = {
    "provisioning/datasources/waakvlam.yml": prometheus_source,
    "provisioning/dashboards/waakvlam.yml": provider,
}
HISTORY_FILES: Mapping[str, Callable[[], str]] = {
    "provisioning/datasources/waakvlam-history.yml": history_source,
    "provisioning/dashboards/waakvlam-history.yml": lambda: provider("waakvlam-history", f"{MOUNTED_AT}/history/json"),
}
"""By their path under where they are written."""
