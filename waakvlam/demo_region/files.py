"""Writes what the programs of the region read: the configuration, the broker's files, certificates and passwords."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from string import Template

from waakvlam.demo.certificates import make_authority, server_pem
from waakvlam.demo_region.namespaces import RegionError
from waakvlam.demo_region.places import AGENTS, BROKER, BROKER_PORT, CENTRE_PORT

CONFIG_NAME = "region.yaml"
NOBODY = "nobody"
_ACL = Path(__file__).parents[2] / "docs" / "mosquitto.acl"
"""The one that the documentation tells people to begin with."""
_VALID_DAYS = 2


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the region is watched, in milliseconds; a state is believed for `stale_after` past its last look."""

    interval: int
    stale_after: int


class _EstateTemplate(Template):
    delimiter = "@"
    idpattern = "(?!)"  # none without braces
    braceidpattern = r"[a-z][a-z-]*"


def write_config(folder: Path, store_url: str, pace: Pace, since_ms: int) -> Path:
    """Write the configuration that the centre and all agents read; services are agreed from `since_ms` on."""
    values = {
        "store": store_url,
        "listen": CENTRE_PORT,
        "broker": BROKER,
        "broker-port": BROKER_PORT,
        "interval": f"{pace.interval}ms",
        "stale-after": f"{pace.stale_after}ms",
        "since": datetime.fromtimestamp(since_ms / 1000, UTC).isoformat(timespec="milliseconds"),
    }
    template = (files("waakvlam.demo_region") / "estate.yaml").read_text(encoding="utf-8")
    path = folder / CONFIG_NAME
    path.write_text(_EstateTemplate(template).substitute(values), encoding="utf-8")
    return path


def write_broker(folder: Path) -> Path:
    """Write all that the broker needs, and a password for everybody who speaks to it; its configuration."""
    place = folder / "broker"
    place.mkdir()
    authority = make_authority()
    (place / "ca.pem").write_bytes(authority.pem())
    (place / "broker.pem").write_bytes(server_pem(authority, "broker", [BROKER], _VALID_DAYS))
    if not _ACL.exists():
        raise RegionError(f"{_ACL} is missing: run the demo from a checkout of the project")
    shutil.copy(_ACL, place / "acl")
    passwords = {user: secrets.token_urlsafe(24) for user in ("centre", *AGENTS)}
    for user, password in passwords.items():
        _write_secret(folder / f"{user}.password", password)
    _write_secret(place / "passwords", "".join(f"{user}:{password}\n" for user, password in passwords.items()))
    command = [program("mosquitto_passwd", "mosquitto"), "-U", str(place / "passwords")]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - a program of Debian on a file of ours
    lines = [
        f"listener {BROKER_PORT} {BROKER}", f"certfile {place / 'broker.pem'}", f"keyfile {place / 'broker.pem'}",
        "allow_anonymous false", f"password_file {place / 'passwords'}", f"acl_file {place / 'acl'}",
        "persistence true", f"persistence_location {place}/",
        "message_size_limit 67108864", "max_queued_messages 100000", "set_tcp_nodelay true",
    ]  # fmt: skip
    config = place / "mosquitto.conf"
    config.write_text("\n".join([*lines, ""]))
    hand_over(place)
    return config


def hand_over(folder: Path) -> None:
    """Give a folder, and what is in it, to the user without rights under whom servers run."""
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, NOBODY, "nogroup")


def program(name: str, package: str) -> str:
    """Where a program is; RegionError with how to get it where it is not."""
    folders = [os.environ.get("PATH", ""), "/usr/sbin", "/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise RegionError(f"{name} is not installed: apt-get install {package}")
    return found


def _write_secret(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
