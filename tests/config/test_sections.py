"""Good values of every section, what holds without them, and what is made of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from availability.estate import Calendar, Slot
from config.problems import ConfigError
from config.reader import read
from config.settings import SecretRef, Settings
from tests.config.standins import PROBES, Http

Reads = Callable[..., Settings]
PING = {"id": "app-ping", "probe": "icmp", "host": "192.0.2.1"}
WINDOW = {"from": "07:00", "to": "23:00"}


@pytest.fixture
def reads(tmp_path: Path) -> Reads:
    """Read a file with these sections, written as JSON, which is YAML."""

    def reader(**sections: Any) -> Settings:
        path = tmp_path / "config.yaml"
        path.write_text(json.dumps({"version": 1, **sections}, indent=1))
        return read(path, PROBES)

    return reader


def with_check(reads: Reads, check: dict[str, Any], **sections: Any) -> Settings:
    return reads(components=[{"id": "app", "checks": [{**PING, **check}]}], **sections)


def test_what_holds_without_any_section(reads: Reads, tmp_path: Path) -> None:
    settings = reads()
    assert settings.store_url == f"sqlite:///{tmp_path}/waakvlam.db"
    assert settings.listen == ("127.0.0.1", 9770)
    assert settings.estate.timezone == "Europe/Amsterdam"
    assert list(settings.estate.vantages) == ["local"]
    assert settings.estate.calendar == Calendar()
    assert settings.recovery is None


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("[::1]:9770", ("::1", 9770)),
        ("localhost:0", ("localhost", 0)),
    ],
)
def test_listen(reads: Reads, text: str, listen: tuple[str, int]) -> None:
    assert reads(listen=text).listen == listen


def test_store(reads: Reads, tmp_path: Path) -> None:
    assert reads(store="sqlite:////var/lib/facts.db").store_url == "sqlite:////var/lib/facts.db"
    assert reads(store="sqlite:///data/facts.db").store_url == f"sqlite:///{tmp_path}/data/facts.db"
    for url in (
        "postgresql://collector@db.example:5433/facts?sslmode=verify-full",
        "postgresql://collector@one.example,two.example/facts?target_session_attrs=read-write",
        "postgresql://collector@/facts?host=/run/postgresql",
    ):
        assert reads(store=url).store_url == url


def test_facts_wait_on_disk_where_the_store_is_on_a_server(reads: Reads, tmp_path: Path) -> None:
    server = "postgresql://collector@db.example/facts"
    assert reads().spool is None
    assert reads(store=server).spool == tmp_path / "waakvlam-spool"
    assert reads(store=server, spool="/var/lib/waakvlam/spool").spool == Path("/var/lib/waakvlam/spool")
    assert reads(spool="aside").spool == tmp_path / "aside"


def test_ids_of_absent_sections_are_declared_by_their_use(reads: Reads) -> None:
    settings = reads(
        components=[{"id": "app", "site": "dc-venlo", "owner": "supplier-x", "checks": [PING]}],
        links=[{"id": "ring", "between": ["dc-venlo", "dc-weert"], "up_when": {"all": ["app"]}}],
        agreements=[{"id": "a", "norm": "98%", "window": WINDOW, "supplier": "supplier-y"}],
        services=[{"id": "s", "agreement": "a", "up_when": {"all": ["app"]}, "participants": ["weert"]}],
    )
    assert list(settings.organisations) == ["supplier-x", "supplier-y", "weert"]
    assert list(settings.sites) == ["dc-venlo", "dc-weert"]


def test_pace_without_defaults(reads: Reads) -> None:
    settings = with_check(reads, {})
    (check,) = settings.estate.parts["app"].checks
    assert (check.interval_ms, check.stale_after_ms, check.fall, check.rise) == (30_000, 90_000, 3, 2)
    spec = settings.checks["app-ping"]
    assert (spec.timeout_ms, spec.retry_interval_ms, spec.vantages) == (5_000, None, ("local",))


def test_what_is_inherited_gives_way_to_a_short_interval(reads: Reads) -> None:
    spec = with_check(reads, {"interval": "2s"}, defaults={"timeout": "10s", "retry_interval": "5s"}).checks["app-ping"]
    assert (spec.timeout_ms, spec.retry_interval_ms) == (2_000, None)


def test_stale_after_follows_the_interval(reads: Reads) -> None:
    (check,) = with_check(reads, {"interval": "2m"}).estate.parts["app"].checks
    assert check.stale_after_ms == 360_000


@pytest.mark.parametrize(
    ("days", "expected"),
    [("daily", range(7)), ("workdays", range(5)), ("weekend", (5, 6)), (["wed", "mon"], (0, 2))],
)
def test_days(reads: Reads, days: Any, expected: Any) -> None:
    settings = reads(agreements=[{"id": "a", "norm": "100%", "window": {**WINDOW, "days": days}}])
    assert settings.estate.agreements["a"].window.days == frozenset(expected)
    assert settings.estate.agreements["a"].norm == 1


def test_a_window_around_midnight_and_one_of_a_whole_day(reads: Reads) -> None:
    night, whole = reads(
        agreements=[
            {"id": "night", "norm": "99.95%", "window": {"from": "22:00", "to": "06:00"}},
            {"id": "whole", "norm": "99.95%", "window": {"from": "00:00", "to": "24:00"}},
        ]
    ).estate.agreements.values()
    assert night.window.slot == Slot(1320, 360)
    assert whole.window.slot == Slot(0, 1440)
    assert night.norm == Fraction(9995, 10000)


def test_a_service_may_build_on_a_service(reads: Reads) -> None:
    app = {"id": "app", "checks": [PING]}
    agreement = {"id": "a", "norm": "98%", "window": WINDOW}
    below = {"id": "below", "agreement": "a", "up_when": {"all": ["app"]}}
    above = {"id": "above", "agreement": "a", "up_when": {"any": [{"all": ["below", "app"]}, "app"]}}
    assert len(reads(components=[app], agreements=[agreement], services=[above, below]).estate.services) == 2


def test_paths_are_absolute_and_nothing_is_opened(reads: Reads, tmp_path: Path) -> None:
    check = {
        "id": "web", "probe": "http", "url": "https://app.example/", "ca_file": "no/such/ca.pem",
        "headers": {"X-Plain": "yes", "X-Key": {"file": "no/such/key"}, "X-Token": {"env": "NO_SUCH_TOKEN"}},
        "login": {"user": "probe", "password": {"env": "NO_SUCH_PASSWORD"}}, "verify": True,
    }  # fmt: skip
    options = reads(components=[{"id": "app", "checks": [check]}]).checks["web"].options
    assert isinstance(options, Http)
    assert options.ca_file == tmp_path / "no/such/ca.pem"
    assert options.headers == {
        "X-Plain": "yes",
        "X-Key": SecretRef(file=tmp_path / "no/such/key"),
        "X-Token": SecretRef(env="NO_SUCH_TOKEN"),
    }
    assert options.login is not None
    assert options.login.password == SecretRef(env="NO_SUCH_PASSWORD")
    assert options.verify is True


def test_recovery_of_office_hours_without_saying_so(reads: Reads) -> None:
    settings = reads(recovery={"priorities": {"1": {"recovery": "4h"}}})
    recovery = settings.recovery
    assert recovery is not None
    assert settings.estate.office_hours.slot == Slot(480, 1080)
    assert settings.estate.office_hours.holidays_excluded
    assert recovery.norm == Fraction(85, 100)


def test_the_digest_tells_files_apart(reads: Reads) -> None:
    assert reads().digest == reads().digest
    assert reads().digest != reads(timezone="UTC").digest


def test_a_byte_order_mark_and_line_ends_of_windows(tmp_path: Path) -> None:
    path = tmp_path / "windows.yaml"
    path.write_bytes(b"\xef\xbb\xbfversion: 1\r\ntimezone: UTC\r\n")
    assert read(path, PROBES).estate.timezone == "UTC"


def test_a_vantage_without_a_section_is_local(reads: Reads) -> None:
    assert with_check(reads, {"from": ["local"]}).checks["app-ping"].vantages == ("local",)
    with pytest.raises(ConfigError, match="there is only `local`"):
        with_check(reads, {"from": ["venlo"]})


@pytest.mark.parametrize(
    ("corrections", "required"),
    [({}, False), ({"corrections": {"approval": "none"}}, False), ({"corrections": {"approval": "required"}}, True)],
)
def test_an_agreement_may_ask_for_a_second_person(reads: Reads, corrections: dict[str, Any], required: bool) -> None:
    agreement = {"id": "standard", "norm": "98.0%", "window": WINDOW, **corrections}
    assert reads(agreements=[agreement]).estate.agreements["standard"].approval_required is required


def test_a_latency_that_is_degraded_is_no_part_of_what_is_judged(reads: Reads) -> None:
    softer, plain = with_check(reads, {"degraded_latency": "200ms"}), with_check(reads, {})
    assert (softer.checks["app-ping"].degraded_latency_ms, plain.checks["app-ping"].degraded_latency_ms) == (200, None)
    assert softer.estate == plain.estate
