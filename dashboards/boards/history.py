"""*History*: months, outages and failovers from the collector's own API, which needs the Infinity plugin."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import table, timeseries
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import places
from dashboards.infinity import SOURCE, ApiQuery, Field, Kind
from dashboards.layout import Block, Board, data_source
from dashboards.palette import Meaning
from dashboards.panels import GREY, Column, organized, properties, thresholds

_WORDS = {
    "met": Meaning("✔ met", "good"),
    "missed": Meaning("✖ missed", "bad"),
    "pending": Meaning("… pending", "unknown"),
    "undetermined": Meaning("± undetermined", "unknown"),
    "no_data": Meaning("? no data", "unknown"),
    "seamless": Meaning("▲ seamless", "good"),
    "taken_over": Meaning("▲ taken over", "good"),
    "recovered": Meaning("◆ recovered by itself", "risk"),
    "interrupted": Meaning("▼ interrupted", "bad"),
}
"""Words of the API, as people read them."""
_MONTHS = "from=${__from:date:YYYY-MM}&to=${__to:date:YYYY-MM}"
_INSTANTS = "from=${__from}&to=${__to}"
_SERVICE = "&service=${service}"


def board() -> Board:
    """The dashboard."""
    return Board(
        places.HISTORY,
        (
            Block("Periods", [(_months(), 24, 10)]),
            Block("Budget, day by day", [(_days(), 24, 9)]),
            Block("Outages", [(_outages(), 24, 10)]),
            Block("Failovers", [(_failovers(), 24, 9)]),
        ),
        variables=(_service(),),
        since="now-6M/M",
        refresh="",
        source=data_source(places.INFINITY, places.HISTORY_UID, places.HISTORY_TITLE),
    )


def _service() -> dashboard.VariableModel:
    """One service; its ids come from the API too."""
    question = {
        **ApiQuery("/api/v1/parts", [Field("id"), Field("type")], "service").to_json(),
        "filterExpression": 'type == "service"',
        "columns": [
            {"selector": "id", "text": "__text", "type": "string"},
            {"selector": "type", "text": "type", "type": "string"},
        ],
    }
    question["datasource"] = None
    return dashboard.VariableModel(
        type_val=dashboard.VariableType.QUERY,
        name="service",
        label="Service",
        datasource=SOURCE,
        query={"refId": "service", "queryType": "infinity", "query": "", "infinityQuery": question},
        refresh=dashboard.VariableRefresh.ON_DASHBOARD_LOAD,
        sort=dashboard.VariableSort.ALPHABETICAL_ASC,
    )


def _kind(column: Column) -> Kind:
    if column.source.endswith("_ms"):
        return "timestamp_epoch"
    return "number" if column.unit else "string"


def _listed(title: str, description: str, path: str, columns: Sequence[Column], sort: str, nothing: str) -> Panel:
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .targets([ApiQuery(path, [Field(one.source, _kind(one)) for one in columns])])
        .unit("none")
        .no_value(nothing)
        .thresholds(thresholds(GREY))
        .sort_by([common_builders.TableSortByFieldState().display_name(sort).desc(True)])
        .with_transformation(organized({}, columns))
        .cell_height(common.TableCellHeight.SM)
    )
    for column in columns:
        panel.override_by_name(column.title, properties(column))
    return panel.build()


def _months() -> Panel:
    return _listed(
        "Each period of the agreement",
        "Every period that touches the time shown, of the service chosen, as the report judges it today: a correction "
        "that was entered a minute ago is in it. Lowest and highest are the bounds that unwatched time leaves.",
        f"/api/v1/months?{_MONTHS}{_SERVICE}",
        (
            Column("period", "Period"),
            Column("name", "Service"),
            Column("verdict", "Verdict", meanings=_WORDS),
            Column("norm", "Norm", unit="percentunit", decimals=3),
            Column("availability_low", "Lowest", unit="percentunit", decimals=5),
            Column("availability", "Availability", unit="percentunit", decimals=5),
            Column("availability_high", "Highest", unit="percentunit", decimals=5),
            Column("coverage", "Watched", unit="percentunit", decimals=3),
            Column("down_seconds", "Down", unit="dtdurations"),
            Column("excluded_seconds", "Excluded", unit="dtdurations"),
            Column("budget_left_seconds", "Budget left", unit="dtdurations", steps=((None, "bad"), (0, "good"))),
        ),
        "Period",
        "No agreed time in the time shown",
    )


def _days() -> Panel:
    fields = (
        Field("to_ms", "timestamp_epoch"),
        Field("budget_left_seconds", "number"),
        Field("budget_seconds", "number"),
    )
    return (
        timeseries.Panel()
        .title("Budget left at the end of each day")
        .description(
            "Time that could still be down in the period of the agreement, as it stood when each day ended, and the "
            "whole budget. Below zero the norm was lost. At most a year is asked at once."
        )
        .datasource(SOURCE)
        .targets([ApiQuery(f"/api/v1/days?{_INSTANTS}{_SERVICE}", fields, as_series=True)])
        .unit("s")
        .line_interpolation(common.LineInterpolation.STEP_AFTER)
        .thresholds(thresholds(((None, "bad"), (0, "good"))))
        .build()
    )


def _outages() -> Panel:
    return _listed(
        "Outages",
        "Every outage that touches the time shown: when, how much of it fell in agreed hours, what it came from and "
        "whose that is.",
        f"/api/v1/outages?{_INSTANTS}{_SERVICE}",
        (
            Column("start_ms", "Start", unit="dateTimeAsIso"),
            Column("end_ms", "End", unit="dateTimeAsIso"),
            Column("duration_seconds", "Lasted", unit="dtdurations"),
            Column("down_seconds", "In agreed hours", unit="dtdurations"),
            Column("excluded_seconds", "Excluded", unit="dtdurations"),
            Column("causes", "Causes"),
            Column("owners", "Whose"),
        ),
        "Start",
        "No outages in the time shown",
    )


def _failovers() -> Panel:
    return _listed(
        "Failovers",
        "Every failover that began in the time shown, tests among them: how long the function was away, held against "
        "the term.",
        f"/api/v1/failovers?{_INSTANTS}",
        (
            Column("started_at_ms", "Began", unit="dateTimeAsIso"),
            Column("ended_at_ms", "Ended", unit="dateTimeAsIso"),
            Column("name", "Pair"),
            Column("outcome", "Outcome", meanings=_WORDS),
            Column("seconds", "Interrupted", unit="dtdurations"),
            Column("within_seconds", "Term", unit="dtdurations"),
            Column("verdict", "Verdict", meanings=_WORDS),
            Column("test", "Test"),
        ),
        "Began",
        "No failovers in the time shown",
    )
