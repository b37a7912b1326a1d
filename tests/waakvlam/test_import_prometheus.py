"""`waakvlam import prometheus` as it is typed, against a real Prometheus and against one that misbehaves."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import pytest
import yaml
from aiohttp import web

from collector.store import open_store
from tests.collector.test_prometheus import HOUR, T0, Fake, every, one_series, serving
from tests.ports import free_port
from tests.waakvlam.commands import COMMAND, waakvlam, wait_until, write_estate

FROM, TO = "2026-10-01T08:00:00+02:00", "2026-10-01T14:00:00+02:00"
BASIC = ("--query", "probe_success", "--check-label", "check", "--from", FROM, "--to", TO, "-c", "estate.yaml")
DUMPED = re.compile(r'\{__name__="(\w+)", check="([\w-]+)".*\} (\S+) (\d+)')


def program(name: str, package: str) -> str:
    """The program, or a skip that says what is missing; where everything must be tested that is a failure."""
    found = shutil.which(name)
    if found is None:
        text = f"{name} is not installed: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    return found


@contextmanager
def running(*command: str, ready: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server, once it answers at `ready`; it is ended with the block."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(ready) or process.poll() is not None, 30)
        assert process.poll() is None
        yield process
    finally:
        process.terminate()
        process.wait(20)


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as response:
            return int(response.status) == 200
    except (URLError, OSError):
        return False


@contextmanager
def a_website(port: int) -> Iterator[None]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Rig:
    """A Prometheus that scrapes a blackbox_exporter that looks at a website, every second."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site, self.blackbox, self.port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        job = {
            "job_name": "blackbox",
            "metrics_path": "/probe",
            "params": {"module": ["http"], "target": [f"http://127.0.0.1:{self.site}/"]},
            "static_configs": [{"targets": [f"127.0.0.1:{self.blackbox}"], "labels": {"check": "app-tcp"}}],
        }
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "900ms"}, "scrape_configs": [job]}
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        (folder / "blackbox.yml").write_text("modules: {http: {prober: http, timeout: 500ms}}\n")

    def start_prometheus(self) -> AbstractContextManager[object]:
        return running(
            program("prometheus", "prometheus"),
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            ready=f"{self.url}/-/ready",
        )

    def start_blackbox(self) -> AbstractContextManager[object]:
        return running(
            program("prometheus-blackbox-exporter", "prometheus-blackbox-exporter"),
            f"--config.file={self.folder / 'blackbox.yml'}",
            f"--web.listen-address=127.0.0.1:{self.blackbox}",
            ready=f"http://127.0.0.1:{self.blackbox}/-/healthy",
        )

    def dumped(self) -> dict[str, list[tuple[int, float]]]:
        """The samples by metric as promtool finds them on the disk, when Prometheus has stopped."""
        dump = subprocess.run(
            [program("promtool", "prometheus"), "tsdb", "dump", str(self.folder / "data")],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        samples: dict[str, list[tuple[int, float]]] = {}
        for name, _, value, at in DUMPED.findall(dump.stdout):
            if value != "NaN":  # it marks where a series ended
                samples.setdefault(name, []).append((int(at), float(value)))
        return samples


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def as_csv(samples: dict[str, list[tuple[int, float]]]) -> str:
    durations = dict(samples["probe_duration_seconds"])
    lines = ["at,check,ok,latency_ms"]
    for at, value in samples["probe_success"]:
        ok = "true" if value == 1 else "false"
        lines.append(f"{at // 1000}.{at % 1000:03},app-tcp,{ok},{durations[at] * 1000!r}")
    return "\n".join(lines) + "\n"


def report(folder: Path, period: str, as_of: str) -> dict[str, object]:
    done = waakvlam(folder, "report", "-c", "estate.yaml", "--period", period, "--format", "json", "--as-of", as_of)
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(done.stdout))


def facts_in(folder: Path) -> tuple[object, object]:
    store = open_store(f"sqlite:///{folder / 'facts.db'}", create=False)
    try:
        return store.rows(), store.latencies("app-tcp", [(0, 1 << 50)])
    finally:
        store.close()


def test_a_report_from_prometheus_equals_that_of_the_same_outcomes_as_csv(tmp_path: Path) -> None:
    """A website that goes down and comes back, and a while in which the exporter does not look."""
    pace = {"interval": "1s", "timeout": "500ms", "fall": 2, "rise": 2, "stale_after": "2500ms"}
    folders = {name: tmp_path / name for name in ("scraped", "typed", "rig")}
    for folder in folders.values():
        folder.mkdir()
        write_estate(folder, 9, defaults=pace)
    rig = Rig(folders["rig"])
    latency = ("--latency-query", 'probe_duration_seconds{job="blackbox"}')
    query = ("--query", 'probe_success{job="blackbox"}', "--check-label", "check", *latency, "-c", "estate.yaml")
    begin = now()
    with rig.start_prometheus():
        with rig.start_blackbox():
            with a_website(rig.site):
                time.sleep(6)
            time.sleep(6)
            with a_website(rig.site):
                time.sleep(5)
        time.sleep(5)
        with rig.start_blackbox(), a_website(rig.site):
            time.sleep(4)
            end = now()
            time.sleep(2)
        command = ("import", "prometheus", rig.url, *query, "--from", begin, "--to", end)
        first = waakvlam(folders["scraped"], *command)
        again = waakvlam(folders["scraped"], *command)
    assert (first.returncode, first.stderr) == (0, "")
    cut = round(datetime.fromisoformat(end).timestamp() * 1000)
    samples = {name: [one for one in all_ if one[0] < cut] for name, all_ in rig.dumped().items()}
    count = len(samples["probe_success"])
    assert first.stdout.startswith(f"{count} samples as scraped, {count} with a latency: {count} new, 0 already known")
    assert f"0 new, {count} already known, 0 in conflict" in again.stdout

    (folders["typed"] / "same.csv").write_text(as_csv(samples))
    assert waakvlam(folders["typed"], "import", "observations", "same.csv", "-c", "estate.yaml").returncode == 0
    assert facts_in(folders["scraped"]) == facts_in(folders["typed"])
    as_of = now()
    # Where the month turns within the test, the one of the outage is compared.
    down = next(at for at, value in samples["probe_success"] if value == 0)
    period = datetime.fromtimestamp(down / 1000, ZoneInfo("Europe/Amsterdam")).strftime("%Y-%m")
    scraped = report(folders["scraped"], period, as_of)
    assert scraped == report(folders["typed"], period, as_of)
    service = scraped["services"][0]  # type: ignore[index]  # parsed JSON
    assert 3 < service["down_seconds"] < 9
    assert service["up_seconds"] > 8
    assert len(service["outages"]) == 1
    assert service["unknown_seconds"] > 2


async def typed(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(partial(waakvlam, folder, *arguments, env=env))


async def test_one_that_dies_half_way_is_said_and_the_next_run_goes_on(tmp_path: Path) -> None:
    write_estate(tmp_path, 9)
    samples = every(15_000)
    fake = Fake(one_series(samples, check="app-tcp"), trouble="dies", good=2)
    async with serving(fake) as url:
        done = await typed(tmp_path, "import", "prometheus", url, *BASIC)
        assert done.returncode == 1
        half = sum(at < T0 + 3 * HOUR for at, _ in samples)
        assert done.stdout.startswith(f"{half} samples as scraped, 0 with a latency: {half} new")
        why, how_far = done.stderr.splitlines()
        assert why.endswith("cannot be reached: the connection ended in the middle of an answer")
        assert how_far.startswith("it came as far as 2026-10-01T09:00:00+00:00, and that is kept; run it again")
        fake.trouble = None
        done = await typed(tmp_path, "import", "prometheus", url, *BASIC)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{len(samples) - half} new, {half} already known, 0 in conflict" in done.stdout


async def test_a_server_that_wants_to_know_who_asks(tmp_path: Path) -> None:
    write_estate(tmp_path, 9)
    (tmp_path / "token").write_text("t0ken\n")
    fake = Fake(one_series(every(60_000), check="app-tcp"))
    basic = ("--user", "rapport", "--password-env", "PROMETHEUS_PASSWORD")
    async with serving(fake) as url:
        assert (await typed(tmp_path, "import", "prometheus", url, *BASIC, "--token-file", "token")).returncode == 0
        assert fake.asked[-1].headers["Authorization"] == "Bearer t0ken"
        done = await typed(tmp_path, "import", "prometheus", url, *BASIC, *basic, PROMETHEUS_PASSWORD="geheim")
        assert done.returncode == 0
        assert fake.asked[-1].headers["Authorization"] == "Basic cmFwcG9ydDpnZWhlaW0="
        fake.trouble = web.Response(status=401)
        done = await typed(tmp_path, "import", "prometheus", url, *BASIC, "--token-env", "T", T="wr0ng")
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
        assert "refuses us (HTTP 401)" in done.stderr
        assert "wr0ng" not in done.stderr


async def test_what_is_not_in_the_configuration_is_told_when_it_is_left_out(tmp_path: Path) -> None:
    write_estate(tmp_path, 9)
    fake = Fake(one_series(every(60_000), check="app-tcp"))
    fake.series["probe_success"].append(({"check": "mail"}, every(60_000)))
    async with serving(fake) as url:
        done = await typed(tmp_path, "import", "prometheus", url, *BASIC, "--ignore-unknown")
    assert (done.returncode, done.stdout.splitlines()[1:]) == (0, ["left out, not in the configuration: check 'mail'"])


async def test_on_a_terminal_there_is_a_bar(tmp_path: Path) -> None:
    write_estate(tmp_path, 9)
    ours, theirs = pty.openpty()
    async with serving(Fake(one_series(every(60_000), check="app-tcp"))) as url:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, "import", "prometheus", url, *BASIC, cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs
        )
        os.close(theirs)
        out, _ = await process.communicate()
    assert process.returncode == 0
    assert out.startswith(b"360 samples as scraped")
    assert b"360 samples" in os.read(ours, 65_536)
    os.close(ours)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    {
        "reversed": ({"--from": TO, "--to": FROM}, f"--from {TO} is not before --to {FROM}"),
        "empty": ({"--from": TO}, f"--from {TO} is not before --to {TO}"),
        "no offset": ({"--from": "2026-10-01T08:00:00"}, "--from: '2026-10-01T08:00:00' has no offset"),
        "no instant": ({"--to": "october"}, "--to: 'october' is no instant"),
        "future": ({"--to": "2199-01-01T00:00:00Z"}, "--to 2199-01-01T00:00:00Z is in the future"),
        "before time": ({"--from": "1969-01-01T00:00:00Z"}, "is before 1970"),
        "no query": ({"--query": " "}, "--query: it is empty"),
        "no label": ({"--check-label": ""}, "--check-label: it is empty"),
        "a wrong step": ({"--step": "30"}, "--step: '30' is no duration"),
        "a wrong vantage": ({"--vantage": "locl"}, "--vantage: there is no vantage 'locl': did you mean `local`?"),
        "two vantages": ({"--vantage": "local", "--vantage-label": "at"}, "exclude each other"),
        "two secrets": ({"--token-env": "A", "--token-file": "b"}, "one secret is enough"),
        "a user without a password": ({"--user": "a"}, "--user goes with --password-env or --password-file"),
        "a password without a user": ({"--password-env": "HOME"}, "--user goes with"),
        "no such variable": ({"--token-env": "NOT_THERE"}, "the environment variable NOT_THERE is not set"),
        "no such file": ({"--token-file": "nowhere"}, "the secret file nowhere cannot be read"),
        "no such authority": ({"--ca-file": "nowhere.pem"}, "--ca-file: nowhere.pem cannot be read: No such file"),
        "no authority": ({"--ca-file": "estate.yaml"}, "--ca-file: estate.yaml holds no certificate in PEM"),
    }.values(),
)
def test_wrong_use_is_said_in_a_sentence(tmp_path: Path, changed: dict[str, str], sentence: str) -> None:
    write_estate(tmp_path, 9)
    options = {"--query": "up", "--check-label": "check", "--from": FROM, "--to": TO, "-c": "estate.yaml", **changed}
    done = waakvlam(
        tmp_path, "import", "prometheus", "http://127.0.0.1:9", *(word for pair in options.items() for word in pair)
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "facts.db").exists()


def test_a_wrong_url_changes_nothing(tmp_path: Path) -> None:
    write_estate(tmp_path, 9)
    for url, sentence in ((f"http://127.0.0.1:{free_port()}", "Connection refused"), ("prometheus:9090", "is no URL")):
        done = waakvlam(tmp_path, "import", "prometheus", url, *BASIC)
        assert (done.returncode, done.stdout) == (2, "")
        assert sentence in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "facts.db").exists()


def test_of_several_vantages_one_must_be_chosen(tmp_path: Path) -> None:
    write_estate(tmp_path, 9, vantages=[{"id": "roermond"}, {"id": "venlo"}])
    done = waakvlam(tmp_path, "import", "prometheus", "http://127.0.0.1:9", *BASIC)
    assert (done.returncode, done.stderr) == (
        2,
        "--vantage or --vantage-label is required, since several are configured: roermond, venlo\n",
    )


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("probe_success{", "--query: Prometheus does not understand it: "),
        ("avg by (check) (probe_success)", "--query: this is no plain selector"),
        ("probe_success[5m]", "--query: leave out the range in brackets"),
        ("1", "--query: it gives a scalar"),
        ("prob_success", "no series of 'prob_success' has samples in this time"),
    ],
)
def test_a_wrong_query_is_said_in_a_sentence_of_a_real_prometheus(
    a_prometheus: str, tmp_path: Path, query: str, sentence: str
) -> None:
    write_estate(tmp_path, 9)
    done = waakvlam(tmp_path, "import", "prometheus", a_prometheus, *("--query", query), *BASIC[2:])
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "facts.db").exists()


@pytest.fixture(scope="module")
def a_prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    rig = Rig(tmp_path_factory.mktemp("prometheus"))
    with rig.start_prometheus():
        yield rig.url
