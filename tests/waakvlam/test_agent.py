"""`waakvlam agent` and `waakvlam run` as users type them, with a real broker between them."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from availability.outcome import Status
from collector.store import open_store
from collector.transport.fields import pack
from collector.transport.signed import SignedConfig, read_verify_key, sign, verified
from tests.collector.mosquitto import Mosquitto, mosquitto
from tests.ports import free_port
from tests.waakvlam.commands import (
    COMMAND,
    a_server,
    collector,
    get,
    metric,
    stop,
    waakvlam,
    wait_until,
    write_estate,
)
from waakvlam.agent_config import GivenConfig


@pytest.fixture(scope="module")
def broker() -> Iterator[Mosquitto]:
    with mosquitto() as running:
        yield running


def mqtt(broker: Mosquitto, **changes: Any) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": broker.port,
        "tls": {"ca_file": str(broker.ca_file)},
        "username": "centre",
        "password": {"file": str(broker.place / "centre.password")},
        "agents": [{"id": "venlo", "password": {"file": str(broker.place / "venlo.password")}}],
        **changes,
    }


def estate(folder: Path, broker: Mosquitto, port: int, **changes: Any) -> Path:
    """An application that both vantages look at."""
    return write_estate(
        folder, port, vantages=[{"id": "roermond"}, {"id": "venlo"}], **{"mqtt": mqtt(broker), **changes}
    )


@contextmanager
def agent(path: Path) -> Iterator[subprocess.Popen[str]]:
    """`waakvlam agent`; it is ended with the block if it still runs."""
    process = subprocess.Popen(
        [*COMMAND, "agent", "--config", path.name, "--vantage", "venlo"],
        cwd=path.parent,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


def agent_of(path: Path) -> dict[str, Any]:
    """The agent as the collector shows it."""
    return dict(json.loads(get(path, "/api/v1/status")[1])["agents"][0])


def vantages_up(path: Path) -> dict[str, str]:
    checks = json.loads(get(path, "/api/v1/status")[1])["checks"]
    return {check["vantage"]: check["state"] for check in checks}


def test_an_agent_observes_is_lost_and_fills_the_gap_when_it_is_back(broker: Mosquitto, tmp_path: Path) -> None:
    with a_server() as server:
        path = estate(tmp_path, broker, server.getsockname()[1])
        with collector(path, "--vantage", "roermond") as centre:
            with agent(path) as first:
                wait_until(lambda: vantages_up(path) == {"roermond": "up", "venlo": "up"})
                shown = waakvlam(tmp_path, "status", "-c", path.name).stdout
                assert "here" in shown
                assert "the same" in shown
                assert metric(path, "waakvlam_agent_presence", 'agent="venlo"', 'presence="here"') == 1
                assert metric(path, "waakvlam_agent_config_same", 'agent="venlo"') == 1
                first.send_signal(signal.SIGKILL)
                first.wait()
            wait_until(lambda: agent_of(path)["presence"] == "gone")
            wait_until(lambda: vantages_up(path) == {"roermond": "up", "venlo": "unknown"})
            broker.stop()
            try:
                with agent(path) as second:
                    wait_until(lambda: _in_outbox(tmp_path) > 10)
                    code, seconds, _ = stop(second)
                    assert (code, seconds < 5) == (0, True)
            finally:
                broker.start()
            held = _in_outbox(tmp_path)
            with agent(path) as third:
                wait_until(lambda: vantages_up(path) == {"roermond": "up", "venlo": "up"})
                wait_until(lambda: metric(path, "waakvlam_agent_outbox_observations") == 0)
                assert stop(third)[0] == 0
                wait_until(lambda: agent_of(path)["presence"] == "stopped")
            assert stop(centre)[0] == 0
    store = open_store(f"sqlite:///{tmp_path / 'facts.db'}", create=False)
    runs = store.runs("app-tcp", "venlo")
    assert sum(run.length for run in runs) >= held + 10
    assert {run.status for run in runs} == {Status.OK}
    store.close()


def _in_outbox(folder: Path) -> int:
    """Observations that wait."""
    with sqlite3.connect(folder / "outbox-venlo.db") as connection:
        return int(connection.execute("SELECT coalesce(sum(observations), 0) FROM batch").fetchone()[0])


def keys(folder: Path, name: str = "key") -> tuple[Path, Path]:
    """A private and a public key, as openssl writes them."""
    key = Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


def test_an_agent_takes_its_checks_from_the_centre_and_starts_with_them_again(
    broker: Mosquitto, tmp_path: Path
) -> None:
    private, public = keys(tmp_path)
    far = tmp_path / "venlo"
    far.mkdir()
    own = {
        "version": 1,
        "vantages": [{"id": "venlo"}],
        "mqtt": mqtt(broker, verify_key=str(public)),
    }
    (far / "estate.yaml").write_text(yaml.safe_dump(own))
    with a_server() as server:
        port = server.getsockname()[1]
        path = estate(tmp_path, broker, port, mqtt=mqtt(broker, signing_key={"file": str(private)}))
        with agent(far / "estate.yaml"), collector(path, "--vantage", "roermond") as centre:
            wait_until(lambda: vantages_up(path) == {"roermond": "up", "venlo": "up"})
            wait_until(lambda: agent_of(path)["same_config"] is True)
            config = yaml.safe_load(path.read_text())
            check = {"id": "more-tcp", "probe": "tcp", "host": "127.0.0.1", "port": port, "from": ["venlo"]}
            config["components"].append({"id": "more", "checks": [check]})
            path.write_text(yaml.safe_dump(config))
            centre.send_signal(signal.SIGHUP)
            wait_until(lambda: agent_of(path)["checks"] == 2)
            wait_until(lambda: agent_of(path)["same_config"] is True)
        broker.stop()
        try:
            with agent(far / "estate.yaml") as alone:
                wait_until(lambda: _in_outbox(far) > 10)
                assert stop(alone)[0] == 0
        finally:
            broker.start()


ESTATE = b"""version: 1
vantages: [{id: venlo}]
components: [{id: a, checks: [{id: b, probe: plugin, command: [/bin/true]}]}]
"""


def test_only_what_the_centre_signed_is_taken_and_nothing_older(tmp_path: Path, caplog: Any) -> None:
    private, public = keys(tmp_path)
    stranger, _ = keys(tmp_path, "stranger")
    given = GivenConfig(tmp_path / "estate.yaml", tmp_path / "kept", "venlo", read_verify_key(public))
    good = sign(SignedConfig(ESTATE, "d1", 1000), private.read_text())
    assert given.take(sign(SignedConfig(ESTATE, "d1", 2000), stranger.read_text())) is None
    assert given.take(good[:-1] + bytes([good[-1] ^ 1])) is None
    assert given.take(b"") is None
    assert given.take(pack({"version": 1, "document": b""})) is None
    assert not (tmp_path / "kept").exists()
    taken = given.take(good)
    assert taken is not None
    assert (taken.digest, list(taken.settings.checks)) == ("d1", ["b"])
    assert given.take(good) is None, "it is in use"
    assert given.take(sign(SignedConfig(ESTATE, "d0", 999), private.read_text())) is None
    assert given.take(sign(SignedConfig(b"version: 2", "d2", 3000), private.read_text())) is None
    elsewhere = ESTATE.replace(b"venlo", b"weert")
    assert given.take(sign(SignedConfig(elsewhere, "d3", 3001), private.read_text())) is None
    again = GivenConfig(tmp_path / "estate.yaml", tmp_path / "kept", "venlo", read_verify_key(public)).last()
    assert again is not None
    assert again.digest == "d1"
    assert verified((tmp_path / "kept").read_bytes(), read_verify_key(public)).issued == 1000
    said = caplog.text
    for what in ("is not signed by the centre", "older than the one in use", "must be 1", "has no vantage 'venlo'"):
        assert what in said


@pytest.mark.parametrize(
    ("changes", "command", "says"),
    [
        ({"mqtt": None}, "agent", "mqtt: an agent needs this section"),
        ({"mqtt": None}, "ingest", "mqtt: a worker needs this section"),
        ({}, "ingest", "mqtt.ingest: is here"),
        ({"ingest": "workers"}, "ingest", "store: a file has one writer"),
        ({"verify_key": "nothing.pub"}, "agent", "nothing.pub cannot be read"),
        ({"outbox": {"file": "estate.yaml"}}, "agent", "estate.yaml: file is not a database"),
    ],
)
def test_wrong_use_is_said_and_changes_nothing(
    broker: Mosquitto, tmp_path: Path, changes: dict[str, Any], command: str, says: str
) -> None:
    section = None if changes.get("mqtt", 0) is None else mqtt(broker, **changes)
    path = estate(tmp_path, broker, free_port(), **{"mqtt": section} if section else {})
    if section is None:
        config = yaml.safe_load(path.read_text())
        del config["mqtt"]
        path.write_text(yaml.safe_dump(config))
    vantage = ("--vantage", "venlo") if command == "agent" else ()
    done = waakvlam(tmp_path, command, "-c", path.name, *vantage)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_nobody_speaks_for_a_vantage_without_an_agent_and_two_agents_do_not_share_an_outbox(
    broker: Mosquitto, tmp_path: Path
) -> None:
    path = estate(tmp_path, broker, free_port())
    done = waakvlam(tmp_path, "agent", "-c", path.name, "--vantage", "roermond")
    assert done.returncode == 2
    assert "mqtt.agents: nobody speaks for roermond" in done.stderr
    with agent(path) as first:
        wait_until((tmp_path / "outbox-venlo.db").exists)
        time.sleep(0.2)
        done = waakvlam(tmp_path, "agent", "-c", path.name)
        assert done.returncode == 2
        assert f"an agent already uses the outbox {tmp_path / 'outbox-venlo.db'}" in done.stderr
        assert stop(first)[0] == 0
