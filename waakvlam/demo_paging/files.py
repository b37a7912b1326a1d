"""The files of the demo: the estate with who is on call now, and what Prometheus and Alertmanager are started with."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import yaml

from waakvlam.demo.estate import write_config

Now = Literal["night", "day"]

ACKNOWLEDGE_S = 8
EVERY_S = 1
GROUP_WAIT_S = 2
DEADMAN_S = 10
"""The shortest that the configuration permits."""
_ABOUT_THE_COLLECTOR = "waakvlam-collector.yml"
"""Its rules keep their waits: a collector that is started again is no disturbance."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TOKEN = "the-token-of-the-demo"
_SECRET = "what-the-links-of-the-demo-are-signed-with"
_DURATION = re.compile(r"([0-9]+)(ms|s|m|h|d)")
_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each part of the chain listens."""

    mail: int
    outside: int
    prometheus: int
    alertmanager: int


def write_estate(folder: Path, addresses: Mapping[str, tuple[str, int]], ports: Ports, now: Now, since: int) -> Path:
    """The estate of the demo with an `oncall` section by which it is night, or day, at this moment; its path."""
    path = write_config(folder, addresses, since, None)
    (folder / "smtp").write_text(f"smtp://127.0.0.1:{ports.mail}/?from=waakvlam@gemeente.example\n", encoding="utf-8")
    (folder / "token").write_text(_TOKEN, encoding="utf-8")
    (folder / "links").write_text(_SECRET, encoding="utf-8")
    (folder / "outside").write_text(f"http://127.0.0.1:{ports.outside}/deadman", encoding="utf-8")
    estate = path.read_text(encoding="utf-8")
    section = {"oncall": _oncall(ports, now), "deadman": {"url": {"file": "outside"}, "every": f"{DEADMAN_S}s"}}
    path.write_text(estate + yaml.safe_dump(section, sort_keys=False), encoding="utf-8")
    return path


def write_prometheus(folder: Path, estate: Path, ports: Ports) -> Path:
    """Prometheus with the rules that follow from `estate`; its configuration."""
    generate(folder, "rules", "--config", estate.name, "--output", "rules")
    for file in (folder / "rules").glob("*.yml"):
        if file.name != _ABOUT_THE_COLLECTOR:
            hasten_rules(file)
    listen = yaml.safe_load(estate.read_text(encoding="utf-8"))["listen"]
    path = folder / "prometheus.yml"
    scrape = {"job_name": "waakvlam", "static_configs": [{"targets": [listen]}]}
    managers = [{"static_configs": [{"targets": [f"127.0.0.1:{ports.alertmanager}"]}]}]
    content = {
        "global": {"scrape_interval": f"{EVERY_S}s", "evaluation_interval": f"{EVERY_S}s"},
        "rule_files": ["rules/*.yml"],
        "alerting": {"alertmanagers": managers},
        "scrape_configs": [scrape],
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def write_alertmanager(folder: Path, estate: Path) -> Path:
    """Alertmanager's configuration as it follows from `estate`, with shorter waits."""
    generate(folder, "alertmanager", "--config", estate.name, "--output", "alertmanager.yml")
    path = folder / "alertmanager.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    _hasten_route(content["route"])
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def generate_json(folder: Path, *words: str) -> str:
    """What a command of waakvlam says to programs."""
    return generate(folder, *words, "--format", "json")


def generate(folder: Path, *words: str) -> str:
    """Run a command of waakvlam as a user does; what it says."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "waakvlam", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode:
        raise RuntimeError(f"waakvlam {words[0]} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def hasten_rules(file: Path) -> None:
    """Let the groups of a rule file be looked at every second, and wait for nothing longer than that."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    for group in content["groups"]:
        group["interval"] = f"{EVERY_S}s"
        for rule in group["rules"]:
            for key in ("for", "keep_firing_for"):
                if key in rule:
                    rule[key] = shortest(rule[key], EVERY_S)
    file.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def shortest(text: str, most_s: float) -> str:
    """A duration of Prometheus, or `most_s` where it is longer."""
    seconds = sum(int(number) * _UNITS_S[unit] for number, unit in _DURATION.findall(text))
    return text if seconds <= most_s else f"{most_s:g}s"


def _hasten_route(route: dict[str, Any]) -> None:
    for key in ("group_wait", "group_interval"):
        if key in route:
            route[key] = shortest(route[key], GROUP_WAIT_S)
    for child in route.get("routes", ()):
        _hasten_route(child)


def _oncall(ports: Ports, now: Now) -> dict[str, object]:
    people = [("anna", "Anna"), ("bram", "Bram"), ("carla", "Carla"), ("servicedesk", "Servicedesk")]
    return {
        "people": [{"id": id_, "name": name, "email": f"{id_}@gemeente.example"} for id_, name in people],
        "levels": {1: ["anna"], 2: ["bram"], 3: ["carla"]},
        "help_desk": ["servicedesk"],
        "office_hours": office_hours(now),
        "acknowledge_within": f"{ACKNOWLEDGE_S}s",
        "mail": {"url": {"file": "smtp"}},
        "webhook": {"token": {"file": "token"}},
        "links": {"url": "https://waakvlam.gemeente.example", "secret": {"file": "links"}},
        "watchdog": {"url": f"http://127.0.0.1:{ports.outside}/watchdog"},
    }


def office_hours(now: Now) -> dict[str, object]:
    """A window that this moment lies in, or one that it does not, whatever the time is."""
    if now == "day":
        return {"days": "daily", "from": "00:00", "to": "24:00"}
    far = datetime.now(ZoneInfo("Europe/Amsterdam")) + timedelta(days=3)
    return {"days": [_DAYS[far.weekday()]], "from": "09:00", "to": "17:00"}
