"""What Prometheus itself makes of it: promtool reads the page, and a real server scrapes it without a warning."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from exporters.http_face import serve
from exporters.prometheus import Exposition, process_registry
from tests.ports import free_port


def program(name: str) -> str:
    """The program, or a skip that says what is missing; where everything must be tested that is a failure."""
    found = shutil.which(name)
    if found is None:
        text = f"{name} is not installed: apt-get install prometheus"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    return found


def test_promtool_is_content(source: Any) -> None:
    page = Exposition(source, process_registry()).page()
    checked = subprocess.run([program("promtool"), "check", "metrics"], input=page, capture_output=True, timeout=30)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


async def query(session: aiohttp.ClientSession, base: str, expression: str) -> list[Any]:
    async with session.get(f"{base}/api/v1/query", params={"query": expression}) as response:
        result = (await response.json())["data"]["result"]
        assert isinstance(result, list)
        return result


async def until_scraped(session: aiohttp.ClientSession, base: str) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                if await query(session, base, "count_over_time(up[1m]) >= 3"):
                    return
            except aiohttp.ClientError:
                pass  # it is still starting
            await asyncio.sleep(0.2)


async def test_a_real_prometheus_scrapes_it_without_a_warning(source: Any, tmp_path: Path) -> None:
    prometheus = program("prometheus")
    port = free_port()
    async with serve(source, "127.0.0.1", 0) as (host, face):
        config = tmp_path / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
            f'scrape_configs: [{{job_name: waakvlam, static_configs: [{{targets: ["{host}:{face}"]}}]}}]\n'
        )
        log = tmp_path / "log"
        with log.open("wb") as out:
            server = await asyncio.create_subprocess_exec(
                prometheus,
                f"--config.file={config}",
                f"--storage.tsdb.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                stdout=out,
                stderr=out,
            )
        try:
            base = f"http://127.0.0.1:{port}"
            async with aiohttp.ClientSession() as session:
                await until_scraped(session, base)
                (up,) = await query(session, base, 'up{job="waakvlam"}')
                assert up["value"][1] == "1"
                states = await query(session, base, 'waakvlam_component_state{state="down"} == 1')
                assert [state["metric"]["id"] for state in states] == ["brp-venlo"]
                (ratio,) = await query(
                    session, base, 'waakvlam_service_availability_ratio{service="brp",period="current"}'
                )
                assert float(ratio["value"][1]) == float(source.standing_.current[0].judged.figures.availability)
                (late,) = await query(
                    session, base, "histogram_quantile(0.5, waakvlam_schedule_lateness_seconds_bucket)"
                )
                assert 0.001 < float(late["value"][1]) < 0.05
            said = log.read_text()
        finally:
            server.kill()  # its data is thrown away
            await server.wait()
    bad = [line for line in said.splitlines() if "level=warn" in line or "level=error" in line]
    assert bad == []
