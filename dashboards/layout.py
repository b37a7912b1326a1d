"""Lays panels out on the grid of a dashboard and gives it its variables, its menu and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from grafana_foundation_sdk.models import dashboard

from dashboards.panels import SOURCE
from dashboards.places import PROMETHEUS_TITLE, PROMETHEUS_UID, TAG, Place

WIDTH = 24
"""Columns of the grid."""


@dataclass(frozen=True, slots=True)
class Block:
    """Panels under a heading, each with its width and height on the grid, from left to right and then down."""

    title: str
    panels: Sequence[tuple[dashboard.Panel, int, int]]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard. `since` is what it shows at first, up to now; `refresh` is how often it asks again."""

    place: Place
    blocks: Sequence[Block]
    variables: Sequence[dashboard.VariableModel] = ()
    annotations: Sequence[dashboard.AnnotationQuery] = ()
    since: str = "now-6h"
    refresh: str = "30s"
    source: dashboard.VariableModel = field(
        default_factory=lambda: data_source("prometheus", PROMETHEUS_UID, PROMETHEUS_TITLE)
    )


def data_source(type_: str, uid: str, title: str) -> dashboard.VariableModel:
    """The variable through which every panel asks: another data source is one choice at the top."""
    return dashboard.VariableModel(
        type_val=dashboard.VariableType.DATASOURCE,
        name="datasource",
        label="Data Source",
        query=type_,
        current=dashboard.VariableOption(selected=True, text=title, value=uid),
        refresh=dashboard.VariableRefresh.ON_DASHBOARD_LOAD,
        regex="",
    )


def choice(
    name: str, label: str, query: str, *, several: bool = True, description: str = ""
) -> dashboard.VariableModel:
    """A variable with the values of a label; several of them, or all, unless it is about one thing."""
    everything = dashboard.VariableOption(selected=True, text="All", value="$__all")
    return dashboard.VariableModel(
        type_val=dashboard.VariableType.QUERY,
        name=name,
        label=label,
        description=description or None,
        datasource=SOURCE,
        query={"query": query, "refId": name, "qryType": 1},
        definition=query,
        refresh=dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=dashboard.VariableSort.ALPHABETICAL_ASC,
        multi=several,
        include_all=several,
        all_value=".*" if several else None,
        current=everything if several else None,
    )


def marks(name: str, expr: str, title: str, colour: str) -> dashboard.AnnotationQuery:
    """Marks on every time line where `expr` has a sample."""
    return dashboard.AnnotationQuery(
        name=name, datasource=SOURCE, icon_color=colour, expr=expr, title_format=title, step="30s"
    )


def build(board: Board) -> dashboard.Dashboard:
    """The dashboard as Grafana loads it."""
    place = board.place
    return dashboard.Dashboard(
        uid=place.uid,
        title=place.title,
        description=place.description,
        tags=[TAG],
        timezone="browser",
        editable=False,
        graph_tooltip=dashboard.DashboardCursorSync.CROSSHAIR,
        time=dashboard.DashboardDashboardTime(from_val=board.since, to="now"),
        refresh=board.refresh,
        schema_version=42,
        panels=[*_placed(board.blocks)],
        templating=dashboard.DashboardDashboardTemplating(list_val=[board.source, *board.variables]),
        annotations=dashboard.AnnotationContainer(list_val=[*board.annotations]),
        links=[_menu()],
    )


def _menu() -> dashboard.DashboardLink:
    return dashboard.DashboardLink(
        title="Waakvlam",
        type_val=dashboard.DashboardLinkType.DASHBOARDS,
        tags=[TAG],
        icon="dashboard",
        tooltip="The other dashboards of waakvlam",
        keep_time=True,
    )


def _placed(blocks: Sequence[Block]) -> list[dashboard.Panel | dashboard.RowPanel]:
    """The panels with their places and ids; a heading before each block."""
    placed: list[dashboard.Panel | dashboard.RowPanel] = []
    y = 0
    for block in blocks:
        where = dashboard.GridPos(x=0, y=y, w=WIDTH, h=1)
        placed.append(dashboard.RowPanel(title=block.title, grid_pos=where, id_val=len(placed) + 1, panels=[]))
        y += 1
        x = height = 0
        for panel, width, tall in block.panels:
            if x + width > WIDTH:
                x, y, height = 0, y + height, 0
            panel.grid_pos = dashboard.GridPos(x=x, y=y, w=width, h=tall)
            panel.id_val = len(placed) + 1
            placed.append(panel)
            x, height = x + width, max(height, tall)
        y += height
    return placed
