"""Questions about pages, signs of life, licences and agents, asked of a real Prometheus that scrapes the exporter."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from dashboards.wrong import WRONG, what_is_wrong
from exporters.http_face import serve
from tests.dashboards.grafana_files import PROMETHEUS, questions
from tests.dashboards.test_against_prometheus import TOLD_ELSEWHERE, Asking, asked_of, meant, scrapes
from tests.exporters.conftest import make_source
from tests.exporters.test_real_prometheus import program
from tests.ports import free_port
from tests.waakvlam.commands import wait_until


def ask_everything(asking: Asking) -> None:
    wait_until(lambda: scrapes(asking) >= 3, 60)
    nothing = []
    told: set[str] = set()
    for path in PROMETHEUS:
        for asked in questions(path):
            if not TOLD_ELSEWHERE.search(asked.expr) or asked.title == "What is wrong":
                continue
            found = asked_of(asking, asked)
            told.add(asked.title)
            if not found:
                nothing.append(str(asked))
            letter = next(one["refId"] for one in asked.panel["targets"] if one["expr"] == asked.expr)
            words = meant(asked.panel, letter)
            if words is not None:
                assert {series["value"][1] for series in found} <= words, str(asked)
    assert not nothing, "\n".join(nothing)
    assert {"Agents at other vantages", "Licences", "Deliveries by channel", "Signs of life"} <= told
    wrong = {WRONG[series["value"][1]].text for series in asking.now(what_is_wrong())}
    assert "▼ schedule does not keep its pace" in wrong


async def test_every_question_returns_data(tmp_path: Path) -> None:
    source: Any = make_source()
    port = free_port()
    async with serve(source, "127.0.0.1", 0) as (host, face):
        config = tmp_path / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
            f'scrape_configs: [{{job_name: waakvlam, static_configs: [{{targets: ["{host}:{face}"]}}]}}]\n'
        )
        with (tmp_path / "log").open("wb") as said:
            server = await asyncio.create_subprocess_exec(
                program("prometheus"),
                f"--config.file={config}",
                f"--storage.tsdb.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                stdout=said,
                stderr=said,
            )
            try:
                asking = Asking(f"http://127.0.0.1:{port}", f"http://{host}:{face}", None, icmp=False)
                await asyncio.to_thread(ask_everything, asking)
            finally:
                server.kill()  # its data is thrown away
                await server.wait()
