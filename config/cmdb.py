"""The section of a configuration that says where the register of equipment is, and how its export reads."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from config.section import Section
from config.settings import Cmdb
from config.types import FilePath, Text

_DIRECTIVE = re.compile(r"%(.?)")
_DIRECTIVES = frozenset("dmYy%")
_SAMPLES = (date(2026, 11, 22), date(1999, 2, 3))


def _date_format(text: Any) -> str:
    """A format that reads back the day it writes, whatever the language of the machine."""
    if not isinstance(text, str) or not text:
        raise ValueError("must be a format such as %d-%m-%Y, or iso")
    if text == "iso":
        return ""
    for letter in _DIRECTIVE.findall(text):
        if letter not in _DIRECTIVES:
            raise ValueError(f"knows no %{letter}: use %d, %m, %Y or %y")
    try:
        exact = all(datetime.strptime(day.strftime(text), text).date() == day for day in _SAMPLES)
    except (ValueError, re.error):
        exact = False
    if not exact:
        raise ValueError("does not say the day exactly once: write one such as %d-%m-%Y")
    return text


DateFormat = Annotated[str, BeforeValidator(_date_format)]


class CmdbColumnsSection(Section):
    """What the columns of the export are called, as its first line has them."""

    id: Text | None = Field(
        None,
        description="which component or link it is: its id, or what becomes that in lower case with `-` for the rest",
        json_schema_extra={"otherwise": "`id`"},
    )
    name: Text | None = Field(None, description="what people call it", json_schema_extra={"otherwise": "`name`"})
    make: Text | None = Field(None, description="who made it", json_schema_extra={"otherwise": "`make`"})
    type: Text | None = Field(None, description="which model it is", json_schema_extra={"otherwise": "`type`"})
    supplier: Text | None = Field(None, description="who sold it", json_schema_extra={"otherwise": "`supplier`"})
    purchased: Text | None = Field(
        None, description="when it was bought", json_schema_extra={"otherwise": "`purchased`"}
    )
    property_of: Text | None = Field(
        None, description="whose thing it is", json_schema_extra={"otherwise": "`property_of`"}
    )
    location: Text | None = Field(None, description="where it stands", json_schema_extra={"otherwise": "`location`"})
    owner: Text | None = Field(
        None, description="who answers for its downtime", json_schema_extra={"otherwise": "`owner`"}
    )
    serial: Text | None = Field(None, description="its serial number", json_schema_extra={"otherwise": "`serial`"})


class CmdbSection(Section):
    """The register of equipment (CMDB) as a CSV, which `waakvlam assets` holds against what is watched (ICT NML DVO
    2018, 4.3.1)."""

    file: FilePath = Field(
        description="the export: a header, in UTF-8, `,` or `;` between columns; read by `waakvlam assets` alone"
    )
    columns: CmdbColumnsSection | None = Field(None, description="what its columns are called, where otherwise")
    date_format: DateFormat = Field(
        "", description="how dates are written, in the letters of strptime", json_schema_extra={"otherwise": "`iso`"}
    )

    def settings(self) -> Cmdb:
        """As the reader of the file takes it."""
        columns = self.columns.model_dump() if self.columns else {}
        return Cmdb(self.file, {key: name for key, name in columns.items() if name}, self.date_format)


def cmdb_at(path: Path, configured: Cmdb | None) -> Cmdb:
    """The register in another file than the one `configured`, which reads like it."""
    return Cmdb(path, configured.columns, configured.date_format) if configured else Cmdb(path, {}, "")
