"""The dashboards as they are shipped, and the files from which a Grafana provisions itself with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from dashboards.places import HISTORY, PLACES, Place
from dashboards.provisioning import history_source, prometheus_source, provider


def dashboards(data_source: str | None = None, *, history: bool = False) -> list[dict[str, Any]]:
    """The JSON of every dashboard, in their order; with `history` also the one that needs the Infinity plugin.

    `data_source` is the uid of the Prometheus that they ask at first, instead of the one of the provisioned source.
    """
    found = [_read("json", place) for place in PLACES]
    if data_source is not None:
        for board in found:
            _ask_of(board, data_source)
    return [*found, _read("history/json", HISTORY)] if history else found


def _read(folder: str, place: Place) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((files("dashboards") / folder / place.file).read_text(encoding="utf-8"))
    return found


def _ask_of(board: dict[str, Any], uid: str) -> None:
    for variable in board["templating"]["list"]:
        if variable["type"] == "datasource":
            variable["current"] = {"selected": True, "text": uid, "value": uid}


def provisioning_files(
    folder: str, prometheus_url: str, data_source: str | None = None, history_url: str | None = None
) -> Mapping[str, str]:
    """What a folder needs for a Grafana to provision itself: text by path within it.

    `folder` is where Grafana will find it on its own disk, `prometheus_url` and `history_url` (the collector) are
    addresses as Grafana reaches them; without `history_url` the dashboard on history is left out. With `data_source`
    the dashboards ask a data source that Grafana already has, and none is provisioned.
    """
    made = {
        f"json/{board['uid']}.json": json.dumps(board, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        for board in dashboards(data_source, history=history_url is not None)
    }
    if data_source is None:
        made["provisioning/datasources/waakvlam.yml"] = prometheus_source(prometheus_url)
    if history_url is not None:
        made["provisioning/datasources/waakvlam-history.yml"] = history_source(history_url)
    made["provisioning/dashboards/waakvlam.yml"] = provider(folder=f"{folder.rstrip('/')}/json")
    return made
