"""The demo as a whole: its servers' process, its lines in a pipe, its end, and what it leaves behind."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

import pytest
from rich.console import Console

from availability.report import Report
from waakvlam.demo.collector_port import MakeCollector
from waakvlam.demo.estate_client import EstateClient, EstateError
from waakvlam.demo.run import run_demo


def gone(pid: int) -> bool:
    """Whether the process has ended (a zombie has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until_gone(pid: int, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return gone(pid)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def kill_our_servers() -> None:
    """As if the process of the servers had crashed."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if parent == str(os.getpid()) and b"estate_process" in (folder / "cmdline").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            continue


async def test_the_servers_obey_and_end_when_told(tmp_path: Path) -> None:
    estate = EstateClient(tmp_path)
    await estate.start()
    try:
        assert (tmp_path / "ca.pem").read_text().startswith("-----BEGIN CERTIFICATE-----")
        assert names(tmp_path) == ["ca.pem"], "no key is left lying about"
        host, port = estate.addresses["ring"]
        await estate.set_mode("stopped", ["ring"])
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(host, port)
        await estate.set_mode("serving", ["ring"])
        reader, writer = await asyncio.open_connection(host, port)
        assert await reader.readline() == b"line up\r\n"
        writer.close()
        with pytest.raises(EstateError, match="no such server: 'rnig'"):
            await estate.set_mode("stopped", ["rnig"])
        with pytest.raises(EstateError, match="is no command"):
            await estate.move("brp-function", "ring")
    finally:
        await estate.stop()
    assert gone(estate.pid)
    with pytest.raises(EstateError, match="are gone"):
        await estate.set_mode("stopped", ["ring"])


async def test_the_servers_end_with_their_parent_however_it_ends(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib, sys\n"
        "from waakvlam.demo.estate_client import EstateClient\n"
        "async def main():\n"
        "    estate = EstateClient(pathlib.Path(sys.argv[1]))\n"
        "    await estate.start()\n"
        "    print(estate.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout
    servers = int(await parent.stdout.readline())
    assert not gone(servers)
    parent.kill()
    await parent.wait()
    assert await asyncio.to_thread(wait_until_gone, servers)


class Run:
    """One demo with its output in a pipe."""

    def __init__(self, make_collector: MakeCollector) -> None:
        self.text = io.StringIO()
        self.reports: list[Report] = []
        self._make_collector = make_collector

    async def go(self, duration: float | None, folder: Path | None) -> int:
        console = Console(file=self.text, width=160)
        return await run_demo(
            duration, folder, console, self._make_collector, lambda report, _: self.reports.append(report)
        )


async def test_a_fault_is_played_seen_and_reported(make_collector: MakeCollector, tmp_path: Path) -> None:
    run = Run(make_collector)
    assert await run.go(9.0, tmp_path / "new") == 0
    text = run.text.getvalue()
    assert re.search(r"^\d\d:\d\d:\d\d note: 21 servers on ", text, re.M)
    assert re.search(r"^\d\d:\d\d:\d\d note: (ICMP is|sending ICMP is not) permitted", text, re.M)
    assert re.search(r"^\d\d:\d\d:\d\d servers: BRP in Roermond dies", text, re.M)
    assert re.search(r"^\d\d:\d\d:\d\d seen: .*brp-roermond.* down \(refused", text, re.M)
    assert "brp-venlo-certificate, watched but not judged: tls_expires_soon" in text
    assert "\x1b" not in text
    (report,) = run.reports
    brp = next(service for service in report.services if service.id == "brp")
    assert brp.judged.figures.down_ms > 0
    assert brp.outages[0].causes == ("brp-function",)
    assert (tmp_path / "new" / "demo.yaml").exists()
    assert await run.go(9.0, tmp_path / "new") == 2
    assert "demo.yaml exists already: give a folder that is new or empty" in run.text.getvalue()


async def test_ctrl_c_ends_with_the_report(
    make_collector: MakeCollector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run = Run(make_collector)
    asyncio.get_running_loop().call_later(4.0, os.kill, os.getpid(), signal.SIGINT)
    begin = time.monotonic()
    assert await run.go(None, None) == 0
    assert time.monotonic() - begin < 10
    assert len(run.reports) == 1
    assert names(tmp_path) == [], "nothing is left behind"


async def test_servers_that_are_gone_end_the_demo_with_what_was_seen(make_collector: MakeCollector) -> None:
    run = Run(make_collector)
    asyncio.get_running_loop().call_later(3.0, kill_our_servers)
    assert await run.go(20.0, None) == 1
    assert len(run.reports) == 1
    assert "The demo ends: the demo's servers are gone: their process has ended." in run.text.getvalue()


async def test_a_terminal_gets_a_picture(make_collector: MakeCollector) -> None:
    run = Run(make_collector)
    console = Console(file=run.text, width=100, height=40, force_terminal=True)
    assert await run_demo(3.0, None, console, make_collector, lambda report, _: run.reports.append(report)) == 0
    text = run.text.getvalue()
    assert "\x1b[?1049h" in text, "on a screen of its own"
    assert "\x1b[?1049l" in text, "which is left again"
    assert "MONTH SO FAR" in text
