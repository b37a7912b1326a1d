"""Writes the whole configuration of Alertmanager: who is told by day and by night, by which way, and what keeps silent.

Every receiver is the webhook of the collector, which knows who is on duty and sends to them (docs/oncall.md). What is
written here fits Alertmanager 0.25 and later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from config.oncall_settings import OnCall, Webhook
from config.settings import Settings
from config.types import span
from dashboards import alert_names as alerts
from dashboards.alert_names import CRITICAL, INFO, PRIORITY, SEVERITY, SITE, WARNING
from dashboards.alertmanager_hours import last_day, office_hours
from dashboards.alertmanager_inhibition import inhibitions
from dashboards.alertmanager_waiting import group_wait

ALERTS_PATH = "/api/v1/alerts"
HELP_DESK, ON_DUTY, ALL_LEVELS, NOBODY, WATCHDOG = "help-desk", "on-duty", "all-levels", "nobody", "watchdog"
OFFICE_HOURS = "office-hours"
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - an address that is read, not listened on
_FIRST_YEAR = "# The office hours are written for "
_REPEATED = "4h"
"""The collector takes what it has not heard of for a day as over; repeating does not page again."""


class AlertmanagerError(ValueError):
    """A configuration that Alertmanager's cannot be written from; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How it is written: the first year of the office hours, how long a first notification waits (None: as long as the
    configuration asks for), and whether a secret address may be a `url_file`, which Alertmanager knows from 0.26 on."""

    year: int
    group_wait_ms: int | None = None
    has_url_file: bool = False


def alertmanager(settings: Settings, wanted: Wanted) -> str:
    """The file as text. AlertmanagerError where the configuration lacks what it needs."""
    oncall = settings.oncall
    if oncall is None:
        raise AlertmanagerError("has no section `oncall`: there is nobody to tell")
    if oncall.webhook is None:
        raise AlertmanagerError("oncall.webhook is missing: it says how Alertmanager reaches the collector")
    waits = wanted.group_wait_ms or group_wait(settings)
    parts: dict[str, tuple[str, Any]] = {
        "global": ("", {"resolve_timeout": "5m"}),
        "route": (_ROUTES, _route(oncall, waits)),
        "time_intervals": (_HOURS, _time_intervals(settings, oncall, wanted.year)),
        "inhibit_rules": (_SILENCE, inhibitions(settings)),
        "receivers": (_RECEIVERS, _receivers(settings, oncall, oncall.webhook, wanted)),
    }
    return _header(wanted.year) + "".join(
        f"\n{comment}{_yaml({name: value})}" for name, (comment, value) in parts.items() if value
    )


def first_year(text: str) -> int | None:
    """The year from which the office hours of a file that was written here are; None of any other file."""
    for line in text.splitlines()[:20]:
        if line.startswith(_FIRST_YEAR):
            year = line.removeprefix(_FIRST_YEAR)[:4]
            return int(year) if year.isascii() and year.isdigit() else None
    return None


def _header(year: int) -> str:
    return (
        "# Written by `waakvlam alertmanager`: change the configuration of waakvlam instead, and write it again.\n"
        f"{_FIRST_YEAR}{year} to {year + 2}: after {last_day(year)} there are none, and whoever is\n"
        "# on duty is told at any hour. Write it again every year.\n"
    )


_ROUTES = """\
# A route that is not active in these hours takes an alert all the same, so the two for day and night both stand there.
"""
_HOURS = "# Working days without holidays, and special days, each with its own hours.\n"
_SILENCE = """\
# A cause pages once, and what follows from it does not. What wakes people is only silenced by what wakes people.
"""
_RECEIVERS = "# The collector knows who is on duty: all but the watchdog go to it.\n"


class _WrittenOut(yaml.SafeDumper):
    """YAML without anchors: whoever reads it sees what holds where it holds."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _yaml(value: object) -> str:
    return yaml.dump(value, Dumper=_WrittenOut, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)


def _route(oncall: OnCall, waits_ms: int) -> dict[str, Any]:
    """The tree: the watchdog, what wakes nobody, what all are told, then by day and by night."""
    return {
        "receiver": ON_DUTY,
        "group_by": ["alertname", SITE],
        "group_wait": span(waits_ms),
        "group_interval": "1m",
        "repeat_interval": _REPEATED,
        "routes": list(_routes(oncall)),
    }


def _routes(oncall: OnCall) -> Iterator[dict[str, Any]]:
    yield {
        "receiver": WATCHDOG if oncall.watchdog else NOBODY,
        "matchers": [f'alertname="{alerts.WATCHDOG}"'],
        "group_by": ["alertname"],
        "group_wait": "0s",
        "group_interval": "1m",
        "repeat_interval": "50s",
    }
    yield {"receiver": NOBODY, "matchers": [f'{SEVERITY}="{INFO}"']}
    yield {"receiver": ALL_LEVELS, "matchers": [f'{SEVERITY}="{CRITICAL}"', f'{PRIORITY}=~"1|2"']}
    by_day = HELP_DESK if oncall.help_desk else ON_DUTY
    if oncall.wakes == CRITICAL:
        yield {
            "receiver": by_day,
            "matchers": [f'{SEVERITY}="{WARNING}"'],
            "group_interval": "5m",
            "active_time_intervals": [OFFICE_HOURS],
        }
    if oncall.help_desk:
        yield {"receiver": HELP_DESK, "active_time_intervals": [OFFICE_HOURS], "continue": True}
        yield {"receiver": ON_DUTY, "mute_time_intervals": [OFFICE_HOURS]}


def _time_intervals(settings: Settings, oncall: OnCall, year: int) -> list[dict[str, Any]]:
    hours = office_hours(oncall.office_hours, oncall.timezone, settings.estate.calendar, year)
    return [{"name": OFFICE_HOURS, "time_intervals": hours}]


def _receivers(settings: Settings, oncall: OnCall, webhook: Webhook, wanted: Wanted) -> list[dict[str, Any]]:
    told: dict[str, Any] = {
        "send_resolved": True,
        "max_alerts": 0,
        "http_config": {"follow_redirects": False, **_authorization(_credentials(webhook))},
    }
    hooks = [{"url": address + ALERTS_PATH, **told} for address in _addresses(settings, webhook)]
    names = (ON_DUTY, ALL_LEVELS, *((HELP_DESK,) if oncall.help_desk else ()))
    receivers: list[dict[str, Any]] = [{"name": name, "webhook_configs": hooks} for name in names]
    receivers.append({"name": NOBODY})
    if oncall.watchdog is not None:
        receivers.append({"name": WATCHDOG, **_watchdog(oncall.watchdog.url, oncall.watchdog.credentials_file, wanted)})
    return receivers


def _watchdog(url: str | Path, credentials: Path | None, wanted: Wanted) -> dict[str, Any]:
    """Without a `url_file`, only the receiver for Slack reads its address from a file: what it sends is a POST too."""
    if isinstance(url, Path) and not wanted.has_url_file:
        return {"slack_configs": [{"api_url_file": str(url), "send_resolved": False, "text": "alive"}]}
    config: dict[str, Any] = {"url_file": str(url)} if isinstance(url, Path) else {"url": url}
    config["send_resolved"] = False
    if credentials is not None:
        config["http_config"] = _authorization(credentials)
    return {"webhook_configs": [config]}


def _authorization(credentials: Path) -> dict[str, Any]:
    return {"authorization": {"type": "Bearer", "credentials_file": str(credentials)}}


def _credentials(webhook: Webhook) -> Path:
    path = webhook.credentials_file or webhook.token.file
    if path is None:
        raise AlertmanagerError(
            "oncall.webhook.credentials_file is missing: Alertmanager reads the token from a file only, and "
            "oncall.webhook.token is none"
        )
    return path


def _addresses(settings: Settings, webhook: Webhook) -> list[str]:
    """Of the collector, and of the other centres: each is told, and whoever of them leads pages."""
    return [_address(settings, webhook), *(other.rstrip("/") for other in webhook.others)]


def _address(settings: Settings, webhook: Webhook) -> str:
    if webhook.url is not None:
        return webhook.url.rstrip("/")
    host, port = settings.listen
    if port == 0:
        raise AlertmanagerError("oncall.webhook.url is missing: the collector listens on a free port")
    host = "127.0.0.1" if host in _EVERYWHERE else host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
