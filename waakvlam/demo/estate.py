"""Writes the configuration of the example estate, with the addresses at which its servers really listen."""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from string import Template

CONFIG_NAME = "demo.yaml"
STORE_NAME = "demo.db"
"""As `store` in estate.yaml names it."""
_LISTEN_PORT = 9770


class _EstateTemplate(Template):
    """`@{ring.port}` stands for the port of the server `ring`."""

    delimiter = "@"
    idpattern = "(?!)"  # none without braces
    braceidpattern = r"[a-z][a-z0-9.-]*"


def write_config(folder: Path, addresses: Mapping[str, tuple[str, int]], since_ms: int, until_ms: int | None) -> Path:
    """Write the configuration into `folder`; its path.

    `addresses` are host and port by the server's name. The services are agreed from `since_ms` on, until `until_ms`
    if the demo has an end (epoch milliseconds).
    """
    lifetime = f"since: {_instant(since_ms)}"
    if until_ms is not None:
        lifetime += f"\n    until: {_instant(until_ms)}"
    values = {"listen": str(_free_port()), "lifetime": lifetime}
    for name, (host, port) in addresses.items():
        values |= {f"{name}.host": host, f"{name}.port": str(port)}
    template = (files("waakvlam.demo") / "estate.yaml").read_text(encoding="utf-8")
    path = folder / CONFIG_NAME
    path.write_text(_EstateTemplate(template).substitute(values), encoding="utf-8")
    return path


def _instant(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


def _free_port() -> int:
    """The usual port of the HTTP face, or a free one where another collector on this machine has it."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", _LISTEN_PORT))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
