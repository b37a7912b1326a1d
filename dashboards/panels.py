"""Makes the kinds of panels that the dashboards consist of, so that all of them look and read alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.palette import COLOURS, Meaning
from exporters.tables.tones import Tone

SOURCE = common.DataSourceRef(type_val="prometheus", uid="${datasource}")
_REFS = "ABCDEFGHIJKLMNOP"
Step = tuple[float | None, Tone]
"""From this value on that tone; None for whatever is below all others."""


@dataclass(frozen=True, slots=True)
class Query:
    """An expression of PromQL, and what its series are called."""

    expr: str
    legend: str = "__auto"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: a label, or the value of a query by its letter (`A`)."""

    source: str
    title: str
    unit: str | None = None
    meanings: Mapping[str, Meaning] | None = None
    steps: Sequence[Step] = ()
    links: Sequence[dashboard.DashboardLink] = ()
    decimals: int | None = None
    hidden: bool = False


def link(title: str, uid: str, **variables: str) -> dashboard.DashboardLink:
    """A link on a value to the dashboard `uid`, with the time and the data source that are shown now."""
    sets = "".join(f"&var-{name}={value}" for name, value in variables.items())
    return dashboard.DashboardLink(
        title=title, url=f"/d/{uid}?${{__url_time_range}}&${{datasource:queryparam}}{sets}", type_val=None
    )


def _link_builders(links: Sequence[dashboard.DashboardLink]) -> list[build.DashboardLink]:
    return [build.DashboardLink(one.title).url(one.url or "") for one in links]


def targets(queries: Sequence[Query], kind: Literal["range", "now", "rows"]) -> list[prometheus.Dataquery]:
    """The queries with letters from A on: through time, as it is at the end of the time shown, or that as a table."""
    made = []
    for letter, query in zip(_REFS, queries, strict=False):
        one = prometheus.Dataquery().expr(query.expr).ref_id(letter).datasource(SOURCE).legend_format(query.legend)
        made.append(one.range() if kind == "range" else one.instant())
        if kind == "rows":
            one.format(PromQueryFormat.TABLE)
    return made


def mappings(meanings: Mapping[str, Meaning]) -> list[dashboard.ValueMapping]:
    """What values stand for, in words and colours."""
    options = {
        value: dashboard.ValueMappingResult(text=meaning.text, color=COLOURS[meaning.tone], index=index)
        for index, (value, meaning) in enumerate(meanings.items())
    }
    return [dashboard.ValueMap(options=options)] if options else []


def thresholds(steps: Sequence[Step]) -> build.ThresholdsConfig:
    """From which value on which tone."""
    return (
        build.ThresholdsConfig()
        .mode(dashboard.ThresholdsMode.ABSOLUTE)
        .steps([dashboard.Threshold(value=value, color=COLOURS[tone]) for value, tone in steps])
    )


UNKNOWN = "? unknown"
"""What stands where nothing answers: nobody knows, which is no reason to show a good number."""
NONE = "none reported"
"""What stands where there may rightly be nothing: no claim that all is well, since maybe nobody was there to tell."""
_BY_VALUE = build.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS)
_NOTHING = dashboard.SpecialValueMap(
    options=dashboard.DashboardSpecialValueMapOptions(
        match=dashboard.SpecialValueMatch.NULL_AND_NAN,
        result=dashboard.ValueMappingResult(text="–", color=COLOURS["unknown"]),
    )
)
"""A cell without a value is grey; it would have the colour of the lowest step."""
GREY: Sequence[Step] = ((None, "unknown"),)
"""What has no tone by its value: grey, where a mapping says nothing else."""


def number(
    title: str,
    description: str,
    expr: str,
    unit: str,
    steps: Sequence[Step] = GREY,
    meanings: Mapping[str, Meaning] | None = None,
    links: Sequence[dashboard.DashboardLink] = (),
    nothing: str = UNKNOWN,
) -> dashboard.Panel:
    """One number in large, on a ground that says how good it is."""
    panel = _stat(title, description, Query(expr), unit, meanings or {}, links).no_value(nothing)
    return panel.thresholds(thresholds(steps)).text_mode(common.BigValueTextMode.VALUE).build()


def wall(
    title: str,
    description: str,
    expr: str,
    legend: str,
    meanings: Mapping[str, Meaning],
    links: Sequence[dashboard.DashboardLink] = (),
    unit: str = "none",
    steps: Sequence[Step] = GREY,
    nothing: str = UNKNOWN,
) -> dashboard.Panel:
    """A tile for each series: its name, its state in a word, and the colour of that."""
    panel = _stat(title, description, Query(expr, legend), unit, meanings, links).no_value(nothing)
    return panel.thresholds(thresholds(steps)).text_mode(common.BigValueTextMode.VALUE_AND_NAME).build()


def _stat(
    title: str,
    description: str,
    query: Query,
    unit: str,
    meanings: Mapping[str, Meaning],
    links: Sequence[dashboard.DashboardLink],
) -> stat.Panel:
    # Asked as of now and not through time: the last that was told before a collector went would still look up.
    return (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .targets([*targets([query], "now")])
        .unit(unit)
        .mappings(mappings(meanings))
        .data_links([*_link_builders(links)])
        .color_scheme(_BY_VALUE)
        .color_mode(common.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(common.BigValueGraphMode.NONE)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["last"]).values(False))
    )


def timeline(
    title: str,
    description: str,
    expr: str,
    legend: str,
    meanings: Mapping[str, Meaning],
    links: Sequence[dashboard.DashboardLink] = (),
) -> dashboard.Panel:
    """A bar through time for each series; where nothing was told there is a gap."""
    return (
        statetimeline.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .targets([*targets([Query(expr, legend)], "range")])
        .unit("none")
        .mappings(mappings(meanings))
        .thresholds(thresholds(GREY))
        .color_scheme(_BY_VALUE)
        .data_links([*_link_builders(links)])
        .show_value(common.VisibilityMode.AUTO)
        .merge_values(True)
        .fill_opacity(85)
        .legend(_legend())
        .build()
    )


def lines(
    title: str,
    description: str,
    queries: Sequence[Query],
    unit: str,
    *,
    steps: Sequence[Step] = (),
    dashed: Sequence[str] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    stepped: bool = False,
    links: Sequence[dashboard.DashboardLink] = (),
) -> dashboard.Panel:
    """Lines through time; gaps stay gaps. `dashed` are the letters of the queries that tell what was agreed."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .targets([*targets(queries, "range")])
        .unit(unit)
        .color_scheme(build.FieldColor().mode(dashboard.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .line_width(2)
        .span_nulls(False)
        .show_points(common.VisibilityMode.AUTO)
        .data_links([*_link_builders(links)])
        .legend(_legend())
        .tooltip(
            common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
        )
    )
    if stepped:
        panel.line_interpolation(common.LineInterpolation.STEP_AFTER)
    if steps:
        panel.thresholds(thresholds(steps)).thresholds_style(
            common_builders.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
        )
    for letter in dashed:
        style = {"fill": "dash", "dash": [10, 10]}
        panel.override_by_query(letter, [_property("custom.lineStyle", style), _property("custom.lineWidth", 1)])
    if minimum is not None:
        panel.min(minimum)
    if maximum is not None:
        panel.max(maximum)
    return panel.build()


def rows(
    title: str,
    description: str,
    queries: Sequence[Query],
    key: str,
    columns: Sequence[Column],
    *,
    sort: str,
    descending: bool = False,
    nothing: str = "Nothing to show",
) -> dashboard.Panel:
    """A table: the answers of the queries joined by the label `key`; the first has an answer for every row."""
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .targets([*targets(queries, "rows")])
        .unit("none")
        .no_value(nothing)
        .thresholds(thresholds(GREY))
        .color_scheme(_BY_VALUE)
        .with_transformation(
            dashboard.DataTransformerConfig(id_val="joinByField", options={"byField": key, "mode": "outer"})
        )
        .sort_by([common_builders.TableSortByFieldState().display_name(sort).desc(descending)])
        .show_header(True)
        .cell_height(common.TableCellHeight.SM)
    )
    values = {letter: f"Value #{letter}" if len(queries) > 1 else "Value" for letter in _REFS[: len(queries)]}
    panel.with_transformation(organized(values, columns))
    for column in columns:
        if not column.hidden:
            panel.override_by_name(column.title, properties(column))
    return panel.build()


def organized(values: Mapping[str, str], columns: Sequence[Column]) -> dashboard.DataTransformerConfig:
    """The columns in their order and with their titles; times of the queries and hidden columns left out."""
    names = {values.get(column.source, column.source): column for column in columns}
    times = ["Time", *(f"Time {number}" for number in range(1, len(values) + 1))] if values else []
    options = {
        "indexByName": {name: index for index, name in enumerate(names)},
        "renameByName": {name: column.title for name, column in names.items() if not column.hidden},
        "excludeByName": dict.fromkeys((*times, *(name for name, column in names.items() if column.hidden)), True),
    }
    return dashboard.DataTransformerConfig(id_val="organize", options=options)


def properties(column: Column) -> list[DynamicConfigValue]:
    """How a column looks: its unit, and its colour where its values say something good or bad."""
    found = [_property("noValue", "–")]
    if column.unit:
        found.append(_property("unit", column.unit))
    if column.decimals is not None:
        found.append(_property("decimals", column.decimals))
    if column.meanings:
        found.append(_property("mappings", mappings(column.meanings)))
    if column.steps:
        found.append(_property("thresholds", thresholds(column.steps).build()))
        found.append(_property("mappings", [_NOTHING]))
    if column.meanings or column.steps:
        found.append(_property("custom.cellOptions", {"type": "color-background", "mode": "basic"}))
    if column.links:
        found.append(_property("links", [*column.links]))
    return found


def _property(name: str, value: object) -> DynamicConfigValue:
    return DynamicConfigValue(id_val=name, value=value)


def _legend() -> common_builders.VizLegendOptions:
    return (
        common_builders.VizLegendOptions()
        .show_legend(True)
        .display_mode(common.LegendDisplayMode.LIST)
        .placement(common.LegendPlacement.BOTTOM)
    )
