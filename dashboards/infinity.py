"""Questions to the collector's own API (docs/api.md), asked through the Infinity data source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common

from dashboards.places import INFINITY

SOURCE = common.DataSourceRef(type_val=INFINITY, uid="${datasource}")
Kind = Literal["string", "number", "timestamp_epoch", "boolean"]


@dataclass(frozen=True, slots=True)
class Field:
    """A column of an answer: its name there, and what is in it."""

    name: str
    kind: Kind = "string"


class ApiQuery(Builder[Dataquery], Dataquery):
    """One question: a path with its parameters, and the columns that are wanted of the rows of the answer."""

    def __init__(self, path: str, fields: Sequence[Field], ref_id: str = "A", *, as_series: bool = False) -> None:
        self.path = path
        self.fields = tuple(fields)
        self.ref_id = ref_id
        self.as_series = as_series

    def build(self) -> ApiQuery:
        """Itself: a query is its own builder."""
        return self

    def to_json(self) -> dict[str, object]:
        """As the plugin keeps it in a dashboard."""
        return {
            "datasource": SOURCE,
            "refId": self.ref_id,
            "type": "json",
            "source": "url",
            "parser": "backend",
            "format": "timeseries" if self.as_series else "table",
            "url": self.path,
            "url_options": {"method": "GET", "data": ""},
            "root_selector": "rows",
            "columns": [{"selector": one.name, "text": one.name, "type": one.kind} for one in self.fields],
            "filters": [],
        }
