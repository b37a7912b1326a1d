"""What a running collector tells on /metrics for alerts: hours, excuses, what is due, and which rules fit."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from availability.estate import Maintenance
from availability.heartbeats import HeartbeatReport
from collector.probes import OPTIONS
from collector.store import open_store
from config.reader import read
from dashboards.rules import Wanted, one_file
from exporters.prometheus import Exposition
from tests.ports import free_port
from tests.waakvlam.commands import write_estate
from waakvlam.collecting import Collecting

DAY = 86_400
ESTATE: dict[str, object] = {
    "heartbeats": {"token": {"env": "TOKEN_OF_JOBS"}},
    "components": [
        {"id": "app", "checks": [{"id": "app-tcp", "probe": "tcp", "host": "127.0.0.1", "port": 1}]},
        {"id": "spare", "checks": [{"id": "spare-tcp", "probe": "tcp", "host": "127.0.0.1", "port": 1}]},
        {"id": "backup", "checks": [{"id": "daily", "probe": "heartbeat", "within": "26h", "grace": "2h"}]},
    ],
    "failover_pairs": [
        {"id": "pair", "primary": "app", "standby": "spare", "within": "4h", "test_every": "366d"},
        {"id": "untested", "primary": "spare", "standby": "app", "within": "1h"},
    ],
}


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Collecting]:
    settings = read(write_estate(folder, free_port(), **ESTATE), OPTIONS)
    now = time.time_ns() // 1_000_000
    work = Maintenance("work", "planned", ("app",), start_ms=now - 1000, end_ms=now + 600_000)
    agreements = {id_: replace(one, excluded=frozenset({"planned"})) for id_, one in settings.estate.agreements.items()}
    estate = replace(settings.estate, maintenance=(work,), agreements=agreements)
    store = open_store(f"sqlite:///{folder / 'facts.db'}", create=True)
    store.report([HeartbeatReport("daily", 1_000_000, True, 1_000_000, "local")])
    collecting = Collecting(replace(settings, estate=estate), "local", store)
    task = asyncio.create_task(collecting.run())
    try:
        yield collecting
    finally:
        collecting.stop()
        await task
        store.close()


def value(page: str, series: str) -> float | None:
    found = re.search(rf"^{re.escape(series)} (\S+)$", page, re.MULTILINE)
    return float(found[1]) if found else None


async def test_a_collector_tells_what_alerts_need(tmp_path: Path) -> None:
    started = time.time()
    down = 'waakvlam_service_state{agreement="norm",service="brp",state="down"}'
    async with running(tmp_path) as collecting:
        exposition = Exposition(collecting.source)
        async with asyncio.timeout(20):
            while True:
                page = exposition.page().decode()
                if value(page, down) == 1 and "heartbeat_due" in page:
                    break
                await asyncio.sleep(0.05)
        assert value(page, 'waakvlam_service_in_window{agreement="norm",service="brp"}') == 1
        assert value(page, 'waakvlam_service_excused{agreement="norm",service="brp"}') == 1
        assert value(page, 'waakvlam_failover_within_seconds{pair="pair"}') == 4 * 3600
        due = value(page, 'waakvlam_failover_test_due_timestamp_seconds{pair="pair"}')
        assert due is not None
        assert started - 1 <= due <= time.time(), "never tested: due when its facts began"
        assert value(page, 'waakvlam_failover_test_due_timestamp_seconds{pair="untested"}') is None
        job = '{check="daily",part="backup",probe="heartbeat",vantage="local"}'
        assert value(page, f"waakvlam_heartbeat_due_timestamp_seconds{job}") == 1000 + 26 * 3600
        assert value(page, f"waakvlam_heartbeat_missing_timestamp_seconds{job}") == 1000 + 28 * 3600


async def test_a_reload_tells_which_rules_fit_from_then_on(tmp_path: Path) -> None:
    async with running(tmp_path) as collecting:
        settings = collecting.settings
        parts = {id_: replace(part, name="Zaaksysteem") for id_, part in settings.estate.parts.items()}
        renamed = replace(settings, estate=replace(settings.estate, parts=parts))
        for each in (settings, renamed):
            collecting.reload(each)
            told = value(Exposition(collecting.source).page().decode(), "waakvlam_estate_fingerprint")
            assert told is not None
            assert f"!= {int(told)}\n" in one_file(each, Wanted())
            assert f"!= {int(told)}\n" not in one_file(renamed if each is settings else settings, Wanted())
