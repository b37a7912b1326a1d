"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer


class ReportFormat(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


class ListFormat(StrEnum):
    """How a list is written: for people or for programs."""

    TABLE = "table"
    JSON = "json"


Language = Literal["nl", "en"]
"""In which a document is written for those who receive it."""

Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.", metavar="FILE")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="As it was known then (ISO 8601 with an offset).", metavar="INSTANT")
]
