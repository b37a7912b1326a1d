"""Alertmanager's configuration is one that Alertmanager takes, and it tells whom it should."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from collector.probes import OPTIONS
from config.oncall_settings import OnCall, Watchdog, Webhook
from config.reader import read
from config.settings import SecretRef, Settings
from dashboards.alertmanager import AlertmanagerError, Wanted, alertmanager, first_year
from dashboards.alertmanager_waiting import EVALUATED_MS, LONGEST_MS, group_wait

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config/examples/ict-nml.yaml"
COMMITTED = ROOT / "dashboards/alertmanager/ict-nml.yml"
TOKEN = SecretRef(file=Path("/etc/waakvlam/alertmanager.token"))


@pytest.fixture(scope="module")
def example() -> Settings:
    return read(EXAMPLE, OPTIONS)


def amtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run amtool; skip where it is missing, unless everything must be tested."""
    program = shutil.which("amtool")
    if program is None:
        text = "amtool is not installed: apt-get install prometheus-alertmanager"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)


def changed(settings: Settings, **changes: Any) -> Settings:
    assert settings.oncall is not None
    return replace(settings, oncall=replace(settings.oncall, **changes))


def oncall_of(settings: Settings) -> OnCall:
    assert settings.oncall is not None
    return settings.oncall


def test_the_committed_file_is_what_would_be_written(example: Settings) -> None:
    """`make dashboards` writes it."""
    assert COMMITTED.read_text(encoding="utf-8") == alertmanager(example, Wanted(2026))


VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "as it is": {},
    "without a help desk": {"help_desk": ()},
    "without a watchdog": {"watchdog": None},
    "with warnings at night": {"wakes": "warning"},
    "with a watchdog that asks for a token": {"watchdog": Watchdog("https://elsewhere.example/alive", Path("/etc/t"))},
    "with a path that YAML must quote": {"webhook": Webhook(TOKEN, None, Path("/etc/a: #\"'{}é/token"))},
}


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_alertmanager_takes_it(example: Settings, tmp_path: Path, changes: Mapping[str, Any]) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(alertmanager(changed(example, **changes), Wanted(2026)), encoding="utf-8")
    done = amtool("check-config", str(path))
    assert done.returncode == 0, done.stdout + done.stderr


ROUTES = {
    "priority 1, at any hour": ("severity=critical priority=1", "all-levels"),
    "priority 2, at any hour": ("severity=critical priority=2", "all-levels"),
    "critical for fewer": ("severity=critical priority=3", "help-desk,on-duty"),
    "a warning, whatever its priority": ("severity=warning priority=1", "help-desk"),
    "for the record": ("severity=info priority=4", "nobody"),
    "the watchdog": ("alertname=WaakvlamWatchdog severity=info priority=4", "watchdog"),
    "the collector itself": ("alertname=WaakvlamCollectorGone severity=critical priority=2", "all-levels"),
    "what another's rules say": ("alertname=Other", "help-desk,on-duty"),
    "a severity that nobody knows": ("severity=page priority=1", "help-desk,on-duty"),
}


@pytest.mark.parametrize(("labels", "told"), ROUTES.values(), ids=ROUTES)
def test_who_gets_what(labels: str, told: str) -> None:
    done = amtool("config", "routes", "test", "--config.file", str(COMMITTED), *labels.split())
    assert done.stdout.strip() == told, done.stderr


def routes(settings: Settings) -> list[dict[str, Any]]:
    whole = yaml.safe_load(alertmanager(settings, Wanted(2026)))
    found: list[dict[str, Any]] = whole["route"]["routes"]
    return found


def test_day_and_night_stand_beside_each_other(example: Settings) -> None:
    """An inactive route takes the alert all the same, so the first goes on to the second."""
    day, night = routes(example)[-2:]
    assert day == {"receiver": "help-desk", "active_time_intervals": ["office-hours"], "continue": True}
    assert night == {"receiver": "on-duty", "mute_time_intervals": ["office-hours"]}


def test_without_a_help_desk_whoever_is_on_duty_is_told_at_any_hour(example: Settings) -> None:
    found = routes(changed(example, help_desk=()))
    assert "help-desk" not in {route["receiver"] for route in found}
    assert [route["receiver"] for route in found if "active_time_intervals" in route] == ["on-duty"]


def test_warnings_wait_for_office_hours_unless_they_wake(example: Settings) -> None:
    def waiting(settings: Settings) -> int:
        return sum('severity="warning"' in route.get("matchers", ()) for route in routes(settings))

    assert (waiting(example), waiting(changed(example, wakes="warning"))) == (1, 0)


def test_no_secret_is_in_it(example: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMS_NOOR", "MAIL_URL", "LINK_SECRET"):
        monkeypatch.setenv(name, "hunter2")
    text = alertmanager(example, Wanted(2026))
    assert "hunter2" not in text
    assert "credentials_file: /etc/waakvlam/alertmanager.token" in text


def test_a_secret_address_of_the_watchdog_stays_in_its_file(example: Settings) -> None:
    def watchdog(wanted: Wanted) -> dict[str, Any]:
        receivers = yaml.safe_load(alertmanager(example, wanted))["receivers"]
        return next(dict(one) for one in receivers if one["name"] == "watchdog")

    assert watchdog(Wanted(2026))["slack_configs"][0]["api_url_file"] == "/etc/alertmanager/watchdog.url"
    assert (
        watchdog(Wanted(2026, has_url_file=True))["webhook_configs"][0]["url_file"] == "/etc/alertmanager/watchdog.url"
    )


ADDRESSES = {
    "every address": (("0.0.0.0", 9770), "http://127.0.0.1:9770/api/v1/alerts"),
    "every address of IPv6": (("::", 9770), "http://127.0.0.1:9770/api/v1/alerts"),
    "one of IPv6": (("2001:db8::1", 9770), "http://[2001:db8::1]:9770/api/v1/alerts"),
    "a name": (("waakvlam.example", 80), "http://waakvlam.example:80/api/v1/alerts"),
}


@pytest.mark.parametrize(("listen", "url"), ADDRESSES.values(), ids=ADDRESSES)
def test_where_the_collector_is(example: Settings, listen: tuple[str, int], url: str) -> None:
    receivers = yaml.safe_load(alertmanager(replace(example, listen=listen), Wanted(2026)))["receivers"]
    assert {hook["url"] for one in receivers for hook in one.get("webhook_configs", ())} == {url}


def test_other_centres_are_told_as_well(example: Settings) -> None:
    assert example.oncall is not None and example.oncall.webhook is not None
    webhook = replace(example.oncall.webhook, url="http://roermond:9770", others=("http://venlo:9770/",))
    receivers = yaml.safe_load(alertmanager(changed(example, webhook=webhook), Wanted(2026)))["receivers"]
    told = [[hook["url"] for hook in one["webhook_configs"]] for one in receivers if one["name"] == "on-duty"]
    assert told == [["http://roermond:9770/api/v1/alerts", "http://venlo:9770/api/v1/alerts"]]


def test_what_is_missing_is_said(example: Settings) -> None:
    refused = {
        "has no section `oncall`": replace(example, oncall=None),
        "oncall.webhook is missing": changed(example, webhook=None),
        "oncall.webhook.credentials_file is missing": changed(example, webhook=Webhook(SecretRef(env="TOKEN"))),
        "oncall.webhook.url is missing": replace(example, listen=("127.0.0.1", 0)),
    }
    for said, settings in refused.items():
        with pytest.raises(AlertmanagerError, match=said):
            alertmanager(settings, Wanted(2026))


def test_the_first_year_is_read_back(example: Settings) -> None:
    assert first_year(alertmanager(example, Wanted(2027))) == 2027
    assert first_year("route: {receiver: mine}\n") is None


def test_a_first_notification_waits_for_the_cause(example: Settings) -> None:
    """The ring is found within 95 s, what is behind it within 60 s at the soonest."""
    assert group_wait(example) == 95_000 - 60_000 + EVALUATED_MS
    slow = {name: replace(spec, interval_ms=600_000) for name, spec in example.checks.items() if spec.part == "ring"}
    assert group_wait(replace(example, checks={**example.checks, **slow})) == LONGEST_MS
