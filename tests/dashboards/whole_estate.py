"""A collector that runs over an estate in which everything is there that a dashboard can show, faults included."""

from __future__ import annotations

import csv
import json
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collector.traps import LINK_DOWN
from tests.collector.certificates import make
from tests.collector.test_traps import COMMUNITY, notification
from tests.ports import free_port
from tests.waakvlam.commands import a_server, collector, listen_address, metric, waakvlam, wait_until, write_estate
from tests.waakvlam.test_certificates import showing

TOKEN = "a token of this test"
CLOSED = 1
"""A port of loopback on which nobody listens."""


def _look(name: str, port: int) -> dict[str, object]:
    return {"id": f"{name}-tcp", "probe": "tcp", "host": "127.0.0.1", "port": port}


def _plugin(name: str, code: int) -> dict[str, object]:
    return {
        "id": f"{name}-plugin",
        "probe": "plugin",
        "command": ["/bin/sh", "-c", f"echo 'SAID|load=0.5 used=57%'; exit {code}"],
    }


def _beat(name: str, **more: object) -> dict[str, object]:
    return {"id": f"{name}-beat", "probe": "heartbeat", "within": "26h", **more}


def _components(up: int, tls: int, ca: Path) -> list[dict[str, object]]:
    north, south = {"site": "dc-north", "owner": "beheer"}, {"site": "dc-south", "owner": "beheer"}
    shown: dict[str, object] = {
        "id": "app-tls",
        "probe": "tls",
        "host": "127.0.0.1",
        "port": tls,
        "ca_file": str(ca),
        "counts": False,
    }
    shown |= {"interval": "2s", "timeout": "2s"}
    return [
        {"id": "app", "kind": "application", **north, "checks": [_look("app", up), shown]},
        {"id": "app-spare", "kind": "application", **south, "checks": [_look("app-spare", up)]},
        {"id": "old", "kind": "application", **north, "checks": [_look("old", CLOSED)]},
        {"id": "old-spare", "kind": "application", **south, "checks": [_look("old-spare", CLOSED)]},
        {"id": "old-function", "kind": "function", "checks": [_look("old-function", CLOSED)]},
        {"id": "busy", "kind": "server", **north, "checks": [_plugin("busy", 1)]},
        {"id": "silent", "kind": "server", **south, "checks": [_plugin("silent", 3)]},
        {"id": "switch", "kind": "network", **north, "checks": [{**_snmp(), "counts": False}, _look("switch", up)]},
        {"id": "copy", "kind": "backup", **south, "checks": [_beat("copy")]},
        {"id": "copy-late", "kind": "backup", **south, "checks": [_beat("copy-late", within="1s", grace="1s")]},
        {"id": "restore", "kind": "restore-test", **south, "checks": [_beat("restore", within="92d")]},
    ]


def _snmp() -> dict[str, object]:
    return {
        "id": "switch-uplink",
        "probe": "snmp",
        "host": "127.0.0.1",
        "port": 1,
        "community": {"file": "community"},
        "oid": "1.3.6.1.2.1.2.2.1.8.1",
        "equals": 1,
    }


def _links(up: int) -> list[dict[str, object]]:
    ping = {"id": "ring-ping", "probe": "icmp", "host": "127.0.0.1", "packets": 3, "counts": False}
    ends = {"kind": "gemnet", "owner": "netwerken"}
    return [
        {
            "id": "ring",
            "kind": "intermunicipal",
            "between": ["dc-north", "dc-south"],
            "owner": "netwerken",
            "checks": [_look("ring", up), ping],
        },
        {"id": "line-1", **ends, "between": ["dc-north", "core"], "checks": [_look("line-1", up)]},
        {"id": "line-2", **ends, "between": ["dc-south", "core"], "checks": [_look("line-2", CLOSED)]},
        {"id": "lines", "kind": "gemnet", "up_when": {"any": ["line-1", "line-2"]}},
    ]


def _services() -> list[dict[str, object]]:
    return [
        {"id": "good", "agreement": "norm", "up_when": {"all": ["app"]}, "priority": 2},
        {"id": "lost", "agreement": "norm", "up_when": {"all": ["old-function"]}, "priority": 1},
        {"id": "slow", "agreement": "norm", "up_when": {"all": ["busy", "lines"]}, "priority": 3},
        {"id": "guessed", "agreement": "norm", "up_when": {"all": ["silent"]}, "priority": 3},
    ]


def write(folder: Path, up: int, tls: int, ca: Path, traps: int) -> Path:
    """Its configuration, with the port of a server that answers and of one that shows a certificate."""
    (folder / "token").write_text(f"{TOKEN}\n")
    (folder / "community").write_text(f"{COMMUNITY}\n")
    now = datetime.now(UTC)
    test = {"category": "failover_test", "affects": ["app-pair"], "reason": "yearly"}
    work = {"category": "planned", "affects": ["good", "switch"], "reason": "a patch"}
    tested, end = now - timedelta(days=2), now + timedelta(hours=6)
    return write_estate(
        folder,
        up,
        organisations=[
            {"id": "beheer", "name": "Voorbeeld Beheer BV"},
            {"id": "netwerken", "name": "Voorbeeld Netwerken BV"},
        ],
        sites=[{"id": name, "kind": "datacentre"} for name in ("dc-north", "dc-south", "core")],
        defaults={"interval": "1s", "timeout": "900ms", "fall": 1, "rise": 1, "stale_after": "20s"},
        heartbeats={"token": {"file": "token"}},
        traps={"listen": f"127.0.0.1:{traps}", "community": {"file": "community"}},
        components=_components(up, tls, ca),
        links=_links(up),
        failover_pairs=[
            {"id": "app-pair", "primary": "app", "standby": "app-spare", "within": "4h", "test_every": "366d"},
            {"id": "old-pair", "primary": "old", "standby": "old-spare", "function": "old-function", "within": "1s"},
        ],
        services=_services(),
        maintenance=[
            {"id": "tested", **test, "from": _iso(tested), "to": _iso(tested + timedelta(hours=1))},
            {"id": "patch", **work, "from": _iso(now - timedelta(hours=1)), "to": _iso(end)},
        ],
    )


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")


def observe_before(path: Path) -> None:
    """Facts of last month, for its figures, and of the failover test of two days ago."""
    now = datetime.now(UTC)
    last_month = now.replace(day=1, hour=12, minute=0, second=0, microsecond=0) - timedelta(days=5)
    tested = now - timedelta(days=2) + timedelta(minutes=10)
    rows = []
    for check in ("app-tcp", "old-function-tcp", "busy-plugin", "line-1-tcp", "silent-plugin"):
        rows += [(last_month + timedelta(milliseconds=200 * n), check, "true", "1") for n in range(20)]
    rows += [
        (tested + timedelta(milliseconds=200 * n), "app-tcp", "true" if n > 9 else "false", "1") for n in range(20)
    ]
    with (path.parent / "before.csv").open("w", newline="") as out:
        table = csv.writer(out)
        table.writerow(["at", "check", "vantage", "ok", "latency_ms", "detail"])
        table.writerows([at.isoformat(), check, "local", ok, latency, ""] for at, check, ok, latency in rows)
    done = waakvlam(path.parent, "import", "observations", "before.csv", "--config", path.name)
    assert done.returncode == 0, done.stderr


def report(path: Path, check: str) -> None:
    """A job reports that all went well."""
    said = json.dumps({"size_bytes": 812_000_000_000, "duration_seconds": 1500}).encode()
    urllib.request.urlopen(
        urllib.request.Request(
            f"http://{listen_address(path)}/api/v1/heartbeats/{check}",
            data=said,
            headers={"Authorization": f"Bearer {TOKEN}"},
            method="POST",
        ),
        timeout=5,
    ).close()


@contextmanager
def running(folder: Path) -> Iterator[tuple[Path, Any]]:
    """The collector over it, once everything has been seen; its configuration and its process."""
    certificates, traps = make(folder), free_port(socket.SOCK_DGRAM)
    tls = free_port()
    with ExitStack() as stack:
        up = stack.enter_context(a_server()).getsockname()[1]
        stack.enter_context(showing(certificates.soon, tls))
        path = write(folder, up, tls, certificates.ca_file, traps)
        observe_before(path)
        process = stack.enter_context(collector(path))
        for job in ("copy", "copy-late", "restore"):
            report(path, f"{job}-beat")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(notification(LINK_DOWN), ("127.0.0.1", traps))
        wait_until(lambda: metric(path, "waakvlam_failover_deadline_timestamp_seconds", 'pair="old-pair"'), 60)
        wait_until(lambda: metric(path, "waakvlam_service_degraded", 'service="slow"') == 1, 60)
        wait_until(lambda: metric(path, "waakvlam_service_state", 'service="good"', 'state="up"') == 1, 60)
        wait_until(lambda: metric(path, "waakvlam_certificate_not_after_timestamp_seconds"), 60)
        yield path, process
