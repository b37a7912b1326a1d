"""A real Mosquitto with TLS, passwords and the ACL of the documentation, which can be stopped and started."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from config.mqtt_settings import Agent, BrokerTls, Ingest, Mqtt, Outbox
from config.secret_refs import SecretRef
from tests.collector.certificates import Authority
from tests.collector.daemons import accepts, folder, give, program, running, unprivileged
from tests.ports import free_port

ACL = Path(__file__).parents[2] / "docs" / "mosquitto.acl"
USERS = ("centre", "venlo", "weert")


class Mosquitto:
    """In the folder `place`; it keeps sessions and messages over a stop."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.port = free_port()
        authority = Authority(place)
        self.ca_file = authority.file
        self._running: contextlib.ExitStack | None = None
        certificate = authority.sign("broker", "127.0.0.1").file
        shutil.copy(ACL, place / "acl")
        for user in USERS:
            (place / f"{user}.password").write_text(f"geheim van {user}\n")
        passwords = "".join(f"{user}:geheim van {user}\n" for user in USERS)
        (place / "passwords").write_text(passwords)
        subprocess.run([program("mosquitto_passwd", "mosquitto"), "-U", str(place / "passwords")], check=True)
        lines = [
            f"listener {self.port} 127.0.0.1", f"certfile {certificate}", f"keyfile {certificate}",
            "allow_anonymous false", f"password_file {place / 'passwords'}", f"acl_file {place / 'acl'}",
            "persistence true", "set_tcp_nodelay true", f"persistence_location {place}/",
        ]  # fmt: skip
        (place / "mosquitto.conf").write_text("\n".join([*lines, ""]))
        for path in place.iterdir():
            give(path)

    def start(self) -> None:
        command = unprivileged(program("mosquitto", "mosquitto"), "-c", str(self.place / "mosquitto.conf"))
        self._running = contextlib.ExitStack()
        log = self.place / "broker.log"
        self._running.enter_context(running(command, lambda: accepts(self.port), log))

    def stop(self) -> None:
        """In an orderly way: it writes what it keeps."""
        if self._running is not None:
            self._running.close()
            self._running = None

    def mqtt(self, *agents: Agent, ingest: Ingest = "here", in_flight: int = 32, **changes: object) -> Mqtt:
        """The configuration for it."""
        return Mqtt(
            host="127.0.0.1",
            port=self.port,
            tls=BrokerTls(self.ca_file),
            topic="waakvlam",
            username="centre",
            password=self.secret("centre"),
            agents=agents or (self.agent("venlo"),),
            outbox=Outbox(None, 10_000_000),
            clock_within_ms=10_000,
            in_flight=in_flight,
            ingest=ingest,
            **changes,  # type: ignore[arg-type]
        )

    def agent(self, name: str, vantage: str = "") -> Agent:
        return Agent(name, vantage or name, name, self.secret(name))

    def secret(self, user: str) -> SecretRef:
        return SecretRef(file=self.place / f"{user}.password")


@contextlib.contextmanager
def mosquitto() -> Iterator[Mosquitto]:
    """One while it runs."""
    with folder() as place:
        broker = Mosquitto(place)
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()
