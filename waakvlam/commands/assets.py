"""`waakvlam assets`: the register of equipment, with what is watched and what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from collector.cmdb import Record, read_cmdb
from config.cmdb import cmdb_at
from config.problems import ConfigError
from config.settings import Settings
from exporters.assets import asset_counts, asset_csv, asset_json, asset_table
from waakvlam.equipment import equipment
from waakvlam.setup import load_settings
from waakvlam.terminal import console, refuse, say, say_data

Format = Literal["table", "json", "csv"]


def assets(path: Path, cmdb: Path | None, format_: Format) -> None:
    """Print the register in the file `cmdb`, or the one that the configuration at `path` names, or else what the
    configuration itself knows of equipment, held against what is watched."""
    settings = load_settings(path)
    register, records = _register(settings, cmdb)
    items = equipment(settings, records)
    if format_ == "json":
        say_data(asset_json(items, register))
    elif format_ == "csv":
        say_data(asset_csv(items))
    else:
        if items:
            console().print(asset_table(items))
        say(asset_counts(items))


def _register(settings: Settings, given: Path | None) -> tuple[str, list[Record] | None]:
    """What the register was read from, and its records; None where it is the configuration."""
    register = cmdb_at(given, settings.cmdb) if given else settings.cmdb
    if register is None:
        return "configuration", None
    try:
        return str(register.file), read_cmdb(register)
    except ConfigError as error:
        refuse(str(error))
