"""`waakvlam run` from outside: it watches, tells, reloads, stops, and survives what a night brings."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest

from collector.store import open_store
from tests.waakvlam.commands import (
    COMMAND,
    a_server,
    collector,
    free_port,
    get,
    listen_address,
    metric,
    stop,
    waakvlam,
    wait_until,
    write_estate,
)


def facts(folder: Path) -> list[tuple[int, int, int, int]]:
    store = open_store(f"sqlite:///{folder / 'facts.db'}", create=False)
    try:
        return store.rows().get(("app-tcp", "local"), [])
    finally:
        store.close()


def observations(folder: Path) -> list[int]:
    return [first + step * index for first, step, length, _ in facts(folder) for index in range(length)]


def test_an_application_that_dies_and_returns_is_seen_counted_and_reported(tmp_path: Path) -> None:
    with a_server() as server:
        port = server.getsockname()[1]
        path = write_estate(tmp_path, port)
        with collector(path) as process:
            wait_until(lambda: metric(path, "waakvlam_service_state", 'state="up"') == 1)
            server.close()
            wait_until(lambda: metric(path, "waakvlam_service_state", 'state="down"') == 1)
            assert metric(path, "waakvlam_check_outcomes_total", 'reason="refused"')
            with a_server(port):
                wait_until(lambda: metric(path, "waakvlam_service_state", 'state="up"') == 1)
                code, seconds, _ = stop(process)
    assert code == 0
    assert seconds < 5
    month = time.strftime("%Y-%m", time.gmtime())
    report = json.loads(waakvlam(tmp_path, "report", "-c", path.name, "--period", month, "--format", "json").stdout)
    service = report["services"][0]
    assert len(service["outages"]) == 1
    assert service["outages"][0]["causes"] == ["app"]
    assert service["down_seconds"] > 0
    assert service["verdict"] == "pending"


def test_stopping_loses_no_observation(tmp_path: Path) -> None:
    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1])
        with collector(path) as process:
            wait_until(lambda: (metric(path, "waakvlam_check_outcomes_total") or 0) >= 8)
            counted = int(metric(path, "waakvlam_check_outcomes_total") or 0)
            code, _, log = stop(process)
    assert code == 0
    assert len(observations(tmp_path)) >= counted
    assert "everything observed is stored" in log


def test_slots_lie_on_one_grid_also_after_a_restart(tmp_path: Path) -> None:
    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1])
        for _ in range(2):
            with collector(path) as process:
                wait_until(lambda: (metric(path, "waakvlam_check_outcomes_total") or 0) >= 3)
                stop(process)
    assert len({instant % 200 for instant in observations(tmp_path)}) == 1


def test_killed_at_any_moment_it_loses_at_most_the_last_flush(tmp_path: Path) -> None:
    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1])
        with collector(path) as process:
            time.sleep(5)
            died_at = time.time()
            process.kill()
            process.wait(timeout=10)
        seen = observations(tmp_path)
        assert seen[-1] > (died_at - 4) * 1000
        assert len(seen) == len(set(seen))
        with collector(path):
            assert get(path, "/-/healthy")[0] == 200


def test_a_reload_takes_what_is_new_and_keeps_what_was_there(tmp_path: Path) -> None:
    with a_server() as server:
        port = server.getsockname()[1]
        listen = free_port()
        path = write_estate(tmp_path, port, listen)
        with collector(path) as process:
            wait_until(lambda: metric(path, "waakvlam_component_state", 'id="app"', 'state="up"') == 1)
            before = metric(path, "waakvlam_check_outcomes_total", 'check="app-tcp"') or 0
            write_estate(
                tmp_path,
                port,
                listen,
                components=[
                    {"id": name, "checks": [{"id": f"{name}-tcp", "probe": "tcp", "host": "127.0.0.1", "port": port}]}
                    for name in ("app", "spare")
                ],
            )
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: metric(path, "waakvlam_component_state", 'id="spare"', 'state="up"') == 1)
            assert metric(path, "waakvlam_component_state", 'id="app"', 'state="up"') == 1
            assert (metric(path, "waakvlam_check_outcomes_total", 'check="app-tcp"') or 0) >= before
            assert metric(path, "waakvlam_config_reload_success") == 1


def test_a_refused_reload_keeps_the_old_configuration_running(tmp_path: Path) -> None:
    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1])
        good = path.read_text()
        with collector(path) as process:
            path.write_text(good.replace("probe: tcp", "probe: tpc"))
            process.send_signal(signal.SIGHUP)
            path_for_reading = tmp_path / "asked.yaml"
            path_for_reading.write_text(good)
            wait_until(lambda: metric(path_for_reading, "waakvlam_config_reload_success") == 0)
            counted = metric(path_for_reading, "waakvlam_check_outcomes_total") or 0
            wait_until(lambda: (metric(path_for_reading, "waakvlam_check_outcomes_total") or 0) > counted + 3)
            _, _, log = stop(process)
    assert "the old one goes on" in log
    assert "estate.yaml:" in log
    assert "did you mean `tcp`?" in log
    assert "Traceback" not in log


def test_a_store_that_another_process_keeps_locked_is_said_also_at_the_end(tmp_path: Path) -> None:
    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1])
        with collector(path) as process:
            other = sqlite3.connect(tmp_path / "facts.db", isolation_level=None)
            other.execute("begin immediate")
            wait_until(lambda: get(path, "/-/ready")[0] == 503)
            code, seconds, log = stop(process)
            other.close()
    assert code == 1
    assert seconds < 5
    assert "observations could not be stored" in log
    assert "another process is writing to it" in log
    assert "stopped; not everything observed is stored" in log


def test_a_store_that_is_taken_away_is_said_and_gone_on_with_when_it_is_back(tmp_path: Path) -> None:
    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1])
        with collector(path) as process:
            wait_until(lambda: facts(tmp_path))
            (tmp_path / "facts.db").rename(tmp_path / "aside.db")
            wait_until(lambda: get(path, "/-/ready")[0] == 503)
            (tmp_path / "aside.db").rename(tmp_path / "facts.db")
            wait_until(lambda: get(path, "/-/ready")[0] == 200)
            code, _, log = stop(process)
    assert code == 0
    assert "the file is gone; put it back" in log
    seen = observations(tmp_path)
    assert {after - before for before, after in pairwise(seen)} == {200}, "none is missing"


def test_an_import_is_seen_by_the_collector_that_runs(tmp_path: Path) -> None:
    """And an outage of which another vantage says that it was none is none, live as in the report."""
    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1], vantages=[{"id": "local"}, {"id": "venlo"}])
        with collector(path, "--vantage", "local"):
            wait_until(lambda: metric(path, "waakvlam_service_state", 'state="up"') == 1)
            begun = time.time() - 600
            lines = [f"{begun + second},app-tcp,venlo,false,,silence" for second in range(0, 300)]
            (tmp_path / "old.csv").write_text("at,check,vantage,ok,latency_ms,detail\n" + "\n".join(lines) + "\n")
            assert waakvlam(tmp_path, "import", "observations", "old.csv", "-c", path.name).returncode == 0
            periods = ("current", "previous")  # the month may have begun meanwhile
            name = "waakvlam_service_down_seconds"
            wait_until(lambda: sum(metric(path, name, f'period="{one}"') or 0 for one in periods) >= 300, 40)


def test_sighup_before_it_is_ready_ends_nothing(tmp_path: Path) -> None:
    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1])
        process = subprocess.Popen([*COMMAND, "run", "-c", path.name], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        wait_until((tmp_path / "facts.db").exists)
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: get(path, "/-/ready")[0] == 200 or process.poll() is not None)
        code, _, log = stop(process)
    assert code == 0
    assert "the configuration was read again" in log


def test_a_port_in_use_is_said_and_nothing_else_happens(tmp_path: Path) -> None:
    with a_server() as server:
        port = server.getsockname()[1]
        path = write_estate(tmp_path, port, listen=port)
        done = waakvlam(tmp_path, "run", "-c", path.name)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}: address already in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_collector_on_the_same_store_is_refused(tmp_path: Path) -> None:
    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1])
        with collector(path) as process:
            second = tmp_path / "second.yaml"
            second.write_text(path.read_text().replace(listen_address(path), f"127.0.0.1:{free_port()}"))
            done = waakvlam(tmp_path, "run", "-c", second.name)
            assert (done.returncode, done.stderr) == (
                2,
                f"a collector already probes from local into this store (process {process.pid}): stop that one first\n",
            )


def test_with_several_vantages_one_must_be_named(tmp_path: Path) -> None:
    path = write_estate(tmp_path, 9, vantages=[{"id": "roermond"}, {"id": "venlo"}])
    done = waakvlam(tmp_path, "run", "-c", path.name)
    assert (done.returncode, done.stderr) == (
        2,
        "--vantage is required, since several are configured: roermond, venlo\n",
    )
    done = waakvlam(tmp_path, "run", "-c", path.name, "--vantage", "weert")
    assert (done.returncode, done.stderr) == (
        2,
        "--vantage: there is no vantage 'weert': choose one of roermond, venlo\n",
    )


def test_a_vantage_probes_only_what_is_its_own(tmp_path: Path) -> None:
    with a_server() as server:
        check = {"probe": "tcp", "host": "127.0.0.1", "port": server.getsockname()[1]}
        path = write_estate(
            tmp_path,
            0,
            vantages=[{"id": "roermond"}, {"id": "venlo"}],
            components=[
                {"id": "app", "checks": [{"id": "mine", **check}, {"id": "theirs", **check, "from": ["roermond"]}]}
            ],
        )
        with collector(path, "--vantage", "venlo"):
            wait_until(lambda: metric(path, "waakvlam_check_up", 'check="mine"', 'vantage="venlo"') == 1)
            assert metric(path, "waakvlam_check_up", 'check="theirs"') is None


def test_a_store_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    path = write_estate(tmp_path, 9)
    with sqlite3.connect(tmp_path / "facts.db") as other:
        other.execute("create table recipes (name text)")
    before = (tmp_path / "facts.db").read_bytes()
    done = waakvlam(tmp_path, "run", "-c", path.name)
    assert done.returncode == 2
    assert "facts.db" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "facts.db").read_bytes() == before


def test_what_it_serves_is_what_promtool_accepts(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is not installed")
        pytest.skip("promtool is not installed (Debian: prometheus)")
    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1])
        with collector(path):
            wait_until(lambda: metric(path, "waakvlam_service_state", 'state="up"') == 1)
            page = get(path, "/metrics")[1]
    done = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_it_listens_on_loopback_alone(tmp_path: Path) -> None:
    with a_server() as server:
        path = write_estate(tmp_path, server.getsockname()[1])
        with collector(path):
            listening = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=False).stdout
            if listening:
                port = listen_address(path).rpartition(":")[2]
                own = [line.split()[3] for line in listening.splitlines() if line.split()[3].endswith(f":{port}")]
                assert own == [f"127.0.0.1:{port}"]
